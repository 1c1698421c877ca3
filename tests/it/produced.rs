//! Findings by the handful: what one mapping, one tree, one folder of another tool leaves open, as the program
//! says it. Together with the other tests every code of the table is seen; `codes` makes sure of it.

use intune_ferry::sandbox::{Failure, Fault};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, shows, tenants};
use crate::objects::{
    CONFIGURATIONS, FILTERS, SCRIPTS, filter, filtered, group, guid, not_to, root, scep, script, to, with_assignments,
};

const STAFF: &str = "b2000000-0000-4000-8000-000000000001";
const NOWHERE: &str = "b2000000-0000-4000-8000-000000000009";
/// A signed script, with a text in it that is to be replaced.
const SIGNED: &str = "Q29weS1JdGVtIC8vZmlsZXMuY29udG9zby5leGFtcGxlL3ggLgojIFNJRyAjIEJlZ2luIHNpZ25hdHVyZSBibG9jawo=";
/// `$password = 'Hunter2-and-more'`.
const WITH_PASSWORD: &str = "JHBhc3N3b3JkID0gJ0h1bnRlcjItYW5kLW1vcmUnCg==";

fn entry(kind: &str, source: &str, decision: &str, target: Option<Value>) -> Value {
    let mut entry = json!({"kind": kind, "source": {"id": source}, "decision": decision});
    if let Some(target) = target {
        entry["target"] = target;
    }
    entry
}

/// The codes of the findings of one object.
fn codes_of<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    let objects = document["objects"].as_array().unwrap();
    let object = objects.iter().find(|object| object["name"] == name);
    let findings = object.unwrap_or_else(|| panic!("no {name} in {document:#}"))["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn what_a_mapping_leaves_open() {
    let of = |id: u32, name: &str, list: &[Value]| with_assignments(script(id, name, "AAAA"), list);
    let [undecided, mapped, dropped, other, gone, made] = [901, 902, 903, 904, 905, 907].map(guid);
    let mut leaking = root(22, "Leaking");
    leaking["description"] = json!(format!("see {TRIAL}"));
    let kiosk = json!({"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "id": guid(21),
        "displayName": "Kiosk", "description": "", "kioskModeManagedAppId": guid(908)});
    let access = json!({"id": guid(41), "displayName": "Odd", "state": "enabled",
        "conditions": {"clientAppTypes": ["all"], "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "customAuthenticationFactors": ["factor-1"]}});
    let groups = [&undecided, &mapped, &dropped, &other, &gone, &made].map(|id| group(id, &format!("G {id}")));
    let source = json!({
        "groups": groups,
        FILTERS: [filter(31, "Laptops")],
        SCRIPTS: [
            of(1, "Undecided", &[to(&undecided)]),
            of(2, "Widened", &[to(&mapped), not_to(&dropped)]),
            of(3, "Nobody", &[to(&dropped)]),
            of(4, "Merged", &[to(&mapped), filtered(to(&other), &guid(31))]),
            of(5, "Gone", &[to(&gone)]),
            script(6, "Signed", SIGNED),
            script(7, "Twice", "AAAA"),
            of(8, "Both", &[to(&mapped), not_to(&other)]),
            of(9, "Forgotten", &[to(&guid(906))]),
            of(10, "Exclusive", &[to(&mapped), not_to(&made)]),
        ],
        CONFIGURATIONS: [kiosk, leaking, scep(24, "Needs it", 22), scep(25, "Rootless", 26), root(26, "Old root")],
        "identity/conditionalAccess/policies": [access],
    });
    let target = json!({
        "groups": [group(STAFF, "Staff")],
        SCRIPTS: [script(51, "Twice", "BBBB"), script(52, "Twice", "CCCC")],
    });
    let env = exported(&source, &target);
    let staff = |name: &str| Some(json!({"id": STAFF, "name": name}));
    env.write_mapping(
        &[
            entry("group", &undecided, "undecided", None),
            entry("group", &mapped, "map", staff("Staff")),
            entry("group", &other, "map", staff("Everybody")),
            entry("group", &dropped, "drop", None),
            entry("group", &made, "create", None),
            entry("group", &gone, "map", Some(json!({"id": NOWHERE}))),
            entry("apps", &guid(908), "drop", None),
            entry("device-configurations", &guid(26), "drop", None),
        ],
        &[json!({"find": "files.contoso.example", "replace": "files.fabrikam.example"})],
    );
    let planned = env.plan(&["--mapping", "mapping.json"]);
    shows(&planned, &["mapping-name-differs", "mapping-target-missing", "matched-default"]);
    for (name, code) in [
        ("Undecided", "mapping-undecided"),
        ("Widened", "would-widen"),
        ("Nobody", "applies-to-nobody"),
        ("Merged", "merged-assignments-differ"),
        ("Signed", "text-in-signed-payload"),
        ("Twice", "ambiguous-match"),
        ("Both", "excluded-and-included"),
        ("Forgotten", "unknown-reference"),
        ("Exclusive", "exclusion-group-empty"),
        ("Kiosk", "drop-refused"),
        ("Rootless", "drop-refused"),
        ("Leaking", "source-id-left"),
        ("Needs it", "blocked-by"),
        ("Odd", "unsupported-reference"),
    ] {
        assert!(codes_of(&planned, name).contains(&code), "{name}: {planned:#}");
    }
    shows(&planned, &["mapping-undecided", "would-widen", "applies-to-nobody", "merged-assignments-differ"]);
    shows(&planned, &["text-in-signed-payload", "ambiguous-match", "excluded-and-included", "unknown-reference"]);
    shows(&planned, &["drop-refused", "source-id-left", "blocked-by", "unsupported-reference"]);
    shows(&planned, &["exclusion-group-empty"]);
}

#[test]
fn a_mapping_of_other_tenants_is_refused_by_every_command() {
    let env = exported(&json!({SCRIPTS: [script(1, "A", "AAAA")]}), &json!({}));
    let to = ["--to", "production", "--mapping", "mapping.json"];
    for (source, target, word) in [(NOWHERE, PRODUCTION, "source"), (TRIAL, NOWHERE, "target")] {
        let mapping =
            json!({"format": 1, "source": {"tenantId": source}, "target": {"tenantId": target}, "entries": []});
        env.write("mapping.json", &mapping);
        let before = std::fs::read(env.path("mapping.json")).unwrap();
        for command in ["plan", "verify", "import"] {
            let yes = if command == "import" { &[YES][..] } else { &[] };
            let ran = env.ferry(&[&[command, "tree"], &to[..], yes].concat()).exits(2);
            assert!(ran.err.contains(&format!("{word} tenant")) && ran.err.contains(NOWHERE), "{}", ran.err);
        }
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(2);
        env.ferry(&["diff", "tree", "tenant:production", "--mapping", "mapping.json"]).exits(2);
        assert_eq!(std::fs::read(env.path("mapping.json")).unwrap(), before);
    }
    let mapping = json!({"format": 1, "source": {"tenantId": NOWHERE}, "entries": []});
    env.write("mapping.json", &mapping);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]).exits(2);
    assert!(!env.path("rewritten").exists());
    assert_eq!(env.writes(PRODUCTION), 0);
}

/// An object of the target has the id of one of the source, as in tenants that were cloned.
#[test]
fn an_id_that_means_two_things_is_not_guessed() {
    let source = json!({CONFIGURATIONS: [root(21, "Root"), root(22, "Other"), scep(23, "SCEP", 22)]});
    let env = exported(&source, &json!({CONFIGURATIONS: [root(21, "Theirs")]}));
    env.write_mapping(&[entry("device-configurations", &guid(22), "map", Some(json!({"id": guid(21)})))], &[]);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]);
    let planned = env.run(&["plan", "rewritten", "--to", "production"]);
    assert!(codes_of(&planned, "SCEP").contains(&"ambiguous-reference"), "{planned:#}");
    shows(&planned, &["ambiguous-reference"]);
}

#[test]
fn what_is_wrong_in_a_tree() {
    let source = json!({SCRIPTS: [script(1, "A", WITH_PASSWORD), script(2, "B", "AAAA")], FILTERS: [filter(31, "F")]});
    let env = tenants(&source, &json!({}));
    shows(&env.run(&["export", "trial", "--out", "tree"]), &["looks-like-a-credential"]);
    let files = env.files("tree");
    let (name, bytes) = files.iter().find(|(name, _)| name.starts_with("assignment-filters/")).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    std::fs::write(env.path("tree/assignment-filters/zz copy.json"), &text).unwrap();
    let twice = text.replacen('{', "{\"description\": \"once\",", 1);
    std::fs::write(env.path("tree").join(name), twice).unwrap();
    std::fs::write(env.path("tree/platform-scripts/broken.json"), "{").unwrap();
    let policy = json!({"displayName": "C", "fileName": "c.ps1", "scriptContent@ferry.file": "../../ferry.toml"});
    env.write("tree/platform-scripts/c.json", &policy);
    let linted = env.run(&["lint", "tree"]);
    shows(&linted, &["duplicate-id", "duplicate-key", "damaged-file", "sidecar-refused", "edited-since-export"]);
    assert_eq!(linted["exitCode"], 4);
}

#[test]
fn what_another_tools_folder_does_not_say() {
    let env = tenants(&json!({}), &json!({}));
    let filter = |id: &str, rule: &str| {
        json!({"@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter", "id": id,
            "displayName": "F", "platform": "iOS", "rule": rule})
    };
    let wifi = |name: &str| json!({"@odata.type": "#microsoft.graph.windowsWifiEnterpriseEAPConfiguration", "displayName": name});
    let mut linked = wifi("Linked");
    linked["#CustomRef_rootCertificatesForServerValidation"] = json!("Nobody's root");
    for (file, content) in [
        ("a/MigrationTable.json", json!({"TenantId": guid(1), "Objects": []})),
        ("b/MigrationTable.json", json!({"TenantId": guid(2), "Objects": []})),
        ("1.json", filter(&guid(11), "(device.model -eq \"x\")")),
        ("2.json", filter(&guid(12), "(device.model -eq \"x\")")),
        ("3.json", filter(&guid(11), "(device.model -eq \"y\")")),
        ("4.json", linked),
        ("5.json", wifi("Silent")),
    ] {
        env.write(&format!("folder/{file}"), &content);
    }
    let adopted = env.run(&["adopt", "folder", "--out", "tree"]);
    shows(&adopted, &["several-source-tenants", "duplicate-object", "id-shared", "link-unresolved"]);
    shows(&adopted, &["link-not-exported"]);
}

fn with_fault(status: u16) -> Env {
    let env = exported(&json!({SCRIPTS: [script(1, "A", "AAAA")]}), &json!({}));
    env.sandbox().fail(Fault { path: "/organization".into(), status: Failure::Status(status), ..Fault::default() });
    env
}

/// The codes that end a command before it has anything to say of policies.
#[test]
fn how_a_command_ends_that_learns_nothing() {
    let plan = ["plan", "tree", "--to", "production"];
    for status in [400, 403] {
        let ran = with_fault(status).ferry(&plan);
        assert!(ran.out.contains("warning[not-read]") && ran.out.contains("organization"), "{}", ran.out);
    }
    let env = with_fault(400);
    env.sandbox().fail(Fault { path: "/".into(), status: Failure::Status(401), ..Fault::default() });
    env.ferry(&plan).exits(6);
    let mut env = with_fault(503);
    env.stop();
    env.ferry(&plan).exits(7);
    env.ferry(&["plan", "tree", "--to", "nobody"]).exits(2);
}
