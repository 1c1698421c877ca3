//! The canonical form: what an exported policy looks like, whatever order and volatile values the
//! server answered with. Two readings of an unchanged object are equal byte for byte.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::assignment::with_mark;
use super::path::{self, JsonPath};

/// An array whose order means nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SortRule {
    /// The array.
    pub at: JsonPath,
    /// Paths within an element that order it; none or equal: the element's whole JSON decides.
    pub by: Vec<JsonPath>,
}

impl SortRule {
    /// The rules of arrays whose elements are sorted as they are, then of those that are sorted by something in them.
    pub fn all(unordered: &[JsonPath], sort: &[Self]) -> impl Iterator<Item = Self> {
        let as_they_are = unordered.iter().map(|at| Self { at: at.clone(), by: Vec::new() });
        as_they_are.chain(sort.iter().cloned())
    }
}

/// What the canonical form of a policy type leaves out and sorts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Places that change by themselves: times, versions, counters.
    pub volatile: Vec<JsonPath>,
    /// Arrays whose order means nothing.
    pub sort: Vec<SortRule>,
    /// The `@odata.type` that goes without saying, because the collection is declared of it.
    pub implied_type: Option<String>,
}

/// Brings a document into canonical form: no volatile places, no annotations of the transport, lists sorted. Keys
/// are sorted in every [`Map`].
pub fn canonicalise(body: impl Into<Map<String, Value>>, rules: &Rules) -> Map<String, Value> {
    let mut value = Value::Object(body.into());
    strip_annotations(&mut value);
    if let Value::Object(map) = &mut value
        && map.get("@odata.type").and_then(Value::as_str) == rules.implied_type.as_deref()
    {
        map.remove("@odata.type");
    }
    for path in &rules.volatile {
        path.remove(&mut value);
    }
    for rule in &rules.sort {
        sort(&mut value, rule);
    }
    sort_links(&mut value);
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Removes what describes the answer and not the object: contexts, counts, links, actions.
/// `@odata.type`, `…@odata.bind` and our own `…@ferry.…` stay. Types that came without their `#` get it: some answers
/// leave it out, and no request may (issue IntuneManagement#261).
pub fn strip_annotations(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(name)) = map.get_mut("@odata.type")
                && let Some(marked) = with_mark(name)
            {
                *name = marked;
            }
            // Most have none, and to look is cheaper than to take out.
            if map.keys().any(|key| is_transport_annotation(key)) {
                map.retain(|key, _| !is_transport_annotation(key));
            }
            map.values_mut().for_each(strip_annotations);
        }
        Value::Array(list) => list.iter_mut().for_each(strip_annotations),
        _ => {}
    }
}

/// Whether a key of an answer describes the answer and not the object.
pub fn is_transport_annotation(key: &str) -> bool {
    if key.as_bytes().first() == Some(&b'#') {
        return true;
    }
    if !key.bytes().any(|byte| byte == b'@') {
        return false;
    }
    match key.find("@odata.") {
        None => false,
        Some(0) => key != "@odata.type",
        Some(_) => !key.ends_with("@odata.bind"),
    }
}

/// Links of a collection have no order; that of their ids differs from tenant to tenant.
fn sort_links(value: &mut Value) {
    for (_, links) in value.as_object_mut().into_iter().flatten().filter(|(key, _)| key.ends_with("@odata.bind")) {
        if let Value::Array(list) = links {
            list.sort_by_cached_key(ToString::to_string);
        }
    }
}

fn sort(value: &mut Value, rule: &SortRule) {
    // Most lists are in order, and to look is cheaper than to find and sort.
    let mut sorted = true;
    rule.at.visit(value, &mut |_, place| {
        sorted &= place.as_array().is_none_or(|list| is_sorted(list, &rule.by));
    });
    if sorted {
        return;
    }
    // Deepest first: an outer element's whole JSON may be what orders it.
    let mut places = rule.at.find(value);
    places.sort_by_key(|pointer| std::cmp::Reverse(pointer.len()));
    for pointer in places {
        if let Some(Value::Array(list)) = path::get_mut(value, &pointer)
            && !is_sorted(list, &rule.by)
        {
            list.sort_by_cached_key(|element| sort_key(element, &rule.by));
        }
    }
}

/// Whether what orders the elements says already that each comes after the one before; most are, and what an
/// element's whole JSON is need not be known then.
fn is_sorted(list: &[Value], by: &[JsonPath]) -> bool {
    let name = |path: &JsonPath, element| path.first(element).map(text).unwrap_or_default();
    let order = |one, next| {
        let mut orders = by.iter().map(|path| name(path, one).cmp(&name(path, next)));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    list.len() < 2 || list.is_sorted_by(|one, next| order(one, next).is_lt())
}

fn sort_key(element: &Value, by: &[JsonPath]) -> (Vec<String>, String) {
    let named = by.iter().map(|path| path.first(element).map(text).unwrap_or_default().into_owned()).collect();
    (named, element.to_string())
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rules() -> Rules {
        Rules {
            volatile: vec![JsonPath::new("version"), JsonPath::new("items/*/id")],
            sort: vec![SortRule { at: JsonPath::new("items"), by: vec![JsonPath::new("name")] }],
            implied_type: Some(String::from("#implied")),
        }
    }

    #[test]
    fn drops_noise_and_sorts() {
        let body = json!({
            "version": 3, "@odata.context": "x", "#microsoft.graph.assign": {}, "a@odata.type": "#Collection(String)",
            "@odata.type": "#t", "root@odata.bind": "y", "p@ferry.secret": "k",
            "items": [{"id": "2", "name": "b"}, {"id": "1", "name": "a"}]
        });
        let canonical = canonicalise(body.as_object().unwrap().clone(), &rules());
        assert_eq!(
            Value::Object(canonical),
            json!({"@odata.type": "#t", "root@odata.bind": "y", "p@ferry.secret": "k", "items": [{"name": "a"}, {"name": "b"}]})
        );
    }

    #[test]
    fn a_type_that_goes_without_saying_is_left_out() {
        let body = json!({"@odata.type": "#implied", "items": [{"@odata.type": "#implied"}]});
        let canonical = canonicalise(body.as_object().unwrap().clone(), &rules());
        assert_eq!(Value::Object(canonical), json!({"items": [{"@odata.type": "#implied"}]}));
    }

    #[test]
    fn links_of_a_collection_have_no_order() {
        let canonical =
            |links: [&str; 2]| canonicalise(json!({"roots@odata.bind": links}).as_object().unwrap().clone(), &rules());
        assert_eq!(canonical(["c('2')", "c('1')"]), canonical(["c('1')", "c('2')"]));
    }

    proptest! {
        #[test]
        fn order_of_an_unordered_array_never_shows(mut names in proptest::collection::vec("[a-z]{0,3}", 0..8), seed in any::<u64>()) {
            let doc = |names: &[String]| json!({"items": names.iter().map(|n| json!({"name": n})).collect::<Vec<_>>()});
            let before = canonicalise(doc(&names).as_object().unwrap().clone(), &rules());
            fastrand::Rng::with_seed(seed).shuffle(&mut names);
            let after = canonicalise(doc(&names).as_object().unwrap().clone(), &rules());
            prop_assert_eq!(&before, &after);
            prop_assert_eq!(canonicalise(after.clone(), &rules()), after);
        }
    }
}
