//! Stops where a mapping is needed and none was given: one sentence that says how to make one, instead of one for every
//! policy.

use std::collections::BTreeSet;
use std::path::Path;

use super::context::Context;
use super::error::CliError;
use super::flags::SelectionArgs;
use super::next_step::CommandLine;
use super::source::Loaded;
use crate::catalogue::model::TypeVerdict;
use crate::catalogue::{Catalogue, Selection, references};
use crate::engine::plan::selection::choose;
use crate::exit::Exit;
use crate::finding::count;
use crate::policy::{Kept, TenantInfo};

/// What a command is about to do without a mapping.
pub struct Unmapped<'a> {
    /// The tree as it was named.
    pub tree: &'a Path,
    /// The tenant as it was named.
    pub tenant: &'a str,
    /// What was read.
    pub loaded: &'a Loaded,
    /// Which policies, as it was typed.
    pub selected: &'a SelectionArgs,
    /// Whether assignments count.
    pub with_assignments: bool,
}

impl Unmapped<'_> {
    /// Refuses to go on where policies refer to objects of another tenant and no mapping says what they are.
    pub fn check(
        &self,
        selection: &Selection,
        target: &TenantInfo,
        catalogue: &Catalogue,
        context: &Context,
    ) -> Result<(), CliError> {
        let tree = &self.loaded.tree;
        let source = tree.manifest.tenant.as_ref().and_then(|tenant| tenant.id.as_deref());
        let is_own = source.zip(target.id.as_deref()).is_some_and(|(source, own)| source.eq_ignore_ascii_case(own));
        if self.loaded.mapping.is_some() || is_own {
            return Ok(());
        }
        let chosen = choose(&tree.policies, catalogue, selection, !self.selected.without_dependencies);
        let chosen = chosen.iter().map(|chosen| chosen.policy);
        let Some(needs) = needs(catalogue, &tree.policies, chosen, self.with_assignments) else { return Ok(()) };
        let map = CommandLine::new(context, "map").path(self.tree).word("--to").word(self.tenant);
        let map = map.word("--out").word("mapping.json").selection(self.selected).text();
        let message = format!("{needs}, and no --mapping maps them to the target");
        let hint = format!("Create a mapping, then name it with --mapping: `{map}`");
        Err(CliError::new(Exit::Blocked, message).hint(hint))
    }
}

/// How many of the policies refer to how many objects that are not among all of them; none where nothing does.
pub fn needs<'p>(
    catalogue: &Catalogue,
    all: &[Kept],
    chosen: impl Iterator<Item = &'p Kept>,
    with_assignments: bool,
) -> Option<String> {
    let known: BTreeSet<(&str, String)> =
        all.iter().map(|policy| (policy.type_name.as_str(), policy.key().to_ascii_lowercase())).collect();
    let (mut policies, mut objects) = (0, BTreeSet::new());
    for policy in chosen.map(Kept::open) {
        let verdict = catalogue.get(&policy.type_name).map(|of| of.verdict_of(&policy));
        if matches!(verdict, Some(TypeVerdict::TenantBound | TypeVerdict::Retired)) {
            continue;
        }
        let found = references(&policy, catalogue).into_iter();
        let found = found.filter(|found| with_assignments || !found.in_assignments());
        let others = found.map(|found| (found.kind, found.id.to_ascii_lowercase()));
        let others: Vec<_> = others.filter(|(kind, id)| !known.contains(&(kind.as_str(), id.clone()))).collect();
        policies += usize::from(!others.is_empty());
        objects.extend(others);
    }
    if policies == 0 {
        return None;
    }
    let (refer, objects) = (count(policies, "policy refers", "policies refer"), objects.len());
    Some(format!(
        "{refer} to {} of the source tenant",
        count(objects, "group, user or other object", "groups, users and other objects")
    ))
}
