//! What a large page shows only where somebody looks: it is kept compressed in the page, and put in its place by the
//! page's script once that place is seen. A small page has everything in its place, and needs no script to be read.

use std::cell::RefCell;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use maud::{Markup, PreEscaped, html};

/// A page of more policies than this is large.
const MANY: usize = 2_000;
/// So many policies of a page are laid out together, once one of them is seen.
pub(in super::super) const SEEN_TOGETHER: usize = 100;
/// How many parts are compressed together; the page's script knows it from the page.
const TOGETHER: usize = 50;

/// The parts of a page that are put in later.
#[derive(Debug, Default)]
pub(in super::super) struct Parts {
    is_large: bool,
    kept: RefCell<Vec<String>>,
}

impl Parts {
    /// For a page about so many policies.
    pub(in super::super) fn of(policies: usize) -> Self {
        Self { is_large: policies > MANY, kept: RefCell::default() }
    }

    /// The part itself, or in a large page the place where it will be.
    pub(in super::super) fn later(&self, part: Markup) -> Markup {
        if !self.is_large {
            return part;
        }
        let mut kept = self.kept.borrow_mut();
        kept.push(part.into_string());
        html! { div data-part=(kept.len() - 1) { } }
    }

    /// The button that prints a large page with what is inside of each policy.
    pub(in super::super) fn print_button(&self) -> Markup {
        html! { @if self.is_large { button type="button" #print { "Print all that is shown" } } }
    }

    /// What a print of a large page says that was not made by that button.
    pub(super) fn print_note(&self) -> Markup {
        html! { @if self.is_large {
            p #unprinted hidden { "This page is large: what is inside of policies that were not opened is not printed. "
                "The button “Print all that is shown” prints it." }
        } }
    }

    /// What is kept, for the end of the page; nothing in a small one.
    pub(super) fn kept(&self) -> Markup {
        let kept = self.kept.borrow();
        html! {
            @if !kept.is_empty() {
                noscript { p { "This page is large: the details of each policy need JavaScript, which is off. "
                    "`report --markdown` writes the same as plain text." } }
                @for (place, group) in kept.chunks(TOGETHER).enumerate() {
                    div .parts hidden id={ "parts-" (place) } data-each=(TOGETHER) {
                        (PreEscaped(compressed(group)))
                    }
                }
            }
        }
    }
}

/// A list of texts as deflated JSON, in letters.
fn compressed(group: &[String]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Memory takes all that is written.
    let _ = encoder.write_all(serde_json::json!(group).to_string().as_bytes());
    STANDARD.encode(encoder.finish().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_small_page_has_everything_in_its_place() {
        let parts = Parts::of(MANY);
        assert_eq!(parts.later(html! { b { "x" } }).into_string(), "<b>x</b>");
        assert_eq!(parts.kept().into_string() + &parts.print_button().into_string(), "");
    }

    #[test]
    fn a_large_page_keeps_what_is_put_in_later() {
        let parts = Parts::of(MANY + 1);
        let places: Vec<String> =
            (0..=TOGETHER).map(|number| parts.later(html! { b { (number) } }).into_string()).collect();
        assert_eq!(places[TOGETHER], format!("<div data-part=\"{TOGETHER}\"></div>"));
        let page = parts.kept().into_string();
        assert_eq!(page.matches("class=\"parts\"").count(), 2, "{page}");
        let text = page.rsplit_once("</div>").and_then(|(rest, _)| rest.rsplit_once('>')).unwrap().1;
        let mut inflated = String::new();
        let packed = STANDARD.decode(text).unwrap();
        std::io::Read::read_to_string(&mut flate2::read::DeflateDecoder::new(&packed[..]), &mut inflated).unwrap();
        assert_eq!(inflated, format!("[\"<b>{TOGETHER}</b>\"]"));
    }
}
