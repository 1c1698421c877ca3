//! Basic Mobility and Security: rules become policies by tables, every property gets a verdict, and what was converted
//! goes through lint, plan, import and verify without a difference. Files are made up of the documented parameters.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

const GROUP: &str = "5bff73eb-0ba7-461b-b7c9-9b4c173cc266";
const OTHER: &str = "6cff73eb-0ba7-461b-b7c9-9b4c173cc266";
const ADOPT: [&str; 4] = ["adopt", "mobility", "--out", "tree"];

fn folder() -> Env {
    let mut target = empty(PRODUCTION, "Production");
    let group = |id: &str, name: &str| json!({"id": id, "displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": name, "groupTypes": []});
    target.objects["groups"] = json!([group(GROUP, "phones"), group(OTHER, "tablets")]);
    let env = Env::start(vec![empty(TRIAL, "Trial"), target], quick());
    std::fs::create_dir(env.path("mobility")).unwrap();
    let blocking = json!([
        {"Name": "Phones{1a2b}", "Guid": "a1", "Policy": "b1", "TargetGroups": [GROUP], "PasswordRequired": true, "PasswordMinimumLength": 6,
            "PasswordTimeout": {"Ticks": 7_200_000_000_i64, "TotalMinutes": 12}, "AllowJailbroken": false, "RequireEmailProfile": true,
            "AllowScreenshot": false, "AppsRating": "Rating9plus", "PasswordComplexity": null, "Unheard": 3, "WhenCreated": "x"},
        {"Name": "Old{9}", "Guid": "a2", "Policy": "b2", "TargetGroups": [OTHER], "PasswordRequired": true, "AllowJailbroken": false},
        {"Name": "Going{9}", "Mode": "PendingDeletion", "TargetGroups": [OTHER], "PasswordRequired": true},
    ]);
    env.write("mobility/DeviceConditionalAccessRule.json", &blocking);
    let policy = |guid: &str, name: &str, on: bool| json!({"Name": name, "Guid": guid, "Type": "DeviceConditionalAccess", "Workload": "Intune", "Enabled": on});
    env.write(
        "mobility/DeviceConditionalAccessPolicy.json",
        &json!([policy("b1", "Phones", true), policy("b2", "Old", false)]),
    );
    env.write(
        "mobility/DeviceTenantRule.json",
        &json!({"Name": "Tenant", "Policy": "b3", "BlockUnsupportedDevices": true, "ExclusionList": [OTHER]}),
    );
    let clixml = format!(
        r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><TN RefId="0"><T>Deserialized.DeviceConfigurationRule</T></TN><MS>
        <S N="Name">Tablets{{3}}</S><S N="Guid">a3</S><Obj N="TargetGroups" RefId="1"><LST><G>{OTHER}</G></LST></Obj><B N="CameraEnabled">false</B><TS N="PasswordTimeout">PT5M</TS><Nil N="AllowAppStore" /></MS></Obj></Objs>"#
    );
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(clixml.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    std::fs::write(env.path("mobility/rules.clixml"), utf16).unwrap();
    env
}

#[test]
fn rules_become_policies_and_cross() {
    let env = folder();
    let document = env.run(&ADOPT);
    shows(&document, &["setting-not-converted", "setting-not-recognized", "setting-other-form", "not-recognized"]);
    let rules = document["details"]["converted"].as_array().unwrap();
    let settings: Vec<&Value> = rules.iter().flat_map(|own| own["settings"].as_array().unwrap()).collect();
    let count = |word: &str| document["counts"][word].as_u64().unwrap_or_else(|| panic!("{word}: {document:#}"));
    let words = ["Converted", "OtherForm", "NoCounterpart", "Superseded", "NotConfigured", "NotRecognized"];
    let sum: u64 = words.iter().map(|word| count(&format!("settings{word}"))).sum();
    assert_eq!((sum, count("settings")), (settings.len() as u64, settings.len() as u64));
    let verdict = |name: &str| settings.iter().find(|own| own["name"] == name).unwrap()["verdict"].clone();
    assert_eq!(
        ["PasswordMinimumLength", "PasswordTimeout", "AppsRating", "PasswordComplexity", "Unheard", "ExclusionList"]
            .map(verdict),
        ["converted", "otherForm", "noCounterpart", "notConfigured", "notRecognized", "noCounterpart"]
    );

    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let tree = intune_ferry::tree::read(&env.path("tree"), &catalogue).unwrap();
    let all: Vec<Value> = tree.policies.iter().map(intune_ferry::policy::Kept::to_value).collect();
    let named = |name: &str, of: &str| {
        all.iter()
            .find(|own| own["displayName"] == name && own["@odata.type"].as_str().is_none_or(|own| own.contains(of)))
            .unwrap_or_else(|| panic!("{name}: {all:#?}"))
    };
    assert_eq!(named("Phones_O365_i", "Compliance")["passcodeMinutesOfInactivityBeforeLock"], 10);
    assert_eq!(named("Phones_O365_W", "General")["screenCaptureBlocked"], true);
    assert_eq!(named("Phones_O365_i_Email", "Email")["hostName"], "outlook.office365.com");
    let access = named("Phones_OfficeMDM", "");
    assert_eq!(
        (&access["state"], &access["conditions"]["users"]["includeGroups"]),
        (&json!("disabled"), &json!([GROUP]))
    );
    assert_eq!(named("Tablets_O365_i", "General")["cameraBlocked"], true);
    assert_eq!(named("Tablets_O365_i", "General")["assignments"][0]["target"]["groupId"], OTHER);
    // A policy that is off is for nobody, and a rule that is being deleted is nothing.
    assert_eq!(named("Old_O365_W", "Compliance")["assignments"], json!([]));
    assert!(
        all.iter()
            .all(|own| own["displayName"] != "Old_OfficeMDM"
                && !own["displayName"].as_str().unwrap().starts_with("Going"))
    );

    let origins: Value =
        serde_json::from_str(&std::fs::read_to_string(env.path("tree/adopted.json")).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&crate::evidence::file("adopted.schema.json")).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&origins), "{origins:#}");
    let made: usize =
        origins["sources"].as_array().unwrap().iter().map(|own| own["policies"].as_array().unwrap().len()).sum();
    assert_eq!(made, all.len());

    let first = env.files("tree");
    env.ferry(&ADOPT).exits(0);
    assert_eq!(first, env.files("tree"));
    let lint = env.run(&["lint", "tree"]);
    assert_eq!(lint["counts"]["errors"].as_u64().unwrap_or(0), 0, "{lint:#}");
    let entry = |id: &str, name: &str| json!({"kind": "group", "source": {"id": id}, "decision": "map", "target": {"id": id, "name": name}});
    env.write_mapping(&[entry(GROUP, "phones"), entry(OTHER, "tablets")], &[]);
    let crossing = ["tree", "--to", "production", "--mapping", "mapping.json"];
    let import = env.run(&[&["import"], &crossing[..], &[YES]].concat());
    assert_eq!(import["counts"]["created"].as_u64(), Some(all.len() as u64), "{import:#}");
    env.ferry(&[&["verify"], &crossing[..]].concat()).exits(0);
}

#[test]
fn what_cannot_be_told_or_read_is_named() {
    let env = folder();
    std::fs::rename(env.path("mobility/DeviceConditionalAccessRule.json"), env.path("mobility/a.json")).unwrap();
    std::fs::remove_file(env.path("mobility/DeviceConditionalAccessPolicy.json")).unwrap();
    std::fs::write(env.path("mobility/cut.clixml"), "<Objs><Obj><TN><T>DeviceConfigurationRule</T>").unwrap();
    let ran = env.ferry(&[&ADOPT[..], &["--format", "json"]].concat()).exits(5);
    let document = ran.json();
    shows(&document, &["damaged-file", "not-recognized"]);
    assert!(ran.out.contains("name the file after its command"), "{}", ran.out);
    assert!(ran.out.contains("Tablets_O365_i") || env.files("tree").keys().any(|name| name.contains("Tablets_O365_i")));
}
