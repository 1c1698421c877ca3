//! Tests of what is filled in, what is needed, and that no mask ever counts as a secret.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;

struct Given(&'static [(&'static str, &'static str)]);

impl SecretSource for Given {
    fn secret(&self, key: &str) -> Option<SecretString> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| SecretString::from(*value))
    }
}

const ALL: Given = Given(&[("FERRY_A", "one"), ("FERRY_B", "<x/>")]);

fn custom() -> Policy {
    let body = json!({"id": "1", "displayName": "C", "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": "./A", "value@ferry.secret": "FERRY_A"},
            {"@odata.type": "#microsoft.graph.omaSettingStringXml", "omaUri": "./B", "value@ferry.secret": "FERRY_B"},
            {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": "./C", "isEncrypted": false, "value": "*"}]});
    Policy::new("device-configurations", body.as_object().unwrap().clone())
}

fn filled(policy: &Policy, secrets: &dyn SecretSource) -> Result<Value, Box<Finding>> {
    let catalogue = Catalogue::built_in().unwrap();
    let mut body = policy.to_value();
    fill_in(&mut body, policy, catalogue.get(&policy.type_name).unwrap(), secrets)?;
    Ok(body)
}

#[test]
fn a_secret_goes_in_as_the_service_takes_it() {
    let body = filled(&custom(), &ALL).unwrap();
    let setting = |index: usize| body["omaSettings"][index].clone();
    assert_eq!((&setting(0)["value"], &setting(0)["isEncrypted"]), (&json!("one"), &json!(false)));
    assert_eq!(setting(1)["value"], "PHgvPg==");
    assert!(!body.to_string().contains(MARK));
}

#[test]
fn what_is_missing_or_masked_is_named_and_not_sent() {
    for secrets in [Given(&[("FERRY_A", "one")]), Given(&[("FERRY_A", "one"), ("FERRY_B", "****")])] {
        let finding = filled(&custom(), &secrets).unwrap_err();
        assert!(finding.is(&codes::NEEDS_SECRET) && finding.message.contains("FERRY_B"), "{finding:?}");
        assert_eq!(finding.at.as_deref(), Some("/omaSettings/1/value"));
    }
    let mut shown = custom();
    shown.body["omaSettings"][2]["value"] = json!("****");
    let finding = filled(&shown, &ALL).unwrap_err();
    assert_eq!(finding.at.as_deref(), Some("/omaSettings/2/value"));
    assert!(finding.fix.contains("value@ferry.secret"), "{finding:?}");
    let catalogue = Catalogue::built_in().unwrap();
    let missing = missing(&shown, catalogue.get("device-configurations").unwrap(), &NoSecrets);
    assert_eq!(missing.len(), 3);
}

#[test]
fn a_token_of_another_tenant_is_no_secret() {
    let body = json!({"settings": [{"settingInstance": {"simpleSettingValue": {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
        "value": "0f3c2a91-1111-4222-8333-444455556666", "valueState": "encryptedValueToken"}}}]});
    let policy = Policy::new("settings-catalog", body.as_object().unwrap().clone());
    assert!(filled(&policy, &ALL).unwrap_err().is(&codes::NEEDS_SECRET));
}

#[test]
fn a_change_needs_the_secrets_that_it_sends() {
    let catalogue = Catalogue::built_in().unwrap();
    let needs = |policy: &Policy, changed: &[&str], again| {
        let policy_type = catalogue.get(&policy.type_name).unwrap();
        missing_to_change(policy, policy_type, &changed.iter().copied().collect(), again, &NoSecrets).len()
    };
    // PATCH: only what differs is sent.
    assert_eq!(needs(&custom(), &["displayName"], false), 0);
    assert_eq!(needs(&custom(), &["omaSettings"], false), 2);
    assert_eq!(needs(&custom(), &["displayName"], true), 2);
    // PUT: everything is.
    let body = json!({"settings": [{"value@ferry.secret": "FERRY_A"}]});
    assert_eq!(needs(&Policy::new("settings-catalog", body.as_object().unwrap().clone()), &["name"], false), 1);
}
