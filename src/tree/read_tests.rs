//! Reading trees that people, editors and attackers had their hands in.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::fs;

use serde_json::json;
use tempfile::{TempDir, tempdir};

use super::fixture::{catalogue, filter, id, script, snapshot};
use super::{Consent, Tree, TreeError, read, write};
use crate::finding::{Finding, codes};

fn small() -> TempDir {
    let folder = tempdir().unwrap();
    write(folder.path(), &snapshot(vec![script(1, "One", "1"), filter(2, "F")]), &catalogue(), Consent::default())
        .unwrap();
    folder
}

fn put(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn tree(folder: &TempDir) -> Tree {
    read(folder.path(), &catalogue()).unwrap()
}

/// The findings beside the information that something was edited.
fn findings(tree: &Tree) -> Vec<(&str, &str)> {
    let told = tree.findings.iter().filter(|finding| !finding.is(&codes::EDITED_SINCE_EXPORT));
    told.map(|finding| (finding.code.as_str(), finding.subject.as_str())).collect()
}

fn finding<'a>(tree: &'a Tree, subject: &str) -> &'a Finding {
    tree.findings.iter().find(|finding| finding.subject == subject).unwrap()
}

#[test]
fn what_is_no_tree_says_what_to_do() {
    let folder = tempdir().unwrap();
    let fails = |path: &std::path::Path| read(path, &catalogue()).unwrap_err();
    assert!(matches!(fails(&folder.path().join("none")), TreeError::Missing { .. }));
    put(&folder, "file", "x");
    assert!(matches!(fails(&folder.path().join("file")), TreeError::NotADirectory { .. }));
    let error = fails(folder.path());
    assert!(matches!(error, TreeError::NotATree { .. }) && error.to_string().contains("intune-ferry adopt"));
    put(&folder, "ferry-tree.json", "{\"format\": 2}");
    assert!(matches!(fails(folder.path()), TreeError::NewerFormat { format: 2, .. }));
    assert!(matches!(
        write(folder.path(), &snapshot(vec![]), &catalogue(), Consent::default()),
        Err(TreeError::NewerFormat { .. })
    ));
    put(&folder, "ferry-tree.json", "{");
    assert!(matches!(fails(folder.path()), TreeError::Manifest { line: 1, .. }));
}

#[test]
fn one_bad_file_never_hides_the_next() {
    let folder = small();
    put(&folder, "filters/a.json", "{\n  \"id\": }");
    put(&folder, "filters/b.json", "[]");
    put(&folder, "filters/c.json", b"{\"a\": \"\xFF\"}");
    put(&folder, "filters/d.json", "");
    put(&folder, "filters/e.json", "{\"id\": 5}");
    put(&folder, "filters/f.json", format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000)));
    fs::create_dir(folder.path().join("filters/g.json")).unwrap();
    fs::File::create(folder.path().join("filters/h.json")).unwrap().set_len(65 * 1024 * 1024).unwrap();
    put(&folder, "filters/sub/i.json", "{}");
    put(&folder, "filters/._j.json", "AppleDouble");
    let read = tree(&folder);
    assert_eq!(read.policies.len(), 2);
    let damaged = |name| ("damaged-file", name);
    assert_eq!(
        findings(&read),
        [
            damaged("filters/a.json"),
            damaged("filters/b.json"),
            damaged("filters/c.json"),
            damaged("filters/d.json"),
            damaged("filters/e.json"),
            damaged("filters/f.json"),
            damaged("filters/g.json"),
            damaged("filters/h.json"),
            ("not-recognized", "filters/sub"),
        ]
    );
    assert_eq!(finding(&read, "filters/a.json").at.as_deref(), Some("line 2, column 9"));
}

#[cfg(target_os = "linux")]
#[test]
fn links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let folder = small();
    let outside = tempdir().unwrap();
    put(&outside, "secret.json", "{\"displayName\": \"outside\"}");
    symlink(outside.path().join("secret.json"), folder.path().join("filters/link.json")).unwrap();
    symlink(outside.path().join("secret.json"), folder.path().join("filters/side.txt")).unwrap();
    put(&folder, "filters/named.json", "{\"p@ferry.file\": \"side.txt\"}");
    fs::write(folder.path().join("filters").join(std::ffi::OsStr::from_bytes(b"\xFF.json")), "{}").unwrap();
    let linked = tree(&folder);
    assert_eq!(linked.policies.len(), 2);
    let codes: Vec<_> = findings(&linked).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["damaged-file", "sidecar-refused", "damaged-file"]);
    fs::remove_dir_all(folder.path().join("filters")).unwrap();
    symlink(outside.path(), folder.path().join("filters")).unwrap();
    assert_eq!(findings(&tree(&folder)), [("damaged-file", "filters")]);
    let refused = write(folder.path(), &snapshot(vec![filter(2, "F")]), &catalogue(), Consent::default());
    assert!(matches!(refused, Err(TreeError::NotADirectory { .. })));
}

#[test]
fn a_bad_sidecar_costs_only_its_policy() {
    let folder = small();
    for (n, name) in ["../F.json", "/etc/passwd", "C:x", "gone.ps1", "a\\b"].iter().enumerate() {
        put(&folder, &format!("scripts/x{n}.json"), json!({"id": id(50 + n), "script@ferry.file": name}).to_string());
    }
    let read = tree(&folder);
    assert_eq!(read.policies.len(), 2);
    let codes: Vec<_> = findings(&read).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["sidecar-refused", "sidecar-refused", "sidecar-refused", "damaged-file", "sidecar-refused"]);
    assert_eq!(finding(&read, "scripts/x0.json").at.as_deref(), Some("/script@ferry.file"));
}

#[test]
fn a_secret_of_another_name_is_refused() {
    let folder = small();
    put(&folder, "filters/x.json", "{\"deep\": [{\"p@ferry.secret\": \"AZURE_CLIENT_SECRET\"}]}");
    put(&folder, "filters/y.json", "{\"p@ferry.secret\": \"FERRY_FILTERS_00C0FFEE\"}");
    let read = tree(&folder);
    assert_eq!(findings(&read), [("damaged-file", "filters/x.json")]);
    assert_eq!(read.policies.len(), 3);
}

#[test]
fn doubled_ids_and_keys_are_told() {
    let folder = small();
    put(&folder, "filters/again.json", json!({"id": id(2).to_uppercase(), "displayName": "Other"}).to_string());
    put(&folder, "filters/keys.json", "{\"displayName\": \"a\", \"displayName\": \"b\"}");
    let read = tree(&folder);
    assert_eq!(findings(&read), [("duplicate-id", "filters/again.json"), ("duplicate-key", "filters/keys.json")]);
    let names: Vec<_> = read.policies.iter().map(crate::policy::Kept::name).collect();
    assert_eq!(names, ["F", "b", "One"]);
}

#[test]
fn a_hand_edited_file_compares_equal() {
    let folder = small();
    let before = tree(&folder).policies;
    let text = "{\"version\": 3, \"tags\": [\"a\", \"b\"],\r\n \"displayName\": \"F\", \"@odata.context\": \"x\", \"id\": \"00000002-1111-2222-3333-444455556666\"}";
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    for bytes in [text.as_bytes().to_vec(), marked, utf16] {
        put(&folder, "filters/F.00000002.json", bytes);
        let read = tree(&folder);
        assert_eq!(read.policies, before);
        assert_eq!(findings(&read), []);
    }
}

#[test]
fn edits_are_one_information() {
    let folder = small();
    assert_eq!(tree(&folder).findings, []);
    put(&folder, "scripts/One.00000001.script.ps1", "changed");
    put(&folder, "filters/new.json", "{}");
    fs::remove_file(folder.path().join("filters/F.00000002.json")).unwrap();
    let read = tree(&folder);
    assert_eq!(read.findings.len(), 1);
    let message = &read.findings[0].message;
    assert!(read.findings[0].is(&codes::EDITED_SINCE_EXPORT));
    assert!(
        message.contains("1 changed (scripts/One") && message.contains("1 added") && message.contains("1 removed"),
        "{message}"
    );
    fs::remove_file(folder.path().join("SHA256SUMS")).unwrap();
    assert_eq!(tree(&folder).findings, []);
}

#[test]
fn a_slip_in_a_folder_name_is_met_with_a_suggestion() {
    let folder = small();
    put(&folder, "script/x.json", "{}");
    put(&folder, "docs/notes.md", "no policies here");
    let read = tree(&folder);
    assert_eq!(findings(&read), [("not-recognized", "script")]);
    assert!(finding(&read, "script").message.contains("did you mean `scripts`?"));
}

#[test]
fn a_sidecar_that_is_json_is_no_policy() {
    let folder = small();
    put(&folder, "filters/P.json", "{\"payload@ferry.file\": \"P.payload.json\"}");
    put(&folder, "filters/P.payload.json", "{ not JSON");
    let read = tree(&folder);
    assert_eq!(findings(&read), []);
    assert_eq!(read.policies.len(), 3);
}

#[test]
fn a_broken_directory_is_told_and_empty() {
    let folder = small();
    for text in ["{", "{\"format\": 2, \"objects\": {}}", "[]"] {
        put(&folder, "directory.json", text);
        let read = tree(&folder);
        assert_eq!(findings(&read), [("damaged-file", "directory.json")]);
        assert!(read.directory.is_empty() && read.policies.len() == 2);
    }
}
