//! What a reader of JSON or TOML says of a file, in words for who wrote the file: what is not known there, what was probably
//! meant, what is allowed. Pure, usable by all.

use std::io::ErrorKind;

use crate::nearest::closest;

/// Why a file cannot be read or written, without the number of the system's error where words say all.
pub fn of_file(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => String::from("there is no such file or folder"),
        ErrorKind::IsADirectory => String::from("it is a folder, not a file"),
        _ => error.to_string(),
    }
}

/// The reader's sentence in plain words, on one line and without the place (which callers show in front).
pub fn in_words(message: &str) -> String {
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    said(&message).unwrap_or(message)
}

fn said(message: &str) -> Option<String> {
    if let Some(words) = grammar(message) {
        return Some(words.to_owned());
    }
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

/// What is wrong with the punctuation of JSON.
fn grammar(message: &str) -> Option<&'static str> {
    Some(match message {
        "expected value" => "a value is missing here, or has no quotation marks",
        "expected ident" => "this must be true, false or null",
        "expected `:`" => "a colon is missing here",
        "expected `,` or `}`" => "a comma or a closing brace is missing here",
        "expected `,` or `]`" => "a comma or a closing bracket is missing here",
        "key must be a string" => "a key in quotation marks is missing here",
        "trailing comma" => "there is a comma with nothing after it",
        "trailing characters" => "there is more after the end of the content",
        message if message.starts_with("EOF while parsing") => "the file ends here, in the middle of its content",
        _ => return None,
    })
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
            ("expected\nvalue at line 1 column 1", "a value is missing here, or has no quotation marks"),
            ("EOF while parsing an object at line 2 column 0", "the file ends here, in the middle of its content"),
            ("expected `,` or `}` at line 2 column 4", "a comma or a closing brace is missing here"),
            ("something else at line 1 column 1", "something else"),
        ] {
            assert_eq!(in_words(message), words);
        }
    }
}
