//! Collections whose assignments are written one by one (quirk 40; api 3).

use super::enrollment;
use crate::odata::call::{Outcome, Refusal, bad};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Anything, Body, Rules};
use crate::tenant::store::part;

/// Profiles of Windows Autopilot.
pub(crate) const AUTOPILOT: &str = "deviceManagement/windowsAutopilotDeploymentProfiles";
/// Terms and conditions.
pub(crate) const TERMS: &str = "deviceManagement/termsAndConditions";
/// Profiles of Apple user enrollment, which the service ranks.
pub(crate) const APPLE: &str = "deviceManagement/appleUserInitiatedEnrollmentProfiles";

const PART: &str = "assignments";

pub(crate) struct Autopilot;

impl Rules for Autopilot {
    /// evidence "delete of an assigned Autopilot profile 400".
    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        if part(current, PART).is_empty() {
            return Ok(());
        }
        Err(bad("The Windows Autopilot deployment profile is assigned and cannot be deleted."))
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        Terms.create_part(service, route, name)
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        Terms.before_part_delete(service, name, owner, id)
    }

    /// On the item, links of single types by their cast.
    fn expands(&self, part: &str, expand: &Expand, list: bool) -> bool {
        expand.name == PART || (part.is_empty() && !list && expand.cast.is_some())
    }
}

pub(crate) struct Terms;

impl Rules for Terms {
    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == PART {
            return service.create_assignment(route);
        }
        Anything.create_part(service, route, name)
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == PART {
            return Ok(());
        }
        Anything.before_part_delete(service, name, owner, id)
    }

    /// A tool's finding that they do not support it wins (quirk 59).
    fn expands(&self, _part: &str, _expand: &Expand, _list: bool) -> bool {
        false
    }
}

pub(crate) struct AppleProfiles;

impl Rules for AppleProfiles {
    fn arrange(&self, service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        enrollment::rank_last(service, APPLE, body);
        Ok(())
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        Terms.create_part(service, route, name)
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        Terms.before_part_delete(service, name, owner, id)
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "setPriority").then(|| enrollment::set_priority(service, APPLE, id, body))
    }
}
