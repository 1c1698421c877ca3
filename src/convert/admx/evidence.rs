//! What registry values say of a policy: whether it is enabled, and with which values. Works in every language.

use std::collections::{HashMap, HashSet};

use super::model::{Data, Element, ElementKind, ListValue, Place, Policy};
use super::values::ElementValue;
use crate::gpo::{Entry, RegistryData, State};

/// The registry values of one scope of a group policy object.
#[derive(Debug, Default)]
pub struct RegistryValues {
    set: HashMap<Place, RegistryData>,
    deleted: HashSet<Place>,
    /// The values of each key, in the order of the file, with the names as they are written.
    below: HashMap<String, Vec<(String, RegistryData)>>,
}

impl RegistryValues {
    /// Values by key and name.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut values = Self::default();
        for entry in entries {
            let key = entry.key.to_lowercase();
            if let Some(name) = entry.deletes() {
                values.deleted.insert((key, name.to_lowercase()));
            } else if entry.deletes_all() {
                values.deleted.insert((key, String::from("*")));
            } else if entry.sets() {
                values.below.entry(key.clone()).or_default().push((entry.name.clone(), entry.data.clone()));
                values.set.insert((key, entry.name.to_lowercase()), entry.data.clone());
            }
        }
        values
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.deleted.is_empty()
    }

    fn get(&self, key: &str, name: &str) -> Option<&RegistryData> {
        self.set.get(&(key.to_lowercase(), name.to_lowercase()))
    }

    fn is_deleted(&self, key: &str, name: &str) -> bool {
        self.deleted.contains(&(key.to_lowercase(), name.to_lowercase()))
    }

    /// Whether the registry has this data there; deleting is a value as well.
    fn has(&self, key: &str, name: &str, data: &Data) -> bool {
        match self.get(key, name) {
            Some(found) => data.is(Some(found)),
            None => *data == Data::Delete && self.is_deleted(key, name),
        }
    }

    fn speaks_of(&self, key: &str, name: &str) -> bool {
        self.get(key, name).is_some() || self.is_deleted(key, name)
    }
}

/// What registry values say of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Whether it is enabled or disabled.
    pub state: State,
    /// The values of its elements, by their place in the policy.
    pub values: Vec<(usize, ElementValue)>,
    /// The values that it explains.
    pub places: Vec<Place>,
}

/// What the registry values say of this policy; none where they do not speak of it.
pub fn evidence(policy: &Policy, values: &RegistryValues) -> Option<Evidence> {
    let state = state(policy, values)?;
    let found = match state {
        State::Enabled => element_values(policy, values),
        _ => Vec::new(),
    };
    let explained = policy
        .footprint()
        .into_iter()
        .filter(|(key, name)| if name == "*" { values.below.contains_key(key) } else { values.speaks_of(key, name) });
    Some(Evidence { state, values: found, places: explained.collect() })
}

fn state(policy: &Policy, values: &RegistryValues) -> Option<State> {
    let all = |list: &[ListValue]| {
        !list.is_empty()
            && list.iter().all(|own| values.has(own.key.as_ref().unwrap_or(&policy.key), &own.value_name, &own.data))
    };
    if let Some(name) = &policy.value_name {
        let on = policy.enabled.clone().unwrap_or(Data::Number(1));
        let off = policy.disabled.clone().unwrap_or(Data::Delete);
        if values.has(&policy.key, name, &on) {
            return Some(State::Enabled);
        }
        if values.has(&policy.key, name, &off) || values.is_deleted(&policy.key, name) {
            return Some(State::Disabled);
        }
        // An element may have the policy's own value.
        let is_element =
            policy.elements.iter().any(|own| own.key.is_none() && own.value_name.eq_ignore_ascii_case(name));
        return (is_element && values.get(&policy.key, name).is_some()).then_some(State::Enabled);
    }
    if all(&policy.enabled_list) {
        return Some(State::Enabled);
    }
    if all(&policy.disabled_list) {
        return Some(State::Disabled);
    }
    let key = |element: &Element| element.key.clone().unwrap_or_else(|| policy.key.clone());
    let set = |element: &Element| match element.kind {
        ElementKind::List { .. } => values.below.contains_key(&key(element).to_lowercase()),
        _ => values.get(&key(element), &element.value_name).is_some(),
    };
    if policy.elements.iter().any(set) {
        return Some(State::Enabled);
    }
    let deleted = |element: &Element| match element.kind {
        ElementKind::List { .. } => values.is_deleted(&key(element), "*"),
        _ => values.is_deleted(&key(element), &element.value_name),
    };
    (!policy.elements.is_empty() && policy.elements.iter().all(deleted)).then_some(State::Disabled)
}

fn element_values(policy: &Policy, values: &RegistryValues) -> Vec<(usize, ElementValue)> {
    let each = policy.elements.iter().enumerate();
    each.filter_map(|(at, element)| Some((at, element_value(policy, element, values)?))).collect()
}

fn element_value(policy: &Policy, element: &Element, values: &RegistryValues) -> Option<ElementValue> {
    let key = element.key.as_ref().unwrap_or(&policy.key);
    let found = values.get(key, &element.value_name);
    match &element.kind {
        ElementKind::Decimal => match found? {
            RegistryData::Number(number) => i64::try_from(*number).ok().map(ElementValue::Number),
            RegistryData::Text(text) => text.trim().parse().ok().map(ElementValue::Number),
            _ => None,
        },
        ElementKind::Boolean { on, .. } => Some(ElementValue::Tick(match found {
            Some(found) => on.is(Some(found)),
            None => *on == Data::Delete && values.is_deleted(key, &element.value_name),
        })),
        ElementKind::Enum(items) => {
            let deleted = values.is_deleted(key, &element.value_name);
            let is = |data: &Data| match found {
                Some(found) => data.is(Some(found)),
                None => deleted && *data == Data::Delete,
            };
            items.iter().position(|item| is(&item.data)).map(ElementValue::Item)
        }
        ElementKind::Text => match found? {
            RegistryData::Text(text) => Some(ElementValue::Text(text.clone())),
            RegistryData::Number(number) => Some(ElementValue::Text(number.to_string())),
            _ => None,
        },
        ElementKind::MultiText => match found? {
            RegistryData::Texts(lines) => Some(ElementValue::Lines(lines.clone())),
            RegistryData::Text(text) => Some(ElementValue::Lines(text.lines().map(str::to_owned).collect())),
            _ => None,
        },
        ElementKind::List { explicit } => {
            let all = values.below.get(&key.to_lowercase())?;
            let pair = |(name, data): &(String, RegistryData)| {
                (if *explicit { name.clone() } else { String::new() }, data.to_string())
            };
            Some(ElementValue::List(all.iter().map(pair).collect()))
        }
    }
}
