//! `adopted.json`: where the policies of an adopted tree come from, setting by setting. Beside the policies and not in
//! them, so that they are what Graph itself would give. Its schema is `policies-schema/adopted.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json;

/// The format that this version reads and writes.
const FORMAT: u64 = 1;

/// Where the policies of a tree come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origins {
    format: u64,
    /// The objects that were converted, in the order of their files.
    pub sources: Vec<Origin>,
}

/// An object of another kind that policies were made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// The file that it was in.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// Its own ID; empty where the file does not say it.
    pub id: String,
    /// Where it is linked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<OriginLink>,
    /// The policies that were made of it: type and ID.
    pub policies: Vec<String>,
    /// What it sets, and what became of each.
    pub settings: Vec<OriginSetting>,
}

/// What policies can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A group policy object.
    GroupPolicyObject,
    /// A configuration profile.
    ConfigurationProfile,
    /// A policy of another type.
    Policy,
    /// A rule of Basic Mobility and Security.
    BasicMobilityRule,
}

impl OriginKind {
    /// Several of them, in words.
    pub fn plural(self) -> &'static str {
        match self {
            Self::GroupPolicyObject => "group policy objects",
            Self::ConfigurationProfile => "configuration profiles",
            Self::Policy => "policies",
            Self::BasicMobilityRule => "rules of Basic Mobility and Security",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::GroupPolicyObject => "group policy object",
            Self::ConfigurationProfile => "configuration profile",
            Self::Policy => "policy",
            Self::BasicMobilityRule => "rule of Basic Mobility and Security",
        }
    }
}

/// Where a group policy object is linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OriginLink {
    /// The path of the organizational unit, domain or site.
    pub path: String,
    /// Whether the link is on.
    pub enabled: bool,
    /// Whether objects below cannot override it.
    pub enforced: bool,
}

/// A setting and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OriginSetting {
    /// The half that it is in: `computer` or `user`.
    pub scope: String,
    /// Where it is in the object.
    pub place: String,
    /// What it is called.
    pub name: String,
    /// Its value, for people.
    pub value: String,
    /// What became of it.
    pub verdict: String,
    /// The definition that it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Why it is not what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What people do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl OriginSetting {
    /// Whether a policy has it now.
    pub fn is_converted(&self) -> bool {
        ["converted", "otherForm"].contains(&self.verdict.as_str())
    }
}

impl Default for Origins {
    fn default() -> Self {
        Self { format: FORMAT, sources: Vec::new() }
    }
}

impl Origins {
    /// Of these objects.
    pub(super) fn of(sources: Vec<Origin>) -> Self {
        Self { sources, ..Self::default() }
    }

    /// As it is in the file.
    pub(super) fn to_text(&self) -> String {
        json::to_text(&serde_json::json!(self))
    }

    /// From the file's text, or what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let origins: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if origins.format == FORMAT { Ok(origins) } else { Err(format!("is not of format {FORMAT}")) }
    }

    /// What each policy was made of, in words, by its type and ID.
    pub fn by_policy(&self) -> BTreeMap<&str, String> {
        let each = self.sources.iter().flat_map(|own| {
            let words = format!("the {} \"{}\" ({})", own.kind.words(), own.name, own.file);
            own.policies.iter().map(move |key| (key.as_str(), words.clone()))
        });
        each.collect()
    }
}

/// How a policy is named in an origin.
pub fn origin_key(type_name: &str, id: &str) -> String {
    format!("{type_name}/{id}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn goes_to_text_and_back_and_says_what_a_policy_was_made_of() {
        let setting = OriginSetting {
            scope: "computer".into(),
            place: "A/B".into(),
            name: "Own".into(),
            value: "enabled".into(),
            verdict: "converted".into(),
            definition: Some("device_own".into()),
            why: None,
            instead: None,
        };
        let source = Origin {
            kind: OriginKind::GroupPolicyObject,
            file: "all.xml".into(),
            name: "Desk".into(),
            id: "1".into(),
            links: vec![OriginLink { path: "example.com".into(), enabled: true, enforced: false }],
            policies: vec![origin_key("settings-catalog", "0f3c")],
            settings: vec![setting],
        };
        let origins = Origins::of(vec![source]);
        assert_eq!(Origins::parse(&origins.to_text()).unwrap(), origins);
        assert!(Origins::parse(&origins.to_text().replace("\"format\": 1", "\"format\": 2")).is_err());
        assert_eq!(origins.by_policy()["settings-catalog/0f3c"], "the group policy object \"Desk\" (all.xml)");
    }
}
