//! The properties of a policy, packed. Ten thousand policies as values take some twenty times the memory of their text,
//! and the text packs to a fraction. So what is only kept for later is packed, and whoever wants to look opens it and
//! lets go of what was opened. There is no way to look without opening. Not for what is in it.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Properties that are asked for again and again without anything else: they stay at hand.
const AT_HAND: [&str; 5] = ["id", "displayName", "name", "profileName", "@odata.type"];
/// What is nested deeper stays as values: a reader of JSON gives up at 128.
const DEEPEST: usize = 100;

/// The properties of a policy, packed. A copy shares what is packed.
#[derive(Clone, PartialEq)]
pub struct Packed(Arc<Inner>);

#[derive(PartialEq)]
struct Inner {
    at_hand: [Option<Box<str>>; AT_HAND.len()],
    form: Form,
}

/// How the properties are kept. Equal properties are kept in equal form.
#[derive(PartialEq)]
enum Form {
    /// As compressed JSON, and how long that is.
    Text(Box<[u8]>, usize),
    Values(Map<String, Value>),
}

impl Packed {
    /// All properties, as values.
    #[expect(clippy::missing_panics_doc, reason = "what was packed here as JSON is JSON, which a property test holds")]
    pub fn open(&self) -> Map<String, Value> {
        match &self.0.form {
            Form::Text(packed, length) => unpack(packed, *length).expect("what was packed as JSON is JSON"),
            Form::Values(values) => values.clone(),
        }
    }

    /// A text property that is at hand; none for any other, which only [`Packed::open`] gives.
    pub fn at_hand(&self, property: &str) -> Option<&str> {
        self.0.at_hand[place(property)?].as_deref()
    }
}

/// Whether a property is kept at hand.
pub(super) fn is_at_hand(property: &str) -> bool {
    place(property).is_some()
}

fn place(property: &str) -> Option<usize> {
    AT_HAND.iter().position(|name| *name == property)
}

fn unpack(packed: &[u8], length: usize) -> Option<Map<String, Value>> {
    let json = lz4_flex::block::decompress(packed, length).ok()?;
    serde_json::from_slice(&json).ok()
}

/// How deep a value is nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or_default(),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

impl From<Map<String, Value>> for Packed {
    fn from(values: Map<String, Value>) -> Self {
        let at_hand = AT_HAND.map(|name| values.get(name).and_then(Value::as_str).map(Box::from));
        let json =
            if values.values().all(|value| depth(value) < DEEPEST) { serde_json::to_vec(&values).ok() } else { None };
        let form = match json {
            Some(json) => Form::Text(lz4_flex::block::compress(&json).into_boxed_slice(), json.len()),
            None => Form::Values(values),
        };
        Self(Arc::new(Inner { at_hand, form }))
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.open().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.open().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn packed(value: Value) -> Packed {
        serde_json::from_value::<Map<String, Value>>(value).unwrap().into()
    }

    #[test]
    fn its_name_is_at_hand_and_nothing_else() {
        let own = packed(json!({"id": "1", "displayName": null, "name": "n", "description": "d"}));
        assert_eq!((own.at_hand("id"), own.at_hand("displayName"), own.at_hand("name")), (Some("1"), None, Some("n")));
        assert_eq!((own.at_hand("description"), is_at_hand("description")), (None, false));
    }

    #[test]
    fn what_no_reader_would_read_again_stays_as_values() {
        let deep = (0..DEEPEST).fold(json!(1), |inner, _| json!([inner]));
        let own = packed(json!({"id": "1", "deep": deep}));
        assert!(matches!(own.0.form, Form::Values(_)));
        assert_eq!(own.open()["deep"], deep);
    }

    #[test]
    fn what_repeats_itself_takes_a_fraction() {
        let setting =
            |index: usize| json!({"settingDefinitionId": format!("device_vendor_msft_policy_{index}"), "value": index});
        let own = packed(json!({"settings": (0..100).map(setting).collect::<Vec<_>>()}));
        let Form::Text(packed, length) = &own.0.form else { panic!("it is not packed") };
        assert!(packed.len() * 4 < *length, "{} of {length}", packed.len());
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
        fn packed_and_opened_is_the_same(values in proptest::collection::btree_map("[a-z@.]{0,8}", anything(), 0..6)) {
            let values: Map<String, Value> = values.into_iter().collect();
            let own = Packed::from(values.clone());
            prop_assert_eq!(&own.open(), &values);
            prop_assert!(own == Packed::from(values));
        }
    }
}
