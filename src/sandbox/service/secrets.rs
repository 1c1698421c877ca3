//! Values that go in and never come out: OMA-URI strings, settings catalog secrets, passwords.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::model::Model;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing, refuse};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::tenant::store::{Tenant, text};

/// evidence: "OMA strings masked".
const MASK: &str = "****";
/// evidence: "XML masked as base64 of <a/>".
const XML_MASK: &str = "PGEvPg==";

/// Properties that read back null. portability.md E.
const SILENT: [&str; 10] = [
    "preSharedKey",
    "wifiPassword",
    "adminAccountPassword",
    "password",
    "sharedSecret",
    "encryptedPfxPassword",
    "advancedThreatProtectionOnboardingBlob",
    "advancedThreatProtectionOffboardingBlob",
    "symantecCodeSigningCertificate",
    "token",
];

/// Checks secrets in a body. `known` tells whether references that this tenant gave out may come back, as in an update.
pub(crate) fn check(tenant: &Tenant, value: &Value, known: bool) -> Result<(), Refusal> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(tenant, item, known)),
        Value::Object(map) => {
            check_object(tenant, map, known)?;
            map.values().try_for_each(|item| check(tenant, item, known))
        }
        _ => Ok(()),
    }
}

fn check_object(tenant: &Tenant, map: &Map<String, Value>, known: bool) -> Result<(), Refusal> {
    let ours = |token: &str| known && tenant.secrets.contains_key(token);
    let reference = text(map, "secretReferenceValueId");
    // quirk 13; SAM#179.
    if !reference.is_empty() && !ours(reference) {
        return Err(bad("secretReferenceValueId cannot be set: send the plain value"));
    }
    match text(map, "@odata.type") {
        "#microsoft.graph.omaSettingStringXml"
            if reference.is_empty() && STANDARD.decode(text(map, "value")).is_err() =>
        {
            Err(bad("The value of an XML OMA setting must be base64"))
        }
        // api 9: the token works only in the tenant that gave it.
        "#microsoft.graph.deviceManagementConfigurationSecretSettingValue"
            if text(map, "valueState") == "encryptedValueToken" && !ours(text(map, "value")) =>
        {
            Err(bad("The secret setting value token is not valid: send the clear value with valueState notEncrypted"))
        }
        _ => Ok(()),
    }
}

/// Keeps the secrets of an object apart and leaves in it what may be read.
pub(crate) fn conceal(model: &Model, tenant: &mut Tenant, owner: &str, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| conceal(model, tenant, owner, item)),
        Value::Object(map) => {
            conceal_object(model, tenant, owner, map);
            map.values_mut().for_each(|item| conceal(model, tenant, owner, item));
        }
        _ => {}
    }
}

fn conceal_object(model: &Model, tenant: &mut Tenant, owner: &str, map: &mut Map<String, Value>) {
    let ty = text(map, "@odata.type").trim_start_matches("#microsoft.graph.").to_owned();
    match ty.as_str() {
        "omaSettingString" | "omaSettingStringXml" | "omaSettingBase64" => {
            let mask = if ty == "omaSettingStringXml" { XML_MASK } else { MASK };
            let reference = text(map, "secretReferenceValueId").to_owned();
            let clear = map.get("value").cloned().unwrap_or(Value::Null);
            if tenant.secrets.contains_key(&reference) && clear == json!(mask) {
                return;
            }
            let reference = format!("{owner}_{}_{}", Uuid::new_v4(), Uuid::new_v4());
            tenant.secrets.insert(reference.clone(), clear);
            map.insert("value".into(), json!(mask));
            map.insert("isEncrypted".into(), json!(true));
            map.insert("secretReferenceValueId".into(), json!(reference));
        }
        "deviceManagementConfigurationSecretSettingValue" => {
            if text(map, "valueState") == "encryptedValueToken" && tenant.secrets.contains_key(text(map, "value")) {
                return;
            }
            let token = Uuid::new_v4().to_string();
            let clear = map.insert("value".into(), json!(token)).unwrap_or(Value::Null);
            map.insert("valueState".into(), json!("encryptedValueToken"));
            tenant.secrets.insert(token, clear);
        }
        // portability.md E: intents' secret settings, known by the property that their definition is made of.
        "deviceManagementStringSettingInstance" if is_secret_setting(map) => {
            if let Some(clear) = map.insert("value".into(), Value::Null).filter(Value::is_string) {
                tenant.secrets.insert(format!("{owner}#{}", text(map, "definitionId")), clear);
            }
            map.insert("valueJson".into(), Value::Null);
        }
        _ => {
            for name in SILENT {
                let Some(found) = map.get_mut(name).filter(|v| v.is_string()) else {
                    continue;
                };
                let clear = found.take();
                let flag = format!("{name}IsSet");
                if model.property(&ty, &flag).is_some() {
                    map.insert(flag, json!(true));
                }
                tenant.secrets.insert(format!("{owner}#{name}"), clear);
            }
        }
    }
}

/// Whether an intent's setting is a secret.
pub(crate) fn is_secret_setting(setting: &Map<String, Value>) -> bool {
    text(setting, "definitionId").rsplit_once('_').is_some_and(|(_, property)| SILENT.contains(&property))
}

impl Service<'_> {
    /// `getOmaSettingPlainTextValue`: quirk 13, 15, 16.
    pub(crate) fn plain_text(&self, route: &Route, args: &[(String, String)]) -> Outcome {
        self.object(route)?;
        let granted = super::permission::granted(&self.tenant.permissions, self.call);
        let write = "DeviceManagementConfiguration.ReadWrite.All";
        if !granted.is_empty() && !granted.iter().any(|have| have == write) {
            return Err(refuse(
                403,
                "Forbidden",
                format!("Application must have one of the following scopes: {write}"),
            ));
        }
        let reference =
            args.iter().find(|(name, _)| name == "secretReferenceValueId").map_or("", |(_, value)| value.as_str());
        let clear = self.tenant.secrets.get(reference).ok_or_else(|| missing("secret", reference))?;
        // Base64 goes in for XML, the XML itself comes out.
        let owner = self.object(route)?;
        let xml = crate::tenant::store::part(owner, "omaSettings").iter().filter_map(Value::as_object).any(|setting| {
            text(setting, "secretReferenceValueId") == reference
                && text(setting, "@odata.type") == "#microsoft.graph.omaSettingStringXml"
        });
        let shown = match (xml, clear.as_str().and_then(|text| STANDARD.decode(text).ok())) {
            (true, Some(bytes)) => json!(String::from_utf8_lossy(&bytes)),
            _ => clear.clone(),
        };
        Ok(Reply::new(200, json!({"@odata.context": self.context("Edm.String"), "value": shown})))
    }
}
