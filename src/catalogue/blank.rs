//! Elements of lists that do not say what they are about, such as a value without the setting that it belongs to: Graph
//! refuses them. They are neither sent nor compared; those that say anything at all are reported. Pure.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::policy::JsonPath;
use crate::policy::path;

/// What an element of a list cannot do without.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BlankRule {
    /// The list.
    pub at: JsonPath,
    /// The place in an element that says what it is about.
    pub needs: JsonPath,
    /// What an element without it is, for people.
    pub means: String,
}

impl BlankRule {
    /// Takes out the elements that do not say what they are about.
    pub fn leave_out(&self, document: &mut Value) {
        self.retain(document, |element| !self.is_blank(element));
    }

    /// Takes out only those that say nothing at all.
    pub fn leave_out_empty(&self, document: &mut Value) {
        self.retain(document, |element| !self.is_blank(element) || says_anything(element));
    }

    /// The places of those that say something and do not say what it is about.
    pub fn lost(&self, body: &Map<String, Value>) -> Vec<String> {
        let mut places = Vec::new();
        for list in self.at.find_in(body) {
            let elements = path::at(body, &list).and_then(Value::as_array);
            let lost = elements.into_iter().flatten().enumerate();
            let lost = lost.filter(|(_, element)| self.is_blank(element) && says_anything(element));
            places.extend(lost.map(|(index, _)| format!("{list}/{index}")));
        }
        places
    }

    fn retain(&self, document: &mut Value, keep: impl Fn(&Value) -> bool) {
        for pointer in self.at.find(document) {
            if let Some(Value::Array(list)) = path::get_mut(document, &pointer) {
                list.retain(&keep);
            }
        }
    }

    fn is_blank(&self, element: &Value) -> bool {
        self.needs.first(element).is_none_or(|value| !says_anything(value))
    }
}

/// Whether anything is in a value, at any depth.
fn says_anything(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(says_anything),
        Value::Object(map) => map.values().any(says_anything),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_says_something_is_lost() {
        let rule =
            BlankRule { at: JsonPath::new("values/*/parts"), needs: JsonPath::new("part/id"), means: "x".into() };
        let given = json!({"values": [{"parts": [
            {"id": null, "value": [], "part": {"id": ""}}, {"value": 1}, {"value": 2, "part": {"id": "p"}}]}]});
        let body = given.as_object().cloned().unwrap_or_default();
        assert_eq!(rule.lost(&body), ["/values/0/parts/1"]);
        let mut tidy = given.clone();
        rule.leave_out_empty(&mut tidy);
        assert_eq!(tidy, json!({"values": [{"parts": [{"value": 1}, {"value": 2, "part": {"id": "p"}}]}]}));
        let mut sent = given;
        rule.leave_out(&mut sent);
        assert_eq!(sent, json!({"values": [{"parts": [{"value": 2, "part": {"id": "p"}}]}]}));
    }
}
