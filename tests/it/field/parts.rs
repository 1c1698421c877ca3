//! What belongs to a policy and is refused in the form that is asked for first: the rest of the policy is not lost.

use intune_ferry::sandbox::{Behaviour, Failure, Fault};
use serde_json::{Value, json};

use crate::env::{Env, TRIAL, empty, quick, shows};

const PROFILE: &str = "a7000000-0000-4000-8000-000000000001";
const AUTOPILOT: &str = "a7000000-0000-4000-8000-000000000002";
const JOIN: &str = "a7000000-0000-4000-8000-000000000003";
const PREPARATION: &str = "a7000000-0000-4000-8000-000000000004";
const GROUP: &str = "a7000000-0000-4000-8000-000000000005";
const ONLY: [&str; 2] = ["--only", "device-configurations,autopilot-profiles,settings-catalog"];

fn env() -> Env {
    let mut trial = empty(TRIAL, "Contoso Trial");
    trial.objects = json!({
        "groups": [{"id": GROUP, "displayName": "Prepared", "securityEnabled": true}],
        "deviceManagement/deviceConfigurations": [
            {"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "id": PROFILE, "displayName": "Privacy",
                "privacyAccessControls": [{"displayName": "Camera for the reader", "accessLevel": "forceDeny",
                    "dataCategory": "camera", "appDisplayName": "Reader", "appPackageFamilyName": "Contoso.Reader_x"}]},
            {"@odata.type": "#microsoft.graph.windowsDomainJoinConfiguration", "id": JOIN, "displayName": "Join",
                "activeDirectoryDomainName": "contoso.example", "computerNameStaticPrefix": "PC-"}],
        "deviceManagement/windowsAutopilotDeploymentProfiles": [
            {"@odata.type": "#microsoft.graph.activeDirectoryWindowsAutopilotDeploymentProfile", "id": AUTOPILOT,
                "displayName": "Hybrid",
                "domainJoinConfiguration@odata.bind": format!("deviceManagement/deviceConfigurations('{JOIN}')")}],
        "deviceManagement/configurationPolicies": [
            {"@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "id": PREPARATION,
                "name": "Prepare", "platforms": "windows10", "technologies": "enrollment", "roleScopeTagIds": ["0"],
                "templateReference": {"templateId": "80d33118-b7b4-40d8-b15f-81be745e053f_1",
                    "templateFamily": "enrollmentConfiguration"},
                "enrollmentTimeDeviceMembershipTargets@sandbox": [GROUP],
                "settings": []}],
    });
    // Nothing but the faults differs from one sandbox to the next.
    Env::start(vec![trial], Behaviour { restless: false, ..quick() })
}

fn export(env: &Env) -> Value {
    env.run(&[&["export", "trial", "--out", "tree"], &ONLY[..]].concat())
}

/// The text of the policy whose file begins so.
fn file(files: &[(String, Vec<u8>)], name: &str) -> String {
    let found = files.iter().find(|(own, _)| own.rsplit('/').next().is_some_and(|own| own.starts_with(name)));
    String::from_utf8(found.unwrap().1.clone()).unwrap()
}

fn policies(env: &Env) -> Vec<(String, Vec<u8>)> {
    env.files("tree")
        .into_iter()
        .filter(|(name, _)| name.contains('/') && !name.ends_with("/assignments.txt"))
        .collect()
}

#[test]
fn a_part_or_link_below_a_cast_that_has_no_route_comes_by_expanding_the_object() {
    let usual = env();
    assert_eq!(export(&usual)["exitCode"], 0);
    let text = |files: &[(String, Vec<u8>)]| {
        files.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect::<String>()
    };
    let known = text(&policies(&usual));
    assert!(known.contains("Contoso.Reader_x") && known.contains("domainJoinConfiguration@odata.bind"), "{known}");
    for (owner, below) in [
        (PROFILE, "microsoft.graph.windows10GeneralConfiguration/privacyAccessControls"),
        (AUTOPILOT, "microsoft.graph.activeDirectoryWindowsAutopilotDeploymentProfile/domainJoinConfiguration"),
    ] {
        let env = env();
        let path = format!("{owner}/{below}");
        env.sandbox().fail(Fault { path: path.clone(), status: Failure::Status(400), ..Fault::default() });
        let document = export(&env);
        assert_eq!(document["exitCode"], 0, "{document:#}");
        shows(&document, &["plain-form"]);
        assert!(env.sandbox().requests(TRIAL).iter().any(|it| it.path.contains(&path)), "it was not asked for");
        assert_eq!(text(&policies(&env)), known, "{path}");
    }
    // Where no form gives it, the policy is not written without it: that one fails, by name.
    let env = env();
    env.sandbox().fail(Fault {
        path: "domainJoinConfiguration".into(),
        status: Failure::Status(400),
        ..Fault::default()
    });
    let document = export(&env);
    assert_eq!(document["exitCode"], 5, "{document:#}");
    assert!(document["findings"].to_string().contains("\"Hybrid\\\""), "{document:#}");
    assert_eq!(policies(&env).len(), policies(&usual).len() - 1);
}

#[test]
fn what_only_a_call_gives_is_unknown_where_the_call_is_refused_and_the_policy_is_kept() {
    let usual = env();
    export(&usual);
    let before = policies(&usual);
    for status in [400, 501] {
        let env = env();
        env.sandbox().fail(Fault {
            path: "retrieveEnrollmentTimeDeviceMembershipTarget".into(),
            status: Failure::Status(status),
            ..Fault::default()
        });
        let document = export(&env);
        assert_eq!(document["exitCode"], 0, "{status}: {document:#}");
        shows(&document, &["not-read"]);
        assert!(document.to_string().contains("which the service refused"), "{document:#}");
        assert_eq!(policies(&env).len(), policies(&usual).len(), "{status}");
        // What a tree knows of it is not forgotten, and the tree says that it was not read again.
        let tree = usual.path("tree").display().to_string();
        env.ferry(&[&["export", "trial", "--out", &tree], &ONLY[..]].concat()).exits(0);
        let after = policies(&usual);
        let [known, now] = [&before, &after].map(|files| file(files, "Prepare"));
        assert!(known.contains(GROUP) && now.contains(GROUP), "{status}: {now}");
        assert!(now.contains("enrollmentTimeDeviceMembershipTargets@ferry.unread"), "{status}: {now}");
        assert_eq!(before.len(), after.len(), "{status}");
    }
}
