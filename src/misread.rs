//! What a reader of JSON or TOML says of a file, in words for who wrote the file: what is not known there, what was probably
//! meant, what is allowed. Pure, usable by all.

use crate::nearest::closest;

/// The reader's sentence in plain words, on one line and without the place (which callers show in front).
pub fn in_words(message: &str) -> String {
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    said(&message).unwrap_or(message)
}

fn said(message: &str) -> Option<String> {
    if let Some((what, rest)) = message.split_once(", expected ") {
        let quoted = |start: &str| what.strip_prefix(start)?.strip_prefix('`')?.strip_suffix('`');
        if let Some(field) = quoted("unknown field ") {
            return Some(not_known(&format!("`{field}` is not a key that is known here"), field, &names(rest)));
        }
        if let Some(value) = quoted("unknown variant ") {
            return Some(not_known(&format!("`{value}` is not allowed here"), value, &names(rest)));
        }
        let found = what.strip_prefix("invalid type: ").or_else(|| what.strip_prefix("invalid value: "))?;
        return Some(format!("this must be {}, not {}", expected(rest), kind(found)));
    }
    let quoted = |start: &str| message.strip_prefix(start)?.strip_prefix('`')?.split('`').next();
    if let Some(field) = quoted("missing field ") {
        return Some(format!("`{field}` is missing here"));
    }
    if let Some(field) = quoted("unknown field ") {
        return Some(format!("`{field}` is not a key that is known here"));
    }
    quoted("duplicate field ").map(|field| format!("`{field}` is there twice"))
}

fn not_known(what: &str, wrong: &str, names: &[&str]) -> String {
    // A hyphen for an underscore, or the other way around, does not count.
    let same = |name: &&&str| name.replace('_', "-").eq_ignore_ascii_case(&wrong.replace('_', "-"));
    let meant = names.iter().find(same).copied().or_else(|| closest(wrong, names.iter().copied()));
    let meant = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    let allowed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let allowed = match allowed.as_slice() {
        [] => return format!("{what}{meant}"),
        [only] => format!("only {only} is allowed"),
        several => format!("allowed are {}", several.join(", ")),
    };
    if meant.is_empty() { format!("{what}; {allowed}") } else { format!("{what}{meant} ({allowed})") }
}

/// The names in backquotes.
fn names(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn expected(what: &str) -> String {
    match what {
        "a string" | "a borrowed string" | "path string" => String::from("text in quotation marks"),
        "a sequence" => String::from("a list in square brackets"),
        "a map" => String::from("an object in braces"),
        "a boolean" => String::from("true or false"),
        what if what.starts_with("struct ") => String::from("an object in braces"),
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => String::from("a whole number"),
        what => what.to_owned(),
    }
}

fn kind(found: &str) -> String {
    let value = |start: &str| found.strip_prefix(start).map(str::trim);
    if let Some(number) = value("integer").or_else(|| value("floating point")) {
        return format!("the number {}", number.trim_matches('`'));
    }
    if let Some(text) = value("string") {
        return format!("the text {text}");
    }
    match found {
        "sequence" => String::from("a list"),
        "map" => String::from("an object"),
        "null" | "unit value" => String::from("null"),
        found => found.strip_prefix("boolean ").unwrap_or(found).trim_matches('`').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_says_is_said_in_words() {
        for (message, words) in [
            (
                "unknown variant `device_code`, expected one of `browser`, `device-code` at line 3 column 8",
                "`device_code` is not allowed here; did you mean `device-code`? (allowed are `browser`, `device-code`)",
            ),
            (
                "unknown variant `germany`, expected `global` or `china`",
                "`germany` is not allowed here; allowed are `global`, `china`",
            ),
            (
                "unknown field `targt`, expected one of `source`, `target`",
                "`targt` is not a key that is known here; did you mean `target`? (allowed are `source`, `target`)",
            ),
            ("unknown field `color`, expected `a`", "`color` is not a key that is known here; only `a` is allowed"),
            ("unknown field `x`, there are no fields", "`x` is not a key that is known here"),
            ("invalid type: integer `4`, expected a string", "this must be text in quotation marks, not the number 4"),
            ("invalid type: sequence, expected struct Named", "this must be an object in braces, not a list"),
            ("invalid type: string \"yes\", expected a boolean", "this must be true or false, not the text \"yes\""),
            ("invalid type: null, expected a sequence", "this must be a list in square brackets, not null"),
            ("missing field `decision` at line 1 column 4", "`decision` is missing here"),
            ("duplicate field `kind`", "`kind` is there twice"),
            ("expected\nvalue at line 1 column 1", "expected value"),
        ] {
            assert_eq!(in_words(message), words);
        }
    }
}
