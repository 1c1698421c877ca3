//! The cells of a sheet, however a spreadsheet program saved it: with commas, semicolons or tabs, with any line ends,
//! as UTF-8, UTF-16 or in the characters of an older system. Not for what the cells mean.

use csv::{ReaderBuilder, StringRecord, Terminator};
use encoding_rs::{Encoding, MACINTOSH, WINDOWS_1252};

use crate::text::{self, DecodeError};

/// What is between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// As the standard has it.
    #[default]
    Comma,
    /// Where the comma is the decimal sign.
    Semicolon,
    /// Of "Unicode text".
    Tab,
}

impl Separator {
    const ALL: [Self; 3] = [Self::Semicolon, Self::Tab, Self::Comma];

    /// The sign itself.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// Whichever sign the header has most of.
    fn of(header: &str) -> Self {
        let count = |sign: &Self| header.bytes().filter(|byte| *byte == sign.byte()).count();
        Self::ALL.into_iter().max_by_key(count).unwrap_or_default()
    }
}

/// A row with its number, as a spreadsheet program counts it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: usize,
    pub(super) cells: StringRecord,
}

/// All rows that have something in them.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) separator: Separator,
    pub(super) rows: Vec<Row>,
    /// The place, from 0, of a cell that begins with a quotation mark and swallowed the rest of the file, with its row.
    pub(super) open: Option<(usize, usize)>,
}

/// The texts that the bytes may mean, the likeliest first; none where they are not text. What has no mark and is not
/// UTF-8 may come from Windows or from an old Mac.
pub(super) fn decode(bytes: &[u8]) -> Vec<String> {
    let whole = |encoding: &'static Encoding, bytes: &[u8]| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
        let is_text = |c: char| !c.is_control() || matches!(c, '\t' | '\r' | '\n');
        text.chars().all(is_text).then_some(text)
    };
    match text::decode(bytes) {
        Ok(text) if !text.contains('\0') => vec![text],
        Ok(_) | Err(DecodeError::NotUtf16) => Vec::new(),
        Err(DecodeError::NotUtf8 { .. }) => {
            [WINDOWS_1252, MACINTOSH].into_iter().filter_map(|encoding| whole(encoding, bytes)).collect()
        }
    }
}

/// The rows of a text.
pub(super) fn table(text: &str) -> Table {
    let mut first = text.split(['\r', '\n']).next().unwrap_or_default();
    let (mut body, mut number) = (text, 0);
    // Some programs read the separator from a line of its own.
    if let Some(sign) = first.strip_prefix("sep=") {
        body = text[first.len()..].trim_start_matches(['\r', '\n']);
        number = 1;
        first = sign;
    }
    let header = body.split(['\r', '\n']).next().unwrap_or_default();
    let separator = Separator::of(if number == 1 && !first.is_empty() { first } else { header });
    let mut reader = ReaderBuilder::new()
        .delimiter(separator.byte())
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::CRLF)
        .from_reader(body.as_bytes());
    let mut rows = Vec::new();
    let mut cells = StringRecord::new();
    // Reading from memory, a record can only be missing.
    while reader.read_record(&mut cells).unwrap_or(false) {
        let begin = cells.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or_default();
        number += 1 + empty_lines(body.as_bytes(), begin);
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(Row { number, cells: std::mem::take(&mut cells) });
        }
    }
    let last = rows.last().filter(|_| text.matches('"').count() % 2 == 1);
    let open = last.and_then(|row| Some((row.number, row.cells.iter().position(|cell| cell.contains(['\r', '\n']))?)));
    Table { separator, rows, open }
}

/// How many empty lines the reader passed over before a record. It stops at a carriage return, whose line feed is
/// then the first byte of the next record.
fn empty_lines(text: &[u8], begin: usize) -> usize {
    let is_inside = begin > 0 && text.get(begin - 1..=begin) == Some(b"\r\n");
    let mut rest = text.get(begin + usize::from(is_inside)..).unwrap_or_default();
    let mut count = 0;
    loop {
        rest = match rest {
            [b'\r', b'\n', rest @ ..] | [b'\r' | b'\n', rest @ ..] => rest,
            _ => return count,
        };
        count += 1;
    }
}
