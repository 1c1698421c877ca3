//! How a stored object looks from outside: parts, links and secrets left out, heavy properties missing in lists,
//! times and versions that differ at every read.

use serde_json::{Map, Value, json};

use crate::metadata::model::{Model, UNKNOWN};
use crate::odata::call::Refusal;
use crate::service::core::Service;
use crate::service::rules::Rules;
pub(crate) use crate::service::rules::View;
use crate::tenant::defaults::now_text;
use crate::tenant::store::{id_of, type_of};

impl Service<'_> {
    /// The object as an answer shows it.
    pub(crate) fn present(&self, value: &Map<String, Value>, view: View<'_>) -> Result<Map<String, Value>, Refusal> {
        let ty = type_of(value, view.declared);
        let mut shown = Map::new();
        for (name, child) in value {
            if self.is_shown(ty, name, &view) {
                shown.insert(name.clone(), child.clone());
            }
        }
        let rules = self.rules(view.root);
        hide(&mut shown, &view, rules);
        rules.decorate(self, &mut shown, value, ty, &view);
        if !self.call.header("prefer").contains("include-unknown-enum-members") {
            veil(self.model, view.declared, &mut shown);
        }
        tidy(self.model, view.declared, &mut shown);
        self.unsettle(&mut shown, &view);
        if self.call.header("accept").contains("odata.metadata=full") && !view.root.is_empty() {
            self.annotate(&mut shown, value, ty, &view);
        }
        if let Some(select) = view.select {
            self.demand_known(view.declared, select)?;
            shown.retain(|name, _| {
                // evidence: "`id` comes back although not selected".
                name.contains('@') || name == "id" || select.iter().any(|s| s.eq_ignore_ascii_case(name))
            });
        }
        for expand in view.expand {
            self.expand_into(&mut shown, value, &view, expand)?;
        }
        Ok(shown)
    }

    /// Navigation properties are not properties: parts and links never come by themselves (api 3, quirk 18).
    fn is_shown(&self, ty: &str, name: &str, view: &View<'_>) -> bool {
        if let Some((_, annotation)) = name.split_once('@') {
            return annotation == "odata.type" && name.starts_with('@');
        }
        if self.rules(view.root).never_shown().contains(&name) {
            return false;
        }
        // object-types.json TermsOfUse: Graph does not deliver the document.
        if name == "fileData" && self.model.is_a(ty, "agreementFileProperties") {
            return false;
        }
        !self.model.property(ty, name).is_some_and(|property| property.nav)
    }

    /// Times and versions differ at every read.
    fn unsettle(&self, shown: &mut Map<String, Value>, view: &View<'_>) {
        if !self.behaviour.restless {
            return;
        }
        for name in ["lastModifiedDateTime", "modifiedDateTime"] {
            if shown.get(name).is_some_and(Value::is_string) {
                shown.insert(name.to_owned(), json!(now_text()));
            }
        }
        if view.root.is_empty() {
            return;
        }
        let version = match shown.get("version") {
            Some(Value::Number(number)) => Some(json!(number.as_u64().unwrap_or(0) + self.tenant.reads)),
            Some(Value::String(_)) if self.rules(view.root).has_text_versions() => {
                Some(json!(format!("\"{}\"", uuid::Uuid::new_v4())))
            }
            _ => None,
        };
        if let Some(version) = version {
            shown.insert("version".to_owned(), version);
        }
    }

    /// What `odata.metadata=full` adds (api 3, quirk 63): it must be stripped before an import.
    fn annotate(&self, shown: &mut Map<String, Value>, value: &Map<String, Value>, ty: &str, view: &View<'_>) {
        let link = format!("{}('{}')", view.path, id_of(value));
        let base = format!("{}/{}", self.call.origin, self.call.version);
        shown.insert("@odata.type".into(), json!(format!("#microsoft.graph.{ty}")));
        shown.insert("@odata.id".into(), json!(link));
        let cast = if ty == view.declared { link.clone() } else { format!("{link}/microsoft.graph.{ty}") };
        shown.insert("@odata.editLink".into(), json!(cast));
        for (name, property) in self.model.properties(ty) {
            if property.nav {
                let at = format!("{base}/{cast}/{name}");
                shown.insert(format!("{name}@odata.associationLink"), json!(format!("{at}/$ref")));
                shown.insert(format!("{name}@odata.navigationLink"), json!(at));
                continue;
            }
            let wire = match property.element() {
                "datetime" => "DateTimeOffset".to_owned(),
                "duration" => "Duration".to_owned(),
                "guid" => "Guid".to_owned(),
                "string" if property.is_collection() => "String".to_owned(),
                other => match other.strip_prefix("enum:") {
                    Some(name) => format!("microsoft.graph.{name}"),
                    None => continue,
                },
            };
            if shown.get(name).is_some_and(|v| !v.is_null()) {
                let wire = if property.is_collection() { format!("#Collection({wire})") } else { format!("#{wire}") };
                shown.insert(format!("{name}@odata.type"), json!(wire));
            }
        }
        if let Some(collection) = self.model.collection(view.root) {
            for action in collection.actions.iter().filter(|a| !a.on_collection) {
                let name = format!("microsoft.graph.{}", action.name);
                let target = json!({"title": name, "target": format!("{base}/{cast}/{name}")});
                shown.insert(format!("#{name}"), target);
            }
        }
    }

    /// Refuses a `$select` of what the type does not have.
    pub(crate) fn demand_known(&self, ty: &str, select: &[String]) -> Result<(), Refusal> {
        for name in select {
            let first = name.split('/').next().unwrap_or("");
            let known = first == "id"
                || first == "*"
                || first.starts_with('@')
                || first.starts_with("microsoft.graph.")
                || self.model.properties(ty).iter().any(|(n, _)| n.eq_ignore_ascii_case(first));
            // What only derived types have needs a cast.
            if !known {
                return Err(crate::odata::call::bad(format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{first}' on type 'microsoft.graph.{ty}'."
                )));
            }
        }
        Ok(())
    }
}

/// Leaves out what lists leave out (api 3, quirk 50, evidence "list without script contents, largeIcon, branding images"),
/// and what is only shown where it is selected.
fn hide(shown: &mut Map<String, Value>, view: &View<'_>, rules: &dyn Rules) {
    let selected = |name: &str| view.select.is_some_and(|select| select.iter().any(|s| s.eq_ignore_ascii_case(name)));
    for name in if view.list { rules.not_in_lists() } else { rules.only_if_selected() } {
        let asked = selected(name) && (!view.list || rules.selects_in_lists());
        if !asked && shown.contains_key(*name) {
            shown.insert((*name).to_owned(), Value::Null);
        }
    }
}

/// Members that an enumeration got after `unknownFutureValue` are shown by that name to who does not ask for them (api 3).
fn veil(model: &Model, declared: &str, value: &mut Map<String, Value>) {
    let ty = type_of(value, declared).to_owned();
    for (name, child) in value.iter_mut() {
        let Some(property) = model.property(&ty, name) else { continue };
        let element = property.element();
        let later = element.strip_prefix("enum:").and_then(|name| model.later_members(name));
        let one = |child: &mut Value| match (child, later) {
            (Value::Object(map), _) => veil(model, element, map),
            (Value::String(text), Some(later)) => {
                let is_later = |member: &str| later.iter().any(|later| later == member.trim());
                if text.split(',').any(is_later) {
                    UNKNOWN.clone_into(text);
                }
            }
            _ => {}
        };
        match child {
            Value::Array(items) => items.iter_mut().for_each(one),
            child => one(child),
        }
    }
}

/// Minimal metadata: the type is named only where it is not the declared one (api 3).
pub(crate) fn tidy(model: &Model, declared: &str, value: &mut Map<String, Value>) {
    let ty = type_of(value, declared).to_owned();
    if ty == declared && !model.is_abstract(declared) {
        value.remove("@odata.type");
    }
    for (name, child) in value.iter_mut() {
        let Some(property) = model.property(&ty, name) else {
            continue;
        };
        let element = property.element();
        match child {
            Value::Object(map) => tidy(model, element, map),
            Value::Array(items) => {
                for item in items {
                    if let Value::Object(map) = item {
                        tidy(model, element, map);
                    }
                }
            }
            _ => {}
        }
    }
}
