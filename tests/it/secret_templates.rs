//! Which secrets a tree needs, written down to be filled in; and that nothing which stands in a secret's place is taken
//! for one.

use intune_ferry::config::secrets_file::{self, Recipients};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, YES, exported};
use crate::objects::{CONFIGURATIONS, guid};

fn wifi(number: u32, name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windowsWifiConfiguration", "id": guid(number), "description": "",
        "displayName": name, "networkName": name, "ssid": name, "connectAutomatically": true,
        "connectWhenNetworkNameIsHidden": false, "roleScopeTagIds": ["0"], "wifiSecurityType": "wpa2Personal",
        "preSharedKey": "of the source"})
}

fn custom(number: u32) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": guid(number), "description": "",
        "displayName": "Custom", "roleScopeTagIds": ["0"],
        "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "displayName": "License key",
            "description": "", "omaUri": "./Vendor/Key", "isEncrypted": true, "value": "****",
            "secretReferenceValueId": "5b0e1f2a-0000-4000-8000-000000000001"}]})
}

fn template(env: &Env) -> Value {
    env.ferry(&["secrets", "template", "tree", "--out", "secrets.json"]).exits(0);
    serde_json::from_slice(&std::fs::read(env.path("secrets.json")).unwrap()).unwrap()
}

/// Encrypts what the template became.
fn encrypt(env: &Env, template: &Value) {
    let identity = age::x25519::Identity::generate();
    std::fs::write(env.path("key.txt"), format!("{}\n", identity.to_string().expose_secret())).unwrap();
    let secrets = template["secrets"].as_object().unwrap().iter();
    let secrets = secrets.map(|(key, value)| (key.clone(), value.as_str().unwrap().into())).collect();
    let recipients = Recipients::parse(&[identity.to_public().to_string()]).unwrap();
    secrets_file::save(&env.path("trial.age"), &recipients, &secrets).unwrap();
}

#[test]
fn a_template_names_every_secret_with_its_setting_and_is_never_written_over() {
    let env = exported(&json!({CONFIGURATIONS: [wifi(1, "Office"), wifi(2, "Lab"), custom(3)]}), &json!({}));
    let written = template(&env);
    let secrets = written["secrets"].as_object().unwrap();
    assert_eq!((written["format"].as_u64(), secrets.len()), (Some(1), 3), "{written:#}");
    for what in [
        "REPLACE THIS: preSharedKey in device-configurations/Office",
        "REPLACE THIS: preSharedKey in device-configurations/Lab",
        "REPLACE THIS: value of \"License key\" in device-configurations/Custom",
    ] {
        assert!(secrets.values().any(|value| value == what), "{what}: {written:#}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(env.path("secrets.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else may read it");
    }
    std::fs::write(env.path("secrets.json"), "filled in").unwrap();
    let refused = env.ferry(&["secrets", "template", "tree", "--out", "secrets.json"]).exits(2);
    assert!(refused.err.contains("which is not a new file"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(env.path("secrets.json")).unwrap(), "filled in");
    let inside = env.ferry(&["secrets", "template", "tree", "--out", "tree/secrets.json"]).exits(2);
    assert!(inside.err.contains("inside the tree"), "{}", inside.err);
    // The finding of a plan names the setting, too.
    let text = env.ferry(&["plan", "tree", "--to", "production"]).exits(4).out;
    assert!(text.contains("(value of \"License key\")") && text.contains("(preSharedKey)"), "{text}");
}

#[test]
fn what_stands_in_a_secrets_place_is_refused_by_every_command() {
    let env = exported(&json!({CONFIGURATIONS: [wifi(1, "Office"), wifi(2, "Lab")]}), &json!({}));
    let written = template(&env);
    let keys: Vec<String> = written["secrets"].as_object().unwrap().keys().cloned().collect();
    let given = ["--secrets", "trial.age", "--identity", "key.txt"];
    let commands: [&[&str]; 2] =
        [&["plan", "tree", "--to", "production"], &["import", "tree", "--to", "production", YES]];
    for mask in ["****", "••••••••", "REPLACE THIS: preSharedKey", " ", ""] {
        let mut filled = written.clone();
        filled["secrets"][&keys[0]] = json!("correct horse battery");
        filled["secrets"][&keys[1]] = json!(mask);
        encrypt(&env, &filled);
        for command in commands {
            let refused = env.ferry(&[command, &given].concat()).exits(2);
            let said = &refused.err;
            assert!(said.contains(&keys[1]) && !said.contains(&keys[0]) && !said.contains("horse"), "{mask}: {said}");
        }
    }
    assert_eq!(env.writes(PRODUCTION), 0);
    // So does undo, before it asks for anything.
    let refused = env.ferry(&[&["undo", "ferry-runs/move.ndjson"][..], &given].concat()).exits(2);
    assert!(refused.err.contains(&keys[1]), "{}", refused.err);
    // In a variable it counts as not given.
    let plan = ["plan", "tree", "--to", "production", "--format", "json"];
    let variables = [(keys[0].as_str(), "correct horse battery"), (keys[1].as_str(), "********")];
    let planned = env.ferry_with(&plan, &variables).exits(4).json();
    assert_eq!((&planned["counts"]["create"], &planned["counts"]["blocked"]), (&json!(1), &json!(1)), "{planned:#}");
    assert!(planned.to_string().contains("is a mask or a placeholder: preSharedKey"), "{planned:#}");
    // The text says so as well, without -v.
    let said = env.ferry_with(&plan[..4], &variables).exits(4).out.replace("\n        ", " ");
    assert!(said.contains("is a mask or a placeholder: preSharedKey"), "{said}");
    // Whoever has only one secret takes the other line out.
    let mut filled = written.clone();
    filled["secrets"].as_object_mut().unwrap().remove(&keys[1]);
    filled["secrets"][&keys[0]] = json!("correct horse battery");
    encrypt(&env, &filled);
    let planned = env.ferry(&[&plan[..], &given].concat()).exits(4).json();
    assert_eq!((&planned["counts"]["create"], &planned["counts"]["blocked"]), (&json!(1), &json!(1)), "{planned:#}");
}
