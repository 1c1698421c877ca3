//! Sidecars: readable payloads (scripts, profiles, images) as files of their own beside the policy's
//! JSON. Out when a tree is written, back in when it is read. Not for secrets: they never become files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::disk::{self, FileProblem};
use crate::catalogue::rule::SidecarRule;
use crate::policy::file_name::{fold, safe_part};
use crate::policy::fingerprint::sha256_hex;
use crate::policy::{JsonPath, path};

/// Marks the property whose payload is a file.
pub(super) const MARK: &str = "@ferry.file";
/// File systems allow 255 bytes.
const MAX_NAME: usize = 240;

/// A payload that is to become a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sidecar {
    /// Bare file name.
    pub(super) name: String,
    /// The payload's exact bytes.
    pub(super) bytes: Vec<u8>,
}

/// Why a payload cannot be put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The name is not allowed, or is not a regular file.
    Name { at: String, problem: String },
    /// The file cannot be read.
    File { at: String, problem: String },
}

struct Payload {
    pointer: String,
    identity: String,
    name: String,
    bytes: Vec<u8>,
}

/// Takes payloads out of a policy and leaves `<property>@ferry.file` in their place. Only base64 that
/// comes back the same is taken. Names are unlike all in `used` and are added to it.
pub(super) fn extract(
    body: &mut Map<String, Value>,
    rules: &[SidecarRule],
    stem: &str,
    used: &mut BTreeSet<String>,
) -> Vec<Sidecar> {
    let mut document = Value::Object(std::mem::take(body));
    let mut payloads: Vec<Payload> = Vec::new();
    for rule in rules {
        for pointer in rule.at.find(&document) {
            if payloads.iter().any(|known| known.pointer == pointer) {
                continue;
            }
            payloads.extend(payload(&document, pointer, rule, stem));
        }
    }
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for payload in &payloads {
        *uses.entry(fold(&payload.name)).or_default() += 1;
    }
    let mut sidecars = Vec::new();
    for mut payload in payloads {
        if uses.get(&fold(&payload.name)).is_some_and(|count| *count > 1) {
            // All of them, not all but the first: which is first depends on the order of elements.
            payload.name = with_suffix(&payload.name, &sha256_hex(payload.identity.as_bytes())[..8]);
        }
        let base = payload.name.clone();
        let mut count = 2;
        while !used.insert(fold(&payload.name)) {
            payload.name = with_suffix(&base, &count.to_string());
            count += 1;
        }
        let property = last_key(&payload.pointer);
        if let Some(Value::Object(holder)) = document.pointer_mut(path::parent(&payload.pointer)) {
            holder.remove(&property);
            holder.insert(format!("{property}{MARK}"), Value::String(payload.name.clone()));
            sidecars.push(Sidecar { name: payload.name, bytes: payload.bytes });
        }
    }
    if let Value::Object(map) = document {
        *body = map;
    }
    sidecars
}

fn payload(document: &Value, pointer: String, rule: &SidecarRule, stem: &str) -> Option<Payload> {
    let holder = document.pointer(path::parent(&pointer)).filter(|holder| holder.is_object())?;
    if rule.when.as_ref().is_some_and(|when| !when.holds(holder)) {
        return None;
    }
    let encoded = document.pointer(&pointer)?.as_str().filter(|text| !text.is_empty())?;
    let bytes = STANDARD.decode(encoded).ok().filter(|bytes| STANDARD.encode(bytes) == encoded)?;
    let property = last_key(&pointer);
    let key = rule.key.as_ref().and_then(|key| holder.get(key)).and_then(Value::as_str).filter(|key| !key.is_empty());
    let identity = key.map_or_else(|| pointer.clone(), |key| format!("{property}={key}"));
    let mut tail = format!(".{}", safe_part(&property, 40));
    if let Some(key) = key {
        // The end of an OMA-URI or a path tells more than its beginning.
        let skip = key.chars().count().saturating_sub(40);
        tail.push('.');
        tail.push_str(&safe_part(key.chars().skip(skip).collect::<String>().trim_start_matches(['.', '/', ' ']), 40));
    }
    tail.push('.');
    tail.push_str(&rule.extension);
    let stem = if stem.len() + tail.len() > MAX_NAME {
        let end = (0..=MAX_NAME.saturating_sub(tail.len() + 9)).rev().find(|end| stem.is_char_boundary(*end))?;
        format!("{}.{}", stem.get(..end)?, &sha256_hex(stem.as_bytes())[..8])
    } else {
        stem.to_owned()
    };
    Some(Payload { pointer, identity, name: format!("{stem}{tail}"), bytes })
}

fn with_suffix(name: &str, suffix: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{suffix}.{extension}"),
        None => format!("{name}.{suffix}"),
    }
}

fn last_key(pointer: &str) -> String {
    pointer.rsplit_once('/').map(|(_, key)| path::unescape(key)).unwrap_or_default()
}

/// Puts payloads back as base64. `budget` is how many bytes may still be read for the whole tree.
pub(super) fn restore(mut document: Value, folder: &Path, budget: &AtomicU64) -> Result<Map<String, Value>, Refusal> {
    for at in marked(&document, MARK) {
        let named = document.pointer(&at).cloned().unwrap_or_default();
        let bytes = match named.as_str() {
            Some(name) if is_bare(name) => read(&folder.join(name), &at, name, budget)?,
            Some(name) => {
                let problem = format!("`{}` is not a bare file name", name.escape_debug());
                return Err(Refusal::Name { at, problem });
            }
            None => return Err(Refusal::Name { at, problem: String::from("the file name is not a string") }),
        };
        let marker = last_key(&at);
        if let Some(Value::Object(holder)) = document.pointer_mut(path::parent(&at)) {
            holder.remove(&marker);
            let property = marker.strip_suffix(MARK).unwrap_or(&marker).to_owned();
            holder.insert(property, Value::String(STANDARD.encode(bytes)));
        }
    }
    Ok(if let Value::Object(body) = document { body } else { Map::new() })
}

fn read(path: &Path, at: &str, name: &str, budget: &AtomicU64) -> Result<Vec<u8>, Refusal> {
    let at = at.to_owned();
    let bytes = match disk::read_regular(path) {
        Ok(bytes) => bytes,
        Err(problem @ (FileProblem::Link | FileProblem::NotAFile)) => {
            return Err(Refusal::Name { at, problem: format!("`{name}` {problem}") });
        }
        Err(problem) => return Err(Refusal::File { at, problem: format!("`{name}` {problem}") }),
    };
    let spend = |left: u64| left.checked_sub(bytes.len() as u64);
    if budget.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_err() {
        let problem = format!("`{name}` was not read: the tree's sidecars are larger than 1 GiB in total");
        return Err(Refusal::File { at, problem });
    }
    Ok(bytes)
}

/// Pointers of all members whose key ends with a mark.
pub(super) fn marked(value: &Value, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    JsonPath::new("**").visit(value, &mut |trail, _| {
        if trail.key().is_some_and(|key| key.ends_with(mark)) {
            found.push(trail.pointer());
        }
    });
    found
}

/// Whether a policy's text may hold marks of ours; escaped, they are not seen.
pub(super) fn may_hold_marks(text: &str) -> bool {
    text.contains("@ferry.") || text.contains("\\u")
}

/// The sidecars a policy's JSON names that are its own by their name: what this program wrote.
pub(super) fn own_names(document: &Value, file: &str) -> Vec<String> {
    let places = marked(document, MARK);
    let prefix = format!("{}.", stem(file));
    let names = places.iter().filter_map(|at| document.pointer(at)?.as_str());
    names.filter(|name| is_bare(name) && name.starts_with(&prefix) && *name != file).map(str::to_owned).collect()
}

/// A policy's file name without `.json`.
pub(super) fn stem(file: &str) -> &str {
    match file.len().checked_sub(5) {
        Some(cut) if file.is_char_boundary(cut) && file[cut..].eq_ignore_ascii_case(".json") => &file[..cut],
        _ => file,
    }
}

/// Whether a name stays in its folder on every system.
pub(super) fn is_bare(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.contains(['/', '\\', ':'])
        && !name.chars().any(char::is_control)
}

/// Takes marks out of what a tenant sent: there they can only be an attack.
pub(super) fn strip_marks(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // Most have none, and to look is cheaper than to take out.
            if map.keys().any(|key| key.ends_with(MARK)) {
                map.retain(|key, _| !key.ends_with(MARK));
            }
            map.values_mut().for_each(strip_marks);
        }
        Value::Array(list) => list.iter_mut().for_each(strip_marks),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::policy::JsonPath;
    use proptest::prelude::*;
    use serde_json::json;

    fn rule(at: &str, key: Option<&str>) -> SidecarRule {
        SidecarRule { at: JsonPath::new(at), when: None, extension: "xml".into(), key: key.map(str::to_owned) }
    }

    fn taken_out(body: &Value, rules: &[SidecarRule]) -> (Value, Vec<Sidecar>) {
        let mut body = body.as_object().unwrap().clone();
        let sidecars = extract(&mut body, rules, "P.1", &mut BTreeSet::new());
        (Value::Object(body), sidecars)
    }

    #[test]
    fn a_payload_becomes_a_named_file() {
        let (body, sidecars) = taken_out(&json!({"script": "aGk=", "other": "aGk="}), &[rule("script", None)]);
        assert_eq!(body, json!({"script@ferry.file": "P.1.script.xml", "other": "aGk="}));
        assert_eq!(sidecars, [Sidecar { name: "P.1.script.xml".into(), bytes: b"hi".to_vec() }]);
    }

    #[test]
    fn what_would_not_come_back_the_same_stays() {
        for text in ["", "aGk", "aGl=", "aG k=", "aGk=\n", "not base64!"] {
            let body = json!({"script": text, "list": ["aGk="]});
            assert_eq!(taken_out(&body, &[rule("script", None), rule("list/*", None)]), (body, vec![]), "{text:?}");
        }
    }

    #[test]
    fn keys_tell_elements_apart_and_never_collide() {
        let body = json!({"s": [
            {"uri": "./Vendor/A", "v": "aGk="}, {"uri": "./Vendor/a", "v": "aG8="}, {"uri": "../../x", "v": "aGk="}, {"v": "aGk="}]});
        let (after, sidecars) = taken_out(&body, &[rule("s/*/v", Some("uri"))]);
        let names: BTreeSet<_> = sidecars.iter().map(|sidecar| fold(&sidecar.name)).collect();
        assert_eq!(names.len(), 4, "{sidecars:?}");
        assert!(sidecars[0].name.starts_with("P.1.v.Vendor_A.") && sidecars[0].name.contains(".xml"));
        assert_eq!(sidecars[2].name, "P.1.v.x.xml");
        assert!(sidecars.iter().all(|sidecar| is_bare(&sidecar.name)));
        // The other order of elements gives the same names.
        let mut turned = body.clone();
        turned["s"].as_array_mut().unwrap().swap(0, 1);
        let (turned, _) = taken_out(&turned, &[rule("s/*/v", Some("uri"))]);
        assert_eq!(turned["s"][1], after["s"][0]);
    }

    #[test]
    fn only_bare_names_of_regular_files_come_back() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ok.ps1"), b"hi").unwrap();
        std::fs::create_dir(folder.path().join("dir")).unwrap();
        let restored = |name: Value| {
            restore(json!({"a": [{"p@ferry.file": name}]}), folder.path(), &AtomicU64::new(100)).map(Value::Object)
        };
        assert_eq!(restored(json!("ok.ps1")), Ok(json!({"a": [{"p": "aGk="}]})));
        for name in ["../ok.ps1", "a/b", "a\\b", "C:x", "ok.ps1:stream", "/etc/passwd", "..", ".", "", "dir", "a\u{0}b"]
        {
            assert!(matches!(restored(json!(name)), Err(Refusal::Name { .. })), "{name}");
        }
        assert!(matches!(restored(json!(["ok.ps1"])), Err(Refusal::Name { .. })));
        assert!(matches!(restored(json!("gone.ps1")), Err(Refusal::File { .. })));
        let one = restore(json!({"p@ferry.file": "ok.ps1"}), folder.path(), &AtomicU64::new(1));
        assert!(matches!(one, Err(Refusal::File { .. })));
    }

    proptest! {
        #[test]
        fn bytes_survive_and_names_fit(bytes in proptest::collection::vec(any::<u8>(), 1..40), key in any::<String>(), stem in "[a-zä]{1,300}") {
            let mut body = json!({"s": [{"uri": key, "v": STANDARD.encode(&bytes)}]}).as_object().unwrap().clone();
            let before = body.clone();
            let sidecars = extract(&mut body, &[rule("s/*/v", Some("uri"))], &stem, &mut BTreeSet::new());
            prop_assert_eq!(&sidecars[0].bytes, &bytes);
            prop_assert!(sidecars[0].name.len() <= 250 && is_bare(&sidecars[0].name));
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(&sidecars[0].name), &bytes).unwrap();
            let body = restore(Value::Object(body), folder.path(), &AtomicU64::new(1000));
            prop_assert_eq!(body, Ok(before));
        }
    }
}
