//! Branding profiles: what is fixed of the default one, and what an application may not do.

use intune_ferry::sandbox::{Answer, Field, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};
use crate::killed::RESUME;
use crate::texts::action;

const BRANDING: &str = "deviceManagement/intuneBrandingProfiles";
const GROUP: [&str; 2] = ["a6000000-0000-4000-8000-000000000001", "a6000000-0000-4000-8000-000000000002"];
const ONLY: [&str; 2] = ["--only", "branding-profiles"];

fn group(id: &str) -> Value {
    json!([{"id": id, "displayName": "Field workers", "mailNickname": "f", "mailEnabled": false,
        "securityEnabled": true, "groupTypes": []}])
}

fn profile(id: &str, name: &str, is_default: bool, title: &str) -> Value {
    json!({"id": id, "profileName": name, "profileDescription": name, "isDefaultProfile": is_default,
        "displayName": title, "privacyUrl": "https://privacy.example"})
}

fn crossing(answers: &[Answer], source: Vec<Value>, target: Vec<Value>) -> Env {
    let tenant = |id: &str, name: &str, group_id: &str, profiles: Vec<Value>| {
        let mut seed = empty(id, name);
        seed.objects = json!({"groups": group(group_id), BRANDING: profiles});
        seed
    };
    let trial = tenant(TRIAL, "Contoso Trial", GROUP[0], source);
    let field = answers.iter().copied().collect::<Field>();
    let production = TenantSeed { field, ..tenant(PRODUCTION, "Fabrikam Production", GROUP[1], target) };
    let env = Env::start(vec![trial, production], quick());
    env.ferry(&[&["export", "trial", "--out", "tree"], &ONLY[..]].concat()).exits(0);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(0);
    env
}

fn import(env: &Env, more: &[&str]) -> Value {
    let fixed = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "run.ndjson", YES];
    env.run(&[&fixed[..], &ONLY, more].concat())
}

#[test]
fn of_the_default_profile_only_what_can_be_changed_is_sent() {
    for answers in [&[][..], &[Answer::DefaultBrandingFixed]] {
        let default = |name: &str, title: &str| vec![profile("default", name, true, title)];
        let env =
            crossing(answers, default("Standardprofil", "Contoso"), default("Default branding profile", "Fabrikam"));
        let done = import(&env, &["--include-defaults", "branding-profiles", "--on-conflict", "update"]);
        assert_eq!(done["exitCode"], 0, "{answers:?}: {done:#}");
        let now = || env.sandbox().state(PRODUCTION)[BRANDING][0].clone();
        let is = |title: &str| {
            assert_eq!(
                (&now()["displayName"], &now()["profileName"]),
                (&json!(title), &json!("Default branding profile"))
            );
        };
        is("Contoso");
        env.ferry(&[&["verify", "tree", "--to", "production", "--mapping", "mapping.json"], &ONLY[..]].concat())
            .exits(0);
        env.ferry(&["undo", "run.ndjson", YES]).exits(0);
        is("Fabrikam");
    }
}

#[test]
fn where_an_application_may_not_assign_one_it_is_made_and_a_person_can_go_on() {
    for (answers, code, assigned) in [(&[][..], 0, 1), (&[Answer::BrandingAssignAppOnly], 5, 0)] {
        let mut own = profile("a6000000-0000-4000-8000-000000000003", "Field", false, "Field");
        own["assignments"] =
            json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP[0]}}]);
        let other = profile("a6000000-0000-4000-8000-000000000004", "Office", false, "Office");
        let env = crossing(answers, vec![own, other], Vec::new());
        let done = import(&env, &[]);
        assert_eq!(done["exitCode"], code, "{answers:?}: {done:#}");
        assert_eq!(action(&done, "Office"), "created", "{done:#}");
        let state = env.sandbox().state(PRODUCTION);
        let profiles = state[BRANDING].as_array().unwrap();
        let field: Vec<&Value> = profiles.iter().filter(|profile| profile["profileName"] == "Field").collect();
        assert_eq!(field.len(), 1);
        assert_eq!(field[0]["assignments"].as_array().map_or(0, Vec::len), assigned, "{answers:?}");
        if code != 0 {
            assert!(done.to_string().contains("Unsupported app-only call."), "{done:#}");
            // Gone on with, nothing is made twice.
            env.ferry(&RESUME).exits(5);
            assert_eq!(env.sandbox().state(PRODUCTION)[BRANDING].as_array().unwrap().len(), profiles.len());
        }
    }
}
