//! Writing trees, tried on real folders.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use super::fixture::{catalogue, files, filter, id, policy, script, snapshot};
use super::manifest::{FILE, INTERRUPTED};
use super::{Completeness, Consent, Snapshot, Tree, TreeError, TypeRead, Written, read, write};
use crate::catalogue::Selection;
use crate::finding::codes;
use crate::policy::canonical::canonicalise;
use crate::policy::{Kept, Policy, TenantInfo};

fn saved(root: &Path, snapshot: &Snapshot) -> Written {
    write(root, snapshot, &catalogue(), Consent::default()).unwrap()
}

fn tree(root: &Path) -> Tree {
    let tree = read(root, &catalogue()).unwrap();
    // That a type could not be read is what such a test is about.
    let others: Vec<_> = tree.findings.iter().filter(|finding| finding.code != codes::TREE_INCOMPLETE.name).collect();
    assert!(others.is_empty(), "a tree just written has no findings: {others:?}");
    tree
}

fn tree_of(policies: Vec<Policy>) -> TempDir {
    let folder = tempdir().unwrap();
    saved(folder.path(), &snapshot(policies));
    folder
}

fn names(root: &Path) -> Vec<String> {
    files(root).into_keys().filter(|name| name.contains('/')).collect()
}

#[test]
fn a_second_writing_changes_nothing() {
    let folder = tree_of(vec![script(1, "Map drives", "net use\r\n"), filter(2, "All")]);
    let before = files(folder.path());
    assert_eq!(
        before.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            ".gitattributes",
            "SHA256SUMS",
            "directory.json",
            "ferry-tree.json",
            "filters/All.00000002.json",
            "scripts/Map drives.00000001.json",
            "scripts/Map drives.00000001.script.ps1"
        ]
    );
    assert_eq!(before["scripts/Map drives.00000001.script.ps1"], b"net use\r\n");
    let json = String::from_utf8(before["scripts/Map drives.00000001.json"].clone()).unwrap();
    assert!(json.ends_with("\n}\n") && json.contains("  \"empty\": null") && !json.contains("version"), "{json}");
    let time = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    let times: Vec<_> = before.keys().map(|name| time(name)).collect();
    std::thread::sleep(std::time::Duration::from_millis(20));
    // In another order, with other volatile values.
    let mut again = vec![filter(2, "All"), script(1, "Map drives", "net use\r\n")];
    again[1].body.insert("version".into(), json!(99));
    let written = saved(folder.path(), &snapshot(again));
    assert_eq!((written.written, written.unchanged), (0, 2));
    assert_eq!(files(folder.path()), before);
    assert_eq!(before.keys().map(|name| time(name)).collect::<Vec<_>>(), times);
}

#[test]
fn what_is_read_and_written_elsewhere_is_the_same() {
    let folder =
        tree_of(vec![script(1, "Map drives", "net use"), script(2, "map drives", "other"), filter(3, "../..")]);
    fs::write(folder.path().join("filters/hand made.json"), "{\"displayName\": \"New\"}").unwrap();
    let first = read(folder.path(), &catalogue()).unwrap();
    let other = tempdir().unwrap();
    saved(other.path(), &snapshot(open(&first.policies)));
    let second = tree(other.path());
    assert_eq!(first.policies, second.policies);
    assert!(names(other.path()).contains(&String::from("filters/hand made.json")));
    fs::write(folder.path().join("filters/hand made.json"), "{\n  \"displayName\": \"New\"\n}\n").unwrap();
    saved(folder.path(), &snapshot(open(&first.policies)));
    assert_eq!(files(folder.path()), files(other.path()));
}

#[test]
fn what_a_kill_left_half_written_is_written_again() {
    let policies = || snapshot(vec![script(1, "One", "1"), filter(2, "Two")]);
    let folder = tempdir().unwrap();
    saved(folder.path(), &policies());
    let whole = files(folder.path());
    for name in whole.keys().filter(|name| name.contains('/')) {
        let path = folder.path().join(name);
        for half in [&whole[name][..0], &whole[name][..whole[name].len() / 2]] {
            fs::write(&path, half).unwrap();
            interrupt(folder.path());
            saved(folder.path(), &policies());
            assert_eq!(files(folder.path()), whole, "{name}");
        }
    }
}

/// The manifest as a writing that was killed leaves it.
fn interrupt(root: &Path) {
    let path = root.join(FILE);
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for status in manifest["types"].as_object_mut().unwrap().values_mut() {
        *status = json!({"status": "partial", "reason": INTERRUPTED});
    }
    fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn the_checksums_check() {
    let folder = tree_of(vec![script(1, "Map drives", "x"), filter(2, "ä – 日本")]);
    if cfg!(unix) {
        fs::write(folder.path().join("filters/odd \\ name.json"), "{}").unwrap();
    }
    saved(folder.path(), &snapshot(tree_policies(folder.path())));
    let Ok(output) =
        std::process::Command::new("sha256sum").args(["-c", "SHA256SUMS"]).current_dir(folder.path()).output()
    else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    // Neither the list itself, nor what somebody added.
    let others = 1 + usize::from(cfg!(unix));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), files(folder.path()).len() - others);
}

fn tree_policies(root: &Path) -> Vec<Policy> {
    open(&read(root, &catalogue()).unwrap().policies)
}

fn open(policies: &[Kept]) -> Vec<Policy> {
    policies.iter().map(Kept::open).collect()
}

#[test]
fn a_vanished_policy_goes_with_its_sidecars() {
    let folder = tree_of(vec![script(1, "One", "1"), script(2, "Two", "2"), filter(3, "F")]);
    let written = saved(folder.path(), &snapshot(vec![script(1, "One", "1")]));
    assert_eq!(written.removed, ["filters/F.00000003.json", "scripts/Two.00000002.json"]);
    assert_eq!(names(folder.path()), ["scripts/One.00000001.json", "scripts/One.00000001.script.ps1"]);
    assert!(!folder.path().join("filters").exists());
    tree(folder.path());
}

#[test]
fn a_filtered_export_touches_nothing_else() {
    let folder =
        tree_of(vec![script(1, "Win A", "1"), script(2, "Mac B", "2"), script(3, "Win C", "3"), filter(4, "F")]);
    let mut part = snapshot(vec![script(1, "Win A", "new")]);
    part.selection = Selection::new(&catalogue(), &["scripts".into()], &[], &["win*".into()]).unwrap();
    part.types.remove("filters");
    let written = saved(folder.path(), &part);
    assert_eq!((written.removed.as_slice(), written.written), (["scripts/Win C.00000003.json".into()].as_slice(), 1));
    let left = tree(folder.path());
    assert_eq!(left.policies.len(), 3);
    assert!(left.manifest.selection.is_empty() && left.manifest.types["filters"].status == Completeness::Complete);
}

#[test]
fn a_group_of_a_type_is_a_selection_too() {
    let mac = policy("scripts", &json!({"id": id(1), "displayName": "M", "platform": "mac"}));
    let folder = tree_of(vec![mac, script(2, "W", "2")]);
    let mut part = snapshot(vec![]);
    part.selection = Selection::new(&catalogue(), &["mac-scripts".into()], &[], &[]).unwrap();
    assert_eq!(saved(folder.path(), &part).removed, ["scripts/M.00000001.json"]);
    assert_eq!(tree(folder.path()).policies.len(), 1);
}

#[test]
fn a_failed_type_keeps_its_files() {
    let folder = tree_of(vec![script(1, "One", "1"), filter(2, "F")]);
    let mut failed = snapshot(vec![filter(2, "F")]);
    failed.types.insert("scripts".into(), TypeRead::Failed("it could not be read"));
    let written = saved(folder.path(), &failed);
    assert_eq!((written.removed, written.kept), (vec![], vec!["scripts/One.00000001.json".into()]));
    let kept = tree(folder.path());
    assert_eq!(kept.policies.len(), 2);
    let status = &kept.manifest.types["scripts"];
    assert_eq!((status.status, status.reason.as_deref()), (Completeness::Failed, Some("it could not be read")));
}

#[test]
fn what_an_earlier_version_wrote_down_of_a_service_goes() {
    let folder = tree_of(vec![script(1, "One", "1"), filter(2, "F")]);
    let path = folder.path().join("ferry-tree.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["types"]["scripts"] = json!({"status": "failed", "reason": "403 Forbidden (request-id 77)"});
    fs::write(&path, manifest.to_string()).unwrap();
    let mut part = snapshot(vec![filter(2, "F")]);
    part.types.remove("scripts");
    saved(folder.path(), &part);
    let kept = read(folder.path(), &catalogue()).unwrap();
    assert_eq!(kept.manifest.types["scripts"].reason.as_deref(), Some("it could not be read"));
}

#[test]
fn many_vanishing_at_once_are_held() {
    let folder = tree_of((0..10).map(|n| filter(n, "F")).collect());
    let few = snapshot(vec![filter(0, "F")]);
    let written = saved(folder.path(), &few);
    assert_eq!((written.removed.len(), written.kept.len()), (0, 9));
    assert!(written.findings.iter().any(|finding| finding.is(&codes::REMOVAL_HELD)));
    let held = tree(folder.path());
    assert_eq!((held.policies.len(), held.manifest.types["filters"].status), (10, Completeness::Partial));
    let written = write(folder.path(), &few, &catalogue(), Consent { removals: true, ..Consent::default() }).unwrap();
    assert_eq!((written.removed.len(), written.kept.len()), (9, 0));
    assert!(tree(folder.path()).manifest.types["filters"].status == Completeness::Complete);
}

#[test]
fn a_renamed_policy_moves() {
    let folder = tree_of(vec![script(1, "Old", "x")]);
    for (from, to) in [("Old", "New"), ("New", "NEW")] {
        let written = saved(folder.path(), &snapshot(vec![script(1, to, "x")]));
        let file = |name: &str| format!("scripts/{name}.00000001.json");
        assert_eq!((written.moved, written.removed), (vec![(file(from), file(to))], vec![]));
        assert_eq!(names(folder.path()), [file(to), format!("scripts/{to}.00000001.script.ps1")]);
        tree(folder.path());
    }
}

#[test]
fn what_others_put_there_stays() {
    let folder = tree_of(vec![script(1, "One", "1")]);
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("README.md", "mine");
    put("scripts/notes.md", "mine");
    put("scripts/hand made.json", "{\"displayName\": \"New\"}");
    put("scripts/broken.json", "{");
    // Claims to own what it does not.
    put(
        "scripts/Evil.00000009.json",
        &json!({"id": id(9), "a@ferry.file": "notes.md", "b@ferry.file": "../README.md"}).to_string(),
    );
    fs::create_dir(folder.path().join(".git")).unwrap();
    put(".git/HEAD", "ref");
    put("scripts/.ferry-abc.tmp", "left by a kill");
    let written = saved(folder.path(), &snapshot(vec![]));
    assert_eq!(written.removed, ["scripts/One.00000001.json"]);
    assert!(written.findings.iter().any(|f| f.is(&codes::EDITED_HELD) && f.subject == "scripts/Evil.00000009.json"));
    assert!(written.findings.iter().any(|f| f.is(&codes::DAMAGED_FILE) && f.subject == "scripts/broken.json"));
    assert_eq!(
        names(folder.path()),
        [
            ".git/HEAD",
            "scripts/Evil.00000009.json",
            "scripts/broken.json",
            "scripts/hand made.json",
            "scripts/notes.md"
        ]
    );
    assert!(folder.path().join("README.md").exists());
}

#[test]
fn no_secret_reaches_the_disk() {
    let secret = json!({"omaUri": "./S", "isEncrypted": true, "value": "hunter2", "@odata.type": "#x.base64"});
    let body =
        json!({"id": id(1), "displayName": "S", "settings": [secret], "key": "hunter2", "x@ferry.file": "../etc"});
    let folder = tree_of(vec![policy("scripts", &body)]);
    for (name, bytes) in files(folder.path()) {
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"), "{name}");
    }
    let read = tree(folder.path());
    assert!(read.policies[0].open().body.contains_key("key@ferry.secret"));
    let again = tempdir().unwrap();
    saved(again.path(), &snapshot(open(&read.policies)));
    assert_eq!(files(again.path()), files(folder.path()));
}

#[test]
fn a_script_with_a_credential_is_told() {
    let folder = tempdir().unwrap();
    let written = saved(folder.path(), &snapshot(vec![script(1, "One", "$password = 'Sommer2024'")]));
    assert!(written.findings.iter().any(|finding| finding.is(&codes::LOOKS_LIKE_A_CREDENTIAL)));
}

#[test]
fn tenants_are_never_mixed() {
    let folder = tree_of(vec![filter(1, "F")]);
    let mut other = snapshot(vec![]);
    other.tenant = Some(TenantInfo { id: Some("T2".into()), ..TenantInfo::default() });
    let refused = |snapshot: &Snapshot| {
        write(folder.path(), snapshot, &catalogue(), Consent { removals: true, ..Consent::default() }).unwrap_err()
    };
    assert!(matches!(refused(&other), TreeError::OtherTenant { .. }));
    let mut rewritten = snapshot(vec![]);
    rewritten.rewritten_for.clone_from(&other.tenant);
    assert!(matches!(refused(&rewritten), TreeError::OtherTenant { .. }));
    assert_eq!(tree(folder.path()).policies.len(), 1);
    fs::remove_file(folder.path().join("ferry-tree.json")).unwrap();
    assert!(matches!(refused(&snapshot(vec![])), TreeError::NotEmpty { .. }));
}

#[test]
fn a_mapping_stands_only_in_a_rewritten_tree() {
    let folder = tempdir().unwrap();
    let mut rewritten = snapshot(vec![filter(1, "F")]);
    rewritten.rewritten_for = Some(TenantInfo { id: Some("T2".into()), ..TenantInfo::default() });
    rewritten.mapping = Some("{}".into());
    saved(folder.path(), &rewritten);
    assert_eq!(tree(folder.path()).mapping.as_deref(), Some("{}\n"));
    let plain = tree_of(vec![]);
    fs::write(plain.path().join("mapping.json"), "{}").unwrap();
    assert_eq!(read(plain.path(), &catalogue()).unwrap().mapping, None);
}

#[test]
fn the_directory_forgets_only_when_all_is_known() {
    let folder = tempdir().unwrap();
    let with = |ids: &[(&str, serde_json::Value)]| {
        let mut snapshot = snapshot(vec![filter(1, "F")]);
        for (id, facts) in ids {
            snapshot.directory.insert("group", id, facts.as_object().unwrap().clone());
        }
        snapshot
    };
    saved(folder.path(), &with(&[("a", json!({"displayName": "A"})), ("b", json!({"displayName": "B"}))]));
    let mut failed = with(&[("b", json!({"state": "forbidden"})), ("c", json!({"displayName": "C"}))]);
    failed.types.insert("scripts".into(), TypeRead::Failed("x"));
    saved(folder.path(), &failed);
    let known = tree(folder.path()).directory;
    assert_eq!(["a", "b", "c"].map(|id| known.name("group", id)), [Some("A"), Some("B"), Some("C")]);
    saved(folder.path(), &with(&[("c", json!({"displayName": "C"}))]));
    assert_eq!(tree(folder.path()).directory.iter().count(), 1);
}

#[test]
fn stopped_in_the_middle_it_is_still_a_tree() {
    let folder = tree_of(vec![script(1, "One", "1"), script(2, "Two", "2")]);
    fs::create_dir_all(folder.path().join("scripts/Obstacle.00000003.json/x")).unwrap();
    let policies = vec![script(1, "First", "1"), script(2, "Two", "changed"), script(3, "Obstacle", "3")];
    assert!(matches!(
        write(folder.path(), &snapshot(policies), &catalogue(), Consent::default()),
        Err(TreeError::Io { .. })
    ));
    let stopped = read(folder.path(), &catalogue()).unwrap();
    assert_eq!(stopped.manifest.types["scripts"].status, Completeness::Partial);
    assert_eq!(stopped.policies.len(), 2, "{:?}", stopped.findings);
    fs::remove_dir_all(folder.path().join("scripts/Obstacle.00000003.json")).unwrap();
    saved(
        folder.path(),
        &snapshot(vec![script(1, "First", "1"), script(2, "Two", "changed"), script(3, "Obstacle", "3")]),
    );
    assert_eq!(tree(folder.path()).policies.len(), 3);
    assert_eq!(names(folder.path()).len(), 6);
}

#[test]
fn the_same_id_twice_is_written_once() {
    let folder = tempdir().unwrap();
    let mut upper = filter(10, "B");
    upper.body.insert("id".into(), json!(id(10).to_uppercase()));
    let written = saved(folder.path(), &snapshot(vec![filter(10, "A"), upper]));
    assert!(written.findings.iter().any(|finding| finding.is(&codes::DUPLICATE_ID)));
    assert_eq!(tree(folder.path()).policies.len(), 1);
    let unheard = saved(folder.path(), &snapshot(vec![filter(10, "A"), policy("unheard", &json!({}))]));
    assert!(unheard.findings.iter().any(|finding| finding.is(&codes::NOT_RECOGNIZED)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_policies_come_back(named in proptest::collection::vec((any::<String>(), "(a|A|\\.\\./x|CON|[0-9a-f]{8}-1111-2222-3333-444455556666)", any::<Vec<u8>>()), 0..6)) {
        use base64::Engine as _;
        let policies: Vec<Policy> = named.iter().enumerate().map(|(n, (name, id, payload))| {
            let payload = base64::engine::general_purpose::STANDARD.encode(payload);
            let element = json!({"@odata.type": "#x.base64", "omaUri": name, "value": payload});
            policy("scripts", &json!({"id": format!("{id}{n}"), "displayName": name, "script": payload, name: [name], "settings": [element, element]}))
        }).collect();
        let folder = tree_of(policies.clone());
        let catalogue = catalogue();
        let rules = catalogue.get("scripts").unwrap().rules(&catalogue.shared);
        let mut expected: Vec<_> = policies.into_iter().map(|policy| canonicalise(policy.body, &rules)).collect();
        let mut found: Vec<_> = tree(folder.path()).policies.iter().map(|kept| kept.open().body).collect();
        let by_id = |body: &serde_json::Map<String, serde_json::Value>| body["id"].to_string();
        expected.sort_by_key(by_id);
        found.sort_by_key(by_id);
        prop_assert_eq!(found, expected);
    }
}
