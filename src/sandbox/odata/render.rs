//! Writes JSON with the keys of every object in another order each time, so that a client that relies on their order
//! fails here.

use std::fmt::Write as _;

use fastrand::Rng;
use serde_json::Value;

/// JSON text; `shuffle` is where the order of keys comes from, if it is to change.
pub(crate) fn text(value: &Value, shuffle: Option<&mut Rng>) -> String {
    let mut out = String::new();
    match shuffle {
        Some(rng) => write(value, rng, &mut out),
        None => {
            let _ = write!(out, "{value}");
        }
    }
    out
}

fn write(value: &Value, rng: &mut Rng, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            rng.shuffle(&mut keys);
            out.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let _ = write!(out, "{}:", Value::String(key.clone()));
                write(&map[key], rng, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, rng, out);
            }
            out.push(']');
        }
        plain => {
            let _ = write!(out, "{plain}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn order_changes_and_content_does_not() {
        let value = serde_json::json!({"a": 1, "b": [{"c": "x\"\u{1}", "d": null, "e": 1.5}], "f": true, "g": {}});
        let mut rng = Rng::with_seed(7);
        let texts: std::collections::BTreeSet<String> = (0..20).map(|_| text(&value, Some(&mut rng))).collect();
        assert!(texts.len() > 5);
        for text in texts {
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
