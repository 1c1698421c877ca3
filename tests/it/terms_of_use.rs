//! Terms of use: documents that Graph does not return and that Conditional Access names. Some tenants give them to an
//! application, and pages of the service say that they are for users only: both are played.

use intune_ferry::sandbox::{Answer, Failure, Fault, Field, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};
use crate::texts::action;

const AGREEMENTS: &str = "identityGovernance/termsOfUse/agreements";
const STORED: &str = "agreements";
const ACCESS: &str = "identity/conditionalAccess/policies";
const TERMS: &str = "a5000000-0000-4000-8000-000000000001";
const NAME: &str = "Rules of the house";
const POLICY: &str = "CA - Accept the rules";
const ONLY: [&str; 2] = ["--only", "terms-of-use,conditional-access"];

fn agreement(id: &str) -> Value {
    json!({"id": id, "displayName": NAME, "isPerDeviceAcceptanceRequired": false,
        "isViewingBeforeAcceptanceRequired": true, "userReacceptRequiredFrequency": "P90D",
        "files": [{"id": "f1", "fileName": "rules.pdf", "displayName": "Rules", "language": "en", "isDefault": true,
            "isMajorVersion": false, "createdDateTime": "2026-01-01T00:00:00Z"}]})
}

fn access() -> Value {
    json!({"id": "a5000000-0000-4000-8000-000000000002", "displayName": POLICY, "state": "enabled",
        "conditions": {"applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"],
            "users": {"includeUsers": ["All"]}},
        "grantControls": {"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": [TERMS]}})
}

fn env(trial: &[Answer], production: &[Answer], target: &Value) -> Env {
    let tenant = |id: &str, name: &str, answers: &[Answer], objects: Value| {
        let field = answers.iter().copied().collect::<Field>();
        TenantSeed { objects, field, ..empty(id, name) }
    };
    let source = json!({AGREEMENTS: [agreement(TERMS)], ACCESS: [access()]});
    Env::start(
        vec![
            tenant(TRIAL, "Contoso Trial", trial, source),
            tenant(PRODUCTION, "Fabrikam Production", production, target.clone()),
        ],
        quick(),
    )
}

fn export(env: &Env) -> Value {
    env.run(&[&["export", "trial", "--out", "tree"], &ONLY[..]].concat())
}

/// Puts the document next to the file of the terms, and names it there.
fn with_document(env: &Env) {
    let name = env.files("tree").into_keys().find(|name| name.starts_with("terms-of-use/")).unwrap();
    let path = env.path("tree").join(&name);
    std::fs::write(path.with_file_name("rules.pdf"), b"%PDF-1.7 the rules").unwrap();
    let mut policy: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    policy["files"][0]["fileData"] = json!({"data@ferry.file": "rules.pdf"});
    env.write(&format!("tree/{name}"), &policy);
}

/// The terms and the policy of the target.
fn there(env: &Env) -> (Vec<Value>, Vec<Value>) {
    let state = env.sandbox().state(PRODUCTION);
    let list = |collection: &str| state[collection].as_array().cloned().unwrap_or_default();
    (list(STORED), list(ACCESS))
}

#[test]
fn they_cross_with_their_document_and_the_policy_names_the_new_ones() {
    let env = env(&[], &[], &json!({}));
    let exported = export(&env);
    assert_eq!(exported["exitCode"], 0, "{exported:#}");
    // Without the document neither can cross, and both say why.
    let plan = env.plan(&ONLY);
    shows(&plan, &["needs-content", "blocked-by"]);
    assert_eq!([action(&plan, NAME), action(&plan, POLICY)], ["blocked", "blocked"], "{plan:#}");
    assert!(plan.to_string().contains("rules.pdf"), "{plan:#}");

    with_document(&env);
    env.ferry(&[&["lint", "tree"][..]].concat()).exits(0);
    let import = [&["import", "tree", "--to", "production"], &ONLY[..], &["--journal", "run.ndjson", YES]].concat();
    let done = env.run(&import);
    assert_eq!(done["exitCode"], 0, "{done:#}");
    let (terms, policies) = there(&env);
    assert_eq!((terms.len(), policies.len()), (1, 1), "{terms:?} {policies:?}");
    assert_eq!(terms[0]["displayName"], NAME);
    assert_eq!(policies[0]["grantControls"]["termsOfUse"], json!([terms[0]["id"]]), "{:#}", policies[0]);
    assert_ne!(terms[0]["id"], TERMS);

    let writes = env.writes(PRODUCTION);
    env.ferry(&[&["verify", "tree", "--to", "production"], &ONLY[..]].concat()).exits(0);
    env.ferry(&[&["import", "tree", "--to", "production"], &ONLY[..], &[YES]].concat()).exits(0);
    assert_eq!(env.writes(PRODUCTION), writes, "the second import wrote");
    env.ferry(&["undo", "run.ndjson", YES]).exits(0);
    assert_eq!(there(&env), (Vec::new(), Vec::new()));
}

#[test]
fn those_that_the_target_has_already_are_found_by_name_and_need_no_document() {
    let own = "b5000000-0000-4000-8000-000000000001";
    let env = env(&[], &[], &json!({AGREEMENTS: [agreement(own)]}));
    export(&env);
    let done = env.import(&ONLY);
    let (terms, policies) = there(&env);
    assert_eq!((terms.len(), policies.len()), (1, 1), "{done:#}");
    assert_eq!(policies[0]["grantControls"]["termsOfUse"], json!([own]));
}

#[test]
fn where_they_are_for_users_only_they_are_said_to_be_not_read_and_the_policy_waits_for_a_person() {
    let env = env(&[Answer::TermsOfUseAppOnly], &[], &json!({}));
    let exported = export(&env);
    // Asked for by name, what cannot be read fails; in a whole export it is left out, and said.
    assert_eq!(exported["exitCode"], 5, "{exported:#}");
    shows(&exported, &["read-failed"]);
    let all = env.run(&["export", "trial", "--out", "tree"]);
    assert_eq!(all["exitCode"], 0, "{:#}", all["findings"]);
    let findings = all["findings"].as_array().unwrap().iter();
    let told: Vec<_> = findings.filter(|finding| finding["subject"] == "terms-of-use").collect();
    assert!(told.len() == 1 && told[0]["message"].as_str().unwrap().contains("signed-in user"), "{told:#?}");

    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(action(&plan, POLICY), "blocked", "{plan:#}");
    assert!(there(&env).1.is_empty());
}

#[test]
fn where_the_target_gives_them_to_users_only_nothing_is_made_twice() {
    let own = "b5000000-0000-4000-8000-000000000001";
    let env = env(&[], &[Answer::TermsOfUseAppOnly], &json!({AGREEMENTS: [agreement(own)]}));
    export(&env);
    with_document(&env);
    let done = env.import(&ONLY);
    assert_ne!(done["exitCode"], 0, "{done:#}");
    assert!(!["created", "create"].contains(&action(&done, NAME)), "{done:#}");
    assert_eq!(there(&env).0.len(), 1, "{done:#}");
}

/// The documentation says that no application is supported: one that is refused gives no failure every night.
#[test]
fn an_application_that_is_refused_leaves_them_out_and_says_so() {
    for (status, code) in [(403, "not-read"), (401, "not-read"), (500, "read-failed")] {
        let env = env(&[], &[], &json!({}));
        export(&env);
        let before = env.files("tree");
        let path = String::from("identityGovernance/termsOfUse/agreements");
        env.sandbox().fail(Fault { path, status: Failure::Status(status), ..Fault::default() });
        let document = env.run(&["export", "trial", "--out", "tree"]);
        let of_terms = document["findings"].as_array().unwrap().iter().find(|it| it["subject"] == "terms-of-use");
        assert_eq!(of_terms.unwrap()["code"], code, "{status}: {document:#}");
        let terms = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
            files
                .iter()
                .filter(|(name, _)| name.starts_with("terms-of-use/"))
                .map(|(_, it)| it.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(terms(&env.files("tree")), terms(&before), "{status}");
        env.ferry(&["export", "trial", "--out", "tree"]).exits(if code == "not-read" { 0 } else { 5 });
    }
}
