//! Two trees, or one as it is and as it was in a commit, side by side by setting.

use std::path::PathBuf;

use maud::{Markup, html};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::super::contents::TreeHere;
use super::super::frame::{COMPARE, Page};
use super::super::link::{Asked, Link};
use super::super::site::{Site, Trouble};
use crate::catalogue::Selection;
use crate::cli::error::file_error;
use crate::cli::flags::SelectionArgs;
use crate::cli::git_history::{Commit, commits, is_commit_name, write_as_it_was};
use crate::cli::sides::{self, SideWord};
use crate::engine::diff::{self, Compared, DiffInputs, Differing};
use crate::finding::Finding;
use crate::ui::clean;
use crate::ui::report::Report;

/// How many commits of a tree can be chosen, and of how many trees.
const COMMITS: usize = 30;
const TREES: usize = 20;

pub(super) fn page(site: &Site, asked: &Asked) -> Result<Page, Trouble> {
    let all = site.trees();
    let words = [asked.value("left"), asked.value("right")];
    let form = form(&all, words);
    let tree = words.into_iter().rev().find_map(|word| named(&all, word)).map(|(tree, _)| tree.name.clone());
    let page = if words.iter().any(|word| word.is_empty()) {
        Page::new("Compare two trees", html! { (form) })
    } else {
        compared(site, &all, words, asked.value("only"), &form)?
    };
    Ok(match tree {
        Some(tree) => page.of_tree(&tree, COMPARE),
        None => page,
    })
}

/// The tree that a word means, and the commit.
fn named<'a>(all: &'a [TreeHere], word: &'a str) -> Option<(&'a TreeHere, Option<&'a str>)> {
    let tree = |name: &str| all.iter().find(|tree| tree.name == name);
    if let Some(tree) = tree(word) {
        return Some((tree, None));
    }
    let (name, commit) = word.rsplit_once('@').filter(|(_, commit)| is_commit_name(commit))?;
    Some((tree(name)?, Some(commit)))
}

/// A side where it can be read; the folder that was made for it goes with this.
struct Ground {
    label: String,
    path: PathBuf,
    commands: Vec<String>,
    /// What the command calls it.
    word: String,
    _made: Option<TempDir>,
}

fn ground(all: &[TreeHere], word: &str, side: &str) -> Result<Ground, Trouble> {
    let (tree, commit) = named(all, word).ok_or_else(|| Trouble::missing("tree or commit"))?;
    let Some(commit) = commit else {
        let (label, word) = (tree.name.clone(), tree.name.clone());
        return Ok(Ground { label, path: tree.path.clone(), commands: Vec::new(), word, _made: None });
    };
    let made = tempfile::tempdir().map_err(|error| file_error("create", &std::env::temp_dir(), &error))?;
    write_as_it_was(&tree.path, commit, made.path())?;
    let short = commit.get(..8).unwrap_or(commit);
    let folder = crate::cli::next_step::quoted(&tree.name);
    Ok(Ground {
        label: format!("{} at {short}", tree.name),
        path: made.path().to_owned(),
        commands: vec![format!("mkdir {side} && git -C {folder} archive {short} . | tar -x -C {side}")],
        word: side.to_owned(),
        _made: Some(made),
    })
}

fn compared(site: &Site, all: &[TreeHere], words: [&str; 2], only: &str, form: &Markup) -> Result<Page, Trouble> {
    let [left, right] = [ground(all, words[0], "left")?, ground(all, words[1], "right")?];
    let given = [&left, &right].map(|ground| SideWord::Tree(ground.path.clone()));
    let everything = SelectionArgs::default();
    let loading = sides::load(&given, None, &everything, &site.catalogue, &site.context);
    let mut loaded = Handle::current().block_on(loading)?;
    loaded.left.label.clone_from(&left.label);
    loaded.right.label.clone_from(&right.label);
    let mut compared = diff::diff(DiffInputs {
        catalogue: &site.catalogue,
        left: &loaded.left,
        right: &loaded.right,
        selection: &Selection::default(),
        with_dependencies: true,
        ignore: &[],
    });
    let is_it = |one: &Differing| {
        let of = |key: &Option<String>| key.as_ref().is_some_and(|key| format!("{}/{key}", one.type_name) == only);
        of(&one.left) || of(&one.right)
    };
    if !only.is_empty() {
        compared = Compared { differing: compared.differing.into_iter().filter(is_it).collect(), equal: 0, ..compared };
    }
    let findings: Vec<Finding> = loaded.findings.iter().chain(&compared.findings).cloned().collect();
    let report = Report::of_diff([&left.label, &right.label], &compared, &findings);
    let page = Page::of_report(&report);
    let all_of_it = Link::to(&[COMPARE]).with("left", words[0]).with("right", words[1]).address();
    let body = html! {
        (form)
        @if !only.is_empty() { p { "Only one policy is compared. " a href=(all_of_it) { "Compare all policies" } } }
        @if compared.differing.is_empty() { p .shown { "Nothing differs." } }
        (page.body)
    };
    let diff = site.command("diff").word(&left.word).word(&right.word).text();
    let commands = left.commands.iter().chain(&right.commands).cloned().chain([diff]).collect();
    Ok(Page { commands, body, ..page })
}

fn form(all: &[TreeHere], words: [&str; 2]) -> Markup {
    let known: Vec<(&TreeHere, Vec<Commit>)> = all
        .iter()
        .enumerate()
        .map(|(place, tree)| (tree, if place < TREES { commits(&tree.path, &[], COMMITS) } else { Vec::new() }))
        .collect();
    html! {
        form .search method="get" action={ "/" (COMPARE) } aria-label="What to compare" {
            (side("Before", "left", words[0], &known))
            (side("After", "right", words[1], &known))
            button type="submit" { "Compare" }
        }
    }
}

fn side(says: &str, name: &str, chosen: &str, known: &[(&TreeHere, Vec<Commit>)]) -> Markup {
    let values = |(tree, commits): &(&TreeHere, Vec<Commit>)| -> Vec<String> {
        commits.iter().map(|commit| format!("{}@{}", tree.name, commit.name)).chain([tree.name.clone()]).collect()
    };
    let is_listed = chosen.is_empty() || known.iter().flat_map(values).any(|value| value == chosen);
    html! {
        label .wide { span { (says) } select name=(name) {
            @if !is_listed { option value=(chosen) selected { (clean(chosen)) } }
            @for (tree, commits) in known {
                optgroup label=(clean(&tree.name)) {
                    option value=(tree.name) selected[tree.name == chosen] { (clean(&tree.name)) " as it is now" }
                    @for commit in commits {
                        @let value = format!("{}@{}", tree.name, commit.name);
                        option value=(value) selected[value == chosen] {
                            (clean(&commit.when)) " " (commit.short()) " " (clean(&commit.says))
                        }
                    }
                }
            }
        } }
    }
}
