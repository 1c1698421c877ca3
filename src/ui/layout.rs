//! How wide, how much: what every view needs to know, and text wrapped to it. Pure.

use std::borrow::Cow;
use std::fmt::Display;

use unicode_width::UnicodeWidthStr as _;

use super::escape::clean;
pub use crate::finding::count;

/// How a view may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// The terminal's width; none where the text goes to a file or a pipe: prose is wrapped all the same,
    /// tables are as wide as what stands in them.
    pub width: Option<u16>,
    /// Everything is listed, nothing is only counted.
    pub verbose: bool,
}

/// Prose is never wider than this: longer lines are hard to read.
const PROSE: usize = 100;
/// Prose is never narrower than this, whatever the terminal says.
const NARROWEST: usize = 30;

/// The longest name that is shown whole.
const LONGEST_NAME: usize = 60;

impl Look {
    /// The width of prose.
    pub fn prose(self) -> usize {
        self.width.map_or(PROSE, usize::from).clamp(NARROWEST, PROSE)
    }

    /// How many of `all` are listed before the rest is only counted.
    pub fn limit(self, all: usize, few: usize) -> usize {
        // One more line is not longer than a line that says there is one more.
        if self.verbose || all <= few + 1 { all } else { few }
    }
}

/// The text in lines of at most `width` characters: the first begins with `first`, the others with as many
/// spaces. A word that is too long stands alone.
pub fn wrap(first: &str, text: &str, width: usize) -> String {
    hang(first, visible(first), text, width)
}

/// The words of a text. What is between backticks, such as a command line, is one word: broken, it could not be
/// pasted.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut().filter(|_| is_open) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        is_open ^= word.matches('`').count() % 2 == 1;
    }
    words
}

/// As [`wrap`], with the lines after the first one indented by `indent`.
pub fn hang(first: &str, indent: usize, text: &str, width: usize) -> String {
    let mut out = String::from(first);
    let begins = visible(first);
    let mut column = begins;
    let mut empty = true;
    for word in words(text) {
        let word = word.as_str();
        let length = visible(word);
        // A first line that holds nothing but its beginning is left as well where that makes room.
        let full = column + usize::from(!empty) + length > width;
        if full && (!empty || (begins > indent && first.ends_with(' '))) {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if !empty {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        empty = false;
    }
    out.push('\n');
    out
}

/// How many columns of a terminal the text takes: color codes none, a Chinese or Japanese character two.
pub fn visible(text: &str) -> usize {
    if text.contains('\u{1b}') { anstream::adapter::strip_str(text).to_string().width() } else { text.width() }
}

/// The beginning of a text that is too long, with a sign that it is not all.
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// An object's name as a view shows it: harmless, and not longer than a line unless everything is wanted.
/// In quotes where its ends would not be seen otherwise.
pub fn named(name: &str, look: Look) -> String {
    let name = clean(name);
    let name = if look.verbose { name.into_owned() } else { shorten(&name, LONGEST_NAME) };
    quoted(Cow::Owned(name)).into_owned()
}

/// A name in quotes where its ends would not be seen otherwise.
pub fn quoted(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.is_empty() || name.trim() != name { Cow::Owned(format!("\"{name}\"")) } else { name }
}

/// `12,345`.
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn prose_is_wrapped_under_its_own_beginning() {
        insta::assert_snapshot!(wrap("  why: ", "The quick brown fox jumps over the lazy dog.", 24), @r"
          why: The quick brown
               fox jumps over
               the lazy dog.
        ");
    }

    #[test]
    fn a_long_word_is_not_cut() {
        assert_eq!(
            wrap("", "a deviceManagement/deviceConfigurations b", 10),
            "a\ndeviceManagement/deviceConfigurations\nb\n"
        );
    }

    #[test]
    fn a_list_that_is_one_too_long_is_shown_whole() {
        let look = Look::default();
        assert_eq!((look.limit(11, 10), look.limit(12, 10)), (11, 10));
        assert_eq!(Look { verbose: true, ..look }.limit(500, 10), 500);
    }

    #[test]
    fn a_shortened_text_says_so() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("äöüßéè!", 4), "äöü…");
    }

    #[test]
    fn color_codes_take_no_room() {
        let red = |text: &str| format!("\u{1b}[31m{text}\u{1b}[0m");
        assert_eq!(hang(&red("a: "), 2, "bb cc dd", 8), format!("{}bb cc\n  dd\n", red("a: ")));
    }

    #[test]
    fn a_long_word_leaves_a_long_beginning() {
        assert_eq!(hang("  code: ", 4, "/a/long/pointer x", 20), "  code:\n    /a/long/pointer\n    x\n");
    }

    #[test]
    fn names_show_their_ends() {
        let look = Look::default();
        assert_eq!(named("Win - Edge", look), "Win - Edge");
        assert_eq!(named("iOS - Passcode ", look), "\"iOS - Passcode \"");
        assert_eq!(named("", look), "\"\"");
        assert_eq!(named(&"x".repeat(99), look).chars().count(), LONGEST_NAME);
        assert_eq!(named(&"x".repeat(99), Look { verbose: true, ..look }).len(), 99);
    }
}
