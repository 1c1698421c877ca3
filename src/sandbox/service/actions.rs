//! POST of an action: checks its parameters against the model and sends it to the module that knows its kind.

use serde_json::{Map, Value, json};

use crate::metadata::validate;
use crate::odata::call::{Outcome, Reply, bad, refuse};
use crate::odata::route::{Route, Tail};
use crate::service::service::Service;
use crate::tenant::store::id_of;

impl Service<'_> {
    pub(crate) fn action(&mut self, route: &Route, name: &str) -> Outcome {
        let on_collection = matches!(route.tail, Tail::Action { on_collection: true, .. });
        let collection = self.collection(route)?;
        let action =
            collection.action(name, on_collection).ok_or_else(|| crate::odata::call::no_route(&self.call.path))?;
        let mut body = match &self.call.body {
            None | Some(Value::Null) if action.params.is_empty() => Map::new(),
            _ => self.call.object()?,
        };
        // evidence "OData library rule": what is not a parameter is refused, with its exact spelling.
        validate::action(self.model, action, &Value::Object(body.clone()))?;
        if on_collection {
            return self.collection_action(route, name, &body);
        }
        for (param, ty) in &action.params {
            let element = crate::metadata::model::element_of(ty);
            if let Some(Value::Array(items)) = body.get_mut(param) {
                for item in items {
                    if let Value::Object(item) = item {
                        self.take_links(element, item)?;
                    }
                }
            }
        }
        if crate::service::content::is_below(route) {
            return self.content_action(route, name, &body);
        }
        let id = id_of(self.object(route)?).to_owned();
        let root = route.root.clone();
        if let Some(outcome) = self.rules(&root).act(self, name, &id, &body) {
            return outcome;
        }
        match name {
            "assign" => self.assign(&root, &id, &body),
            "setPriority" => self.set_priority(&root, &id, &body),
            "targetApps" => self.target_apps(&root, &id, &body),
            "setEnrollmentTimeDeviceMembershipTarget" => self.set_membership(&root, &id, &body),
            "retrieveEnrollmentTimeDeviceMembershipTarget" => self.membership(&root, &id),
            "clearEnrollmentTimeDeviceMembershipTarget" => self.clear_membership(&root, &id),
            "changeSettings" => self.change_settings(&root, &id, &body),
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        }
    }

    fn collection_action(&mut self, route: &Route, name: &str, body: &Map<String, Value>) -> Outcome {
        match name {
            "getByIds" => self.get_by_ids(body),
            "getRoleScopeTagsById" => {
                let wanted = crate::service::write::list_of(body, "roleScopeTagIds")?;
                let tags = wanted.iter().filter_map(Value::as_str).filter_map(|id| self.tenant.find(&route.root, id));
                let tags: Vec<Value> = tags.cloned().map(Value::Object).collect();
                Ok(Reply::new(200, json!({"value": tags})))
            }
            "hasPayloadLinks" | "getPolicySets" => Ok(Reply::new(200, json!({"value": []}))),
            "validateFilter" => Err(bad("The filter cannot be validated here.")),
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        }
    }
}
