//! Plans and outcomes as views show them: with the places of differences named by the tree's policies.

use std::collections::BTreeMap;

use crate::engine::{ObjectOutcome, Plan};
use crate::policy::{Difference, Policy};
use crate::tree::Tree;
use crate::ui::places;

/// The plan, for a view.
pub fn plan(plan: &Plan, tree: &Tree) -> Plan {
    let policies = policies(tree);
    let mut shown = plan.clone();
    for step in &mut shown.steps {
        name(&mut step.differences, &step.type_name, &step.key, &policies);
    }
    shown
}

/// The outcomes, for a view.
pub fn outcomes(objects: &[ObjectOutcome], tree: &Tree) -> Vec<ObjectOutcome> {
    let policies = policies(tree);
    let mut shown = objects.to_vec();
    for object in &mut shown {
        name(&mut object.differences, &object.type_name, &object.id, &policies);
    }
    shown
}

type Policies<'a> = BTreeMap<(&'a str, String), &'a Policy>;

fn policies(tree: &Tree) -> Policies<'_> {
    tree.policies.iter().map(|policy| ((policy.type_name.as_str(), policy.key()), policy)).collect()
}

fn name(list: &mut Vec<Difference>, type_name: &str, key: &str, policies: &Policies<'_>) {
    if let Some(policy) = policies.get(&(type_name, key.to_owned())).filter(|_| !list.is_empty()) {
        *list = places::readable(list, policy);
    }
}
