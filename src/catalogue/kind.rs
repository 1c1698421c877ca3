//! What a reference can name beside a policy type: groups, users, applications and so on; and the ways to find an object
//! again in another tenant. Which of them an object has is in [`super::facts`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::api::Api;
use super::meaning::Meaning;

/// A kind of objects that policies refer to and that are not policies themselves.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DirectoryKind {
    /// The word for it in mappings and directories.
    pub name: String,
    /// The collection's path below the version root; none where no one can look for it. `{id}` in it stands for an
    /// object of the kind that it is below.
    #[serde(default)]
    pub path: Option<String>,
    /// The kind whose objects hold them: they are found through those, as facts `below` (its id) and `position`.
    #[serde(default)]
    pub below: Option<String>,
    /// What an object leads to by these properties is read as well; its facts are called `property/fact`.
    #[serde(default)]
    pub with: Vec<String>,
    /// The version of Graph.
    #[serde(default = "v1")]
    pub api: Api,
    /// The types that `directoryObjects/getByIds` knows its objects by.
    #[serde(default)]
    pub by_ids: Vec<String>,
    /// Where the objects of each of these types are, for a kind without a collection of its own.
    #[serde(default)]
    pub by_type: BTreeMap<String, String>,
    /// The property that policies name it by, where that is not `id`.
    #[serde(default)]
    pub key: Option<String>,
    /// Properties that are kept in a tree's directory.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Properties that the target is asked for by equality; without any, the collection is read as a whole.
    #[serde(default)]
    pub find_by: Vec<String>,
    /// Query of the whole collection.
    #[serde(default)]
    pub list: String,
    /// What makes two objects the same, the surest first.
    #[serde(default)]
    pub identify: Vec<Likeness>,
    /// What policies that are narrowed by its objects are narrowed to: compared between two tenants.
    #[serde(default)]
    pub meaning: Vec<Meaning>,
    /// What to say where the target has none; `{fact}` stands for a fact of the source's.
    #[serde(default)]
    pub absent: Option<String>,
    /// What to do then.
    #[serde(default)]
    pub fix: Option<String>,
}

/// The fact that says which object another one is below.
pub const BELOW: &str = "below";
/// The fact that says which place it has there.
pub const POSITION: &str = "position";

impl DirectoryKind {
    /// Why the target is without an object of these facts; none where nothing of the kind can be said.
    pub fn why_absent(&self, facts: &Map<String, Value>) -> Option<String> {
        let mut text = String::new();
        let mut rest = self.absent.as_deref()?;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            text.push_str(before);
            text.push_str(facts.get(name)?.as_str().filter(|value| !value.is_empty())?);
            rest = after;
        }
        Some(text + rest)
    }
}

fn v1() -> Api {
    Api::V1
}

/// A way to find an object again in another tenant: properties that are equal on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Likeness {
    /// The words for a mapping's `how`, such as `same name`.
    pub how: String,
    /// Properties that must be equal, all of them.
    #[serde(default)]
    pub by: Vec<String>,
    /// Properties of which the first that the object has must be equal.
    #[serde(default)]
    pub first_of: Vec<String>,
    /// Upper and lower case do not matter.
    #[serde(default)]
    pub ignore_case: bool,
    /// What a unique fit is worth.
    #[serde(default)]
    pub confidence: Confidence,
    /// The part before the `@` is put before the target's own domains first.
    #[serde(default)]
    pub in_target_domains: bool,
}

/// What a unique fit is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It is the object.
    #[default]
    Certain,
    /// It may be the object: a person decides.
    Suggestion,
    /// It only chooses between several that fit by another likeness.
    TieBreaker,
    /// It only puts forward one of several that fit by another likeness: a person decides.
    SuggestedTieBreaker,
}

impl Likeness {
    pub(super) fn of(how: &str, by: &[&str]) -> Self {
        Self {
            how: how.to_owned(),
            by: by.iter().map(|property| (*property).to_owned()).collect(),
            first_of: Vec::new(),
            ignore_case: false,
            confidence: Confidence::Certain,
            in_target_domains: false,
        }
    }
}
