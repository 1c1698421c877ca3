//! Imports: what is written, in which order, and what becomes of failures.

use intune_ferry::engine::plan::plan_file::{AssignmentAction, ExistingAssignments, Options};
use intune_ferry::engine::shape::secrets::NoSecrets;
use intune_ferry::engine::{Action, EngineError, Outcome};
use intune_ferry::mapping::{Decision, Named};
use intune_ferry::sandbox::{Behaviour, Fault};
use serde_json::json;

use super::lab::{
    AUTOPILOT, CONFIGURATIONS, Lab, NOTIFICATIONS, SCRIPTS, STRENGTHS, assigned, autopilot, entry, fault, group,
    groups_of, has, id, kept, mapping, message, not_group, root_certificate, same_server, scep, script, step, template,
    to_group, tree, update,
};
use crate::env::{PRODUCTION, quick};

#[test]
fn an_update_leaves_links_alone_that_the_tree_does_not_mention() {
    let mut there = scep(&id(2), "old");
    there["rootCertificate@odata.bind"] = json!(format!("{CONFIGURATIONS}('{}')", id(1)));
    let lab = Lab::with(json!({CONFIGURATIONS: [root_certificate(&id(1)), there]}));
    // Other tools' exports never hold the link: a GET does not give it.
    let tree = tree(vec![("device-configurations", scep(&id(92), "new"))]);
    let prepared = lab.plan(&tree, Some(&same_server()), &update());
    assert_eq!(step(&prepared, "SCEP").action, Action::Update);
    assert!(step(&prepared, "SCEP").target_id.is_some());
    let imported = lab.import(prepared);
    assert_eq!(imported.objects[0].action, Outcome::Updated, "{:#?}", imported.objects);
    let links: Vec<_> = lab.writes().into_iter().filter(|(_, path)| path.contains("$ref")).collect();
    assert!(links.is_empty(), "{links:?}");
}

#[test]
fn assignments_made_after_the_plan_are_not_overwritten() {
    let objects = json!({SCRIPTS: [script(&id(1), "S", "AAAA")],
        "groups": [group(&id(11), "A"), group(&id(12), "B")]});
    let lab = Lab::with(objects);
    let tree = tree(vec![("platform-scripts", assigned(script(&id(91), "S", "AAAA"), vec![to_group(&id(11))]))]);
    let map = mapping(vec![kept(&id(11))]);
    let prepared = lab.plan(&tree, Some(&map), &Options::default());
    assert_eq!(step(&prepared, "S").assignments, AssignmentAction::Write);
    // Someone assigns it, with an exclusion, before ours are sent.
    lab.edit(SCRIPTS, &id(1), &json!({"assignments": [to_group(&id(12))]}));
    let imported = lab.import(prepared);
    assert!(has(&imported.objects[0].findings, "stale-step"), "{:#?}", imported.objects);
    assert_eq!(groups_of(&lab.object(SCRIPTS, &id(1))), [("groupAssignmentTarget".to_owned(), id(12))]);
}

#[test]
fn the_journal_knows_the_assignments_that_were_replaced() {
    let objects = json!({SCRIPTS: [assigned(script(&id(1), "S", "AAAA"), vec![to_group(&id(12))])],
        "groups": [group(&id(11), "A"), group(&id(12), "B")]});
    let lab = Lab::with(objects);
    let tree = tree(vec![("platform-scripts", assigned(script(&id(91), "S", "AAAA"), vec![to_group(&id(11))]))]);
    let map = mapping(vec![kept(&id(11))]);
    let options = Options { existing_assignments: ExistingAssignments::Replace, ..Options::default() };
    let (imported, journal) = lab.try_import(lab.plan(&tree, Some(&map), &options), &NoSecrets).unwrap();
    assert_eq!(imported.objects[0].action, Outcome::Assigned, "{:#?}", imported.objects);
    let assign = journal.lines().find(|line| line.contains("/assign\"")).unwrap();
    assert!(assign.contains(&id(12)), "{assign}");
}

#[test]
fn an_import_ends_when_the_token_is_refused() {
    let lab = Lab::with(json!({}));
    let scripts = (0..30).map(|n| ("platform-scripts", script(&id(n), &format!("S{n}"), "AAAA"))).collect();
    let prepared = lab.plan(&tree(scripts), None, &Options::default());
    lab.refuse_token();
    let outcome = lab.try_import(prepared, &NoSecrets);
    let error = outcome.err();
    assert!(matches!(&error, Some(EngineError::Graph(error)) if error.is_sign_in()), "{error:?}");
    // Eight at once, each with three new tokens at the most.
    assert!(lab.writes().len() <= 8 * 4, "{} writes after the token was refused", lab.writes().len());
    let journal = std::fs::read_to_string(lab.env.path("run-1.ndjson")).unwrap();
    let count = |kind: &str| journal.lines().filter(|line| line.contains(kind)).count();
    assert_eq!(count("\"kind\":\"intent\""), count("\"kind\":\"result\""), "{journal}");
    assert_eq!(count("\"kind\":\"end\""), 1);
}

#[test]
fn two_of_one_name_never_become_one_object() {
    let lab = Lab::behaving(json!({}), Behaviour { latency: std::time::Duration::from_millis(30), ..quick() });
    let tree = tree(vec![
        ("platform-scripts", script(&id(91), "Twin", "AAAA")),
        ("platform-scripts", script(&id(92), "Twin", "BBBB")),
    ]);
    // The first create is lost on its way; its twin's is not.
    lab.env.sandbox().fail(Fault { times: Some(1), ..fault("POST", SCRIPTS, 504) });
    let imported = lab.import(lab.plan(&tree, None, &Options::default()));
    let ids: std::collections::BTreeSet<_> =
        imported.objects.iter().filter_map(|object| object.target_id.clone()).collect();
    assert_eq!(ids.len(), 2, "{:#?}", imported.objects);
    let state = lab.env.sandbox().state(PRODUCTION);
    let mut contents: Vec<&str> =
        state[SCRIPTS].as_array().unwrap().iter().filter_map(|script| script["scriptContent"].as_str()).collect();
    contents.sort_unstable();
    assert_eq!(contents, ["AAAA", "BBBB"]);
}

#[test]
fn assignments_one_by_one_never_hit_more_on_the_way() {
    let all = json!({"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}});
    let lab = Lab::with(json!({AUTOPILOT: [autopilot(&id(1))], "groups": [group(&id(11), "Kiosks")]}));
    let tree = tree(vec![("autopilot-profiles", assigned(autopilot(&id(91)), vec![all, not_group(&id(11))]))]);
    let map = mapping(vec![kept(&id(11))]);
    let options = Options { allow_broad: true, ..Options::default() };
    let prepared = lab.plan(&tree, Some(&map), &options);
    assert_eq!(step(&prepared, "AP").assignments, AssignmentAction::Write, "{:#?}", prepared.plan.steps);
    // Only the first assignment gets through.
    lab.env.sandbox().fail(Fault { after: 1, ..fault("POST", &format!("{AUTOPILOT}/{}/assignments", id(1)), 400) });
    let imported = lab.import(prepared);
    assert!(has(&imported.objects[0].findings, "write-failed"), "{:#?}", imported.objects);
    let left = groups_of(&lab.object(AUTOPILOT, &id(1)));
    assert_eq!(left, [("exclusionGroupAssignmentTarget".to_owned(), id(11))]);
}

#[test]
fn an_element_that_the_tree_does_not_have_goes_with_an_update() {
    let there = template(&id(1), &json!([message("en-us", true, "a"), message("fr-fr", false, "b")]));
    let lab = Lab::with(json!({NOTIFICATIONS: [there]}));
    let tree = tree(vec![("notification-templates", template(&id(91), &json!([message("en-us", true, "a")])))]);
    let prepared = lab.plan(&tree, None, &update());
    assert_eq!(step(&prepared, "Mail").action, Action::Update);
    let imported = lab.import(prepared);
    assert!(imported.objects[0].findings.is_empty(), "{:#?}", imported.objects);
    let left = lab.object(NOTIFICATIONS, &id(1));
    assert_eq!(left["localizedNotificationMessages"].as_array().unwrap().len(), 1);
    // What is equal already is not written again.
    assert!(lab.writes().iter().all(|(method, _)| method == "DELETE"), "{:?}", lab.writes());
}

#[test]
fn an_element_known_by_a_list_is_found_in_whatever_order() {
    let strength = |id: &str, keys: [&str; 1], combinations: [&str; 2]| {
        json!({"id": id, "displayName": "Keys", "description": "", "policyType": "custom", "requirementsSatisfied": "mfa",
            "allowedCombinations": ["windowsHelloForBusiness", "x509CertificateMultiFactor", "x509CertificateSingleFactor"],
            "combinationConfigurations": [{"@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration",
                "id": "c1", "appliesToCombinations": combinations, "allowedIssuerSkis": keys, "allowedPolicyOIDs": []}]})
    };
    let order = ["x509CertificateSingleFactor", "x509CertificateMultiFactor"];
    let lab = Lab::with(json!({STRENGTHS: [strength(&id(1), ["9A4248C6AC8C2931AB2A86537818E92E7B6C97B6"], order)]}));
    let mut wanted = strength(&id(91), ["AA4248C6AC8C2931AB2A86537818E92E7B6C97B6"], [order[1], order[0]]);
    wanted["combinationConfigurations"][0].as_object_mut().unwrap().remove("id");
    let prepared = lab.plan(&tree(vec![("authentication-strengths", wanted)]), None, &update());
    assert_eq!(step(&prepared, "Keys").action, Action::Update, "{:#?}", prepared.plan.steps);
    let imported = lab.import(prepared);
    let sent: Vec<_> = lab.writes().into_iter().map(|(method, _)| method).collect();
    assert_eq!(sent, ["PATCH"], "{:#?}", imported.objects);
}

#[test]
fn a_part_that_lags_behind_a_new_object_is_waited_for() {
    let lab = Lab::with(json!({}));
    let policy = json!({"id": id(91), "name": "P", "description": "", "platforms": "windows10", "technologies": "mdm",
        "roleScopeTagIds": ["0"], "settings": [{"@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting",
            "settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                "settingDefinitionId": "device_vendor_msft_policy_config_x",
                "simpleSettingValue": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
                    "value": 1}}}]});
    lab.env.sandbox().fail(Fault { times: Some(1), ..fault("GET", "/settings", 404) });
    let imported = lab.import(lab.plan(&tree(vec![("settings-catalog", policy)]), None, &Options::default()));
    assert!(imported.objects[0].findings.is_empty(), "{:#?}", imported.objects);
}

#[test]
fn a_half_made_object_is_told_with_its_id() {
    let lab = Lab::with(json!({}));
    let tree = tree(vec![("notification-templates", template(&id(91), &json!([message("en-us", true, "a")])))]);
    let prepared = lab.plan(&tree, None, &Options::default());
    lab.env.sandbox().fail(fault("POST", "localizedNotificationMessages", 400));
    let imported = lab.import(prepared);
    assert_eq!(imported.objects[0].action, Outcome::Failed);
    assert!(imported.objects[0].target_id.is_some(), "{:#?}", imported.objects);
}

#[test]
fn a_group_that_was_made_is_recorded_although_looking_for_it_fails() {
    let lab = Lab::with(json!({}));
    let tree = tree(vec![("platform-scripts", assigned(script(&id(91), "S", "AAAA"), vec![to_group(&id(81))]))]);
    let mut create = entry("group", &id(81), Named { id: None, name: Some("New".into()) });
    create.decision = Decision::Create;
    let prepared = lab.plan(&tree, Some(&mapping(vec![create])), &Options::default());
    assert_eq!(prepared.groups.len(), 1, "{:#?}", prepared.plan.steps);
    lab.env.sandbox().fail(fault("GET", "groups?$filter=id", 403));
    let imported = lab.import(prepared);
    assert!(imported.created.iter().any(|(kind, ..)| kind == "group"), "{:#?}", imported.created);
}
