//! The one test that a type's file can make: a property of an object, and what it must be. The key that holds it says
//! what it is for: `when`, `unless` and all that end with `when`. They hold facts, never expressions.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::policy::JsonPath;
use crate::policy::assignment::same_type;

/// A test on one property. It passes where any of what it lists does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Predicate {
    /// The property, from the object the test is made on.
    pub property: JsonPath,
    /// The values that pass; a missing property counts as `null`, written as the text `null`.
    #[serde(default)]
    pub equals: Vec<Value>,
    /// How the texts begin that pass.
    #[serde(default)]
    pub starts_with: Vec<String>,
    /// What texts that pass have in them.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Anything but null passes.
    #[serde(default)]
    pub set: bool,
    /// A date that has not passed passes.
    #[serde(default)]
    pub in_future: bool,
    /// An object without the property passes: it does not say.
    #[serde(default)]
    pub or_missing: bool,
}

impl Predicate {
    /// A test that a property is one of some values.
    pub fn equals(property: &str, values: Vec<Value>) -> Self {
        Self {
            property: JsonPath::new(property),
            equals: values,
            starts_with: Vec::new(),
            contains: Vec::new(),
            set: false,
            in_future: false,
            or_missing: false,
        }
    }

    /// Whether the object passes: the first place that the property leads to counts.
    pub fn holds(&self, object: &Value) -> bool {
        self.passes_or_missing(self.property.first(object))
    }

    /// The same for an object that is not a value by itself.
    pub fn holds_in(&self, object: &Map<String, Value>) -> bool {
        self.passes_or_missing(self.property.first_in(object))
    }

    /// Whether the text at the property passes; none where the object does not have the property.
    pub fn holds_near(&self, object: &Value) -> Option<bool> {
        self.text_passes(self.property.first(object))
    }

    /// The same for an object that is not a value by itself.
    pub fn holds_near_in(&self, object: &Map<String, Value>) -> Option<bool> {
        self.text_passes(self.property.first_in(object))
    }

    /// Whether any of the places that the property leads to passes.
    pub fn holds_anywhere(&self, object: &Value, now: Timestamp) -> bool {
        let places = self.property.find(object);
        let mut values = places.iter().filter_map(|place| object.pointer(place));
        (self.or_missing && places.is_empty()) || values.any(|value| self.passes(value, || now))
    }

    /// Whether it says what passes at all.
    pub fn can_pass(&self) -> bool {
        let lists = self.equals.len() + self.starts_with.len() + self.contains.len();
        lists > 0 || self.set || self.in_future
    }

    fn passes_or_missing(&self, value: Option<&Value>) -> bool {
        match value {
            None => self.or_missing || self.wants_null(),
            Some(value) => self.passes(value, Timestamp::now) || (value.is_null() && self.wants_null()),
        }
    }

    fn passes(&self, value: &Value, now: impl Fn() -> Timestamp) -> bool {
        let is_equal = if self.is_type() {
            self.equals.iter().any(|wanted| is_same_type(wanted, value))
        } else {
            self.equals.contains(value)
        };
        let is_later = |text: &str| text.parse::<Timestamp>().is_ok_and(|date| date > now());
        let text = |text: &str| self.matches(text) || (self.in_future && is_later(text));
        is_equal || (self.set && !value.is_null()) || value.as_str().is_some_and(text)
    }

    fn text_passes(&self, value: Option<&Value>) -> Option<bool> {
        let value = value.filter(|value| value.is_string())?;
        Some(self.passes(value, Timestamp::now))
    }

    fn matches(&self, text: &str) -> bool {
        let begins = self.starts_with.iter().any(|start| text.starts_with(start.as_str()));
        begins || self.contains.iter().any(|part| text.contains(part.as_str()))
    }

    /// Types are compared as types, not as they are spelled.
    fn is_type(&self) -> bool {
        self.property.as_str().ends_with("@odata.type")
    }

    fn wants_null(&self) -> bool {
        self.equals.iter().any(|value| value == "null")
    }
}

fn is_same_type(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_str(), value) {
        (Some("null"), Value::Null) => true,
        (Some(wanted), Value::String(value)) => same_type(wanted, value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_type_is_compared_as_a_type() {
        let when = Predicate::equals("@odata.type", vec![json!("#microsoft.graph.a"), json!("null")]);
        for passes in
            [json!({"@odata.type": "microsoft.graph.A"}), json!({"@odata.type": "#microsoft.graph.a"}), json!({})]
        {
            assert!(when.holds(&passes), "{passes}");
        }
        assert!(!when.holds(&json!({"@odata.type": "#microsoft.graph.b"})));
    }

    #[test]
    fn a_missing_property_is_null() {
        let when = Predicate::equals("a", vec![json!("null"), json!(1)]);
        assert!(when.holds(&json!({})) && when.holds(&json!({"a": null})) && when.holds(&json!({"a": 1})));
        assert!(!when.holds(&json!({"a": 2})));
    }

    fn anywhere(rest: &str, answer: &Value) -> bool {
        let test: Predicate = toml::from_str(&format!("property = \"value/*/state\"\n{rest}")).unwrap();
        test.holds_anywhere(answer, "2026-01-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn any_place_will_do() {
        let answer = json!({"value": [{"state": "off"}, {"state": "on"}, {"state": null}]});
        assert!(anywhere("equals = [\"on\"]", &answer));
        assert!(anywhere("starts-with = [\"of\"]", &answer));
        assert!(anywhere("contains = [\"f\"]", &answer));
        assert!(anywhere("set = true", &answer));
        assert!(!anywhere("equals = [\"broken\"]", &answer));
        assert!(!anywhere("set = true", &json!({"value": [{"state": null}]})));
        assert!(!anywhere("set = true", &json!({"value": []})));
        assert!(anywhere("or-missing = true\nequals = [\"on\"]", &json!({"value": [{}]})));
        assert!(!anywhere("equals = [\"on\"]\nor-missing = true", &json!({"value": [{"state": "off"}]})));
    }

    #[test]
    fn a_date_that_has_passed_is_none() {
        let until = |date: &str| json!({"value": [{"state": "no date"}, {"state": date}]});
        assert!(anywhere("in-future = true", &until("2026-06-01T00:00:00Z")));
        assert!(!anywhere("in-future = true", &until("2025-06-01T00:00:00Z")));
    }
}
