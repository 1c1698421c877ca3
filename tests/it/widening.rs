//! What narrows a policy must narrow as much in the target: filters, groups with a rule, named locations and
//! authentication strengths of the same name that mean something else.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, YES, exported, shows};
use crate::objects::{FILTERS, SCRIPTS, filter, filtered, group, guid, not_to, script, targets, to, with_assignments};

const ACCESS: &str = "identity/conditionalAccess/policies";
const LOCATIONS: &str = "identity/conditionalAccess/namedLocations";
const STRENGTHS: &str = "policies/authenticationStrengthPolicies";

fn theirs(number: u32) -> String {
    format!("b2000000-0000-4000-8000-{number:012}")
}

fn with_rule(mut group: Value, rule: Option<&str>) -> Value {
    if let Some(rule) = rule {
        group["groupTypes"] = json!(["DynamicMembership"]);
        group["membershipRule"] = json!(rule);
        group["membershipRuleProcessingState"] = json!("On");
    }
    group
}

fn entry(kind: &str, source: &str, target: &str) -> Value {
    json!({"kind": kind, "source": {"id": source}, "decision": "map", "target": {"id": target}})
}

fn object<'a>(document: &'a Value, name: &str) -> &'a Value {
    let all = document["objects"].as_array().unwrap();
    all.iter().find(|object| object["name"] == name).unwrap_or_else(|| panic!("no {name}: {document:#}"))
}

/// Whether a policy is held because of what narrows it, and what is said.
fn held(document: &Value, name: &str) -> Option<String> {
    let findings = object(document, name)["findings"].as_array().unwrap();
    let differing = findings.iter().find(|finding| finding["code"] == "narrowing-differs")?;
    Some(differing["message"].as_str().unwrap().to_owned())
}

fn assigned(env: &Env, name: &str) -> usize {
    let state = env.sandbox().state(PRODUCTION);
    let scripts = state[SCRIPTS].as_array().unwrap();
    targets(scripts.iter().find(|script| script["displayName"] == name).unwrap()).len()
}

/// A filter of the tree, and one that only the mapping speaks of, with these rules in the target.
fn filters(rule: &str) -> Env {
    let narrowed = |number: u32, own: u32, name: &str| {
        with_assignments(script(number, name, "AAAA"), &[filtered(to(&guid(901)), &guid(own))])
    };
    let source = json!({
        "groups": [group(&guid(901), "Staff")],
        FILTERS: [filter(51, "Corp")],
        SCRIPTS: [narrowed(1, 51, "Narrowed")],
    });
    let mut theirs_filter = filter(51, "Corp");
    (theirs_filter["id"], theirs_filter["rule"]) = (json!(theirs(51)), json!(rule));
    exported(&source, &json!({"groups": [group(&theirs(901), "Staff")], FILTERS: [theirs_filter]}))
}

#[test]
fn a_filter_of_the_same_name_with_another_rule_holds_what_it_narrows() {
    let wider = "(device.manufacturer -ne \"nobody\")";
    let staff = entry("group", &guid(901), &theirs(901));
    for (rule, allowed, more, is_held) in [
        (wider, None, None, true),
        ("(device.model   -eq \"x\")", None, None, false),
        (wider, Some(false), None, true),
        (wider, Some(true), None, false),
        // The filter becomes what it is in the source before anything is assigned.
        (wider, None, Some(["--on-conflict", "update"]), false),
    ] {
        let env = filters(rule);
        let mut entries = vec![staff.clone()];
        if let Some(allowed) = allowed {
            let mut filter = entry("assignment-filters", &guid(51), &theirs(51));
            filter["allowDifferent"] = json!(allowed);
            entries.push(filter);
        }
        env.write_mapping(&entries, &[]);
        let more: &[&str] = more.as_ref().map_or(&[], |more| more.as_slice());
        let args = [&["--mapping", "mapping.json"], more].concat();
        let planned = env.plan(&args);
        let said = held(&planned, "Narrowed");
        assert_eq!(said.is_some(), is_held, "{rule} {allowed:?}: {planned:#}");
        if let Some(said) = said {
            shows(&planned, &["narrowing-differs"]);
            assert!(said.contains(wider) && said.contains("(device.model -eq \"x\")"), "{said}");
        }
        env.import(&args);
        assert_eq!(assigned(&env, "Narrowed"), usize::from(!is_held), "{rule} {allowed:?}");
    }
}

#[test]
fn an_excluded_group_with_another_rule_holds_the_assignments_also_of_a_rewritten_tree() {
    let rule = "(user.department -eq \"Sales\")";
    for (ours, others, is_held) in [
        (Some(rule), Some(rule), false),
        (Some(rule), Some("(user.department  -eq \"Sales\")"), false),
        (Some(rule), Some("(user.department -eq \"Board\")"), true),
        (Some(rule), None, true),
        (None, Some(rule), true),
        (None, None, false),
    ] {
        let source = json!({
            "groups": [group(&guid(901), "Staff"), with_rule(group(&guid(902), "Guests"), ours)],
            SCRIPTS: [with_assignments(script(1, "Guarded", "AAAA"), &[to(&guid(901)), not_to(&guid(902))]),
                with_assignments(script(2, "For guests", "AAAA"), &[to(&guid(902))])],
        });
        let target =
            json!({"groups": [group(&theirs(901), "Staff"), with_rule(group(&theirs(902), "Guests"), others)]});
        let env = exported(&source, &target);
        env.write_mapping(&[entry("group", &guid(901), &theirs(901)), entry("group", &guid(902), &theirs(902))], &[]);
        let planned = env.plan(&["--mapping", "mapping.json"]);
        assert_eq!(held(&planned, "Guarded").is_some(), is_held, "{ours:?} {others:?}: {planned:#}");
        assert_eq!(held(&planned, "For guests"), None);
        env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]);
        let planned = env.run(&["plan", "rewritten", "--to", "production"]);
        assert_eq!(held(&planned, "Guarded").is_some(), is_held, "rewritten, {ours:?} {others:?}: {planned:#}");
    }
}

fn access(number: u32, name: &str, locations: &Value, grant: &Value) -> Value {
    json!({"id": guid(number), "displayName": name, "state": "enabled",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["None"]}, "locations": locations},
        "grantControls": grant})
}

#[test]
fn locations_and_strengths_that_let_more_through_keep_an_access_policy_out_of_force() {
    let place = |id: String, name: &str, range: &str, trusted: bool| {
        json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "id": id, "displayName": name, "isTrusted": trusted,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": range}]})
    };
    let strength = |id: String, name: &str, ways: &[&str]| {
        json!({"id": id, "displayName": name, "description": "", "policyType": "custom",
            "requirementsSatisfied": "mfa", "allowedCombinations": ways})
    };
    let mfa = json!({"operator": "OR", "builtInControls": ["mfa"]});
    let strong =
        |own: u32| json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": guid(own)}});
    let outside = |own: u32| json!({"includeLocations": ["All"], "excludeLocations": [guid(own)]});
    let source = json!({
        LOCATIONS: [place(guid(61), "Office", "203.0.113.0/28", false), place(guid(62), "Plant", "198.51.100.0/28", false)],
        STRENGTHS: [strength(guid(71), "Strong", &["fido2"]), strength(guid(72), "Keys", &["fido2", "windowsHelloForBusiness"])],
        ACCESS: [
            access(41, "Outside the office", &outside(61), &mfa), access(42, "Outside the plant", &outside(62), &mfa),
            access(43, "Strong ones", &Value::Null, &strong(71)), access(44, "Keys only", &Value::Null, &strong(72)),
        ],
    });
    let target = json!({
        LOCATIONS: [place(theirs(61), "Office", "203.0.113.0/24", false), place(theirs(62), "Plant", "198.51.100.0/28", false)],
        STRENGTHS: [strength(theirs(71), "Strong", &["fido2", "password,sms"]), strength(theirs(72), "Keys", &["fido2"])],
    });
    let env = exported(&source, &target);
    env.write_mapping(&[], &[]);
    let wanted =
        [("Outside the office", true), ("Outside the plant", false), ("Strong ones", true), ("Keys only", false)];
    // They arrive switched off, with what is to be done before that changes.
    let planned = env.plan(&["--mapping", "mapping.json"]);
    for (name, differs) in wanted {
        assert_eq!(held(&planned, name).is_some(), differs, "{planned:#}");
        assert_eq!(object(&planned, name)["action"], "create", "{planned:#}");
    }
    let fix = object(&planned, "Strong ones")["findings"].to_string();
    assert!(fix.contains("Before you enable it") && fix.contains("password,sms"), "{fix}");
    // In force, they would let more through.
    let planned = env.plan(&["--mapping", "mapping.json", "--ca-state", "keep"]);
    for (name, differs) in wanted {
        assert_eq!(object(&planned, name)["action"], if differs { "blocked" } else { "create" }, "{planned:#}");
    }
    env.ferry(&["import", "tree", "--to", "production", "--mapping", "mapping.json", YES]);
    let state = env.sandbox().state(PRODUCTION);
    let states: Vec<&Value> = state[ACCESS].as_array().unwrap().iter().map(|policy| &policy["state"]).collect();
    assert_eq!(states, [&json!("disabled"); 4], "{state:#}");
}

/// Random pairs of filters: each script gets one, and is assigned only where the target's is not another.
#[test]
fn nothing_is_assigned_where_the_targets_filter_means_more() {
    const RULES: [&str; 4] = [
        "(device.model -eq \"a\")",
        "(device.model  -eq  \"a\")",
        "(device.model -eq \"a \")",
        "(device.model -ne \"z\")",
    ];
    // Rules that mean the same have the same number.
    const MEANS: [u8; 4] = [0, 0, 1, 2];
    let mut runner = TestRunner::new(Config { cases: 2, failure_persistence: None, ..Config::default() });
    let pairs = proptest::collection::vec((0..4_usize, 0..4_usize, any::<bool>(), any::<bool>()), 12);
    runner
        .run(&pairs, |pairs| {
            let numbered = || pairs.iter().zip(0_u32..);
            let name = |number: u32| format!("Script {number}");
            let narrow = |((.., excludes), number): (&(usize, usize, bool, bool), u32)| {
                let mut assignment = filtered(to(&guid(901)), &guid(100 + number));
                if *excludes {
                    assignment["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("exclude");
                }
                with_assignments(script(number + 1, &name(number), "AAAA"), &[assignment])
            };
            let ruled = |number: u32, id: String, rule: usize| {
                let mut filter = filter(0, &format!("Filter {number}"));
                (filter["id"], filter["rule"]) = (json!(id), json!(RULES[rule]));
                filter
            };
            let source = json!({
                "groups": [group(&guid(901), "Staff")],
                FILTERS: numbered().map(|((own, ..), number)| ruled(number, guid(100 + number), *own)).collect::<Vec<_>>(),
                SCRIPTS: numbered().map(narrow).collect::<Vec<_>>(),
            });
            let others = numbered().map(|((_, other, ..), number)| ruled(number, theirs(100 + number), *other));
            let target = json!({"groups": [group(&theirs(901), "Staff")], FILTERS: others.collect::<Vec<_>>()});
            let env = exported(&source, &target);
            // Some are named by the mapping, the others found by their names.
            let named = numbered().filter(|((_, _, is_named, _), _)| *is_named);
            let named = named.map(|(_, number)| entry("assignment-filters", &guid(100 + number), &theirs(100 + number)));
            env.write_mapping(&named.chain([entry("group", &guid(901), &theirs(901))]).collect::<Vec<_>>(), &[]);
            env.import(&["--mapping", "mapping.json"]);
            for ((own, other, ..), number) in numbered() {
                let same = MEANS[*own] == MEANS[*other];
                prop_assert_eq!(assigned(&env, &name(number)), usize::from(same), "{} {}", RULES[*own], RULES[*other]);
            }
            Ok(())
        })
        .unwrap();
}
