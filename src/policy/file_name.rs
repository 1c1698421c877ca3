//! File names for policies: readable, safe on Windows, macOS and Linux, and the same every time.
//! Not for paths or for what is in a file.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization as _;

use super::fingerprint::sha256_hex;

/// The longest safe name in characters.
pub const MAX_CHARS: usize = 80;
/// And in bytes: file systems allow 255, and digits, a property, a key and extensions follow.
const MAX_BYTES: usize = 150;
/// How many hex digits of the id a name carries.
const DIGITS: usize = 8;

/// A display name as part of a file name. Never empty, never a device of Windows, never hidden.
pub fn safe_name(name: &str) -> String {
    safe_part(name, MAX_CHARS)
}

/// The same with another limit of characters.
pub fn safe_part(name: &str, max_chars: usize) -> String {
    let kept: String = name.chars().filter(|c| !is_removed(*c)).nfc().map(replace).collect();
    let kept = kept.trim();
    // A name that begins with a dot is hidden, and hidden files are not read.
    let kept = match kept.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => kept.to_owned(),
    };
    let cut = cut(&kept, max_chars);
    match cut.as_str() {
        "" => String::from("unnamed"),
        name if is_device(name) => self::cut(&format!("_{name}"), max_chars),
        _ => cut,
    }
}

/// The hex digits that stand for an id: the id's own where it is a GUID, else those of its SHA-256.
pub fn digits(id: &str) -> String {
    if is_guid(id) { id.replace('-', "").to_ascii_lowercase() } else { sha256_hex(id.as_bytes()) }
}

/// The first of them, enough to tell objects of one name apart.
pub fn short_id(id: &str) -> String {
    let mut digits = digits(id);
    digits.truncate(DIGITS);
    digits
}

/// Two names with equal keys are one file somewhere: case and composition do not count.
pub fn fold(name: &str) -> String {
    name.nfc().collect::<String>().to_uppercase().to_lowercase().nfc().collect()
}

/// File names (with `.json`) for policies of one folder, from display name and id, in the order given.
/// Names that collide with each other or with one of `taken` (as [`fold`] gives them) get more digits.
pub fn assign(policies: &[(String, String)], taken: &BTreeSet<String>) -> Vec<String> {
    let parts: Vec<(String, String)> = policies.iter().map(|(name, id)| (safe_name(name), digits(id))).collect();
    let mut lengths = vec![DIGITS; parts.len()];
    loop {
        let names: Vec<String> = parts
            .iter()
            .zip(&lengths)
            .map(|((name, digits), length)| format!("{name}.{}.json", &digits[..(*length).min(digits.len())]))
            .collect();
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *uses.entry(fold(name)).or_default() += 1;
        }
        let mut grown = false;
        for (index, name) in names.iter().enumerate() {
            let key = fold(name);
            let collides = uses.get(&key).is_some_and(|count| *count > 1) || taken.contains(&key);
            if collides && lengths[index] < parts[index].1.len() {
                lengths[index] += 4;
                grown = true;
            }
        }
        if !grown {
            return number(names, taken);
        }
    }
}

/// The last resort, for one id that is there twice.
fn number(names: Vec<String>, taken: &BTreeSet<String>) -> Vec<String> {
    let mut used = taken.clone();
    names
        .into_iter()
        .map(|name| {
            let stem = name.strip_suffix(".json").unwrap_or(&name).to_owned();
            let mut candidate = name;
            let mut count = 2;
            while !used.insert(fold(&candidate)) {
                candidate = format!("{stem}-{count}.json");
                count += 1;
            }
            candidate
        })
        .collect()
}

/// Whether a text is a GUID in its usual form.
fn is_guid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Control characters, and what is invisible or turns the reading direction.
fn is_removed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E007F}')
}

fn replace(c: char) -> char {
    if matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*') { '_' } else { c }
}

/// Cuts to the limits and takes trailing dots and spaces off, which Windows would do silently.
fn cut(name: &str, max_chars: usize) -> String {
    let mut end = 0;
    for (count, (start, c)) in name.char_indices().enumerate() {
        if count >= max_chars || start + c.len_utf8() > MAX_BYTES {
            break;
        }
        end = start + c.len_utf8();
    }
    name[..end].trim_end_matches(|c: char| c == '.' || c.is_whitespace()).to_owned()
}

/// Devices of Windows, which no extension makes ordinary.
fn is_device(name: &str) -> bool {
    let base = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if matches!(base.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let Some(rest) = base.strip_prefix("COM").or_else(|| base.strip_prefix("LPT")) else { return false };
    let mut rest = rest.chars();
    matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "0F3C2A91-1111-2222-3333-444455556666";

    fn name_of(name: &str, id: &str) -> String {
        assign(&[(name.into(), id.into())], &BTreeSet::new()).remove(0)
    }

    #[test]
    fn names_are_readable_and_safe() {
        for (name, safe) in [
            ("Win - Defender Antivirus", "Win - Defender Antivirus"),
            ("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j"),
            ("  CON  ", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Com¹", "_Com¹"),
            ("COM10", "COM10"),
            ("CONTOSO", "CONTOSO"),
            ("..", "_"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            (".NET", "_NET"),
            ("dots... ", "dots"),
            ("a\u{202E}gpj.exe\u{0}\n", "agpj.exe"),
            ("e\u{200B}\u{301}", "é"),
            ("", "unnamed"),
            (" \u{200B} ", "unnamed"),
        ] {
            assert_eq!(safe_name(name), safe, "{name:?}");
        }
        assert_eq!(safe_name(&"x".repeat(300)).len(), 80);
    }

    #[test]
    fn the_id_gives_the_digits() {
        assert_eq!(name_of("A", ID), "A.0f3c2a91.json");
        let other = name_of("A", "0f3c2a91-1111-2222-3333-444455556666_Default");
        assert_ne!(other, "A.0f3c2a91.json");
        assert_eq!(other.len(), "A.0f3c2a91.json".len());
    }

    #[test]
    fn colliding_names_get_more_digits() {
        let close = "0f3c2a91-1111-2222-3333-444455557777";
        let names = assign(&[("Ä".into(), ID.into()), ("ä".into(), close.into())], &BTreeSet::new());
        assert_eq!(names, ["Ä.0f3c2a91111122223333444455556666.json", "ä.0f3c2a91111122223333444455557777.json"]);
        let taken = BTreeSet::from([fold("A.0F3C2A91.json")]);
        assert_eq!(assign(&[("A".into(), ID.into())], &taken), ["A.0f3c2a911111.json"]);
        let twice = assign(&[("A".into(), ID.into()), ("A".into(), ID.into())], &BTreeSet::new());
        assert_ne!(fold(&twice[0]), fold(&twice[1]));
    }

    proptest! {
        #[test]
        fn every_name_is_safe(name in any::<String>(), tail in "(CON|nul|\\.|/| |\u{202e}|e\u{301}|[a-z]){0,120}") {
            for name in [name.clone(), tail.clone(), format!("{name}{tail}")] {
                let safe = safe_name(&name);
                prop_assert!(!safe.is_empty() && safe.chars().count() <= MAX_CHARS && safe.len() <= MAX_BYTES);
                prop_assert!(!safe.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|']) && !safe.chars().any(char::is_control));
                prop_assert!(!safe.starts_with('.') && !safe.ends_with('.') && safe.trim() == safe);
                prop_assert!(!is_device(&safe), "{}", safe);
                prop_assert!(safe.nfc().eq(safe.chars()));
                prop_assert_eq!(safe_name(&safe), safe);
            }
        }

        #[test]
        fn no_two_names_are_one_file(policies in proptest::collection::vec(("[aAäÄ]{0,2}", "(A|a|[0-1]{8}-1111-2222-3333-44445555666[67])"), 0..12)) {
            let names = assign(&policies, &BTreeSet::new());
            let folded: BTreeSet<_> = names.iter().map(|name| fold(name)).collect();
            prop_assert_eq!(folded.len(), names.len());
        }
    }
}
