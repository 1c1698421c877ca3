//! The device registration policy: one object, replaced as a whole (documentation of deviceregistrationpolicy-update).

use serde_json::Value;

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, bad};
use crate::odata::route::Route;
use crate::service::rules::Rules;
use crate::service::service::Service;
use crate::tenant::store::id_of;

pub(crate) const ROOT: &str = "policies/deviceRegistrationPolicy";

pub(crate) struct Registration;

impl Rules for Registration {
    fn replace(&self, service: &mut Service<'_>, route: &Route) -> Outcome {
        service.replace_registration(route)
    }
}

/// What has to be sent.
const REQUIRED: [&str; 5] =
    ["userDeviceQuota", "multiFactorAuthConfiguration", "azureADRegistration", "azureADJoin", "localAdminPassword"];

impl Service<'_> {
    /// PUT takes everything that can be changed, and nothing less.
    pub(crate) fn replace_registration(&mut self, route: &Route) -> Outcome {
        let current = self.object(route)?.clone();
        let id = id_of(&current).to_owned();
        let body = self.call.object()?;
        if let Some(name) = REQUIRED.iter().find(|name| body.get(**name).is_none_or(Value::is_null)) {
            return Err(bad(format!("The property '{name}' is required.")));
        }
        validate::entity(self.model, "deviceRegistrationPolicy", &Value::Object(body.clone()), Purpose::Update)?;
        self.check_references(&Value::Object(body.clone()))?;
        let mut next = current;
        next.extend(body);
        self.settle_object(ROOT, &id, next);
        self.answer_with(route, &id, 200)
    }
}
