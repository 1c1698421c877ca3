//! What is known of Apple's payloads: which keys the settings catalog has, and in which form; which are secrets.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::rules::{RulesError, Target, tables};

/// The rules for profiles.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AppleRules {
    version: u32,
    /// Keys whose values never go into a tree: of any payload, or with a payload's type before it.
    secrets: Vec<String>,
    /// What known payloads become.
    pub catalog: Target,
    /// What the others become.
    pub custom: Target,
    /// What profiles for iPhones and iPads become.
    pub mobile: Target,
    payloads: HashMap<String, BTreeMap<String, Kind>>,
}

/// The kind of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Kind {
    /// A kind by its word.
    Word(Word),
    /// A choice, by the values in their order.
    Choice(Vec<String>),
}

/// The kinds that have words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Word {
    /// True or false.
    Boolean,
    /// A number.
    Integer,
    /// A text.
    String,
    /// Several texts.
    Strings,
    /// A dictionary.
    Group,
    /// A list of dictionaries.
    Groups,
}

impl AppleRules {
    /// Reads rules.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        tables(text, |rules: &Self| rules.version)
    }

    /// The known keys of a payload type.
    pub(super) fn keys(&self, of_type: &str) -> Option<&BTreeMap<String, Kind>> {
        self.payloads.get(of_type)
    }

    /// Whether the value of a key is a secret. The path begins with the payload's type.
    pub(super) fn is_secret(&self, key: &str, path: &str) -> bool {
        self.secrets.iter().any(|own| own.eq_ignore_ascii_case(key) || own == path)
    }
}
