//! What a tenant has of an application, and what is missing. Writes nothing.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{AppCredential, AppRole, KnownApplication, RegistrationPlan, TAG, WantedApplication};
use crate::engine::EngineError;
use crate::engine::tenant::directory_lookup::equals;
use crate::graph::{Api, Client, GraphError};

/// The application that Microsoft Graph is in every tenant.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// What is read of an application.
const SELECT: &str = "id,appId,displayName,tags,requiredResourceAccess,keyCredentials";

/// What there is, and what is to be done.
pub async fn look(client: &Client, wanted: &WantedApplication) -> Result<RegistrationPlan, EngineError> {
    let (graph, roles) = graph_roles(client).await?;
    let role = |name: &String| roles.iter().find(|role| role.name == *name).cloned();
    let unavailable = wanted.permissions.iter().filter(|name| role(name).is_none()).cloned().collect();
    let needed: Vec<AppRole> = wanted.permissions.iter().filter_map(role).collect();
    let application = named(client, &wanted.name).await?;
    let principal = match &application {
        Some(application) => principal(client, &application.app_id).await?,
        None => None,
    };
    let grants = match &principal {
        Some(principal) => granted(client, principal, &graph).await?,
        None => Vec::new(),
    };
    let federated = match (&wanted.credential, &application) {
        (AppCredential::Federated { .. }, Some(application)) => federated_of(client, application).await?,
        _ => Vec::new(),
    };
    Ok(RegistrationPlan {
        body: body(wanted, &needed, application.as_ref()),
        federated: new_federated(&wanted.credential, &federated),
        adds_credential: adds_credential(&wanted.credential, application.as_ref(), &federated),
        to_grant: needed
            .iter()
            .filter(|role| wanted.grants && !grants.iter().any(|(_, id)| *id == role.id))
            .cloned()
            .collect(),
        to_revoke: grants
            .iter()
            .filter(|(_, id)| wanted.grants && !needed.iter().any(|role| role.id == *id))
            .map(|(grant, id)| AppRole { name: name_of(&roles, id), id: grant.clone() })
            .collect(),
        granted: grants.iter().map(|(_, id)| name_of(&roles, id)).collect(),
        application,
        principal,
        unavailable,
        graph,
    })
}

/// The application of the program's own that is meant by a property: by its name, or its client id.
pub async fn own(client: &Client, property: &str, value: &str) -> Result<Option<KnownApplication>, EngineError> {
    let found = find(client, property, value).await?;
    let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|application| application.is_own);
    match (<[KnownApplication; 1]>::try_from(own), others.first()) {
        (Ok([application]), _) => Ok(Some(application)),
        (Err(own), _) if own.len() > 1 => Err(several(&own)),
        (Err(_), Some(other)) => Err(foreign(other)),
        (Err(_), None) => Ok(None),
    }
}

/// The application of this name, which must be the program's own.
pub(super) async fn named(client: &Client, name: &str) -> Result<Option<KnownApplication>, EngineError> {
    own(client, "displayName", name).await
}

fn several(own: &[KnownApplication]) -> EngineError {
    let ids: Vec<&str> = own.iter().map(|application| application.app_id.as_str()).collect();
    EngineError::Refused {
        message: format!(
            "the tenant has several applications `{}` that intune-ferry registered: {}",
            own[0].name,
            ids.join(", ")
        ),
        fix: "Delete those that are not used in the Entra admin center, under App registrations.".to_owned(),
    }
}

fn foreign(other: &KnownApplication) -> EngineError {
    EngineError::Refused {
        message: format!(
            "the tenant has an application `{}` ({}) that intune-ferry did not register",
            other.name, other.app_id
        ),
        fix: "It is never changed or removed. Choose another name with --app-name.".to_owned(),
    }
}

async fn find(client: &Client, property: &str, value: &str) -> Result<Vec<KnownApplication>, EngineError> {
    let path = format!("applications?$filter={}&$select={SELECT}", equals(property, value));
    Ok(client.list(Api::V1, &path).await?.iter().filter_map(known).collect())
}

pub(super) fn known(object: &Value) -> Option<KnownApplication> {
    let text = |name: &str| object[name].as_str().map(ToOwned::to_owned);
    Some(KnownApplication {
        object_id: text("id")?,
        app_id: text("appId")?,
        name: text("displayName").unwrap_or_default(),
        is_own: object["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == TAG)),
        required: object["requiredResourceAccess"].clone(),
        keys: object["keyCredentials"].as_array().cloned().unwrap_or_default(),
    })
}

/// Microsoft Graph's service principal, and the permissions that applications can have of it.
async fn graph_roles(client: &Client) -> Result<(String, Vec<AppRole>), EngineError> {
    let path = format!("servicePrincipals?$filter={}&$select=id,appRoles", equals("appId", GRAPH));
    let found = client.list(Api::V1, &path).await?;
    let missing = || {
        let message = "the tenant has no service principal of Microsoft Graph".to_owned();
        EngineError::Graph(GraphError::Setup { message })
    };
    let graph = found.first().ok_or_else(missing)?;
    let role = |role: &Value| {
        let of_application =
            role["allowedMemberTypes"].as_array().is_none_or(|all| all.iter().any(|it| it == "Application"));
        let (name, id) = (role["value"].as_str()?.to_owned(), role["id"].as_str()?.to_owned());
        (of_application && role["isEnabled"] != false).then_some(AppRole { name, id })
    };
    let roles = graph["appRoles"].as_array().into_iter().flatten().filter_map(role).collect();
    Ok((graph["id"].as_str().ok_or_else(missing)?.to_owned(), roles))
}

fn name_of(roles: &[AppRole], id: &str) -> String {
    roles.iter().find(|role| role.id == id).map_or_else(|| id.to_owned(), |role| role.name.clone())
}

/// The id of an application's service principal.
pub(super) async fn principal(client: &Client, app_id: &str) -> Result<Option<String>, EngineError> {
    let path = format!("servicePrincipals?$filter={}&$select=id", equals("appId", app_id));
    let found = client.list(Api::V1, &path).await?;
    Ok(found.first().and_then(|it| it["id"].as_str()).map(ToOwned::to_owned))
}

/// What is granted of Microsoft Graph: the ids of the grants and of the permissions.
pub(super) async fn granted(
    client: &Client,
    principal: &str,
    graph: &str,
) -> Result<Vec<(String, String)>, EngineError> {
    let all = client.list(Api::V1, &format!("servicePrincipals/{principal}/appRoleAssignments")).await?;
    let grant = |it: &Value| Some((it["id"].as_str()?.to_owned(), it["appRoleId"].as_str()?.to_owned()));
    Ok(all.iter().filter(|it| it["resourceId"] == graph).filter_map(grant).collect())
}

pub(super) async fn federated_of(client: &Client, application: &KnownApplication) -> Result<Vec<Value>, EngineError> {
    let path = format!("applications/{}/federatedIdentityCredentials", application.object_id);
    Ok(client.list(Api::V1, &path).await?)
}

/// Whether it is the federated credential that is wanted.
pub(super) fn is_federated(there: &Value, wanted: &Value) -> bool {
    ["issuer", "subject", "audiences"].iter().all(|name| there[*name] == wanted[*name])
}

/// The federated credential that is to be made; none where it is there.
fn new_federated(credential: &AppCredential, there: &[Value]) -> Option<Value> {
    let AppCredential::Federated { issuer, subject, audience } = credential else { return None };
    let taken: BTreeSet<&str> = there.iter().filter_map(|it| it["name"].as_str()).collect();
    let names =
        (1..).map(|number| if number == 1 { "intune-ferry".to_owned() } else { format!("intune-ferry-{number}") });
    let name = names.into_iter().find(|name| !taken.contains(name.as_str()))?;
    let new = json!({"name": name, "issuer": issuer, "subject": subject, "audiences": [audience]});
    (!there.iter().any(|it| is_federated(it, &new))).then_some(new)
}

fn adds_credential(credential: &AppCredential, application: Option<&KnownApplication>, federated: &[Value]) -> bool {
    match credential {
        AppCredential::Certificate { label, .. } => !application.is_some_and(|it| has_key(it, label)),
        AppCredential::Federated { .. } => new_federated(credential, federated).is_some(),
    }
}

fn has_key(application: &KnownApplication, label: &str) -> bool {
    application.keys.iter().any(|key| key["displayName"] == label)
}

/// What the application is made with, or what changes of it.
fn body(wanted: &WantedApplication, needed: &[AppRole], there: Option<&KnownApplication>) -> Option<Value> {
    let access: Vec<Value> = needed.iter().map(|role| json!({"id": role.id, "type": "Role"})).collect();
    let required = json!([{"resourceAppId": GRAPH, "resourceAccess": access}]);
    let mut body = json!({});
    if there.is_none_or(|there| ids_of(&there.required) != ids_of(&required)) {
        body["requiredResourceAccess"] = required;
    }
    if let AppCredential::Certificate { der, label } = &wanted.credential
        && !there.is_some_and(|there| has_key(there, label))
    {
        let mut keys = there.map(|there| there.keys.clone()).unwrap_or_default();
        keys.push(json!({
            "type": "AsymmetricX509Cert", "usage": "Verify", "key": STANDARD.encode(der), "displayName": label
        }));
        body["keyCredentials"] = json!(keys);
    }
    if there.is_none() {
        body["displayName"] = json!(wanted.name);
        body["signInAudience"] = json!("AzureADMyOrg");
        body["tags"] = json!([TAG]);
        body["notes"] =
            json!("Registered by intune-ferry login --register; intune-ferry login --unregister removes it.");
    }
    body.as_object().is_some_and(|body| !body.is_empty()).then_some(body)
}

/// The permissions that a list of required access names, whatever their order.
fn ids_of(required: &Value) -> BTreeSet<(&str, &str)> {
    let resources = required.as_array().into_iter().flatten();
    let pairs = resources.flat_map(|resource| {
        let of = resource["resourceAppId"].as_str().unwrap_or_default();
        resource["resourceAccess"]
            .as_array()
            .into_iter()
            .flatten()
            .map(move |it| (of, it["id"].as_str().unwrap_or_default()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn wanted(credential: AppCredential) -> WantedApplication {
        WantedApplication { name: "ferry".into(), permissions: Vec::new(), credential, grants: true }
    }

    fn role(name: &str) -> AppRole {
        AppRole { name: name.into(), id: format!("id-{name}") }
    }

    fn certificate() -> AppCredential {
        AppCredential::Certificate { der: vec![1, 2], label: "one".into() }
    }

    #[test]
    fn what_is_there_is_not_sent_again_and_other_keys_stay() {
        let new = body(&wanted(certificate()), &[role("a"), role("b")], None).unwrap();
        assert_eq!(new["tags"], json!([TAG]));
        let mut made = new.clone();
        for (name, value) in [("id", "1"), ("appId", "2")] {
            made[name] = json!(value);
        }
        let there = known(&made).unwrap();
        assert!(there.is_own);
        // In another order, it is the same.
        assert_eq!(body(&wanted(certificate()), &[role("b"), role("a")], Some(&there)), None);
        let fewer = body(&wanted(certificate()), &[role("a")], Some(&there)).unwrap();
        assert_eq!(fewer.as_object().unwrap().keys().collect::<Vec<_>>(), ["requiredResourceAccess"]);
        let other = AppCredential::Certificate { der: vec![3], label: "two".into() };
        let keys = body(&wanted(other), &[role("a"), role("b")], Some(&there)).unwrap();
        assert_eq!(keys["keyCredentials"].as_array().unwrap().len(), 2, "{keys}");
        assert!(!known(&json!({"id": "1", "appId": "2", "tags": ["x"]})).unwrap().is_own);
    }

    #[test]
    fn a_federated_credential_is_known_by_what_it_trusts_and_gets_a_free_name() {
        let own = AppCredential::Federated { issuer: "i".into(), subject: "s".into(), audience: "a".into() };
        let first = new_federated(&own, &[]).unwrap();
        assert_eq!(first["name"], "intune-ferry");
        assert_eq!(new_federated(&own, std::slice::from_ref(&first)), None);
        let other = json!({"name": "intune-ferry", "issuer": "i", "subject": "t", "audiences": ["a"]});
        assert_eq!(new_federated(&own, &[other]).unwrap()["name"], "intune-ferry-2");
        assert_eq!(new_federated(&certificate(), &[]), None);
    }
}
