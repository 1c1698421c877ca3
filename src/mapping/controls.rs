//! Control characters in what is written: a terminal or a spreadsheet program would act on them.

use std::borrow::Cow;

/// A text without characters that a terminal or a spreadsheet program acts on: each becomes its escape, as JSON writes
/// it.
pub(super) fn without_controls<'t>(text: &'t str, except: &[char]) -> Cow<'t, str> {
    let acts = |c: char| c.is_control() && !except.contains(&c);
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if acts(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}
