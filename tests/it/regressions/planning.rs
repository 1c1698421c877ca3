//! Plans: what is matched, compared, blocked.

use intune_ferry::engine::plan::plan_file::Options;
use intune_ferry::engine::{Action, EngineError, Outcome, verify};
use intune_ferry::mapping::Named;
use intune_ferry::sandbox::Fault;
use serde_json::{Value, json};

use super::lab::{
    CONFIGURATIONS, Lab, SCRIPTS, assigned, entry, fault, group, has, id, kept, mapping, root_certificate, same_server,
    scep, script, step, to_group, tree, update,
};
use crate::env::quick;

#[test]
fn a_target_that_cannot_be_reached_or_refuses_the_token_is_told_as_such() {
    for (status, right) in [(401, "sign-in"), (408, "unreachable"), (429, "throttled")] {
        let lab = Lab::with(json!({}));
        // A 401 of one resource alone is its refusal: no request is taken.
        let path = if status == 401 { "/" } else { SCRIPTS };
        lab.env.sandbox().fail(Fault { retry_after: Some("0".into()), ..fault("GET", path, status) });
        let tree = tree(vec![("platform-scripts", script(&id(91), "S", "AAAA"))]);
        let error = lab.try_plan(&tree, None, &Options::default()).err();
        let fits = match &error {
            Some(EngineError::Graph(error)) if right == "sign-in" => error.is_sign_in(),
            Some(EngineError::Graph(error)) if right == "throttled" => error.is_throttled(),
            Some(EngineError::Graph(error)) => error.is_unreachable(),
            _ => false,
        };
        assert!(fits, "{status}: {error:?}");
    }
}

#[test]
fn candidates_that_cannot_be_read_for_want_of_a_token_end_the_plan() {
    let lab = Lab::with(json!({SCRIPTS: [script(&id(1), "S", "AAAA")]}));
    // Whose tenant it is can still be read; from the lists on no one takes the token.
    lab.env.sandbox().fail(Fault { after: 1, ..fault("GET", "/", 401) });
    let tree = tree(vec![("platform-scripts", script(&id(91), "S", "BBBB"))]);
    let error = lab.try_plan(&tree, None, &Options::default()).err();
    assert!(matches!(&error, Some(EngineError::Graph(error)) if error.is_sign_in()), "{error:?}");
}

#[test]
fn ids_of_a_mapping_may_be_written_in_capitals() {
    let there = "abcdef00-0000-4000-8000-00000000000a";
    let lab = Lab::with(json!({SCRIPTS: [script(there, "Other name", "AAAA")]}));
    let tree = tree(vec![("platform-scripts", script(&id(91), "S", "AAAA"))]);
    let map = mapping(vec![entry("platform-scripts", &id(91), Named::new(&there.to_uppercase(), None))]);
    let prepared = lab.plan(&tree, Some(&map), &update());
    let step = step(&prepared, "S");
    assert_eq!((step.action, step.target_id.as_deref()), (Action::Update, Some(there)), "{step:#?}");
}

#[test]
fn one_object_of_the_target_is_never_two_policies() {
    let lab = Lab::with(json!({SCRIPTS: [script(&id(1), "A", "AAAA")]}));
    let bodies = vec![
        ("platform-scripts", script(&id(91), "A", "AAAA")),
        ("platform-scripts", script(&id(92), "B", "BBBB")),
        ("platform-scripts", script(&id(93), "C", "CCCC")),
    ];
    let to = |source: u32| entry("platform-scripts", &id(source), Named::new(&id(1), None));
    // The mapping says that B is what A only seems to be by its name.
    let prepared = lab.plan(&tree(bodies.clone()), Some(&mapping(vec![to(92)])), &update());
    let actions: Vec<Action> = ["A", "B"].map(|name| step(&prepared, name).action).into();
    assert_eq!(actions, [Action::Create, Action::Update]);
    // Two entries for one object.
    let prepared = lab.plan(&tree(bodies), Some(&mapping(vec![to(92), to(93)])), &update());
    let writing = ["B", "C"].iter().filter(|name| step(&prepared, name).action == Action::Update).count();
    assert!(writing <= 1, "{:#?}", prepared.plan.steps);
    assert!(prepared.plan.steps.iter().any(|step| has(&step.findings, "ambiguous-match")));
}

#[test]
fn an_assignment_without_a_filter_is_not_one_with_a_filter() {
    let filter = json!({"id": id(21), "displayName": "F", "platform": "windows10AndLater", "rule": "(device.model -eq \"x\")",
        "assignmentFilterManagementType": "devices", "roleScopeTags": ["0"]});
    let mut filtered = to_group(&id(11));
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(id(21));
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    let lab = Lab::with(json!({
        SCRIPTS: [assigned(script(&id(1), "S", "AAAA"), vec![filtered])],
        "deviceManagement/assignmentFilters": [filter], "groups": [group(&id(11), "A")]}));
    let plain = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id(11)}});
    let tree = tree(vec![("platform-scripts", assigned(script(&id(91), "S", "AAAA"), vec![plain]))]);
    let map = mapping(vec![kept(&id(11))]);
    let options = Options::default();
    let outcomes = lab.runtime.block_on(verify::verify(lab.inputs(&tree, Some(&map), &options))).unwrap().objects;
    assert_eq!(outcomes[0].action, Outcome::Differs, "{outcomes:#?}");
    assert!(outcomes[0].differences[0].at.starts_with("/assignments/groupAssignmentTarget, A"));
}

#[test]
fn an_update_that_cannot_be_made_is_not_planned() {
    // Without the secret.
    let wifi = |description: &str| {
        json!({"@odata.type": "#microsoft.graph.windowsWifiConfiguration", "id": id(1), "displayName": "Wi-Fi",
            "description": description, "ssid": "x", "networkName": "x", "wifiSecurityType": "wpa2Personal",
            "preSharedKey": "hidden"})
    };
    let lab = Lab::with(json!({CONFIGURATIONS: [wifi("old")]}));
    let mut wanted = wifi("new");
    let body = wanted.as_object_mut().unwrap();
    body.remove("preSharedKey");
    body.insert("preSharedKey@ferry.secret".into(), json!("FERRY_DEVICE_CONFIGURATIONS_00000000"));
    body.insert("id".into(), json!(id(91)));
    let tree_of = |body: &Value| tree(vec![("device-configurations", body.clone())]);
    // What else differs is sent without it; the target keeps its own.
    let prepared = lab.plan(&tree_of(&wanted), None, &update());
    assert_eq!(step(&prepared, "Wi-Fi").action, Action::Update, "{:#?}", prepared.plan.steps);
    let again = Options { send_secrets: true, ..update() };
    let prepared = lab.plan(&tree_of(&wanted), None, &again);
    let found = step(&prepared, "Wi-Fi");
    assert_eq!(found.action, Action::Blocked, "{found:#?}");
    assert!(has(&found.findings, "needs-secret"));

    // Without what it needs: two objects may be its root certificate.
    let mut other = root_certificate(&id(2));
    other["description"] = json!("x");
    let mut twin = root_certificate(&id(3));
    twin["description"] = json!("y");
    let lab = Lab::with(json!({CONFIGURATIONS: [other, twin, scep(&id(4), "old")]}));
    let mut wanted = scep(&id(94), "new");
    wanted["rootCertificate@odata.bind"] = json!(format!("{CONFIGURATIONS}('{}')", id(93)));
    let mut root = root_certificate(&id(93));
    root["description"] = json!("z");
    let bodies = vec![("device-configurations", root), ("device-configurations", wanted)];
    let prepared = lab.plan(&tree(bodies), Some(&same_server()), &update());
    let found = step(&prepared, "SCEP");
    assert_eq!(found.action, Action::Blocked, "{found:#?}");
    assert!(has(&found.findings, "blocked-by"));
}

#[test]
fn a_secret_that_is_not_at_hand_does_not_hide_that_a_policy_is_missing() {
    let lab = Lab::with(json!({}));
    let wifi = json!({"@odata.type": "#microsoft.graph.windowsWifiConfiguration", "id": id(91), "displayName": "Wi-Fi",
        "ssid": "x", "networkName": "x", "wifiSecurityType": "wpa2Personal",
        "preSharedKey@ferry.secret": "FERRY_DEVICE_CONFIGURATIONS_00000000"});
    let (tree, options) = (tree(vec![("device-configurations", wifi)]), Options::default());
    let outcomes = lab.runtime.block_on(verify::verify(lab.inputs(&tree, None, &options))).unwrap().objects;
    assert_eq!(outcomes[0].action, Outcome::Missing, "{outcomes:#?}");
}

#[test]
fn a_target_with_only_a_name_is_looked_up_for_every_kind() {
    let config = json!({"@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "id": id(91), "displayName": "C",
        "targetedMobileApps": [id(81)], "encodedSettingXml": null});
    let lab = Lab::with(json!({"deviceAppManagement/mobileApps": [{"@odata.type": "#microsoft.graph.iosStoreApp",
        "id": id(31), "displayName": "App", "bundleId": "com.example", "publisher": "x"}]}));
    let tree = tree(vec![("app-configurations-devices", config)]);
    let named = |name: &str| mapping(vec![entry("apps", &id(81), Named { id: None, name: Some(name.into()) })]);
    let prepared = lab.plan(&tree, Some(&named("Nowhere")), &Options::default());
    assert_eq!(step(&prepared, "C").action, Action::Blocked, "{:#?}", prepared.plan.steps);
    let prepared = lab.plan(&tree, Some(&named("App")), &Options::default());
    assert_eq!(step(&prepared, "C").action, Action::Create, "{:#?}", prepared.plan.steps);
    let imported = lab.import(prepared);
    assert_eq!(imported.objects[0].action, Outcome::Created, "{:#?}", imported.objects);
}

#[test]
fn thousands_of_policies_are_planned_in_seconds() {
    const COUNT: u32 = 3000;
    let scripts = |from: u32| (0..COUNT).map(move |n| script(&id(from + n), &format!("S{n}"), "AAAA"));
    let mut behaviour = quick();
    behaviour.page_size = 1000;
    let lab = Lab::behaving(json!({SCRIPTS: scripts(0).collect::<Vec<_>>()}), behaviour);
    let tree = tree(scripts(100_000).map(|body| ("platform-scripts", body)).collect());
    let started = std::time::Instant::now();
    let prepared = lab.plan(&tree, None, &Options::default());
    assert!(prepared.plan.steps.iter().all(|step| step.action == Action::Unchanged));
    println!("planned {COUNT} in {:?}", started.elapsed());
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
