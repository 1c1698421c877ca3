//! Objects that live below another one and nowhere else: Apple enrollment profiles under their token.
//!
//! mocks `macos_dep_enrollment_profile`: the id begins with that of the object above. entity-sets.json: full CRUD.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::connected;
use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Anything, Body, Rules};
use crate::service::secrets;
use crate::tenant::defaults::complete;
use crate::tenant::store::{has_id, id_of, part, text, type_of};

/// The tokens.
pub(crate) const ROOT: &str = "deviceManagement/depOnboardingSettings";
/// The part whose elements are objects of their own.
const PART: &str = "enrollmentProfiles";

pub(crate) struct EnrollmentTokens;

impl Rules for EnrollmentTokens {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(connected::refusal())
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == PART { create_contained(service, route) } else { Anything.create_part(service, route, name) }
    }

    fn update_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == PART { update_contained(service, route) } else { Anything.update_part(service, route, name) }
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == PART { Ok(()) } else { Anything.before_part_delete(service, name, owner, id) }
    }
}

pub(crate) fn create_contained(service: &mut Service<'_>, route: &Route) -> Outcome {
    let (owner, name, element) = place(service, route)?;
    let mut body = service.call.object()?;
    validate::entity(service.model, &element, &Value::Object(body.clone()), Purpose::Create)?;
    if text(&body, "displayName").is_empty() {
        return Err(bad("The property 'displayName' is required."));
    }
    crate::service::write::clean(&mut body);
    service.check_references(&Value::Object(body.clone()))?;
    let id = format!("{owner}_{}", Uuid::new_v4());
    body.insert("id".into(), json!(id));
    complete(service.model, &element, &mut body);
    if body.contains_key("configurationEndpointUrl") {
        let url = format!("https://appleconfigurator2.manage.example/EnrollmentServer?id={owner}");
        body.insert("configurationEndpointUrl".into(), json!(url));
    }
    let mut stored = Value::Object(body);
    secrets::conceal(service.model, service.tenant, &id, &mut stored);
    let mut all = contained(service, route, &name)?;
    all.push(stored.clone());
    put_contained(service, route, &owner, &name, all);
    Ok(Reply::new(201, stored))
}

pub(crate) fn update_contained(service: &mut Service<'_>, route: &Route) -> Outcome {
    let (owner, name, element) = place(service, route)?;
    let key = route.subs.first().and_then(|sub| sub.key.clone()).unwrap_or_default();
    let mut all = contained(service, route, &name)?;
    let at = all.iter().position(|item| item.as_object().is_some_and(|item| has_id(item, &key)));
    let at = at.ok_or_else(|| missing(&name, &key))?;
    let mut next: Map<String, Value> = all[at].as_object().cloned().unwrap_or_default();
    let ty = type_of(&next, &element).to_owned();
    let mut body = service.call.object()?;
    // api 3: PATCH of a derived type needs its type as well, and it stays.
    if type_of(&body, "") != ty {
        return Err(bad(format!("The resource is of the type 'microsoft.graph.{ty}'.")));
    }
    validate::entity(service.model, &element, &Value::Object(body.clone()), Purpose::Update)?;
    crate::service::write::clean(&mut body);
    service.check_references(&Value::Object(body.clone()))?;
    next.extend(body);
    let mut stored = Value::Object(next);
    secrets::conceal(service.model, service.tenant, &key, &mut stored);
    all[at] = stored;
    put_contained(service, route, &owner, &name, all);
    Ok(Reply::empty(204))
}

/// The owner's id, the part's name and the type of its elements.
fn place(service: &Service<'_>, route: &Route) -> Result<(String, String, String), Refusal> {
    let owner = id_of(service.object(route)?).to_owned();
    let name = route.subs.first().map_or(String::new(), |sub| sub.name.clone());
    let element = service.part_type(service.element(&route.root), &name);
    Ok((owner, name, element))
}

fn contained(service: &Service<'_>, route: &Route, name: &str) -> Result<Vec<Value>, Refusal> {
    Ok(part(service.object(route)?, name).to_vec())
}

fn put_contained(service: &mut Service<'_>, route: &Route, owner: &str, name: &str, all: Vec<Value>) {
    if let Some(object) = service.tenant.find_mut(&route.root, owner) {
        object.insert(name.to_owned(), Value::Array(all));
    }
}
