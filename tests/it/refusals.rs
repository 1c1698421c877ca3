//! What Graph refuses stops nothing else, and is reported in Graph's own words.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

const SCRIPTS: &str = "deviceManagement/deviceManagementScripts";
const RESTRICTIONS: &str = "deviceManagement/deviceEnrollmentConfigurations";

#[test]
fn one_object_that_graph_refuses_stops_nothing_else() {
    let mut trial = empty(TRIAL, "Contoso Trial");
    let script = |name: &str| json!({"displayName": name, "fileName": "a.ps1", "scriptContent": "QQ=="});
    trial.objects = json!({
        SCRIPTS: [script("One"), script("Two")],
        RESTRICTIONS: [{
            "@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration",
            "id": "a1000000-0000-4000-8000-000000000001_SinglePlatformRestriction", "displayName": "No phones",
            "priority": 1, "platformType": "ios", "platformRestriction": {"platformBlocked": true}
        }],
    });
    let env = Env::start(vec![trial, empty(PRODUCTION, "Fabrikam Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    // Nothing on this side knows that Graph makes no such restriction any more (quirks.md 38).
    let file = env.files("tree").into_keys().find(|name| name.contains("No phones")).unwrap();
    let path = env.path("tree").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"ios\"", "\"allPlatforms\"")).unwrap();

    let ran = env.ferry(&["import", "tree", "--to", "production", YES, "--format", "json"]).exits(5);
    let document = ran.json();
    let of = |name: &str| -> Value {
        let objects = document["objects"].as_array().unwrap();
        objects.iter().find(|object| object["name"] == name).unwrap().clone()
    };
    assert_eq!((&of("One")["action"], &of("Two")["action"]), (&json!("created"), &json!("created")));
    let refused = of("No phones");
    assert_eq!(refused["action"], "failed");
    let finding = refused["findings"].as_array().unwrap().iter().find(|it| it["code"] == "write-failed").unwrap();
    let message = finding["message"].as_str().unwrap();
    for said in ["400", "A restriction of one platform needs 'platformType' and 'platformRestriction'.", "request-id"] {
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(finding["at"], "/platformType");
    let state = env.sandbox().state(PRODUCTION);
    assert_eq!(state[SCRIPTS].as_array().unwrap().len(), 2);
    // What is shown to people says it as well.
    let again = env.ferry(&["import", "tree", "--to", "production", YES]).exits(5);
    assert!(again.out.contains("No phones") && again.out.contains("request-id"), "{}", again.out);
}
