//! What the tests of this room share: a small catalogue that does not change with the real one.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Snapshot, TypeRead};
use crate::catalogue::Catalogue;
use crate::policy::{Policy, TenantInfo};

const SHARED: &str = r#"
version = 7
volatile = ["version", "lastModifiedDateTime"]
read-only = ["id"]
constant-ids = []
constant-properties = []
references = []
unordered = ["tags"]
sort = []
"#;

const SCRIPTS: &str = r##"
name = "scripts"
title = "Scripts"
about = "For tests."
sources = ["none"]
path = "deviceManagement/scripts"
entity = "script"
bucket = "none"
permissions = { read = [], write = [] }
[[groups]]
name = "mac-scripts"
title = "Mac"
when = { property = "platform", equals = ["mac"] }
[[sidecars]]
at = "script"
extension = "ps1"
[[sidecars]]
at = "settings/*/value"
when = { property = "@odata.type", equals = ["#x.base64"] }
extension = "xml"
key = "omaUri"
[[secrets]]
at = "settings/*/value"
when = { property = "isEncrypted", equals = [true] }
with = ["isEncrypted", "secretReferenceValueId"]
[[secrets]]
at = "key"
set-when = { property = "keyIsSet", equals = [true] }
with = ["keyIsSet"]
"##;

const FILTERS: &str = r#"
name = "filters"
title = "Filters"
about = "For tests."
sources = ["none"]
path = "deviceManagement/filters"
entity = "filter"
bucket = "none"
permissions = { read = [], write = [] }
"#;

/// Two types: `scripts` with sidecars and secrets, `filters` with nothing.
pub(super) fn catalogue() -> Catalogue {
    Catalogue::from_files(SHARED, [("scripts.toml", SCRIPTS), ("filters.toml", FILTERS)]).expect("the fixture is valid")
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
