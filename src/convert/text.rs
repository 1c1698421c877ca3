//! Bytes as text, whatever they declare: reports and templates are UTF-8 or UTF-16, and some declare the other.

use std::borrow::Cow;

use crate::error::ReadError;

/// The largest file that is read, in MiB. The largest real report that is known has less than 10.
pub const LARGEST_MIB: usize = 64;
/// The same in bytes.
pub const LARGEST: usize = LARGEST_MIB * 1024 * 1024;

/// Reads UTF-8 and UTF-16, with or without a byte order mark. What an XML declaration says is ignored.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, ReadError> {
    if bytes.len() > LARGEST {
        return Err(ReadError::TooLarge { limit: LARGEST_MIB });
    }
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, 3).map(Cow::Borrowed),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, 2).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, 2).map(Cow::Owned),
        [_, 0, ..] => utf16(bytes, u16::from_le_bytes, 0).map(Cow::Owned),
        [0, _, ..] => utf16(bytes, u16::from_be_bytes, 0).map(Cow::Owned),
        _ => utf8(bytes, 0).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8], before: usize) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| ReadError::Encoding { at: before + error.valid_up_to() })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, before: usize) -> Result<String, ReadError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ReadError::Encoding { at: before + pairs.len() * 2 });
    }
    let mut text = String::with_capacity(pairs.len());
    let mut at = before;
    for unit in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let Ok(char) = unit else { return Err(ReadError::Encoding { at }) };
        text.push(char);
        at += char.len_utf16() * 2;
    }
    Ok(text)
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
        assert!(matches!(decode(&vec![b'a'; LARGEST + 1]), Err(ReadError::TooLarge { .. })));
    }

    #[test]
    fn case_and_white_space_do_not_matter() {
        assert_eq!(folded("  Turn  OFF\nÄrger "), "turn off ärger");
    }
}
