//! Takes the secrets out of a profile: a name is in the place of each, so that the profile can be kept and shown. Which
//! values are secrets is data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plist::{Dictionary, Value};

use super::profile::{PAYLOADS, Profile, parse};
use super::rules::AppleRules;
use crate::error::ReadError;

/// A secret that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The name that is in its place.
    pub name: String,
    /// Where it was: the payload's type and the keys.
    pub at: String,
    /// Whether it is binary, so that its value is base64.
    pub binary: bool,
}

/// A profile without its secrets.
pub(super) struct Sealed {
    /// The property list; as it was where it contains no secret.
    pub(super) plain: Vec<u8>,
    /// What was taken out.
    pub(super) secrets: Vec<Secret>,
}

/// Takes the secrets out.
pub(super) fn seal(
    profile: &Profile,
    rules: &AppleRules,
    name: impl FnMut(&str) -> String,
) -> Result<Sealed, ReadError> {
    let mut root = parse(&profile.plain)?;
    let mut sealing = Sealing { rules, name, seen: BTreeMap::new(), secrets: Vec::new() };
    if let Some(own) = root.as_dictionary_mut() {
        let payloads = own.remove(PAYLOADS);
        sealing.dictionary(own, "Configuration");
        own.extend(payloads.map(|payloads| (PAYLOADS.to_owned(), payloads)));
        for payload in own.get_mut(PAYLOADS).and_then(Value::as_array_mut).into_iter().flatten() {
            sealing.payload(payload);
        }
    }
    let secrets = sealing.secrets;
    if secrets.is_empty() {
        return Ok(Sealed { plain: profile.plain.clone(), secrets });
    }
    let mut plain = Vec::new();
    root.to_writer_xml(&mut plain).map_err(|error| ReadError::Profile { problem: error.to_string() })?;
    // The library takes the names of binary secrets for texts.
    let mut text = String::from_utf8_lossy(&plain).into_owned();
    for secret in secrets.iter().filter(|secret| secret.binary) {
        let name = &secret.name;
        text = text.replace(&format!("<string>{name}</string>"), &format!("<data>{name}</data>"));
    }
    Ok(Sealed { plain: text.into_bytes(), secrets })
}

struct Sealing<'a, Name> {
    rules: &'a AppleRules,
    name: Name,
    /// How often each place was met: two payloads can be of one type.
    seen: BTreeMap<String, usize>,
    secrets: Vec<Secret>,
}

impl<Name: FnMut(&str) -> String> Sealing<'_, Name> {
    fn payload(&mut self, payload: &mut Value) {
        let Some(own) = payload.as_dictionary_mut() else { return };
        let of_type = own.get("PayloadType").and_then(Value::as_string).unwrap_or_default().to_owned();
        self.dictionary(own, &of_type);
    }

    fn dictionary(&mut self, own: &mut Dictionary, path: &str) {
        for (key, value) in own.iter_mut() {
            let path = format!("{path}/{key}");
            if self.rules.is_secret(key, &path) {
                self.everything(value, &path);
            } else {
                self.value(value, &path);
            }
        }
    }

    fn value(&mut self, value: &mut Value, path: &str) {
        match value {
            Value::Dictionary(inner) => self.dictionary(inner, path),
            Value::Array(list) => list.iter_mut().for_each(|inner| self.value(inner, path)),
            _ => {}
        }
    }

    /// Of a secret that has parts, each part is one.
    fn everything(&mut self, value: &mut Value, path: &str) {
        match value {
            Value::Dictionary(inner) => {
                inner.iter_mut().for_each(|(key, value)| self.everything(value, &format!("{path}/{key}")));
            }
            Value::Array(list) => list.iter_mut().for_each(|inner| self.everything(inner, path)),
            _ => self.take(value, path),
        }
    }

    fn take(&mut self, value: &mut Value, path: &str) {
        let binary = match value {
            Value::String(text) if !text.is_empty() => false,
            Value::Data(bytes) if !bytes.is_empty() => true,
            _ => return,
        };
        let times = self.seen.entry(path.to_owned()).or_default();
        *times += 1;
        let mut at = path.to_owned();
        if *times > 1 {
            let _ = write!(at, " ({times})");
        }
        let name = (self.name)(&at);
        *value = Value::String(name.clone());
        self.secrets.push(Secret { name, at, binary });
    }
}
