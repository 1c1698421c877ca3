//! The group that a device joins while it enrolls: set, read and cleared by calls of their own (quirk 45; metadata
//! `enrollmentTimeDeviceMembershipTargetResult`).

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Reply, bad, missing};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::write::list_of;
use crate::tenant::store::{part, text};

/// Where an object keeps its groups: no property of it, so never shown.
pub(crate) const TARGETS: &str = "enrollmentTimeDeviceMembershipTargets@sandbox";

/// The application that must own the group (quirk 45).
const OWNER: &str = "f1346770-5b25-470b-88bd-d5744ab7952c";

/// Android profiles of devices that a company owns.
pub(crate) const ANDROID: &str = "deviceManagement/androidDeviceOwnerEnrollmentProfiles";

pub(crate) struct AndroidProfiles;

impl Rules for AndroidProfiles {
    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        act(service, ANDROID, name, id, body)
    }
}

/// The three calls, of an object in the collection.
pub(crate) fn act(service: &mut Service<'_>, root: &str, name: &str, id: &str, body: &Body) -> Option<Outcome> {
    match name {
        "setEnrollmentTimeDeviceMembershipTarget" => Some(set_membership(service, root, id, body)),
        "retrieveEnrollmentTimeDeviceMembershipTarget" => Some(membership(service, root, id)),
        "clearEnrollmentTimeDeviceMembershipTarget" => Some(clear_membership(service, root, id)),
        _ => None,
    }
}

/// An answer of 200 says in its body whether anything was done.
fn set_membership(service: &mut Service<'_>, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
    let targets = list_of(body, "enrollmentTimeDeviceMembershipTargets")?;
    let ids: Vec<Value> = targets.iter().map(|target| target["targetId"].clone()).collect();
    if ids.is_empty() || targets.iter().any(|target| target["targetType"] != "staticSecurityGroup") {
        return Err(bad("A target needs 'targetId' and the 'targetType' 'staticSecurityGroup'."));
    }
    let faults: Vec<Option<&str>> = ids.iter().map(|id| fault(service, id.as_str().unwrap_or(""))).collect();
    let object = service.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
    if !part(object, TARGETS).is_empty() {
        return Err(bad("The policy has a membership target already; clear it first."));
    }
    let done = faults.iter().all(Option::is_none);
    if done {
        object.insert(TARGETS.into(), json!(ids));
    }
    Ok(answer(done, ids.into_iter().zip(faults.into_iter().map(|fault| json!(fault)))))
}

fn membership(service: &Service<'_>, root: &str, id: &str) -> Outcome {
    let object = service.tenant.find(root, id).ok_or_else(|| missing(root, id))?;
    let statuses = part(object, TARGETS).iter().map(|id| (id.clone(), Value::Null));
    Ok(answer(true, statuses))
}

fn clear_membership(service: &mut Service<'_>, root: &str, id: &str) -> Outcome {
    let object = service.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
    object.remove(TARGETS);
    Ok(Reply::new(200, json!({"value": true})))
}

/// Why a group cannot be a target (metadata `enrollmentTimeDeviceMembershipTargetValidationErrorCode`).
fn fault(service: &Service<'_>, id: &str) -> Option<&'static str> {
    let Some(group) = service.tenant.find("groups", id) else { return Some("securityGroupNotFound") };
    if group.get("securityEnabled") != Some(&json!(true)) {
        return Some("notSecurityGroup");
    }
    if part(group, "groupTypes").contains(&json!("DynamicMembership")) {
        return Some("notStaticSecurityGroup");
    }
    let owned = part(group, "owners").iter().filter_map(Value::as_object).any(|owner| text(owner, "appId") == OWNER);
    (!owned).then_some("firstPartyAppNotAnOwner")
}

fn answer(done: bool, statuses: impl Iterator<Item = (Value, Value)>) -> Reply {
    let statuses: Vec<Value> =
        statuses.map(|(id, code)| json!({"targetId": id, "targetValidationErrorCode": code})).collect();
    Reply::new(
        200,
        json!({"validationSucceeded": done, "enrollmentTimeDeviceMembershipTargetValidationStatuses": statuses}),
    )
}
