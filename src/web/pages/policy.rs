//! One policy as people read it: what it sets, who gets it, its scripts, and what git remembers of it.

use std::path::Path;

use maud::{Markup, html};

use super::super::code::highlighted;
use super::super::frame::{COMPARE, Page};
use super::super::link::Link;
use super::super::site::{Site, Trouble};
use crate::cli::git_history::{Commit, commits};
use crate::engine::describe::audience::{Audience, How};
use crate::engine::describe::texts::long_texts;
use crate::engine::describe::tree_summary::describe;
use crate::tree::json;
use crate::ui::clean;

/// How many commits are listed.
const COMMITS: usize = 20;

pub(super) fn page(site: &Site, name: &str, of: &str, key: &str) -> Result<Page, Trouble> {
    let shelved = site.shelved(name)?;
    let row = shelved.row(of, key).ok_or_else(|| Trouble::missing("policy"))?;
    let policy_type = site.catalogue.get(of).ok_or_else(|| Trouble::missing("policy"))?;
    let kept = shelved.policy(row);
    let open = kept.open();
    let described = describe(kept, policy_type, &site.catalogue, &shelved.names);
    let file = kept.file.clone().unwrap_or_default();
    let history = commits(&shelved.tree.root, &files_of(&shelved.tree.root, &file), COMMITS);
    let body = html! {
        @for line in described.description.lines().filter(|line| !line.trim().is_empty()) { p { (clean(line)) } }
        (assigned(name, &described.reaches))
        (settings(&described.settings))
        @for (place, (called, text)) in long_texts(&open).iter().enumerate() {
            section aria-labelledby={ "text-" (place) } {
                h2 id={ "text-" (place) } { (clean(called)) }
                pre .code tabindex="0" role="group" aria-label=(clean(called)) { (highlighted(text)) }
            }
        }
        (remembered(name, &format!("{of}/{key}"), &history))
        section aria-labelledby="json" {
            h2 #json { "As JSON" }
            details { summary { (clean(&file)) } pre .code tabindex="0" role="group" aria-label="The policy as JSON" { (highlighted(&json::to_text(&open.to_value()))) } }
        }
    };
    let mut facts = vec![(String::from("Type"), policy_type.title.clone())];
    facts.extend(described.group.map(|group| (String::from("Kind"), group)));
    if !row.platforms.is_empty() {
        facts.push((String::from("Platform"), row.platforms.join(", ")));
    }
    facts.push((String::from("ID"), key.to_owned()));
    let command = site.command("report").word(name).word("--html").word("tenant.html").text();
    Ok(Page { facts, ..Page::new(described.name, body) }.of_tree(name, "").command(command))
}

fn assigned(tree: &str, reaches: &[(Audience, How)]) -> Markup {
    let to = |who: &Audience| Link::to(&["tree", tree, "policies"]).with("who", who.words()).address();
    let rows = reaches.iter().map(|(who, how)| (html! { a href=(to(who)) { (clean(who.words())) } }, how.words()));
    pairs(["assigned", "Assigned to", "Who gets it", "Who", "How"], "No one.", rows)
}

fn settings(settings: &[(String, String)]) -> Markup {
    let rows = settings.iter().map(|(name, value)| (html! { (clean(name)) }, value));
    pairs(["settings", "Settings", "What it sets", "Setting", "Value"], "The policy has no settings.", rows)
}

/// A section with a table of two columns: its id, heading and caption, the names of the columns, and what it says
/// without a row.
fn pairs(
    [id, heading, caption, left, right]: [&str; 5],
    nothing: &str,
    rows: impl ExactSizeIterator<Item = (Markup, impl AsRef<str>)>,
) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            @if rows.len() == 0 { p { (nothing) } } @else {
                table .differences {
                    caption .unseen { (caption) }
                    thead { tr { th scope="col" { (left) } th scope="col" { (right) } } }
                    tbody { @for (name, value) in rows { tr {
                        th scope="row" { (name) }
                        td data-side=(right) { (clean(value.as_ref())) }
                    } } }
                }
            }
        }
    }
}

fn remembered(tree: &str, reference: &str, history: &[Commit]) -> Markup {
    let compare = |commit: &Commit| {
        let link = Link::to(&[COMPARE]).with("left", format!("{tree}@{}", commit.name)).with("right", tree);
        link.with("only", reference).address()
    };
    html! {
        @if !history.is_empty() {
            section aria-labelledby="history" {
                h2 #history { "History" }
                table .differences {
                    caption .unseen { "Commits that changed it" }
                    thead { tr { th scope="col" { "Commit" } th scope="col" { "When (UTC)" } th scope="col" { "Who" } th scope="col" { "Since then" } } }
                    tbody { @for commit in history { tr {
                        th scope="row" { (clean(&commit.says)) " " code .quiet { (commit.short()) } }
                        td data-side="When (UTC)" { (clean(&commit.when)) }
                        td data-side="Who" { (clean(&commit.who)) }
                        td data-side="Since then" { a href=(compare(commit)) { "Compare with now" span .unseen { ": " (commit.short()) } } }
                    } } }
                }
            }
        }
    }
}

/// The files of a policy below its tree: its JSON, and the payloads beside it that have its name.
fn files_of(root: &Path, file: &str) -> Vec<String> {
    let Some((of, own)) = file.split_once('/') else { return Vec::new() };
    let stem = format!("{}.", own.trim_end_matches(".json"));
    let entries = std::fs::read_dir(root.join(of)).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<String> =
        names.filter(|name| name.starts_with(&stem)).map(|name| format!("{of}/{name}")).collect();
    // A file that is gone has a history as well.
    if !files.iter().any(|name| name == file) {
        files.push(file.to_owned());
    }
    files
}
