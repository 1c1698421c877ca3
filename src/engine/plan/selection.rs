//! Which policies of a tree an operation is about: the selected ones, and what they refer to. Pure.

use std::collections::BTreeMap;

use crate::catalogue::{Catalogue, Found, Selection, references};
use crate::policy::{Kept, ObjectKey};

/// A policy that takes part, and why.
#[derive(Debug, Clone)]
pub struct Chosen<'a> {
    /// Its place in the list it was chosen from.
    pub index: usize,
    /// The policy.
    pub policy: &'a Kept,
    /// Set where it was not selected itself: who needs it.
    pub needed_by: Option<String>,
}

/// The selected policies in the order given, and, where wanted, what they refer to within the list.
pub fn choose<'a>(
    policies: &'a [Kept],
    catalogue: &Catalogue,
    selection: &Selection,
    with_dependencies: bool,
) -> Vec<Chosen<'a>> {
    let refers = |index: usize| references(&policies[index].open(), catalogue);
    choose_by(policies, catalogue, selection, with_dependencies, &refers)
}

/// The same where the policies say only which ones they are; `refers` gives what the one at a place refers to.
pub fn choose_by<'a>(
    policies: &'a [Kept],
    catalogue: &Catalogue,
    selection: &Selection,
    with_dependencies: bool,
    refers: &dyn Fn(usize) -> Vec<Found>,
) -> Vec<Chosen<'a>> {
    let index: BTreeMap<ObjectKey, usize> =
        policies.iter().enumerate().map(|(index, policy)| (ObjectKey::of(policy), index)).collect();
    let selected = |policy: &Kept| {
        let policy_type = catalogue.get(&policy.type_name);
        policy_type.is_some_and(|it| selection.is_everything() || selection.includes(it, &policy.open()))
    };
    let mut chosen: BTreeMap<usize, Option<String>> =
        policies.iter().enumerate().filter(|(_, policy)| selected(policy)).map(|(index, _)| (index, None)).collect();
    let follows = with_dependencies && chosen.len() < policies.len();
    let mut open: Vec<usize> = if follows { chosen.keys().copied().collect() } else { Vec::new() };
    while let Some(own) = open.pop() {
        for found in refers(own) {
            if let Some(needed) = index.get(&found.target())
                && !chosen.contains_key(needed)
            {
                chosen.insert(*needed, Some(policies[own].subject()));
                open.push(*needed);
            }
        }
    }
    chosen.into_iter().map(|(index, needed_by)| Chosen { index, policy: &policies[index], needed_by }).collect()
}
