//! Reads the secrets of policies as far as Graph shows them, to be kept apart from the tree and never in it. The
//! objects are read once more for it: what an export handles otherwise has no secret at any moment.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;
use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::catalogue::sealing::{Taken, take};
use crate::catalogue::secret_rule::Reveal;
use crate::engine::error::ends_run;
use crate::engine::shape::secrets::secrets_of;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::{api, encode, item_path};
use crate::engine::tenant::reader;
use crate::finding::{Finding, codes};
use crate::graph::GraphError;
use crate::policy::Kept;

/// The secrets of some policies.
#[derive(Debug, Default)]
pub struct Revealed {
    /// By their names.
    pub secrets: BTreeMap<String, SecretString>,
    /// What is not among them, and why.
    pub findings: Vec<Finding>,
}

/// Where a secret is to be had.
enum SecretPlace<'a> {
    /// It is shown with the object.
    Shown(String),
    /// This request gives it.
    Ask(String, &'a Reveal),
    /// Nowhere, and why.
    Nowhere(&'static str),
}

/// Reads them. An error of sign-in, or an unreachable service, ends it; anything else is a finding.
pub async fn reveal(tenant: Tenant<'_>, policies: &[Kept]) -> Result<Revealed, GraphError> {
    let mut revealed = Revealed::default();
    let mut by_type: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    for policy in policies.iter().filter(|policy| policy.id().is_some() && !secrets_of(&policy.open()).is_empty()) {
        by_type.entry(&policy.type_name).or_default().push(policy);
    }
    for (name, policies) in by_type {
        if let Some(policy_type) = tenant.catalogue.get(name) {
            of_type(tenant, policy_type, &policies, &mut revealed).await?;
        }
    }
    Ok(revealed)
}

/// The same for policies of one type.
async fn of_type(
    tenant: Tenant<'_>,
    policy_type: &PolicyType,
    policies: &[&Kept],
    revealed: &mut Revealed,
) -> Result<(), GraphError> {
    let ids: Vec<String> = policies.iter().map(|policy| policy.key()).collect();
    let mut asked = Vec::new();
    for (policy, read) in policies.iter().zip(reader::unsealed(tenant, policy_type, &ids).await) {
        let raw = match read {
            Ok(raw) => raw,
            Err(error) if ends_run(&error) => return Err(error),
            Err(error) => {
                let message = format!("the policy's secrets could not be read: {error}");
                revealed.findings.push(Finding::new(&codes::READ_FAILED, policy.subject(), message));
                continue;
            }
        };
        let mut open: BTreeSet<String> = secrets_of(&policy.open()).into_iter().map(|(_, name)| name).collect();
        for taken in take(&raw, policy_type).1.into_iter().filter(|taken| open.remove(&taken.name)) {
            match source(&taken, &item_path(policy_type, &policy.key())) {
                SecretPlace::Shown(secret) => drop(revealed.secrets.insert(taken.name, secret.into())),
                SecretPlace::Ask(path, how) => asked.push((path, how, taken.name.clone(), policy.subject(), taken.at)),
                SecretPlace::Nowhere(why) => {
                    let message = format!("{} is not kept: {why}", taken.name);
                    let finding = Finding::new(&codes::SECRET_NOT_READABLE, policy.subject(), message);
                    revealed.findings.push(finding.at(taken.at));
                }
            }
        }
        // Somebody changed the policy in between.
        let gone = open.into_iter().map(|name| format!("the policy {name} no longer exists; export again"));
        let gone = gone.map(|message| Finding::new(&codes::READ_FAILED, policy.subject(), message));
        revealed.findings.extend(gone);
    }
    let paths: Vec<String> = asked.iter().map(|(path, ..)| path.clone()).collect();
    let answers = if paths.is_empty() { Vec::new() } else { tenant.client.batch(api(policy_type), &paths).await };
    for ((_, how, name, subject, at), answer) in asked.into_iter().zip(answers) {
        match answer {
            Err(error) if ends_run(&error) => return Err(error),
            Err(error) => {
                let message = format!("the secret {name} could not be read: {error}");
                let mut finding = Finding::new(&codes::READ_FAILED, subject, message).at(at);
                if error.is_forbidden() {
                    finding = finding.fix(format!("Grant the application the permission {}.", how.permission));
                }
                revealed.findings.push(finding);
            }
            Ok(answer) => {
                let why = match answer.get("value") {
                    // What is not UTF-8, such as UTF-16, cannot be put together again out of it.
                    Some(Value::String(secret)) if secret.contains(['\u{fffd}', '\0']) => {
                        "Graph's answer has lost characters of it, because it is not text in UTF-8"
                    }
                    Some(Value::String(secret)) => {
                        revealed.secrets.insert(name, secret.as_str().into());
                        continue;
                    }
                    _ => "Graph's answer is not a string",
                };
                let message = format!("{name} is not kept: {why}");
                revealed.findings.push(Finding::new(&codes::SECRET_NOT_READABLE, subject, message).at(at));
            }
        }
    }
    Ok(())
}

fn source<'a>(taken: &Taken<'a>, item: &str) -> SecretPlace<'a> {
    let rule = taken.rule;
    if rule.tenant_own {
        return SecretPlace::Nowhere("the secret belongs to its tenant; the target needs its own");
    }
    let of = |reveal: &Reveal| taken.holder.get(&reveal.parameter).and_then(Value::as_str).filter(|id| !id.is_empty());
    if let Some((reveal, id)) = rule.reveal.as_ref().and_then(|reveal| Some((reveal, of(reveal)?))) {
        let id = encode(&id.replace('\'', "''"));
        return SecretPlace::Ask(format!("{item}/{}({}='{id}')", reveal.function, reveal.parameter), reveal);
    }
    match &taken.value {
        Some(Value::String(secret)) if rule.shows(&taken.holder, secret) => SecretPlace::Shown(secret.clone()),
        _ => SecretPlace::Nowhere("Graph never returns it"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::policy::Policy;
    use serde_json::json;

    fn told(type_name: &str, body: &Value) -> String {
        let catalogue = Catalogue::built_in().unwrap();
        let policy = Policy::new(type_name, body.as_object().unwrap().clone());
        let taken = take(&policy, catalogue.get(type_name).unwrap()).1;
        let [taken] = taken.as_slice() else { panic!("{} secrets", taken.len()) };
        match source(taken, "path/1") {
            SecretPlace::Shown(secret) => format!("shown {secret}"),
            SecretPlace::Ask(path, _) => format!("ask {path}"),
            SecretPlace::Nowhere(why) => why.to_owned(),
        }
    }

    #[test]
    fn a_secret_is_asked_for_taken_or_left() {
        let oma = |value: &str, id: Value| {
            json!({"id": "1", "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "omaSettings": [
                {"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": "./A", "isEncrypted": true,
                 "value": value, "secretReferenceValueId": id}]})
        };
        let asked = told("device-configurations", &oma("****", json!("a_b'c")));
        assert_eq!(asked, "ask path/1/getOmaSettingPlainTextValue(secretReferenceValueId='a_b%27%27c')");
        assert_eq!(told("device-configurations", &oma("****", Value::Null)), "Graph never returns it");
        assert_eq!(told("device-configurations", &oma("clear", Value::Null)), "shown clear");
        let secret = |state: &str| {
            json!({"id": "1", "settings": [{"settingInstance": {"settingDefinitionId": "x", "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
                "value": "0f3c2a91-1111-4222-8333-444455556666", "valueState": state}}}]})
        };
        assert_eq!(told("settings-catalog", &secret("encryptedValueToken")), "Graph never returns it");
        let blob = json!({"id": "1", "advancedThreatProtectionOnboardingBlob": "blob"});
        assert!(told("device-configurations", &blob).contains("belongs to its tenant"));
        assert_eq!(told("device-configurations", &json!({"id": "1", "productKey": "A-B-C"})), "shown A-B-C");
        let masked = json!({"id": "1", "productKey": "*****-*****-X7QKZ"});
        assert_eq!(told("device-configurations", &masked), "Graph never returns it");
    }
}
