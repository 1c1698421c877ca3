//! What Graph takes only when an object is created: where the target's differs, the rest is updated and the plan says
//! what stays different; nothing is deleted and created again by itself. Where the meaning of the rest depends on it,
//! nothing is updated: it would be another policy under the same name.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::engine::plan::plan_file::{Action, Step};
use crate::engine::shape::request_body::is_create_only;
use crate::finding::{Finding, codes};
use crate::policy::path::top;
use crate::policy::{Difference, Policy};

/// As many characters of a value are shown.
const SHOWN: usize = 60;

/// Judges the differences of an object that is to be updated.
pub(super) fn judge(step: &mut Step, policy: &Policy, policy_type: &PolicyType) {
    let is_fixed = |difference: &Difference| is_create_only(&difference.at, policy_type, policy);
    let fixed: Vec<Difference> = step.differences.iter().filter(|difference| is_fixed(difference)).cloned().collect();
    if step.action != Action::Update || fixed.is_empty() {
        return;
    }
    if let Some(difference) = fixed.iter().find(|difference| is_decisive(top(&difference.at), policy_type)) {
        let message = format!(
            "{}; Graph accepts it only at creation and the rest of the policy depends on it, so nothing is updated",
            told(difference)
        );
        step.findings.push(Finding::new(&codes::PLATFORM_DIFFERS, step.subject(), message).at(difference.at.clone()));
        step.action = Action::Blocked;
        return;
    }
    let nothing_else = fixed.len() == step.differences.len() && step.content.is_none();
    for difference in &fixed {
        let rest = if nothing_else { "nothing else differs" } else { "the rest is updated" };
        let message =
            format!("{}; Graph accepts it only at creation, so it stays as it is, and {rest}", told(difference));
        step.findings
            .push(Finding::new(&codes::CREATE_ONLY_DIFFERS, step.subject(), message).at(difference.at.clone()));
    }
    if nothing_else {
        step.action = Action::ExistsDiffers;
    } else {
        step.differences.retain(|difference| !fixed.contains(difference));
    }
}

/// Whether what else the policy says depends on the property.
fn is_decisive(property: &str, policy_type: &PolicyType) -> bool {
    let mut paths = policy_type.decisive.iter().chain(&policy_type.discriminators);
    paths.any(|path| path.root() == Some(property)) || policy_type.identity.iter().any(|name| name == property)
}

fn told(difference: &Difference) -> String {
    let value = |value: &Option<Value>| {
        let text = value.as_ref().map_or_else(|| String::from("nothing"), Value::to_string);
        let short: String = text.chars().take(SHOWN).collect();
        if short == text { text } else { format!("{short}…") }
    };
    let (found, wanted) = (value(&difference.found), value(&difference.wanted));
    format!("`{}` is {found} in the target and {wanted} in the tree", top(&difference.at))
}
