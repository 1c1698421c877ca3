//! Two policies as they are compared: references in words, payloads as the texts they are, and without what
//! the service makes by itself.

use serde_json::Value;

use super::names::{Names, holder};
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::shape::comparison::{explicit_filter, guide};
use crate::policy::{Change, Policy, changes, decode};

pub(super) struct Documents<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) names: &'a Names,
    /// Both sides are of one tenant, so that equal bodies are equal policies.
    pub(super) same_ids: bool,
}

impl Documents<'_> {
    pub(super) fn changes(&self, left: &Policy, right: &Policy) -> Vec<Change> {
        if self.same_ids && left.body == right.body {
            return Vec::new();
        }
        let Some(policy_type) = self.catalogue.get(&left.type_name) else { return Vec::new() };
        let [left, right] =
            [(left, false), (right, true)].map(|(policy, right)| self.document(policy, right, policy_type));
        changes(&left, &right, &guide(policy_type, self.catalogue))
    }

    fn document(&self, policy: &Policy, right: bool, policy_type: &PolicyType) -> Value {
        let mut document = self.names.spell_out(policy, right, self.catalogue);
        for path in policy_type.read_only.iter().chain(&policy_type.write_only) {
            path.remove(&mut document);
        }
        for rule in &policy_type.reduce {
            rule.apply(&mut document);
        }
        payloads(&mut document, policy_type);
        if let Value::Object(map) = &mut document {
            map.remove("id");
            let assignments = map.get_mut("assignments").and_then(Value::as_array_mut);
            assignments.into_iter().flatten().for_each(explicit_filter);
        }
        document
    }
}

/// Payloads that people read, decoded.
fn payloads(document: &mut Value, policy_type: &PolicyType) {
    for rule in &policy_type.sidecars {
        for pointer in rule.at.find(document) {
            let applies =
                rule.when.as_ref().is_none_or(|when| holder(document, &pointer).is_some_and(|own| when.holds(own)));
            let text = document.pointer(&pointer).and_then(Value::as_str).filter(|_| applies);
            let decoded = text.and_then(decode::base64_exact).and_then(|bytes| decode::to_text(&bytes));
            if let (Some((text, _)), Some(place)) = (decoded, document.pointer_mut(&pointer)) {
                *place = Value::String(text);
            }
        }
    }
}
