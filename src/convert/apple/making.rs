//! Makes a policy of a profile: a settings catalog policy where every key is known, else a custom profile.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plist::{Dictionary, Value as Plist};
use serde_json::{Map, Value, json};

use super::profile::{Payload, Profile};
use super::rules::{AppleRules, Kind, Word};
use crate::catalog;

/// A policy that was made of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The policy type.
    pub policy_type: String,
    /// The policy, as Graph writes it.
    pub body: Map<String, Value>,
    /// What it became.
    pub from: MadeFrom,
}

/// What a profile became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeFrom {
    /// A settings catalog policy with this many settings.
    Known(usize),
    /// A custom profile, because of this.
    Unknown(String),
}

/// Makes a policy. An error names the keys that are secrets: such a profile must not go into a tree.
pub fn make(profile: &Profile, file_name: &str, rules: &AppleRules) -> Result<Made, Vec<String>> {
    let mut secrets = Vec::new();
    for payload in &profile.payloads {
        if rules.is_secret_payload(&payload.of_type) {
            secrets.push(payload.of_type.clone());
        }
        find_secrets(&payload.keys, &payload.of_type, rules, &mut secrets);
    }
    if !secrets.is_empty() {
        return Err(secrets);
    }
    let name = if profile.name.is_empty() { file_name } else { &profile.name };
    Ok(match settings(profile, rules) {
        Ok(settings) => {
            let mut body = rules.catalog.properties.clone();
            body.insert(String::from("name"), Value::from(name));
            body.insert(String::from("description"), Value::from(profile.description.as_str()));
            let of_type = "#microsoft.graph.deviceManagementConfigurationSetting";
            let number = settings.len();
            let all = settings.into_iter().map(|own| json!({"@odata.type": of_type, "settingInstance": own}));
            body.insert(String::from("settings"), all.collect());
            Made { policy_type: rules.catalog.policy_type.clone(), body, from: MadeFrom::Known(number) }
        }
        Err(why) => {
            let mut body = rules.custom.properties.clone();
            body.insert(String::from("displayName"), Value::from(name));
            body.insert(String::from("description"), Value::from(profile.description.as_str()));
            body.insert(String::from("payloadName"), Value::from(name));
            body.insert(String::from("payloadFileName"), Value::from(file_name));
            body.insert(String::from("payload"), Value::from(STANDARD.encode(&profile.plain)));
            let channel = if profile.for_device { "deviceChannel" } else { "userChannel" };
            body.insert(String::from("deploymentChannel"), Value::from(channel));
            Made { policy_type: rules.custom.policy_type.clone(), body, from: MadeFrom::Unknown(why) }
        }
    })
}

fn find_secrets(own: &Dictionary, path: &str, rules: &AppleRules, secrets: &mut Vec<String>) {
    for (key, value) in own {
        let path = format!("{path}/{key}");
        let is_empty = matches!(value, Plist::String(text) if text.is_empty());
        if rules.is_secret(key) && !is_empty && matches!(value, Plist::String(_) | Plist::Data(_)) {
            secrets.push(path);
        } else if let Some(inner) = value.as_dictionary() {
            find_secrets(inner, &path, rules, secrets);
        } else {
            let inside = value.as_array().into_iter().flatten().filter_map(Plist::as_dictionary);
            inside.for_each(|inner| find_secrets(inner, &path, rules, secrets));
        }
    }
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
mod tests {
    #![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests may fail loudly and show figures")]
    use std::path::Path;

    use super::*;
    use crate::apple::read;

    fn rules() -> AppleRules {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/convert/apple.toml");
        AppleRules::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn profile(payload: &str) -> String {
        format!(
            r#" <?xml version="1.0" encoding="UTF-8"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>PayloadDisplayName</key><string>Firewall</string><key>PayloadIdentifier</key><string>a.b</string>
<key>PayloadContent</key><array><dict><key>PayloadVersion</key><integer>1</integer>{payload}</dict></array></dict></plist>"#
        )
    }

    const FIREWALL: &str = "<key>PayloadType</key><string>com.apple.security.firewall</string><key>EnableFirewall</key><true/>
        <key>Applications</key><array><dict><key>BundleID</key><string>com.a</string><key>Allowed</key><false/></dict></array>";

    #[test]
    fn a_payload_whose_keys_are_known_becomes_settings() {
        let made = make(&read(profile(FIREWALL).as_bytes()).unwrap(), "f.mobileconfig", &rules()).unwrap();
        assert_eq!(made.from, MadeFrom::Known(1));
        let id = "com.apple.security.firewall";
        let children = &made.body["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0]["children"];
        assert_eq!(children[0]["choiceSettingValue"]["value"], format!("{id}_enablefirewall_true"));
        let item = &children[1]["groupSettingCollectionValue"][0]["children"];
        assert_eq!(item[0]["settingDefinitionId"], format!("{id}_applications_item_bundleid"));
        assert_eq!(item[1]["choiceSettingValue"]["value"], format!("{id}_applications_item_allowed_false"));
    }

    #[test]
    fn an_unknown_key_keeps_the_profile_as_it_is() {
        let text = profile(&FIREWALL.replace("EnableFirewall", "EnableMagic"));
        let profile = read(text.as_bytes()).unwrap();
        let made = make(&profile, "f.mobileconfig", &rules()).unwrap();
        assert!(matches!(&made.from, MadeFrom::Unknown(why) if why.contains("EnableMagic")));
        assert_eq!(STANDARD.decode(made.body["payload"].as_str().unwrap()).unwrap(), profile.plain);
        assert_eq!(made.body["deploymentChannel"], "deviceChannel");
    }

    #[test]
    fn secrets_are_refused_by_their_place_and_never_shown() {
        let wifi =
            "<key>PayloadType</key><string>com.apple.wifi.managed</string><key>Password</key><string>hunter2</string>";
        let found = make(&read(profile(wifi).as_bytes()).unwrap(), "w", &rules()).unwrap_err();
        assert_eq!(found, ["com.apple.wifi.managed/Password"]);
    }

    #[test]
    fn binary_and_broken_profiles() {
        let mut binary = Vec::new();
        let text = profile(FIREWALL);
        Plist::from_reader(std::io::Cursor::new(text.trim().as_bytes()))
            .unwrap()
            .to_writer_binary(&mut binary)
            .unwrap();
        assert_eq!(read(&binary).unwrap().payloads, read(text.as_bytes()).unwrap().payloads);
        // A binary list whose only object is an array that holds itself.
        let cycle = b"bplist00\xA1\x00\x08\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0A";
        let deep = format!(
            "<plist><dict><key>PayloadContent</key>{}{}</dict></plist>",
            "<array>".repeat(300),
            "</array>".repeat(300)
        );
        for bytes in [&b""[..], b"\x30\x03\x02\x01", b"<plist><dict></plist>", b"bplist00", cycle, deep.as_bytes()] {
            assert!(read(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn profiles_of_others() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sources/mobileconfig");
        if !root.is_dir() {
            println!("skipped: {} is absent", root.display());
            return;
        }
        let mut files = vec![root];
        let (mut known, mut custom, mut broken) = (0, 0, 0);
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            match read(&std::fs::read(&path).unwrap()) {
                Ok(profile) => match make(&profile, "x", &rules()).map(|made| made.from) {
                    Ok(MadeFrom::Known(_)) => known += 1,
                    Ok(MadeFrom::Unknown(why)) => {
                        custom += 1;
                        println!("  {}: {why}", profile.name);
                    }
                    Err(secrets) => println!("  {}: {secrets:?}", profile.name),
                },
                Err(error) => {
                    broken += 1;
                    println!("  {}: {error}", path.display());
                }
            }
        }
        println!("{known} to the settings catalog, {custom} custom profiles, {broken} broken");
        assert!(known > 0 && custom > known && broken <= 2);
    }
}
