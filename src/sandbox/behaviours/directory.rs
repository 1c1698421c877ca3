//! The directory: the tenant itself, users by their names, and the view of everything that has an id (api 1).

use serde_json::{Value, json};

use super::connected;
use crate::odata::call::{Outcome, Refusal};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::roots::COLLECTIONS;
use crate::tenant::store::{Tenant, text};

/// The tenant.
pub(crate) const ORGANIZATION: &str = "organization";
/// Users.
pub(crate) const USERS: &str = "users";
/// All objects of the directory.
pub(crate) const OBJECTS: &str = "directoryObjects";

pub(crate) struct Organization;

impl Rules for Organization {
    fn updates_silently(&self) -> bool {
        true
    }

    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(connected::not_deleted())
    }

    fn built_in(&self, tenant: &Tenant) -> Vec<Value> {
        let domain = &tenant.default_domain;
        vec![json!({
            "id": tenant.id, "displayName": tenant.display_name, "mobileDeviceManagementAuthority": "intune",
            "verifiedDomains": [{
                "name": domain, "isDefault": true, "isInitial": domain.ends_with(".onmicrosoft.com"), "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline"
            }]
        })]
    }
}

pub(crate) struct Users;

impl Rules for Users {
    /// api 1: users are addressed by id or by name.
    fn find<'t>(&self, tenant: &'t Tenant, key: &str) -> Option<&'t Body> {
        let mut users = tenant.all(USERS).iter().map(|stored| &stored.value);
        users.find(|user| text(user, "userPrincipalName").eq_ignore_ascii_case(key))
    }
}

pub(crate) struct Objects;

impl Rules for Objects {
    fn act_on_collection(&self, service: &mut Service<'_>, name: &str, body: &Body) -> Option<Outcome> {
        (name == "getByIds").then(|| service.get_by_ids(body))
    }

    fn held_in(&self, _is_action: bool) -> &'static [&'static str] {
        const ROOTS: [&str; COLLECTIONS.len()] = {
            let mut roots = [""; COLLECTIONS.len()];
            let mut at = 0;
            while at < roots.len() {
                roots[at] = COLLECTIONS[at].0;
                at += 1;
            }
            roots
        };
        &ROOTS
    }
}
