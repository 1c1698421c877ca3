//! Which old files may go, judged over the whole tree. Pure. A failed or partial reading is never a deletion,
//! and an account that sees less must not look like one: either everything that was not found goes, or nothing.
//!
//! What an account sees of a tenant is a matter of policy types and scope tags: whoever may read a type sees
//! those of its policies that have one of the account's scope tags
//! (learn.microsoft.com/mem/intune/fundamentals/scope-tags, 2026-11). So a policy is believed to be deleted only
//! where another one is still found that the account sees for no other reason than those for which it would see
//! this one. Beyond that, many at once are never believed.

use std::collections::BTreeSet;

use super::folder::Entry;
use super::snapshot::TypeRead;
use crate::catalogue::{PolicyType, Selection};
use crate::policy::Policy;

/// Of one type, fewer are always believed.
const FEW: usize = 5;
/// Of one type, one in so many may go at once.
const OF_TYPE: usize = 5;
/// Of the whole tree, one in so many may go at once.
const OF_TREE: usize = 10;
/// So many are never believed at once, however large the tree is.
const MOST: usize = 20;
/// So many are not believed where they are of several types.
const SCATTERED: usize = 10;
/// How many types are several.
const SEVERAL: usize = 3;

/// What becomes of the entries whose policies are not in the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// File names that go.
    pub(super) remove: BTreeSet<String>,
    /// File names that would go and may not.
    pub(super) keep: BTreeSet<String>,
    /// Whether they are kept although the type was read completely.
    pub(super) held: bool,
}

/// The scope tags of a policy.
pub(super) type Tags = BTreeSet<String>;

/// What a type that was read completely would lose.
#[derive(Debug, Clone, Default)]
pub(super) struct Loss {
    /// How many policies of the selection the folder holds.
    pub(super) of: usize,
    /// How many of them were not found.
    pub(super) gone: usize,
    /// The scope tags of each that was not found and of each that was; none where nobody asked a tenant.
    pub(super) tags: Option<(Vec<Tags>, BTreeSet<Tags>)>,
}

impl Loss {
    /// How many the account may be unable to see, going by what it sees.
    fn unseen(&self) -> usize {
        let Some((gone, found)) = &self.tags else { return 0 };
        let seen = |tags: &&Tags| {
            if tags.is_empty() {
                !found.is_empty()
            } else {
                found.iter().any(|other| !other.is_empty() && other.is_subset(tags))
            }
        };
        gone.iter().filter(|tags| !seen(tags)).count()
    }
}

/// The files of one type that were selected and are not in the snapshot, and how many were selected. `fresh` holds
/// the ids of the snapshot in lower case.
pub(super) fn missing<'a>(
    entries: &'a [Entry],
    fresh: &BTreeSet<String>,
    policy_type: &PolicyType,
    selection: &Selection,
) -> (Vec<&'a Entry>, usize) {
    // Without an id a person made it: not ours to remove.
    let selected: Vec<(&str, &Entry)> = entries
        .iter()
        .filter_map(|entry| Some((entry.id()?, entry)))
        .filter(|(_, entry)| selection.includes(policy_type, &Policy::new(&policy_type.name, entry.body.open())))
        .collect();
    let of = selected.len();
    let gone = selected.into_iter().filter(|(id, _)| !fresh.contains(&id.to_ascii_lowercase()));
    (gone.map(|(_, entry)| entry).collect(), of)
}

/// Why nothing may be removed; empty where all may. `account` says why the account may see less than the one
/// that read the tree before.
pub(super) fn doubts(losses: &[(&PolicyType, &Loss)], account: Option<&str>) -> Vec<String> {
    let (of, gone) = losses.iter().fold((0, 0), |(of, gone), (_, loss)| (of + loss.of, gone + loss.gone));
    let losing: Vec<&(&PolicyType, &Loss)> = losses.iter().filter(|(_, loss)| loss.gone > 0).collect();
    let mut doubts = Vec::new();
    if gone == 0 {
        return doubts;
    }
    if let Some(why) = account {
        doubts.push(format!("the account may see less than the account of the last export: {why}"));
    }
    for (policy_type, Loss { of, gone, .. }) in losing.iter().map(|(policy_type, loss)| (policy_type, loss)) {
        if *gone >= FEW && gone * OF_TYPE > *of {
            doubts.push(format!("{gone} of {of} {} are more than a fifth", policy_type.name));
        }
    }
    let unseen: Vec<&str> =
        losing.iter().filter(|(_, loss)| loss.unseen() > 0).map(|(of, _)| of.name.as_str()).collect();
    if !unseen.is_empty() {
        doubts.push(format!(
            "no {} with the same scope tags are left, so the account may be unable to see them",
            unseen.join(", ")
        ));
    }
    if gone >= FEW && gone * OF_TREE > of {
        doubts.push(format!("{gone} of {of} in all are more than a tenth"));
    } else if gone >= MOST {
        doubts.push(format!("{gone} are {MOST} or more"));
    } else if gone >= SCATTERED && losing.len() >= SEVERAL {
        doubts.push(format!("{gone} of {} types are {SCATTERED} or more of {SEVERAL} types or more", losing.len()));
    }
    doubts
}

/// What becomes of the files of one type that are missing in the snapshot.
pub(super) fn decide(missing: BTreeSet<String>, read: Option<&TypeRead>, held: bool) -> Decision {
    match read {
        None => Decision::default(),
        Some(TypeRead::Failed(_) | TypeRead::NotRead(_)) => Decision { keep: missing, ..Decision::default() },
        Some(TypeRead::Complete) if held => {
            Decision { held: !missing.is_empty(), keep: missing, ..Decision::default() }
        }
        Some(TypeRead::Complete) => Decision { remove: missing, ..Decision::default() },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::fixture;
    use super::*;

    fn files(old: usize, still: usize, names: &[&str]) -> (Vec<String>, usize) {
        let catalogue = fixture::catalogue();
        let entries: Vec<Entry> = (0..old)
            .map(|n| {
                let body = json!({"id": format!("ID{n}"), "displayName": format!("{} {n}", if n % 2 == 0 { "Win" } else { "Mac" })});
                let (file, body) = (format!("{n:03}.json"), body.as_object().unwrap().clone().into());
                Entry { file, body, sidecars: Vec::new(), marked: false, sum: None }
            })
            .collect();
        let fresh = (0..still).map(|n| format!("id{n}")).collect();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let selection = Selection::new(&catalogue, &[], &[], &names).unwrap();
        let (gone, of) = missing(&entries, &fresh, catalogue.get("filters").unwrap(), &selection);
        (gone.into_iter().map(|entry| entry.file.clone()).collect(), of)
    }

    /// The doubts where types lose so many of so many, without a tenant's scope tags.
    fn doubted(losses: &[(usize, usize)]) -> Vec<String> {
        let catalogue = fixture::catalogue();
        let policy_type = catalogue.get("filters").unwrap();
        let losses: Vec<Loss> = losses.iter().map(|(of, gone)| Loss { of: *of, gone: *gone, tags: None }).collect();
        doubts(&losses.iter().map(|loss| (policy_type, loss)).collect::<Vec<_>>(), None)
    }

    #[test]
    fn only_a_complete_reading_removes() {
        let gone = || BTreeSet::from([String::from("9.json")]);
        assert_eq!(decide(gone(), Some(&TypeRead::Complete), false).remove, gone());
        for read in [TypeRead::Failed("x"), TypeRead::NotRead("x".into())] {
            assert_eq!(decide(gone(), Some(&read), false), Decision { keep: gone(), ..Decision::default() });
        }
        assert_eq!(decide(gone(), None, false), Decision::default());
        let held = decide(gone(), Some(&TypeRead::Complete), true);
        assert!(held.remove.is_empty() && held.keep == gone() && held.held);
    }

    #[test]
    fn what_is_outside_the_selection_is_not_missing() {
        assert_eq!(files(4, 0, &["win*"]), (vec!["000.json".into(), "002.json".into()], 2));
        assert_eq!(files(10, 9, &[]), (vec!["009.json".into()], 10));
    }

    #[test]
    fn many_are_doubted_by_type_and_over_the_whole_tree() {
        for (losses, is_doubted) in [
            (&[(10, 0)][..], false),
            (&[(4, 4)], false),
            (&[(5, 5)], true),
            (&[(20, 5)], true),
            (&[(50, 5)], false),
            (&[(49, 5)], true),
            (&[(2000, 19)], false),
            (&[(2000, 20)], true),
            // Four in each of four types, each by itself not many.
            (&[(4, 4), (4, 4), (4, 4), (4, 4)], true),
            (&[(24, 4), (24, 4), (24, 4), (24, 4)], true),
            (&[(1000, 1), (1000, 1), (1000, 1), (1000, 1)], false),
            (&[(1000, 4), (1000, 3), (1000, 3)], true),
            (&[(1000, 5), (1000, 5)], false),
        ] {
            assert_eq!(!doubted(losses).is_empty(), is_doubted, "{losses:?}: {:?}", doubted(losses));
        }
    }

    #[test]
    fn a_changed_account_removes_nothing_at_all() {
        let catalogue = fixture::catalogue();
        let policy_type = catalogue.get("filters").unwrap();
        let loss = Loss { of: 1000, gone: 1, tags: None };
        assert_eq!(doubts(&[(policy_type, &loss)], Some("it has lost a directory role")).len(), 1);
        assert!(doubts(&[(policy_type, &Loss { gone: 0, ..loss })], Some("x")).is_empty());
    }

    proptest! {
        /// An account that may read some types and has some scope tags: of what it cannot see, nothing is believed
        /// to be deleted, whatever else was deleted.
        #[test]
        fn what_the_account_may_be_unable_to_see_is_never_believed_to_be_gone(
            policies in prop::collection::vec((0_usize..3, prop::collection::btree_set("[0-3]", 0..3), any::<bool>()), 1..60),
            readable in prop::array::uniform3(any::<bool>()),
            own in prop::collection::btree_set("[0-3]", 0..4),
        ) {
            let catalogue = fixture::catalogue();
            let policy_type = catalogue.get("filters").unwrap();
            let sees = |of: usize, tags: &Tags| readable[of] && (tags.is_empty() || !tags.is_disjoint(&own));
            let mut losses = vec![Loss { tags: Some(Default::default()), ..Loss::default() }; 3];
            let mut hidden = 0;
            for (of, tags, deleted) in &policies {
                let loss = &mut losses[*of];
                loss.of += 1;
                let (gone, found) = loss.tags.as_mut().unwrap();
                if !deleted && sees(*of, tags) {
                    found.insert(tags.clone());
                } else {
                    gone.push(tags.clone());
                    loss.gone += 1;
                    hidden += usize::from(!sees(*of, tags));
                }
            }
            let losses: Vec<(&PolicyType, &Loss)> = losses.iter().map(|loss| (policy_type, loss)).collect();
            prop_assert!(hidden == 0 || !doubts(&losses, None).is_empty());
        }
    }
}
