//! Which old files may go. Pure. A failed or partial reading is never a deletion, and an account that
//! sees less must not look like one.

use std::collections::BTreeSet;

use super::folder::Entry;
use super::snapshot::TypeRead;
use crate::catalogue::{PolicyType, Selection};
use crate::policy::Policy;

/// What becomes of the entries whose policies are not in the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// File names that go.
    pub(super) remove: BTreeSet<String>,
    /// File names that would go and may not.
    pub(super) keep: BTreeSet<String>,
    /// Where they are kept because they are many: out of how many.
    pub(super) held: Option<usize>,
}

/// Decides for one type. `fresh` holds the ids of the snapshot in lower case; `read` is none where the
/// type was not looked at.
pub(super) fn decide(
    entries: &[Entry],
    fresh: &BTreeSet<String>,
    policy_type: &PolicyType,
    selection: &Selection,
    read: Option<&TypeRead>,
    accept: bool,
) -> Decision {
    // Without an id a person made it: not ours to remove.
    let selected: Vec<(&str, &Entry)> = entries
        .iter()
        .filter_map(|entry| Some((entry.id()?, entry)))
        .filter(|(_, entry)| selection.includes(policy_type, &Policy::new(&policy_type.name, entry.body.clone())))
        .collect();
    let gone: BTreeSet<String> = selected
        .iter()
        .filter(|(id, _)| !fresh.contains(&id.to_ascii_lowercase()))
        .map(|(_, entry)| entry.file.clone())
        .collect();
    match read {
        None => Decision::default(),
        Some(TypeRead::Failed(_) | TypeRead::NotRead(_)) => Decision { keep: gone, ..Decision::default() },
        Some(TypeRead::Complete) if !accept && gone.len() >= 5 && gone.len() * 5 > selected.len() => {
            Decision { keep: gone, held: Some(selected.len()), ..Decision::default() }
        }
        Some(TypeRead::Complete) => Decision { remove: gone, ..Decision::default() },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::fixture;
    use super::*;
    use serde_json::json;

    fn decided(old: usize, still: usize, names: &[&str], read: Option<&TypeRead>, accept: bool) -> Decision {
        let catalogue = fixture::catalogue();
        let entries: Vec<Entry> = (0..old)
            .map(|n| {
                let body = json!({"id": format!("ID{n}"), "displayName": format!("{} {n}", if n % 2 == 0 { "Win" } else { "Mac" })});
                Entry { file: format!("{n:03}.json"), body: body.as_object().unwrap().clone(), ..Entry::default() }
            })
            .collect();
        let fresh = (0..still).map(|n| format!("id{n}")).collect();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection::new(&catalogue, &[], &[], &names).unwrap();
        decide(&entries, &fresh, catalogue.get("filters").unwrap(), &selection, read, accept)
    }

    #[test]
    fn only_a_complete_reading_removes() {
        assert_eq!(decided(10, 9, &[], Some(&TypeRead::Complete), false).remove, BTreeSet::from(["009.json".into()]));
        let failed = decided(10, 9, &[], Some(&TypeRead::Failed("403".into())), true);
        assert_eq!((failed.remove.len(), failed.keep.len(), failed.held), (0, 1, None));
        assert_eq!(decided(10, 0, &[], Some(&TypeRead::NotRead("x".into())), true).remove, BTreeSet::new());
        assert_eq!(decided(10, 0, &[], None, true), Decision::default());
    }

    #[test]
    fn what_is_outside_the_selection_stays() {
        let decision = decided(4, 0, &["win*"], Some(&TypeRead::Complete), false);
        assert_eq!(decision.remove, BTreeSet::from(["000.json".into(), "002.json".into()]));
    }

    #[test]
    fn many_are_held_unless_accepted() {
        for (old, still, held) in
            [(4, 0, false), (5, 0, true), (20, 15, true), (25, 20, false), (26, 20, true), (100, 80, false)]
        {
            let decision = decided(old, still, &[], Some(&TypeRead::Complete), false);
            assert_eq!(decision.held.is_some(), held, "{old} {still}");
            assert_eq!(decision.remove.is_empty(), held);
            assert_eq!(decided(old, still, &[], Some(&TypeRead::Complete), true).remove.len(), old - still);
        }
        // Few of all, but all of the selection.
        assert!(decided(10, 0, &["win*"], Some(&TypeRead::Complete), false).held.is_some());
    }
}
