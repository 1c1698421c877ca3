//! What a policy may need the target to have before it does anything there: a connector, a license, the MDM
//! authority; and dates that are of no use once they have passed. Facts only: who asks is the engine.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::Api;
use super::check::Check;
use super::predicate::Predicate;
use super::spelling;
use crate::policy::JsonPath;

/// Something that a tenant has or lacks: `[[prerequisites]]` of `shared.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prerequisite {
    /// Kebab-case name, by which types say that they need it.
    pub name: String,
    /// What it is, for a sentence such as `the target has no …`.
    pub title: String,
    /// Path to GET; `{each}` in it stands for a text of the policies, each of which is asked for.
    pub path: String,
    /// Paths to GET, one after the other, for those texts that the one before does not have.
    #[serde(default)]
    pub else_at: Vec<String>,
    /// `beta` unless said otherwise.
    #[serde(default)]
    pub api: Api,
    /// The permission that reading it needs.
    pub permission: String,
    /// What in the answer says that it is there.
    pub met_when: Predicate,
    /// What to do where it is not there.
    pub fix: String,
    /// Graph refuses what needs it, so nothing is sent where it is not there.
    #[serde(default)]
    pub refused: bool,
    /// It concerns the tenant as a whole, as soon as something below these paths is written.
    #[serde(default)]
    pub below: Vec<String>,
    /// Its row on the readiness page; without one it is only asked for when planning.
    #[serde(default)]
    pub check: Option<Check>,
}

/// How the place of a test begins that is in the objects of a collection.
pub const IN_LIST: &str = "value/";
/// What is in a prerequisite's path for a text of the policies.
pub const EACH: &str = "{each}";

impl Prerequisite {
    /// Whether an answer says that it is there.
    pub fn is_met(&self, answer: &Value, now: Timestamp) -> bool {
        self.met_when.holds_anywhere(answer, now)
    }

    /// Whether it is asked for each text of the policies, not once for all.
    pub fn is_each(&self) -> bool {
        self.path.contains(EACH)
    }

    /// Whether a path of it is a collection. One that only gives some of the same in its own form is not.
    pub fn is_collection(&self, path: &str) -> bool {
        path == self.path && self.met_when.property.as_str().starts_with(IN_LIST)
    }

    /// The paths to GET, one after the other, until one has it.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.path).chain(&self.else_at).map(String::as_str)
    }
}

/// Which policies of a type need something of the target.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetNeed {
    /// The prerequisite's name.
    pub what: String,
    /// Which policies; all where nothing is said. With `each`, the object that holds the place is tested.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// Where the texts stand, each of which the target must have.
    #[serde(default)]
    pub each: Option<JsonPath>,
    /// Only IDs among the texts count: there are other words as well.
    #[serde(default)]
    pub ids_only: bool,
}

impl TargetNeed {
    /// The texts of a policy that the target must have, each with the first place where it stands.
    pub fn each_of(&self, body: &Map<String, Value>) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        let Some(each) = &self.each else { return texts };
        each.visit_in(body, &mut |trail, value| {
            let fits =
                |when: &Predicate| trail.holder().map_or_else(|| when.holds_in(body), |holder| when.holds(holder));
            let meant = |text: &&str| !text.is_empty() && (!self.ids_only || spelling::guid(text).is_some());
            if let Some(text) = value.as_str().filter(meant)
                && self.when.as_ref().is_none_or(fits)
            {
                texts.entry(text.to_owned()).or_insert_with(|| trail.pointer());
            }
        });
        texts
    }
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

    #[test]
    fn each_text_is_given_once_with_its_first_place() {
        let need: TargetNeed =
            toml::from_str("what = \"x\"\neach = \"list/*/name\"\nwhen = { property = \"kind\", equals = [1] }")
                .unwrap();
        let body = json!({"list": [{"name": "b", "kind": 2}, {"name": "a", "kind": 1}, {"name": "a", "kind": 1}]});
        let found = need.each_of(body.as_object().unwrap());
        assert_eq!(found, BTreeMap::from([(String::from("a"), String::from("/list/1/name"))]));
    }
}
