//! The group that a device joins while it enrolls: set, read and cleared by calls of their own (quirk 45; metadata
//! `enrollmentTimeDeviceMembershipTargetResult`).

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Reply, bad, missing};
use crate::service::service::Service;
use crate::service::write::list_of;
use crate::tenant::store::{part, text};

/// Where an object keeps its groups: no property of it, so never shown.
pub(crate) const TARGETS: &str = "enrollmentTimeDeviceMembershipTargets@sandbox";

/// The application that must own the group (quirk 45).
const OWNER: &str = "f1346770-5b25-470b-88bd-d5744ab7952c";

impl Service<'_> {
    /// An answer of 200 says in its body whether anything was done.
    pub(crate) fn set_membership(&mut self, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
        let targets = list_of(body, "enrollmentTimeDeviceMembershipTargets")?;
        let ids: Vec<Value> = targets.iter().map(|target| target["targetId"].clone()).collect();
        if ids.is_empty() || targets.iter().any(|target| target["targetType"] != "staticSecurityGroup") {
            return Err(bad("A target needs 'targetId' and the 'targetType' 'staticSecurityGroup'."));
        }
        let faults: Vec<Option<&str>> = ids.iter().map(|id| self.fault(id.as_str().unwrap_or(""))).collect();
        let object = self.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
        if !part(object, TARGETS).is_empty() {
            return Err(bad("The policy has a membership target already; clear it first."));
        }
        let done = faults.iter().all(Option::is_none);
        if done {
            object.insert(TARGETS.into(), json!(ids));
        }
        Ok(answer(done, ids.into_iter().zip(faults.into_iter().map(|fault| json!(fault)))))
    }

    pub(crate) fn membership(&self, root: &str, id: &str) -> Outcome {
        let object = self.tenant.find(root, id).ok_or_else(|| missing(root, id))?;
        let statuses = part(object, TARGETS).iter().map(|id| (id.clone(), Value::Null));
        Ok(answer(true, statuses))
    }

    pub(crate) fn clear_membership(&mut self, root: &str, id: &str) -> Outcome {
        let object = self.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
        object.remove(TARGETS);
        Ok(Reply::new(200, json!({"value": true})))
    }

    /// Why a group cannot be a target (metadata `enrollmentTimeDeviceMembershipTargetValidationErrorCode`).
    fn fault(&self, id: &str) -> Option<&'static str> {
        let Some(group) = self.tenant.find("groups", id) else { return Some("securityGroupNotFound") };
        if group.get("securityEnabled") != Some(&json!(true)) {
            return Some("notSecurityGroup");
        }
        if part(group, "groupTypes").contains(&json!("DynamicMembership")) {
            return Some("notStaticSecurityGroup");
        }
        let owned =
            part(group, "owners").iter().filter_map(Value::as_object).any(|owner| text(owner, "appId") == OWNER);
        (!owned).then_some("firstPartyAppNotAnOwner")
    }
}

fn answer(done: bool, statuses: impl Iterator<Item = (Value, Value)>) -> Reply {
    let statuses: Vec<Value> =
        statuses.map(|(id, code)| json!({"targetId": id, "targetValidationErrorCode": code})).collect();
    Reply::new(
        200,
        json!({"validationSucceeded": done, "enrollmentTimeDeviceMembershipTargetValidationStatuses": statuses}),
    )
}
