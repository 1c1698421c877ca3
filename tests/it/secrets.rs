//! Secrets: kept apart from a tree by age, given back on the way into another tenant, and seen nowhere else.

use std::collections::BTreeMap;

use intune_ferry::config::secrets_file;
use intune_ferry::sandbox::{Behaviour, Failure, Fault};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, TRIAL, YES, empty, quick, shows};
use crate::objects::CONFIGURATIONS;

const OMA: &str = "oma-plain-Zq7w1";
const XML: &str = "<wlan><key>xml-plain-Zq7w2</key></wlan>";
const PRODUCT: &str = "ZQ7W3-PLAIN-AAAAA-BBBBB-CCCCC";
const WORKSPACE: &str = "workspace-plain-Zq7w4==";
const WIFI: &str = "wifi-plain-\"Zq7w5\"";
const ANDROID: &str = "android-plain-Zq7w6";
const VPN: &str = "vpn-plain-Zq7w7";
const CATALOG: &str = "catalog-plain-Zq7w8";
const BLOB: &str = "blob-plain-Zq7w9";
/// What none of them may be found by.
const TRACES: [&str; 9] = [
    "plain-Zq7w1",
    "plain-Zq7w2",
    "ZQ7W3-PLAIN",
    "plain-Zq7w4",
    "plain-\\\"Zq7w5",
    "plain-Zq7w6",
    "plain-Zq7w7",
    "plain-Zq7w8",
    "plain-Zq7w9",
];

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

fn id(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

/// One policy for each kind of secret, with values that begin as given.
fn policies(value: impl Fn(&str) -> String) -> Value {
    let configuration = |number: u32, kind: &str, more: Value| {
        let mut body = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "id": id(number), "description": "",
            "displayName": format!("{number} {kind}"), "roleScopeTagIds": ["0"]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let oma = |kind: &str, uri: &str, value: &str| {
        let mut setting = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "displayName": uri, "description": "",
            "omaUri": uri, "value": value});
        if kind.ends_with("Xml") {
            setting["fileName"] = json!("a.xml");
        }
        setting
    };
    let wifi =
        json!({"ssid": "x", "networkName": "x", "connectAutomatically": true, "connectWhenNetworkNameIsHidden": false});
    let wifi = |more: Value| {
        let mut body = wifi.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let secret = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
        "value": value(CATALOG), "valueState": "notEncrypted"});
    json!({
        CONFIGURATIONS: [
            configuration(1, "windows10CustomConfiguration", json!({"omaSettings": [
                oma("omaSettingString", "./Vendor/A", &value(OMA)),
                oma("omaSettingStringXml", "./Vendor/B", &base64(&value(XML)))]})),
            configuration(2, "editionUpgradeConfiguration", json!({"productKey": value(PRODUCT), "licenseType": "productKey",
                "targetEdition": "windows10Enterprise", "windowsSMode": "noRestriction"})),
            configuration(3, "windows10TeamGeneralConfiguration",
                json!({"azureOperationalInsightsWorkspaceKey": value(WORKSPACE)})),
            configuration(4, "windowsWifiConfiguration",
                wifi(json!({"wifiSecurityType": "wpa2Personal", "preSharedKey": value(WIFI)}))),
            configuration(5, "androidDeviceOwnerWiFiConfiguration",
                wifi(json!({"wiFiSecurityType": "wpaPersonal", "preSharedKey": value(ANDROID), "proxySettings": "none"}))),
            configuration(6, "iosikEv2VpnConfiguration", json!({"sharedSecret": value(VPN), "authenticationMethod": "sharedSecret"})),
            configuration(7, "windowsDefenderAdvancedThreatProtectionConfiguration",
                json!({"advancedThreatProtectionOnboardingBlob": value(BLOB),
                    "advancedThreatProtectionAutoPopulateOnboardingBlob": false})),
        ],
        "deviceManagement/configurationPolicies": [{
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "id": id(8), "name": "8 catalog",
            "description": "", "platforms": "windows10", "technologies": "mdm", "roleScopeTagIds": ["0"],
            "templateReference": {"templateId": "", "templateFamily": "none"},
            "settings": [{"id": "0", "settingInstance": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                "settingDefinitionId": "device_vendor_msft_key", "simpleSettingValue": secret}}]}],
    })
}

/// A key pair in the folder: `NAME` is the file of the identity; gives the recipient.
fn key(env: &Env, name: &str) -> String {
    let identity = age::x25519::Identity::generate();
    std::fs::write(env.path(name), format!("# a key\n{}\n", identity.to_string().expose_secret())).unwrap();
    close(env, name, 0o600);
    identity.to_public().to_string()
}

#[cfg(unix)]
fn close(env: &Env, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(env.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Env, _: &str, _: u32) {}

fn tenants(behaviour: Behaviour) -> Env {
    let mut source = empty(TRIAL, "Contoso Trial");
    source.objects = policies(str::to_owned);
    Env::start(vec![source, empty(PRODUCTION, "Fabrikam")], behaviour)
}

/// The names of a tree's secrets, by the id of the policy and the place's last words.
fn names(env: &Env) -> BTreeMap<String, Vec<String>> {
    fn below(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(name) if key.ends_with("@ferry.secret") => out.push(name.clone()),
                _ => below(value, out),
            }),
            Value::Array(list) => list.iter().for_each(|value| below(value, out)),
            _ => {}
        }
    }
    let mut names = BTreeMap::new();
    for (file, bytes) in env.files("tree") {
        if let Ok(body) = serde_json::from_slice::<Value>(&bytes)
            && file.contains('/')
        {
            let mut found = Vec::new();
            below(&body, &mut found);
            names.insert(body["id"].as_str().unwrap().to_owned(), found);
        }
    }
    names
}

/// The variables for what no export can read.
fn variables(env: &Env, value: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let names = names(env);
    [(4, WIFI), (5, ANDROID), (6, VPN), (7, BLOB), (8, CATALOG)]
        .into_iter()
        .map(|(number, secret)| (names[&id(number)][0].clone(), value(secret)))
        .collect()
}

fn together<'a>(variables: &'a [(String, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(more.iter().copied()).collect()
}

fn export(env: &Env, recipient: &str, more: &[&str]) -> Ran {
    let args = ["export", "trial", "--out", "tree", "--secrets", "trial.age", "--recipient", recipient];
    env.ferry(&[&args, more].concat())
}

/// What a tenant keeps of secrets, sorted.
fn kept(env: &Env, tenant: &str) -> Vec<String> {
    let secrets = env.sandbox().secrets(tenant);
    let mut kept: Vec<String> = secrets.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    kept.sort();
    kept
}

/// Everything that the program wrote or said.
fn assert_unseen(env: &Env, said: &[&Ran], value: &str) {
    let mut texts: Vec<(String, Vec<u8>)> = env.files(".").into_iter().collect();
    texts.extend(
        said.iter().map(|ran| (format!("output of {}", ran.code), [ran.out.as_bytes(), ran.err.as_bytes()].concat())),
    );
    for (name, bytes) in texts.iter().filter(|(name, _)| name != "key.txt") {
        let text = String::from_utf8_lossy(bytes);
        for trace in TRACES.iter().copied().chain([value]).filter(|trace| !trace.is_empty()) {
            for form in [trace.to_owned(), trace.replace('\\', ""), base64(trace).trim_end_matches('=').to_owned()] {
                assert!(!text.contains(&form), "{name} holds {form}");
            }
        }
    }
}

#[test]
fn every_kind_of_secret_crosses_and_is_seen_nowhere() {
    // The service refuses the first creation and repeats a key in its words.
    let message = Some(format!("The key {} is not accepted: {WIFI}", json!(WIFI)));
    let fault = Fault {
        method: Some(String::from("POST")),
        path: CONFIGURATIONS.to_owned(),
        status: Failure::Status(400),
        times: Some(1),
        message,
        ..Fault::default()
    };
    let env = tenants(Behaviour { faults: vec![fault], ..quick() });
    let recipient = key(&env, "key.txt");
    let loud = [("RUST_LOG", "trace")];
    let log = ["-vv", "--log-file", "requests.log"];
    let args = ["export", "trial", "--out", "tree", "--secrets", "trial.age", "--recipient", &recipient];
    let exported = env.ferry_with(&[&args[..], &log].concat(), &loud).exits(0);
    assert!(
        ["4 secrets", "trial.age", "5 could not"].iter().all(|fact| exported.out.contains(fact)),
        "{}",
        exported.out
    );
    let before = env.files("tree");
    export(&env, &recipient, &["--incremental"]).exits(0);
    let again = export(&env, &recipient, &["--incremental", "--format", "json"]).exits(0).json();
    assert_eq!(env.files("tree"), before, "an unchanged tenant produces identical files");
    assert_eq!(again["details"]["secrets"], json!({"file": "trial.age", "kept": 4, "missing": 5}));
    let inside = secrets_file::load(&env.path("trial.age"), &env.path("key.txt")).unwrap();
    let mut clear: Vec<&str> = inside.values().map(ExposeSecret::expose_secret).collect();
    clear.sort_unstable();
    assert_eq!(clear, [XML, PRODUCT, OMA, WORKSPACE]);

    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let common = ["tree", "--to", "production", "--mapping", "mapping.json"];
    let without = env.ferry(&[&["plan"], &common[..], &["--format", "json"]].concat()).json();
    let blocked = without["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "blocked");
    assert_eq!(blocked.count(), 8, "{without:#}");

    let given = variables(&env, str::to_owned);
    let secrets = ["--secrets", "trial.age", "--identity", "key.txt"];
    let plan = [&["plan"], &common[..], &secrets, &["--out", "plan.json", "--html", "plan.html"], &log].concat();
    let planned = env.ferry_with(&plan, &together(&given, &loud)).exits(3);
    let import =
        [&["import"], &common[..], &secrets, &[YES, "--journal", "run.ndjson", "--html", "run.html"], &log].concat();
    let refused = env.ferry_with(&import, &together(&given, &loud)).exits(5);
    assert!(
        refused.err.contains("is not accepted: FERRY_DEVICE_CONFIGURATIONS_") || refused.out.contains("FERRY_"),
        "{}",
        refused.out
    );
    assert!(std::fs::read_to_string(env.path("run.ndjson")).unwrap().contains("is not accepted"));
    let second = [&import[..], &["--format", "json"]].concat();
    let second: Vec<&str> =
        second.iter().map(|word| if *word == "run.ndjson" { "second.ndjson" } else { word }).collect();
    let imported = env.ferry_with(&second, &together(&given, &loud)).exits(0);

    let mut wanted =
        [OMA, &base64(XML), PRODUCT, WORKSPACE, WIFI, ANDROID, VPN, CATALOG, BLOB].map(str::to_owned).to_vec();
    // What the service shows anyone stays on the object.
    let state = env.sandbox().state(PRODUCTION);
    let own = |number: u32, property: &str| {
        let list = state[CONFIGURATIONS].as_array().unwrap();
        let name = format!("{number} ");
        let object = list.iter().find(|object| object["displayName"].as_str().unwrap().starts_with(&name)).unwrap();
        object[property].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(own(2, "productKey"), PRODUCT);
    assert_eq!(own(3, "azureOperationalInsightsWorkspaceKey"), WORKSPACE);
    wanted.retain(|secret| secret != PRODUCT && secret != WORKSPACE);
    wanted.sort();
    assert_eq!(kept(&env, PRODUCTION), wanted);
    assert_unseen(&env, &[&exported, &planned, &refused, &imported], "");

    // Without secrets nothing that holds one is written, and no mask ever left for the target.
    let sent = env.sandbox().requests(PRODUCTION);
    let bodies: String = sent.iter().filter_map(|request| request.body.as_ref()).map(Value::to_string).collect();
    assert!(!bodies.contains("****") && !bodies.contains("encryptedValueToken") && bodies.contains(CATALOG));
}

#[test]
fn secrets_are_sent_again_on_request_and_come_back_with_undo() {
    let env = tenants(quick());
    let recipient = key(&env, "key.txt");
    export(&env, &recipient, &["--only", "device-configurations", "--name", "1 *"]).exits(0);
    let common = ["tree", "--to", "production", YES, "--format", "json"];
    let secrets = ["--secrets", "trial.age", "--identity", "key.txt"];
    env.ferry(&[&["import"], &common[..], &secrets].concat()).exits(0);
    env.ferry(&["export", "production", "--out", "before", "--secrets", "before.age", "--recipient", &recipient])
        .exits(0);
    let old = kept(&env, PRODUCTION);

    // What cannot be compared is not a difference, and is left alone.
    let again = env.ferry(&[&["import"], &common[..], &secrets].concat()).exits(0).json();
    assert_eq!(again["objects"][0]["action"], "unchanged", "{again:#}");
    let names = &names(&env)[&id(1)];
    let new: Vec<(String, String)> = names.iter().map(|name| (name.clone(), String::from("new-Zq7w0"))).collect();
    let send = [&["import"], &common[..], &["--send-secrets", "--journal", "run.ndjson"]].concat();
    let partly = env.ferry_with(&send, &together(&new[..1], &[])).exits(0).json();
    assert_eq!(partly["objects"][0]["action"], "unchanged", "{partly:#}");
    shows(&partly, &["needs-secret"]);
    let sent = env.ferry_with(&send, &together(&new, &[])).exits(0).json();
    assert_eq!(sent["objects"][0]["action"], "updated", "{sent:#}");
    let is_there = |secret: &str| kept(&env, PRODUCTION).iter().any(|kept| kept == secret);
    assert!(is_there("new-Zq7w0") && is_there(&base64("new-Zq7w0")));

    // The journal does not know what they were: it says so, and takes them from an export of before.
    let undo = ["undo", "run.ndjson", YES, "--format", "json"];
    let alone = env.ferry(&undo).exits(4).json();
    assert_eq!(alone["objects"][0]["action"], "stays", "{alone:#}");
    assert!(alone.to_string().contains("--secrets"), "{alone:#}");
    let undone = env.ferry(&[&undo[..], &["--secrets", "before.age", "--identity", "key.txt"]].concat()).exits(0);
    assert_eq!(undone.json()["objects"][0]["action"], "restored", "{}", undone.out);
    assert!(old.iter().all(|secret| is_there(secret)), "{old:?}");
    assert_unseen(&env, &[&undone], "new-Zq7w0");
}

#[test]
fn who_may_not_read_secrets_is_told_and_loses_none() {
    let mut source = empty(TRIAL, "Contoso Trial");
    source.objects = policies(str::to_owned);
    source.permissions =
        vec![String::from("DeviceManagementConfiguration.Read.All"), String::from("Organization.Read.All")];
    let env = Env::start(vec![source], quick());
    let recipient = key(&env, "key.txt");
    let only = ["--only", "device-configurations", "--name", "1 *"];
    let first = export(&env, &recipient, &only).exits(5);
    let advice = "DeviceManagementConfiguration.ReadWrite.All";
    assert!(first.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(advice), "{}", first.out);
    let file = std::fs::read(env.path("trial.age")).unwrap();
    let second = export(&env, &recipient, &[&only[..], &["--format", "json"]].concat()).exits(5).json();
    shows(&second, &["read-failed", "secrets-file-kept"]);
    assert_eq!(std::fs::read(env.path("trial.age")).unwrap(), file);
    let unreadable =
        export(&env, &recipient, &["--only", "device-configurations", "--name", "4 *", "--format", "json"]).json();
    shows(&unreadable, &["secret-not-readable"]);
    let codes: Vec<&Value> =
        unreadable["findings"].as_array().unwrap().iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["secret-not-readable"], "{unreadable:#}");
}

#[test]
fn what_is_wrong_with_files_and_keys_is_said_before_anything_is_asked() {
    let env = tenants(quick());
    let recipient = key(&env, "key.txt");
    key(&env, "other.txt");
    let secret_key = std::fs::read_to_string(env.path("other.txt")).unwrap();
    let secret_key = secret_key.lines().last().unwrap();
    std::fs::write(env.path("notes.txt"), "my notes").unwrap();
    let export_with = |file: &str, recipient: &str| {
        env.ferry(&["export", "trial", "--out", "tree", "--secrets", file, "--recipient", recipient]).exits(2).err
    };
    assert!(export_with("tree/s.age", &recipient).contains("inside the tree"));
    assert!(export_with("notes.txt", &recipient).contains("which is not a file that age encrypted"));
    assert!(export_with("s.age", "age1nonsense").contains("is not a recipient"));
    let error = export_with("s.age", secret_key);
    assert!(error.contains("secret key") && !error.contains(secret_key), "{error}");
    assert!(env.sandbox().requests(TRIAL).is_empty() && !env.path("tree").exists());

    export(&env, &recipient, &["--only", "device-configurations", "--name", "1 *"]).exits(0);
    let plan_with = |secrets: &[&str]| env.ferry(&[&["plan", "tree", "--to", "production"], secrets].concat());
    for (secrets, says) in [
        (&["--secrets", "trial.age", "--identity", "other.txt"][..], "none of the keys in other.txt"),
        (&["--secrets", "notes.txt", "--identity", "key.txt"], "not an age file"),
        (&["--secrets", "trial.age", "--identity", "notes.txt"], "notes.txt:1: not an age key"),
        (&["--secrets", "trial.age"], "--identity"),
    ] {
        let error = plan_with(secrets).exits(2).err;
        assert!(error.contains(says), "{error}");
    }
    let mut damaged = std::fs::read(env.path("trial.age")).unwrap();
    damaged.truncate(damaged.len() - 3);
    std::fs::write(env.path("damaged.age"), damaged).unwrap();
    assert!(plan_with(&["--secrets", "damaged.age", "--identity", "key.txt"]).exits(2).err.contains("damaged"));
    close(&env, "key.txt", 0o644);
    let open = plan_with(&["--secrets", "trial.age", "--identity", "key.txt"]).exits(3);
    assert!(!cfg!(unix) || open.err.contains("chmod 600 key.txt"), "{}", open.err);
}
