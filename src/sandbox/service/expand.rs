//! `$expand`: which parts and links can be asked for where, and what comes then.

use serde_json::{Map, Value, json};

use crate::odata::call::{Refusal, bad};
use crate::odata::link::Link;
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::check::mentions;
use crate::service::core::Service;
use crate::service::present::View;
use crate::tenant::roots::{DEFINITION_FILES, is_directory};
use crate::tenant::store::{element, id_of, part, text, type_of};

/// How many objects an expanded collection of the directory has at most.
const EXPANDED_OF_DIRECTORY: usize = 20;

/// The objects behind a navigation property: a part, or the targets of links.
pub(crate) enum Related {
    Many(Vec<Map<String, Value>>),
    One(Option<Map<String, Value>>),
}

impl Service<'_> {
    /// Refuses expansions that the collection, or the part of its objects, does not answer.
    pub(crate) fn demand_expandable(&self, route: &Route, list: bool) -> Result<(), Refusal> {
        let expansions = &self.query.expand;
        // api 3: one navigation per request on many APIs.
        if list && expansions.len() > 1 {
            return Err(bad("Only one navigation property can be expanded in a list."));
        }
        let template = route.template.as_str();
        let part =
            if route.subs.is_empty() { "" } else { template.split_once("/{id}/").map_or("", |(_, below)| below) };
        let rules = self.rules(&route.root);
        match expansions.iter().find(|expand| !rules.expands(part, expand, list)) {
            Some(expand) => Err(bad(format!(
                "Parsing OData Select and Expand failed: Could not expand '{}' on '{template}'{}.",
                expand.name,
                if list { " in a list" } else { "" }
            ))),
            None => Ok(()),
        }
    }

    pub(crate) fn expand_into(
        &self,
        shown: &mut Map<String, Value>,
        value: &Map<String, Value>,
        view: &View<'_>,
        expand: &Expand,
    ) -> Result<(), Refusal> {
        let ty = type_of(value, view.declared);
        if expand.cast.as_deref().is_some_and(|cast| !self.model.is_a(ty, cast)) {
            // The cast does not fit this object: nothing to show.
            return Ok(());
        }
        let property = self.model.property(ty, &expand.name).filter(|p| p.nav);
        let Some(property) = property else {
            return Err(bad(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}' on type 'microsoft.graph.{ty}'.",
                expand.name
            )));
        };
        let path = format!("{}('{}')/{}", view.path, id_of(value), expand.name);
        let inner = View {
            root: "",
            path: &path,
            declared: property.element(),
            list: false,
            select: expand.select.as_deref(),
            expand: &expand.inner,
        };
        let found = match self.related(value, ty, &expand.name) {
            Related::Many(items) => {
                // api 3: of the directory, an expanded collection stops at 20 and names no next page.
                let most = if is_directory(view.root) { EXPANDED_OF_DIRECTORY } else { usize::MAX };
                let items = items.iter().take(most).map(|item| self.present(item, inner).map(Value::Object));
                shown.insert(format!("{}@odata.context", expand.name), json!(self.context(&path)));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Related::One(Some(item)) => Value::Object(self.present(&item, inner)?),
            Related::One(None) => Value::Null,
        };
        shown.insert(expand.name.clone(), found);
        Ok(())
    }

    /// The objects behind a navigation property of a stored object.
    pub(crate) fn related(&self, value: &Map<String, Value>, ty: &str, name: &str) -> Related {
        let many = self.model.property(ty, name).is_none_or(crate::metadata::model::Property::is_collection);
        let links: Vec<&str> = match value.get(&format!("{name}@odata.bind")) {
            Some(Value::String(link)) => vec![link],
            Some(Value::Array(links)) => links.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !links.is_empty() {
            let mut targets = links.iter().filter_map(|link| self.target(link));
            return if many { Related::Many(targets.collect()) } else { Related::One(targets.next_back()) };
        }
        match (ty, name) {
            (role, "roleAssignments") if self.model.is_a(role, "roleDefinition") => {
                let me = id_of(value).to_owned();
                let mine = self
                    .tenant
                    .all("deviceManagement/roleAssignments")
                    .iter()
                    .filter(|a| text(&a.value, "roleDefinition@odata.bind").contains(&me));
                return Related::Many(mine.map(|a| a.value.clone()).collect());
            }
            ("groupPolicyDefinition", "definitionFile") => return Related::One(self.file_of(id_of(value))),
            ("deviceManagementReusablePolicySetting", "referencingConfigurationPolicies") => {
                let me = id_of(value).to_owned();
                let using = self.tenant.all("deviceManagement/configurationPolicies").iter();
                let using = using.filter(|p| mentions(&Value::Array(part(&p.value, "settings").to_vec()), &me));
                return Related::Many(using.map(|p| p.value.clone()).collect());
            }
            _ => {}
        }
        match value.get(name) {
            Some(Value::Array(items)) => Related::Many(items.iter().filter_map(Value::as_object).cloned().collect()),
            Some(Value::Object(item)) => Related::One(Some(item.clone())),
            _ if many => Related::Many(Vec::new()),
            _ => Related::One(None),
        }
    }

    /// The object that a stored link names.
    fn target(&self, link: &str) -> Option<Map<String, Value>> {
        let link = Link::parse(link)?;
        let made = self.rules(&link.root).linked(self.tenant, &link);
        made.or_else(|| self.tenant.find(&link.root, &link.id).cloned())
    }

    /// The uploaded file that a definition comes from (metadata, `definitionFile` and `definitions`).
    fn file_of(&self, definition: &str) -> Option<Map<String, Value>> {
        let mut files = self.tenant.all(DEFINITION_FILES).iter().map(|stored| &stored.value);
        let file = files.find(|file| element(part(file, "definitions"), definition).is_some())?;
        let mut file = file.clone();
        file.insert("@odata.type".into(), json!("#microsoft.graph.groupPolicyUploadedDefinitionFile"));
        Some(file)
    }
}
