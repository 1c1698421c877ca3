//! What an import can create of what a mapping speaks of: the policies of the tree, and what the tree's directory
//! knows enough of. So what was deleted in the target can be created again.

use std::collections::HashSet;

use super::file::{Decision, Entry, Mapping};
use super::kinds::{can_create, not_creatable};
use super::source::{Source, lower};
use crate::catalogue::Catalogue;
use crate::catalogue::model::TypeVerdict;
use crate::policy::Directory;

/// What an import can create.
pub struct Makeable<'a> {
    catalogue: &'a Catalogue,
    directory: &'a Directory,
    policies: HashSet<(&'a str, String)>,
}

impl<'a> Makeable<'a> {
    /// Of a source.
    pub fn of(source: &Source<'a>) -> Self {
        let movable = source.policies.iter().filter(|policy| {
            let verdict = source.catalogue.get(&policy.type_name).map(|of| of.verdict_of(&policy.open()));
            matches!(verdict, Some(TypeVerdict::Portable | TypeVerdict::NeedsContent))
        });
        Self {
            catalogue: source.catalogue,
            directory: source.directory,
            policies: movable.map(|policy| (policy.type_name.as_str(), lower(&policy.key()))).collect(),
        }
    }

    /// Whether it can create what an entry speaks of.
    pub fn has(&self, entry: &Entry) -> bool {
        let of_directory = || {
            let facts = self.directory.get(&entry.kind, entry.source_id());
            can_create(&entry.kind, self.catalogue)
                && facts.is_some_and(|facts| not_creatable(&entry.kind, facts, self.catalogue).is_none())
        };
        self.policies.contains(&(entry.kind.as_str(), lower(entry.source_id()))) || of_directory()
    }

    /// Decides `create` for those lost entries of these kinds that it can create; how many there were.
    pub fn create_again(&self, mapping: &mut Mapping, is_lost: &dyn Fn(&Entry) -> bool, kinds: &[String]) -> usize {
        let lost = mapping.entries.iter_mut().filter(|entry| entry.decision == Decision::Map && is_lost(entry));
        let lost = lost.filter(|entry| kinds.contains(&entry.kind) && self.has(entry));
        let mut count = 0;
        for entry in lost {
            let target = entry.target.clone().unwrap_or_default();
            let was = target.id.or(target.name).unwrap_or_default();
            entry.why = Some(format!("{was} is no longer in the target"));
            entry.decision = Decision::Create;
            entry.how = None;
            entry.set_target(None);
            entry.settle_difference();
            count += 1;
        }
        count
    }
}
