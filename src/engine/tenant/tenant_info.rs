//! Who the tenant is that a client talks to. Where it may not be asked for its name and domains, the sign-in still says
//! which tenant it is, so that everything that keeps tenants apart holds.

use serde_json::Value;

use crate::engine::error::ends_run;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Client, GraphError};
use crate::policy::TenantInfo;

/// Reads the tenant's id, name and verified domains (`GET /organization`). Where that is refused or not understood, its
/// id as the token says it, and [`unread`] says the rest.
pub async fn who(client: &Client) -> Result<TenantInfo, GraphError> {
    let asked = client.list(Api::V1, "organization?$select=id,displayName,verifiedDomains").await;
    let told = asked.map(|list| list.first().map(organization).unwrap_or_default());
    match told {
        Ok(info) if info.id.is_some() => Ok(info),
        Err(error) if ends_run(&error) => Err(error),
        told => match by_token(client).await {
            Some(info) => Ok(info),
            None => told,
        },
    }
}

fn organization(organization: &Value) -> TenantInfo {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let domains: Vec<&Value> =
        organization.get("verifiedDomains").and_then(Value::as_array).into_iter().flatten().collect();
    let default = domains.iter().find(|domain| domain.get("isDefault") == Some(&Value::Bool(true)));
    let mut names: Vec<String> = domains.iter().filter_map(|domain| text(domain, "name")).collect();
    names.sort();
    TenantInfo {
        id: text(organization, "id"),
        display_name: text(organization, "displayName"),
        default_domain: default.and_then(|domain| text(domain, "name")),
        domains: names,
    }
}

/// The tenant that gave the token, which came from the sign-in service itself.
async fn by_token(client: &Client) -> Option<TenantInfo> {
    let id = client.claims().await.ok()??.tenant_id?;
    let id = uuid::Uuid::try_parse(&id).ok()?.to_string();
    Some(TenantInfo { id: Some(id), ..TenantInfo::default() })
}

/// What is lost where a tenant did not say its name and domains.
pub fn unread(info: &TenantInfo) -> Option<Finding> {
    (info.id.is_some() && !info.is_described()).then(|| {
        let message = "not read: the tenant's name and domains. Its ID is the one of the sign-in; texts are not searched \
            for its domains, and addresses are not matched by them";
        Finding::new(&codes::NOT_READ, "organization", message)
            .fix("Grant Organization.Read.All, and run the command again.")
    })
}
