//! Puts in the ids that only planning or the import learns, and looks again at what they make equal.
//! Pure: who asks the tenant is the engine.

use std::collections::{HashMap, HashSet};

use super::apply::{Cuts, Identity, merge_equals, prune};
use super::conflicts::{Placed, both_ways, differing_merges};
use super::rewritten::{Await, Rewritten};
use super::source::lower;
use crate::catalogue::id_form::with_id;
use crate::catalogue::{Catalogue, references};
use crate::finding::Finding;
use crate::policy::Policy;

/// A rewritten policy with the ids that are known by now.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// The policy.
    pub policy: Policy,
    /// Places whose id is still not known.
    pub left: Vec<Await>,
    /// What the new ids showed; what the rewriting found is not repeated.
    pub findings: Vec<Finding>,
    /// The new ids make the policy contradict itself.
    pub blocked: bool,
    /// Its assignments must not be written, now or as the rewriting said.
    pub assignments_held: bool,
}

/// Asks for the target's id of each awaiting place, and puts in what is answered.
pub fn resolve(rewritten: &Rewritten, catalogue: &Catalogue, answer: &dyn Fn(&Await) -> Option<String>) -> Resolved {
    let own = rewritten.policy.open();
    let mut left = Vec::new();
    let mut ids: Vec<(&Await, String)> = Vec::new();
    for place in &rewritten.awaits {
        match answer(place).filter(|id| !id.is_empty()) {
            Some(id) => ids.push((place, id)),
            None => left.push(place.clone()),
        }
    }
    let assignments_held = rewritten.assignments_held;
    if ids.is_empty() {
        return Resolved { policy: own, left, findings: Vec::new(), blocked: false, assignments_held };
    }
    let mut document = own.to_value();
    let mut answered: HashMap<&str, &Await> = HashMap::new();
    for (place, id) in &ids {
        if let Some(serde_json::Value::String(text)) = document.pointer_mut(&place.pointer) {
            *text = with_id(text, place.form, &place.source_id, id);
        }
        answered.insert(&place.pointer, place);
    }
    let mut policy = own.clone();
    if let serde_json::Value::Object(body) = &document {
        policy.body.clone_from(body);
    }
    let mut resolved =
        Resolved { policy: policy.clone(), left, findings: Vec::new(), blocked: false, assignments_held };
    let mut found = references(&policy, catalogue);
    found.retain(|found| found.rule.form.is_whole());
    let waiting: HashSet<&str> = resolved.left.iter().map(|place| place.pointer.as_str()).collect();
    let identities: Vec<Identity> = found
        .iter()
        .map(|found| {
            let of_source = if waiting.contains(found.pointer.as_str()) { " of the source" } else { "" };
            Identity {
                pointer: found.pointer.clone(),
                what: format!("{}{of_source} {}", found.kind, lower(&found.id)),
                changed: answered.contains_key(found.pointer.as_str()),
            }
        })
        .collect();
    let placed: Vec<Placed<'_>> = found
        .iter()
        .zip(&identities)
        .map(|(found, identity)| Placed {
            found,
            what: &identity.what,
            origin: answered.get(found.pointer.as_str()).map_or(&found.id, |place| &place.source_id),
        })
        .collect();
    let mut cuts = Cuts::default();
    merge_equals(&document, &own.body, &identities, &mut cuts);
    let subject = policy.subject();
    resolved.findings = both_ways(&document, &placed, &subject);
    resolved.blocked = !resolved.findings.is_empty();
    let differing = differing_merges(&document, &placed, &identities, &cuts, &subject);
    resolved.assignments_held |= !differing.is_empty();
    resolved.findings.extend(differing);

    let (document, moved) = prune(document, &cuts, &waiting);
    let left = std::mem::take(&mut resolved.left);
    resolved.left = left
        .into_iter()
        .filter_map(|mut place| {
            place.pointer = moved.get(&place.pointer)?.clone();
            Some(place)
        })
        .collect();
    if let serde_json::Value::Object(body) = document {
        policy.body = body;
    }
    resolved.policy = policy;
    resolved
}

#[cfg(test)]
mod tests {
    use super::super::file::{Decision, Named};
    use super::super::rewritten::Need;
    use super::super::testing::{Tree, codes, entry, exclude, include, policy};
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_go_in_and_what_became_equal_is_merged() {
        let body = json!({"id": "c1", "roleScopeTagIds": ["1", "9"], "assignments": [include("a"), include("b"), include("n")]});
        let tag = policy("tags", &json!({"id": "1", "displayName": "T"}));
        let tree = Tree::of(vec![policy("configs", &body), tag]);
        let mut named = entry("group", "n", Decision::Map, None);
        named.target = Some(Named { id: None, name: Some("Sales".into()) });
        let rewritten = tree.first(vec![
            entry("group", "a", Decision::Map, Some("t1")),
            entry("group", "b", Decision::Create, None),
            named,
            entry("tags", "9", Decision::Map, Some("5")),
        ]);
        assert_eq!(rewritten.awaits.len(), 3);
        let resolved = resolve(&rewritten, &tree.catalogue, &|place| match &place.needs {
            Need::Policy { key, .. } => (key == "1").then(|| "5".into()),
            Need::TargetName { name, .. } => (name == "Sales").then(|| "T1".into()),
            Need::Create { .. } => None,
        });
        assert_eq!(
            resolved.policy.to_value(),
            json!({"id": "c1", "roleScopeTagIds": ["5"], "assignments": [include("t1"), include("b")]})
        );
        assert_eq!(
            resolved.left.iter().map(|place| place.pointer.as_str()).collect::<Vec<_>>(),
            ["/assignments/1/target/groupId"]
        );
        assert!(!resolved.blocked && !resolved.assignments_held);
    }

    #[test]
    fn what_became_both_included_and_excluded_blocks() {
        let tree = Tree::of(vec![policy("configs", &json!({"assignments": [include("a"), exclude("n")]}))]);
        let mut named = entry("group", "n", Decision::Map, None);
        named.target = Some(Named { id: None, name: Some("Sales".into()) });
        let rewritten = tree.first(vec![entry("group", "a", Decision::Map, Some("t1")), named]);
        assert_eq!(codes(&rewritten), [""; 0]);
        let resolved = resolve(&rewritten, &tree.catalogue, &|_| Some("t1".into()));
        assert!(resolved.blocked);
        assert_eq!(resolved.findings[0].code, "excluded-and-included");
    }
}
