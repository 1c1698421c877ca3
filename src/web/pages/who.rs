//! Who gets what: a grid of policies by groups, both in pages.

use std::collections::BTreeSet;

use maud::html;

use super::super::frame::Page;
use super::super::link::{Asked, Link};
use super::super::site::{Site, Trouble};
use super::list::{self, Part};
use super::policies::address;
use crate::engine::describe::audience::Audience;
use crate::ui::documentation::grid::{GridRow, symbols, who_gets_which};

/// How many policies and how many groups are on a page.
const ROWS: usize = 60;
const COLUMNS: usize = 30;

pub(super) fn page(site: &Site, name: &str, asked: &Asked) -> Result<Page, Trouble> {
    let shelved = site.shelved(name)?;
    let filter = list::filter(asked);
    let steps = ["tree", name, "who"];
    let found: Vec<_> = shelved.find(filter).into_iter().filter(|row| !row.reaches.is_empty()).collect();
    let part = Part::new(asked.number("page", 1), ROWS, found.len());
    let shown = part.slice(&found);
    let all: BTreeSet<&Audience> = shown.iter().flat_map(|row| row.reaches.iter().map(|(who, _)| who)).collect();
    let all: Vec<&Audience> = all.into_iter().collect();
    let across = Part::new(asked.number("groups", 1), COLUMNS, all.len());
    let column = |who: &&Audience| {
        let policies = Link::to(&["tree", name, "policies"]).with("who", who.words());
        (policies.address(), (*who).clone())
    };
    let columns: Vec<(String, Audience)> = across.slice(&all).iter().map(column).collect();
    let rows: Vec<GridRow> = shown
        .iter()
        .map(|row| GridRow {
            address: address(name, &shelved, row),
            name: row.name.clone(),
            reaches: row.reaches.clone(),
            anchor: None,
        })
        .collect();
    let link = list::link(&steps, filter);
    let unassigned = shelved.rows.iter().filter(|row| row.reaches.is_empty()).count();
    let body = html! {
        (list::form(&Link::to(&steps).address(), &shelved, filter))
        div #results {
            (list::count(found.len(), shelved.rows.len()))
            @if unassigned > 0 { p .quiet { (unassigned) " policies are assigned to no one and are not in the grid." } }
            @if found.is_empty() { p { "No assigned policy matches." } } @else {
                (symbols(rows.iter().flat_map(|row| row.reaches.iter().map(|(_, how)| how))))
                (across.pager("Groups: page", "groups", &link.clone().with("page", part.number.to_string())))
                (who_gets_which("Who gets which policy", &columns, &rows))
            }
            (part.pager("Page", "page", &link))
        }
    };
    let command = site.command("report").word(name).word("--html").word("tenant.html").text();
    Ok(Page::new(format!("Who gets what in {name}"), body).of_tree(name, "who").command(command))
}
