//! JSON text in and out: reading that notices doubled keys and says where a text breaks, and the one
//! form in which the tree's files are written. Not for canonical content: that is `policy::canonical`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::misread::in_words;
use crate::policy::path;

/// Texts from this length on are payloads and tell nothing of what a document is.
const LONG: usize = 4096;
/// As many digits of a number that is not whole, or too large, are kept.
const KEPT_DIGITS: usize = 17;
/// Most policies' JSON is shorter: room that is made at once is not moved as the text grows.
const USUAL: usize = 16 * 1024;

/// A text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{problem} (line {line}, column {column})")]
pub struct ParseError {
    /// Line of the problem, from 1.
    pub line: usize,
    /// Column of the problem.
    pub column: usize,
    /// What is wrong; never a value from the text.
    pub problem: String,
}

/// Reads JSON. The second part names the pointers of keys that stand twice in their object; the last
/// value counts, as it does for everyone else who reads the file.
pub fn parse(text: &str) -> Result<(Value, Vec<String>), ParseError> {
    let mut state = State::default();
    let value = read(text, &mut state)?;
    if state.has_fractions
        && let Some(error) = too_exact(text)
    {
        return Err(error);
    }
    if state.any {
        // Only now it matters where: hardly any file has such keys.
        state = State { at: Some(String::new()), ..State::default() };
        read(text, &mut state)?;
    }
    Ok((value, state.duplicates))
}

fn read(text: &str, state: &mut State) -> Result<Value, ParseError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Node(state).deserialize(&mut deserializer).map_err(|error| broken(&error))?;
    deserializer.end().map_err(|error| broken(&error))?;
    Ok(value)
}

/// Reads of JSON only what tells what it is of: no arrays, no long texts. It is not checked that those are right.
pub(super) fn parse_head(text: &str) -> Result<Value, ParseError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Head.deserialize(&mut deserializer).map_err(|error| broken(&error))?;
    deserializer.end().map_err(|error| broken(&error))?;
    Ok(value.unwrap_or_default())
}

/// The same of JSON that was read whole.
pub(super) fn head(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| match value {
            Value::Array(_) => false,
            Value::String(text) => text.len() <= LONG,
            _ => true,
        });
        map.values_mut().for_each(head);
    }
}

/// JSON as it is in the tree: keys sorted (as every map of the library's is), two spaces, LF, a final newline.
pub fn to_text(value: &Value) -> String {
    let mut bytes = Vec::with_capacity(USUAL);
    let written = serde_json::to_writer_pretty(&mut bytes, value).ok().and_then(|()| String::from_utf8(bytes).ok());
    let mut text = written.unwrap_or_else(|| format!("{value:#}"));
    text.push('\n');
    text
}

/// The first number with more digits than can be kept: it would change without a word.
fn too_exact(text: &str) -> Option<ParseError> {
    let mut rest = text.char_indices().peekable();
    let is_of_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
    while let Some((at, c)) = rest.next() {
        if c == '"' {
            while let Some((_, c)) = rest.next().filter(|(_, c)| *c != '"') {
                if c == '\\' {
                    rest.next();
                }
            }
        } else if c == '-' || c.is_ascii_digit() {
            while rest.next_if(|(_, c)| is_of_number(*c)).is_some() {}
            let end = rest.peek().map_or(text.len(), |(end, _)| *end);
            let mantissa = text[at..end].split(['e', 'E']).next().unwrap_or_default().trim_start_matches('-');
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            let is_whole = text[at..end].parse::<i64>().is_ok() || text[at..end].parse::<u64>().is_ok();
            if !is_whole && digits.trim_start_matches('0').trim_end_matches('0').len() > KEPT_DIGITS {
                let before = &text[..at];
                let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
                let problem = String::from(
                    "the number has more digits than can be kept; write it with 17 digits at most, or as a text",
                );
                return Some(ParseError { line: before.matches('\n').count() + 1, column, problem });
            }
        }
    }
    None
}

fn broken(error: &serde_json::Error) -> ParseError {
    ParseError { line: error.line(), column: error.column(), problem: in_words(&error.to_string()) }
}

#[derive(Default)]
struct State {
    /// The place that is read, where that is to be known.
    at: Option<String>,
    /// Whether some key stands twice.
    any: bool,
    /// Whether some number is kept with as many digits as a fraction has.
    has_fractions: bool,
    duplicates: Vec<String>,
}

impl State {
    /// Takes a step from a place that `go` leads to.
    fn inside<T>(&mut self, go: impl FnMut(&mut String), step: impl FnOnce(&mut Self) -> T) -> T {
        let Some(length) = self.at.as_ref().map(String::len) else { return step(self) };
        self.at.iter_mut().for_each(go);
        let result = step(self);
        self.at.iter_mut().for_each(|at| at.truncate(length));
        result
    }
}

struct Node<'a>(&'a mut State);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.0.has_fractions = true;
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let go = |at: &mut String| path::push_index(at, list.len());
            let next = self.0.inside(go, |state| sequence.next_element_seed(Node(state)))?;
            match next {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let go = |at: &mut String| path::push_key(at, &key);
            let (value, at) = self.0.inside(go, |state| {
                let at = state.at.clone();
                members.next_value_seed(Node(state)).map(|value| (value, at))
            })?;
            if map.insert(key, value).is_some() {
                self.0.any = true;
                self.0.duplicates.extend(at);
            }
        }
        Ok(Value::Object(map))
    }
}

/// Reads what is neither an array nor a long text.
struct Head;

impl<'de> DeserializeSeed<'de> for Head {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Head {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value).map(|number| Some(number.into())).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok((value.len() <= LONG).then(|| Value::String(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            match members.next_value_seed(Head)? {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
        }
        Ok(Some(Value::Object(map)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn doubled_keys_are_named_and_the_last_counts() {
        let (value, doubled) = parse(r#"{"a": [{"x/y": 1, "x/y": 2}], "b": 1, "b": {"c": null}}"#).unwrap();
        assert_eq!(value, json!({"a": [{"x/y": 2}], "b": {"c": null}}));
        assert_eq!(doubled, ["/a/0/x~1y", "/b"]);
    }

    #[test]
    fn a_broken_text_says_where() {
        let error = parse("{\n  \"a\": 1,\n  \"b\" 2\n}").unwrap_err();
        assert_eq!((error.line, error.problem.as_str()), (3, "a colon is missing here"));
        for text in ["", "{", "{}x", "nul", "[1,]", "\"\\ud800\"", "1e999", "{\"a\":1,}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep).unwrap_err().problem.contains("recursion limit"));
    }

    #[test]
    fn text_is_sorted_and_ends_with_a_newline() {
        assert_eq!(
            to_text(&json!({"b": [], "a": {"c": "ä"}})),
            "{\n  \"a\": {\n    \"c\": \"ä\"\n  },\n  \"b\": []\n}\n"
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            proptest::num::f64::NORMAL.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_json()) {
            prop_assert_eq!(parse(&to_text(&value)), Ok((value, vec![])));
        }

        #[test]
        fn a_head_is_the_same_however_it_was_read(value in any_json()) {
            let mut reduced = value.clone();
            head(&mut reduced);
            let whole = if value.is_array() { Value::Null } else { reduced };
            prop_assert_eq!(parse_head(&to_text(&value)), Ok(whole));
        }

        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
