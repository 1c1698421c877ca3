//! Bytes of a text file as text: UTF-8 with or without a mark, UTF-16 as Windows PowerShell writes it with `>` and
//! `Out-File`. Not for what the text means, nor for the characters of older systems, which only spreadsheets have.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use thiserror::Error;

/// Bytes that are not text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Neither UTF-8 nor marked as something else.
    #[error("not UTF-8 text (line {line}, byte {offset})")]
    NotUtf8 {
        /// The first byte that is wrong, from 0.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// Looks like UTF-16 but is broken.
    #[error("broken UTF-16 text")]
    NotUtf16,
}

/// Reads a text file of at most so many bytes, whichever of them it is.
pub fn read(path: &Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB; is it the right file?", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    decode_own(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Reads UTF-8 and UTF-16, with or without a byte order mark; the mark is not part of the text.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
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

/// The same of bytes that are needed no more: most become text where they stand.
pub fn decode_own(bytes: Vec<u8>) -> Result<String, DecodeError> {
    let is_marked = matches!(bytes.as_slice(), [0xEF, 0xBB, 0xBF, ..] | [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    if is_marked || nul_side(&bytes).is_some() {
        return decode(&bytes);
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), error.utf8_error()))
}

enum Side {
    First,
    Second,
}

/// UTF-16 of mostly Latin text has a NUL in nearly every pair, always on the same side. No text in
/// UTF-8 has that.
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

fn utf8(bytes: &[u8]) -> Result<String, DecodeError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| not_utf8(bytes, error))
}

fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> DecodeError {
    let offset = error.valid_up_to();
    let line = bytes[..offset].split(|byte| *byte == b'\n').count();
    DecodeError::NotUtf8 { offset, line }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(DecodeError::NotUtf16);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| DecodeError::NotUtf16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn all_encodings_give_the_same_text() {
        let text = "{\"displayName\": \"Geräte – 日本\"}\r\n";
        let marked = |mark: &[u8], rest: Vec<u8>| [mark.to_vec(), rest].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(&[0xEF, 0xBB, 0xBF], text.as_bytes().to_vec()),
            marked(&[0xFF, 0xFE], utf16_bytes(text, u16::to_le_bytes)),
            marked(&[0xFE, 0xFF], utf16_bytes(text, u16::to_be_bytes)),
            utf16_bytes(text, u16::to_le_bytes),
            utf16_bytes(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
            assert_eq!(decode_own(bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_text_says_where() {
        assert_eq!(decode(b"{\n\xFF}"), Err(DecodeError::NotUtf8 { offset: 2, line: 2 }));
        assert_eq!(decode(&[0xFF, 0xFE, 0x41]), Err(DecodeError::NotUtf16));
        assert_eq!(decode(&[0xFF, 0xFE, 0x00, 0xD8]), Err(DecodeError::NotUtf16));
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.txt");
        std::fs::write(&file, [&[0xFF, 0xFE][..], &utf16_bytes("Gerät", u16::to_le_bytes)].concat()).expect("written");
        assert_eq!(read(&file, 12).ok().as_deref(), Some("Gerät"));
        let error = read(&file, 11).expect_err("too large");
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        std::fs::write(&file, b"a\n\xFF").expect("written");
        assert!(read(&file, 11).expect_err("no text").to_string().contains("line 2"));
    }

    proptest! {
        #[test]
        fn never_panics_and_utf8_without_nul_stays(bytes in proptest::collection::vec(any::<u8>(), 0..64), text in "[^\u{0}\u{feff}]{0,40}") {
            prop_assert_eq!(decode(&bytes), decode_own(bytes));
            prop_assert_eq!(decode(text.as_bytes()), Ok(text));
        }
    }
}
