//! Takes payloads apart: base64, UTF-16, escapes; and puts a text back into the encoding it came in.
//! Not for deciding what to look for: that is [`super::sweep`]'s and the mapping's.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::text::utf16;

/// Forgiving about padding and the last bits, for pieces cut out of a longer text.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Shorter pieces of base64 cannot hold an id.
const MIN_BASE64: usize = 16;

/// How a text stood in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    Utf8 {
        /// Whether the mark is there.
        mark: bool,
    },
    /// UTF-16, low byte first.
    Utf16Le {
        /// Whether the byte order mark is there.
        mark: bool,
    },
    /// UTF-16, high byte first, with a byte order mark.
    Utf16Be,
}

/// The bytes of base64 text, only where encoding them gives the same text again.
pub fn base64_exact(text: &str) -> Option<Vec<u8>> {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    // Every text is asked, and most are names: what can be no code is not tried.
    if text.is_empty() || !text.len().is_multiple_of(4) || !text.bytes().rev().all(may_stand) {
        return None;
    }
    STANDARD.decode(text).ok()
}

/// Bytes as base64 text.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a piece of base64, of either alphabet, without regard to padding; what is too short at
/// the end is left out.
pub fn base64_lenient(piece: &str) -> Option<Vec<u8>> {
    let mut text: String = piece
        .chars()
        .filter(|c| !c.is_ascii_whitespace() && *c != '=')
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    if text.len() % 4 == 1 {
        text.pop();
    }
    LENIENT.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

/// Whether a run of base64 characters can hold so many bytes in a row that are visible or zero; only a look at
/// some of them. One over several lines always can.
pub fn may_hold_run(piece: &str, length: usize) -> bool {
    let code = piece.as_bytes();
    let bytes = code.len() * 3 / 4;
    let value = |at: usize| match code.get(at).copied().unwrap_or(b'A') {
        byte @ b'A'..=b'Z' => Some(byte - b'A'),
        byte @ b'a'..=b'z' => Some(byte - b'a' + 26),
        byte @ b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    // What is not code shifts the rest: such a piece is decoded and looked at.
    if code.iter().any(u8::is_ascii_whitespace) {
        return true;
    }
    let byte = |at: usize| {
        let first = at / 3 * 4 + at % 3;
        let (left, right) = (value(first)?, value(first + 1)?);
        Some(match at % 3 {
            0 => left << 2 | right >> 4,
            1 => left << 4 | right >> 2,
            _ => left << 6 | right,
        })
    };
    let counts = |at: usize| byte(at).is_none_or(|byte| byte == 0 || byte.is_ascii_graphic());
    let mut start = 0;
    while start + length <= bytes {
        match (start..start + length).rev().find(|at| !counts(*at)) {
            Some(at) => start = at + 1,
            None => return true,
        }
    }
    false
}

/// Runs of base64 characters, also over line ends.
pub fn base64_pieces(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let mut list = Vec::new();
    let mut at = 0;
    while at + MIN_BASE64 <= bytes.len() {
        if !is_code(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let mut end;
        loop {
            while at < bytes.len() && is_code(bytes[at]) {
                at += 1;
            }
            end = at;
            let mut next = at;
            while next < bytes.len() && bytes[next].is_ascii_whitespace() {
                next += 1;
            }
            let line_end = bytes[at..next].iter().any(|byte| matches!(byte, b'\n' | b'\r'));
            if !line_end || next >= bytes.len() || !is_code(bytes[next]) {
                break;
            }
            at = next;
        }
        if end - start >= MIN_BASE64 {
            list.push(start..end);
        }
    }
    list
}

/// The bytes of a run of base64 characters, only where [`into_piece`] gives the same run again.
pub fn from_piece(piece: &str) -> Option<Vec<u8>> {
    let bytes = base64_lenient(piece)?;
    (into_piece(piece, &bytes)? == piece).then_some(bytes)
}

/// Other bytes in the place of a run of base64 characters: in its alphabet, over the same lines, with the
/// padding that follows it still right. None where that cannot be.
pub fn into_piece(piece: &str, bytes: &[u8]) -> Option<String> {
    let old = piece.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    let mut code = to_base64(bytes);
    code.truncate(code.trim_end_matches('=').len());
    if piece.contains(['-', '_']) {
        code = code.replace('+', "-").replace('/', "_");
    }
    if code.len() == old {
        let mut code = code.chars();
        return piece.chars().map(|c| if c.is_ascii_whitespace() { Some(c) } else { code.next() }).collect();
    }
    (code.len() % 4 == old % 4 && old == piece.len()).then_some(code)
}

/// The same for a piece with `padding` signs after it: bytes of another length take more lines or fewer, and their own
/// padding. None where that cannot be.
pub fn into_padded_piece(piece: &str, padding: usize, bytes: &[u8]) -> Option<String> {
    if let Some(code) = into_piece(piece, bytes) {
        return Some(code + &"=".repeat(padding));
    }
    let old = piece.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    let is_padded = (old + padding).is_multiple_of(4);
    if !is_padded && padding > 0 {
        return None;
    }
    let for_addresses = piece.contains(['-', '_']);
    let mut code = to_base64(bytes);
    if for_addresses {
        code = code.replace('+', "-").replace('/', "_");
    }
    // The alphabet of addresses goes without padding, unless it has some.
    if !is_padded || (for_addresses && padding == 0) {
        code.truncate(code.trim_end_matches('=').len());
    }
    let Some(width) = piece.find(|c: char| c.is_ascii_whitespace()) else { return Some(code) };
    let rest = &piece[width..];
    let between = &rest[..rest.find(|c: char| !c.is_ascii_whitespace())?];
    let lines = code.as_bytes().chunks(width).map(String::from_utf8_lossy);
    Some(lines.collect::<Vec<_>>().join(between))
}

/// The text that bytes are, where they are text and nothing else; [`to_bytes`] gives the same bytes again.
pub fn to_text(bytes: &[u8]) -> Option<(String, Encoding)> {
    let (text, encoding) = if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        (String::from_utf8(rest.to_vec()).ok()?, Encoding::Utf8 { mark: true })
    } else if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        (utf16(rest, u16::from_le_bytes).ok()?, Encoding::Utf16Le { mark: true })
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        (utf16(rest, u16::from_be_bytes).ok()?, Encoding::Utf16Be)
    } else if bytes.len() >= 4 && bytes[1] == 0 && bytes[3] == 0 {
        (utf16(bytes, u16::from_le_bytes).ok()?, Encoding::Utf16Le { mark: false })
    } else {
        (String::from_utf8(bytes.to_vec()).ok()?, Encoding::Utf8 { mark: false })
    };
    let readable = !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\u{c}' | '\u{1a}'));
    (readable && to_bytes(&text, encoding) == bytes).then_some((text, encoding))
}

/// A text in the encoding it came in.
pub fn to_bytes(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 { mark: false } => text.as_bytes().to_vec(),
        Encoding::Utf8 { mark: true } => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        Encoding::Utf16Le { mark } => {
            let start: &[u8] = if mark { b"\xFF\xFE" } else { b"" };
            start.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        }
        Encoding::Utf16Be => {
            b"\xFE\xFF".iter().copied().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        }
    }
}

/// Texts that can be read out of bytes, whatever they are: as UTF-8, and as UTF-16 at either offset.
/// What is not ASCII becomes a space in the views of binary data.
pub fn views(bytes: &[u8]) -> Vec<(String, &'static str)> {
    match to_text(bytes) {
        Some((text, Encoding::Utf8 { .. })) => return vec![(text, "")],
        Some((text, _)) => return vec![(text, "utf-16")],
        None => {}
    }
    let visible = |byte: u8| if byte.is_ascii() { char::from(byte) } else { ' ' };
    let mut list = vec![(bytes.iter().map(|byte| visible(*byte)).collect(), "")];
    // Wide text has a zero in every other byte; two in a row of eight bytes make it worth a look.
    if bytes.chunks(8).any(|part| part.iter().filter(|byte| **byte == 0).take(2).count() == 2) {
        for offset in 0..2 {
            let units = bytes.get(offset..).unwrap_or_default().chunks(2);
            // The last character of a text with its high byte first ends the bytes.
            let narrow = |unit: &[u8]| unit.get(1).is_none_or(|high| *high == 0);
            let text = units.map(|unit| if narrow(unit) { visible(unit[0]) } else { ' ' }).collect();
            list.push((text, "utf-16"));
        }
    }
    list
}

/// The text with numeric and the five named XML entities replaced; none where there are none.
pub fn without_entities(text: &str) -> Option<String> {
    replace_escapes(text, '&', |rest| {
        let end = rest.bytes().take(12).position(|byte| byte == b';')?;
        let name = &rest[1..end];
        let c = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        };
        Some((c, end + 1))
    })
}

/// The text with JSON's `\uXXXX` replaced; none where there are none.
pub fn without_json_escapes(text: &str) -> Option<String> {
    replace_escapes(text, '\\', |rest| {
        let hex = rest.strip_prefix("\\u")?.get(..4)?;
        Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, 6))
    })
}

/// The text with `%XX` of ASCII characters replaced; none where there are none. Not by the library that decodes URLs: other
/// bytes stay as they are here, since the text is any text.
pub fn without_percent(text: &str) -> Option<String> {
    replace_escapes(text, '%', |rest| {
        let code = u8::from_str_radix(rest.get(1..3)?, 16).ok()?;
        code.is_ascii().then(|| (char::from(code), 3))
    })
}

/// `read` gets the text from an escape's start on and gives the character and how long the escape is.
fn replace_escapes(text: &str, start: char, read: impl Fn(&str) -> Option<(char, usize)>) -> Option<String> {
    let mut out: Option<String> = None;
    let mut kept = 0;
    let mut from = 0;
    while let Some(found) = text[from..].find(start) {
        let at = from + found;
        from = at + start.len_utf8();
        if let Some((c, length)) = read(&text[at..]) {
            let out = out.get_or_insert_default();
            out.push_str(&text[kept..at]);
            out.push(c);
            kept = at + length;
            from = kept;
        }
    }
    out.map(|mut out| {
        out.push_str(&text[kept..]);
        out
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_replaced() {
        assert_eq!(without_entities("a&#46;b&#x2e;c&amp;&nope;").as_deref(), Some("a.b.c&&nope;"));
        assert_eq!(without_json_escapes(r"a\u002db\n").as_deref(), Some(r"a-b\n"));
        assert_eq!(without_percent("a%2Eb%ZZ%").as_deref(), Some("a.b%ZZ%"));
        assert_eq!(without_percent("plain"), None);
    }

    #[test]
    fn text_keeps_its_encoding() {
        for encoding in [
            Encoding::Utf8 { mark: false },
            Encoding::Utf8 { mark: true },
            Encoding::Utf16Le { mark: true },
            Encoding::Utf16Le { mark: false },
            Encoding::Utf16Be,
        ] {
            let bytes = to_bytes("Write-Host 1\r\n", encoding);
            assert_eq!(to_text(&bytes), Some((String::from("Write-Host 1\r\n"), encoding)));
        }
        assert_eq!(to_text(b"\x00\x01\x02"), None);
    }

    #[test]
    fn only_canonical_base64_is_exact() {
        assert_eq!(base64_exact("QUI=").unwrap(), b"AB");
        assert_eq!(base64_exact("QUJ="), None);
        assert_eq!(base64_exact("QUI"), None);
        assert_eq!(base64_lenient("QUI").unwrap(), b"AB");
    }

    proptest! {
        #[test]
        fn a_look_finds_every_run(text in "[A-Za-z0-9+/_-]{0,40}", inside in "[!-~]{0,40}", start in 0..4_usize, length in 1..40_usize) {
            let piece = format!("{text}{}", to_base64(inside.as_bytes()).trim_end_matches('='));
            let piece = piece.get(start..).unwrap_or_default();
            let bytes = base64_lenient(piece).unwrap_or_default();
            let run = bytes.split(|byte| *byte != 0 && !byte.is_ascii_graphic()).map(<[u8]>::len).max().unwrap_or_default();
            prop_assert_eq!(may_hold_run(piece, length), run >= length, "{}", piece);
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = (without_entities(&text), without_json_escapes(&text), without_percent(&text), base64_lenient(&text));
            let _ = views(&bytes);
            if let Some((text, encoding)) = to_text(&bytes) {
                prop_assert_eq!(to_bytes(&text, encoding), bytes.clone());
            }
            if let Some(back) = base64_exact(&to_base64(&bytes)) {
                prop_assert_eq!(back, bytes);
            }
        }
    }
}
