//! Makes text from elsewhere harmless to show: what would move the cursor, change colors, reorder or hide
//! text becomes visible instead. Not for JSON: serde escapes there, see [`clean_json`] for what it leaves.

use std::borrow::Cow;
use std::collections::BTreeSet;
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

/// JSON text in which the characters that serde leaves as they are but a terminal or a build system would act on are
/// escaped.
/// They can stand only inside of strings, so the text still means the same.
pub fn clean_json(text: &str) -> Cow<'_, str> {
    let acts = |c: char| c != '\n' && is_unsafe(c);
    let signs: BTreeSet<usize> = command_signs(text).into_iter().collect();
    if signs.is_empty() && !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if acts(c) || signs.contains(&at) {
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

/// The text so that no build system takes a line for a command: Azure Pipelines obeys `##vso[…]` anywhere in a line,
/// GitHub Actions `##[…]` anywhere and `::name::` where a line begins, after spaces (github.com/microsoft/
/// azure-pipelines-agent `Command.cs` at 095e99b, github.com/actions/runner `ActionCommand.cs` at 079cdb1, and Microsoft's
/// page "Logging commands", all read 2026-11-30). A space between the two signs breaks it.
pub fn without_commands(text: &str) -> Cow<'_, str> {
    let breaks = command_signs(text);
    if breaks.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + breaks.len());
    let mut from = 0;
    for at in breaks {
        out.push_str(&text[from..at]);
        out.push(' ');
        from = at;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// Where the second sign of each command is. Color codes and what has no width do not hide one.
fn command_signs(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let seen: Vec<(usize, char)> = without_colors(text).filter(|(_, c)| !has_no_width(*c)).collect();
    let mut begins = true;
    for (index, (_, c)) in seen.iter().enumerate() {
        let next = seen.get(index + 1).filter(|(_, next)| next == c);
        if let Some((at, _)) = next.filter(|_| *c == '#' || (*c == ':' && begins)) {
            let mut rest = seen[index + 2..].iter().map(|(_, c)| *c).skip_while(char::is_ascii_alphabetic);
            if *c == ':' || rest.next() == Some('[') {
                found.push(*at);
            }
        }
        begins = *c == '\n' || (begins && c.is_whitespace());
    }
    found
}

/// The characters of a text with their places, without escape sequences for colors.
fn without_colors(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_code = false;
    text.char_indices().filter(move |(_, c)| {
        let was_code = is_code;
        is_code = *c == '\u{1b}' || (is_code && !c.is_ascii_alphabetic());
        !was_code && !is_code
    })
}

fn has_no_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
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

    #[test]
    fn no_line_is_a_command_of_a_build_system() {
        for (text, shown) in [
            ("##vso[task.setvariable variable=x]y", "# #vso[task.setvariable variable=x]y"),
            ("a ##VSO[x]y\n  ::error file=x::boom", "a # #VSO[x]y\n  : :error file=x::boom"),
            ("###[group]", "## #[group]"),
            ("\u{1b}[1m::\u{1b}[0merror", "\u{1b}[1m: :\u{1b}[0merror"),
            ("\u{200d}:\u{200d}:error", "\u{200d}:\u{200d} :error"),
            ("##\u{1b}[1mvso[x]", "# #\u{1b}[1mvso[x]"),
        ] {
            assert_eq!(without_commands(text), shown);
        }
        for text in ["# heading\n## heading", "a::b", "fe80::1", "[x] ##", "::"] {
            assert!(text == "::" || matches!(without_commands(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_command_is_left(text in "[#:\\[ a\n\u{200d}]{0,12}") {
            let shown = without_commands(&text);
            prop_assert!(command_signs(&shown).is_empty(), "{shown:?}");
            prop_assert_eq!(shown.replace(' ', ""), text.replace(' ', ""));
        }

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
