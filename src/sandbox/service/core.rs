//! Which way a request goes: to reading, creating, updating, deleting, an action or a function.

use serde_json::{Map, Value};

use crate::metadata::model::Collection;
use crate::odata::call::{Outcome, Refusal, missing, refuse};
use crate::odata::route::{Route, Tail};

use crate::service::rules::Rules;
pub(crate) use crate::service::rules::Service;
pub(crate) use crate::tenant::roots::is_directory;

impl Service<'_> {
    /// The rules of a collection.
    pub(crate) fn rules(&self, root: &str) -> &'static dyn Rules {
        (self.rules)(root)
    }

    pub(crate) fn run(&mut self, route: &Route) -> Outcome {
        match (self.call.method.as_str(), &route.tail) {
            ("GET", Tail::Entity | Tail::Count | Tail::Property(_) | Tail::Reference) => self.read(route),
            ("GET", Tail::Function { name, args }) => self.function(route, name, args),
            ("POST", Tail::Action { name, .. }) => self.action(route, name),
            ("POST", Tail::Entity) if !route.is_item() => self.create(route),
            ("PATCH", Tail::Entity) => self.update(route),
            ("PUT", Tail::Entity) => self.rules(&route.root).replace(self, route),
            ("DELETE", Tail::Entity) => self.delete(route),
            ("POST" | "PUT" | "DELETE", Tail::Reference) => self.change_links(route),
            (method, _) => Err(refuse(
                405,
                "MethodNotAllowed",
                format!("The OData request is not supported: {method} is not possible here."),
            )),
        }
    }

    /// The collection or single object at the end of the route.
    pub(crate) fn collection(&self, route: &Route) -> Result<&'static Collection, Refusal> {
        self.model
            .collection(&route.template)
            .ok_or_else(|| refuse(400, "BadRequest", "Resource not found for the segment."))
    }

    /// Refuses a method that the path does not have.
    pub(crate) fn demand(&self, route: &Route, method: &str) -> Result<&'static Collection, Refusal> {
        let collection = self.collection(route)?;
        if collection.allows(method) {
            return Ok(collection);
        }
        Err(refuse(405, "MethodNotAllowed", format!("The method {method} is not supported on '{}'.", route.template)))
    }

    /// The root object of the route.
    pub(crate) fn object(&self, route: &Route) -> Result<&Map<String, Value>, Refusal> {
        let key = route.key.as_deref().unwrap_or("");
        let root = route.root.as_str();
        let found = match route.key {
            None => self.tenant.all(root).first().map(|s| &s.value),
            Some(_) => self.tenant.find(root, key).or_else(|| self.rules(root).find(self.tenant, key)),
        };
        let value = found.ok_or_else(|| absent(&route.root, key))?;
        // A cast that does not fit finds nothing.
        match &route.cast {
            Some(cast) if !self.model.is_a(crate::tenant::store::type_of(value, cast), cast) => {
                Err(missing(&route.root, key))
            }
            _ => Ok(value),
        }
    }

    /// Declared type of the objects in a root collection.
    pub(crate) fn element(&self, root: &str) -> &'static str {
        self.model.collection(root).map_or("", |collection| collection.element.as_str())
    }
}

/// 404 in the words of the service in question.
pub(crate) fn absent(root: &str, key: &str) -> Refusal {
    if is_directory(root) {
        refuse(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{key}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    } else {
        missing(root, key)
    }
}
