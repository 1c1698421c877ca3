//! Secrets of a policy that a tree never holds: where one would stand, `<property>@ferry.secret` holds the name it
//! is given under. A text that has secrets in it contains their names in their places, and
//! `<property>@ferry.secrets` says which names those are. Pure. Sealing them is `catalogue::sealing`'s, filling them in
//! again `engine::shape::secrets`'.

use std::ops::Range;

use serde_json::{Map, Value};

use super::payloads::Opened;

/// What the name of a property ends with that stands for a secret.
pub const MARK: &str = "@ferry.secret";

/// What the name of a property ends with that names the secrets in a text: an object with a [`MARK`] for each.
pub const INSIDE: &str = "@ferry.secrets";

/// The text that a secret is in, by the place of its mark; none where it is a property of its own.
pub fn text_of(place: &str) -> Option<&str> {
    place.rsplit_once('/').and_then(|(holder, _)| holder.strip_suffix(INSIDE))
}

/// What a place is a part of for whoever writes it: the text that a secret is in, or the place itself.
pub fn written_at(place: &str) -> &str {
    text_of(place).unwrap_or(place)
}

/// A text, or the text that base64 is, with other words in the places of the names.
pub fn filled(text: &str, secrets: &[(&str, &str)]) -> String {
    let fill = |text: &str| {
        let is_markup = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
        let names: Vec<&str> = secrets.iter().map(|(name, _)| *name).collect();
        let mut out = String::new();
        let mut from = 0;
        for (range, at) in holes(text, &names) {
            out.push_str(text.get(from..range.start).unwrap_or_default());
            let secret = secrets.get(at).map_or("", |(_, secret)| *secret);
            out.push_str(&if is_markup { escaped(secret) } else { secret.to_owned() });
            from = range.end;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    };
    match Opened::whole(text) {
        Some(opened) => opened.closed(&fill(&opened.text)),
        None => fill(text),
    }
}

/// A text as XML writes it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Whether an object says of one of its texts that it has secrets in it.
pub fn has_texts(holder: &Map<String, Value>) -> bool {
    holder.keys().any(|key| key.ends_with(INSIDE))
}

/// Whether two objects have the same text but for the secrets that either names in it.
pub fn is_same_but_secrets(left: &Map<String, Value>, right: &Map<String, Value>, property: &str) -> bool {
    let names = |own: &Map<String, Value>| -> Vec<String> {
        let inside = own.get(&format!("{property}{INSIDE}")).and_then(Value::as_object);
        inside.into_iter().flat_map(Map::values).filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let text = |own: &Map<String, Value>| {
        let text = own.get(property)?.as_str()?;
        Some(Opened::whole(text).map_or_else(|| text.to_owned(), |opened| opened.text))
    };
    let fits = |template: &Map<String, Value>, other: &Map<String, Value>| {
        let names = names(template);
        !names.is_empty() && text(template).zip(text(other)).is_some_and(|(own, other)| fits(&own, &names, &other))
    };
    fits(left, right) || fits(right, left)
}

/// Whether a text is a template with something in the places of its names.
fn fits(template: &str, names: &[String], text: &str) -> bool {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rest = Some(text);
    let mut from = 0;
    for (range, _) in holes(template, &names) {
        let piece = template.get(from..range.start).unwrap_or_default();
        // The first piece is at the beginning; what comes before another one is the value of a name.
        rest = rest.and_then(|rest| match from {
            0 => rest.strip_prefix(piece),
            _ => rest.split_once(piece).map(|(_, rest)| rest),
        });
        from = range.end;
    }
    let last = template.get(from..).unwrap_or_default();
    rest.is_some_and(|rest| if from == 0 { rest == last } else { rest.ends_with(last) })
}

/// Where the names are, in the order of the text, each with its index. A name that is the beginning of a longer one is
/// not found in it.
fn holes(text: &str, names: &[&str]) -> Vec<(Range<usize>, usize)> {
    let goes_on =
        |end: usize| text[end..].starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let found = names.iter().enumerate().filter(|(_, name)| !name.is_empty()).flat_map(|(at, name)| {
        let places = text.match_indices(name).map(|(from, name)| from..from + name.len());
        places.filter(|range| !goes_on(range.end)).map(move |range| (range, at)).collect::<Vec<_>>()
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(range, _)| range.start);
    found.dedup_by(|next, last| next.0.start < last.0.end);
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::policy::decode::to_base64;
    use proptest::prelude::*;
    use serde_json::json;

    const NAMES: [&str; 2] = ["FERRY_A_1", "FERRY_A_12"];

    #[test]
    fn a_secret_gets_into_the_text_it_belongs_in_as_xml_writes_it() {
        let template = "<a><b>FERRY_A_1</b><c>FERRY_A_12</c>FERRY_A_1X</a>";
        let secrets = [(NAMES[0], "FERRY_A_12"), (NAMES[1], "<&>")];
        let wanted = "<a><b>FERRY_A_12</b><c>&lt;&amp;&gt;</c>FERRY_A_1X</a>";
        assert_eq!(filled(template, &secrets), wanted);
        assert_eq!(filled(&to_base64(template.as_bytes()), &secrets), to_base64(wanted.as_bytes()));
        assert_eq!(filled("key=FERRY_A_1;", &[(NAMES[0], "a<b")]), "key=a<b;");
    }

    #[test]
    fn places_say_which_text_they_are_in() {
        assert_eq!(text_of("/payload@ferry.secrets/wifi~1Password"), Some("/payload"));
        assert_eq!(text_of("/settings/0/value"), None);
        assert_eq!(written_at("/settings/0/value"), "/settings/0/value");
    }

    proptest! {
        #[test]
        fn a_text_is_the_same_whatever_its_secrets_are(
            pieces in proptest::collection::vec("[a-z<>/]{1,6}", 3), one in "[A-Za-z<&\" ]{0,9}", two in "[ -~äß]{0,9}", markup in any::<bool>(),
        ) {
            let begin = if markup { "<x>" } else { "x" };
            let template = format!("{begin}{}{}{}{}{}", pieces[0], NAMES[0], pieces[1], NAMES[1], pieces[2]);
            let secrets = [(NAMES[0], one.as_str()), (NAMES[1], two.as_str())];
            let real = filled(&template, &secrets);
            let mark = json!({"a@ferry.secret": NAMES[0], "b@ferry.secret": NAMES[1]});
            let tree = json!({"p": to_base64(template.as_bytes()), "p@ferry.secrets": mark});
            let own = |text: &str| json!({"p": to_base64(text.as_bytes())}).as_object().unwrap().clone();
            let tree = tree.as_object().unwrap();
            prop_assert!(is_same_but_secrets(tree, &own(&real), "p"));
            prop_assert!(is_same_but_secrets(&own(&real), tree, "p"));
            let others = [format!("{real}!"), format!("!{real}")];
            prop_assert!(others.iter().all(|other| !is_same_but_secrets(tree, &own(other), "p")));
            prop_assert!(!is_same_but_secrets(&own(&template), &own(&real), "p"));
        }
    }
}
