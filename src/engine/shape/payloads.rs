//! Payloads that people read, as the texts they are: for whoever shows where two policies differ. Never for sending.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::policy::{decode, path};

/// Decodes the payloads that the type's file names.
pub(crate) fn decode(document: &mut Value, policy_type: &PolicyType) {
    for rule in &policy_type.sidecars {
        for pointer in rule.at.find(document) {
            let holder = document.pointer(path::parent(&pointer));
            let applies = rule.when.as_ref().is_none_or(|when| holder.is_some_and(|own| when.holds(own)));
            let text = document.pointer(&pointer).and_then(Value::as_str).filter(|_| applies);
            let decoded = text.and_then(decode::base64_exact).and_then(|bytes| decode::to_text(&bytes));
            if let (Some((text, _)), Some(place)) = (decoded, document.pointer_mut(&pointer)) {
                *place = Value::String(text);
            }
        }
    }
}
