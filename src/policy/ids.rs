//! GUID-shaped ids in texts: finds them in every way they are written, and puts others in their place, also
//! inside payloads, without touching another byte. Not for saying whose ids they are: that is the caller's.

use std::ops::Range;

use super::payloads::{MAX_DEPTH, Opened, pieces};

/// What the security identifiers of Entra's objects begin with, and the part of it that tells them.
const SID: &str = "s-1-12-1-";
const SID_MARK: &str = "-12-1-";
/// Signs of a signature within a text: what is signed must not be changed.
pub const TEXT_SIGNATURES: [&str; 2] = ["# SIG # Begin signature block", "http://www.w3.org/2000/09/xmldsig#"];

/// How an id is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With dashes.
    Dashed,
    /// As 32 hex digits.
    Bare,
    /// As a security identifier, which holds the id.
    Sid,
}

/// An id in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdAt {
    /// Where it stands.
    pub range: Range<usize>,
    /// The id, in lower case and with dashes.
    pub id: String,
    /// How it is written.
    pub written: Written,
}

/// Whether a text has a GUID's shape.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// All ids in a text, in their order.
pub fn ids(text: &str) -> Vec<IdAt> {
    let mut list = guids(text);
    let before = list.len();
    sids(text, &mut list);
    if list.len() > before {
        list.sort_by_key(|found| found.range.start);
    }
    list
}

fn guids(text: &str) -> Vec<IdAt> {
    let bytes = text.as_bytes();
    let mut list = Vec::new();
    let mut at = 0;
    while let Some(eight) = bytes.get(at..at + 8) {
        // Most texts hold no eight hex digits in a row: they are gone through by leaps.
        if let Some(other) = eight.iter().rposition(|byte| !byte.is_ascii_hexdigit()) {
            at += other + 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_hexdigit() {
            at += 1;
        }
        if at - start == 32 {
            let digits = text[start..at].to_ascii_lowercase();
            let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
            list.push(IdAt { range: start..at, id: parts.join("-"), written: Written::Bare });
        } else if at - start >= 8 && bytes.get(at) == Some(&b'-') {
            // The run may begin with letters of a word that happen to be hex digits.
            let range = at - 8..at + 28;
            if let Some(id) = text.get(range.clone()).filter(|id| is_guid(id)) {
                list.push(IdAt { id: id.to_ascii_lowercase(), range, written: Written::Dashed });
                at += 28;
            }
        }
    }
    list
}

/// Security identifiers of Entra objects, which hold the object's id.
fn sids(text: &str, list: &mut Vec<IdAt>) {
    let starts = text.match_indices(SID_MARK).filter_map(|(mark, _)| {
        let start = mark.checked_sub(SID.len() - SID_MARK.len())?;
        text.get(start..start + SID.len())?.eq_ignore_ascii_case(SID).then_some(start)
    });
    for start in starts {
        let digits = start + SID.len();
        let rest = &text[digits..];
        let length = rest.bytes().take(43).take_while(|byte| byte.is_ascii_digit() || *byte == b'-').count();
        let mut parts: Vec<&str> = rest[..length].split('-').take(4).collect();
        parts.retain(|part| !part.is_empty());
        let numbers: Vec<u8> =
            parts.iter().map_while(|part| part.parse::<u32>().ok()).flat_map(u32::to_le_bytes).collect();
        if let Ok(own) = <[u8; 16]>::try_from(numbers) {
            let end = digits + parts.iter().map(|part| part.len() + 1).sum::<usize>() - 1;
            let id = uuid::Uuid::from_bytes_le(own).to_string();
            list.push(IdAt { range: start..end, id, written: Written::Sid });
        }
    }
}

/// The security identifier that Entra gives an object of this id.
pub fn entra_sid(id: &str) -> Option<String> {
    let bytes = uuid::Uuid::try_parse(id).ok()?.to_bytes_le();
    let (parts, _) = bytes.as_chunks::<4>();
    let numbers: Vec<String> = parts.iter().map(|part| u32::from_le_bytes(*part).to_string()).collect();
    Some(format!("S-1-12-1-{}", numbers.join("-")))
}

/// The text with other ids in it, and how many were put in; none where nothing changes. `other` gives the
/// new id of a lower-case one. Each is written as the old one was. Payloads that are text are opened and
/// closed again; what is signed or binary stays as it is.
pub fn replace_ids(text: &str, other: &dyn Fn(&str) -> Option<String>) -> Option<(String, usize)> {
    let mut count = 0;
    let changed = deep(text, other, 0, &mut count)?;
    Some((changed, count))
}

fn deep(text: &str, other: &dyn Fn(&str) -> Option<String>, depth: usize, count: &mut usize) -> Option<String> {
    if TEXT_SIGNATURES.iter().any(|sign| text.contains(sign)) {
        return None;
    }
    let clear = in_clear(text, other, count);
    if depth == MAX_DEPTH {
        return clear;
    }
    let current = clear.as_deref().unwrap_or(text);
    if let Some(opened) = Opened::whole(current) {
        let changed = deep(&opened.text, other, depth + 1, count).map(|inner| opened.closed(&inner));
        return changed.or(clear);
    }
    let mut out = String::new();
    let mut kept = 0;
    for piece in pieces(current) {
        let Some(opened) = &piece.opened else { continue };
        let mut inside = 0;
        if let Some(changed) = deep(&opened.text, other, depth + 1, &mut inside)
            && let Some(changed) = piece.closed(current, &changed)
        {
            *count += inside;
            out.push_str(&current[kept..piece.range.start]);
            out.push_str(&changed);
            kept = piece.range.end;
        }
    }
    if kept == 0 {
        return clear;
    }
    out.push_str(&current[kept..]);
    Some(out)
}

/// The same for ids that are in the text itself.
fn in_clear(text: &str, other: &dyn Fn(&str) -> Option<String>, count: &mut usize) -> Option<String> {
    let mut out = String::new();
    let mut kept = 0;
    for found in ids(text) {
        let old = &text[found.range.clone()];
        let Some(new) = other(&found.id).and_then(|new| as_written(&new, old, found.written)) else { continue };
        if found.range.start < kept {
            continue;
        }
        *count += 1;
        out.push_str(&text[kept..found.range.start]);
        out.push_str(&new);
        kept = found.range.end;
    }
    if kept == 0 {
        return None;
    }
    out.push_str(&text[kept..]);
    Some(out)
}

/// An id in the way another one is written; none where it cannot be.
fn as_written(new: &str, old: &str, written: Written) -> Option<String> {
    let new = match written {
        Written::Dashed => new.to_owned(),
        Written::Bare => is_guid(new).then(|| new.replace('-', ""))?,
        Written::Sid => return entra_sid(new).map(|sid| if old.starts_with('s') { sid.to_lowercase() } else { sid }),
    };
    let capitals =
        old.bytes().any(|byte| byte.is_ascii_uppercase()) && !old.bytes().any(|byte| byte.is_ascii_lowercase());
    Some(if capitals && is_guid(old) {
        new.to_ascii_uppercase()
    } else if capitals {
        new.to_uppercase()
    } else {
        new
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::decode::{Encoding, to_base64, to_bytes};
    use super::*;
    use proptest::prelude::*;

    const OLD: &str = "0f3c2a91-1b2c-4d3e-8f40-0123456789ab";
    const NEW: &str = "7a7b3c4d-1b2c-4d3e-8f40-0123456789cd";

    fn replaced(text: &str) -> Option<String> {
        replace_ids(text, &|id| (id == OLD).then(|| NEW.to_owned())).map(|(text, _)| text)
    }

    #[test]
    fn an_id_keeps_the_way_it_was_written() {
        let sid = |id| entra_sid(id).unwrap();
        for (text, after) in [
            (format!("x={{{OLD}}};"), format!("x={{{NEW}}};")),
            (OLD.to_uppercase(), NEW.to_uppercase()),
            (OLD.replace('-', ""), NEW.replace('-', "")),
            (format!("*{},S-1-5-32-544", sid(OLD)), format!("*{},S-1-5-32-544", sid(NEW))),
            (format!("abc{OLD}_{OLD}"), format!("abc{NEW}_{NEW}")),
        ] {
            assert_eq!(replaced(&text).as_deref(), Some(after.as_str()));
        }
        assert_eq!(replaced(NEW), None);
    }

    #[test]
    fn payloads_are_opened_and_closed_again() {
        let script = |id: &str| format!("$g = '{id}'\r\n");
        let plain = |id: &str| to_base64(script(id).as_bytes());
        let wide = |id: &str| to_base64(&to_bytes(&script(id), Encoding::Utf16Le { mark: true }));
        let profile = |id: &str| {
            let data = plain(id);
            format!("<plist><data>\n\t{}\n\t{}\n</data></plist>", &data[..40], &data[40..])
        };
        let all: [&dyn Fn(&str) -> String; 3] = [&plain, &wide, &profile];
        for text in all {
            assert_eq!(replaced(&text(OLD)).unwrap(), text(NEW));
            assert_eq!(replaced(&to_base64(text(OLD).as_bytes())).unwrap(), to_base64(text(NEW).as_bytes()));
        }
    }

    /// A security identifier is as long as its numbers are.
    #[test]
    fn a_payload_within_a_text_may_become_longer_or_shorter() {
        let ids = ["00000001-0000-0000-0100-000000000000", NEW, OLD, "0000000a-0000-0000-0200-000001000000"];
        for (from, to) in ids.iter().flat_map(|from| ids.iter().map(move |to| (*from, *to))).filter(|(a, b)| a != b) {
            for after in ["", ".", "..", "..."] {
                let code =
                    |id: &str| to_base64(format!("net localgroup /add {}{after}", entra_sid(id).unwrap()).as_bytes());
                let lines = |id: &str| {
                    let code = code(id);
                    let lines: Vec<_> = code.as_bytes().chunks(20).map(String::from_utf8_lossy).collect();
                    format!("<data>\n\t{}\n</data>", lines.join("\n\t"))
                };
                let other = |id: &str| (id == from).then(|| to.to_owned());
                let within = |id: &str| format!("<a b='{}'/>", code(id));
                let bare = |id: &str| format!("token={}&", code(id).trim_end_matches('='));
                let forms: &[&dyn Fn(&str) -> String] = &[&within, &lines, &bare];
                // Without padding nothing shows whether some was left out where none was due.
                let of_any = if code(from).contains('=') { forms } else { &forms[..2] };
                for form in of_any {
                    assert_eq!(
                        replace_ids(&form(from), &other).map(|(text, _)| text),
                        Some(form(to)),
                        "{from} {to} {after}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_signed_or_binary_stays() {
        let signed = format!("# {OLD}\n# SIG # Begin signature block\n# x");
        assert_eq!(replaced(&signed), None);
        assert_eq!(replaced(&to_base64(signed.as_bytes())), None);
        assert_eq!(replaced(&to_base64(&[&[0, 1, 2], OLD.as_bytes()].concat())), None);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(before in "[ -~\\n]{0,60}", after in "[ -~]{0,60}", wraps in proptest::collection::vec(0..3_u8, 0..4), high in any::<bool>()) {
            let old = if high { OLD.to_uppercase() } else { OLD.to_owned() };
            let mut text = format!("{before}{old}{after}");
            for wrap in wraps {
                text = match wrap {
                    0 => to_base64(text.as_bytes()),
                    1 => to_base64(&to_bytes(&text, Encoding::Utf16Le { mark: false })),
                    _ => format!("<a x=\"1\"><b>{}</b></a>", text.replace('&', "&amp;").replace('<', "&lt;")),
                };
            }
            prop_assume!(!before.ends_with(|c: char| c.is_ascii_hexdigit()));
            let there = replaced(&text).unwrap();
            let back = replace_ids(&there, &|id| (id == NEW).then(|| OLD.to_owned())).unwrap().0;
            prop_assert_eq!(back, text);
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>()) {
            let _ = replace_ids(&text, &|_| Some("x".into()));
            let _ = replace_ids(&format!("s-1-12-1-{text}"), &|id| Some(id.to_owned()));
        }
    }
}
