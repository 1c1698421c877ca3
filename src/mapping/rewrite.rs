//! The rewriter: source ids become target ids, in memory and without asking anyone. What cannot be
//! decided holds back the policies it concerns, and no others. Ids that only planning or the import
//! learns stay where they are and are listed as [`Await`]; [`super::resolve`] puts them in.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use super::apply::{Cuts, Identity, drop_reference, merge_equals, prune};
use super::conflicts::{Placed, both_ways, differing_merges, is_exclusion, leaves_nobody};
use super::decide::{Outcome, decide};
use super::dependents::block_dependents;
use super::embedded::embedded;
use super::file::{Entry, Mapping};
use super::kinds::GROUP;
use super::leftovers::{all_named, leftovers, marks, strange_tenants};
use super::replacement::{accounts, put, put_name};
use super::rewritten::{Await, Need, Rewritten, TextHit};
use super::source::{Context, Source, lower};
use super::text::Texts;
use super::text_ids::hits;
use super::text_places::{payloads, words};
use crate::catalogue::{Form, Found, OnDrop, misfits};
use crate::finding::{Finding, Severity, codes};
use crate::parallel;
use crate::policy::{Hit, Policy, Search, path};

/// Rewrites all policies of a source, in their order.
pub fn rewrite(source: &Source<'_>, mapping: Option<&Mapping>) -> Vec<Rewritten> {
    let rewriting = Rewriting::new(source, mapping);
    let mut all = parallel::map(source.policies, |policy| rewriting.one(policy.open()).with(Policy::keep));
    block_dependents(&mut all);
    all
}

/// Rewrites documents that are none of the source's policies in the same way, such as a group's rule.
pub fn rewrite_beside(source: &Source<'_>, mapping: Option<&Mapping>, documents: &[Policy]) -> Vec<Rewritten> {
    let rewriting = Rewriting::of(Context::new(source, mapping).without_strangers());
    parallel::map(documents, |document| rewriting.one(document.clone()).with(Policy::keep))
}

/// A rewriting made ready, to which policies can be given one by one. Of the source's policies it needs to know
/// only which ones they are; what they block among themselves is for [`block_dependents`] afterwards.
pub struct Rewriting<'a> {
    context: Context<'a>,
    texts: Texts<'a>,
    /// What must not be left.
    marks: Search<'a>,
    /// The same with the ids of everything that is known of the source.
    all: Search<'a>,
}

impl<'a> Rewriting<'a> {
    /// Makes ready.
    pub fn new(source: &Source<'a>, mapping: Option<&'a Mapping>) -> Self {
        Self::of(Context::new(source, mapping))
    }

    fn of(context: Context<'a>) -> Self {
        let (source, mapping) = (context.source, context.mapping);
        let pairs = mapping.map_or(&[][..], |mapping| &mapping.text);
        let marks = marks(&source, mapping);
        Self {
            texts: Texts::new(pairs, &source.catalogue.shared.constant_properties),
            all: all_named(&context, marks.domains.clone(), marks.tenant_id.clone()),
            marks: Search::new(Cow::Owned(marks)),
            context,
        }
    }

    /// Rewrites a policy.
    pub fn one(&self, policy: Policy) -> Rewritten<Policy> {
        Rewriter::new(&self.context, policy).run(self)
    }
}

/// The rewriting of one policy.
struct Rewriter<'c, 'a> {
    context: &'c Context<'a>,
    /// What is still asked of the policy as it was: which one it is, and what holds its references.
    policy: Policy,
    subject: String,
    document: Value,
    /// Assignments that are not written: they are put back as they were.
    set_aside: Option<Value>,
    found: Vec<Found>,
    /// Pointer and text of what no pair replaced and a finding reports.
    told: Vec<(String, String)>,
    findings: Vec<Finding>,
    blocked: bool,
    assignments_held: bool,
    in_force: Vec<Finding>,
}

impl<'c, 'a> Rewriter<'c, 'a> {
    fn new(context: &'c Context<'a>, policy: Policy) -> Self {
        let odd = misfits(&policy, context.source.catalogue);
        let mut found = context.references(&policy);
        found.extend(accounts(context, &policy));
        let subject = policy.subject();
        let Policy { type_name, mut body, file } = policy;
        let mut set_aside = None;
        if context.source.ignore_assignments {
            found.retain(|found| !found.in_assignments());
            set_aside = body.remove("assignments");
        }
        let holders = found.iter().map(|found| path::unescape(path::top(&found.pointer)));
        let asked: BTreeSet<String> = holders.chain([String::from("id")]).collect();
        let asked = asked.into_iter().filter_map(|key| Some((body.get(&key)?.clone(), key)));
        let asked = asked.map(|(value, key)| (key, value)).collect();
        Self {
            context,
            policy: Policy { type_name, body: asked, file },
            subject,
            document: Value::Object(body),
            set_aside,
            found,
            told: Vec::new(),
            blocked: !odd.is_empty(),
            findings: odd,
            assignments_held: false,
            in_force: Vec::new(),
        }
    }

    fn block(&mut self, finding: Finding) {
        self.findings.push(finding);
        self.blocked = true;
    }

    fn run(mut self, pass: &Rewriting<'_>) -> Rewritten<Policy> {
        let mut text_hits = self.replace_texts(&pass.texts);
        let mut found = std::mem::take(&mut self.found);
        let hits = self.hits(&pass.all);
        if let Some(document) = self.document.as_object() {
            found.extend(embedded(self.context, &hits, &self.policy, document, &found));
        }
        let outcomes: Vec<Outcome<'a>> = found.iter().map(|found| decide(self.context, &self.subject, found)).collect();
        let mut cuts = self.drops(&found, &outcomes);
        if leaves_nobody(&self.document, &found, &mut cuts) {
            let message = "the mapping drops every group that the policy was assigned to";
            self.findings.push(Finding::new(&codes::APPLIES_TO_NOBODY, &self.subject, message).at("/assignments"));
        }
        let stays: Vec<bool> = found.iter().map(|found| !cuts.covers(&found.pointer)).collect();
        let left = || found.iter().zip(&outcomes).zip(&stays).filter(|(_, stays)| **stays).map(|(pair, _)| pair);
        for (found, outcome) in left() {
            let unnamed = put_name(self.context, &mut self.document, found, outcome, &self.subject);
            if let Some(finding) = unnamed {
                self.block(finding);
            }
            match outcome {
                Outcome::Open(finding) => self.block(finding.clone()),
                Outcome::Becomes(id) => {
                    put(&mut self.document, found, id);
                    text_hits.extend(self.hit(found, id));
                }
                Outcome::Awaits(Need::Create { .. }) if found.rule.narrows && found.kind == GROUP => {
                    self.empty_exclusion(found, self.context.entry(&found.kind, &found.id));
                }
                Outcome::Stays if found.rule.narrows && found.kind == GROUP => {
                    if let Some(empty) = self.context.empty_target(&found.kind, &found.id) {
                        self.empty_exclusion(found, Some(empty));
                    }
                }
                _ => {}
            }
        }
        // What stands within a longer text makes no element equal to another.
        let whole = || left().filter(|(found, _)| found.rule.form.is_whole());
        let identities: Vec<Identity> = whole()
            .map(|(found, outcome)| Identity {
                pointer: found.pointer.clone(),
                what: outcome.identity(found),
                changed: matches!(outcome, Outcome::Becomes(_) | Outcome::Awaits(Need::TargetName { .. })),
            })
            .collect();
        let placed: Vec<Placed<'_>> = whole()
            .zip(&identities)
            .map(|((found, _), identity)| Placed { found, what: &identity.what, origin: &found.id })
            .collect();
        merge_equals(&self.document, &self.policy.body, &identities, &mut cuts);
        let contradictions = both_ways(&self.document, &placed, &self.subject);
        for finding in contradictions {
            self.block(finding);
        }
        let differing = differing_merges(&self.document, &placed, &identities, &cuts, &self.subject);
        self.assignments_held |= !differing.is_empty();
        self.findings.extend(differing);

        let told = std::mem::take(&mut self.told);
        let held = || found.iter().map(|found| &found.pointer).chain(told.iter().map(|(pointer, _)| pointer));
        let places = || hits.iter().map(|hit| &hit.pointer).chain(held()).map(String::as_str);
        let interest = places().collect();
        let (document, moved) = prune(std::mem::take(&mut self.document), &cuts, &interest);
        let awaits: Vec<Await> = found
            .iter()
            .zip(outcomes)
            .filter_map(|(found, outcome)| match outcome {
                Outcome::Awaits(needs) => Some(Await {
                    pointer: moved.get(&found.pointer)?.clone(),
                    form: found.rule.form,
                    kind: found.kind.clone(),
                    source_id: found.id.clone(),
                    needs,
                    made_with: found.rule.made_with.clone(),
                }),
                _ => None,
            })
            .collect();
        let places: BTreeSet<&str> = places().filter_map(|place| moved.get(place)).map(String::as_str).collect();
        self.told = told.iter().filter_map(|(at, find)| Some((moved.get(at)?.clone(), find.clone()))).collect();
        self.sweep(&pass.marks, &document, &places, &found, &moved, &awaits);
        self.finish(document, awaits, text_hits)
    }

    /// Replaces texts; what must not be touched blocks.
    fn replace_texts(&mut self, texts: &Texts<'_>) -> Vec<TextHit> {
        let (source, type_name) = (&self.context.source, self.policy.type_name.as_str());
        let words = words(source.catalogue, type_name, &self.document, texts.short(&self.document));
        let ids = self.found.iter().map(|found| found.pointer.as_str());
        let protected = ids.chain(words.iter().map(String::as_str)).collect();
        let sidecars = payloads(source, type_name, &self.document);
        let only_look = self.context.source.already_rewritten;
        let mut applied = texts.apply(&mut self.document, &protected, &sidecars, only_look);
        for (pointer, find, finding) in applied.open(&self.subject) {
            self.block(finding.at(&pointer));
            self.told.push((pointer, lower(&find)));
        }
        if !self.context.source.same_tenant {
            self.open_addresses(&applied.hits);
            self.strange_tenants();
        }
        applied.hits
    }

    /// Blocks for addresses of the company's own servers that no text pair speaks of.
    fn open_addresses(&mut self, hits: &[TextHit]) {
        let policy_type = self.context.source.catalogue.get(&self.policy.type_name);
        let places = policy_type.iter().flat_map(|it| &it.addresses).flat_map(|path| path.find(&self.document));
        for pointer in places.collect::<Vec<_>>() {
            let Some(address) = path::get(&self.document, &pointer).and_then(Value::as_str) else { continue };
            let told = |finding: &Finding| finding.at.as_deref() == Some(&pointer);
            let decided = self.context.source.already_rewritten || hits.iter().any(|hit| hit.pointer == pointer);
            if !address.is_empty() && !decided && !self.findings.iter().any(told) {
                let message = format!("no text pair replaces the server address `{address}`");
                let fix = format!("Add a text pair from {address} to the target's server, or to itself to keep it.");
                self.block(Finding::new(&codes::MAPPING_UNDECIDED, &self.subject, message).at(pointer).fix(fix));
            }
        }
    }

    /// Blocks for ids of tenants that are neither of the two, where the policy's own tenant is meant.
    fn strange_tenants(&mut self) {
        for (pointer, id) in strange_tenants(self.context, &self.policy.type_name, &self.document) {
            if self.told.iter().any(|(at, find)| *at == pointer && *find == id) {
                continue;
            }
            let message = format!("this names the tenant {id}, which is neither the source nor the target");
            let fix = format!("Add a text pair from {id} to the target's ID, or to itself if that tenant is intended.");
            self.block(Finding::new(&codes::MAPPING_UNDECIDED, &self.subject, message).at(pointer).fix(fix));
        }
    }

    /// An id that was replaced where nobody declared one: a person may want to see that.
    fn hit(&self, found: &Found, id: &str) -> Option<TextHit> {
        (found.rule.form == Form::Within).then(|| TextHit {
            pointer: found.pointer.clone(),
            find: self.context.describe(&found.kind, &found.id),
            replace: id.to_owned(),
            count: 1,
        })
    }

    /// Drops what the mapping drops, where that is allowed.
    fn drops(&mut self, found: &[Found], outcomes: &[Outcome<'a>]) -> Cuts {
        let mut cuts = Cuts::default();
        let dropped = || {
            found.iter().zip(outcomes).filter_map(|(found, outcome)| match outcome {
                Outcome::Dropped(entry) => Some((found, *entry)),
                _ => None,
            })
        };
        let allowed = |found: &Found, entry: &Entry| {
            found.rule.on_drop != OnDrop::Refuse && (!found.rule.narrows || entry.allow_widen)
        };
        for (found, _) in dropped().filter(|(found, entry)| allowed(found, entry)) {
            drop_reference(&mut self.document, &found.pointer, &found.rule, &mut cuts);
        }
        // What stands in an element that goes anyway needs no permission of its own.
        for (found, _) in dropped().filter(|(found, entry)| !allowed(found, entry)) {
            if cuts.covers(&found.pointer) {
                continue;
            }
            let name = self.context.describe(&found.kind, &found.id);
            let finding = if found.rule.on_drop == OnDrop::Refuse {
                Finding::new(&codes::DROP_REFUSED, &self.subject, format!("{name} cannot be dropped here"))
            } else {
                let message = format!("dropping {name} would make the policy apply to more people or require less");
                Finding::new(&codes::WOULD_WIDEN, &self.subject, message)
            };
            self.block(finding.at(&found.pointer));
        }
        cuts
    }

    /// A group that is created is empty, as others may be: an exclusion of it would have no effect.
    fn empty_exclusion(&mut self, found: &Found, entry: Option<&Entry>) {
        let source_id = entry.map_or(found.id.as_str(), Entry::source_id);
        // Where nobody was in it in the source either, the policy hits as many people as it did there.
        if entry.is_some_and(|entry| entry.allow_widen) || self.context.was_empty(&found.kind, source_id) {
            return;
        }
        let name = self.context.describe(&found.kind, source_id);
        let message = match entry.and_then(Entry::object_id) {
            Some(id) => format!("{name} maps to {id} in the target, which has no members"),
            None => format!("{name} will be created and has no members yet"),
        };
        let finding = Finding::new(&codes::EXCLUSION_GROUP_EMPTY, &self.subject, message).at(&found.pointer);
        if is_exclusion(found) {
            self.assignments_held = true;
            self.findings.push(finding);
        } else if self.has_gate() {
            self.in_force.push(finding);
        } else {
            self.block(finding);
        }
    }

    /// Whether the policy can be there without being in force.
    fn has_gate(&self) -> bool {
        self.context
            .source
            .catalogue
            .get(&self.policy.type_name)
            .is_some_and(|policy_type| policy_type.enabled_by.is_some())
    }

    /// Everything of the source in the document.
    fn hits(&self, all: &Search<'_>) -> Vec<Hit> {
        if self.context.source.same_tenant {
            return Vec::new();
        }
        let document = self.document.as_object();
        document.map(|document| hits(self.context.source.catalogue, all, &self.policy, document)).unwrap_or_default()
    }

    /// Looks for what is left. Only at the places where something was before or was put: nothing comes elsewhere.
    fn sweep(
        &mut self,
        marks: &Search<'_>,
        document: &Value,
        places: &BTreeSet<&str>,
        found: &[Found],
        moved: &HashMap<String, String>,
        awaits: &[Await],
    ) {
        if self.context.source.same_tenant {
            return;
        }
        let mut exempt: HashSet<(&str, String)> =
            awaits.iter().map(|place| (place.pointer.as_str(), lower(&place.source_id))).collect();
        // What is open is already reported, with its name.
        let open = found.iter().filter(|found| {
            let told =
                |finding: &Finding| finding.severity == Severity::Error && finding.at.as_ref() == Some(&found.pointer);
            self.context.is_kept(&found.id) || self.findings.iter().any(told)
        });
        exempt.extend(open.filter_map(|found| Some((moved.get(&found.pointer)?.as_str(), lower(&found.id)))));
        exempt.extend(self.told.iter().map(|(pointer, find)| (pointer.as_str(), find.clone())));
        let left = leftovers(self.context, marks, &self.policy, &self.subject, document, places, &exempt);
        for finding in left {
            self.block(finding);
        }
    }

    fn finish(self, document: Value, awaits: Vec<Await>, text_hits: Vec<TextHit>) -> Rewritten<Policy> {
        let mut body = if let Value::Object(body) = document { body } else { Map::new() };
        body.extend(self.set_aside.map(|assignments| (String::from("assignments"), assignments)));
        Rewritten {
            policy: Policy { body, ..self.policy },
            findings: self.findings,
            blocked: self.blocked,
            assignments_held: self.assignments_held,
            in_force: self.in_force,
            awaits,
            text_hits,
        }
    }
}

#[cfg(test)]
#[path = "rewrite_drop_tests.rs"]
mod drop_tests;
#[cfg(test)]
#[path = "rewrite_tests.rs"]
mod tests;
