//! Stands in for objects of the tenant where requests are shown: the same object with nothing of the tenant in it, so that
//! the same requests come of it.

use serde_json::{Map, Value, json};

use crate::catalogue::{Entities, PolicyType};
use crate::policy::Policy;

/// What stands for an id.
pub(super) const ID: &str = "{id}";

/// The object as far as its requests go: of its values only a type that Graph is known to have.
pub(super) fn stand_in(policy: &Policy, policy_type: &PolicyType) -> Policy {
    let mut body = Map::from_iter([(String::from("id"), Value::from(ID))]);
    let own = policy.odata_type().filter(|own| Entities::built_in().knows(own.trim_start_matches("#microsoft.graph.")));
    body.extend(own.map(|own| (String::from("@odata.type"), Value::from(own))));
    for link in &policy_type.links {
        let bind = link.bind();
        if policy.body.contains_key(&bind) {
            body.insert(bind, Value::Null);
        }
    }
    for part in &policy_type.parts {
        let Some(Value::Array(elements)) = policy.body.get(&part.name) else { continue };
        let blank = |element: &Value| if element["id"].is_string() { json!({"id": ID}) } else { json!({}) };
        body.insert(part.name.clone(), elements.iter().map(blank).collect());
    }
    Policy::new(&policy.type_name, body)
}

/// A request in words: of the path only what is in the program itself.
pub(super) fn request(method: &str, version: &str, path: &str) -> String {
    format!("{method} /{version}/{}", path.replace("%7Bid%7D", ID))
}

/// An error code, where it is a word or a number and nothing that a tenant could be called by.
pub(super) fn code(code: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!code.is_empty() && code.len() <= 64 && code.chars().all(is_word)).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn nothing_of_an_object_is_in_its_stand_in() {
        let catalogue = Catalogue::built_in().unwrap();
        let policy_type = catalogue.get("intents").unwrap();
        let body = json!({"id": "secret-1", "displayName": "Contoso", "@odata.type": "#contoso.example",
            "settings": [{"id": "secret-2", "value": "Contoso"}, {"value": 1}]});
        let policy = Policy::new("intents", body.as_object().unwrap().clone());
        let text = stand_in(&policy, policy_type).to_value().to_string();
        assert!(!text.contains("secret") && !text.to_lowercase().contains("contoso"), "{text}");
    }

    #[test]
    fn only_words_are_codes() {
        assert_eq!(code("Authorization_RequestDenied").as_deref(), Some("Authorization_RequestDenied"));
        assert_eq!(code("1040").as_deref(), Some("1040"));
        for text in ["", "contoso.onmicrosoft.com", "Contoso Trial", "0f3c2a91-1b2c-4d3e-8f40-0123456789ab"] {
            assert_eq!(code(text), None);
        }
    }
}
