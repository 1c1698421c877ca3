//! Sees what mapping made contradict itself within one policy: a group on both sides, one group assigned
//! in two ways, no one left to apply to. Changes nothing.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::apply::{Cuts, Identity, shadow};
use crate::catalogue::{Found, OnDrop};
use crate::finding::{Finding, codes};
use crate::policy::path;

/// A reference with what it refers to after rewriting, and what it was before.
pub(super) struct Placed<'a> {
    pub(super) found: &'a Found,
    /// What it refers to.
    pub(super) what: &'a str,
    /// The source's id, or what stands for it.
    pub(super) origin: &'a str,
}

/// The assignment that holds a place.
fn assignment_of(pointer: &str) -> Option<&str> {
    let rest = pointer.strip_prefix("/assignments/")?;
    let length = rest.find('/').unwrap_or(rest.len());
    pointer.get(.."/assignments/".len() + length)
}

/// Whether the reference makes its assignment an exclusion.
pub(super) fn is_exclusion(found: &Found) -> bool {
    found.in_assignments() && found.rule.narrows && found.rule.on_drop == OnDrop::RemoveElement
}

/// Whether a policy does not reach what the reference names: by its assignments, or by a list that says so.
pub fn excludes(found: &Found) -> bool {
    is_exclusion(found) || (found.rule.narrows && path::property(&found.pointer).starts_with("exclude"))
}

/// Two references of different origin that are one object now, once included and once excluded.
pub(super) fn both_ways(document: &Value, places: &[Placed<'_>], subject: &str) -> Vec<Finding> {
    let mut sides: HashMap<(String, &str), [Vec<&Placed<'_>>; 2]> = HashMap::new();
    for place in places {
        if let Some((scope, excluded)) = side(document, place.found) {
            sides.entry((scope, place.what)).or_default()[usize::from(excluded)].push(place);
        }
    }
    let mut findings = Vec::new();
    for place in places {
        let Some((scope, true)) = side(document, place.found) else { continue };
        let included = &sides[&(scope, place.what)][0];
        if let Some(other) = included.iter().find(|other| other.origin != place.origin) {
            findings.push(
                Finding::new(
                    &codes::EXCLUDED_AND_INCLUDED,
                    subject,
                    format!(
                        "{} {} and {} map to the same object in the target",
                        place.found.kind, other.origin, place.origin
                    ),
                )
                .at(&place.found.pointer),
            );
        }
    }
    findings
}

/// On which side of what a reference stands: assignments of one intent, or lists whose names differ
/// only in `include` and `exclude`.
fn side(document: &Value, found: &Found) -> Option<(String, bool)> {
    if let Some(assignment) = assignment_of(&found.pointer) {
        if found.rule.on_drop != OnDrop::RemoveElement {
            return None;
        }
        let intent = document.pointer(&format!("{assignment}/intent")).map(Value::to_string).unwrap_or_default();
        return Some((format!("{} {intent}", found.kind), is_exclusion(found)));
    }
    let (list, _) = found.pointer.rsplit_once('/')?;
    let (holder, name) = list.rsplit_once('/')?;
    let (rest, excluded) = match (name.strip_prefix("include"), name.strip_prefix("exclude")) {
        (Some(rest), _) => (rest, false),
        (_, Some(rest)) => (rest, true),
        _ => return None,
    };
    Some((format!("{} {holder}/{rest}", found.kind), excluded))
}

/// Assignments that name one target now but differ otherwise: the target takes only one of them.
pub(super) fn differing_merges(
    document: &Value,
    places: &[Placed<'_>],
    identities: &[Identity],
    cuts: &Cuts,
    subject: &str,
) -> Vec<Finding> {
    let shadow = |element: &str| shadow(document, element, identities);
    let mut seen: HashMap<(bool, &str), &Placed<'_>> = HashMap::new();
    let mut findings = Vec::new();
    for place in places {
        let Some(assignment) = assignment_of(&place.found.pointer) else { continue };
        if place.found.rule.on_drop != OnDrop::RemoveElement || cuts.covers(assignment) {
            continue;
        }
        let first = *seen.entry((is_exclusion(place.found), place.what)).or_insert(place);
        let other = assignment_of(&first.found.pointer).unwrap_or_default();
        if first.origin != place.origin && shadow(other) != shadow(assignment) {
            findings.push(
                Finding::new(
                    &codes::MERGED_ASSIGNMENTS_DIFFER,
                    subject,
                    format!(
                        "{} {} and {} map to the same object in the target, but are assigned with different filters or settings",
                        place.found.kind, first.origin, place.origin
                    ),
                )
                .at(&place.found.pointer),
            );
        }
    }
    findings
}

/// Whether the last inclusion goes with the cuts; then what else is assigned is cut as well.
pub(super) fn leaves_nobody(document: &Value, found: &[Found], cuts: &mut Cuts) -> bool {
    let Some(Value::Array(assignments)) = document.get("assignments") else { return false };
    let exclusions: BTreeSet<&str> =
        found.iter().filter(|found| is_exclusion(found)).filter_map(|found| assignment_of(&found.pointer)).collect();
    let all: Vec<String> = (0..assignments.len()).map(|index| format!("/assignments/{index}")).collect();
    let inclusions: Vec<_> = all.iter().filter(|pointer| !exclusions.contains(pointer.as_str())).collect();
    if inclusions.is_empty() || inclusions.iter().any(|pointer| !cuts.covers(pointer)) {
        return false;
    }
    cuts.places.extend(all);
    true
}
