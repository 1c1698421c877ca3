//! Text pairs change free text only: never a word that decides what a policy does or who gets it.

use serde_json::{Value, json};

use super::{CATALOG, action, catalog, group, id, of_target};
use crate::env::{exported, shows};
use crate::objects::{FILTERS, filter, filtered, to, with_assignments};

const ACCESS: &str = "identity/conditionalAccess/policies";
const MEMBER: &str = "device_vendor_msft_policy_config_x";

fn access() -> Value {
    json!({"id": id(30), "displayName": "include All", "state": "disabled",
        "conditions": {"applications": {"includeApplications": ["All"], "excludeApplications": []},
            "users": {"includeUsers": ["All"], "excludeUsers": [], "includeGroups": [], "excludeGroups": []},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
            "platforms": {"includePlatforms": ["all"], "excludePlatforms": []}, "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": [], "termsOfUse": []}})
}

#[test]
fn text_pairs_leave_enumerations_conditions_and_assignments_alone() {
    let laptops = filter(1, "Laptops include");
    let assigned = filtered(to(&id(2)), laptops["id"].as_str().unwrap());
    let policy =
        with_assignments(catalog(20, "include windows10", &[(MEMBER, "include All windows10 disabled")]), &[assigned]);
    let source = json!({"groups": [group(2, "Pilot")], FILTERS: [laptops], CATALOG: [policy], ACCESS: [access()]});
    let env = exported(&source, &json!({"groups": [group(102, "Pilot")]}));
    let pairs = [
        ("include", "exclude"),
        ("All", "None"),
        ("all", "iOS"),
        ("disabled", "enabled"),
        ("windows10", "android"),
        ("mdm", "configManager"),
        ("OR", "AND"),
        ("mfa", "block"),
        ("devices", "apps"),
    ];
    let group = json!({"kind": "group", "source": {"id": id(2)}, "decision": "map", "target": {"id": id(102)}});
    env.write_mapping(&[group], &pairs.map(|(find, replace)| json!({"find": find, "replace": replace})));
    let imported = env.import(&["--mapping", "mapping.json", "--ca-state", "keep"]);
    // Free text is replaced.
    let policy = of_target(&env, CATALOG, "exclude android");
    assert_eq!(policy["settings"][0]["settingInstance"]["simpleSettingValue"]["value"], "exclude None android enabled");
    assert_eq!((&policy["platforms"], &policy["technologies"]), (&json!("windows10"), &json!("mdm")), "{imported:#}");
    let target = &policy["assignments"][0]["target"];
    assert_eq!(target["deviceAndAppManagementAssignmentFilterType"], "include", "{policy:#}");
    let access = of_target(&env, ACCESS, "exclude None");
    let conditions = &access["conditions"];
    assert_eq!(access["state"], "disabled", "{access:#}");
    assert_eq!(conditions["applications"]["includeApplications"], json!(["All"]));
    assert_eq!(conditions["users"]["includeUsers"], json!(["All"]));
    assert_eq!(conditions["locations"]["includeLocations"], json!(["All"]));
    assert_eq!(conditions["locations"]["excludeLocations"], json!(["AllTrusted"]));
    assert_eq!(
        (&conditions["platforms"]["includePlatforms"], &conditions["clientAppTypes"]),
        (&json!(["all"]), &json!(["all"]))
    );
    assert_eq!(
        (&access["grantControls"]["operator"], &access["grantControls"]["builtInControls"]),
        (&json!("OR"), &json!(["mfa"]))
    );
    assert_eq!(of_target(&env, FILTERS, "Laptops exclude")["assignmentFilterManagementType"], "devices");
}

#[test]
fn a_text_pair_that_would_fill_the_memory_is_refused() {
    let text = "e ".repeat(2000);
    let env = exported(&json!({CATALOG: [catalog(20, "Policy", &[(MEMBER, &text)])]}), &json!({}));
    env.write_mapping(&[], &[json!({"find": "e", "replace": "f".repeat(8000)})]);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(super::action(&plan, "Policy"), "blocked", "{plan:#}");
    assert!(plan.to_string().contains("would make the text too large"), "{plan:#}");
    env.write_mapping(&[], &[json!({"find": "e", "replace": "f".repeat(8193)})]);
    let ran = env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json"]).exits(2);
    assert!(ran.err.contains("too long for a text pair") && ran.err.contains("mapping.json, line 1"), "{}", ran.err);
}

/// A place that names an account by its name gets the target's name, whichever way the mapping says who it is there.
#[test]
fn the_name_of_an_account_becomes_the_targets_or_blocks() {
    const MEMBERS: &str = "device_vendor_msft_policy_config_localusersandgroups_configure";
    let source =
        json!({"groups": [group(2, "Sales")], CATALOG: [catalog(20, "admins", &[(MEMBERS, "AzureAD\\Sales")])]});
    let source_of = || json!({"id": id(2), "name": "Sales"});
    for (entry, text) in [
        (json!({"decision": "map", "target": {"id": id(102), "name": "Vertrieb"}}), Ok("AzureAD\\Vertrieb")),
        (json!({"decision": "map", "target": {"name": "Vertrieb"}}), Ok("AzureAD\\Vertrieb")),
        (json!({"decision": "create", "target": {"name": "Neu"}}), Err("exclusion-group-empty")),
        (json!({"decision": "map", "target": {"id": id(102)}}), Err("mapping-undecided")),
    ] {
        let env = exported(&source, &json!({"groups": [group(102, "Vertrieb")]}));
        let mut own = entry.clone();
        (own["kind"], own["source"]) = (json!("group"), source_of());
        env.write_mapping(&[own], &[]);
        let imported = env.import(&["--mapping", "mapping.json"]);
        match text {
            Ok(text) => {
                let object = of_target(&env, CATALOG, "admins").to_string();
                assert!(object.contains(&text.replace('\\', "\\\\")), "{entry}: {object}");
            }
            Err(code) => {
                assert_eq!(action(&imported, "admins"), "blocked", "{imported:#}");
                shows(&imported, &[code]);
            }
        }
    }
}
