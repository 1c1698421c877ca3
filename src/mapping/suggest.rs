//! Proposes a mapping: which objects of the target those are that the policies refer to. Decides only
//! what is certain or what the user accepted; the rest it leaves to a person, with candidates and reasons.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::embedded::embedded;
use super::file::{Decision, Entry, Mapping, Named, Side};
use super::identity::{Finder, Fit, same_how};
use super::inventory::{Inventory, name, text};
use super::kinds::{DIRECTORY_OBJECT, IN_SECRETS, can_create, is_supported, not_creatable};
use super::leftovers::all_named;
use super::proposed_text;
use super::source::{Context, NOT_LOOKED_UP, Source, lower};
use super::text::DECIDE_PAIR;
use super::text_ids::hits;
use crate::catalogue::Catalogue;
use crate::catalogue::facts::facts;
use crate::catalogue::kind::BELOW;
use crate::catalogue::model::TypeVerdict;
use crate::finding::{Finding, codes};
use crate::parallel;
use crate::policy::JsonPath;
use crate::policy::directory::{Facts, may_be};
use crate::policy::ids::{entra_sid, ids};
use crate::policy::sealed::MARK;

/// How many candidates an entry lists.
const MAX_CANDIDATES: usize = 20;
/// The fact that names what an object is below, where that is not mapped.
const PARENT: &str = "parent";

/// What a person asked to have decided in bulk.
#[derive(Debug, Clone, Default)]
pub struct Bulk {
    /// Kinds, each with the way by which a single candidate is good enough.
    pub accept: Vec<(String, String)>,
    /// Kinds of which the import creates what the target does not have.
    pub create_missing: Vec<String>,
}

/// Proposes entries for everything that the policies refer to and that is not in the tree, and text pairs
/// for the source's own names and addresses. Decisions of an existing mapping stay.
pub fn suggest(
    source: &Source<'_>,
    target: &Inventory,
    existing: Option<Mapping>,
    bulk: &Bulk,
) -> (Mapping, Vec<Finding>) {
    let mut mapping = existing.unwrap_or_else(|| Mapping::new(Side::default(), Side::default()));
    let of_source = source.tenant;
    fill(&mut mapping.source, of_source.and_then(|t| t.id.clone()), of_source.and_then(|t| t.display_name.clone()));
    fill(&mut mapping.target, target.tenant.id.clone(), target.tenant.display_name.clone());

    let mut proposed: Vec<Entry> = Vec::new();
    {
        let context = Context::new(source, Some(&mapping));
        let mut needed = needed(&context, target);
        let mut done: HashSet<(String, String)> = HashSet::new();
        while let Some((kind, ids)) = next(&mut needed, source.catalogue) {
            let ids: Vec<String> = ids.into_iter().filter(|id| done.insert((kind.clone(), lower(id)))).collect();
            let mut known: Vec<(&String, Option<Facts>)> =
                ids.iter().map(|id| (id, facts_of(&context, &kind, id))).collect();
            if let Some(above) = source.catalogue.directory_kind(&kind).and_then(|kind| kind.below.as_deref()) {
                let facts = known.iter_mut().filter_map(|(_, facts)| facts.as_mut());
                facts.for_each(|facts| put_below_target(facts, above, &context, &proposed));
            }
            let all = objects_of(&context, &kind, &known);
            let finder = Finder::new(&kind, source.catalogue, &all, target);
            let mut named = Vec::new();
            for (id, facts) in &known {
                let old = context.entry(&kind, id);
                let mut created = old.is_some_and(|entry| entry.decision == Decision::Create);
                if old.is_none_or(|entry| entry.decision == Decision::Undecided) {
                    let mut entry = propose(&context, target, &kind, id, facts.as_ref(), &finder);
                    entry.allow_widen = old.is_some_and(|old| old.allow_widen);
                    decide(&mut entry, facts.as_ref(), bulk, source.catalogue);
                    created = entry.decision == Decision::Create;
                    proposed.push(entry);
                }
                if created {
                    named.extend(named_in_rule(facts.as_ref()));
                }
            }
            // A group that is created brings the groups with it that its rule names.
            if !named.is_empty() {
                needed.entry(kind).or_default().extend(named);
            }
        }
    }
    let replaced: HashSet<(String, String)> =
        proposed.iter().map(|entry| (entry.kind.clone(), lower(entry.source_id()))).collect();
    mapping.entries.retain(|entry| !replaced.contains(&(entry.kind.clone(), lower(entry.source_id()))));
    mapping.entries.extend(proposed);
    mapping.sort();
    let pairs = proposed_text::proposed(source, target, &mapping);
    mapping.text.extend(pairs);
    let findings = undecided(&mapping, source.catalogue);
    (mapping, findings)
}

/// A finding for everything that waits for a person.
fn undecided(mapping: &Mapping, catalogue: &Catalogue) -> Vec<Finding> {
    let entries = mapping.entries.iter().filter(|entry| entry.decision == Decision::Undecided).map(|entry| {
        let why = entry.why.as_deref().unwrap_or("no decision yet");
        let message = format!("{} {}: {why}", entry.kind, entry.source_id());
        let finding = Finding::new(&codes::MAPPING_UNDECIDED, entry.subject(), message);
        match catalogue.directory_kind(&entry.kind).and_then(|kind| kind.fix.as_ref()) {
            Some(fix) => finding.fix(fix),
            None => finding,
        }
    });
    let pairs = mapping.text.iter().filter(|pair| pair.replace.is_none()).map(|pair| {
        let why = pair.why.as_deref().unwrap_or("no decision yet");
        Finding::new(&codes::MAPPING_UNDECIDED, format!("mapping/text/{}", pair.find), why).fix(DECIDE_PAIR)
    });
    entries.chain(pairs).collect()
}

/// Why nobody knows what an id is.
fn unknown(may_be: &[String]) -> String {
    if may_be.is_empty() {
        return String::from(NOT_LOOKED_UP);
    }
    format!(
        "it may be the ID of one of these, which could not be looked up in the source tenant: {}",
        may_be.join(", ")
    )
}

/// The next kind, those that hold others before the others.
fn next(needed: &mut BTreeMap<String, Vec<String>>, catalogue: &Catalogue) -> Option<(String, Vec<String>)> {
    let above = |kind: &String| catalogue.directory_kind(kind)?.below.as_ref();
    let ready = needed.keys().find(|kind| above(kind).is_none_or(|above| !needed.contains_key(above)));
    let kind = ready.or_else(|| needed.keys().next())?.clone();
    needed.remove_entry(&kind)
}

/// Says of an object that another one holds where it would be in the target; the name of the other where that is not
/// mapped.
fn put_below_target(facts: &mut Facts, above: &str, context: &Context<'_>, proposed: &[Entry]) {
    let Some(source) = facts.remove(BELOW) else { return };
    let source = source.as_str().unwrap_or_default();
    let new = proposed.iter().find(|entry| entry.kind == above && entry.source_id().eq_ignore_ascii_case(source));
    let entry = new.or_else(|| context.entry(above, source));
    let target = entry.filter(|entry| entry.decision == Decision::Map).and_then(Entry::target_id);
    let undecided = || context.name(above, source).map(|name| (PARENT.to_owned(), name.into()));
    facts.extend(target.map(|id| (BELOW.to_owned(), id.into())).or_else(undecided));
}

/// The groups that a group's membership rule names.
fn named_in_rule(facts: Option<&Facts>) -> Vec<String> {
    let rule = facts.and_then(|facts| text(facts, "membershipRule")).unwrap_or_default();
    ids(rule).into_iter().map(|found| found.id).collect()
}

fn fill(side: &mut Side, id: Option<String>, name: Option<String>) {
    side.tenant_id = side.tenant_id.take().or(id);
    side.name = side.name.take().or(name);
}

/// Ids by kind that need an entry, each once.
fn needed(context: &Context<'_>, target: &Inventory) -> BTreeMap<String, Vec<String>> {
    let mut needed: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let search = all_named(context, Vec::new(), None);
    let named = parallel::map(context.source.policies, |policy| {
        let policy = &policy.open();
        let mut found = context.references(policy);
        let hits = hits(context.source.catalogue, &search, policy, &policy.body);
        found.extend(embedded(context, &hits, policy, &policy.body, &found));
        found
    });
    for found in named {
        for found in found {
            let in_tree = context.policy(&found.kind, &found.id).is_some_and(|needed| {
                // What cannot be created in the target may be there already, and only a person knows which.
                let verdict = context.source.catalogue.get(&found.kind).map(|t| t.verdict_of(&needed.open()));
                let movable = matches!(verdict, None | Some(TypeVerdict::Portable));
                movable || !target.objects.contains_key(&found.kind)
            });
            if !in_tree && !context.is_constant(&found.id) {
                needed.entry(found.kind).or_default().entry(lower(&found.id)).or_insert(found.id);
            }
        }
    }
    for (kind, id) in in_secrets(context) {
        needed.entry(kind).or_default().entry(lower(&id)).or_insert(id);
    }
    needed.into_iter().map(|(kind, ids)| (kind, ids.into_values().collect())).collect()
}

/// Kinds and ids of the objects that secrets of these policies name, as far as an export saw them.
fn in_secrets(context: &Context<'_>) -> Vec<(String, String)> {
    let named: Vec<(&str, &str, &Vec<Value>)> = context
        .source
        .directory
        .iter()
        .filter_map(|(kind, id, facts)| Some((kind, id, facts.get(IN_SECRETS)?.as_array()?)))
        .collect();
    let mut held: HashSet<String> = HashSet::new();
    for policy in context.source.policies.iter().filter(|_| !named.is_empty()) {
        JsonPath::new("**").visit_in(&policy.open().body, &mut |trail, value| {
            if let (Some(name), true) = (value.as_str(), trail.key().is_some_and(|key| key.ends_with(MARK))) {
                held.insert(name.to_owned());
            }
        });
    }
    let is_held = |name: &Value| name.as_str().is_some_and(|name| held.contains(name));
    let here = named.into_iter().filter(|(.., names)| names.iter().any(is_held));
    here.map(|(kind, id, _)| (kind.to_owned(), id.to_owned())).collect()
}

/// What is known of an object of the source, its id included.
fn facts_of(context: &Context<'_>, kind: &str, id: &str) -> Option<Facts> {
    let of_tree = || Some(facts(context.source.catalogue, kind, &context.policy(kind, id)?.open().body));
    let known = context.source.directory.get(kind, id).cloned().or_else(of_tree);
    known.map(|facts| with_own_id(facts, id))
}

fn with_own_id(mut facts: Facts, id: &str) -> Facts {
    facts.insert(String::from("id"), id.into());
    facts
}

/// All objects of a kind in the source whose facts are known: those at hand, and the rest of the directory.
fn objects_of<'f>(context: &Context<'f>, kind: &str, known: &'f [(&String, Option<Facts>)]) -> Vec<&'f Facts> {
    let at_hand: HashSet<String> = known.iter().map(|(id, _)| lower(id)).collect();
    let rest = context.source.directory.iter().filter(|(own, id, _)| *own == kind && !at_hand.contains(&lower(id)));
    known.iter().filter_map(|(_, facts)| facts.as_ref()).chain(rest.map(|(_, _, facts)| facts)).collect()
}

fn propose(
    context: &Context<'_>,
    target: &Inventory,
    kind: &str,
    id: &str,
    facts: Option<&Facts>,
    finder: &Finder<'_>,
) -> Entry {
    // What is known by its security identifier alone is called by that.
    let unnamed = || entra_sid(id).filter(|_| kind == DIRECTORY_OBJECT);
    let mut entry =
        Entry::undecided(kind, Named { id: Some(id.to_owned()), name: context.name(kind, id).or_else(unnamed) });
    let why = if facts.is_none() && kind == DIRECTORY_OBJECT && context.is_stranger(&lower(id)) {
        String::from(NOT_LOOKED_UP)
    } else if !is_supported(kind, context.source.catalogue) {
        format!("objects of kind {kind} cannot be looked up in the target")
    } else if !target.objects.contains_key(kind) {
        format!("no {kind} was read from the target")
    } else {
        match facts.and_then(|facts| text(facts, "state")) {
            Some("missing") => String::from("the source tenant no longer has this object"),
            Some("forbidden") => {
                String::from("the object could not be read in the source tenant, so its details are unknown")
            }
            Some("unknown") => unknown(&facts.map(may_be).unwrap_or_default()),
            // Any other state is a property of the object's own.
            _ => {
                let unnamed = Facts::from_iter([(String::from("id"), id.into())]);
                match finder.find(facts.unwrap_or(&unnamed)) {
                    Some(fit) => return fitted(entry, &fit),
                    None if facts.is_none() => String::from("only its ID is known"),
                    None => absent(context.source.catalogue, kind, facts.unwrap_or(&unnamed)),
                }
            }
        }
    };
    entry.why = Some(why);
    entry
}

/// Why nothing of the target is it.
fn absent(catalogue: &Catalogue, kind: &str, facts: &Facts) -> String {
    let known = catalogue.directory_kind(kind);
    match known.and_then(|known| known.below.as_ref()) {
        Some(above) if !facts.contains_key(BELOW) => match text(facts, PARENT) {
            Some(name) => format!("depends on the {above} \"{name}\", which is not mapped yet"),
            None => format!("depends on an {above} that is not mapped yet"),
        },
        _ => known
            .and_then(|known| known.why_absent(facts))
            .unwrap_or_else(|| format!("no {kind} of this name in the target")),
    }
}

fn fitted(mut entry: Entry, fit: &Fit<'_>) -> Entry {
    let named =
        |facts: &&Facts| Named { id: text(facts, "id").map(str::to_owned), name: name(facts).map(str::to_owned) };
    let mut candidates: Vec<Named> = fit.targets.iter().map(named).collect();
    candidates.sort();
    let count = candidates.len();
    if fit.sure {
        entry.decision = Decision::Map;
        entry.target = candidates.pop();
        entry.how = Some(fit.how.clone());
        return entry;
    }
    candidates.truncate(MAX_CANDIDATES);
    entry.why = Some(if count > 1 {
        format!("{count} objects in the target have the {}", fit.how)
    } else if let Some((several, by)) = &fit.among {
        format!("{several} objects in the target have the {by}; only this candidate has the {}", fit.how)
    } else if fit.source_ambiguous {
        format!("several source objects and this one candidate have the {}", fit.how)
    } else {
        format!("the candidate has the {}, but nothing else identifies it", fit.how)
    });
    if count == 1 && !fit.source_ambiguous {
        entry.how = Some(fit.how.clone());
    }
    entry.candidates = candidates;
    entry
}

/// Decides in bulk what a person asked to decide so.
fn decide(entry: &mut Entry, facts: Option<&Facts>, bulk: &Bulk, catalogue: &Catalogue) {
    if entry.decision != Decision::Undecided {
        return;
    }
    if let ([candidate], Some(found)) = (entry.candidates.as_slice(), &entry.how)
        && bulk.accept.iter().any(|(kind, how)| *kind == entry.kind && same_how(how, found))
    {
        entry.decision = Decision::Map;
        entry.target = Some(candidate.clone());
        entry.why = None;
        entry.candidates.clear();
        return;
    }
    let wanted = bulk.create_missing.contains(&entry.kind) && can_create(&entry.kind, catalogue);
    let Some(facts) = facts.filter(|_| wanted && entry.candidates.is_empty()) else { return };
    match not_creatable(&entry.kind, facts, catalogue) {
        // That it is missing is already reported.
        Some(_) if facts.contains_key("state") => {}
        Some(why) => entry.why = Some(why),
        None if name(facts).is_some() => {
            entry.decision = Decision::Create;
            entry.why = None;
        }
        None => {}
    }
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;
