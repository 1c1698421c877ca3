//! A bar with a part for each of several numbers; the numbers themselves are in the table or the text beside it.

use maud::{Markup, html};

use super::super::escape::clean;

/// The bar of the largest sum.
const WIDEST: f64 = 240.0;

/// A part of a bar: its color, its number, and what the number counts.
pub(in crate::ui) type Part<'a> = (&'a str, usize, &'a str);

/// The bar of these parts, where the largest sum of all bars is this.
pub(in crate::ui) fn bar<'a>(parts: impl Iterator<Item = Part<'a>>, largest: usize) -> Markup {
    let mut start = 0.0_f64;
    let mut placed = Vec::new();
    for (tone, number, says) in parts.filter(|(_, number, _)| *number > 0) {
        // What is there is seen, however little it is.
        let width = (WIDEST * as_float(number) / as_float(largest)).max(2.0);
        placed.push((start, width, tone, number, says));
        start += width;
    }
    html! {
        svg width=(WIDEST + 16.0) height="14" viewBox={ "0 0 " (WIDEST + 16.0) " 14" } focusable="false" {
            @for (start, width, tone, number, says) in placed {
                rect class=(tone) x=(format!("{start:.1}")) y="1" width=(format!("{width:.1}")) height="12" {
                    title { (number) " " (clean(says)) }
                }
            }
        }
    }
}

fn as_float(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
