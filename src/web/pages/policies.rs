//! All policies of a tree, by type, platform, who gets them, and words.

use maud::{Markup, html};

use super::super::frame::Page;
use super::super::link::{Asked, Link};
use super::super::shelf::{Row, Shelved};
use super::super::site::{Site, Trouble};
use super::list::{self, Part};
use crate::engine::describe::audience::Manner;
use crate::ui::clean;
use crate::ui::layout::quoted;
use crate::ui::plan_view;

/// How many policies are on a page.
const EACH: usize = 50;
/// How many are named of those who get a policy.
const FEW: usize = 4;

pub(super) fn page(site: &Site, name: &str, asked: &Asked) -> Result<Page, Trouble> {
    let shelved = site.shelved(name)?;
    let filter = list::filter(asked);
    let steps = ["tree", name, "policies"];
    let found = shelved.find(filter);
    let part = Part::new(asked.number("page", 1), EACH, found.len());
    let link = list::link(&steps, filter);
    let body = html! {
        @for lacks in shelved.tree.manifest.incomplete() { p .fix { "The tree is incomplete: " (clean(&lacks.message)) } }
        (list::form(&Link::to(&steps).address(), &shelved, filter))
        div #results {
            (list::count(found.len(), shelved.rows.len()))
            @if found.is_empty() { p { "No policy matches." } } @else { (table(name, &shelved, part.slice(&found))) }
            (part.pager("Page", "page", &link))
        }
    };
    let whose = shelved.tree.manifest.rewritten_for.as_ref().or(shelved.tree.manifest.tenant.as_ref());
    let title = whose
        .map_or_else(|| format!("Policies in {name}"), |tenant| format!("Policies of {}", plan_view::tenant(tenant)));
    let command = site.command("report").word(name).word("--html").word("tenant.html").text();
    Ok(Page::new(title, body).of_tree(name, "policies").command(command))
}

fn table(tree: &str, shelved: &Shelved, rows: &[&Row]) -> Markup {
    html! {
        table .differences.list {
            caption .unseen { "Policies" }
            thead { tr { th scope="col" { "Policy" } th scope="col" { "Type" } th scope="col" { "Platform" } th scope="col" { "Assigned to" } } }
            tbody { @for row in rows {
                @let of = &shelved.types[row.of];
                tr {
                    th scope="row" { a href=(address(tree, shelved, row)) { (quoted(clean(&row.name))) } }
                    td data-side="Type" { (clean(&of.title)) @if let Some((_, group)) = &row.group { br; span .quiet { (clean(group)) } } }
                    td data-side="Platform" { (clean(&row.platforms.join(", "))) }
                    td data-side="Assigned to" { (clean(&assigned(row))) }
                }
            } }
        }
    }
}

/// The page of a policy.
pub(super) fn address(tree: &str, shelved: &Shelved, row: &Row) -> String {
    let policy = shelved.policy(row);
    Link::to(&["tree", tree, "policy", &policy.type_name, &policy.key()]).address()
}

/// Who gets it, shortly.
fn assigned(row: &Row) -> String {
    let words = |(who, how): &(crate::engine::describe::audience::Audience, crate::engine::describe::audience::How)| {
        if how.manner == Manner::Excluded { format!("not {}", who.words()) } else { who.words().to_owned() }
    };
    let mut all: Vec<String> = row.reaches.iter().map(words).collect();
    all.dedup();
    let more = all.len().saturating_sub(FEW);
    all.truncate(FEW);
    let named = all.join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}
