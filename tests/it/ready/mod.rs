//! `ready`: for each check a tenant that passes, one that fails, and one that may not be read; who is in the groups, in
//! numbers; requests within bounds; results that are compared.

mod pages;
mod people;
mod seeds;

use std::collections::BTreeMap;

use intune_ferry::sandbox::{Behaviour, Failure, Fault, TenantSeed};
use serde_json::{Value, json};

use seeds::{GROUP, bad, good, id, in_days, policies};

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick};

fn seed(objects: Value) -> TenantSeed {
    TenantSeed { objects, ..empty(PRODUCTION, "Production") }
}

/// The tree of all needs, and a target.
fn with_tree(target: Value) -> Env {
    let trial = TenantSeed { objects: policies(), ..empty(TRIAL, "Trial") };
    let env = Env::start(vec![trial, seed(target)], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let mapping = json!({"format": 1, "source": {"tenantId": TRIAL}, "target": {"tenantId": PRODUCTION}, "entries": [
        {"kind": "group", "source": {"id": GROUP, "name": "Pilot"}, "decision": "map", "target": {"id": GROUP, "name": "Pilot"}}],
        "text": [{"find": "ndes.trial.example", "replace": "ndes.production.example"}]});
    std::fs::write(env.path("mapping.json"), mapping.to_string()).unwrap();
    env
}

const TREE: [&str; 6] = ["ready", "tree", "--to", "production", "--mapping", "mapping.json"];
const HEALTH: [&str; 3] = ["ready", "--to", "production"];

/// The rows of a run by their names.
fn rows(env: &Env, args: &[&str], exit: i32) -> BTreeMap<String, Value> {
    let ran = env.ferry(&[args, &["--format", "json"]].concat()).exits(exit);
    assert_eq!(env.writes(PRODUCTION), 0, "nothing is changed");
    let document = ran.json();
    let schema: Value = serde_json::from_str(&crate::evidence::file("ready.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document["details"]).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let list = document["details"]["rows"].as_array().unwrap().clone();
    list.into_iter().map(|row| (row["check"].as_str().unwrap().to_owned(), row)).collect()
}

#[track_caller]
fn states(rows: &BTreeMap<String, Value>, wanted: impl Iterator<Item = (&'static str, &'static str)>) {
    let wrong: Vec<String> = wanted
        .filter_map(|(check, state)| {
            let found = rows.get(check).map_or("not there", |row| row["state"].as_str().unwrap());
            let says = rows.get(check).map_or(&Value::Null, |row| &row["says"]);
            (found != state).then(|| format!("{check} is {found} ({says}), not {state}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each check of a tree: its state in the good tenant, and in the bad one.
const OF_TREE: [(&str, &str, &str); 35] = [
    ("subscription", "ready", "missing"),
    ("unlicensed-administrators", "ready", "missing"),
    ("mdm-authority", "ready", "missing"),
    ("intune-license", "ready", "missing"),
    ("entra-p1", "ready", "missing"),
    ("entra-p2", "ready", "missing"),
    ("windows-enterprise-license", "ready", "missing"),
    ("defender-license", "ready", "missing"),
    ("windows-365-license", "ready", "missing"),
    ("endpoint-privilege-management", "ready", "missing"),
    ("security-defaults", "ready", "missing"),
    ("enrollment-restrictions", "ready", "missing"),
    ("mtd-connector", "ready", "missing"),
    ("defender-connector", "ready", "missing"),
    ("managed-google-play", "ready", "missing"),
    ("apple-push-certificate", "ready", "missing"),
    ("certificate-connector", "ready", "missing"),
    ("ndes-connector", "ready", "missing"),
    ("domain-join-connector", "ready", "missing"),
    ("windows-data", "ready", "missing"),
    ("multi-admin-approval", "not-needed", "soon"),
    ("branding", "ready", "soon"),
    ("terms-and-conditions", "ready", "missing"),
    ("vpp-token", "not-needed", "not-needed"),
    ("apple-enrollment-token", "not-needed", "not-needed"),
    ("exchange-connector", "not-needed", "not-needed"),
    ("partner-compliance", "not-needed", "not-needed"),
    ("groups-exist", "ready", "ready"),
    ("groups-members", "ready", "missing"),
    ("groups-license-errors", "ready", "ready"),
    ("people-licensed", "ready", "ready"),
    ("lock-out", "soon", "soon"),
    ("own-permissions", "ready", "ready"),
    ("mtd-connector-apps", "ready", "missing"),
    ("android-fully-managed", "ready", "missing"),
];

/// Each check of a tenant's health.
const OF_HEALTH: [(&str, &str, &str); 21] = [
    ("subscription", "ready", "missing"),
    ("mdm-authority", "ready", "missing"),
    ("intune-license", "ready", "missing"),
    ("apple-push-certificate", "ready", "missing"),
    ("apple-enrollment-token", "ready", "missing"),
    ("vpp-token", "ready", "missing"),
    ("managed-google-play", "ready", "not-needed"),
    ("mtd-connector", "ready", "ready"),
    ("defender-connector", "ready", "missing"),
    ("partner-compliance", "ready", "missing"),
    ("exchange-connector", "ready", "missing"),
    ("exchange-access-level", "ready", "missing"),
    ("certificate-connector", "ready", "missing"),
    ("ndes-connector", "ready", "missing"),
    ("domain-join-connector", "ready", "missing"),
    ("endpoint-privilege-management", "ready", "not-needed"),
    ("other-connectors", "ready", "missing"),
    ("multi-admin-approval", "not-needed", "soon"),
    ("branding", "ready", "soon"),
    ("lock-out", "ready", "ready"),
    ("role-assignments", "ready", "missing"),
];

#[test]
fn each_check_of_a_tree_passes_and_fails() {
    let env = with_tree(good());
    let all = rows(&env, &TREE, 3);
    states(&all, OF_TREE.iter().map(|(check, good, _)| (*check, *good)));
    // With an application, what only a person may read is not known, and the exit code does not count it.
    for check in ["automatic-enrollment", "mam-user-scope"] {
        assert_eq!(all[check]["state"], "not-known");
        assert_eq!(
            (&all[check]["expected"], &all[check]["says"]),
            (&json!(true), &json!("needs a signed-in user; an application cannot read it"))
        );
    }
    let asked = env.sandbox().requests(PRODUCTION);
    assert!(
        !asked.iter().any(|it| it.path.contains("mobileDeviceManagementPolicies")),
        "what is refused is not requested"
    );

    let env = with_tree(bad());
    let all = rows(&env, &TREE, 4);
    states(&all, OF_TREE.iter().map(|(check, _, bad)| (*check, *bad)));
    for row in all.values().filter(|row| row["state"] == "missing") {
        for key in ["fix", "who", "place", "says"] {
            assert!(!row[key].as_str().unwrap().is_empty(), "{row:#}");
        }
    }
    assert_eq!(all["mtd-connector"]["says"], "turned off for iOS and iPadOS");
    assert_eq!(all["enrollment-restrictions"]["says"], "turned off for Windows");
}

#[test]
fn each_check_of_a_tenants_health_passes_and_fails() {
    let env = Env::start(vec![empty(TRIAL, "Trial"), seed(good())], quick());
    states(&rows(&env, &HEALTH, 0), OF_HEALTH.iter().map(|(check, good, _)| (*check, *good)));
    let env = Env::start(vec![empty(TRIAL, "Trial"), seed(bad())], quick());
    states(&rows(&env, &HEALTH, 4), OF_HEALTH.iter().map(|(check, _, bad)| (*check, *bad)));
}

/// What asks each row; whatever the refusal, the row is not known and nothing else fails.
#[test]
fn what_may_not_be_read_is_not_known_and_nothing_else_fails() {
    for status in [400, 401, 403, 404] {
        let env = with_tree(good());
        for path in [
            "/deviceManagement",
            "/deviceAppManagement",
            "/policies/",
            "/subscribedSkus",
            "/identity/",
            "/groups",
            "DeviceManagementAuthority",
        ] {
            env.sandbox().fail(Fault { path: path.into(), status: Failure::Status(status), ..Fault::default() });
        }
        let all = rows(&env, &TREE, if status == 404 { 4 } else { 5 });
        let known = ["groups-members", "groups-license-errors", "people-licensed", "own-permissions", "groups-exist"];
        for (check, good, _) in OF_TREE.iter().filter(|(check, ..)| !known.contains(check)) {
            let row = &all[*check];
            let state = row["state"].as_str().unwrap();
            // Not found is an answer in itself for what a tenant has one of, or none.
            let is_none = status == 404
                && ["apple-push-certificate", "managed-google-play", "android-fully-managed"].contains(check);
            let wanted = if is_none {
                "missing"
            } else if *good == "not-needed" && row["policies"] == 0 && *check != "multi-admin-approval" {
                "not-needed"
            } else {
                "not-known"
            };
            assert_eq!(state, wanted, "{status} {check}: {row:#}");
            if state == "not-known" {
                assert!(row["permission"].as_str().is_some_and(|it| !it.is_empty()), "{row:#}");
            }
        }
    }
}

#[test]
fn the_connector_status_says_what_the_object_itself_does_not() {
    let mut target = good();
    let entry = |days: i64| json!({"connectorName": "applePushNotificationServiceExpirationDateTime", "status": "healthy", "eventDateTime": in_days(days)});
    target["deviceManagement"]["connectorStatus"] = json!([entry(12)]);
    let refused = |target: &Value| {
        let env = Env::start(vec![empty(TRIAL, "Trial"), seed(target.clone())], quick());
        let path = "/applePushNotificationCertificate".to_owned();
        env.sandbox().fail(Fault { path, status: Failure::Status(403), ..Fault::default() });
        env
    };
    let row = rows(&refused(&target), &HEALTH, 3)["apple-push-certificate"].clone();
    assert_eq!(row["state"], "soon", "{row:#}");
    assert!(row["says"].as_str().unwrap().ends_with("as the connector status says"), "{row:#}");
    // It is asked for in another form where the first is refused, and says nothing of what it does not name.
    let env = refused(&target);
    env.sandbox().fail(Fault {
        path: "/deviceManagement/connectorStatus".into(),
        status: Failure::Status(400),
        ..Fault::default()
    });
    assert_eq!(rows(&env, &HEALTH, 3)["apple-push-certificate"]["state"], "soon");
    target["deviceManagement"]["connectorStatus"] = json!([]);
    assert_eq!(rows(&refused(&target), &HEALTH, 5)["apple-push-certificate"]["state"], "not-known");
}

#[test]
fn groups_that_are_paused_gone_or_undecided_are_named() {
    let mut target = good();
    target["groups"] = json!([{"id": GROUP, "displayName": "Pilot", "groupTypes": ["DynamicMembership"],
        "membershipRule": "(user.department -eq \"x\")", "membershipRuleProcessingState": "Paused",
        "hasMembersWithLicenseErrors": true, "members": [{"id": id(60)}]}]);
    let env = with_tree(target);
    let all = rows(&env, &TREE, 4);
    states(&all, [("groups-dynamic", "missing"), ("groups-license-errors", "missing")].into_iter());
    let mut target = good();
    target["groups"] = json!([]);
    let env = with_tree(target);
    let all = rows(&env, &TREE, 4);
    assert_eq!(all["groups-exist"]["items"][0]["says"], "the target does not have this group");
    // Without a mapping it is not known which group it is.
    let all = rows(&env, &["ready", "tree", "--to", "production"], 5);
    assert_eq!(all["groups-exist"]["items"][0]["says"], "the mapping does not say what it is in the target");
}

#[test]
fn people_could_be_locked_out() {
    let mut policies = policies();
    for policy in policies["deviceManagement/deviceCompliancePolicies"].as_array_mut().unwrap() {
        policy.as_object_mut().unwrap().remove("assignments");
    }
    let trial = TenantSeed { objects: policies, ..empty(TRIAL, "Trial") };
    let env = Env::start(vec![trial, seed(good())], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let all = rows(&env, &["ready", "tree", "--to", "production"], 4);
    assert_eq!(all["lock-out"]["state"], "missing", "{:#}", all["lock-out"]);
    assert!(all["lock-out"]["says"].as_str().unwrap().starts_with("people will be locked out"));
}

#[test]
fn every_scep_address_is_shown_as_it_is_and_as_it_will_be() {
    let env = with_tree(good());
    let document = env.ferry(&[&TREE[..], &["--format", "json"]].concat()).exits(3).json();
    let address = &document["details"]["addresses"][0];
    assert_eq!(address["address"], "https://ndes.trial.example/certsrv/mscep/mscep.dll");
    assert_eq!(address["inTarget"], "https://ndes.production.example/certsrv/mscep/mscep.dll");
    let text = env.ferry(&TREE).exits(3).out;
    assert!(text.contains("never contacted") && text.contains("ndes.production.example"), "{text}");
}

#[test]
fn dns_names_are_looked_up_only_on_request() {
    let mut target = good();
    let record = |label: &str, canonical: &str| {
        json!({"@odata.type": "#microsoft.graph.domainDnsCnameRecord", "id": label,
        "label": label, "canonicalName": canonical, "supportedService": "Intune", "recordType": "CName", "ttl": 3600})
    };
    target["domains"] = json!([{"id": "localhost", "isVerified": true, "serviceConfigurationRecords": [
        record("localhost", "localhost"), record("enterpriseenrollment.invalid", "localhost")]},
        {"id": "production.onmicrosoft.com", "isVerified": true}]);
    let env = Env::start(vec![empty(TRIAL, "Trial"), seed(target)], quick());
    assert!(!rows(&env, &HEALTH, 0).contains_key("dns-names"));
    let all = rows(&env, &[&HEALTH[..], &["--dns"]].concat(), 0);
    let row = &all["dns-names"];
    let of =
        |name: &str| row["items"].as_array().unwrap().iter().find(|it| it["name"] == name).cloned().unwrap_or_default();
    assert_eq!(of("localhost")["state"], "ready", "{row:#}");
    assert_eq!(
        of("enterpriseenrollment.invalid.localhost")["says"]
            .as_str()
            .map(|it| it.contains("CNAME") || it.contains("leads")),
        Some(true),
        "{row:#}"
    );
    assert_eq!(row["hint"], true);
}

#[test]
fn five_hundred_groups_take_a_hundred_requests_and_nothing_is_throttled() {
    let group = |number: u32| json!({"id": id(1000 + number), "displayName": format!("Group {number}"), "securityEnabled": true, "members": [{"id": id(60)}]});
    let groups: Vec<Value> = (0..500).map(group).collect();
    let mut source = policies();
    source["groups"] = json!(groups);
    let many: Vec<Value> = groups
        .iter()
        .map(|group| json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group["id"]}}))
        .collect();
    source["deviceManagement/deviceCompliancePolicies"][0]["assignments"] = json!(many);
    source["deviceManagement/windowsFeatureUpdateProfiles"][0]["assignments"] = json!([]);
    source["deviceManagement/deviceConfigurations"] = json!([]);
    let mut target = good();
    target["groups"] = json!(groups);
    let trial = TenantSeed { objects: source, ..empty(TRIAL, "Trial") };
    let env = Env::start(vec![trial, seed(target)], Behaviour { throttle: true, page_size: 100, ..quick() });
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let entries: Vec<Value> = groups
        .iter()
        .map(|group| json!({"kind": "group", "decision": "map", "source": {"id": group["id"]}, "target": {"id": group["id"]}}))
        .collect();
    let mapping = json!({"format": 1, "source": {"tenantId": TRIAL}, "target": {"tenantId": PRODUCTION}, "entries": entries, "text": []});
    std::fs::write(env.path("mapping.json"), mapping.to_string()).unwrap();
    let file = env.path("ferry.toml");
    let profiles = std::fs::read_to_string(&file).unwrap().replace("auth =", "limits = true\nauth =");
    std::fs::write(&file, profiles).unwrap();
    let document = env.ferry(&[&TREE[..], &["--format", "json"]].concat()).json();
    let requests = &document["requests"];
    println!("{requests}");
    assert!(requests["sent"].as_u64().unwrap() <= 100, "{requests}");
    assert_eq!(requests["throttled"], 0, "{requests}");
    assert_eq!(
        document["details"]["rows"].as_array().unwrap().iter().find(|it| it["check"] == "people-licensed").unwrap()["says"],
        "500 of 500"
    );
}
