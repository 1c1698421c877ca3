//! Two policies as they are compared: references in words, payloads as the texts they are, and without what
//! the service makes by itself.

use serde_json::Value;

use super::names::SideNames;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::shape::comparison::{explicit_filter, guide, settle};
use crate::engine::shape::payloads;
use crate::policy::{Change, Policy, changes};

pub(super) struct Documents<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) names: &'a SideNames,
    /// Both sides are of one tenant, so that equal bodies are equal policies.
    pub(super) same_ids: bool,
}

impl Documents<'_> {
    pub(super) fn changes(&self, left: &Policy, right: &Policy) -> Vec<Change> {
        let Some(policy_type) = self.catalogue.get(&left.type_name) else { return Vec::new() };
        // Most are equal as they stand; only where they are not, their types are looked at.
        let plain = self.compared([left, right], policy_type);
        if plain.is_empty() {
            return plain;
        }
        let [mut left, mut right] = [left.clone(), right.clone()];
        settle([&mut left, &mut right], policy_type, self.catalogue);
        self.compared([&left, &right], policy_type)
    }

    fn compared(&self, [left, right]: [&Policy; 2], policy_type: &PolicyType) -> Vec<Change> {
        let [left, right] =
            [(left, false), (right, true)].map(|(policy, right)| self.document(policy, right, policy_type));
        changes(&left, &right, &guide(policy_type, self.catalogue))
    }

    fn document(&self, policy: &Policy, right: bool, policy_type: &PolicyType) -> Value {
        let mut document = self.names.spell_out(policy, right, self.catalogue);
        for path in policy_type.read_only.iter().chain(&policy_type.write_only) {
            path.remove(&mut document);
        }
        for rule in &policy_type.send_only {
            rule.apply(&mut document);
        }
        for rule in &policy_type.blank {
            rule.leave_out(&mut document);
        }
        for part in &policy_type.parts {
            part.without_cleared(&mut document);
        }
        payloads::decode(&mut document, policy_type);
        if let Value::Object(map) = &mut document {
            map.remove("id");
            let assignments = map.get_mut("assignments").and_then(Value::as_array_mut);
            assignments.into_iter().flatten().for_each(explicit_filter);
        }
        document
    }
}
