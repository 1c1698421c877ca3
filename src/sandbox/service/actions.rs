//! POST of an action: checks its parameters against the metadata, and hands it to the rules of the collection.

use serde_json::{Map, Value, json};

use crate::metadata::validate;
use crate::odata::call::{Outcome, Reply, refuse};
use crate::odata::route::{Route, Tail};
use crate::service::core::Service;
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
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        }
    }

    fn collection_action(&mut self, route: &Route, name: &str, body: &Map<String, Value>) -> Outcome {
        let rules = self.rules(&route.root);
        rules.act_on_collection(self, name, body).unwrap_or_else(|| match name {
            "hasPayloadLinks" => Ok(Reply::new(200, json!({"value": []}))),
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        })
    }
}
