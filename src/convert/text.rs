//! Bytes as text, whatever they declare: files are UTF-8 or UTF-16, and some declare the other. The program reads all of
//! its files by this as well.

use std::borrow::Cow;

use crate::error::ReadError;

/// The largest file that is read, in MiB. The largest real report that is known has less than 10.
pub const LARGEST_MIB: usize = 64;
/// The same in bytes.
pub const LARGEST: usize = LARGEST_MIB * 1024 * 1024;

/// Bytes that are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotText {
    /// The first byte that is wrong, from 0.
    pub at: usize,
    /// Whether they look like UTF-16.
    pub is_utf16: bool,
}

/// Reads UTF-8 and UTF-16, with or without a byte order mark, of a file that may be as large as
/// real ones. What an XML declaration says is ignored.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::TooLarge { limit: LARGEST_MIB });
    }
    decode_any(bytes).map_err(|NotText { at, .. }| ReadError::Encoding { at })
}

/// Reads UTF-8 and UTF-16, with or without a byte order mark; the mark is not part of the text.
pub fn decode_any(bytes: &[u8]) -> Result<Cow<'_, str>, NotText> {
    let utf8 = |rest| {
        let before = bytes.len() - <[u8]>::len(rest);
        let wrong = |error: std::str::Utf8Error| NotText { at: before + error.valid_up_to(), is_utf16: false };
        std::str::from_utf8(rest).map(Cow::Borrowed).map_err(wrong)
    };
    let utf16 = |rest, unit| {
        let before = bytes.len() - <[u8]>::len(rest);
        let wrong = |at| NotText { at: before + at, is_utf16: true };
        utf16(rest, unit).map(Cow::Owned).map_err(wrong)
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match nul_side(bytes) {
            Some(Side::Second) => utf16(bytes, u16::from_le_bytes),
            Some(Side::First) => utf16(bytes, u16::from_be_bytes),
            None => utf8(bytes),
        },
    }
}

/// Reads UTF-16 without a mark; `unit` says which byte of two comes first. The error is the first byte that is wrong.
pub fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, usize> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(pairs.len() * 2);
    }
    let mut text = String::with_capacity(pairs.len());
    let mut at = 0;
    for unit in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(char) = unit else { return Err(at) };
        text.push(char);
        at += char.len_utf16() * 2;
    }
    Ok(text)
}

enum Side {
    First,
    Second,
}

/// UTF-16 of mostly Latin text has a NUL in nearly every pair, always on the same side. No text in UTF-8 has that.
fn nul_side(bytes: &[u8]) -> Option<Side> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let pairs = &pairs[..pairs.len().min(128)];
    let first = pairs.iter().filter(|[a, b]| *a == 0 && *b != 0).count();
    let second = pairs.iter().filter(|[a, b]| *a != 0 && *b == 0).count();
    let most = |count: usize| count > 0 && count * 2 > pairs.len();
    match (most(first), most(second)) {
        (true, _) => Some(Side::First),
        (_, true) => Some(Side::Second),
        _ => None,
    }
}

/// A text to compare without regard to case and to the amount of white space.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn every_form_of_a_text_is_read() {
        let text = "<a>é…𝄞</a>";
        let mut marked = vec![0xFF, 0xFE];
        marked.extend(utf16le(text));
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [text.as_bytes().to_vec(), marked, utf16le(text), big, [b"\xEF\xBB\xBF", text.as_bytes()].concat()]
        {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        assert_eq!(decode(b"ab\xFFcd"), Err(ReadError::Encoding { at: 2 }));
        assert_eq!(decode(b"\xFF\xFEa\0b"), Err(ReadError::Encoding { at: 4 }));
        assert_eq!(decode(b"\xFF\xFEa\0\x00\xD8b\0"), Err(ReadError::Encoding { at: 4 }));
        assert_eq!(decode_any(b"\xEF\xBB\xBFab\xFF"), Err(NotText { at: 5, is_utf16: false }));
        assert_eq!(decode_any(b"\xFE\xFF\0a\0"), Err(NotText { at: 4, is_utf16: true }));
        assert!(matches!(decode(&vec![b'a'; LARGEST + 1]), Err(ReadError::TooLarge { .. })));
    }

    #[test]
    fn case_and_white_space_do_not_matter() {
        assert_eq!(folded("  Turn  OFF\nÄrger "), "turn off ärger");
    }
}
