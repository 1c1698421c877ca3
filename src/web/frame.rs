//! What is around every page: the folder's name, the tabs of a tree, the heading, the command that gives the same, the
//! button that stops the program. And the files that pages load.

use maud::{DOCTYPE, Markup, html};

use super::link::Link;
use super::site::Trouble;
use crate::ui::{clean, report};

const PAGES_STYLE: &str = include_str!("pages.css");
const PAGES_SCRIPT: &str = include_str!("pages.js");
const ICON: &str = include_str!("icon.svg");

/// A page without its frame.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// The heading.
    pub(super) title: String,
    /// What is worth knowing below it: a name and a value.
    pub(super) facts: Vec<(String, String)>,
    /// The tree that it is about.
    pub(super) tree: Option<String>,
    /// The address of its tab.
    pub(super) tab: &'static str,
    /// The commands that give the same.
    pub(super) commands: Vec<String>,
    /// Whether it is a report, which has its own script.
    pub(super) is_report: bool,
    /// What it says.
    pub(super) body: Markup,
}

impl Page {
    /// A page that says this.
    pub(super) fn new(title: impl Into<String>, body: Markup) -> Self {
        let (facts, commands) = (Vec::new(), Vec::new());
        Self { title: title.into(), facts, tree: None, tab: "", commands, is_report: false, body }
    }

    /// About a tree, at one of its tabs.
    #[must_use]
    pub(super) fn of_tree(mut self, name: &str, tab: &'static str) -> Self {
        self.tree = Some(name.to_owned());
        self.tab = tab;
        self
    }

    /// With the command that gives the same.
    #[must_use]
    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    /// A report as a page.
    pub(super) fn of_report(report: &report::Report) -> Self {
        let page = Self::new(report.title.clone(), report::body(report));
        Self { facts: report.facts.clone(), is_report: true, ..page }
    }
}

/// The tabs of a tree: the address, and what is on it.
const TABS: [(&str, &str); 3] = [("policies", "Policies"), ("who", "Who gets what"), ("check", "Check")];
/// The tab that is for two trees.
pub(super) const COMPARE: &str = "compare";

/// A whole page.
pub(super) fn page(folder: &str, token: &str, page: &Page) -> String {
    let tabs = page.tree.as_ref().map(|tree| tabs(tree, page.tab));
    let header = html! {
        p .maker { "intune-ferry · " a href="/" { (clean(folder)) }
            @if let Some(tree) = &page.tree { " · " a href=(Link::to(&["tree", tree, "policies"]).address()) { (clean(tree)) } } }
        @if let Some(tabs) = tabs { (tabs) }
        h1 { (clean(&page.title)) }
        @if !page.facts.is_empty() {
            dl { @for (name, value) in &page.facts { div { dt { (clean(name)) } dd { (clean(value)) } } } }
        }
        @if !page.commands.is_empty() {
            div .command { span { "In the terminal" } pre { @for command in &page.commands { code { (command) "\n" } } } }
        }
    };
    let footer = html! {
        form method="post" action="/stop" {
            p { "intune-ferry " (env!("CARGO_PKG_VERSION")) " on this computer. "
                button type="submit" name="token" value=(token) { "Stop" } }
        }
    };
    let scripts = html! {
        script src="/pages.js" defer { }
        @if page.is_report { script src="/report.js" defer { } }
    };
    whole(&page.title, &header, &page.body, &footer, &scripts)
}

fn tabs(tree: &str, current: &str) -> Markup {
    let compare = Link::to(&[COMPARE]).with("right", tree).address();
    let tabs = TABS.map(|(tab, says)| (tab, says, Link::to(&["tree", tree, tab]).address()));
    html! {
        nav aria-label={ "The tree " (clean(tree)) } { ul .tabs {
            @for (tab, says, address) in tabs.into_iter().chain([(COMPARE, "Compare", compare)]) {
                li { a href=(address) aria-current=[(tab == current).then_some("page")] { (says) } }
            }
        } }
    }
}

/// Why there is no page, as a page.
pub(super) fn trouble(why: &Trouble) -> Page {
    let body = html! {
        p { (clean(&why.message)) }
        @if let Some(fix) = &why.fix { p .fix { (clean(fix)) } }
        p { a href="/" { "To the folder" } }
    };
    Page::new("This page cannot be shown", body)
}

/// The last page.
pub(super) fn goodbye() -> String {
    let header = html! { p .maker { "intune-ferry" } h1 { "intune-ferry has stopped" } };
    let body = html! { p { "You can close this window. `intune-ferry ui` in a terminal starts it again." } };
    whole("Stopped", &header, &body, &html! { p { "intune-ferry " (env!("CARGO_PKG_VERSION")) } }, &html! {})
}

fn whole(title: &str, header: &Markup, body: &Markup, footer: &Markup, scripts: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (clean(title)) " – intune-ferry" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
                link rel="stylesheet" href="/pages.css";
                (scripts)
            }
            body {
                a .skip href="#main" { "Skip to the content" }
                header { (header) }
                main #main tabindex="-1" { (body) }
                footer { (footer) }
            }
        }
    };
    page.into_string()
}

/// A file that pages load: its type and its text.
pub(super) fn file(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "style.css" => ("text/css; charset=utf-8", report::STYLE),
        "pages.css" => ("text/css; charset=utf-8", PAGES_STYLE),
        "pages.js" => ("text/javascript; charset=utf-8", PAGES_SCRIPT),
        "report.js" => ("text/javascript; charset=utf-8", report::SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return None,
    })
}
