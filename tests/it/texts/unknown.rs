//! Ids in texts that no one could look up: they are not taken for no one's.

use intune_ferry::policy::decode::to_base64;
use intune_ferry::policy::ids::entra_sid;
use intune_ferry::sandbox::{Failure, Fault};
use serde_json::{Value, json};

use super::{SCRIPTS, action, entry, group, id, script};
use crate::env::{Env, TRIAL, shows, tenants};

const LAPTOPS: u32 = 1;
/// More than are asked for one by one.
const MANY: u32 = 520;

/// Two scripts: one names a group, by id and by security identifier, the other very many ids of no one.
fn source(many: u32) -> Value {
    let many: Vec<String> = (1000..1000 + many).map(id).collect();
    let sid = entra_sid(&id(LAPTOPS)).unwrap();
    json!({
        "groups": [group(LAPTOPS, "All laptops")],
        SCRIPTS: [
            script(20, "one", format!("Use-Group {} {sid}\r\n", id(LAPTOPS)).as_bytes()),
            script(21, "many", many.join("\r\n").as_bytes()),
        ],
    })
}

fn refusing(paths: &[&str], many: u32) -> Env {
    let env = tenants(&source(many), &json!({"groups": [group(101, "All laptops")]}));
    for path in paths {
        env.sandbox().fail(Fault { path: (*path).into(), status: Failure::Status(403), ..Fault::default() });
    }
    env
}

/// The states of what is known of ids in texts.
fn states(env: &Env) -> Vec<String> {
    let directory: Value = serde_json::from_slice(&std::fs::read(env.path("tree/directory.json")).unwrap()).unwrap();
    let objects = directory["objects"]["directory-object"].as_object().cloned().unwrap_or_default();
    objects.values().map(|facts| facts["state"].as_str().unwrap().to_owned()).collect()
}

fn told(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["subject"] == "directory-object");
    own.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn more_ids_than_are_asked_for_one_by_one_are_undecided_and_that_is_said_once() {
    let env = refusing(&["directoryObjects/getByIds"], MANY);
    let document = env.run(&["export", "trial", "--out", "tree"]);
    shows(&document, &["reference-unreadable"]);
    // What stands as a security identifier comes first.
    let beyond = MANY + 1 - 500;
    assert_eq!(states(&env), vec!["unknown"; beyond as usize]);
    let told = told(&document);
    assert!(told.len() == 1 && told[0].starts_with(&format!("{beyond} IDs in texts were not looked up")), "{told:?}");
    let asked = env.sandbox().requests(TRIAL).len();
    assert!(asked < 2600, "{asked} requests");

    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    assert_eq!(entry(&env, &id(LAPTOPS))["decision"], "map");
    assert_eq!(entry(&env, &id(1000 + MANY - 1))["decision"], "undecided");
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!([action(&plan, "one"), action(&plan, "many")], ["create", "blocked"], "{plan:#}");
}

#[test]
fn where_the_directory_may_not_be_read_at_all_no_id_is_taken_for_nobodys() {
    let paths = ["directoryObjects/getByIds", "/groups/", "/users/", "/servicePrincipals/", "/directoryRoles/"];
    let env = refusing(&paths, 2);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    assert_eq!(states(&env), ["unknown"; 3]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!([action(&plan, "one"), action(&plan, "many")], ["blocked", "blocked"], "{plan:#}");
    let lint = env.ferry(&["lint", "tree", "--format", "json"]).out;
    assert!(lint.contains("needs-mapping") && lint.contains("unknown to the tree"), "{lint}");

    // A later export that may read them knows them, and one that may not does not forget.
    let tree = env.path("tree").display().to_string();
    refusing(&[], 2).ferry(&["export", "trial", "--out", &tree]).exits(0);
    assert_eq!(states(&env), [""; 0]);
    let whole = env.files("tree")["directory.json"].clone();
    assert!(String::from_utf8_lossy(&whole).contains("All laptops"));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let kept: Value = serde_json::from_slice(&env.files("tree")["directory.json"]).unwrap();
    assert_eq!(kept["objects"]["group"][id(LAPTOPS)]["displayName"], "All laptops", "{kept:#}");
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
