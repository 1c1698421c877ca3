//! What the tests of this room share, with the small catalogue that does not change with the real one.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Snapshot, TypeRead};
use crate::catalogue::Catalogue;
use crate::policy::{Policy, TenantInfo};

/// Two types: `scripts` with sidecars and secrets, `filters` with nothing.
pub(super) fn catalogue() -> Catalogue {
    crate::catalogue::testing::small()
}

/// A policy from JSON.
pub(super) fn policy(type_name: &str, body: &Value) -> Policy {
    Policy::new(type_name, body.as_object().cloned().expect("an object"))
}

/// The id of the n-th object.
pub(super) fn id(n: usize) -> String {
    format!("{n:08x}-1111-2222-3333-444455556666")
}

/// A script with a payload.
pub(super) fn script(n: usize, name: &str, text: &str) -> Policy {
    let payload = base64::engine::general_purpose::STANDARD.encode(text);
    policy("scripts", &json!({"id": id(n), "displayName": name, "script": payload, "version": n, "empty": null}))
}

/// A filter.
pub(super) fn filter(n: usize, name: &str) -> Policy {
    policy("filters", &json!({"id": id(n), "displayName": name, "tags": ["b", "a"]}))
}

/// Everything, both types read completely.
pub(super) fn snapshot(policies: Vec<Policy>) -> Snapshot {
    let types = ["scripts", "filters"].map(|name| (name.to_owned(), TypeRead::Complete));
    let tenant = TenantInfo { id: Some("T1".into()), display_name: Some("Trial".into()), ..TenantInfo::default() };
    let types = BTreeMap::from(types);
    let policies = policies.into_iter().map(Policy::keep).collect();
    Snapshot { tenant: Some(tenant), cloud: Some("global".into()), types, policies, ..Snapshot::default() }
}

/// All files of a folder by their relative path.
pub(super) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries =
        walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    entries
        .map(|entry| {
            let name = entry.path().strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            (name, std::fs::read(entry.path()).expect("readable"))
        })
        .collect()
}
