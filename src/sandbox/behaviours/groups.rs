//! Groups of the directory: what a new one needs, and what the directory fills in (api 9).

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::config::Behaviour;
use crate::odata::call::{Refusal, refuse};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::defaults::now_text;
use crate::tenant::store::{part, text};

/// The collection.
pub(crate) const ROOT: &str = "groups";

pub(crate) struct Groups;

impl Rules for Groups {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_create(body)
    }

    fn fill_in(&self, body: &mut Body) {
        fill_in(body);
    }

    /// api 9: whether roles can be given to it is said at its creation only.
    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        if body.contains_key("isAssignableToRole") {
            return Err(refuse(400, "Request_BadRequest", "The property 'isAssignableToRole' cannot be changed."));
        }
        Ok(())
    }

    fn lag(&self, behaviour: &Behaviour) -> Duration {
        behaviour.group_lag
    }

    fn updates_silently(&self) -> bool {
        true
    }

    fn expands(&self, _part: &str, expand: &Expand, _list: bool) -> bool {
        ["members", "owners"].contains(&expand.name.as_str())
    }

    /// Someone is in a tenant's groups, unless the seed says otherwise.
    fn complete_seed(&self, value: &mut Body) {
        value.entry("members").or_insert_with(|| json!([{"id": Uuid::new_v4().to_string()}]));
    }
}

/// api 9: what a group needs.
fn before_create(body: &Map<String, Value>) -> Result<(), Refusal> {
    let wrong = |message: String| Err(refuse(400, "Request_BadRequest", message));
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if body.get(name).is_none_or(|value| value.is_null() || value == &json!("")) {
            return wrong(format!("A value is required for property '{name}' of resource 'Group'."));
        }
    }
    let unified = part(body, "groupTypes").contains(&json!("Unified"));
    if body["mailEnabled"] == json!(true) && !unified {
        // portability.md B: mail-enabled ones cannot be created by Graph.
        return wrong("The service does not currently support writes of mail-enabled groups.".into());
    }
    let dynamic = part(body, "groupTypes").contains(&json!("DynamicMembership"));
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
fn fill_in(group: &mut Map<String, Value>) {
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
