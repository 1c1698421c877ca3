//! The page of a conversion: conflicts first, then how much of each object converts, then every setting with its origin,
//! its value, and what it became or why it did not.

use maud::{Markup, html as markup};

use super::converted_view::{VERDICTS, Verdict, share};
use super::escape::clean;
use super::layout::{count, thousands};
use super::report::bar::{Part, bar};
use super::report::page::page;
use super::report::parts::Parts;
use crate::finding::{Finding, codes};
use crate::tree::{Origin, OriginSetting, Origins};

/// What is done with a setting is looked at in this order.
const ORDER: [&str; 6] = ["notRecognized", "noCounterpart", "superseded", "otherForm", "converted", "notConfigured"];

/// The page as the text of a file. `made` says when.
pub fn html(title: &str, origins: &Origins, findings: &[Finding], made: &str) -> String {
    let settings = || origins.sources.iter().flat_map(|own| &own.settings);
    let parts = Parts::of(settings().count());
    let facts = [("Objects", origins.sources.len()), ("Settings", settings().count())];
    let facts = facts.map(|(name, number)| (name.to_owned(), thousands(number)));
    let conflicts: Vec<&Finding> = findings.iter().filter(|own| own.is(&codes::GPO_CONFLICT)).collect();
    let body = markup! {
        (conflicts_of(&conflicts))
        (summary(origins))
        section .documented aria-labelledby="objects" {
            h2 #objects { "Objects" }
            @if origins.sources.is_empty() { p .quiet { "Nothing was converted: the files contain policies of Intune." } }
            @for (place, own) in origins.sources.iter().enumerate() { (object(own, place, &parts)) }
        }
    };
    page(title, &facts, made, &body, &parts)
}

fn conflicts_of(all: &[&Finding]) -> Markup {
    markup! { @if !all.is_empty() {
        section aria-labelledby="conflicts" {
            h2 #conflicts { (count(all.len(), "conflict", "conflicts")) }
            p .quiet { (clean(&all[0].fix)) }
            @for own in all {
                article .finding.warning {
                    h3 { (clean(&own.subject)) }
                    p { (clean(&own.message)) }
                }
            }
        }
    } }
}

fn summary(origins: &Origins) -> Markup {
    let settings = || origins.sources.iter().flat_map(|own| &own.settings);
    let largest = origins.sources.iter().map(|own| own.settings.len()).max().unwrap_or(0).max(1);
    let shown: Vec<&Verdict> = VERDICTS.iter().filter(|verdict| verdict.of(settings()) > 0).collect();
    markup! {
        section aria-labelledby="summary" {
            h2 #summary { "Summary" }
            ul .tiles { @for verdict in &shown {
                li class=(verdict.tone) {
                    span .sign aria-hidden="true" { (verdict.sign) }
                    strong { (thousands(verdict.of(settings()))) } " "
                    span { (verdict.says) }
                }
            } }
            @if !origins.sources.is_empty() {
                div .scroll tabindex="0" role="group" aria-label="How much of each object converts" {
                    table .chart {
                        caption { "How much of each object converts" }
                        thead { tr {
                            th scope="col" { "Object" }
                            th scope="col" aria-hidden="true" .bar { }
                            th scope="col" .number { span .quiet { "converts" } }
                        } }
                        tbody { @for (place, own) in origins.sources.iter().enumerate() { tr {
                            th scope="row" { a href={ "#object-" (place) } { (clean(&own.name)) } }
                            td .bar aria-hidden="true" { (bar(bar_parts(own), largest)) }
                            td .number { (share(own)) }
                        } } }
                    }
                }
            }
        }
    }
}

/// The parts of an object's bar, one for each verdict.
fn bar_parts(own: &Origin) -> impl Iterator<Item = Part<'_>> {
    VERDICTS.iter().map(|verdict| (verdict.tone, verdict.of(own.settings.iter()), verdict.says))
}

fn object(own: &Origin, place: usize, parts: &Parts) -> Markup {
    markup! {
        article .policy id={ "object-" (place) } { details {
            summary {
                span .name role="heading" aria-level="3" { (clean(&own.name)) }
                span .quiet { (share(own)) " convert" }
            }
            div .more { (parts.later(more(own))) }
        } }
    }
}

fn more(own: &Origin) -> Markup {
    let mut settings: Vec<&OriginSetting> = own.settings.iter().collect();
    settings.sort_by_key(|setting| ORDER.iter().position(|word| *word == setting.verdict));
    markup! {
        p .quiet { (own.kind.words()) " in " (clean(&own.file)) }
        @if !own.links.is_empty() {
            p { "Linked to" }
            ul { @for link in &own.links { li {
                (clean(&link.path))
                @if link.enforced { ", enforced" }
                @if !link.enabled { ", link disabled" }
            } } }
        }
        @if settings.is_empty() { p .quiet { "It sets nothing." } } @else {
            table .differences {
                thead { tr { th scope="col" { "Setting" } th scope="col" { "Value" } th scope="col" { "What it became" } } }
                tbody { @for setting in settings { tr {
                    th scope="row" { (clean(&setting.name)) br; span .quiet { (clean(&setting.scope)) ": " (clean(&setting.place)) } }
                    td data-side="Value" { (clean(&setting.value)) }
                    td data-side="What it became" { (became(setting)) }
                } } }
            }
        }
    }
}

fn became(setting: &OriginSetting) -> Markup {
    let verdict = VERDICTS.iter().find(|own| own.word == setting.verdict);
    markup! {
        @if let Some(verdict) = verdict {
            span .sign.(verdict.tone) aria-hidden="true" { (verdict.sign) } " " (verdict.says)
        }
        @if let Some(definition) = &setting.definition { br; code { (clean(definition)) } }
        @if let Some(why) = &setting.why { br; (clean(why)) }
        @if let Some(instead) = &setting.instead { br; span .fix { (clean(instead)) } }
    }
}
