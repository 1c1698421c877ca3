//! Bytes of a text file as text: UTF-8 with or without a mark, UTF-16 as Windows PowerShell writes it with `>` and
//! `Out-File`. Not for what the text means, nor for the characters of older systems, which only spreadsheets have.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

pub use intune_ferry_convert::text::utf16;
use intune_ferry_convert::text::{NotText, decode_any};
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
    decode_any(bytes).map(Cow::into_owned).map_err(|wrong| in_lines(bytes, wrong))
}

/// The same of bytes that are needed no more: most become text where they stand.
pub fn decode_own(bytes: Vec<u8>) -> Result<String, DecodeError> {
    match decode_any(&bytes) {
        // No byte is left out: they are the text.
        Ok(Cow::Borrowed(text)) if text.len() == bytes.len() => {}
        Ok(text) => return Ok(text.into_owned()),
        Err(wrong) => return Err(in_lines(&bytes, wrong)),
    }
    String::from_utf8(bytes).map_err(|error| {
        let wrong = NotText { at: error.utf8_error().valid_up_to(), is_utf16: false };
        in_lines(error.as_bytes(), wrong)
    })
}

fn in_lines(bytes: &[u8], wrong: NotText) -> DecodeError {
    if wrong.is_utf16 {
        return DecodeError::NotUtf16;
    }
    let line = bytes[..wrong.at].split(|byte| *byte == b'\n').count();
    DecodeError::NotUtf8 { offset: wrong.at, line }
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
