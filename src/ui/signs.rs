//! Signs in their colors, and the line that says what they mean.

use std::collections::BTreeSet;

use super::layout::{Look, wrap};
use super::style::{self, paint};
use crate::engine::Outcome;
use crate::engine::outcome::Sign;

/// The sign of an outcome in its color.
pub(super) fn signed(outcome: Outcome) -> String {
    let sign = outcome.sign();
    paint(style::sign(sign), sign.mark())
}

/// One line that says what the signs of these outcomes mean, after an empty one; nothing where there are none.
pub(super) fn legend(outcomes: impl Iterator<Item = Outcome>, look: Look) -> String {
    let signs: BTreeSet<Sign> = outcomes.map(Outcome::sign).collect();
    if signs.is_empty() {
        return String::new();
    }
    // A sign stays on a line with its meaning.
    let words = signs.iter().map(|sign| format!("{} {} ", sign.mark(), sign.means()).replace(' ', "\u{a0}"));
    let text = words.collect::<Vec<_>>().join(" ");
    let lines = wrap("", &text, look.prose()).replace('\u{a0}', " ");
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    format!("\n{}\n", paint(style::FAINT, lines.join("\n")))
}
