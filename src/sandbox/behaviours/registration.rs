//! The device registration policy: one object, replaced as a whole (documentation of deviceregistrationpolicy-update).

use serde_json::{Value, json};

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, bad};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::Rules;
use crate::tenant::store::{Tenant, id_of};

pub(crate) const ROOT: &str = "policies/deviceRegistrationPolicy";

pub(crate) struct Registration;

impl Rules for Registration {
    fn replace(&self, service: &mut Service<'_>, route: &Route) -> Outcome {
        replace_registration(service, route)
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        vec![json!({
            "id": "deviceRegistrationPolicy", "displayName": "Device Registration Policy", "userDeviceQuota": 50
        })]
    }
}

/// What has to be sent.
const REQUIRED: [&str; 5] =
    ["userDeviceQuota", "multiFactorAuthConfiguration", "azureADRegistration", "azureADJoin", "localAdminPassword"];

/// PUT takes everything that can be changed, and nothing less.
fn replace_registration(service: &mut Service<'_>, route: &Route) -> Outcome {
    let current = service.object(route)?.clone();
    let id = id_of(&current).to_owned();
    let body = service.call.object()?;
    if let Some(name) = REQUIRED.iter().find(|name| body.get(**name).is_none_or(Value::is_null)) {
        return Err(bad(format!("The property '{name}' is required.")));
    }
    validate::entity(service.model, "deviceRegistrationPolicy", &Value::Object(body.clone()), Purpose::Update)?;
    service.check_references(&Value::Object(body.clone()))?;
    let mut next = current;
    next.extend(body);
    service.settle_object(ROOT, &id, next);
    service.answer_with(route, &id, 200)
}
