//! What becomes of objects that are there already: decided for all or one by one, or left beside copies.

use serde_json::json;

use super::{actions, assigned, named, with};
use crate::env::{PRODUCTION, YES, exported};
use crate::objects::{CONFIGURATIONS, SCRIPTS, group, not_to, script, to, with_assignments};

const SALES: &str = "b2000000-0000-4000-8000-000000000901";

#[test]
fn each_policy_can_be_decided_by_itself() {
    let source = json!({SCRIPTS: [script(1, "A", "AAAA"), script(2, "B", "AAAA"), script(3, "C", "AAAA")]});
    let target = json!({SCRIPTS: [script(11, "A", "BBBB"), script(12, "B", "BBBB"), script(13, "C", "BBBB")]});
    let env = exported(&source, &target);
    let of = |name: &str, what: &str| json!({"type": "platform-scripts", "name": name, "onConflict": what});
    env.write("decide.json", &json!({"format": 1, "decisions": [of("A", "update"), of("C", "fail")]}));
    let planned = env.plan(&["--decide", "decide.json", "--out", "plan.json"]);
    assert_eq!(actions(&planned), [("A", "update"), ("B", "exists-differs"), ("C", "blocked")]);
    // The difference is shown first.
    let shown = env.ferry(&["plan", "tree", "--to", "production", "--decide", "decide.json"]).exits(4);
    assert!(shown.out.contains("scriptContent"), "{}", shown.out);
    // The plan holds the decisions, so the file is not needed any more.
    std::fs::remove_file(env.path("decide.json")).unwrap();
    let done = env.import(&["--plan", "plan.json", "--journal", "j"]);
    assert_eq!(actions(&done), [("A", "updated"), ("B", "exists-differs"), ("C", "blocked")]);
    let content = |name: &str| named(&env, SCRIPTS, name)["scriptContent"].as_str().unwrap().to_owned();
    assert_eq!((content("A"), content("B"), content("C")), ("AAAA".into(), "BBBB".into(), "BBBB".into()));
    let journal = std::fs::read_to_string(env.path("j")).unwrap();
    assert!(journal.contains("\"before\":{") && journal.contains("BBBB"), "{journal}");
}

#[test]
fn a_decision_that_fits_nothing_is_refused_before_anything_is_sent() {
    let env = exported(&json!({SCRIPTS: [script(1, "A", "AAAA")]}), &json!({}));
    env.write("decide.json", &json!({"format": 1, "decisions": [{"type": "platform-scripts", "name": "Z"}]}));
    let ran = env.ferry(&["import", "tree", "--to", "production", YES, "--decide", "decide.json"]).exits(2);
    assert!(ran.err.contains("platform-scripts/Z"), "{}", ran.err);
    assert!(env.sandbox().requests(PRODUCTION).is_empty());
}

#[test]
fn copies_arrive_beside_what_is_there_and_are_found_again() {
    let root = |id: u32, bytes: &str| {
        json!({"@odata.type": "#microsoft.graph.iosTrustedRootCertificate",
            "id": format!("a1000000-0000-4000-8000-{id:012}"), "displayName": "Root", "description": "",
            "certFileName": "root.cer", "trustedRootCertificate": bytes})
    };
    let scep = json!({"@odata.type": "#microsoft.graph.iosScepCertificateProfile",
        "id": "a1000000-0000-4000-8000-000000000032", "displayName": "SCEP", "description": "",
        "scepServerUrls": [], "extendedKeyUsages": [],
        "rootCertificate@odata.bind": format!("{CONFIGURATIONS}('a1000000-0000-4000-8000-000000000031')")});
    let env =
        exported(&json!({CONFIGURATIONS: [root(31, "AAAA"), scep]}), &json!({CONFIGURATIONS: [root(41, "AAAA")]}));
    let copies = ["--rename", "MIG {name}"];
    let done = env.import(&copies);
    assert_eq!(actions(&done), [("MIG Root", "created"), ("MIG SCEP", "created")]);
    // What the copies refer to are copies.
    let link = named(&env, CONFIGURATIONS, "MIG SCEP")["rootCertificate@odata.bind"].to_string();
    assert!(link.contains(named(&env, CONFIGURATIONS, "MIG Root")["id"].as_str().unwrap()), "{link}");
    assert_eq!(named(&env, CONFIGURATIONS, "Root")["id"], root(41, "")["id"]);
    let writes = env.writes(PRODUCTION);
    assert_eq!(actions(&env.import(&copies)), [("MIG Root", "unchanged"), ("MIG SCEP", "unchanged")]);
    assert_eq!(env.writes(PRODUCTION), writes);
    let verify = env.run(&["verify", "tree", "--to", "production", "--rename", "MIG {name}"]);
    assert_eq!(actions(&verify), [("MIG Root", "equal"), ("MIG SCEP", "equal")]);
}

#[test]
fn copies_are_made_in_the_tenant_itself_and_what_a_person_mapped_keeps_its_name() {
    let env = exported(&json!({SCRIPTS: [script(1, "A", "AAAA"), script(2, "B", "AAAA")]}), &json!({}));
    let trial = "--yes=5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903";
    let own = ["import", "tree", "--to", "trial", "--restore", "--rename", "Copy of {name}", trial];
    assert_eq!(actions(&env.run(&own)), [("Copy of A", "created"), ("Copy of B", "created")]);

    let id = |id: u32| format!("a1000000-0000-4000-8000-{id:012}");
    let entry =
        json!({"kind": "platform-scripts", "source": {"id": id(1)}, "decision": "map", "target": {"id": id(1)}});
    env.write("mapping.json", &json!({"format": 1, "entries": [entry]}));
    let own = [&own[..], &["--mapping", "mapping.json"]].concat();
    assert_eq!(actions(&env.run(&own)), [("A", "unchanged"), ("Copy of B", "unchanged")]);
}

#[test]
fn merging_adds_what_is_missing_and_never_contradicts() {
    let groups = json!([group(SALES, "Sales"), group("b2000000-0000-4000-8000-000000000902", "Lab")]);
    let lab = "b2000000-0000-4000-8000-000000000902";
    let of = |id: u32, name: &str, list: &[serde_json::Value]| with_assignments(script(id, name, "AAAA"), list);
    let source = json!({"groups": groups, SCRIPTS: [of(1, "A", &[to(SALES)]), of(2, "B", &[to(SALES)])]});
    let target = json!({"groups": groups, SCRIPTS: [of(11, "A", &[to(lab)]), of(12, "B", &[not_to(SALES), to(lab)])]});
    let env = exported(&source, &target);
    let entry = json!({"kind": "group", "source": {"id": SALES}, "decision": "map", "target": {"id": SALES}});
    env.write("mapping.json", &json!({"format": 1, "entries": [entry]}));
    let merge = ["--mapping", "mapping.json", "--existing-assignments", "merge"];
    let done = env.import(&merge);
    assert_eq!(actions(&done), [("A", "assigned"), ("B", "unchanged")]);
    assert_eq!(with(&done, "excluded-and-included"), ["B"]);
    assert_eq!(done["exitCode"], 4);
    let kind = || String::from("groupAssignmentTarget");
    assert_eq!(assigned(&env, SCRIPTS, "A"), [(kind(), SALES.into()), (kind(), lab.into())]);
    let writes = env.writes(PRODUCTION);
    env.import(&merge);
    assert_eq!(env.writes(PRODUCTION), writes);
    // Replaced, the target has what the tree says and nothing else.
    let replace = ["--mapping", "mapping.json", "--existing-assignments", "replace"];
    assert_eq!(actions(&env.import(&replace)), [("A", "assigned"), ("B", "assigned")]);
    for name in ["A", "B"] {
        assert_eq!(assigned(&env, SCRIPTS, name), [(kind(), SALES.into())]);
    }
}
