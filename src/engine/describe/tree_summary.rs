//! What a tree has, for people who never open JSON: its policies with what they set, and which group gets which
//! of them. Pure. How it is written down is `ui`'s.

use std::collections::BTreeMap;

use serde_json::Value;

use super::audience::{Audience, How, reaches, spoken};
use crate::catalogue::references::references;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::shape::display_names::Names;
use crate::finding::count;
use crate::policy::{Kept, decode, sealed, setting, unread};
use crate::tree::Tree;
use crate::tree::origin::origin_key;

/// What a tree has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inside {
    /// By type, as the types are called in the admin center.
    pub types: Vec<OfType>,
    /// What the tree may lack: types, and why.
    pub incomplete: Vec<String>,
}

/// One policy that reaches somebody.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'a> {
    /// Its type.
    pub of: &'a OfType,
    /// The policy.
    pub policy: &'a Described,
    /// How.
    pub how: &'a How,
}

impl Inside {
    /// Who gets what: everybody first, then groups by name, then single people.
    pub fn reach(&self) -> BTreeMap<&Audience, Vec<Reached<'_>>> {
        let mut reach: BTreeMap<&Audience, Vec<Reached<'_>>> = BTreeMap::new();
        for of in &self.types {
            for policy in &of.policies {
                for (who, how) in &policy.reaches {
                    reach.entry(who).or_default().push(Reached { of, policy, how });
                }
            }
        }
        reach
    }
}

/// The policies of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct OfType {
    /// The type's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Whether its policies can be assigned.
    pub assignable: bool,
    /// Its policies, by name.
    pub policies: Vec<Described>,
}

/// One policy in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its description; empty where it has none.
    pub description: String,
    /// What it was made of, in words; none where it was exported.
    pub made_of: Option<String>,
    /// The admin center's name for what it is, within its type.
    pub group: Option<String>,
    /// Audience it reaches, and how.
    pub reaches: Vec<(Audience, How)>,
    /// What it sets: a name and a value.
    pub settings: Vec<(String, String)>,
}

/// Properties that say what a policy is and not what it does.
const SILENT: [&str; 10] = [
    "@odata.type",
    "id",
    "displayName",
    "name",
    "profileName",
    "description",
    "assignments",
    "roleScopeTagIds",
    "roleScopeTags",
    "settingCount",
];
/// A longer value is only measured.
pub(super) const LONGEST: usize = 200;

/// Looks into a tree.
pub fn inside(tree: &Tree, catalogue: &Catalogue) -> Inside {
    let names = Names::of_tree(&tree.directory, &tree.policies);
    let incomplete = tree.manifest.incomplete().into_iter().map(|finding| finding.message).collect();
    let mut inside = Inside { incomplete, ..Inside::default() };
    let made_of = tree.origins.by_policy();
    for policy_type in catalogue.iter() {
        let own = tree.policies.iter().filter(|policy| policy.type_name == policy_type.name);
        let mut policies: Vec<Described> = own
            .map(|policy| {
                let made_of = made_of.get(origin_key(&policy.type_name, &policy.key()).as_str()).cloned();
                Described { made_of, ..describe(policy, policy_type, catalogue, &names) }
            })
            .collect();
        policies.sort_by(|one, other| one.name.cmp(&other.name));
        if !policies.is_empty() {
            inside.types.push(OfType {
                name: policy_type.name.clone(),
                title: policy_type.title.clone(),
                about: policy_type.about.clone(),
                assignable: policy_type.assignments.is_some(),
                policies,
            });
        }
    }
    inside
}

/// One policy in words.
pub fn describe(kept: &Kept, policy_type: &PolicyType, catalogue: &Catalogue, names: &Names) -> Described {
    let policy = &kept.open();
    let found = references(policy, catalogue);
    let mut document = policy.to_value();
    for one in &found {
        if let Some(Value::String(text)) = document.pointer_mut(&one.pointer) {
            *text = names.of(&one.kind, &one.id).unwrap_or_else(|| one.id.clone());
        }
    }
    for path in policy_type.read_only.iter().chain(&catalogue.shared.volatile) {
        path.remove(&mut document);
    }
    let mut settings = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten().filter(|(name, _)| !SILENT.contains(&name.as_str()))
    {
        collect(name, value, &mut settings);
    }
    let settings = joined(settings);
    Described {
        name: policy_type.name_of(policy),
        description: policy.text("description").unwrap_or_default().to_owned(),
        made_of: None,
        group: policy_type.group_of(policy).map(|group| group.title.clone()),
        reaches: reaches(policy, policy_type, &found, names),
        settings,
    }
}

/// The values of a setting that has several, together.
fn joined(settings: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = Vec::new();
    for (name, value) in settings {
        match list.last_mut() {
            Some((last, values)) if *last == name => *values = format!("{values}, {value}"),
            _ => list.push((name, value)),
        }
    }
    list
}

/// What a property sets, in words; nothing where it sets nothing.
fn collect(name: &str, value: &Value, list: &mut Vec<(String, String)>) {
    if let Some(secret) = name.strip_suffix(sealed::MARK) {
        list.push((spoken(secret), String::from("(secret, not exported)")));
        return;
    }
    if let Some(part) = name.strip_suffix(unread::MARK) {
        list.push((spoken(part), String::from("(not read: a permission is missing)")));
        return;
    }
    if let Some(leaves) = setting::leaves(value) {
        list.extend(leaves.into_iter().map(|(id, value)| (plain_id(&id).to_owned(), chosen(&id, &value))));
        return;
    }
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::String(text) if text.is_empty() || text == "notConfigured" => {}
        Value::Array(elements) if elements.iter().all(|element| !element.is_object() && !element.is_array()) => {
            let words: Vec<String> = elements.iter().map(word).collect();
            if !words.is_empty() {
                list.push((spoken(name), words.join(", ")));
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                // A setting has a name of its own.
                let own = if setting::definition(element).is_some() {
                    name.to_owned()
                } else {
                    format!("{name} {}", index + 1)
                };
                collect(&own, element, list);
            }
        }
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| *key != "@odata.type" && *key != "id") {
                collect(&format!("{name} › {key}"), value, list);
            }
        }
        other => list.push((spoken(name), word(other))),
    }
}

/// A value in words; a payload by its size.
fn word(value: &Value) -> String {
    let Value::String(text) = value else {
        return match value {
            Value::Bool(true) => String::from("yes"),
            other => other.to_string(),
        };
    };
    match opened(text) {
        Some(inner) => format!("(file of {})", count(inner.lines().count(), "line", "lines")),
        None if text.len() <= LONGEST => text.clone(),
        None => format!("(text of {})", count(text.lines().count(), "line", "lines")),
    }
}

/// The readable file that a text is.
pub(super) fn opened(text: &str) -> Option<String> {
    // Words and names could be base64, too, but what they would stand for is not text of several words or lines.
    let is_payload = |inner: &String| text.len() > LONGEST || inner.contains([' ', '\n', '\t']);
    let decoded = decode::base64_exact(text).and_then(|bytes| decode::to_text(&bytes));
    decoded.map(|(inner, _)| inner).filter(is_payload)
}

/// A catalogue setting's id without what all of them begin with.
pub(super) fn plain_id(id: &str) -> &str {
    ["device_vendor_msft_policy_config_", "user_vendor_msft_policy_config_", "device_vendor_msft_", "user_vendor_msft_"]
        .iter()
        .find_map(|prefix| id.strip_prefix(prefix))
        .unwrap_or(id)
}

/// What was chosen: the value of a choice begins with the setting's id.
fn chosen(id: &str, value: &Value) -> String {
    match value {
        Value::String(text) => {
            text.strip_prefix(id).map_or_else(|| word(value), |rest| rest.trim_start_matches('_').to_owned())
        }
        other => word(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(name: &str, value: &Value) -> Vec<(String, String)> {
        let mut list = Vec::new();
        collect(name, value, &mut list);
        list
    }

    #[test]
    fn properties_are_said_in_words() {
        assert_eq!(settings("a", &json!(null)), []);
        assert_eq!(settings("wifiBlocked", &json!(true)), [("Wifi blocked".into(), "yes".into())]);
        assert_eq!(settings("tags", &json!(["a", 2])), [("Tags".into(), "a, 2".into())]);
        assert_eq!(settings("list", &json!([{"port": 1}])), [("List 1 › Port".into(), "1".into())]);
        assert_eq!(settings("psk@ferry.secret", &json!("FERRY_X")), [("Psk".into(), "(secret, not exported)".into())]);
    }

    #[test]
    fn a_setting_is_its_id_and_what_was_chosen() {
        let setting = json!([{"settingInstance": {
            "settingDefinitionId": "device_vendor_msft_policy_config_defender_scan",
            "choiceSettingValue": {"value": "device_vendor_msft_policy_config_defender_scan_1"}}}]);
        assert_eq!(settings("settings", &setting), [("defender_scan".into(), "1".into())]);
    }

    #[test]
    fn the_values_of_one_setting_stand_together() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let list = joined(vec![pair("a", "1"), pair("a", "2"), pair("b", "3")]);
        assert_eq!(list, [pair("a", "1, 2"), pair("b", "3")]);
    }

    #[test]
    fn a_script_is_measured_and_not_printed() {
        let script = decode::to_base64("line\n".repeat(100).as_bytes());
        assert_eq!(word(&json!(script)), "(file of 100 lines)");
        // A rule of an app that looks whether it is there.
        let rule = decode::to_base64(b"if (Test-Path $p) { exit 0 }\r\n");
        assert_eq!(word(&json!(rule)), "(file of 1 line)");
        for name in ["test", "Password", "Contoso1", "YWJj"] {
            assert_eq!(word(&json!(name)), name);
        }
    }
}
