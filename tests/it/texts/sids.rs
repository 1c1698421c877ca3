//! Groups, users and roles by security identifier and by id, in scripts, profiles and settings.

use intune_ferry::policy::decode::to_base64;
use intune_ferry::policy::ids::entra_sid;
use serde_json::{Value, json};

use super::{CATALOG, CONFIGURATIONS, SCRIPTS, action, catalog, entry, group, holds, id, of_target, script};
use crate::env::{Env, YES, shows, tenants};

const LAPTOPS: u32 = 1;
const WORKERS: u32 = 2;
const EVE: u32 = 3;
const ROLE: u32 = 4;
const GONE: u32 = 5;
/// The template of a role is the same in every tenant.
const TEMPLATE: &str = "9f06204d-73c1-4d4c-880a-6edb90606fd8";
const NOBODYS: &str = "3f2a9d10-5b6c-4e7f-8a1b-2c3d4e5f6071";

fn sid(number: u32) -> String {
    entra_sid(&id(number)).unwrap()
}

fn role(number: u32) -> Value {
    json!({"id": id(number), "displayName": "Device Local Administrator", "description": "", "roleTemplateId": TEMPLATE})
}

fn user(number: u32, address: &str) -> Value {
    json!({"id": id(number), "displayName": "Eve", "userPrincipalName": address, "accountEnabled": true})
}

fn source() -> Value {
    let profile = format!(
        "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>PayloadUUID</key><string>{NOBODYS}</string>\
         <key>AdminGroupId</key><string>{}</string></dict></plist>",
        id(LAPTOPS)
    );
    let members = "device_vendor_msft_policy_config_localusersandgroups_configure_groupconfiguration_accessgroup_users";
    json!({
        "groups": [group(LAPTOPS, "All laptops"), group(WORKERS, "Field workers")],
        "users": [user(EVE, "eve@contoso-trial.onmicrosoft.com")],
        "directoryRoles": [role(ROLE)],
        SCRIPTS: [
            script(20, "by SID", format!("Add-LocalGroupMember -SID {}\r\n", sid(LAPTOPS)).as_bytes()),
            script(21, "by id", format!("$group = '{}' # {NOBODYS}\r\n", id(WORKERS).to_uppercase()).as_bytes()),
            script(22, "of nobody", format!("net localgroup /add {}\r\n", sid(GONE)).as_bytes()),
        ],
        CONFIGURATIONS: [{"@odata.type": "#microsoft.graph.macOSCustomConfiguration", "id": id(23),
            "displayName": "profile", "description": null, "roleScopeTagIds": ["0"], "payloadName": "Agent",
            "payloadFileName": "agent.mobileconfig", "deploymentChannel": "deviceChannel",
            "payload": to_base64(profile.as_bytes())}],
        CATALOG: [
            catalog(24, "local administrators", &[(members, &sid(ROLE)), (members, &sid(EVE)), (members, &sid(LAPTOPS))]),
            catalog(25, "free text", &[("device_vendor_msft_policy_config_x", &format!("x {} y", sid(WORKERS)))]),
            catalog(26, "an administrator who is gone", &[(members, &sid(GONE))]),
        ],
    })
}

fn target() -> Value {
    json!({
        "groups": [group(101, "All laptops")],
        "users": [user(103, "eve@fabrikam-production.onmicrosoft.com")],
        "directoryRoles": [role(104)],
    })
}

fn mapped() -> Env {
    let env = tenants(&source(), &target());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    env
}

#[test]
fn what_only_a_text_names_is_in_the_directory_with_its_kind_and_name() {
    let env = mapped();
    let directory: Value = serde_json::from_slice(&std::fs::read(env.path("tree/directory.json")).unwrap()).unwrap();
    let objects = &directory["objects"];
    assert_eq!(objects["group"][id(LAPTOPS)]["displayName"], "All laptops", "{directory:#}");
    assert_eq!(objects["group"][id(WORKERS)]["displayName"], "Field workers");
    assert_eq!(objects["user"][id(EVE)]["displayName"], "Eve");
    assert_eq!(objects["directory-role"][id(ROLE)]["roleTemplateId"], TEMPLATE);
    assert_eq!(objects["directory-object"], json!({id(GONE): {"state": "missing"}}));
    assert!(!objects.to_string().contains(NOBODYS), "an id that nobody knows is not an object's");
    assert!(directory["notFound"].as_array().unwrap().contains(&json!(NOBODYS)), "{directory:#}");
}

#[test]
fn each_is_an_entry_and_blocks_only_those_that_name_it() {
    let env = mapped();
    let laptops = entry(&env, &id(LAPTOPS));
    assert_eq!((&laptops["kind"], &laptops["decision"]), (&json!("group"), &json!("map")));
    assert_eq!(laptops["target"], json!({"id": id(101), "name": "All laptops"}));
    let role = entry(&env, &id(ROLE));
    assert_eq!((&role["decision"], &role["how"]), (&json!("map"), &json!("same role template")));
    assert_eq!(entry(&env, &id(WORKERS))["decision"], "undecided");
    assert_eq!(entry(&env, &id(EVE))["candidates"][0]["id"], id(103));
    let gone = entry(&env, &id(GONE));
    assert_eq!((&gone["kind"], &gone["decision"]), (&json!("directory-object"), &json!("undecided")));
    assert_eq!(gone["source"]["name"], sid(GONE));

    let plan = env.plan(&["--mapping", "mapping.json"]);
    let actions = ["by SID", "by id", "of nobody", "profile", "local administrators", "free text"]
        .map(|name| action(&plan, name).to_owned());
    assert_eq!(actions, ["create", "blocked", "blocked", "create", "blocked", "blocked"], "{plan:#}");
    // Without a mapping nothing that names someone goes anywhere.
    let plan = env.plan(&[]);
    assert_eq!((&plan["exitCode"], &plan["objects"]), (&json!(4), &json!([])), "{plan:#}");
    assert!(plan["error"]["fix"].as_str().unwrap().contains("intune-ferry map tree"), "{plan:#}");
}

#[test]
fn they_arrive_as_the_targets_and_are_written_as_they_were() {
    let env = mapped();
    let map = ["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"];
    env.ferry(&[&map[..], &["--accept", "user:same-local-part"]].concat()).exits(4);
    let document = env.import(&["--mapping", "mapping.json"]);
    assert_eq!(action(&document, "of nobody"), "blocked", "{document:#}");
    let workers = of_target(&env, "groups", "Field workers")["id"].as_str().unwrap().to_owned();
    for (collection, name, old, new) in [
        (SCRIPTS, "by SID", LAPTOPS, id(101)),
        (SCRIPTS, "by id", WORKERS, workers.clone()),
        (CONFIGURATIONS, "profile", LAPTOPS, id(101)),
        (CATALOG, "local administrators", ROLE, id(104)),
        (CATALOG, "local administrators", EVE, id(103)),
        (CATALOG, "local administrators", LAPTOPS, id(101)),
        (CATALOG, "free text", WORKERS, workers),
    ] {
        let object = of_target(&env, collection, name);
        assert!(!holds(&object, &id(old)) && holds(&object, &new), "{name}: {object:#}");
    }
    let text = of_target(&env, CATALOG, "local administrators").to_string();
    assert!(text.contains(&entra_sid(&id(104)).unwrap()), "{text}");
    assert!(holds(&of_target(&env, CONFIGURATIONS, "profile"), NOBODYS));
    env.ferry(&["verify", "tree", "--to", "production", "--mapping", "mapping.json", "--name", "by*"]).exits(0);
    let again = env.plan(&["--mapping", "mapping.json", "--name", "by*"]);
    assert_eq!(action(&again, "by id"), "unchanged", "{again:#}");
}

#[test]
fn in_a_rewritten_tree_what_is_to_be_created_becomes_the_created_ones_id() {
    let env = mapped();
    let map = ["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"];
    env.ferry(&[&map[..], &["--accept", "user:same-local-part"]].concat()).exits(4);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "theirs"]);
    let import = ["import", "theirs", "--to", "production", YES];
    let document = env.run(&import);
    let actions = ["by SID", "by id", "of nobody", "free text"].map(|name| action(&document, name));
    assert_eq!(actions, ["created", "created", "blocked", "created"], "{document:#}");
    let workers = of_target(&env, "groups", "Field workers")["id"].as_str().unwrap().to_owned();
    for (collection, name, old, new) in [
        (SCRIPTS, "by SID", LAPTOPS, id(101)),
        (SCRIPTS, "by id", WORKERS, workers.clone()),
        (CATALOG, "free text", WORKERS, workers),
    ] {
        let object = of_target(&env, collection, name);
        assert!(!holds(&object, &id(old)) && holds(&object, &new), "{name}: {object:#}");
    }
}

#[test]
fn lint_says_of_what_only_a_text_names_that_it_needs_a_mapping() {
    let env = mapped();
    let document = env.run(&["lint", "tree"]);
    let verdict = |name: &str| {
        let objects = document["objects"].as_array().unwrap().iter();
        let found = objects.clone().find(|object| object["name"] == name).unwrap_or_else(|| panic!("{document:#}"));
        found["action"].to_string()
    };
    for name in ["by SID", "by id", "of nobody", "profile", "free text"] {
        assert!(verdict(name).contains("needs-mapping"), "{name}: {document:#}");
    }
    assert!(document.to_string().contains(&format!("directory-object {}", id(GONE))), "{document:#}");
    assert!(!document.to_string().contains(&format!("group {}", id(GONE))), "nobody said that it is a group");
    assert!(!document.to_string().contains(&format!("refers to group {}", id(EVE))), "Eve is a user that is known");
}

#[test]
fn a_person_may_say_what_a_security_identifier_of_nobody_is() {
    let env = mapped();
    let mut gone = entry(&env, &id(GONE));
    gone["decision"] = json!("map");
    gone["target"] = json!({"id": id(101)});
    env.write_mapping(&[gone], &[]);
    let plan = env.plan(&["--mapping", "mapping.json", "--name", "of nobody"]);
    assert_eq!(action(&plan, "of nobody"), "create", "{plan:#}");
    env.ferry(&["import", "tree", "--to", "production", YES, "--mapping", "mapping.json", "--name", "of nobody"])
        .exits(0);
    let object = of_target(&env, SCRIPTS, "of nobody");
    assert!(!holds(&object, &id(GONE)) && holds(&object, &id(101)), "{object:#}");
}

#[test]
fn a_tree_without_a_directory_still_knows_what_a_security_identifier_is() {
    let env = tenants(&json!({}), &target());
    for (file, name, text) in [("a", "by SID", sid(LAPTOPS)), ("b", "of nobody known", NOBODYS.to_owned())] {
        let mut body = script(30, name, format!("Do-Something {text}\r\n").as_bytes());
        body.as_object_mut().unwrap().remove("id");
        env.write(&format!("other/DeviceManagementScripts/{file}.json"), &body);
    }
    env.ferry(&["adopt", "other", "--out", "tree"]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let open = entry(&env, &id(LAPTOPS));
    assert_eq!((&open["kind"], &open["decision"]), (&json!("directory-object"), &json!("undecided")), "{open:#}");
    let plan = env.plan(&["--mapping", "mapping.json"]);
    // Nobody can look up a plain ID in a script of another tool's export either: somebody has to decide.
    assert_eq!([action(&plan, "by SID"), action(&plan, "of nobody known")], ["blocked"; 2], "{plan:#}");
    shows(&env.run(&["lint", "tree"]), &["reference-unreadable"]);
    let keep = json!({"kind": "directory-object", "source": {"id": NOBODYS}, "decision": "keep", "why": "a product"});
    env.write_mapping(&[keep], &[]);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!([action(&plan, "by SID"), action(&plan, "of nobody known")], ["blocked", "create"], "{plan:#}");
}
