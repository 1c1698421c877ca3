//! Makes a policy of a profile: a settings catalog policy where every key is known, else a custom profile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plist::{Dictionary, Value as Plist};
use serde_json::{Map, Value, json};

use super::profile::{Payload, Profile};
use super::rules::{AppleRules, Kind, Word};
use super::secrets::{Secret, seal};
use crate::catalog;
use crate::error::ReadError;

/// A policy that was made of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The policy type.
    pub policy_type: String,
    /// The policy, as Graph writes it.
    pub body: Map<String, Value>,
    /// What it became.
    pub from: MadeFrom,
    /// The secrets that were taken out of it.
    pub secrets: Vec<Secret>,
}

/// What a profile became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeFrom {
    /// A settings catalog policy with this many settings.
    Known(usize),
    /// A custom profile, because of this.
    Unknown(String),
}

/// Makes a policy. A secret does not get into it: `name` gives a name for each by its place, which is in the profile
/// instead.
pub fn make(
    profile: &Profile,
    file_name: &str,
    rules: &AppleRules,
    name: impl FnMut(&str) -> String,
) -> Result<Made, ReadError> {
    let sealed = seal(profile, rules, name)?;
    let called = if profile.name.is_empty() { file_name } else { &profile.name };
    let settings = match sealed.secrets.first() {
        Some(secret) => Err(format!("it contains a secret ({})", secret.at)),
        None if profile.mobile => Err(String::from("it is for iPhones and iPads")),
        None => settings(profile, rules),
    };
    let (target, from) = match settings {
        Ok(settings) => (&rules.catalog, Ok(settings)),
        Err(why) => (if profile.mobile { &rules.mobile } else { &rules.custom }, Err(why)),
    };
    let mut body = target.properties.clone();
    let mut set = |property: &str, value: Value| drop(body.insert(property.to_owned(), value));
    set("description", Value::from(profile.description.as_str()));
    let from = match from {
        Ok(settings) => {
            let of_type = "#microsoft.graph.deviceManagementConfigurationSetting";
            let number = settings.len();
            let all = settings.into_iter().map(|own| json!({"@odata.type": of_type, "settingInstance": own}));
            set("name", Value::from(called));
            set("settings", all.collect());
            MadeFrom::Known(number)
        }
        Err(why) => {
            let channel = if profile.for_device { "deviceChannel" } else { "userChannel" };
            set("displayName", Value::from(called));
            set("payloadName", Value::from(called));
            set("payloadFileName", Value::from(file_name));
            set("payload", Value::from(STANDARD.encode(&sealed.plain)));
            if !profile.mobile {
                set("deploymentChannel", Value::from(channel));
            }
            MadeFrom::Unknown(why)
        }
    };
    Ok(Made { policy_type: target.policy_type.clone(), body, from, secrets: sealed.secrets })
}

/// The settings of all payloads, or why one is not known.
fn settings(profile: &Profile, rules: &AppleRules) -> Result<Vec<Value>, String> {
    let mut types: Vec<&str> = profile.payloads.iter().map(|own| own.of_type.as_str()).collect();
    types.sort_unstable();
    if let Some([twice, _]) = types.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("the payload {twice} is in it more than once"));
    }
    if profile.payloads.is_empty() {
        return Err(String::from("it has no payloads"));
    }
    profile.payloads.iter().map(|payload| of_payload(payload, rules)).collect()
}

/// The group of a payload.
fn of_payload(payload: &Payload, rules: &AppleRules) -> Result<Value, String> {
    let of_type = &payload.of_type;
    let known =
        rules.keys(of_type).ok_or_else(|| format!("the payload {of_type} is not known in the settings catalog"))?;
    let id = of_type.to_lowercase();
    let making = Making { of_type, known };
    let children = making.children(&payload.keys, &id, "")?;
    Ok(group(&format!("{id}_{id}"), vec![children]))
}

fn group(id: &str, values: Vec<Vec<Value>>) -> Value {
    let mut made = catalog::group(id);
    let values =
        values.into_iter().map(|children| json!({"settingValueTemplateReference": null, "children": children}));
    if let Some(place) = made.get_mut("groupSettingCollectionValue") {
        *place = values.collect();
    }
    made
}

struct Making<'a> {
    of_type: &'a str,
    known: &'a std::collections::BTreeMap<String, Kind>,
}

impl Making<'_> {
    fn children(&self, own: &Dictionary, id: &str, path: &str) -> Result<Vec<Value>, String> {
        let mut children = Vec::new();
        for (key, value) in own {
            let path = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
            let id = format!("{id}_{}", key.to_lowercase());
            let unknown = || format!("the key {path} of {} is not known in the settings catalog", self.of_type);
            let kind = self.known.get(&path).ok_or_else(unknown)?;
            children.push(self.value(kind, value, &id, &path)?.ok_or_else(|| {
                format!("the value of {path} in {} has another type than Apple's schema says", self.of_type)
            })?);
        }
        Ok(children)
    }

    fn value(&self, kind: &Kind, value: &Plist, id: &str, path: &str) -> Result<Option<Value>, String> {
        let texts =
            |own: &Vec<Plist>| own.iter().map(|one| one.as_string().map(str::to_owned)).collect::<Option<Vec<_>>>();
        Ok(match (kind, value) {
            (Kind::Word(Word::Boolean), Plist::Boolean(on)) => Some(catalog::choice(id, &on.to_string(), Vec::new())),
            (Kind::Word(Word::Integer), Plist::Integer(number)) => {
                number.as_signed().map(|number| catalog::integer(id, number))
            }
            (Kind::Word(Word::String), Plist::String(text)) => Some(catalog::text(id, text)),
            (Kind::Word(Word::Strings), Plist::Array(own)) => {
                texts(own).map(|texts| catalog::texts(id, texts.iter().map(String::as_str)))
            }
            (Kind::Word(Word::Group), Plist::Dictionary(own)) => Some(group(id, vec![self.children(own, id, path)?])),
            (Kind::Word(Word::Groups), Plist::Array(own)) => {
                let inner = format!("{id}_item");
                let mut values = Vec::new();
                for one in own {
                    let Some(one) = one.as_dictionary() else { return Ok(None) };
                    values.push(self.children(one, &inner, path)?);
                }
                Some(group(id, values))
            }
            (Kind::Choice(options), value) => {
                let text = match value {
                    Plist::String(text) => text.clone(),
                    Plist::Integer(number) => number.to_string(),
                    _ => return Ok(None),
                };
                let at = options.iter().position(|option| *option == text);
                at.map(|at| catalog::choice(id, &at.to_string(), Vec::new()))
            }
            _ => None,
        })
    }
}

#[cfg(test)]
#[path = "making_tests.rs"]
mod tests;
