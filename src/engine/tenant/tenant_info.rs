//! Who the tenant is that a client talks to.

use serde_json::Value;

use crate::graph::{Api, Client, GraphError};
use crate::policy::TenantInfo;

/// Reads the tenant's id, name and verified domains (`GET /organization`).
pub async fn who(client: &Client) -> Result<TenantInfo, GraphError> {
    let list = client.list(Api::V1, "organization?$select=id,displayName,verifiedDomains").await?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let Some(organization) = list.first() else { return Ok(TenantInfo::default()) };
    let domains: Vec<&Value> =
        organization.get("verifiedDomains").and_then(Value::as_array).into_iter().flatten().collect();
    let default = domains.iter().find(|domain| domain.get("isDefault") == Some(&Value::Bool(true)));
    let mut names: Vec<String> = domains.iter().filter_map(|domain| text(domain, "name")).collect();
    names.sort();
    Ok(TenantInfo {
        id: text(organization, "id"),
        display_name: text(organization, "displayName"),
        default_domain: default.and_then(|domain| text(domain, "name")),
        domains: names,
    })
}
