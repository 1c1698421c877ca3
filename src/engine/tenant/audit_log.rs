//! Who changed what, from the tenant's own audit log. Not for keeping a log of our own: that is the journal's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::graph::{Api, Client, GraphError};

/// Who changed an object last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// As Graph writes moments, so that they sort.
    pub at: String,
    /// A person's sign-in name or an application's name.
    pub who: String,
    /// Whether it is a person.
    pub is_person: bool,
}

/// The last change of each object since a moment (RFC 3339, UTC), by lower-case id.
pub async fn changes_since(client: &Client, moment: &str) -> Result<BTreeMap<String, Change>, GraphError> {
    let path = format!("deviceManagement/auditEvents?$filter=activityDateTime ge {moment}");
    let mut changes: BTreeMap<String, Change> = BTreeMap::new();
    for event in client.list(Api::Beta, &path).await? {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text("/activityResult").is_some_and(|result| !result.eq_ignore_ascii_case("success")) {
            continue;
        }
        let person = text("/actor/userPrincipalName");
        let Some(who) = person.or_else(|| text("/actor/applicationDisplayName")) else { continue };
        let change = Change {
            at: text("/activityDateTime").unwrap_or_default().to_owned(),
            who: who.to_owned(),
            is_person: person.is_some(),
        };
        for resource in event.get("resources").and_then(Value::as_array).into_iter().flatten() {
            let Some(id) = resource.get("resourceId").and_then(Value::as_str) else { continue };
            let known = changes.entry(id.to_lowercase()).or_insert_with(|| change.clone());
            if known.at < change.at {
                *known = change.clone();
            }
        }
    }
    Ok(changes)
}
