//! Ids in texts that no one could look up: they are not taken for no one's. Where the one question for all kinds is
//! refused, the kinds are asked for one after the other.

use intune_ferry::policy::decode::to_base64;
use intune_ferry::policy::ids::entra_sid;
use intune_ferry::sandbox::{Answer, Field, TenantSeed};
use serde_json::{Value, json};

use super::{SCRIPTS, action, entry, group, id, script};
use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, shows, tenants};

const LAPTOPS: u32 = 1;
const EVE: u32 = 2;
const DEVICE: u32 = 3;
const REGISTERED: u32 = 4;
/// More than are asked for one by one.
const MANY: u32 = 520;
/// Everything that an export of scripts needs, but nothing of the directory.
const INTUNE: [&str; 2] = ["DeviceManagementScripts.Read.All", "Organization.Read.All"];
const REFUSED: [Answer; 1] = [Answer::GetByIdsRefused];
const REFUSED_IN_EVERY_FORM: [Answer; 2] = [Answer::GetByIdsRefused, Answer::IdListRefused];

/// Scripts that name a group, by id and by security identifier, one of each other kind, and very many ids of no one.
fn source(many: u32) -> Value {
    let many: Vec<String> = (1000..1000 + many).map(id).collect();
    let sid = entra_sid(&id(LAPTOPS)).unwrap();
    json!({
        "groups": [group(LAPTOPS, "All laptops")],
        "users": [{"id": id(EVE), "displayName": "Eve", "userPrincipalName": "eve@contoso-trial.onmicrosoft.com"}],
        "devices": [{"id": id(DEVICE), "displayName": "LAPTOP-7", "deviceId": id(1003)}],
        "applications": [{"id": id(REGISTERED), "displayName": "Packager", "appId": id(1004)}],
        SCRIPTS: [
            script(20, "one", format!("Use-Group {} {sid}\r\n", id(LAPTOPS)).as_bytes()),
            script(21, "many", many.join("\r\n").as_bytes()),
            script(22, "others", [EVE, DEVICE, REGISTERED].map(id).join("\r\n").as_bytes()),
        ],
    })
}

/// A tenant with these answers, whose application has these permissions; none of them is all of them.
fn playing(answers: &[Answer], permissions: &[&str], many: u32) -> Env {
    let mut trial = TenantSeed { objects: source(many), ..empty(TRIAL, "Contoso Trial") };
    trial.field = answers.iter().copied().collect::<Field>();
    trial.permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
    let mut production = empty(PRODUCTION, "Fabrikam Production");
    production.objects = json!({"groups": [group(101, "All laptops")]});
    Env::start(vec![trial, production], quick())
}

const EXPORT: [&str; 6] = ["export", "trial", "--out", "tree", "--only", "platform-scripts"];

fn objects(env: &Env) -> Value {
    let directory: Value = serde_json::from_slice(&std::fs::read(env.path("tree/directory.json")).unwrap()).unwrap();
    directory["objects"].clone()
}

/// The states of what is known of ids in texts.
fn states(env: &Env) -> Vec<String> {
    let objects = objects(env)["directory-object"].as_object().cloned().unwrap_or_default();
    objects.values().filter_map(|facts| Some(facts.get("state")?.as_str()?.to_owned())).collect()
}

fn told(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["subject"] == "directory-object");
    own.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn where_the_question_for_all_kinds_is_refused_each_kind_is_asked_for_and_everything_is_decided() {
    let usual = playing(&[], &[], MANY);
    usual.ferry(&EXPORT).exits(0);
    for (answers, many) in [(&REFUSED[..], MANY), (&REFUSED_IN_EVERY_FORM[..], 40)] {
        let env = playing(answers, &[], many);
        let document = env.run(&EXPORT);
        assert!(told(&document).is_empty(), "{document:#}");
        assert_eq!(objects(&env), objects(&usual), "{answers:?}");
        let asked = env.sandbox().requests(TRIAL).into_iter();
        let questions = asked.filter(|it| it.status < 300 && it.path.contains("/users")).count();
        let most = if answers.len() == 1 { MANY.div_ceil(15) + 1 } else { many + 3 };
        assert!(questions <= most as usize, "{answers:?}: {questions} questions for users");
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
        assert_eq!(entry(&env, &id(DEVICE))["source"]["name"], "LAPTOP-7");
        let plan = env.plan(&["--mapping", "mapping.json"]);
        let actions = ["one", "many", "others"].map(|name| action(&plan, name));
        assert_eq!(actions, ["create", "create", "blocked"], "{plan:#}");
    }
}

#[test]
fn a_kind_that_may_not_be_read_is_asked_for_once_and_is_named_where_an_id_may_be_of_it() {
    for answers in [&REFUSED[..], &REFUSED_IN_EVERY_FORM] {
        let readable = ["Group.Read.All", "User.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"];
        let env = playing(answers, &[&INTUNE[..], &readable].concat(), 40);
        let document = env.run(&EXPORT);
        shows(&document, &["reference-unreadable"]);
        let told = told(&document);
        assert!(told.len() == 1 && told[0].ends_with("could not be looked up: device"), "{told:?}");
        // All of no one, and the device.
        assert_eq!(states(&env), vec!["unknown"; 41], "{answers:?}");
        assert_eq!(objects(&env)["group"][id(LAPTOPS)]["displayName"], "All laptops");
        assert_eq!(objects(&env)["directory-object"][id(REGISTERED)]["displayName"], "Packager");
        assert_eq!(objects(&env)["directory-object"][id(DEVICE)]["mayBe"], json!(["device"]));
        let asked = env.sandbox().requests(TRIAL).into_iter();
        let refused = asked.filter(|it| it.status >= 400 && it.path.contains("/devices")).count();
        assert_eq!(refused, 1, "{answers:?}");
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
        assert_eq!(entry(&env, &id(LAPTOPS))["decision"], "map");
        let open = entry(&env, &id(1000));
        assert_eq!(open["decision"], "undecided");
        assert!(open["why"].as_str().unwrap().ends_with("in the source tenant: device"), "{open:#}");
        let plan = env.plan(&["--mapping", "mapping.json"]);
        assert_eq!([action(&plan, "one"), action(&plan, "many")], ["create", "blocked"], "{plan:#}");
    }
}

#[test]
fn more_ids_than_are_asked_for_one_by_one_are_undecided_and_that_is_said_once() {
    let env = playing(&REFUSED_IN_EVERY_FORM, &[], MANY);
    let document = env.run(&EXPORT);
    // What stands as a security identifier comes first. What was found in one kind is not asked for in the next.
    let unknown = states(&env).len();
    assert!((1..=30).contains(&unknown) && states(&env).iter().all(|state| state == "unknown"), "{unknown}");
    let told = told(&document);
    assert!(told.len() == 1 && told[0].starts_with(&format!("{unknown} IDs in texts were not found")), "{told:?}");
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    assert_eq!(entry(&env, &id(LAPTOPS))["decision"], "map");
    assert_eq!(entry(&env, &id(1000 + MANY - 1))["decision"], "undecided");
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!([action(&plan, "one"), action(&plan, "many")], ["create", "blocked"], "{plan:#}");
}

#[test]
fn where_the_directory_may_not_be_read_at_all_no_id_is_taken_for_nobodys() {
    let env = playing(&REFUSED, &INTUNE, 2);
    env.ferry(&EXPORT).exits(0);
    assert_eq!(states(&env), ["unknown"; 6]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!([action(&plan, "one"), action(&plan, "many")], ["blocked", "blocked"], "{plan:#}");
    let lint = env.ferry(&["lint", "tree", "--format", "json"]).out;
    assert!(lint.contains("needs-mapping") && lint.contains("unknown to the tree"), "{lint}");

    // A later export that may read them knows them, and one that may not does not forget.
    let tree = env.path("tree").display().to_string();
    let again = |env: &Env, only: &[&str]| env.ferry(&[&["export", "trial", "--out", &tree], only].concat()).exits(0);
    let only = ["--only", "platform-scripts"];
    again(&playing(&[], &[], 2), &only);
    assert_eq!(states(&env), [""; 0], "what was looked up and is no one's is recorded as that");
    assert!(objects(&env).to_string().contains("All laptops"));
    again(&playing(&[], &[], 2), &[]);
    assert_eq!(states(&env), [""; 0]);
    again(&env, &only);
    assert_eq!(objects(&env)["group"][id(LAPTOPS)]["displayName"], "All laptops", "{:#}", objects(&env));
}

#[test]
fn a_shell_script_with_the_line_ends_of_windows_gets_a_warning_and_crosses() {
    let shell = |number: u32, name: &str, text: &str| {
        json!({"@odata.type": "#microsoft.graph.deviceShellScript", "id": id(number), "displayName": name,
            "description": "", "runAsAccount": "system", "fileName": "a.sh", "roleScopeTagIds": ["0"],
            "executionFrequency": "PT0S", "retryCount": 0, "blockExecutionNotifications": true,
            "scriptContent": to_base64(text.as_bytes())})
    };
    let scripts = [shell(1, "windows", "#!/bin/sh\r\necho 1\r\n"), shell(2, "unix", "#!/bin/sh\necho 1\n")];
    let source = json!({"deviceManagement/deviceShellScripts": scripts,
    SCRIPTS: [script(3, "powershell", b"Write-Host 1\r\n")],
    super::CATALOG: [super::catalog(4, "linux", &[
        ("linux_customconfig_script", &to_base64(b"#!/bin/bash\r\ntrue\r\n")),
    ])]});
    let env = tenants(&source, &json!({}));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let warned = |document: &Value| -> Vec<String> {
        let objects = document["objects"].as_array().unwrap().iter();
        let has = |object: &&Value| object["findings"].to_string().contains("carriage-returns");
        objects.filter(has).map(|object| object["name"].as_str().unwrap().to_owned()).collect()
    };
    let mut names = warned(&env.run(&["lint", "tree"]));
    names.sort();
    assert_eq!(names, ["linux", "windows"]);
    let plan = env.plan(&[]);
    shows(&plan, &["carriage-returns"]);
    assert_eq!(action(&plan, "windows"), "create", "{plan:#}");
}
