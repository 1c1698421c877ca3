//! The order of creation: what others refer to comes first. A topological sort over the references
//! between the policies; ties are broken by the type's phase, its own order, type and name. Pure.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::policy::Kept;

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
pub fn order(policies: &[&Kept], needs: &[BTreeSet<usize>], catalogue: &Catalogue) -> Order {
    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, needs) in needs.iter().enumerate() {
        for need in needs {
            dependents.entry(*need).or_default().push(index);
        }
    }
    let rank = |index: usize| std::cmp::Reverse(rank(policies[index], index, catalogue));
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

fn rank(policy: &Kept, index: usize, catalogue: &Catalogue) -> Rank {
    let policy_type = catalogue.get(&policy.type_name);
    let own = policy_type
        .and_then(|policy_type| policy_type.rank.as_ref())
        .and_then(|rank| policy.open().body.get(&rank.property).and_then(Value::as_u64))
        .unwrap_or(u64::MAX);
    let phase = policy_type.map(|policy_type| policy_type.phase).unwrap_or_default();
    Rank(phase, policy.type_name.clone(), own, policy.name(), policy.key(), index)
}

/// The policies of a sequence by how deep they stand: first what needs nothing, then what needs only that, and
/// so on. What stands on one level may be made at once. `needs[i]` are the places of what the i-th needs.
pub fn levels(needs: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut depth: Vec<usize> = Vec::with_capacity(needs.len());
    let mut levels: Vec<Vec<usize>> = Vec::new();
    for (place, needs) in needs.iter().enumerate() {
        // In a sequence with dependencies first, nothing needs what comes after it.
        let own = needs.iter().filter_map(|need| depth.get(*need)).max().map_or(0, |deepest| deepest + 1);
        depth.push(own);
        if levels.len() <= own {
            levels.resize(own + 1, Vec::new());
        }
        levels[own].push(place);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn policies(count: usize) -> Vec<Kept> {
        (0..count)
            .map(|index| {
                let body = json!({"id": index.to_string(), "displayName": format!("p{index}")});
                crate::policy::Policy::new("some-type", body.as_object().cloned().unwrap_or_default()).keep()
            })
            .collect()
    }

    #[test]
    fn a_circle_is_told_and_the_rest_goes_on() {
        let needs = [BTreeSet::from([1]), BTreeSet::from([0]), BTreeSet::new()];
        let order = order(&policies(3).iter().collect::<Vec<_>>(), &needs, &Catalogue::default());
        assert_eq!((order.sequence, order.circular), (vec![2], vec![0, 1]));
    }

    #[test]
    fn a_chain_is_made_link_by_link_and_the_rest_at_once() {
        // Six links, with three that need nothing and one that needs the first link and one of those.
        let needs: Vec<BTreeSet<usize>> = [&[][..], &[0], &[1], &[2], &[3], &[4], &[], &[], &[], &[0, 6]]
            .map(|list| list.iter().copied().collect())
            .into();
        let levels = levels(&needs);
        assert_eq!(levels, [vec![0, 6, 7, 8], vec![1, 9], vec![2], vec![3], vec![4], vec![5]]);
    }

    proptest! {
        #[test]
        fn nothing_comes_before_what_it_needs(edges in proptest::collection::vec((0usize..20, 0usize..20), 0..60)) {
            let mut needs = vec![BTreeSet::new(); 20];
            for (from, to) in edges {
                if from > to { needs[from].insert(to); }
            }
            let order = order(&policies(20).iter().collect::<Vec<_>>(), &needs, &Catalogue::default());
            prop_assert_eq!(order.sequence.len(), 20);
            let place = |index: &usize| order.sequence.iter().position(|other| other == index).unwrap_or(usize::MAX);
            let placed: Vec<BTreeSet<usize>> =
                order.sequence.iter().map(|index| needs[*index].iter().map(place).collect()).collect();
            let mut done = BTreeSet::new();
            for level in levels(&placed) {
                for index in &level {
                    prop_assert!(placed[*index].is_subset(&done));
                }
                done.extend(level);
            }
            prop_assert_eq!(done.len(), 20);
        }
    }
}
