//! The order of creation: what others refer to comes first. A topological sort over the references
//! between the policies; ties are broken by the type's phase, its own order, type and name. Pure.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::policy::Policy;

/// The sequence of indices into `policies`, and the indices that are in, or behind, a circle.
pub struct Order {
    /// Dependencies first.
    pub sequence: Vec<usize>,
    /// No order satisfies these.
    pub circular: Vec<usize>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank(crate::catalogue::model::Phase, String, u64, String, String, usize);

/// Sorts policies so that everything comes after what it needs. `needs[i]` are indices.
pub fn order(policies: &[Policy], needs: &[BTreeSet<usize>], catalogue: &Catalogue) -> Order {
    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, needs) in needs.iter().enumerate() {
        for need in needs {
            dependents.entry(*need).or_default().push(index);
        }
    }
    let rank = |index: usize| std::cmp::Reverse(rank(&policies[index], index, catalogue));
    let mut ready: BinaryHeap<_> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| rank(index)).collect();
    let mut sequence = Vec::with_capacity(policies.len());
    while let Some(std::cmp::Reverse(Rank(.., index))) = ready.pop() {
        sequence.push(index);
        for dependent in dependents.get(&index).into_iter().flatten() {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                ready.push(rank(*dependent));
            }
        }
    }
    let circular = (0..policies.len()).filter(|index| waiting[*index] > 0).collect();
    Order { sequence, circular }
}

fn rank(policy: &Policy, index: usize, catalogue: &Catalogue) -> Rank {
    let policy_type = catalogue.get(&policy.type_name);
    let own = policy_type
        .and_then(|policy_type| policy_type.order_by.as_ref())
        .and_then(|property| policy.body.get(property))
        .and_then(Value::as_u64)
        .unwrap_or(u64::MAX);
    let phase = policy_type.map(|policy_type| policy_type.phase).unwrap_or_default();
    Rank(phase, policy.type_name.clone(), own, policy.name(), policy.key(), index)
}

/// How deep each policy stands: 0 needs nothing, 1 needs only what needs nothing, and so on.
pub fn levels(sequence: &[usize], needs: &[BTreeSet<usize>]) -> BTreeMap<usize, usize> {
    let mut level = BTreeMap::new();
    for index in sequence {
        let deepest =
            needs[*index].iter().filter_map(|need| level.get(need)).max().map_or(0, |deepest: &usize| deepest + 1);
        level.insert(*index, deepest);
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn policies(count: usize) -> Vec<Policy> {
        (0..count)
            .map(|index| {
                let body = json!({"id": index.to_string(), "displayName": format!("p{index}")});
                Policy::new("some-type", body.as_object().cloned().unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn a_circle_is_told_and_the_rest_goes_on() {
        let needs = [BTreeSet::from([1]), BTreeSet::from([0]), BTreeSet::new()];
        let order = order(&policies(3), &needs, &Catalogue::default());
        assert_eq!((order.sequence, order.circular), (vec![2], vec![0, 1]));
    }

    proptest! {
        #[test]
        fn nothing_comes_before_what_it_needs(edges in proptest::collection::vec((0usize..20, 0usize..20), 0..60)) {
            let mut needs = vec![BTreeSet::new(); 20];
            for (from, to) in edges {
                if from > to { needs[from].insert(to); }
            }
            let order = order(&policies(20), &needs, &Catalogue::default());
            prop_assert_eq!(order.sequence.len(), 20);
            for (place, index) in order.sequence.iter().enumerate() {
                for need in &needs[*index] {
                    prop_assert!(order.sequence[..place].contains(need));
                }
            }
        }
    }
}
