//! Objects of the source that only a text names: in a script, a profile, a setting, an OMA value, kept as a secret or
//! not. They are entries of the mapping like all others, and nothing of them crosses as it is.

mod binary;
mod lost;
mod planted;
mod secrets;
mod sids;
mod structure;
mod tenant_ids;
mod unknown;

use std::collections::HashSet;

use age::secrecy::ExposeSecret as _;
use intune_ferry::policy::decode::to_base64;
use intune_ferry::policy::{Marks, sweep};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION};

pub const SCRIPTS: &str = "deviceManagement/deviceManagementScripts";
pub const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";
pub const CATALOG: &str = "deviceManagement/configurationPolicies";

/// A made-up id.
pub fn id(number: u32) -> String {
    format!("{number:08x}-71b4-4c5e-9d3a-0123456789ab")
}

pub fn group(number: u32, name: &str) -> Value {
    json!({"id": id(number), "displayName": name, "mailNickname": format!("g{number}"), "mailEnabled": false,
        "securityEnabled": true, "groupTypes": []})
}

pub fn script(number: u32, name: &str, bytes: &[u8]) -> Value {
    json!({"@odata.type": "#microsoft.graph.deviceManagementScript", "id": id(number), "displayName": name,
        "description": "", "enforceSignatureCheck": false, "runAs32Bit": false, "runAsAccount": "system",
        "fileName": "script.ps1", "roleScopeTagIds": ["0"], "scriptContent": to_base64(bytes)})
}

/// A settings catalog policy whose settings are these texts.
pub fn catalog(number: u32, name: &str, settings: &[(&str, &str)]) -> Value {
    let setting = |(index, (definition, value)): (usize, &(&str, &str))| {
        json!({"id": index.to_string(), "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": definition, "settingInstanceTemplateReference": null,
            "simpleSettingValue": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "settingValueTemplateReference": null, "value": value}}})
    };
    json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationPolicy", "id": id(number), "name": name,
        "description": "", "platforms": "windows10", "technologies": "mdm", "roleScopeTagIds": ["0"],
        "templateReference": {"templateId": "", "templateFamily": "none"},
        "settings": settings.iter().enumerate().map(setting).collect::<Vec<_>>()})
}

/// A profile of OMA settings.
pub fn custom(number: u32, name: &str, settings: &[Value]) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": id(number), "displayName": name,
        "description": null, "roleScopeTagIds": ["0"], "omaSettings": settings})
}

/// An OMA setting; XML is base64 in Graph.
pub fn oma(kind: &str, uri: &str, value: &str) -> Value {
    let value = if kind == "omaSettingStringXml" { to_base64(value.as_bytes()) } else { value.to_owned() };
    let mut setting = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "displayName": uri, "description": null,
        "omaUri": uri, "secretReferenceValueId": null, "isEncrypted": false, "value": value});
    if kind == "omaSettingStringXml" {
        setting["fileName"] = json!("values.xml");
    }
    setting
}

/// Exports the source with its secrets in `trial.age`, which `key.txt` opens.
pub fn export_with_secrets(env: &Env) {
    let identity = age::x25519::Identity::generate();
    std::fs::write(env.path("key.txt"), identity.to_string().expose_secret()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(env.path("key.txt"), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let recipient = identity.to_public().to_string();
    env.ferry(&["export", "trial", "--out", "tree", "--secrets", "trial.age", "--recipient", &recipient]).exits(0);
}

/// Opens those secrets, with the mapping.
pub const OPEN: [&str; 6] = ["--mapping", "mapping.json", "--secrets", "trial.age", "--identity", "key.txt"];

/// The object of the target that has this name.
pub fn of_target(env: &Env, collection: &str, name: &str) -> Value {
    let state = env.sandbox().state(PRODUCTION);
    let list = state[collection].as_array().cloned().unwrap_or_default();
    let named = |object: &Value| object["displayName"] == name || object["name"] == name;
    list.into_iter().find(named).unwrap_or_else(|| panic!("{name} is not in the target"))
}

/// Whether an object holds an id, however it is written and wrapped.
pub fn holds(object: &Value, id: &str) -> bool {
    let marks = Marks { ids: HashSet::from([id.to_owned()]), ..Marks::default() };
    !sweep(object, &marks, &|_, _| false).is_empty()
}

/// The mapping's entry for an id.
pub fn entry(env: &Env, id: &str) -> Value {
    let mapping: Value = serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap();
    let entries = mapping["entries"].as_array().cloned().unwrap_or_default();
    entries.into_iter().find(|entry| entry["source"]["id"] == id).unwrap_or_else(|| panic!("{id}: {mapping:#}"))
}

/// What a plan or an import did with the policy of this name.
pub fn action<'a>(document: &'a Value, name: &str) -> &'a str {
    let objects = document["objects"].as_array().into_iter().flatten();
    let found = objects.filter(|object| object["name"] == name).find_map(|object| object["action"].as_str());
    found.unwrap_or_else(|| panic!("{name} is not in {document:#}"))
}
