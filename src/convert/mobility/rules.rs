//! The tables of what rules become. Data, each group with its source.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::objects::Access;
use crate::rules::{NoneRule, RulesError, tables};

/// The tables, ready to be asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MobilityRules {
    version: u32,
    pub(super) ranked: BTreeMap<String, Vec<String>>,
    about: About,
    pub(super) policies: Vec<PolicyRule>,
    groups: Vec<Group>,
    none: Vec<NoneRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    names: Vec<String>,
    begin: Vec<String>,
}

/// A policy that a rule can become.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct PolicyRule {
    pub(super) key: String,
    /// For which rules it is; for all unless said.
    #[serde(default)]
    pub(super) when: Option<Access>,
    #[serde(rename = "type")]
    pub(super) policy_type: String,
    pub(super) suffix: String,
    /// Where the groups are; they are assignments unless said.
    #[serde(default)]
    pub(super) groups: Option<String>,
    /// Whether it is made for every rule that has groups.
    #[serde(default)]
    pub(super) always: bool,
    pub(super) properties: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    source: String,
    settings: BTreeMap<String, Vec<Row>>,
}

/// What a property of a rule sets.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Row {
    pub(super) policy: String,
    /// For which rules it is; for all unless said.
    #[serde(default)]
    pub(super) when: Option<Access>,
    #[serde(default)]
    pub(super) property: String,
    #[serde(default, rename = "as")]
    pub(super) form: RowForm,
    #[serde(default)]
    pub(super) steps: Vec<i64>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) value: Option<Value>,
}

/// How a value becomes another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RowForm {
    #[default]
    Same,
    Not,
    Minutes,
    Values,
    Value,
    Make,
}

impl MobilityRules {
    /// Reads the tables.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules = tables(text, |rules: &Self| rules.version)?;
        for group in &rules.groups {
            if group.source.trim().is_empty() {
                return Err(RulesError::Row(String::from("a group of settings names no source")));
            }
            for row in group.settings.values().flatten() {
                if !rules.policies.iter().any(|policy| policy.key == row.policy) {
                    return Err(RulesError::Row(format!("the policy {} is not in the tables", row.policy)));
                }
            }
        }
        Ok(rules)
    }

    /// The rows of a property.
    pub(super) fn rows(&self, name: &str) -> Option<&[Row]> {
        self.groups.iter().find_map(|group| group.settings.get(name)).map(Vec::as_slice)
    }

    /// Why a property has no counterpart.
    pub(super) fn none(&self, name: &str) -> Option<&NoneRule> {
        self.none.iter().find(|rule| rule.what.iter().any(|own| own == name))
    }

    /// Whether a property says what a rule is, and sets nothing.
    pub(super) fn is_about(&self, name: &str) -> bool {
        self.about.names.iter().any(|own| own == name) || self.about.begin.iter().any(|own| name.starts_with(own))
    }
}
