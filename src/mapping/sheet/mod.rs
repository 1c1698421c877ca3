//! The mapping as a sheet for a spreadsheet program: one row per entry and text pair, safe against cells that
//! are taken for formulas. The JSON file stays the mapping; a sheet is another way to decide.
//!
//! [`write`] makes a sheet, [`table`] reads the cells of one as whatever program saved it, [`read`] takes the
//! decisions in them.

use super::controls::without_controls;

mod read;
mod table;
#[cfg(test)]
mod tests;
mod write;
mod yes_no;

pub use read::read_csv;
pub use table::Separator;
pub use write::to_csv;

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 11] = [
    "kind",
    "source id",
    "source name",
    "decision",
    "target id",
    "target name",
    "how",
    "why",
    "candidates",
    WIDEN,
    DIFFERENT,
];
/// The column that allows a drop, or an empty group, which makes policies hit more people.
const WIDEN: &str = "allow widen";
/// The column that allows the target's object to mean something else.
const DIFFERENT: &str = "allow different";
/// The word for text pairs among the kinds.
const TEXT: &str = "text";
/// Spreadsheet programs look for this before they believe that a file is UTF-8.
const MARK: char = '\u{feff}';

/// Whether a cell shows this text, or what was shown of it without control characters.
fn shows(cell: &str, text: &str) -> bool {
    cell == text || cell == without_controls(text, &[])
}

/// What a spreadsheet program may take for the start of a formula, and the sign that prevents it.
fn is_dangerous(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'])
}

/// The text of a cell, whether a spreadsheet program kept the guard or not.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_dangerous(rest)).unwrap_or(text)
}
