//! Sentences of this program on a page: what is between backticks, and options, are shown as code. Names from elsewhere
//! in them stay text.

use maud::{Markup, html};

use super::super::escape::clean;

/// A sentence as markup.
pub(in super::super) fn prose(text: &str) -> Markup {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks is somebody's name.
    if parts.len().is_multiple_of(2) {
        return html! { (text) };
    }
    html! {
        @for (place, part) in parts.into_iter().enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (options(part)) }
        }
    }
}

/// Options are never broken at their hyphens.
fn options(text: &str) -> Markup {
    html! {
        @for word in text.split_inclusive(' ') {
            @match option(word) {
                Some(at) => { code .option { (&word[..at]) } (&word[at..]) }
                None => (word),
            }
        }
    }
}

/// Where the option ends that a word begins with.
fn option(word: &str) -> Option<usize> {
    let name = word.strip_prefix("--")?;
    let end = name.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(name.len());
    (end > 1).then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_code_and_names_are_text() {
        for (text, shown) in [
            ("Name it in `a@b` (<x>).", "Name it in <code>a@b</code> (&lt;x&gt;)."),
            (
                "Use --on-conflict update, or --decide.",
                "Use <code class=\"option\">--on-conflict</code> update, or <code class=\"option\">--decide</code>.",
            ),
            ("a ` b -- c --", "a ` b -- c --"),
        ] {
            assert_eq!(prose(text).into_string(), shown);
        }
    }
}
