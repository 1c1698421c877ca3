//! Makes text from elsewhere harmless to show: what would move the cursor, change colors, reorder or hide
//! text becomes visible instead. Not for JSON: serde escapes there, see [`clean_json`] for what it leaves.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text as it may be shown on one line: control characters, escape sequences, bidirectional controls
/// and invisible characters become `\n`, `\u{1b}` and the like. Everything else stays.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// JSON text in which the characters that serde leaves as they are but a terminal would act on are escaped.
/// They can stand only inside of strings, so the text still means the same.
pub fn clean_json(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c != '\n' && is_unsafe(c);
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Bidirectional marks, embeddings, overrides and isolates.
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators; what has no width and no use in a name; tags.
            | '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_becomes_visible() {
        assert_eq!(clean("\u{1b}[31mred\u{1b}[0m"), "\\u{1b}[31mred\\u{1b}[0m");
        assert_eq!(clean("two\nlines\ttab\r"), "two\\nlines\\ttab\\r");
        assert_eq!(clean("exe\u{202e}fdp"), "exe\\u{202e}fdp");
        assert_eq!(clean("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(clean("a\u{200b}b"), "a\\u{200b}b");
    }

    #[test]
    fn names_of_people_stay_as_they_are() {
        for name in ["Zürich – Geräte", "日本語 🙂", "می\u{200c}خواهم", "C:\\Temp \"x\""] {
            assert!(matches!(clean(name), Cow::Borrowed(same) if same == name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!clean(&text).chars().any(is_unsafe));
        }

        #[test]
        fn json_means_the_same(text in any::<String>()) {
            let json = serde_json::to_string_pretty(&serde_json::json!({ "a": text })).unwrap();
            let cleaned = clean_json(&json);
            let back: serde_json::Value = serde_json::from_str(&cleaned).unwrap();
            prop_assert_eq!(back["a"].as_str(), Some(text.as_str()));
            prop_assert!(!cleaned.chars().any(|c| c != '\n' && is_unsafe(c)));
        }
    }
}
