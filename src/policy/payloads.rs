//! Texts within texts: what of a text is base64 of another readable text, and how it is closed again around other words.
//! Not for deciding what to change in them.

use std::ops::Range;

use super::decode::{
    Encoding, base64_exact, base64_lenient, base64_pieces, from_piece, into_padded_piece, to_base64, to_bytes, to_text,
};

/// How many payloads within payloads are opened.
pub const MAX_DEPTH: usize = 6;

/// A readable text that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub text: String,
    encoding: Encoding,
}

impl Opened {
    /// The readable text that bytes are.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        to_text(bytes).map(|(text, encoding)| Self { text, encoding })
    }

    /// The text that is base64 as a whole.
    pub fn whole(text: &str) -> Option<Self> {
        base64_exact(text).and_then(|bytes| Self::of(&bytes))
    }

    /// The base64 of another text in its place.
    pub fn closed(&self, text: &str) -> String {
        to_base64(&to_bytes(text, self.encoding))
    }
}

/// A run of base64 characters in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it is, its padding included.
    pub range: Range<usize>,
    padding: usize,
    /// The readable text that it is; none where it is something else.
    pub opened: Option<Opened>,
}

impl Piece {
    /// Its bytes, whatever they are. `text` is what it was found in.
    pub fn bytes(&self, text: &str) -> Vec<u8> {
        base64_lenient(&text[self.range.clone()]).unwrap_or_default()
    }

    /// The base64 of another text in its place; none where there is no room for it. `text` is what it was found in.
    pub fn closed(&self, text: &str, other: &str) -> Option<String> {
        let bytes = to_bytes(other, self.opened.as_ref()?.encoding);
        into_padded_piece(&text[self.range.start..self.range.end - self.padding], self.padding, &bytes)
    }
}

/// The runs of base64 characters in a text.
pub fn pieces(text: &str) -> Vec<Piece> {
    let piece = |range: Range<usize>| {
        let padding = text[range.end..].bytes().take_while(|byte| *byte == b'=').count();
        let opened = from_piece(&text[range.clone()]).and_then(|bytes| Opened::of(&bytes));
        Piece { range: range.start..range.end + padding, padding, opened }
    };
    base64_pieces(text).into_iter().map(piece).collect()
}
