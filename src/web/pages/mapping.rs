//! A mapping as a table: what each object of the source is in the target, and the decisions that a person takes.

use std::collections::BTreeSet;
use std::sync::Arc;

use maud::{Markup, html};

use super::super::contents::{FileHere, FileKind};
use super::super::decisions::{self, Form, ONLY, key};
use super::super::frame::Page;
use super::super::link::{Asked, Link, value};
use super::super::shelf::Shelved;
use super::super::site::{Site, Trouble};
use super::list::Part;
use super::policies;
use crate::cli::error::{CliError, file_error};
use crate::mapping::{Decision, Entry, Mapping, Named, can_create};
use crate::policy::ObjectKey;
use crate::ui::clean;
use crate::ui::layout::thousands;

/// How many entries are on a page.
const EACH: usize = 50;
/// How many policies are named that use an entry.
const FEW: usize = 3;
/// What an address keeps when decisions were saved.
const KEPT: [&str; 4] = ["text", "kind", "show", "page"];

/// What an address asks to see.
struct Shown<'a> {
    text: String,
    kind: &'a str,
    only_open: bool,
}

impl<'a> Shown<'a> {
    fn of(asked: &'a Asked) -> Self {
        Self {
            text: asked.value("text").to_lowercase(),
            kind: asked.value("kind"),
            only_open: asked.value("show") == "open",
        }
    }

    fn shows(&self, entry: &Entry) -> bool {
        let named = |named: &Named| [named.name.clone(), named.id.clone()];
        let said = named(&entry.source).into_iter().chain(entry.target.iter().flat_map(named));
        let said = said.chain([entry.why.clone()]).flatten().collect::<Vec<_>>().join("\n").to_lowercase();
        (!self.only_open || is_open(entry))
            && (self.kind.is_empty() || entry.kind == self.kind)
            && self.text.split_whitespace().all(|word| said.contains(word))
    }
}

fn is_open(entry: &Entry) -> bool {
    entry.decision == Decision::Undecided
}

pub(super) fn page(site: &Site, name: &str, asked: &Asked) -> Result<Page, Trouble> {
    let file = site.file_named(FileKind::Mapping, name)?;
    let mapping = load(site, &file)?;
    let tree = tree_of(site, &mapping);
    let shown = Shown::of(asked);
    let mut found: Vec<&Entry> = mapping.entries.iter().filter(|entry| shown.shows(entry)).collect();
    // What is open comes first.
    found.sort_by_key(|entry| !is_open(entry));
    let part = Part::new(asked.number("page", 1), EACH, found.len());
    let open = mapping.entries.iter().filter(|entry| is_open(entry)).count();
    let open_here = found.iter().filter(|entry| is_open(entry)).count();
    let pairs = mapping.text.iter().filter(|pair| pair.replace.is_none()).count();
    let here = Link::to(&["mapping", name]);
    let link = KEPT[..3].iter().fold(here.clone(), |link, own| link.with(own, asked.value(own)));
    let form = link.clone().with("page", asked.value("page")).address();
    let hidden = html! {
        input type="hidden" name="seen" value=(mapping.fingerprint());
        input type="hidden" name="token" value=(site.door.token());
    };
    let saved = asked.value("saved").parse::<usize>().ok();
    let body = html! {
        @if let Some(saved) = saved { p .shown role="status" { (counted(saved, "decision is", "decisions are")) " saved in " (clean(name)) "." } }
        p { (counted(open, "entry is", "entries are")) " undecided, of " (thousands(mapping.entries.len()))
            @if pairs > 0 { ", and " (counted(pairs, "text is", "texts are")) " undecided" }
            ". An import holds back the policies that use an undecided entry." }
        (filter(&here.address(), &mapping, asked))
        div #results {
            p .shown role="status" { (counted(found.len(), "entry", "entries")) }
            @if open_here > 1 { (bulk(&form, &hidden, open_here)) }
            @if !found.is_empty() || !mapping.text.is_empty() {
                form method="post" action=(form) autocomplete="off" {
                    (hidden)
                    @if !found.is_empty() { (table(site, part.slice(&found), tree.as_ref())) }
                    @if part.number == 1 { (texts(&mapping)) }
                    p { button type="submit" { "Save the decisions on this page" } }
                }
            }
            (part.pager("Page", "page", &link))
        }
    };
    let facts = [("Source", &mapping.source), ("Target", &mapping.target)]
        .into_iter()
        .filter_map(|(says, side)| Some((says.to_owned(), side.name.clone().or_else(|| side.tenant_id.clone())?)));
    let facts: Vec<(String, String)> = facts.chain([(String::from("Undecided"), thousands(open + pairs))]).collect();
    let of = tree.as_ref().map_or("TREE", |(tree, _)| tree);
    let command = site.command("map").word(of).word("--to").word("TENANT").word("--out").word(name).word("--csv");
    Ok(Page { facts, ..Page::new(format!("Mapping {name}"), body) }.command(command.text()))
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// Takes the decisions of a form into the file: the page that shows them.
pub(super) fn save(site: &Site, name: &str, asked: &Asked, form: &Form) -> Result<String, Trouble> {
    let file = site.file_named(FileKind::Mapping, name)?;
    let mapping = load(site, &file)?;
    if mapping.fingerprint() != value(form, "seen") {
        let fix = String::from("Go back, load the page again, and decide again.");
        let message = format!("{name} changed after the page was loaded; nothing was saved");
        return Err(Trouble { status: 409, message, fix: Some(fix) });
    }
    let shown = Shown::of(asked);
    let taken = match value(form, "all") {
        "" => decisions::one_by_one(form, &mapping, &site.catalogue),
        word => {
            let is_meant = |entry: &Entry| shown.shows(entry);
            decisions::in_bulk(word, value(form, "why").trim(), &is_meant, &mapping, &site.catalogue)
        }
    };
    let (taken, changed) = taken?;
    if changed > 0 {
        taken.save(&file.path).map_err(|error| file_error("write", &file.path, &error))?;
    }
    let link = KEPT.iter().fold(Link::to(&["mapping", name]), |link, own| link.with(own, asked.value(own)));
    Ok(link.with("saved", changed.to_string()).address())
}

fn load(site: &Site, file: &FileHere) -> Result<Mapping, Trouble> {
    Ok(Mapping::load(&file.path, &site.catalogue).map_err(CliError::from)?)
}

/// A tree with its name.
type OfTree = (String, Arc<Shelved>);

/// The tree whose policies the mapping is for: the first of its source.
fn tree_of(site: &Site, mapping: &Mapping) -> Option<OfTree> {
    let source = mapping.source.tenant_id.as_ref()?;
    let is_its = |id: &String| id.eq_ignore_ascii_case(source);
    let tree = site.trees().into_iter().find(|tree| {
        !tree.is_rewritten && tree.tenant.as_ref().and_then(|tenant| tenant.id.as_ref()).is_some_and(is_its)
    })?;
    let shelved = site.shelved(&tree.name).ok()?;
    Some((tree.name, shelved))
}

fn filter(address: &str, mapping: &Mapping, asked: &Asked) -> Markup {
    let kinds: BTreeSet<&str> = mapping.entries.iter().map(|entry| entry.kind.as_str()).collect();
    html! {
        form .search method="get" action=(address) role="search" aria-label="Find entries" autocomplete="off" {
            label .wide { span { "Text" } input type="search" name="text" value=(asked.value("text")) placeholder="name, ID or reason …"; }
            label { span { "Kind" } select name="kind" {
                option value="" { "all" }
                @for kind in kinds { option value=(kind) selected[kind == asked.value("kind")] { (clean(kind)) } }
            } }
            label { span { "Show" } select name="show" {
                option value="" { "all, undecided first" }
                option value="open" selected[asked.value("show") == "open"] { "undecided only" }
            } }
            button type="submit" { "Find" }
        }
    }
}

/// One decision for everything that is undecided and found.
fn bulk(address: &str, hidden: &Markup, open: usize) -> Markup {
    html! {
        form .search method="post" action=(address) aria-label="Decide several entries" autocomplete="off" {
            (hidden)
            label { span { "Decide all " (thousands(open)) " undecided entries found" } select name="all" required {
                option value="" { "choose …" }
                option value=(ONLY) { "use the candidate, if there is only one" }
                option value="create" { "the import creates the object" }
                option value="drop" { "remove the object from the policies" }
                option value="keep" { "the ID is the same in both tenants" }
            } }
            label .wide { span { "Reason (required to keep an ID)" } input name="why"; }
            button type="submit" { "Decide all" }
        }
    }
}

fn table(site: &Site, entries: &[&Entry], tree: Option<&OfTree>) -> Markup {
    html! {
        table .differences.list.decide {
            caption .unseen { "Entries of the mapping" }
            thead { tr { th scope="col" { "In the source" } th scope="col" { "Decision" } th scope="col" { "Details" } th scope="col" { "Used by" } } }
            tbody { @for entry in entries {
                @let name = entry.source.name.as_deref().unwrap_or(entry.source_id());
                tr {
                    th scope="row" {
                        (clean(name)) br;
                        span .quiet { (clean(&entry.kind)) " " (clean(entry.source_id())) }
                        @if let Some(why) = &entry.why { p .fix { (clean(why)) } }
                    }
                    td data-side="Decision" { (choice(site, entry, name)) }
                    td data-side="Details" { (details(entry, name)) }
                    td data-side="Used by" { (used(site, entry, tree)) }
                }
            } }
        }
    }
}

/// The decisions that are possible: the candidates first.
fn choice(site: &Site, entry: &Entry, name: &str) -> Markup {
    let called = |named: &Named| match (&named.name, &named.id) {
        (Some(name), Some(id)) => format!("is {name} ({id})"),
        (name, id) => format!("is {}", name.as_ref().or(id.as_ref()).map_or("", String::as_str)),
    };
    let current = entry.target.as_ref().filter(|_| entry.decision == Decision::Map);
    let others = entry.candidates.iter().filter(|one| current.is_none_or(|current| current.id != one.id));
    let can_be_created = can_create(&entry.kind, &site.catalogue) || site.catalogue.get(&entry.kind).is_some();
    let is = |decision| entry.decision == decision;
    html! {
        label { span .unseen { "Decision for " (clean(name)) }
            select name={ "decision/" (key(entry)) } {
                @if is_open(entry) { option value="undecided" selected { "undecided" } }
                @if let Some(current) = current { option value="map" selected { (clean(&called(current))) } }
                @for one in others.filter(|one| one.id.is_some()) {
                    option value={ "map/" (one.id.as_deref().unwrap_or_default()) } { (clean(&called(one))) }
                }
                @if can_be_created || is(Decision::Create) {
                    option value="create" selected[is(Decision::Create)] { "the import creates it" }
                }
                option value="drop" selected[is(Decision::Drop)] { "remove it from the policies" }
                option value="keep" selected[is(Decision::Keep)] { "the ID is the same in both tenants" }
            }
        }
    }
}

/// Another target, the reason, and what is allowed.
fn details(entry: &Entry, name: &str) -> Markup {
    let field = |what: &str, says: &str| {
        html! {
            label { span .unseen { (says) ", for " (clean(name)) } input name={ (what) "/" (key(entry)) } placeholder=(says); }
        }
    };
    let check = |what: &str, says: &str, is_checked: bool| {
        html! {
            label .check { input type="checkbox" name={ (what) "/" (key(entry)) } value="yes" checked[is_checked];
                " " (says) span .unseen { ": " (clean(name)) } }
        }
    };
    html! {
        (field("target", "another target: name or ID"))
        (field("why", "reason"))
        (check("widen", "policies may apply to more", entry.allow_widen))
        (check("different", "the target may differ", entry.allows_different()))
    }
}

/// Which policies have it.
fn used(site: &Site, entry: &Entry, tree: Option<&OfTree>) -> Markup {
    let Some((tree, shelved)) = tree else { return html! { span .quiet { "The tree is not in this folder." } } };
    let users = shelved.users(&ObjectKey::new(&entry.kind, entry.source_id()), &site.catalogue);
    html! {
        @if users.is_empty() { span .quiet { "no policy in " (clean(tree)) } }
        @for (place, row) in users.iter().take(FEW).enumerate() {
            @if place > 0 { br; }
            a href=(policies::address(tree, shelved, row)) { (clean(&row.name)) }
        }
        @if users.len() > FEW { br; "and " (thousands(users.len() - FEW)) " more" }
    }
}

/// The texts that are replaced in policies.
fn texts(mapping: &Mapping) -> Markup {
    html! {
        @if !mapping.text.is_empty() {
            section aria-labelledby="texts" {
                h2 #texts { "Texts" }
                p { "Texts of the source tenant that the policies contain, such as addresses and domains. An import holds back the policies that contain an undecided text." }
                table .differences.list {
                    caption .unseen { "Texts that are replaced" }
                    thead { tr { th scope="col" { "Text" } th scope="col" { "Becomes" } th scope="col" { "Where" } } }
                    tbody { @for (place, pair) in mapping.text.iter().enumerate() { tr {
                        @let stays = pair.replace.as_ref() == Some(&pair.find);
                        th scope="row" { (clean(&pair.find)) }
                        td data-side="Becomes" {
                            label { span .unseen { "What becomes of " (clean(&pair.find)) }
                                select name={ "text/" (place) } {
                                    @match &pair.replace {
                                        None => option value="" selected { "undecided" },
                                        Some(replace) if !stays => option value="" selected { "becomes " (clean(replace)) },
                                        Some(_) => {},
                                    }
                                    option value="keep" selected[stays] { "stays" }
                                } }
                            label { span .unseen { "Another text instead of " (clean(&pair.find)) }
                                input name={ "replace/" (place) } placeholder="another text"; }
                        }
                        td data-side="Where" { (clean(pair.why.as_deref().unwrap_or_default())) }
                    } } }
                }
            }
        }
    }
}
