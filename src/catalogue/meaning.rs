//! What an object means to the policies that it narrows: the rule of a filter or a group, the addresses of a named
//! location, the ways of signing in of a strength. Compares two tenants' objects by that. Pure. Which properties
//! count is data of each kind; what follows from a difference is the engine's.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::Deserialize;
use serde_json::{Map, Value};

/// A property that says what an object means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Meaning {
    /// The property.
    pub at: String,
    /// How two values are compared.
    #[serde(rename = "as")]
    pub compared: Compared,
    /// What the service takes where nothing is said.
    #[serde(default)]
    pub default: Option<Value>,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compared {
    /// As they are; nothing, `false`, an empty text and an empty list are alike.
    Value,
    /// As rules: spaces outside quotes do not matter.
    Rule,
    /// As lists of words without an order.
    Words,
    /// As lists of IP ranges: by the addresses in them.
    Ranges,
    /// As lists of words of which the target may have fewer.
    AtMost,
    /// As lists of which the target may have more.
    AtLeast,
}

/// What an object means otherwise in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otherwise {
    /// The property.
    pub at: String,
    /// What the source's says.
    pub source: String,
    /// What the target's says.
    pub target: String,
}

/// Where the target's object may let more through than the source's, or cannot be compared. An object of which
/// nothing is known is as one that says nothing.
pub fn otherwise(meanings: &[Meaning], source: &Map<String, Value>, target: &Map<String, Value>) -> Vec<Otherwise> {
    let value = |meaning: &Meaning, object: &Map<String, Value>| {
        let own = object.get(&meaning.at).filter(|value| !is_nothing(value));
        own.or(meaning.default.as_ref()).cloned().unwrap_or_default()
    };
    let differing = meanings.iter().filter_map(|meaning| {
        let (source, target) = (value(meaning, source), value(meaning, target));
        let alike = meaning.compared.is_as_narrow(&source, &target);
        (!alike).then(|| Otherwise { at: meaning.at.clone(), source: shown(&source), target: shown(&target) })
    });
    differing.collect()
}

impl Compared {
    fn is_as_narrow(self, source: &Value, target: &Value) -> bool {
        match self {
            Self::Value => same(source, target),
            Self::Rule => rule(source).is_some_and(|own| Some(own) == rule(target)),
            Self::Words => words(source).is_some_and(|own| Some(own) == words(target)),
            Self::AtMost => is_within(words(target), words(source)),
            Self::AtLeast => is_within(words(source), words(target)),
            Self::Ranges => ranges(source).is_some_and(|own| Some(own) == ranges(target)),
        }
    }
}

fn is_within(less: Option<BTreeSet<String>>, more: Option<BTreeSet<String>>) -> bool {
    less.zip(more).is_some_and(|(less, more)| less.is_subset(&more))
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.eq_ignore_ascii_case(right),
        _ => left == right || (is_nothing(left) && is_nothing(right)),
    }
}

/// A rule without the spaces that mean nothing; none where it is not a text.
fn rule(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text,
        _ => return None,
    };
    let (mut out, mut quote) = (String::with_capacity(text.len()), None);
    for sign in text.trim().chars() {
        match quote {
            Some(open) if open == sign => quote = None,
            None if sign == '"' || sign == '\'' => quote = Some(sign),
            None if sign.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
                continue;
            }
            _ => {}
        }
        out.push(sign);
    }
    Some(out)
}

/// The elements of a list, whatever their order and, of texts, their case; none where it is not a list.
fn words(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::Null => Some(BTreeSet::new()),
        Value::Array(list) => Some(
            list.iter()
                .map(|one| match one {
                    Value::String(text) => text.to_lowercase(),
                    other => without_id(other).to_string(),
                })
                .collect(),
        ),
        _ => None,
    }
}

/// An element without the id that another tenant gave it.
fn without_id(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(map) = &mut value {
        map.remove("id");
    }
    value
}

/// Addresses from first to last, apart from each other: whether of version 6, first, last.
type Addresses = Vec<(bool, u128, u128)>;

/// The addresses of a list of ranges; none where one of them is not understood.
fn ranges(value: &Value) -> Option<Addresses> {
    let list = match value {
        Value::Null => return Some(Vec::new()),
        Value::Array(list) => list,
        _ => return None,
    };
    let mut all: Addresses = list.iter().map(range).collect::<Option<_>>()?;
    all.sort_unstable();
    let mut apart: Addresses = Vec::new();
    for (version, first, last) in all {
        match apart.last_mut() {
            Some((own, _, end)) if *own == version && first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => apart.push((version, first, last)),
        }
    }
    Some(apart)
}

fn range(value: &Value) -> Option<(bool, u128, u128)> {
    let text = |property: &str| value.get(property).and_then(Value::as_str).map(str::trim);
    let (version, first, last) = match (text("cidrAddress"), text("lowerAddress"), text("upperAddress")) {
        (Some(cidr), ..) => {
            let (address, length) = cidr.split_once('/')?;
            let ((six, address), length) = (address_of(address)?, length.parse::<u32>().ok()?);
            let width: u32 = if six { 128 } else { 32 };
            let free = width_mask(width.checked_sub(length)?);
            (six, address & !free, address | free)
        }
        (None, Some(first), Some(last)) => {
            let ((six, first), (other, last)) = (address_of(first)?, address_of(last)?);
            if six != other {
                return None;
            }
            (six, first, last)
        }
        _ => return None,
    };
    (first <= last).then_some((version, first, last))
}

/// As many ones as bits.
fn width_mask(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |one| one - 1)
}

fn address_of(text: &str) -> Option<(bool, u128)> {
    let four = || text.parse::<Ipv4Addr>().ok().map(|address| (false, u128::from(u32::from(address))));
    four().or_else(|| text.parse::<Ipv6Addr>().ok().map(|address| (true, u128::from(address))))
}

/// A value as a person reads it.
fn shown(value: &Value) -> String {
    match value {
        value if is_nothing(value) => String::from("nothing"),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(element).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn element(value: &Value) -> String {
    let text = |property: &str| value.get(property).and_then(Value::as_str);
    match (value, text("cidrAddress"), text("lowerAddress").zip(text("upperAddress"))) {
        (Value::String(text), ..) => text.clone(),
        (_, Some(cidr), _) => cidr.to_owned(),
        (.., Some((first, last))) => format!("{first} to {last}"),
        (other, ..) => other.to_string(),
    }
}

#[cfg(test)]
#[path = "meaning_tests.rs"]
mod tests;
