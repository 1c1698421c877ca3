//! POST, PATCH and DELETE of objects: what is the same for all collections, and where the rules of each are asked.

use serde_json::{Map, Value, json};

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, refuse};
use crate::odata::route::Route;
use crate::service::content;
use crate::service::core::{Service, absent, is_directory};
use crate::service::present::View;
use crate::service::secrets;
use crate::tenant::defaults::{complete, now_text};
use crate::tenant::store::{id_of, type_of};

/// Ignored when sent: evidence "id, created/lastModified, version, … ignored on create".
const IGNORED: [&str; 10] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "isAssigned",
    "creationSource",
    "priorityMetaData",
    "settingCount",
    "supportsScopeTags",
];

impl Service<'_> {
    pub(crate) fn create(&mut self, route: &Route) -> Outcome {
        let collection = self.demand(route, "create")?;
        if !route.subs.is_empty() {
            return self.create_part(route);
        }
        let root = route.root.as_str();
        let element = collection.element.as_str();
        let mut body = self.call.object()?;
        let rules = self.rules(root);
        if body.contains_key("assignments") && !rules.is_assigned_at_creation() {
            // api 3: assignments are an action of their own.
            return Err(bad("Assignments cannot be created together with the object: use the action 'assign'."));
        }
        if body.get("supportsScopeTags") == Some(&json!(true)) {
            // evidence "supportsScopeTags true 400, false ignored".
            return Err(bad("The property 'supportsScopeTags' is read-only."));
        }
        rules.before_create(self, &mut body)?;
        validate::entity(self.model, element, &Value::Object(body.clone()), Purpose::Create)?;
        let ty = type_of(&body, element).to_owned();
        let chosen = body.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
        clean(&mut body);
        self.take_links(element, &mut body)?;
        let whole = Value::Object(body.clone());
        self.check_references(&whole)?;
        secrets::check(self.tenant, &whole, false)?;
        let id = rules.new_id(self, &ty, &chosen)?;
        body.insert("id".into(), json!(id));
        rules.arrange(self, &ty, &mut body)?;
        if !is_directory(root) {
            complete(self.model, element, &mut body);
        }
        let now = json!(now_text());
        for name in ["createdDateTime", "lastModifiedDateTime", "modifiedDateTime"] {
            if body.contains_key(name) {
                body.insert(name.into(), now.clone());
            }
        }
        rules.fill_in(&mut body);
        if self.model.property(&ty, "isAssigned").is_some() {
            body.insert("isAssigned".into(), json!(false));
        }
        let mut stored = Value::Object(body);
        secrets::conceal(self.model, self.tenant, &id, &mut stored);
        if let Value::Object(stored) = stored {
            self.tenant.put(root, stored, self.now + rules.lag(self.behaviour));
        }
        rules.created(self, &id);
        self.answer_with(route, &id, rules.created_status())
    }

    pub(crate) fn update(&mut self, route: &Route) -> Outcome {
        let collection = self.demand(route, "update")?;
        if !route.subs.is_empty() {
            return self.update_part(route);
        }
        let root = route.root.as_str();
        // A view names a base type; the object's own collection knows better.
        let element = if self.element(root).is_empty() { collection.element.as_str() } else { self.element(root) };
        let current = self.object(route)?.clone();
        let id = id_of(&current).to_owned();
        let ty = type_of(&current, element).to_owned();
        let mut body = self.call.object()?;
        // api 3: PATCH of a derived type needs its type as well.
        if (self.model.is_abstract(element) || ty != element) && !is_directory(root) {
            let given = type_of(&body, "");
            if given.is_empty() {
                return Err(bad("The property '@odata.type' is required to update this resource."));
            }
            if given != ty {
                return Err(bad(format!(
                    "Cannot change the type of the resource from 'microsoft.graph.{ty}' to 'microsoft.graph.{given}'."
                )));
            }
        }
        let rules = self.rules(root);
        if body.contains_key("assignments") {
            return Err(bad("Assignments cannot be changed by PATCH."));
        }
        rules.before_update(self, &current, &mut body)?;
        validate::entity(self.model, element, &Value::Object(body.clone()), Purpose::Update)?;
        clean(&mut body);
        self.take_links(element, &mut body)?;
        for name in body.keys() {
            let part = self.model.property(&ty, name).is_some_and(|p| p.nav);
            if part {
                return Err(bad(format!("The navigation property '{name}' cannot be changed by PATCH.")));
            }
        }
        let whole = Value::Object(body.clone());
        self.check_references(&whole)?;
        secrets::check(self.tenant, &whole, true)?;
        let mut next = current.clone();
        next.extend(body);
        rules.changed(self, &current, &mut next);
        if !is_directory(root) {
            complete(self.model, element, &mut next);
        }
        self.settle_object(root, &id, next);
        // evidence "PATCH 204 for device configurations, compliance, apps, CA".
        let quiet = rules.updates_silently() || root.starts_with("identity/");
        if quiet {
            return Ok(Reply::empty(204));
        }
        self.answer_with(route, &id, 200)
    }

    /// Writes back a changed object.
    pub(crate) fn settle_object(&mut self, root: &str, id: &str, mut next: Map<String, Value>) {
        touch(&mut next);
        let mut value = Value::Object(next);
        secrets::conceal(self.model, self.tenant, id, &mut value);
        if id.is_empty() {
            // A single object has no id.
            if let (Some(stored), Value::Object(value)) = (self.tenant.single_mut(root), value) {
                *stored = value;
            }
        } else if let (Some(stored), Value::Object(value)) = (self.tenant.find_mut(root, id), value) {
            *stored = value;
        }
    }

    pub(crate) fn delete(&mut self, route: &Route) -> Outcome {
        self.demand(route, "delete")?;
        if !route.subs.is_empty() {
            return self.delete_part(route);
        }
        let root = route.root.as_str();
        let current = self.object(route)?.clone();
        let id = id_of(&current).to_owned();
        let rules = self.rules(root);
        rules.before_delete(self, &current)?;
        self.tenant.remove(root, &id);
        self.tenant.contents.forget(&id);
        rules.deleted(self, current);
        // evidence "DELETE 200 (204: ADMX, app protection)"; the directory answers 204.
        let intune = root.starts_with("deviceManagement") || root.starts_with("deviceAppManagement");
        let quiet = !intune || rules.deletes_silently();
        Ok(Reply::empty(if quiet { 204 } else { 200 }))
    }

    /// Answers with the object as it is now.
    pub(crate) fn answer_with(&self, route: &Route, id: &str, status: u16) -> Outcome {
        let value = self
            .tenant
            .find(&route.root, id)
            .or_else(|| self.tenant.all(&route.root).first().map(|s| &s.value).filter(|_| id.is_empty()))
            .ok_or_else(|| absent(&route.root, id))?;
        let view = View {
            root: &route.root,
            path: &route.template,
            declared: self.element(&route.root),
            list: false,
            select: None,
            expand: &[],
        };
        let mut shown = self.present(value, view)?;
        shown.insert("@odata.context".into(), json!(self.context(&format!("{}/$entity", route.template))));
        Ok(Reply::new(status, Value::Object(shown)))
    }

    /// Elements of parts that are written one by one; all others have an action.
    fn create_part(&mut self, route: &Route) -> Outcome {
        if content::is_below(route) {
            return self.create_content(route);
        }
        let name = route.subs.last().map_or("", |sub| sub.name.as_str());
        self.rules(&route.root).create_part(self, route, name)
    }

    fn update_part(&mut self, route: &Route) -> Outcome {
        let name = route.subs.last().map_or("", |sub| sub.name.as_str());
        self.rules(&route.root).update_part(self, route, name)
    }

    fn delete_part(&mut self, route: &Route) -> Outcome {
        if content::is_below(route) {
            return self.delete_content(route);
        }
        let (root, key) = (route.root.clone(), route.key.clone().unwrap_or_default());
        let [sub] = route.subs.as_slice() else {
            return Err(refuse(501, "NotImplemented", "This sandbox does not emulate this deletion."));
        };
        let id = sub.key.clone().unwrap_or_default();
        let rules = self.rules(&root);
        rules.before_part_delete(self, &sub.name, &key, &id)?;
        let object = self.tenant.find_mut(&root, &key).ok_or_else(|| crate::odata::call::missing(&root, &key))?;
        let items = object.get_mut(&sub.name).and_then(Value::as_array_mut);
        let before = items.as_ref().map_or(0, |items| items.len());
        if let Some(items) = items {
            items.retain(|item| !item.as_object().is_some_and(|item| crate::tenant::store::has_id(item, &id)));
            if items.len() < before {
                return Ok(Reply::empty(if rules.deletes_silently() { 204 } else { 200 }));
            }
        }
        Err(crate::odata::call::missing(&sub.name, &id))
    }
}

/// Someone changed the object: its time and version move.
pub(crate) fn touch(object: &mut Map<String, Value>) {
    for name in ["lastModifiedDateTime", "modifiedDateTime"] {
        if object.contains_key(name) {
            object.insert(name.into(), json!(now_text()));
        }
    }
    if let Some(version) = object.get("version").and_then(Value::as_u64) {
        object.insert("version".into(), json!(version + 1));
    }
}

/// Removes what the service ignores: its own properties and annotations on the object.
pub(crate) fn clean(body: &mut Map<String, Value>) {
    body.retain(|name, _| {
        let annotation = name.split_once('@').map(|(_, annotation)| annotation);
        let kept = match annotation {
            Some("odata.type") => name.starts_with('@'),
            Some("odata.bind") | None => true,
            Some(_) => false,
        };
        kept && !IGNORED.contains(&name.as_str())
    });
}

/// An empty list where the service wants at least a list.
pub(crate) fn list_of<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a Vec<Value>, Refusal> {
    body.get(name)
        .and_then(Value::as_array)
        .ok_or_else(|| bad(format!("The parameter '{name}' is required and must be a list.")))
}
