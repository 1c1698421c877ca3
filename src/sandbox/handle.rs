//! Does one request to one tenant: finds the route, checks the permission, plays the field, and hands on to the service,
//! which it gives the rules of the collections.

use std::time::Instant;

use serde_json::{Map, Value};

use crate::behaviours;
use crate::config::Behaviour;
use crate::field::{reading, writing};
use crate::metadata::model::Model;
use crate::odata::call::{Call, Outcome, Reply};
use crate::odata::query::Query;
use crate::odata::route::{self, Route, Tail};
use crate::service::content;
use crate::service::core::Service;
use crate::service::permission;
use crate::tenant::audit::{self, Actor};
use crate::tenant::store::Tenant;

/// Does one request.
pub(crate) fn answer(tenant: &mut Tenant, behaviour: &Behaviour, call: &Call) -> Outcome {
    let model = Model::load();
    let query = Query::parse(call)?;
    let mut route = route::parse(model, call)?;
    permission::check(model, &permission::granted(&tenant.permissions, call), &route, call)?;
    reading::check(&tenant.field, &route, &query, call)?;
    settle(tenant, &mut route);
    writing::check(tenant, &route, call)?;
    content::settle(tenant, Instant::now());
    tenant.reads += 1;
    let mut service = Service { model, tenant, behaviour, call, query, now: Instant::now(), rules: behaviours::of };
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

/// Points a collection that only shows the objects of others at the one that holds the object.
fn settle(tenant: &Tenant, route: &mut Route) {
    let Some(key) = &route.key else { return };
    let holders = behaviours::of(&route.root).held_in(matches!(route.tail, Tail::Action { .. }));
    if let Some(root) = holders.iter().find(|root| tenant.has(root, key)) {
        (*root).clone_into(&mut route.root);
    }
}
