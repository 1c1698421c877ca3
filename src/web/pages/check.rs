//! What `lint` finds in a tree.

use super::super::frame::Page;
use super::super::site::{Site, Trouble};
use crate::cli::commands::lint;
use crate::cli::folder;
use crate::engine;
use crate::tree::Tree;
use crate::ui::report::Report;

pub(super) fn page(site: &Site, name: &str) -> Result<Page, Trouble> {
    let here = site.tree_named(name)?;
    let report = if here.is_rewritten {
        // A rewritten tree is on the shelf as people read it, and is checked as it is.
        report(site, name, &folder::read(&here.path, &site.catalogue)?)
    } else {
        report(site, name, &site.shelved(name)?.tree)
    };
    let command = site.command("lint").word(name).text();
    Ok(Page::of_report(&report).of_tree(name, "check").command(command))
}

fn report(site: &Site, name: &str, tree: &Tree) -> Report {
    let objects = lint::objects(engine::lint::lint(tree, &site.catalogue));
    Report::of_outcomes(lint::heading(name), &objects, &tree.findings)
}
