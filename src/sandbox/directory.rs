//! Groups and other directory objects.

use serde_json::{Map, Value, json};

use super::{
    call::{Outcome, Refusal, Reply, refuse},
    defaults::now_text,
    service::Service,
    store::text,
    write::list_of,
};

/// The collections of the directory, with the type of what they hold.
pub(super) const COLLECTIONS: [(&str, &str); 6] = [
    ("groups", "group"),
    ("users", "user"),
    ("servicePrincipals", "servicePrincipal"),
    ("directoryRoles", "directoryRole"),
    ("devices", "device"),
    ("applications", "application"),
];

/// api 9: what a group needs.
pub(super) fn before_create_group(body: &Map<String, Value>) -> Result<(), Refusal> {
    let wrong = |message: String| Err(refuse(400, "Request_BadRequest", message));
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if body.get(name).is_none_or(|value| value.is_null() || value == &json!("")) {
            return wrong(format!("A value is required for property '{name}' of resource 'Group'."));
        }
    }
    let unified = super::store::part(body, "groupTypes").contains(&json!("Unified"));
    if body["mailEnabled"] == json!(true) && !unified {
        // portability.md B: mail-enabled ones cannot be created by Graph.
        return wrong("The service does not currently support writes of mail-enabled groups.".into());
    }
    let dynamic = super::store::part(body, "groupTypes").contains(&json!("DynamicMembership"));
    if dynamic == text(body, "membershipRule").is_empty() {
        return wrong("A dynamic group needs groupTypes 'DynamicMembership' and a membershipRule.".into());
    }
    if dynamic && text(body, "membershipRuleProcessingState").is_empty() {
        return wrong("A value is required for property 'membershipRuleProcessingState' of resource 'Group'.".into());
    }
    if text(body, "mailNickname").chars().any(|c| c.is_whitespace() || "@()\\[]\";:<>,".contains(c)) {
        return wrong("Invalid value specified for property 'mailNickname' of resource 'Group'.".into());
    }
    Ok(())
}

/// What the directory fills in.
pub(super) fn fill_group(group: &mut Map<String, Value>) {
    for (name, value) in [
        ("createdDateTime", json!(now_text())),
        ("groupTypes", json!([])),
        ("description", Value::Null),
        ("membershipRule", Value::Null),
        ("membershipRuleProcessingState", Value::Null),
        ("isAssignableToRole", Value::Null),
        ("onPremisesSecurityIdentifier", Value::Null),
        ("onPremisesSyncEnabled", Value::Null),
        ("visibility", Value::Null),
        ("mail", Value::Null),
    ] {
        group.entry(name.to_owned()).or_insert(value);
    }
}

impl Service<'_> {
    /// `directoryObjects/getByIds`: at most 1,000 (evidence), unknown ones are left out.
    pub(super) fn get_by_ids(&self, body: &Map<String, Value>) -> Outcome {
        let ids = list_of(body, "ids")?;
        if ids.len() > 1000 {
            return Err(refuse(400, "Request_BadRequest", "Too many ids: at most 1000 are possible."));
        }
        let types: Vec<&str> = super::store::part(body, "types").iter().filter_map(Value::as_str).collect();
        let mut found = Vec::new();
        for id in ids.iter().filter_map(Value::as_str) {
            for (root, ty) in COLLECTIONS {
                if !types.is_empty() && !types.contains(&ty) {
                    continue;
                }
                if let Some(value) = self.tenant.find(root, id) {
                    let mut value = value.clone();
                    value.insert("@odata.type".into(), json!(format!("#microsoft.graph.{ty}")));
                    found.push(Value::Object(value));
                }
            }
        }
        Ok(Reply::new(200, json!({"@odata.context": self.context("directoryObjects"), "value": found})))
    }
}
