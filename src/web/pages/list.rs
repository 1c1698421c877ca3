//! What the list of policies and the grid of who gets what share: the form that filters, and the pages of what is found.

use maud::{Markup, html};

use super::super::link::{Asked, Link};
use super::super::shelf::{Filter, Shelved};
use crate::engine::describe::audience::Audience;
use crate::ui::clean;
use crate::ui::layout::thousands;

/// The names of the filter in an address.
const NAMES: [&str; 4] = ["text", "of", "platform", "who"];

/// What an address asks for.
pub(super) fn filter(asked: &Asked) -> Filter<'_> {
    let [text, of, platform, who] = NAMES.map(|name| asked.value(name));
    Filter { text, of, platform, who }
}

/// A page with the same filter.
pub(super) fn link(steps: &[&str], filter: Filter<'_>) -> Link {
    let values = [filter.text, filter.of, filter.platform, filter.who];
    NAMES.iter().zip(values).fold(Link::to(steps), |link, (name, value)| link.with(name, value))
}

/// The form. It is sent to the page that it is on.
pub(super) fn form(address: &str, shelved: &Shelved, filter: Filter<'_>) -> Markup {
    let [text, of, platform, who] = NAMES;
    html! {
        form .search method="get" action=(address) role="search" aria-label="Find policies" autocomplete="off" data-live {
            label .wide { span { "Text" }
                input type="search" name=(text) value=(filter.text) placeholder="name, setting, value, group …"; }
            label { span { "Type" } select name=(of) {
                option value="" { "all" }
                @for known in &shelved.types {
                    option value=(known.name) selected[known.name == filter.of] { (clean(&known.title)) }
                    @for (name, title) in &known.groups {
                        option value=(name) selected[name == filter.of] { "\u{a0}\u{a0}" (clean(title)) }
                    }
                }
            } }
            (select("Platform", platform, filter.platform, shelved.platforms.iter().map(String::as_str)))
            (select("Assigned to", who, filter.who, shelved.audiences.keys().map(Audience::words)))
            button type="submit" { "Find" }
        }
    }
}

fn select<'a>(says: &str, name: &str, chosen: &str, list: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        label { span { (says) } select name=(name) {
            option value="" { "all" }
            @for one in list { option value=(one) selected[one == chosen] { (clean(one)) } }
        } }
    }
}

/// How many were found.
pub(super) fn count(found: usize, all: usize) -> Markup {
    let says = if found == all { thousands(all) } else { format!("{} of {}", thousands(found), thousands(all)) };
    html! { p .shown role="status" { (says) " policies" } }
}

/// A part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The page, counted from one.
    pub(super) number: usize,
    /// How many pages there are.
    pub(super) of: usize,
    each: usize,
}

impl Part {
    /// The page that was asked for, or the nearest that there is.
    pub(super) fn new(asked: usize, each: usize, all: usize) -> Self {
        let of = all.div_ceil(each).max(1);
        Self { number: asked.clamp(1, of), of, each }
    }

    /// What is on it.
    pub(super) fn slice<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let from = (self.number - 1) * self.each;
        list.get(from..list.len().min(from + self.each)).unwrap_or_default()
    }

    /// The links to the pages beside it; nothing where there is one page.
    pub(super) fn pager(&self, says: &str, name: &str, link: &Link) -> Markup {
        let to = |number: usize| link.clone().with(name, number.to_string()).address();
        html! {
            @if self.of > 1 {
                nav .pager aria-label=(says) {
                    @if self.number > 1 {
                        a href=(to(1)) { "First" }
                        a href=(to(self.number - 1)) rel="prev" { "Previous" }
                    }
                    span { (says) " " (thousands(self.number)) " of " (thousands(self.of)) }
                    @if self.number < self.of {
                        a href=(to(self.number + 1)) rel="next" { "Next" }
                        a href=(to(self.of)) { "Last" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_that_is_asked_for_is_one() {
        let list: Vec<usize> = (0..101).collect();
        for (asked, number, first, length) in
            [(0, 1, Some(0), 50), (2, 2, Some(50), 50), (3, 3, Some(100), 1), (usize::MAX, 3, Some(100), 1)]
        {
            let part = Part::new(asked, 50, list.len());
            assert_eq!((part.number, part.of), (number, 3));
            assert_eq!((part.slice(&list).first().copied(), part.slice(&list).len()), (first, length));
        }
        let none: [usize; 0] = [];
        assert_eq!(Part::new(1, 50, 0).slice(&none), none);
        let pager = Part::new(2, 50, 101).pager("Page", "page", &Link::to(&["x"])).into_string();
        assert!(pager.contains("/x?page=1") && pager.contains("/x?page=3"), "{pager}");
        assert_eq!(Part::new(1, 50, 50).pager("Page", "page", &Link::default()).into_string(), "");
    }
}
