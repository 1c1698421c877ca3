//! Could a policy lock everybody out? One that takes effect by a state of its own, holds for all users and
//! excludes nobody, is never switched on unless somebody said so. Pure.

use super::plan_file::{Action, GateState, Options, Step};
use crate::catalogue::PolicyType;
use crate::catalogue::rule::EnabledBy;
use crate::engine::shape::comparison::with_gate;
use crate::finding::{Finding, Severity, codes};
use crate::mapping::{Await, Need};
use crate::policy::Policy;
use crate::policy::ids::is_guid;

/// Looks at a step that creates or changes such a policy: a warning where somebody asked for it, an error
/// where the import would do it by itself.
pub fn check(
    step: &Step,
    policy: &Policy,
    awaits: &[Await],
    found: Option<&Policy>,
    policy_type: &PolicyType,
    options: &Options,
) -> Option<Finding> {
    let gate = policy_type.enabled_by.as_ref()?;
    if !comes_into_force(step.action, policy, found, policy_type, options)? || !holds_for_everyone(policy, awaits, gate)
    {
        return None;
    }
    if options.gate_state == Some(GateState::Keep) {
        let message = "the policy is on, applies to all users and excludes no one";
        return Some(Finding::new(&codes::COULD_LOCK_OUT, step.subject(), message));
    }
    if found.is_some_and(|found| holds_for_everyone(found, &[], gate)) {
        return None;
    }
    let message = "the target's policy is on, and with this change would apply to all users and exclude no one";
    let mut finding = Finding::new(&codes::COULD_LOCK_OUT, step.subject(), message)
        .fix("Exclude an emergency access account or group, or choose with --ca-state: disabled, report-only, or keep to leave it on.");
    finding.severity = Severity::Error;
    Some(finding)
}

/// Whether a policy that takes effect by a state of its own is in force once it is written; none where it has no such
/// state, or is not written.
pub fn comes_into_force(
    action: Action,
    policy: &Policy,
    found: Option<&Policy>,
    policy_type: &PolicyType,
    options: &Options,
) -> Option<bool> {
    let gate = policy_type.enabled_by.as_ref()?;
    let state = match (action, options.gate_state) {
        (Action::Create, asked) => Some(asked.unwrap_or_default()),
        (Action::Update, Some(asked)) => Some(asked),
        // Nothing was said of the state, so the target's stays.
        (Action::Update, None) => None,
        _ => return None,
    };
    let wanted = || with_gate(policy.clone(), policy_type, state).text(&gate.property).map(str::to_owned);
    let state = if state.is_some() { wanted() } else { found?.text(&gate.property).map(str::to_owned) }?;
    Some(gate.is_in_force(&state))
}

/// Whether the policy holds for all users and excludes nobody. A word such as "guests" excludes no
/// administrator, and a group that the import makes has no members.
fn holds_for_everyone(policy: &Policy, awaits: &[Await], gate: &EnabledBy) -> bool {
    let document = policy.to_value();
    let empty = |pointer: &str| {
        awaits.iter().any(|place| place.pointer == pointer && matches!(place.needs, Need::Create { .. }))
    };
    let excludes = |pointer: &String| {
        let value = document.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default();
        is_guid(value) && !empty(pointer)
    };
    gate.everyone_when.as_ref().is_some_and(|everyone| everyone.holds(&document))
        && !gate.except.iter().flat_map(|path| path.find(&document)).any(|pointer| excludes(&pointer))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::{Value, json};

    use super::*;
    use crate::catalogue::Catalogue;

    fn holds(users: &Value) -> bool {
        let catalogue = Catalogue::built_in().unwrap();
        let gate = catalogue.get("conditional-access").unwrap().enabled_by.clone().unwrap();
        let body = json!({"displayName": "CA", "state": "enabled", "conditions": {"users": users}});
        holds_for_everyone(&Policy::new("conditional-access", body.as_object().unwrap().clone()), &[], &gate)
    }

    #[test]
    fn only_all_users_without_an_exclusion_could_lock_out() {
        let id = "a1000000-0000-4000-8000-000000000001";
        assert!(holds(&json!({"includeUsers": ["All"]})));
        assert!(holds(
            &json!({"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"], "excludeGroups": []})
        ));
        for list in ["excludeUsers", "excludeGroups", "excludeRoles"] {
            assert!(!holds(&json!({"includeUsers": ["All"], list: [id]})), "{list}");
        }
        assert!(!holds(&json!({"includeUsers": [id]})));
    }
}
