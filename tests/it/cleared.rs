//! Settings that Graph never removes: what a policy should no longer have is set to null, whether the service then
//! lists it so or leaves it out.

use intune_ferry::sandbox::{Answer, Field, TenantSeed};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

const INTENTS: &str = "deviceManagement/intents";
const TEMPLATE: &str = "d4000000-0000-4000-8000-000000000001";

fn setting(name: &str, value: &Value) -> Value {
    json!({"@odata.type": "#microsoft.graph.deviceManagementBooleanSettingInstance",
        "definitionId": format!("deviceConfiguration--macOSEndpointProtectionConfiguration_{name}"),
        "value": value, "valueJson": value.to_string()})
}

fn tenant(id: &str, field: &Field, settings: &[Value]) -> TenantSeed {
    let mut tenant = empty(id, if id == TRIAL { "Contoso Trial" } else { "Fabrikam Production" });
    tenant.field = field.clone();
    tenant.objects = json!({
        "deviceManagement/templates": [{"@odata.type": "#microsoft.graph.deviceManagementTemplate", "id": TEMPLATE,
            "displayName": "Disk encryption", "templateType": "securityTemplate", "templateSubtype": "diskEncryption",
            "platformType": "macOS", "isDeprecated": false}],
        INTENTS: [{"@odata.type": "#microsoft.graph.deviceManagementIntent", "displayName": "Mac - FileVault",
            "id": format!("a1000000-0000-4000-8000-0000000001{}", if id == TRIAL { "41" } else { "42" }),
            "description": "Encrypt", "roleScopeTagIds": ["0"], "templateId": TEMPLATE, "settings": settings}],
    });
    tenant
}

/// The settings of the target that say something, by the end of their names.
fn set(env: &Env) -> Vec<(String, String)> {
    let state = env.sandbox().state(PRODUCTION);
    let settings = state[INTENTS][0]["settings"].as_array().unwrap().iter();
    let text = |setting: &Value, key: &str| setting[key].as_str().unwrap().to_owned();
    let all = settings.map(|setting| (text(setting, "definitionId"), text(setting, "valueJson")));
    let mut all: Vec<_> = all
        .filter(|(_, value)| value != "null")
        .map(|(name, value)| (name.rsplit('_').next().unwrap().to_owned(), value))
        .collect();
    all.sort();
    all
}

#[test]
fn a_setting_that_is_no_longer_wanted_is_set_to_null_and_comes_back_when_that_is_undone() {
    for answers in [&[][..], &[Answer::NullSettingsDropped]] {
        let place = format!("{answers:?}");
        let field = answers.iter().copied().collect::<Field>();
        let wanted = [setting("fileVaultEnabled", &json!(true)), setting("added", &json!(false))];
        let there = [
            setting("fileVaultEnabled", &json!(true)),
            setting("hideKey", &json!(true)),
            // Nobody configured it, and it is listed all the same.
            setting("untouched", &Value::Null),
        ];
        let env = Env::start(vec![tenant(TRIAL, &field, &wanted), tenant(PRODUCTION, &field, &there)], quick());
        let only = ["--only", "intents"];
        env.ferry(&[&["export", "trial", "--out", "tree"], &only[..]].concat()).exits(0);
        let before = set(&env);
        let options = ["--on-conflict", "update", "--journal", "run.ndjson", YES];
        let import = [&["import", "tree", "--to", "production"], &only[..], &options].concat();
        let done = env.run(&import);
        assert_eq!((&done["exitCode"], &done["counts"]["updated"]), (&json!(0), &json!(1)), "{place}: {done:#}");
        let is = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(set(&env), [is("added", "false"), is("fileVaultEnabled", "true")], "{place}");
        let sent = env.sandbox().requests(PRODUCTION).into_iter().filter(|it| it.path.ends_with("updateSettings"));
        let sent: Vec<Value> = sent.filter_map(|request| request.body).collect();
        assert_eq!(sent.len(), 1, "{place}");
        let gone = sent[0]["settings"].as_array().unwrap().last().unwrap();
        assert_eq!(gone["valueJson"], "null", "{place}: {gone}");
        assert!(gone.get("value").is_none() && gone["definitionId"].as_str().unwrap().ends_with("hideKey"), "{gone}");

        // Null or not listed: both are the tree's.
        let writes = env.writes(PRODUCTION);
        env.ferry(&[&["verify", "tree", "--to", "production"], &only[..]].concat()).exits(0);
        env.ferry(&[&["diff", "tree", "tenant:production"], &only[..]].concat()).exits(0);
        env.ferry(&[&["import", "tree", "--to", "production"], &only[..], &["--on-conflict", "update", YES]].concat())
            .exits(0);
        assert_eq!(env.writes(PRODUCTION), writes, "{place}: the second import wrote");
        env.ferry(&["undo", "run.ndjson", YES]).exits(0);
        assert_eq!(set(&env), before, "{place}, undone");
    }
}
