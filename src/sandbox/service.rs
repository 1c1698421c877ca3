//! What one request to one tenant does: finds the route, checks the permission, hands on to reading or writing.

use std::time::Instant;

use serde_json::{Map, Value};

use super::{
    audit::{self, Actor},
    call::{Call, Outcome, Refusal, Reply, missing, refuse},
    config::Behaviour,
    field::{reading, writing},
    model::{Collection, Model},
    permission,
    query::Query,
    registration,
    route::{self, Route, Tail},
    store::Tenant,
};

/// The roots behind `managedAppPolicies`, which is only a view of them.
pub(super) const APP_POLICIES: [&str; 6] = [
    "deviceAppManagement/androidManagedAppProtections",
    "deviceAppManagement/iosManagedAppProtections",
    "deviceAppManagement/mdmWindowsInformationProtectionPolicies",
    "deviceAppManagement/targetedManagedAppConfigurations",
    "deviceAppManagement/windowsInformationProtectionPolicies",
    "deviceAppManagement/windowsManagedAppProtections",
];

/// One request at work.
pub(super) struct Service<'a> {
    pub model: &'static Model,
    pub tenant: &'a mut Tenant,
    pub behaviour: &'a Behaviour,
    pub call: &'a Call,
    pub query: Query,
    pub now: Instant,
}

/// Does one request.
pub(super) fn handle(tenant: &mut Tenant, behaviour: &Behaviour, call: &Call) -> Outcome {
    let model = Model::load();
    let query = Query::parse(call)?;
    let mut route = route::parse(model, call)?;
    permission::check(model, &tenant.permissions, &route, call)?;
    reading::check(&tenant.field, &route, &query, call)?;
    settle(tenant, &mut route);
    writing::check(tenant, &route, call)?;
    super::content::settle(tenant, Instant::now());
    tenant.reads += 1;
    let mut service = Service { model, tenant, behaviour, call, query, now: Instant::now() };
    // What is deleted has no name afterwards.
    let writes = call.method != "GET";
    let before = if writes { service.object(&route).ok().cloned() } else { None };
    let mut outcome = service.run(&route);
    if let Ok(reply) = &mut outcome {
        if writes {
            writing::written(service.tenant, &route, call, reply, behaviour.content_lag);
        }
        reading::alter(&service.tenant.field, reply);
    }
    if let (Ok(reply), true) = (&outcome, writes) {
        write_down(service.tenant, &route, call, reply, before);
    }
    outcome
}

/// Leaves the change in the audit log.
fn write_down(tenant: &mut Tenant, route: &Route, call: &Call, reply: &Reply, before: Option<Map<String, Value>>) {
    let is_action = matches!(route.tail, Tail::Action { .. });
    let made = reply.body.as_ref().and_then(Value::as_object).filter(|_| route.key.is_none());
    let Some(object) = made.cloned().or(before) else { return };
    let method = if is_action {
        "ACTION"
    } else if route.subs.is_empty() {
        call.method.as_str()
    } else {
        "PATCH"
    };
    audit::record(tenant, &Actor::Application, &route.root, &object, method);
}

/// Points views at the collection that really holds the object.
fn settle(tenant: &Tenant, route: &mut Route) {
    let Some(key) = &route.key else { return };
    let candidates: &[&str] = match route.root.as_str() {
        "deviceAppManagement/managedAppPolicies" => &APP_POLICIES,
        // evidence: "shell scripts can be assigned through deviceManagementScripts".
        "deviceManagement/deviceManagementScripts" if matches!(route.tail, Tail::Action { .. }) => {
            &["deviceManagement/deviceManagementScripts", "deviceManagement/deviceShellScripts"]
        }
        "directoryObjects" => &super::directory::COLLECTIONS.map(|(root, _)| root),
        _ => return,
    };
    if let Some(root) = candidates.iter().find(|root| tenant.has(root, key)) {
        (*root).clone_into(&mut route.root);
    }
}

impl Service<'_> {
    fn run(&mut self, route: &Route) -> Outcome {
        match (self.call.method.as_str(), &route.tail) {
            ("GET", Tail::Entity | Tail::Count | Tail::Property(_) | Tail::Reference) => self.read(route),
            ("GET", Tail::Function { name, args }) => self.function(route, name, args),
            ("POST", Tail::Action { name, .. }) => self.action(route, name),
            ("POST", Tail::Entity) if !route.is_item() => self.create(route),
            ("PATCH", Tail::Entity) => self.update(route),
            ("PUT", Tail::Entity) if route.root == registration::ROOT => self.replace_registration(route),
            ("PUT", Tail::Entity) => self.replace(route),
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
    pub(super) fn collection(&self, route: &Route) -> Result<&'static Collection, Refusal> {
        self.model
            .collection(&route.template)
            .ok_or_else(|| refuse(400, "BadRequest", "Resource not found for the segment."))
    }

    /// Refuses a method that the path does not have.
    pub(super) fn demand(&self, route: &Route, method: &str) -> Result<&'static Collection, Refusal> {
        let collection = self.collection(route)?;
        if collection.allows(method) {
            return Ok(collection);
        }
        Err(refuse(405, "MethodNotAllowed", format!("The method {method} is not supported on '{}'.", route.template)))
    }

    /// The root object of the route.
    pub(super) fn object(&self, route: &Route) -> Result<&Map<String, Value>, Refusal> {
        let key = route.key.as_deref().unwrap_or("");
        let found = match route.root.as_str() {
            // api 1: users are addressed by id or by name.
            "users" => self.tenant.find("users", key).or_else(|| {
                self.tenant
                    .all("users")
                    .iter()
                    .map(|s| &s.value)
                    .find(|user| super::store::text(user, "userPrincipalName").eq_ignore_ascii_case(key))
            }),
            root if route.key.is_none() => self.tenant.all(root).first().map(|s| &s.value),
            root => self.tenant.find(root, key),
        };
        let value = found.ok_or_else(|| absent(&route.root, key))?;
        // A cast that does not fit finds nothing.
        match &route.cast {
            Some(cast) if !self.model.is_a(super::store::type_of(value, cast), cast) => Err(missing(&route.root, key)),
            _ => Ok(value),
        }
    }

    /// Declared type of the objects in a root collection.
    pub(super) fn element(&self, root: &str) -> &'static str {
        self.model.collection(root).map_or("", |collection| collection.element.as_str())
    }
}

/// Whether the directory answers, not Intune.
pub(super) fn is_directory(root: &str) -> bool {
    matches!(root, "directoryObjects" | "organization")
        || super::directory::COLLECTIONS.iter().any(|(own, _)| *own == root)
}

/// 404 in the words of the service in question.
pub(super) fn absent(root: &str, key: &str) -> Refusal {
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
