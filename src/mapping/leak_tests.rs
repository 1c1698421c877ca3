//! Nothing of the source is left, whatever a policy holds and wherever an id stands in it: random policies
//! made from Graph's own types, rewritten there and back.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::file::{Decision, Entry, Mapping, Named, Side};
use super::testing::rewritten;
use crate::catalogue::{Catalogue, PolicyType, misfits, references};
use crate::policy::decode::{Encoding, to_base64, to_bytes};
use crate::policy::ids::{entra_sid, replace_ids};
use crate::policy::{Marks, Policy, sweep};

const TYPES: &str = include_str!("../../policies-schema/graph-types.json");
const DEEPEST: usize = 5;

/// Graph's types, and a source of chance.
struct Maker<'a> {
    types: &'a Value,
    constants: &'a [String],
    chance: fastrand::Rng,
    /// Ids that were planted, with what they become.
    planted: BTreeMap<String, String>,
}

impl Maker<'_> {
    fn guid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.chance.u128(..).to_le_bytes()).into_uuid().to_string()
    }

    fn plant(&mut self) -> String {
        let (source, target) = (self.guid(), self.guid());
        self.planted.insert(source.clone(), target);
        source
    }

    fn text(&mut self) -> String {
        let id = match self.chance.u8(0..16) {
            0..=5 => return String::from("plain text, a-b_c 12"),
            _ => self.plant(),
        };
        let script = format!("$group = '{id}'\r\n# äöü {}\r\n", id.to_uppercase());
        match self.chance.u8(0..9) {
            0 | 1 => id,
            2 => format!("x={{{}}};", id.to_uppercase()),
            3 => format!("[{}]", id.replace('-', "")),
            4 => format!("*{},*S-1-5-32-544", entra_sid(&id).unwrap()),
            5 => to_base64(script.as_bytes()),
            6 => to_base64(&to_bytes(&script, Encoding::Utf16Le { mark: true })),
            7 => format!("<a group=\"{id}\"><b>&lt;{id}&gt;</b><c v='{}'/></a>", to_base64(script.as_bytes())),
            _ => {
                let data = to_base64(script.as_bytes());
                let (first, rest) = data.split_at(40);
                to_base64(
                    format!("<plist><data>\n\t{first}\n\t{rest}\n\t</data><string>{id}</string></plist>").as_bytes(),
                )
            }
        }
    }

    fn value(&mut self, declared: &str, depth: usize) -> Value {
        if let Some(element) = declared.strip_prefix("collection:") {
            let count = if depth < DEEPEST { self.chance.usize(0..3) } else { 0 };
            return (0..count).map(|_| self.value(element, depth + 1)).collect();
        }
        match declared {
            "boolean" => Value::from(self.chance.bool()),
            "int16" | "int32" | "int64" | "byte" => Value::from(self.chance.u8(..)),
            "double" | "single" | "decimal" => Value::from(1.5),
            "guid" => Value::from(self.plant()),
            word if word.starts_with("enum:") => Value::from("member"),
            known if self.types.get(known).is_some() && depth < DEEPEST => self.object(known, depth),
            known if self.types.get(known).is_some() => Value::Null,
            _ => Value::from(self.text()),
        }
    }

    /// The properties of a type and its bases.
    fn properties(&self, name: &str) -> Vec<(String, String)> {
        let mut list = Vec::new();
        let mut next = Some(name);
        while let Some(entity) = next.and_then(|name| self.types.get(name)) {
            let own = entity["properties"].as_object().into_iter().flatten();
            list.extend(own.map(|(key, property)| (key.clone(), property["type"].as_str().unwrap().to_owned())));
            next = entity["base"].as_str();
        }
        list
    }

    fn heirs(&self, name: &str) -> Vec<String> {
        let all = self.types.as_object().unwrap();
        let comes_from = |heir: &str| {
            let mut next = Some(heir);
            while let Some(own) = next {
                if own == name {
                    return true;
                }
                next = all.get(own).and_then(|entity| entity["base"].as_str());
            }
            false
        };
        all.keys().filter(|heir| comes_from(heir)).cloned().collect()
    }

    fn object(&mut self, declared: &str, depth: usize) -> Value {
        let heirs = self.heirs(declared);
        let name = heirs[self.chance.usize(0..heirs.len())].clone();
        let mut map = Map::new();
        if name != declared {
            map.insert("@odata.type".into(), Value::from(format!("#microsoft.graph.{name}")));
        }
        for (key, declared) in self.properties(&name) {
            if key != "id" && self.chance.u8(0..10) < 6 {
                let value =
                    if self.constants.contains(&key) { json!("constant") } else { self.value(&declared, depth + 1) };
                map.insert(key, value);
            }
        }
        Value::Object(map)
    }

    /// A policy of a type, with links, and without what is never sent.
    fn policy(&mut self, policy_type: &PolicyType, catalogue: &Catalogue) -> Policy {
        let mut value = self.object(&policy_type.entity, 0);
        value["id"] = Value::from(self.guid());
        let own = value.get("@odata.type").and_then(Value::as_str).map(str::to_owned);
        for link in policy_type.links_of(own.as_deref()) {
            let target = catalogue.get(&link.kind).map_or("things", |kind| &kind.path);
            let bind = format!("{target}('{}')", self.plant());
            value[format!("{}@odata.bind", link.property)] = if link.many { json!([bind]) } else { json!(bind) };
            value.as_object_mut().unwrap().remove(&link.property);
        }
        let shared = &catalogue.shared;
        let mine = policy_type.volatile.iter().chain(&policy_type.read_only).chain(&policy_type.addresses);
        for path in mine.chain(&shared.volatile).chain(&shared.read_only) {
            if !["id", "assignments"].contains(&path.as_str()) {
                path.remove(&mut value);
            }
        }
        let mut policy = Policy::new(&policy_type.name, value.as_object().unwrap().clone());
        // Made by chance, some of it is of a shape that no policy may have.
        while let Some(at) = misfits(&policy, catalogue).into_iter().find_map(|finding| finding.at) {
            crate::policy::path::remove(&mut value, &at);
            policy.body = value.as_object().unwrap().clone();
        }
        policy
    }
}

/// A complete one-to-one mapping: of every planted id, and of whatever stands at the places of references.
fn complete(policy: &Policy, catalogue: &Catalogue, planted: &BTreeMap<String, String>) -> Mapping {
    let mut mapping = Mapping::new(Side::default(), Side::default());
    let mut add = |kind: &str, source: &str, target: &str| {
        if mapping.entry(kind, source).is_none() {
            let mut entry = Entry::undecided(kind, Named::new(source, None));
            entry.decision = Decision::Map;
            entry.target = Some(Named::new(target, None));
            mapping.entries.push(entry);
        }
    };
    let other = |id: &str| planted.get(id).cloned();
    for found in references(policy, catalogue) {
        let target = replace_ids(&found.id, &other).map_or_else(|| format!("{}~", found.id), |(text, _)| text);
        add(&found.kind, &found.id, &target);
    }
    for (source, target) in planted {
        add("group", source, target);
    }
    mapping
}

fn inverse(mapping: &Mapping) -> Mapping {
    let mut inverse = mapping.clone();
    for entry in &mut inverse.entries {
        let target = entry.target.replace(entry.source.clone()).unwrap();
        entry.source = target;
    }
    inverse
}

fn there_and_back(seed: u64, only: Option<&str>) -> usize {
    static LOADED: std::sync::LazyLock<(Catalogue, Value)> = std::sync::LazyLock::new(|| {
        let types: Value = serde_json::from_str(TYPES).unwrap();
        (Catalogue::built_in().unwrap(), types["types"].clone())
    });
    let (catalogue, types) = &*LOADED;
    let mut chance = fastrand::Rng::with_seed(seed);
    let all: Vec<&PolicyType> =
        catalogue.iter().filter(|policy_type| only.is_none_or(|name| name == policy_type.name)).collect();
    let policy_type = all[chance.usize(0..all.len())];
    let mut maker = Maker { types, constants: &catalogue.shared.constant_properties, chance, planted: BTreeMap::new() };
    let policy = maker.policy(policy_type, catalogue);
    let planted = maker.planted;
    let mapping = complete(&policy, catalogue, &planted);

    let there = rewritten(&policy, catalogue, &mapping);
    let open: Vec<_> =
        there.findings.iter().filter(|finding| finding.severity == crate::finding::Severity::Error).collect();
    assert!(!there.blocked && open.is_empty(), "seed {seed}: {open:#?}\n{:#}", policy.to_value());
    let marks = Marks { ids: planted.keys().cloned().collect(), ..Marks::default() };
    let left = sweep(&there.policy.to_value(), &marks, &|_, _| false);
    assert!(left.is_empty(), "seed {seed}: {left:#?}");
    let back = rewritten(&there.policy.open(), catalogue, &inverse(&mapping));
    let (before, after) = (policy.to_value(), back.policy.to_value());
    assert_eq!(crate::policy::differences(&before, &after), [], "seed {seed}");
    assert_eq!(before.to_string(), after.to_string(), "seed {seed}");
    planted.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_source_id_is_left_and_the_way_back_gives_the_same_bytes(seed in any::<u64>()) {
        there_and_back(seed, None);
    }
}

#[test]
fn every_type_is_rewritten_there_and_back() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut planted = 0;
    for (seed, policy_type) in (0..).zip(catalogue.iter()) {
        planted += there_and_back(seed, Some(&policy_type.name));
    }
    assert!(planted > 200, "only {planted} ids were planted");
}
