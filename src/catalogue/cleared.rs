//! Elements of a part that Graph never takes out: what an object should no longer have is sent with values that say so,
//! and an element with these values is none. Pure.

use serde::Deserialize;
use serde_json::{Map, Value};

/// How an element is taken back.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClearedRule {
    /// What identifies an element.
    pub key: String,
    /// What an element has that says nothing.
    pub with: Map<String, Value>,
    /// What it keeps of the element that it takes back, beside the key.
    #[serde(default)]
    pub keep: Vec<String>,
}

impl ClearedRule {
    /// Takes out the elements that say nothing.
    pub fn leave_out(&self, list: &mut Value) {
        if let Value::Array(list) = list {
            list.retain(|element| !self.is_cleared(element));
        }
    }

    /// The elements that take back what is there and not wanted.
    pub fn gone(&self, wanted: &[Value], there: &[Value]) -> Vec<Value> {
        let is_wanted = |own: &Value| wanted.iter().any(|other| other.get(&self.key) == own.get(&self.key));
        let gone = there.iter().filter(|own| own.get(&self.key).is_some() && !is_wanted(own) && !self.is_cleared(own));
        gone.map(|own| self.cleared(own)).collect()
    }

    fn cleared(&self, element: &Value) -> Value {
        let mut cleared = element.as_object().cloned().unwrap_or_default();
        cleared.retain(|name, _| *name == self.key || self.keep.contains(name));
        cleared.extend(self.with.clone());
        Value::Object(cleared)
    }

    fn is_cleared(&self, element: &Value) -> bool {
        self.with.iter().all(|(name, value)| element.get(name) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_wanted_is_taken_back_once_and_without_its_value() {
        let rule: ClearedRule =
            serde_json::from_value(json!({"key": "of", "with": {"says": "null"}, "keep": ["kind"]})).unwrap();
        let there = [
            json!({"id": "1", "of": "a", "kind": "k", "value": "old", "says": "\"old\""}),
            json!({"id": "2", "of": "b", "kind": "k", "value": "kept", "says": "\"kept\""}),
            json!({"id": "3", "of": "c", "kind": "k", "value": null, "says": "null"}),
            json!({"id": "4", "says": "of nothing"}),
        ];
        let wanted = [json!({"of": "b", "says": "\"new\""})];
        assert_eq!(rule.gone(&wanted, &there), [json!({"of": "a", "kind": "k", "says": "null"})]);
        let mut list = json!(there);
        rule.leave_out(&mut list);
        assert_eq!(list, json!([there[0], there[1], there[3]]));
    }
}
