//! Who is hit is in the plan: in every form of it, for every policy that is written, every group; and no assignment that
//! an import sends is missing from it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, exported, quick, sample};
use crate::objects::{
    CONFIGURATIONS, FILTERS, everyone, filter, filtered, group, guid, not_to, root, to, with_assignments,
};

/// All objects of a tenant's state by their ids.
fn by_id(state: &Value) -> BTreeMap<String, &Value> {
    let collections = state.as_object().unwrap().values().filter_map(Value::as_array);
    collections.flatten().filter_map(|object| Some((object["id"].as_str()?.to_lowercase(), object))).collect()
}

/// The names of the groups that stand anywhere in an object.
fn groups_in(value: &Value, groups: &BTreeMap<String, String>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(groups.get(&text.to_lowercase()).cloned()),
        Value::Array(list) => list.iter().for_each(|value| groups_in(value, groups, found)),
        Value::Object(map) => map.values().for_each(|value| groups_in(value, groups, found)),
        _ => {}
    }
}

fn broad(object: &Value) -> Vec<&'static str> {
    let text = object["assignments"].to_string();
    let all = [("allLicensedUsersAssignmentTarget", "All users"), ("allDevicesAssignmentTarget", "All devices")];
    all.into_iter().filter(|(kind, _)| text.contains(kind)).map(|(_, name)| name).collect()
}

/// What a form of the plan says of each policy: the text from its name to the next policy's.
fn sections(text: &str, starts: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut places: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if starts(line) {
            places.push(at);
        }
        at += line.len();
    }
    places.iter().enumerate().map(|(n, from)| &text[*from..places.get(n + 1).copied().unwrap_or(text.len())]).collect()
}

fn plain(text: &str) -> String {
    let text =
        text.replace('\\', "").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_plan_names_everybody_in_all_four_forms() {
    let trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let mut target = empty(PRODUCTION, "Fabrikam Production");
    let other = sample("fabrikam-production", PRODUCTION, "Fabrikam Production");
    for directory in ["groups", "users", "servicePrincipals", "deviceAppManagement/mobileApps"] {
        target.objects[directory] = other.objects[directory].clone();
    }
    let env = Env::start(vec![trial, target], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decisions = format!("{}/samples/demo-decisions.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(decisions, env.path("mapping.json")).unwrap();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let base = ["tree", "--to", "production", "--mapping", "mapping.json", "--allow-broad"];
    let plan = |more: &[&str]| env.ferry(&[&["plan"], &base[..], more].concat());
    let document =
        plan(&["--out", "plan.json", "--html", "plan.html", "--markdown", "plan.md", "--format", "json"]).json();
    let text = plan(&["-v"]).out;
    let imported = env.run(&[&["import"], &base[..], &[YES]].concat());

    let state = env.sandbox().state(PRODUCTION);
    let objects = by_id(&state);
    let groups = state["groups"].as_array().unwrap().iter();
    let groups: BTreeMap<String, String> = groups
        .map(|group| (group["id"].as_str().unwrap().to_lowercase(), group["displayName"].as_str().unwrap().to_owned()))
        .collect();
    let read = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();
    let (page, markdown) = (read("plan.html").replace("<article", "\n<article"), read("plan.md"));
    let is_step = |line: &str| line.starts_with("  ") && line.chars().nth(3) == Some(' ') && !line.starts_with("    ");
    let forms = [
        ("text", sections(&text, is_step)),
        ("page", sections(&page, |line| line.starts_with("<article class=\"policy"))),
        ("markdown", sections(&markdown, |line| line.starts_with("### "))),
    ];
    let of_plan: BTreeMap<(&str, &str), &Value> = document["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| ((object["type"].as_str().unwrap(), object["id"].as_str().unwrap()), object))
        .collect();
    let (mut policies, mut hits) = (0, 0);
    for object in imported["objects"].as_array().unwrap() {
        if !["created", "updated", "assigned"].contains(&object["action"].as_str().unwrap()) {
            continue;
        }
        // What is inside another object has no collection of its own.
        let Some(made) = objects.get(&object["targetId"].as_str().unwrap().to_lowercase()) else { continue };
        let mut names = BTreeSet::new();
        groups_in(made, &groups, &mut names);
        names.extend(broad(made).into_iter().map(str::to_owned));
        let planned = of_plan[&(object["type"].as_str().unwrap(), object["id"].as_str().unwrap())];
        let known: BTreeSet<String> = planned["audience"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| match one["who"]["kind"].as_str().unwrap() {
                "all-users" => String::from("All users"),
                "all-devices" => String::from("All devices"),
                _ => one["who"]["name"].as_str().unwrap_or_default().to_owned(),
            })
            .collect();
        assert!(
            names.is_subset(&known),
            "{} is for {names:?}, and the plan says {:#}",
            object["name"],
            planned["audience"]
        );
        let name = plain(object["name"].as_str().unwrap());
        for (form, sections) in &forms {
            let of_policy: Vec<String> =
                sections.iter().map(|section| plain(section)).filter(|section| section.contains(&name)).collect();
            let whole = |wanted: &String| of_policy.iter().any(|section| section.contains(&plain(wanted)));
            let missing: Vec<&String> = names.iter().filter(|name| !whole(name)).collect();
            assert!(missing.is_empty(), "the {form} does not name {missing:?} for {name}: {of_policy:#?}");
        }
        policies += 1;
        hits += names.len();
    }
    assert!(policies > 45 && hits > 40, "{policies} policies, {hits} groups");
    println!("{policies} policies that are written, {hits} groups that they are for");
    // Groups that the import makes are new in every form.
    let new = |text: &str| text.contains("new group");
    assert!(new(&text) && new(&page) && new(&markdown) && document.to_string().contains("\"new\":true"));
    // Everything that the plan file says fits its schema and its reader.
    let schema = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/policies-schema/plan.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let file: Value = serde_json::from_str(&read("plan.json")).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&file).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

const A: &str = "b3000000-0000-4000-8000-000000000001";
const B: &str = "b3000000-0000-4000-8000-000000000002";

/// Who may be assigned to, by a number: groups that are there and one that is made, with a filter and without, excluded, everyone.
fn assignment(choice: usize, [a, b, new]: [&str; 3]) -> Value {
    let mut other = filtered(to(b), &guid(700));
    other["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("exclude");
    match choice {
        0 => to(a),
        1 => filtered(to(a), &guid(700)),
        2 => other,
        3 => not_to(b),
        4 => to(new),
        5 => everyone(),
        _ => json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}),
    }
}

/// Assignments that Graph takes together: one for each target.
fn assignments(choices: &BTreeSet<usize>, groups: [&str; 3]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let own = |value: &Value| {
        (
            value["target"]["groupId"].to_string(),
            value["target"]["groupId"].is_null().then(|| value["target"].to_string()),
        )
    };
    choices.iter().map(|choice| assignment(*choice, groups)).filter(|value| seen.insert(own(value))).collect()
}

/// What the test makes of an assignment that was sent: not the program's own reading of it.
fn sent(assignment: &Value, names: &BTreeMap<String, String>) -> (String, String, Option<(String, String)>) {
    let target = &assignment["target"];
    let text = |property: &str| target[property].as_str().unwrap_or_default();
    let kind = text("@odata.type").trim_start_matches("#microsoft.graph.").trim_end_matches("AssignmentTarget");
    let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let mode = text("deviceAndAppManagementAssignmentFilterType");
    let filter = ["include", "exclude"].contains(&mode);
    let filter = filter.then(|| (mode.to_owned(), name(text("deviceAndAppManagementAssignmentFilterId"))));
    (kind.to_owned(), name(text("groupId")), filter)
}

/// The same of what a plan says.
fn said(one: &Value) -> (String, String, Option<(String, String)>) {
    let kind = match (one["who"]["kind"].as_str().unwrap(), one["manner"].as_str().unwrap()) {
        ("all-users", _) => "allLicensedUsers",
        ("all-devices", _) => "allDevices",
        (_, "excluded") => "exclusionGroup",
        _ => "group",
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let filter = one["filter"].as_object().map(|filter| (text(&filter["mode"]), text(&filter["name"])));
    (kind.to_owned(), text(&one["who"]["name"]), filter)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 24, ..ProptestConfig::default() })]

    /// Whatever is assigned in the tree and in the target: every assignment that an import sends is in its plan, and what
    /// the plan says is written is sent.
    #[test]
    fn no_assignment_that_is_sent_is_missing_from_the_plan(
        wanted in proptest::collection::vec(proptest::collection::btree_set(0_usize..7, 0..5), 2),
        there in proptest::option::of(
            proptest::collection::btree_set(proptest::sample::select(vec![0_usize, 3, 5, 6]), 0..3),
        ),
        existing in proptest::sample::select(vec!["leave", "merge", "replace"]),
        broad in any::<bool>(),
    ) {
        let ours = [guid(801), guid(802), guid(803)];
        let ours = ours.each_ref().map(String::as_str);
        let of = |number: u32| &wanted[number as usize - 1];
        let policy = |number: u32, name: &str| with_assignments(root(number, name), &assignments(of(number), ours));
        let mut devices = filter(700, "Corporate");
        devices["platform"] = json!("iOS");
        let source = json!({
            "groups": [group(ours[0], "Berlin"), group(ours[1], "Paris"), group(ours[2], "Rome")],
            FILTERS: [devices],
            CONFIGURATIONS: [policy(1, "One"), policy(2, "Two")],
        });
        let mut target = json!({"groups": [group(A, "Berlin DE"), group(B, "Paris FR")]});
        if let Some(there) = &there {
            let mut known = with_assignments(root(1, "One"), &assignments(there, [A, B, A]));
            known["id"] = json!("b4000000-0000-4000-8000-000000000001");
            target[CONFIGURATIONS] = json!([known]);
        }
        let env = exported(&source, &target);
        let map = |from: &str, to: &str| json!({"kind": "group", "source": {"id": from}, "decision": "map", "target": {"id": to}});
        let made = json!({"kind": "group", "source": {"id": ours[2], "name": "Rome"}, "decision": "create"});
        env.write_mapping(&[map(ours[0], A), map(ours[1], B), made], &[]);
        let mut flags = vec!["--mapping", "mapping.json", "--existing-assignments", existing];
        flags.extend(broad.then_some("--allow-broad"));
        let planned = env.plan(&flags);
        let imported = env.import(&flags);

        let state = env.sandbox().state(PRODUCTION);
        let named = [&state["groups"], &state[FILTERS]].into_iter().filter_map(Value::as_array).flatten();
        let names: BTreeMap<String, String> = named
            .map(|object| (object["id"].as_str().unwrap().to_owned(), object["displayName"].as_str().unwrap().to_owned()))
            .collect();
        let objects = |document: &Value| document["objects"].as_array().cloned().unwrap_or_default();
        let mut requests = 0;
        for object in objects(&imported) {
            let Some(id) = object["targetId"].as_str() else { continue };
            let log = env.sandbox().requests(PRODUCTION);
            let mut assigns = log.iter().filter(|it| it.method == "POST" && it.path.ends_with(&format!("/{id}/assign")));
            let Some(last) = assigns.next_back() else { continue };
            let body = last.body.as_ref().and_then(Value::as_object).and_then(|body| body.values().next()).unwrap();
            let mut sent: Vec<_> = body.as_array().unwrap().iter().map(|one| sent(one, &names)).collect();
            let planned = objects(&planned).into_iter().find(|it| it["id"] == object["id"] && it["type"] == object["type"]);
            let audience = planned.unwrap()["audience"].as_array().cloned().unwrap_or_default();
            let written = audience.iter().filter(|one| one["change"] != "remove" && one["change"] != "held");
            let mut said: Vec<_> = written.filter(|one| one["property"].is_null()).map(said).collect();
            sent.sort();
            said.sort();
            prop_assert_eq!(&sent, &said, "{}: {:#?}", object["name"], audience);
            requests += 1;
        }
        let assigned = objects(&planned).iter().filter(|it| it["audience"].as_array().is_some_and(|list| {
            list.iter().any(|one| ["add", "remove", "change"].contains(&one["change"].as_str().unwrap()))
        })).count();
        prop_assert_eq!(requests, assigned, "{:#}", planned);
    }
}
