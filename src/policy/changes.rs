//! What is between two documents, for reading: symmetric, and by what an element of a list is instead of by
//! where it stands. Not for deciding whether a target is as planned: that is [`super::compare`]'s.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde_json::{Map, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::canonical::SortRule;
use super::compare::same_scalar;
use super::path::escape;
use super::{sealed, unread};

/// One place where two documents differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// A pointer whose steps into lists are what the elements are called, where they have a name.
    pub at: String,
    /// The left value; none where it is missing.
    pub left: Option<Value>,
    /// The right value; none where it is missing.
    pub right: Option<Value>,
}

/// What must be known of documents to compare them.
#[derive(Debug, Clone, Default)]
pub struct Guide {
    /// Lists without order, and what tells their elements apart.
    pub lists: Vec<SortRule>,
    /// Properties that go along with a secret's mask, by the secret's property: they say no more than it.
    pub beside_secrets: BTreeMap<String, Vec<String>>,
    /// The left side is what is wanted: what its objects do not mention, the right side's may have.
    pub left_is_wanted: bool,
}

/// Properties that tell an element of an ordered list from its neighbors, the best first.
const NAMES: [&str; 5] = ["omaUri", "displayName", "name", "key", "id"];

/// The places where two documents differ. Secrets are not compared, nor is what one side could not read, and nothing, an empty list and an empty
/// text are one and the same.
pub fn changes(left: &Value, right: &Value, guide: &Guide) -> Vec<Change> {
    let lists = [left, right].map(|document| lists(document, guide));
    let mut walk = Walk { guide, lists, at: String::new(), found: Vec::new() };
    walk.value(Some(left), Some(right), &mut [String::new(), String::new()]);
    // Graph names the type of an object only where it is not the declared one.
    walk.found
        .retain(|change| !change.at.ends_with("/@odata.type") || (change.left.is_some() && change.right.is_some()));
    walk.found
}

/// The lists of a document that a rule is about, by pointer.
fn lists<'g>(document: &Value, guide: &'g Guide) -> HashMap<String, &'g SortRule> {
    let mut lists = HashMap::new();
    for rule in &guide.lists {
        lists.extend(rule.at.find(document).into_iter().map(|pointer| (pointer, rule)));
    }
    lists
}

/// Which element of one list is which of the other, and what it is called.
struct Pair {
    left: Option<usize>,
    right: Option<usize>,
    /// None for an element that is nothing but its value.
    step: Option<String>,
}

struct Walk<'g> {
    guide: &'g Guide,
    lists: [HashMap<String, &'g SortRule>; 2],
    at: String,
    found: Vec<Change>,
}

impl Walk<'_> {
    fn value(&mut self, left: Option<&Value>, right: Option<&Value>, pointers: &mut [String; 2]) {
        let list = |value: Option<&Value>| matches!(value, None | Some(Value::Null | Value::Array(_)));
        match (left, right) {
            (Some(left), Some(right)) if same_scalar(left, right) => {}
            (None, Some(only)) | (Some(only), None) if same_scalar(only, &Value::Null) => {}
            (None, None) => {}
            (Some(Value::Object(left)), Some(Value::Object(right))) => self.object(left, right, pointers),
            _ if list(left) && list(right) => self.list(elements(left), elements(right), pointers),
            _ => self.found.push(Change { at: self.at.clone(), left: left.cloned(), right: right.cloned() }),
        }
    }

    fn object(&mut self, left: &Map<String, Value>, right: &Map<String, Value>, pointers: &mut [String; 2]) {
        let more = right.keys().filter(|_| !self.guide.left_is_wanted);
        let keys: BTreeSet<&String> = left.keys().chain(more).collect();
        let secrets: BTreeSet<&str> = keys.iter().filter_map(|key| key.strip_suffix(sealed::MARK)).collect();
        let beside = |key: &str| {
            let rules = secrets.iter().filter_map(|secret| self.guide.beside_secrets.get(*secret));
            rules.flatten().any(|with| with == key)
        };
        let unread = [unread::silent(left), unread::silent(right)];
        let texts = sealed::has_texts(left) || sealed::has_texts(right);
        let told: Vec<&String> = keys
            .iter()
            .copied()
            .filter(|key| !key.ends_with(sealed::MARK) && !secrets.contains(key.as_str()) && !beside(key))
            .filter(|key| !(key.ends_with(sealed::INSIDE) || texts && sealed::is_same_but_secrets(left, right, key)))
            .filter(|key| !unread[0](key) && !unread[1](key))
            .collect();
        for key in told {
            let step = escape(key);
            self.deeper(Some(&step), [Some(&step), Some(&step)], pointers, |walk, pointers| {
                walk.value(left.get(key), right.get(key), pointers);
            });
        }
    }

    fn list(&mut self, left: &[Value], right: &[Value], pointers: &mut [String; 2]) {
        let rule = self.lists[0].get(&pointers[0]).or_else(|| self.lists[1].get(&pointers[1]));
        let pairs = match rule {
            Some(rule) => unordered(left, right, rule),
            None => ordered(left, right),
        };
        for pair in pairs {
            let steps = [pair.left, pair.right].map(|index| index.map(|index| index.to_string()));
            let steps = [steps[0].as_deref(), steps[1].as_deref()];
            self.deeper(pair.step.as_deref(), steps, pointers, |walk, pointers| {
                let left = pair.left.and_then(|index| left.get(index));
                walk.value(left, pair.right.and_then(|index| right.get(index)), pointers);
            });
        }
    }

    fn deeper(
        &mut self,
        step: Option<&str>,
        steps: [Option<&str>; 2],
        pointers: &mut [String; 2],
        then: impl FnOnce(&mut Self, &mut [String; 2]),
    ) {
        let lengths = [pointers[0].len(), pointers[1].len()];
        let length = self.at.len();
        if let Some(step) = step {
            self.at.push('/');
            self.at.push_str(step);
        }
        for (pointer, step) in pointers.iter_mut().zip(steps) {
            // Where a side has no such element, no rule is looked for in it.
            pointer.push('/');
            pointer.push_str(step.unwrap_or("-"));
        }
        then(self, pointers);
        self.at.truncate(length);
        pointers[0].truncate(lengths[0]);
        pointers[1].truncate(lengths[1]);
    }
}

fn elements(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Pairs the elements of a list without order by what its rule says they are.
fn unordered(left: &[Value], right: &[Value], rule: &SortRule) -> Vec<Pair> {
    let mut open: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (index, element) in right.iter().enumerate() {
        open.entry(identity(element, rule)).or_default().push_back(index);
    }
    let mut pairs = Vec::new();
    for (index, element) in left.iter().enumerate() {
        let partner = open.get_mut(&identity(element, rule)).and_then(VecDeque::pop_front);
        pairs.push(Pair { left: Some(index), right: partner, step: named(element, rule) });
    }
    let mut rest: Vec<usize> = open.into_values().flatten().collect();
    rest.sort_unstable();
    pairs.extend(rest.into_iter().map(|index| Pair {
        left: None,
        right: Some(index),
        step: named(&right[index], rule),
    }));
    pairs
}

fn identity(element: &Value, rule: &SortRule) -> String {
    let values: Vec<String> = rule.by.iter().map(|path| path.first(element).map(text).unwrap_or_default()).collect();
    if values.iter().all(String::is_empty) { element.to_string() } else { values.join("\u{0}") }
}

/// What an element of a list is called; none where it is nothing but its value.
fn named(element: &Value, rule: &SortRule) -> Option<String> {
    let values: Vec<String> = rule.by.iter().filter_map(|path| path.first(element)).map(text).collect();
    let name = values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>().join(", ");
    if name.is_empty() { None } else { Some(escape(&name)) }
}

/// Pairs the elements of a list whose order counts: what is equal stays together, and between two equal
/// stretches what has one name is one.
fn ordered(left: &[Value], right: &[Value]) -> Vec<Pair> {
    let texts = |list: &[Value]| list.iter().map(Value::to_string).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &texts(left), &texts(right)) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let mut free: Vec<usize> = op.new_range().collect();
        let mut alone = Vec::new();
        for index in op.old_range() {
            let same =
                |other: &usize| own_name(&left[index]).is_some_and(|name| own_name(&right[*other]) == Some(name));
            match free.iter().position(same) {
                Some(place) => pairs.push(place_of(Some(index), Some(free.remove(place)), left, right)),
                None => alone.push(index),
            }
        }
        for index in alone {
            let unnamed = |other: &usize| own_name(&left[index]).is_none() && own_name(&right[*other]).is_none();
            let partner = free.iter().position(unnamed).map(|place| free.remove(place));
            pairs.push(place_of(Some(index), partner, left, right));
        }
        pairs.extend(free.into_iter().map(|index| place_of(None, Some(index), left, right)));
    }
    pairs
}

fn place_of(one: Option<usize>, other: Option<usize>, left: &[Value], right: &[Value]) -> Pair {
    let element = one.map(|index| &left[index]).or_else(|| other.map(|index| &right[index]));
    let index = one.or(other).unwrap_or_default();
    let step = match element {
        Some(element) if element.is_object() || element.is_array() => {
            Some(own_name(element).map_or_else(|| index.to_string(), escape))
        }
        _ => None,
    };
    Pair { left: one, right: other, step }
}

fn own_name(element: &Value) -> Option<&str> {
    NAMES.iter().find_map(|property| element.get(*property)?.as_str()).filter(|name| !name.is_empty())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.strip_prefix("#microsoft.graph.").unwrap_or(text).to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
