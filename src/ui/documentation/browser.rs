//! The documentation as a page: the frame and the look of the reports.

use maud::{Markup, html as markup};

use super::super::escape::clean;
use super::super::layout::thousands;
use super::super::report::page::page;
use super::super::report::parts::{Parts, SEEN_TOGETHER};
use super::{INCOMPLETE, Reach, grid, policy_anchor, sums, sums_in_words, unassigned, who_anchor};
use crate::engine::describe::audience::{Audience, Manner};
use crate::engine::describe::tree_summary::{Described, Inside, OfType};

/// What a tree has, as the text of a file. `made` says when.
pub fn html(title: &str, inside: &Inside, made: &str) -> String {
    let all: usize = inside.types.iter().map(|of| of.policies.len()).sum();
    let parts = Parts::of(all);
    let reach = inside.reach();
    let groups = reach.keys().filter(|who| matches!(who, Audience::Group(_))).count();
    let facts = [("Policies", all), ("Types", inside.types.len()), ("Groups with policies", groups)];
    let facts = facts.map(|(name, number)| (name.to_owned(), thousands(number)));
    let body = markup! {
        @for lacks in &inside.incomplete { p { strong { (INCOMPLETE) } " " (clean(lacks)) } }
        section aria-labelledby="contents" {
            h2 #contents { "Types" }
            ul .columns { @for of in &inside.types { li {
                a href={ "#type-" (of.name) } { (clean(&of.title)) } " " span .quiet { (of.policies.len()) }
            } } }
        }
        (who_gets_what(inside, &reach, &parts))
        section .documented aria-labelledby="policies" {
            h2 #policies { "Policies" }
            (filter(inside, &parts))
            @for (place, of) in inside.types.iter().enumerate() { (one_type(of, place, &reach, &parts)) }
            p #none hidden { "No policy matches the filter." }
        }
    };
    page(title, &facts, made, &body, &parts)
}

fn filter(inside: &Inside, parts: &Parts) -> Markup {
    markup! {
        form #filter hidden role="search" aria-label="Filter the policies" {
            label .wide { span { "Text" } input #text type="search" placeholder="name, setting, group …" autocomplete="off"; }
            label { span { "Type" } select #type {
                option value="" { "all" }
                @for of in &inside.types { option value=(of.name) { (clean(&of.title)) } }
            } }
            p .tools {
                output #shown aria-live="polite" { }
                button type="button" #open { "Open all" }
                button type="button" #close { "Close all" }
                (parts.print_button())
                button type="reset" { "Reset" }
            }
        }
    }
}

fn who_gets_what(inside: &Inside, reach: &Reach<'_>, parts: &Parts) -> Markup {
    let nobody = unassigned(inside);
    markup! {
        section .documented aria-labelledby="groups" {
            h2 #groups { "Who gets what" }
            @if !reach.is_empty() { (grid::overview(&inside.types, reach)) }
            @for (place, (who, list)) in reach.iter().enumerate() {
                @let (included, excluded) = sums(list.iter().map(|one| one.how));
                details .policy id=(who_anchor(place)) {
                    summary {
                        span .name role="heading" aria-level="3" { (clean(who.words())) }
                        span .quiet { (sums_in_words(included, excluded)) }
                    }
                    div .more { (parts.later(markup! { table .differences {
                        thead { tr { th scope="col" { "Policy" } th scope="col" { "Type" } th scope="col" { "How" } } }
                        tbody { @for one in list { tr {
                            th scope="row" { (clean(&one.policy.name)) }
                            td data-side="Type" { (clean(&one.of.title)) }
                            td data-side="How" { (clean(&one.how.words())) }
                        } } }
                    } })) }
                }
            }
            @if !nobody.is_empty() {
                details .policy {
                    summary { span .name role="heading" aria-level="3" { "No one" } span .quiet { (nobody.len()) " assigned to no one" } }
                    div .more { (parts.later(markup! {
                        ul { @for (title, name) in nobody { li { (clean(name)) " " span .quiet { (clean(title)) } } } }
                    })) }
                }
            }
        }
    }
}

fn one_type(of: &OfType, place: usize, reach: &Reach<'_>, parts: &Parts) -> Markup {
    markup! {
        section .type aria-labelledby={ "type-" (of.name) } {
            h3 id={ "type-" (of.name) } { (clean(&of.title)) " " span .quiet { (of.policies.len()) } }
            p .quiet { (clean(&of.about)) }
            @if let Some(grid) = grid::of_type(of, place, reach, parts) { (grid) }
            @for (chunk, some) in of.policies.chunks(SEEN_TOGETHER).enumerate() {
                div .many[some.len() == SEEN_TOGETHER] {
                    @for (index, policy) in some.iter().enumerate() {
                        @let anchor = policy_anchor(place, chunk * SEEN_TOGETHER + index);
                        article .policy id=(anchor) data-type=(of.name) { details {
                            summary {
                                span .name role="heading" aria-level="4" { (clean(&policy.name)) }
                                span .quiet { (line(policy)) }
                            }
                            div .more { (parts.later(more(policy))) }
                        } }
                    }
                }
            }
        }
    }
}

/// What is worth knowing of a policy before it is opened.
fn line(policy: &Described) -> String {
    let reached = |excluded: bool| {
        let of = policy.reaches.iter().filter(|(_, how)| (how.manner == Manner::Excluded) == excluded);
        of.map(|(who, _)| who.words()).collect::<Vec<_>>().join(", ")
    };
    let excluded = reached(true);
    let excluded = if excluded.is_empty() { excluded } else { format!("not {excluded}") };
    let parts = [policy.group.clone().unwrap_or_default(), reached(false), excluded];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    clean(&parts.join("; ")).into_owned()
}

fn more(policy: &Described) -> Markup {
    markup! {
        @for line in policy.description.lines().filter(|line| !line.trim().is_empty()) { p { (clean(line)) } }
        @if let Some(made_of) = &policy.made_of { p .quiet { "Made of " (clean(made_of)) } }
        @if !policy.reaches.is_empty() {
            p { "Assigned to" } ul { @for (who, how) in &policy.reaches { li { (clean(who.words())) ": " (clean(&how.words())) } } }
        }
        @if policy.settings.is_empty() { p .quiet { "The policy has no settings." } } @else {
            table .differences {
                thead { tr { th scope="col" { "Setting" } th scope="col" { "Value" } } }
                tbody { @for (name, value) in &policy.settings { tr {
                    th scope="row" { (clean(name)) }
                    td data-side="Value" { (clean(value)) }
                } } }
            }
        }
    }
}
