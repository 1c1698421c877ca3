//! What a policy may need the target to have before it does anything there: a connector, a licence, the MDM
//! authority; and dates that are of no use once they have passed. Facts only: who asks is the engine.

use serde::Deserialize;
use serde_json::Value;

use super::model::Api;
use super::rule::When;
use crate::policy::JsonPath;

/// Something that a tenant has or lacks: `[[prerequisites]]` of `shared.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prerequisite {
    /// Kebab-case name, by which types say that they need it.
    pub name: String,
    /// What it is, for a sentence such as `the target has no …`.
    pub title: String,
    /// Path to GET.
    pub path: String,
    /// `beta` unless said otherwise.
    #[serde(default)]
    pub api: Api,
    /// The permission that reading it needs.
    pub permission: String,
    /// What in the answer says that it is there.
    pub met: Met,
    /// What to do where it is not there.
    pub fix: String,
    /// It concerns the tenant as a whole, as soon as something below these paths is written.
    #[serde(default)]
    pub below: Vec<String>,
}

/// What in an answer says that something is there: any of the places, whatever stands in it or what is listed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Met {
    /// The places.
    pub at: JsonPath,
    /// The values that pass; any but nothing where none are listed.
    #[serde(default)]
    pub equals: Vec<Value>,
    /// How the texts begin that pass.
    #[serde(default)]
    pub starts_with: Vec<String>,
}

impl Prerequisite {
    /// Whether an answer says that it is there.
    pub fn is_met(&self, answer: &Value) -> bool {
        let Met { at, equals, starts_with } = &self.met;
        let passes = |value: &Value| {
            let begins = |text: &str| starts_with.iter().any(|start| text.starts_with(start.as_str()));
            let any = equals.is_empty() && starts_with.is_empty() && !value.is_null();
            any || equals.contains(value) || value.as_str().is_some_and(begins)
        };
        at.find(answer).iter().filter_map(|place| answer.pointer(place)).any(passes)
    }
}

/// Which policies of a type need something of the target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetNeed {
    /// The prerequisite's name.
    pub what: String,
    /// Which policies; all where nothing is said.
    #[serde(default)]
    pub when: Option<When>,
}

/// A date that is of no use once it has passed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DateRule {
    /// Where it stands.
    pub at: JsonPath,
    /// Graph refuses to create a policy with it.
    #[serde(default)]
    pub refused: bool,
    /// What it means that it has passed.
    pub means: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    fn prerequisite(met: &str) -> Prerequisite {
        let text = format!(
            "name = \"x\"\ntitle = \"x\"\npath = \"p\"\npermission = \"P\"\nfix = \"f\"\n[met]\nat = \"value/*/state\"\n{met}"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn any_place_will_do() {
        let answer = json!({"value": [{"state": "off"}, {"state": "on"}, {"state": null}]});
        assert!(prerequisite("equals = [\"on\"]").is_met(&answer));
        assert!(prerequisite("starts-with = [\"of\"]").is_met(&answer));
        assert!(prerequisite("").is_met(&answer));
        assert!(!prerequisite("equals = [\"broken\"]").is_met(&answer));
        assert!(!prerequisite("").is_met(&json!({"value": [{"state": null}]})));
        assert!(!prerequisite("").is_met(&json!({"value": []})));
    }
}
