//! YAML as IntuneCD writes and reads it: with PyYAML, by YAML 1.1's rules of what an unquoted word is
//! (`no` is false, `1e3` is a text). Not for other YAML: what means different things to different
//! readers is refused.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};

use crate::policy::path::escape;
use crate::tree::json::ParseError;

/// Deeper nesting is not a policy.
const DEEPEST: usize = 128;
/// Aliases that repeat each other can make a small text endless; no policy has so many values.
const MOST_VALUES: usize = 2_000_000;

/// A list or object that is not closed yet.
struct Open {
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Value>),
    Object { members: Map<String, Value>, key: Option<String> },
}

/// Reads YAML. The second part names the pointers of keys that stand twice; the last value counts.
pub(super) fn parse(text: &str) -> Result<(Value, Vec<String>), ParseError> {
    let mut reading = YamlDocument::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(&error))?;
        reading.event(event).map_err(|problem| ParseError {
            line: span.start.line(),
            column: span.start.col() + 1,
            problem,
        })?;
    }
    Ok((reading.result.unwrap_or_default(), reading.duplicates))
}

fn broken(error: &ScanError) -> ParseError {
    let marker = error.marker();
    ParseError { line: marker.line(), column: marker.col() + 1, problem: error.info().to_owned() }
}

#[derive(Default)]
struct YamlDocument {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    result: Option<Value>,
    duplicates: Vec<String>,
    values: usize,
}

impl YamlDocument {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref(), self.wants_key())?;
                self.close(value, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, Content::Object { members: Map::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, content }) = self.open.pop() else { return Ok(()) };
                let value = match content {
                    Content::List(list) => Value::Array(list),
                    Content::Object { members, .. } => Value::Object(members),
                };
                self.close(value, anchor)
            }
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(String::from("an alias to a value that is not complete"));
                };
                self.count(size(&value))?;
                self.close(value, 0)
            }
            Event::DocumentStart(_) if self.result.is_some() => Err(String::from("a second document begins")),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), String> {
        if self.wants_key() {
            return Err(String::from("a key that is not a string"));
        }
        if self.open.len() >= DEEPEST {
            return Err(format!("nested deeper than {DEEPEST} levels"));
        }
        self.open.push(Open { anchor, content });
        Ok(())
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Object { key: None, .. }, .. }))
    }

    /// Puts a whole value where it belongs.
    fn close(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        self.count(1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let at = self.pointer();
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.result = Some(value),
            Some(Content::List(list)) => list.push(value),
            Some(Content::Object { members, key }) => match key.take() {
                None => match value {
                    Value::String(text) => *key = Some(text),
                    _ => return Err(String::from("a key that is not a string")),
                },
                Some(key) => {
                    if members.insert(key.clone(), value).is_some() {
                        self.duplicates.push(format!("{at}/{}", escape(&key)));
                    }
                }
            },
        }
        Ok(())
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_VALUES { Err(String::from("too many values, as aliases make them")) } else { Ok(()) }
    }

    /// Where the innermost open list or object stands.
    fn pointer(&self) -> String {
        let mut at = String::new();
        for open in self.open.iter().take(self.open.len().saturating_sub(1)) {
            let segment = match &open.content {
                Content::List(list) => list.len().to_string(),
                Content::Object { key, .. } => escape(key.as_deref().unwrap_or_default()),
            };
            at = format!("{at}/{segment}");
        }
        at
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, is_key: bool) -> Result<Value, String> {
    if let Some(tag) = tag {
        return match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
            (true, "str") => Ok(Value::String(text.to_owned())),
            // Bytes, which JSON has as base64 too; line breaks are the writer's.
            (true, "binary") => Ok(Value::String(text.split_whitespace().collect())),
            _ => Err(format!("the tag `{}{}` is unknown", tag.handle, tag.suffix)),
        };
    }
    if style != ScalarStyle::Plain {
        return Ok(Value::String(text.to_owned()));
    }
    if is_key {
        return if text == "<<" { Err(String::from("a merge key")) } else { Ok(Value::String(text.to_owned())) };
    }
    plain(text)
}

/// What an unquoted word is by YAML 1.1.
fn plain(text: &str) -> Result<Value, String> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Value::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match number(text)? {
            Some(number) => Value::Number(number),
            None => Value::String(text.to_owned()),
        },
    };
    Ok(value)
}

fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some(first) = unsigned.chars().next().filter(|c| c.is_ascii_digit() || *c == '.') else { return Ok(None) };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if digits(unsigned) && (first != '0' || unsigned == "0") {
        let text = text.strip_prefix('+').unwrap_or(text);
        let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from));
        return whole
            .map(Some)
            .map_err(|_| format!("the number {text} is too large; put it in quotes if it is a text"));
    }
    // A fraction has a point, and an exponent its sign.
    if let Some((whole, rest)) = unsigned.split_once('.') {
        let (fraction, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "+0"));
        let signed = exponent.strip_prefix(['-', '+']).is_some_and(digits);
        let plain = |part: &str| part.chars().all(|c| c.is_ascii_digit());
        if plain(whole) && plain(fraction) && signed && !(whole.is_empty() && fraction.is_empty()) {
            return Ok(text.parse::<f64>().ok().and_then(Number::from_f64));
        }
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(&unsigned) {
            return Err(String::from("a number that JSON does not have"));
        }
        return Ok(None);
    }
    // Binary, hexadecimal, octal, underscores and base 60 are numbers to some readers and texts to others.
    let of = |prefix: &str, allowed: fn(char) -> bool| {
        unsigned
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c == '_' || allowed(c)))
    };
    let mut parts = unsigned.split(':');
    let hours = parts.next().is_some_and(|part| first != '0' && part.chars().all(|c| c == '_' || c.is_ascii_digit()));
    let sixty = |part: &str| digits(part) && (part.len() == 1 || part.len() == 2 && part.as_bytes()[0] < b'6');
    let rest: Vec<&str> = parts.collect();
    let special = of("0b", |c| c == '0' || c == '1')
        || of("0x", |c| c.is_ascii_hexdigit())
        || of("0", |c| ('0'..='7').contains(&c))
        || (hours && rest.iter().all(|part| sixty(part)));
    if special { Err(format!("`{text}` may be a number or a text; put a text in quotes")) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_what_the_writer_meant() {
        let text = "a: no\nb: 'no'\nc: 1e3\nd: 1.5e+3\ne: -7\nf:\ng: ~\nh: 2024-01-01\ni: 0\nj: .5\nk: P3D\nl: 7e1\nm: 1.2.3\nn: 0baf3b8b\no: 01:00\np: 089\nq: 0o17\n";
        let expected = json!({"a": false, "b": "no", "c": "1e3", "d": 1500.0, "e": -7, "f": null, "g": null,
            "h": "2024-01-01", "i": 0, "j": 0.5, "k": "P3D", "l": "7e1", "m": "1.2.3", "n": "0baf3b8b", "o": "01:00",
            "p": "089", "q": "0o17"});
        assert_eq!(parse(text).unwrap().0, expected);
    }

    #[test]
    fn long_texts_lists_and_aliases_are_read() {
        let text = "'@odata.type': '#x'\nlist:\n- &id001\n  a: 1\n- *id001\ntext: \"one\\ntwo \\\n  three\"\nfolded: 'four\n\n  five six\n  seven'\nempty: []\n";
        let expected = json!({"@odata.type": "#x", "list": [{"a": 1}, {"a": 1}], "text": "one\ntwo three",
            "folded": "four\nfive six seven", "empty": []});
        assert_eq!(parse(text).unwrap().0, expected);
    }

    #[test]
    fn what_readers_differ_on_is_refused_with_its_place() {
        for (text, line, part) in [
            ("a: 0o17\nb: 017", 2, "may be a number or a text"),
            ("a: 1_000", 1, "may be a number or a text"),
            ("a: 12:30", 1, "may be a number or a text"),
            ("a: .inf", 1, "JSON does not have"),
            ("a: !!python/object x", 1, "is unknown"),
            ("<<: {a: 1}", 1, "merge key"),
            ("a: 1\n--- \nb: 2", 2, "second document"),
            ("? [a]\n: 1", 1, "not a string"),
            ("a: [1", 1, ""),
            ("a: 99999999999999999999", 1, "too large"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.line >= line && error.problem.contains(part), "{text}: {error}");
        }
        assert_eq!(parse("a: 1\nb: {c: 1, c: 2}").unwrap().1, ["/b/c"]);
    }

    #[test]
    fn a_small_text_cannot_become_endless() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let of = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(text, "a{level}: &a{level} [{of}]").unwrap();
        }
        assert!(parse(&text).unwrap_err().problem.contains("too many"));
        assert!(parse(&"[".repeat(500)).is_err());
        let deep = format!("{}x", "- ".repeat(300));
        assert!(parse(&deep).unwrap_err().problem.contains("nested deeper"));
    }

    /// As PyYAML would write it: everything that could be taken for something else in quotes.
    fn write(value: &Value, indent: usize, text: &mut String) {
        let pad = " ".repeat(indent);
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    write!(text, "\n{pad}{}:", json!(key)).unwrap();
                    write(value, indent + 2, text);
                }
            }
            Value::Array(list) if !list.is_empty() => {
                for value in list {
                    write!(text, "\n{pad}-").unwrap();
                    write(value, indent + 2, text);
                }
            }
            other => write!(text, " {other}").unwrap(),
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(texts in proptest::collection::vec("[ -~\\t\\n]{0,12}", 1..6), number in any::<i32>()) {
            let value = json!({"texts": texts, "nested": [{"n": number, "none": null, "yes": true}, {}], "text": texts[0]});
            let mut text = String::new();
            write(&value, 0, &mut text);
            prop_assert_eq!(parse(&text).unwrap().0, value);
        }

        #[test]
        fn any_text_is_survived(text in "[ -~\\n]{0,40}") {
            let _ = parse(&text);
        }
    }
}
