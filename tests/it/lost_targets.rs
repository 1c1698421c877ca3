//! What a mapping names and the target does not have, or no longer has: it is reported, nothing is written that leads
//! nowhere, and what was deleted can be created again. `map` counts as open what `plan` refuses.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, YES, exported, shows};
use crate::objects::{FILTERS, SCRIPTS, filter, filtered, group, guid, not_to, script, targets, to, with_assignments};

const ACCESS: &str = "identity/conditionalAccess/policies";

fn theirs(number: u32) -> String {
    format!("b2000000-0000-4000-8000-{number:012}")
}

fn entry(kind: &str, source: &str, target: &Value) -> Value {
    json!({"kind": kind, "source": {"id": source}, "decision": "map", "target": target})
}

fn map(env: &Env, code: i32, more: &[&str]) -> Value {
    let args = ["map", "tree", "--to", "production", "--out", "mapping.json", "--format", "json"];
    env.ferry(&[&args, more].concat()).exits(code).json()
}

fn saved<'a>(mapping: &'a Value, source: &str) -> &'a Value {
    let all = mapping["entries"].as_array().unwrap();
    all.iter().find(|entry| entry["source"]["id"] == source).unwrap_or_else(|| panic!("no {source}: {mapping:#}"))
}

fn mapping(env: &Env) -> Value {
    serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap()
}

fn object<'a>(document: &'a Value, name: &str) -> &'a Value {
    let all = document["objects"].as_array().unwrap();
    all.iter().find(|object| object["name"] == name).unwrap_or_else(|| panic!("no {name}: {document:#}"))
}

fn finding<'a>(document: &'a Value, code: &str) -> Vec<&'a Value> {
    let own = document["findings"].as_array().into_iter().flatten();
    let objects = document["objects"].as_array().into_iter().flatten();
    let all = own.chain(objects.flat_map(|object| object["findings"].as_array().into_iter().flatten()));
    all.filter(|finding| finding["code"] == code).collect()
}

fn named(env: &Env, collection: &str, name: &str) -> Option<Value> {
    let state = env.sandbox().state(PRODUCTION);
    state[collection].as_array()?.iter().find(|object| object["displayName"] == name).cloned()
}

fn delete(env: &Env, collection: &str, name: &str) {
    let id = named(env, collection, name).unwrap()["id"].as_str().unwrap().to_owned();
    assert!(env.sandbox().edit(PRODUCTION, collection, &id, &Value::Null));
}

#[test]
fn what_an_import_made_and_somebody_deleted_is_offered_and_created_again() {
    let env = exported(
        &json!({
            "groups": [group(&guid(901), "Staff"), group(&guid(902), "Guests")],
            FILTERS: [filter(51, "Corp")],
            SCRIPTS: [
                script(1, "Alone", "AAAA"),
                with_assignments(script(2, "Narrowed", "AAAA"), &[filtered(to(&guid(901)), &guid(51))]),
                with_assignments(script(3, "For guests", "AAAA"), &[to(&guid(902))]),
            ],
        }),
        &json!({}),
    );
    map(&env, 0, &["--create-missing", "group"]);
    let with = ["--mapping", "mapping.json"];
    env.import(&with);
    let before = mapping(&env);
    for (collection, name) in [(SCRIPTS, "Alone"), (FILTERS, "Corp"), ("groups", "Guests"), (SCRIPTS, "For guests")] {
        delete(&env, collection, name);
    }
    // The plan says what is gone and how it comes back; who needs it waits.
    let planned = env.plan(&with);
    for name in ["Alone", "Corp", "For guests"] {
        let gone = object(&planned, name);
        assert_eq!(gone["action"], "blocked", "{planned:#}");
        let said = gone["findings"].as_array().unwrap();
        let said = said.iter().find(|finding| finding["code"] == "mapping-target-missing").unwrap();
        assert!(said["message"].as_str().unwrap().contains("no longer has it"), "{said}");
        let again = format!("--create-missing {}", gone["type"].as_str().unwrap());
        assert!(said["fix"].as_str().unwrap().contains(&again), "{said}");
    }
    assert_eq!(object(&planned, "Narrowed")["action"], "blocked", "{planned:#}");
    let writes = env.writes(PRODUCTION);
    env.import(&with);
    assert_eq!(env.writes(PRODUCTION), writes, "nothing is written that leads nowhere");
    // So does map, which changes no decision unless it is asked to.
    let open = map(&env, 4, &[]);
    assert_eq!(finding(&open, "mapping-target-missing").len(), 4, "{open:#}");
    assert_eq!(mapping(&env)["entries"], before["entries"]);
    let all = ["platform-scripts", "assignment-filters", "group"].map(|kind| ["--create-missing", kind]).concat();
    map(&env, 0, &all);
    let decided = mapping(&env);
    for source in [guid(1), guid(51), guid(902), guid(3)] {
        let again = saved(&decided, &source);
        assert_eq!((&again["decision"], &again["target"]), (&json!("create"), &Value::Null), "{again}");
    }
    assert_eq!(saved(&decided, &guid(2))["decision"], "map");
    env.import(&with);
    for (collection, name) in [(SCRIPTS, "Alone"), (FILTERS, "Corp"), ("groups", "Guests")] {
        let made = named(&env, collection, name).unwrap_or_else(|| panic!("no {name}"));
        let entries = mapping(&env)["entries"].as_array().unwrap().clone();
        let is_recorded = entries.iter().any(|entry| entry["target"]["id"] == made["id"] && entry["how"] == "imported");
        assert!(is_recorded, "{name}: {entries:#?}");
    }
    assert_eq!(targets(&named(&env, SCRIPTS, "For guests").unwrap()).len(), 1);
    let writes = env.writes(PRODUCTION);
    env.import(&with);
    assert_eq!(env.writes(PRODUCTION), writes, "a second import writes nothing");
}

#[test]
fn filters_and_tags_that_only_the_mapping_knows_block_where_they_are_gone() {
    let mut tagged = script(2, "Tagged", "AAAA");
    tagged["roleScopeTagIds"] = json!(["7"]);
    let env = crate::env::tenants(
        &json!({
            "groups": [group(&guid(901), "Staff")],
            FILTERS: [filter(51, "Corp")],
            "deviceManagement/roleScopeTags": [{"id": "7", "displayName": "Berlin", "description": "", "isBuiltIn": false}],
            SCRIPTS: [with_assignments(script(1, "Narrowed", "AAAA"), &[filtered(to(&guid(901)), &guid(51))]), tagged,
                script(3, "Free", "AAAA")],
        }),
        &json!({"groups": [group(&theirs(901), "Staff")]}),
    );
    env.ferry(&["export", "trial", "--out", "tree", "--only", "platform-scripts", "--without-dependencies"]).exits(0);
    env.write_mapping(
        &[
            entry("group", &guid(901), &json!({"id": theirs(901)})),
            entry("assignment-filters", &guid(51), &json!({"id": theirs(51)})),
            entry("scope-tags", "7", &json!({"id": "99"})),
        ],
        &[],
    );
    let planned = env.plan(&["--mapping", "mapping.json"]);
    for name in ["Narrowed", "Tagged"] {
        assert_eq!(object(&planned, name)["action"], "blocked", "{planned:#}");
    }
    assert_eq!(object(&planned, "Free")["action"], "create");
    let gone: Vec<&str> = finding(&planned, "mapping-target-missing")
        .into_iter()
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert!(gone.len() == 2 && gone.iter().any(|gone| gone.contains(&theirs(51))), "{planned:#}");
    env.import(&["--mapping", "mapping.json"]);
    assert!(named(&env, SCRIPTS, "Narrowed").is_none() && named(&env, SCRIPTS, "Free").is_some());
    let open = map(&env, 4, &[]);
    assert_eq!(finding(&open, "mapping-target-missing").len(), 2, "{open:#}");
    // The tree's directory knows enough of both to have them created.
    map(&env, 0, &["--create-missing", "assignment-filters", "--create-missing", "scope-tags"]);
    env.import(&["--mapping", "mapping.json"]);
    let filter = named(&env, FILTERS, "Corp").unwrap();
    let narrowed = named(&env, SCRIPTS, "Narrowed").unwrap();
    assert_eq!(narrowed["assignments"][0]["target"]["deviceAndAppManagementAssignmentFilterId"], filter["id"]);
}

#[test]
fn of_two_of_one_name_only_the_one_that_is_gone_is_lost() {
    let env = exported(
        &json!({
            "groups": [group(&guid(901), "Staff"), group(&guid(902), "Staff")],
            SCRIPTS: [with_assignments(script(1, "One", "AAAA"), &[to(&guid(901))]),
                with_assignments(script(2, "Two", "AAAA"), &[to(&guid(902))])],
        }),
        &json!({"groups": [group(&theirs(901), "Staff")]}),
    );
    let staff = |own: u32, target: u32| {
        let mut entry = entry("group", &guid(own), &json!({"id": theirs(target), "name": "Staff"}));
        entry["source"]["name"] = json!("Staff");
        entry
    };
    env.write_mapping(&[staff(901, 901), staff(902, 999)], &[]);
    let planned = env.plan(&["--mapping", "mapping.json"]);
    let actions = ["One", "Two"].map(|name| object(&planned, name)["action"].as_str().unwrap());
    assert_eq!(actions, ["create", "blocked"], "{planned:#}");
}

#[test]
fn a_user_may_be_named_by_what_they_sign_in_with() {
    let user =
        |id: String, name: &str, sign_in: &str| json!({"id": id, "displayName": name, "userPrincipalName": sign_in});
    let access = json!({"id": guid(1), "displayName": "MFA", "state": "disabled",
        "conditions": {"clientAppTypes": ["all"], "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": [guid(801)], "excludeUsers": [guid(802)]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    let env = exported(
        &json!({"users": [user(guid(801), "Eve", "eve@contoso.com"), user(guid(802), "Adam", "adam@contoso.com")], ACCESS: [access]}),
        // Somebody else calls himself what Eve signs in with.
        &json!({"users": [user(theirs(801), "Eve A", "eve.a@fabrikam.com"), user(theirs(802), "Adam B", "adam.b@fabrikam.com"),
            user(theirs(803), "eve.a@fabrikam.com", "mallory@fabrikam.com")]}),
    );
    let entries = [
        entry("user", &guid(801), &json!({"name": "Eve.A@fabrikam.com"})),
        entry("user", &guid(802), &json!({"id": "adam.b@fabrikam.com"})),
    ];
    env.write_mapping(&entries, &[]);
    map(&env, 0, &[]);
    env.import(&["--mapping", "mapping.json"]);
    let users = named(&env, ACCESS, "MFA").unwrap()["conditions"]["users"].clone();
    assert_eq!((&users["includeUsers"], &users["excludeUsers"]), (&json!([theirs(801)]), &json!([theirs(802)])));
    // An unknown user is undecided, in map as in plan.
    env.write_mapping(&[entries[0].clone(), entry("user", &guid(802), &json!({"name": "nobody@fabrikam.com"}))], &[]);
    let open = map(&env, 4, &[]);
    let said = finding(&open, "mapping-target-missing");
    assert!(said.len() == 1 && said[0]["message"].as_str().unwrap().contains("nobody@fabrikam.com"), "{open:#}");
    shows(&env.plan(&["--mapping", "mapping.json"]), &["mapping-target-missing", "mapping-undecided"]);
}

#[test]
fn a_drop_that_widens_is_open_until_it_is_allowed() {
    let guarded =
        |number: u32, name: &str| with_assignments(script(number, name, "AAAA"), &[to(&guid(901)), not_to(&guid(902))]);
    let env = exported(
        &json!({
            "groups": [group(&guid(901), "Staff"), group(&guid(902), "Guests")],
            SCRIPTS: [guarded(1, "One"), guarded(2, "Two")],
        }),
        &json!({"groups": [group(&theirs(901), "Staff")]}),
    );
    let staff = entry("group", &guid(901), &json!({"id": theirs(901)}));
    let mut guests = json!({"kind": "group", "source": {"id": guid(902)}, "decision": "drop"});
    env.write_mapping(&[staff.clone(), guests.clone()], &[]);
    let open = map(&env, 4, &[]);
    let said = finding(&open, "would-widen");
    assert!(said.len() == 1 && said[0]["message"].as_str().unwrap().contains("1 other policy"), "{open:#}");
    let text = env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4).out;
    assert!(text.contains("1 decision cannot be carried out") && text.contains("allowWiden"), "{text}");
    guests["allowWiden"] = json!(true);
    env.write_mapping(&[staff, guests], &[]);
    map(&env, 0, &[]);
    assert_eq!(env.plan(&["--mapping", "mapping.json"])["exitCode"], 3);
}

#[test]
fn a_difference_is_allowed_for_one_target_only() {
    let narrowed = with_assignments(script(1, "Narrowed", "AAAA"), &[filtered(to(&guid(901)), &guid(51))]);
    let other = |number: u32| {
        let mut other = filter(number, &format!("Corp {number}"));
        (other["id"], other["rule"]) = (json!(theirs(number)), json!("(device.manufacturer -ne \"nobody\")"));
        other
    };
    let env = crate::env::tenants(
        &json!({"groups": [group(&guid(901), "Staff")], FILTERS: [filter(51, "Corp")], SCRIPTS: [narrowed]}),
        &json!({"groups": [group(&theirs(901), "Staff")], FILTERS: [other(52), other(53)]}),
    );
    env.ferry(&["export", "trial", "--out", "tree", "--only", "platform-scripts", "--without-dependencies"]).exits(0);
    let staff = entry("group", &guid(901), &json!({"id": theirs(901)}));
    let mut corp = entry("assignment-filters", &guid(51), &json!({"id": theirs(52)}));
    env.write_mapping(&[staff.clone(), corp.clone()], &[]);
    let with = ["--mapping", "mapping.json"];
    assert_eq!(finding(&map(&env, 4, &[]), "narrowing-differs").len(), 1);
    corp["allowDifferent"] = json!(true);
    env.write_mapping(&[staff, corp], &[]);
    map(&env, 0, &["--csv"]);
    assert_eq!(saved(&mapping(&env), &guid(51))["allowDifferentFor"], theirs(52));
    assert_eq!(finding(&env.plan(&with), "narrowing-differs").len(), 0);
    // By hand, in the file.
    let text = std::fs::read_to_string(env.path("mapping.json")).unwrap();
    let moved = text.replacen(&theirs(52), &theirs(53), 1);
    std::fs::write(env.path("mapping.json"), &moved).unwrap();
    assert_eq!(finding(&env.plan(&with), "narrowing-differs").len(), 1);
    assert_eq!(finding(&map(&env, 4, &[]), "narrowing-differs").len(), 1);
    assert_eq!(saved(&mapping(&env), &guid(51))["allowDifferent"], Value::Null);
    // In the sheet: another target takes the yes back, and it can be said again.
    std::fs::write(env.path("mapping.json"), &text).unwrap();
    let sheet = std::fs::read_to_string(env.path("mapping.csv")).unwrap();
    assert!(
        sheet.contains("\"allow different\"") && sheet.lines().any(|row| row.ends_with(",\"\",\"yes\"")),
        "{sheet}"
    );
    std::fs::write(env.path("mapping.csv"), sheet.replace(&theirs(52), &theirs(53))).unwrap();
    assert_eq!(finding(&map(&env, 4, &["--csv"]), "narrowing-differs").len(), 1);
    let sheet = std::fs::read_to_string(env.path("mapping.csv")).unwrap();
    let row = sheet.lines().find(|row| row.contains(&theirs(53))).unwrap().to_owned();
    let again = row.replace(",\"\",\"\"", ",\"\",\"TRUE\"");
    assert_ne!(row, again);
    std::fs::write(env.path("mapping.csv"), sheet.replace(&row, &again)).unwrap();
    map(&env, 0, &["--csv"]);
    assert_eq!(saved(&mapping(&env), &guid(51))["allowDifferentFor"], theirs(53));
    // What is not understood is named by its cell, all of it.
    let wrong = again.replace(",\"\",\"TRUE\"", ",\"maybe\",\"ja\"");
    std::fs::write(env.path("mapping.csv"), sheet.replace(&row, &wrong)).unwrap();
    let refused = env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--csv"]).exits(2);
    for said in ["2 cells", "J2: `maybe` is neither yes nor no", "K2: `ja` is neither yes nor no"] {
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
    }
}

#[test]
fn a_mapping_for_other_tenants_is_refused_by_every_command_before_anything_is_written() {
    let env = exported(&json!({SCRIPTS: [script(1, "Map drives", "AAAA")]}), &json!({}));
    let to = ["tree", "--to", "production"];
    let with = ["--mapping", "mapping.json"];
    let commands: [Vec<&str>; 6] = [
        [&["map"][..], &to, &["--out", "mapping.json"]].concat(),
        [&["rewrite", "tree"][..], &with, &["--out", "rewritten"]].concat(),
        [&["plan"][..], &to, &with].concat(),
        [&["import"][..], &to, &with, &[YES]].concat(),
        [&["verify"][..], &to, &with].concat(),
        [&["diff", "tree", "tenant:production"][..], &with].concat(),
    ];
    for side in ["source", "target"] {
        let mut mapping = json!({"format": 1, "entries": [], "text": []});
        mapping[side] = json!({"tenantId": "99999999-9999-4999-8999-999999999999", "name": "Tailspin"});
        env.write("mapping.json", &mapping);
        let before = env.files("");
        // A rewriting knows no target.
        for args in commands.iter().filter(|args| side == "source" || args[0] != "rewrite") {
            let ran = env.ferry(args).exits(2);
            assert!(ran.err.contains("the mapping is for "), "{args:?}: {}", ran.err);
        }
        assert_eq!(before, env.files(""), "nothing is written, the mapping neither");
        assert_eq!(env.writes(PRODUCTION), 0);
    }
}

#[test]
fn what_two_groups_of_one_name_are_told_apart_by_is_for_a_person_to_confirm() {
    let named = |id: &str, nickname: &str| {
        let mut group = group(id, "Sales");
        group["mailNickname"] = json!(nickname);
        group
    };
    let assigned = with_assignments(script(1, "Map drives", "AAAA"), &[to(&guid(901))]);
    let env = exported(
        &json!({"groups": [named(&guid(901), "sales2")], SCRIPTS: [assigned]}),
        &json!({"groups": [named(&theirs(901), "sales1"), named(&theirs(902), "sales2")]}),
    );
    map(&env, 4, &[]);
    let mapping = mapping(&env);
    let entry = saved(&mapping, &guid(901));
    assert_eq!(
        (&entry["decision"], &entry["candidates"][0]["id"]),
        (&json!("undecided"), &json!(theirs(902))),
        "{entry}"
    );
}
