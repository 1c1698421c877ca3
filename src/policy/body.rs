//! A policy's JSON, as values or kept small. Ten thousand policies as values take some twenty times the memory of their
//! text. So what is only kept for later is text, and becomes values where somebody looks. Not for what is in it.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value, map};

/// Properties that are asked for again and again without anything else: they stay at hand.
const AT_HAND: [&str; 5] = ["id", "displayName", "name", "profileName", "@odata.type"];
/// What is nested deeper stays as values: a reader of JSON gives up at 128.
const DEEPEST: usize = 100;

/// The properties of a policy. It reads and changes like a map; [`Body::shrink`] makes it small until then.
#[derive(Default)]
pub struct Body {
    /// The text, as long as the values have not been changed.
    small: Option<Arc<Small>>,
    /// The values, once somebody looked.
    values: OnceLock<Map<String, Value>>,
}

/// What is left of a small body.
struct Small {
    at_hand: [Option<Box<str>>; AT_HAND.len()],
    json: Box<[u8]>,
}

impl Body {
    /// Keeps only the text. What is looked at afterwards becomes values again, and stays so until the next time.
    pub fn shrink(&mut self) {
        if self.small.is_none() && !self.is_empty() && self.values().all(|value| depth(value) < DEEPEST) {
            let json = serde_json::to_vec(&**self).unwrap_or_default().into_boxed_slice();
            let at_hand = AT_HAND.map(|name| self.get(name).and_then(Value::as_str).map(Box::from));
            self.small = (!json.is_empty()).then(|| Arc::new(Small { at_hand, json }));
        }
        if self.small.is_some() {
            self.values = OnceLock::new();
        }
    }

    /// Whether it is text, and every look at it would make values of it.
    pub fn is_small(&self) -> bool {
        self.small.is_some() && self.values.get().is_none()
    }

    /// A text property; those that are asked for most often are known without making values of the rest.
    pub fn text(&self, property: &str) -> Option<&str> {
        if let (Some(small), true) = (&self.small, self.is_small())
            && let Some(place) = AT_HAND.iter().position(|name| *name == property)
        {
            return small.at_hand[place].as_deref();
        }
        self.get(property).and_then(Value::as_str)
    }

    /// The values, for good.
    fn take(&mut self) -> Map<String, Value> {
        let _ = &**self;
        self.small = None;
        self.values.take().unwrap_or_default()
    }
}

impl Small {
    fn values(&self) -> Map<String, Value> {
        serde_json::from_slice(&self.json).expect("what was written as JSON is JSON")
    }
}

/// How deep a value is nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

impl Deref for Body {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        self.values.get_or_init(|| self.small.as_ref().map(|small| small.values()).unwrap_or_default())
    }
}

impl DerefMut for Body {
    fn deref_mut(&mut self) -> &mut Self::Target {
        let values = self.take();
        self.values = OnceLock::from(values);
        self.values.get_mut().expect("just set")
    }
}

impl Clone for Body {
    /// A copy of what is small is small.
    fn clone(&self) -> Self {
        match &self.small {
            Some(small) => Self { small: Some(Arc::clone(small)), values: OnceLock::new() },
            None => Self { small: None, values: self.values.clone() },
        }
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(formatter)
    }
}

impl From<Map<String, Value>> for Body {
    fn from(values: Map<String, Value>) -> Self {
        Self { small: None, values: OnceLock::from(values) }
    }
}

impl From<Body> for Map<String, Value> {
    fn from(mut body: Body) -> Self {
        body.take()
    }
}

impl From<Body> for Value {
    fn from(body: Body) -> Self {
        Value::Object(body.into())
    }
}

impl FromIterator<(String, Value)> for Body {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(properties: I) -> Self {
        properties.into_iter().collect::<Map<_, _>>().into()
    }
}

impl IntoIterator for Body {
    type Item = (String, Value);
    type IntoIter = map::IntoIter;

    fn into_iter(mut self) -> Self::IntoIter {
        self.take().into_iter()
    }
}

impl<'a> IntoIterator for &'a Body {
    type Item = (&'a String, &'a Value);
    type IntoIter = map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn body(value: Value) -> Body {
        serde_json::from_value::<Map<String, Value>>(value).unwrap().into()
    }

    #[test]
    fn a_small_one_tells_its_name_without_becoming_values() {
        let mut own = body(json!({"id": "1", "displayName": null, "name": "n", "description": "d"}));
        own.shrink();
        assert_eq!((own.text("id"), own.text("displayName"), own.text("name")), (Some("1"), None, Some("n")));
        assert!(own.is_small());
        assert_eq!(own.text("description"), Some("d"));
        assert!(!own.is_small() && own.clone().is_small());
    }

    #[test]
    fn a_change_is_not_lost_when_it_becomes_small_again() {
        let mut own = body(json!({"id": "1", "settings": []}));
        own.shrink();
        own.insert("id".into(), json!("2"));
        assert_eq!(own.text("id"), Some("2"));
        own.shrink();
        assert!(own.is_small());
        assert_eq!(Value::from(own), json!({"id": "2", "settings": []}));
    }

    #[test]
    fn what_no_reader_would_read_again_stays_as_values() {
        let deep = (0..DEEPEST).fold(json!(1), |inner, _| json!([inner]));
        let mut own = body(json!({"id": "1", "deep": deep}));
        own.shrink();
        assert!(!own.is_small());
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn small_and_back_is_the_same(values in proptest::collection::btree_map("[a-z@.]{0,8}", anything(), 0..6)) {
            let values: Map<String, Value> = values.into_iter().collect();
            let mut own = Body::from(values.clone());
            own.shrink();
            prop_assert!(own.is_small() || values.is_empty());
            prop_assert_eq!(&*own, &values);
            own.shrink();
            prop_assert_eq!(Map::from(own), values);
        }
    }
}
