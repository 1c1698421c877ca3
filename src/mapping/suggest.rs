//! Proposes a mapping: which objects of the target those are that the policies refer to. Decides only
//! what is beyond doubt or what it was told to; the rest it leaves to a person, with candidates and reasons.

use std::collections::{BTreeMap, HashSet};

use super::file::{Decision, Entry, Mapping, Named, Side};
pub use super::identity::HOWS;
use super::identity::{Finder, Fit};
use super::inventory::{Inventory, name, text};
use super::kinds::{can_create, is_supported};
use super::source::{Context, Source, lower};
use crate::catalogue::model::TypeVerdict;
use crate::catalogue::references;
use crate::finding::{Finding, codes};
use crate::policy::directory::Facts;

/// How many candidates an entry lists.
const MAX_CANDIDATES: usize = 20;

/// Proposes entries for everything that the policies refer to and that is not in the tree. Decisions of
/// an existing mapping stay. `accept` takes single candidates of a kind that were found in that way,
/// `create_missing` has the import create what has none.
pub fn suggest(
    source: &Source<'_>,
    target: &Inventory,
    existing: Option<Mapping>,
    accept: &[(String, String)],
    create_missing: &[String],
) -> (Mapping, Vec<Finding>) {
    let mut mapping = existing.unwrap_or_else(|| Mapping::new(Side::default(), Side::default()));
    let of_source = source.tenant;
    fill(&mut mapping.source, of_source.and_then(|t| t.id.clone()), of_source.and_then(|t| t.display_name.clone()));
    fill(&mut mapping.target, target.tenant.id.clone(), target.tenant.display_name.clone());

    let mut proposed: Vec<Entry> = Vec::new();
    {
        let context = Context::new(source, Some(&mapping));
        for (kind, ids) in needed(&context, target) {
            let known: Vec<(&String, Option<Facts>)> =
                ids.iter().map(|id| (id, facts_of(&context, &kind, id))).collect();
            let all = objects_of(&context, &kind, &known);
            let finder = Finder::new(&kind, &all, target);
            for (id, facts) in &known {
                let old = context.entry(&kind, id);
                if old.is_some_and(|entry| entry.decision != Decision::Undecided) {
                    continue;
                }
                let mut entry = propose(&context, target, &kind, id, facts.as_ref(), &finder);
                entry.allow_widen = old.is_some_and(|old| old.allow_widen);
                decide(&mut entry, facts.as_ref(), accept, create_missing);
                proposed.push(entry);
            }
        }
    }
    let replaced: HashSet<(String, String)> =
        proposed.iter().map(|entry| (entry.kind.clone(), lower(entry.source_id()))).collect();
    mapping.entries.retain(|entry| !replaced.contains(&(entry.kind.clone(), lower(entry.source_id()))));
    mapping.entries.extend(proposed);
    mapping.sort();
    let undecided = mapping.entries.iter().filter(|entry| entry.decision == Decision::Undecided);
    let findings = undecided
        .map(|entry| {
            let why = entry.why.as_deref().unwrap_or("nobody has decided");
            Finding::new(
                &codes::MAPPING_UNDECIDED,
                entry.subject(),
                format!("{} {}: {why}", entry.kind, entry.source_id()),
            )
        })
        .collect();
    (mapping, findings)
}

fn fill(side: &mut Side, id: Option<String>, name: Option<String>) {
    side.tenant_id = side.tenant_id.take().or(id);
    side.name = side.name.take().or(name);
}

/// Ids by kind that need an entry, each once.
fn needed(context: &Context<'_>, target: &Inventory) -> BTreeMap<String, Vec<String>> {
    let mut needed: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for policy in context.source.policies {
        for found in references(policy, context.source.catalogue) {
            let in_tree = context.policy(&found.kind, &found.id).is_some_and(|needed| {
                // What cannot be created in the target may be there already, and only a person knows which.
                let verdict = context.source.catalogue.get(&found.kind).map(|t| t.verdict_of(needed));
                let movable = matches!(verdict, None | Some(TypeVerdict::Portable));
                movable || !target.objects.contains_key(&found.kind)
            });
            if !in_tree && !context.is_constant(&found.id) {
                needed.entry(found.kind).or_default().entry(lower(&found.id)).or_insert(found.id);
            }
        }
    }
    needed.into_iter().map(|(kind, ids)| (kind, ids.into_values().collect())).collect()
}

/// What is known of an object of the source, its id included.
fn facts_of(context: &Context<'_>, kind: &str, id: &str) -> Option<Facts> {
    let known = context.source.directory.get(kind, id).or_else(|| context.policy(kind, id).map(|policy| &policy.body));
    known.map(|facts| with_own_id(facts, id))
}

fn with_own_id(facts: &Facts, id: &str) -> Facts {
    let mut facts = facts.clone();
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
    let mut entry = Entry::undecided(kind, Named { id: Some(id.to_owned()), name: context.name(kind, id) });
    let why = if !is_supported(kind, context.source.catalogue) {
        format!("objects of kind {kind} cannot be looked up in the target")
    } else if !target.objects.contains_key(kind) {
        format!("no {kind} of the target was read")
    } else {
        match facts.and_then(|facts| text(facts, "state")) {
            Some("missing") => String::from("the source tenant does not have this object any more"),
            Some("forbidden") => {
                String::from("the object could not be read in the source tenant, so nothing is known of it")
            }
            // Any other state is a property of the object's own.
            _ => {
                let unnamed = Facts::from_iter([(String::from("id"), id.into())]);
                match finder.find(facts.unwrap_or(&unnamed)) {
                    Some(fit) => return fitted(entry, &fit),
                    None if facts.is_none() => String::from("nothing but its id is known of it"),
                    None => format!("no {kind} of this name in the target"),
                }
            }
        }
    };
    entry.why = Some(why);
    entry
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
        entry.how = Some(fit.how.to_owned());
        return entry;
    }
    candidates.truncate(MAX_CANDIDATES);
    entry.why = Some(if count > 1 {
        format!("{count} objects of the target fit by {}", fit.how)
    } else if fit.source_ambiguous {
        format!("several objects of the source fit the one candidate by {}", fit.how)
    } else {
        format!("the candidate fits only by {}", fit.how)
    });
    if count == 1 && !fit.source_ambiguous {
        entry.how = Some(fit.how.to_owned());
    }
    entry.candidates = candidates;
    entry
}

/// Decides in bulk what a person asked to decide so.
fn decide(entry: &mut Entry, facts: Option<&Facts>, accept: &[(String, String)], create_missing: &[String]) {
    if entry.decision != Decision::Undecided {
        return;
    }
    let spoken = |how: &str| how.replace('-', " ").to_lowercase();
    if let ([candidate], Some(found)) = (entry.candidates.as_slice(), &entry.how)
        && accept.iter().any(|(kind, how)| *kind == entry.kind && spoken(how) == spoken(found))
    {
        entry.decision = Decision::Map;
        entry.target = Some(candidate.clone());
        entry.why = None;
        entry.candidates.clear();
        return;
    }
    let wanted = create_missing.contains(&entry.kind) && can_create(&entry.kind) && entry.candidates.is_empty();
    let Some(facts) = facts.filter(|facts| wanted && !facts.contains_key("state")) else { return };
    let is = |property: &str| facts.get(property).and_then(serde_json::Value::as_bool);
    if text(facts, "onPremisesSecurityIdentifier").is_some() {
        entry.why = Some(String::from("it comes from an on-premises directory, so only that can create it"));
    } else if is("securityEnabled") == Some(false) || is("mailEnabled") == Some(true) {
        entry.why = Some(String::from("only security groups without mail are created"));
    } else if name(facts).is_some() {
        entry.decision = Decision::Create;
        entry.why = None;
    }
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;
