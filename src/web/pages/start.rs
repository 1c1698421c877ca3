//! The folder: its trees, its files, and the tenants that its `ferry.toml` names.

use maud::{Markup, html};

use super::super::contents::{self, Contents, FileKind, TreeHere};
use super::super::frame::{COMPARE, Page};
use super::super::link::Link;
use super::super::site::Site;
use crate::config;
use crate::ui::{clean, plan_view};

pub(super) fn page(site: &Site) -> Page {
    let contents = contents::look(&site.folder);
    let body = html! {
        @if contents.trees.is_empty() { (empty()) } @else { (trees(&contents.trees)) }
        @if contents.trees.len() > 1 { p { a href=(Link::to(&[COMPARE]).address()) { "Compare two trees" } } }
        (files(&contents))
        (tenants(site))
        @if contents.is_cut { p .fix { "The folder has too many files, and not all were looked at. Start intune-ferry ui in a smaller folder." } }
    };
    let command = site.command("ui").path(&site.folder).text();
    Page::new(site.name.clone(), body).command(command)
}

fn empty() -> Markup {
    html! {
        section aria-labelledby="trees" {
            h2 #trees { "There is no tree in this folder" }
            p { "A tree is a folder of exported policies. Export a tenant in the terminal, in this folder, then load this page again:" }
            pre .code tabindex="0" { "intune-ferry export contoso.onmicrosoft.com --out contoso" }
            p { "To rehearse without a tenant, run " code { "intune-ferry demo" } "." }
        }
    }
}

fn trees(trees: &[TreeHere]) -> Markup {
    html! {
        section aria-labelledby="trees" {
            h2 #trees { "Trees" }
            table .differences.list {
                caption .unseen { "Trees in this folder" }
                thead { tr { th scope="col" { "Tree" } th scope="col" { "Tenant" } th scope="col" { "Look at" } } }
                tbody { @for tree in trees { tr {
                    @let to = |tab: &str| Link::to(&["tree", &tree.name, tab]).address();
                    th scope="row" { a href=(to("policies")) { (clean(&tree.name)) } }
                    td data-side="Tenant" {
                        @if tree.is_rewritten { "rewritten for " }
                        @if let Some(tenant) = &tree.tenant { (clean(&plan_view::tenant(tenant))) }
                        @if let Some(problem) = &tree.problem { "cannot be read: " (clean(problem)) }
                    }
                    td data-side="Look at" {
                        a href=(to("who")) { "Who gets what" } ", "
                        a href=(to("check")) { "Check" } ", "
                        a href=(Link::to(&[COMPARE]).with("right", &tree.name).address()) { "Compare" }
                    }
                } } }
            }
        }
    }
}

fn files(contents: &Contents) -> Markup {
    let of = |kind: FileKind| contents.files.iter().filter(move |file| file.kind == kind);
    let kinds = [
        (FileKind::Mapping, "Mappings", "mapping"),
        (FileKind::Plan, "Plans", "plan"),
        (FileKind::Journal, "Imports", "journal"),
    ];
    html! {
        @for (kind, says, step) in kinds {
            @if of(kind).next().is_some() {
                section aria-labelledby=(step) {
                    h2 id=(step) { (says) }
                    ul .columns { @for file in of(kind) { li { a href=(Link::to(&[step, &file.name]).address()) { (clean(&file.name)) } } } }
                }
            }
        }
    }
}

/// Names only: what else the file says is for the program.
fn tenants(site: &Site) -> Markup {
    let own = site.folder.join("ferry.toml");
    let file = site.context.config.clone().or_else(|| own.is_file().then_some(own));
    let names: Vec<String> = file.map(|file| config::names(Some(&file))).unwrap_or_default();
    let names: Vec<String> = names.into_iter().filter(|name| name != "env").collect();
    html! {
        @if !names.is_empty() {
            section aria-labelledby="tenants" {
                h2 #tenants { "Tenants in ferry.toml" }
                ul .columns { @for name in &names { li { (clean(name)) } } }
            }
        }
    }
}
