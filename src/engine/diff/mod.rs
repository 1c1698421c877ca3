//! Diff: what lies between two sets of policies, trees or tenants in any combination. Reads nothing: a side is
//! loaded by whoever asks. Not for deciding whether a tenant is as a tree wants it: that is
//! [`crate::engine::verify`]'s.
//!
//! [`side`] is what is compared, `pairing` finds which policy is which, `names` says what their references
//! name, `document` makes two policies comparable.

mod document;
mod names;
mod pairing;
pub(crate) mod side;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Catalogue, Selection};
use crate::finding::{Finding, codes};
use crate::policy::{Change, JsonPath, Kept, unread};
use crate::tree::origin::origin_key;
use document::Documents;
use names::SideNames;
use pairing::SidePairing;
pub use side::Side;

use crate::engine::outcome::Outcome;
use crate::engine::plan::selection;

/// What is compared, and how.
#[derive(Debug, Clone, Copy)]
pub struct DiffInputs<'a> {
    /// What the types are.
    pub catalogue: &'a Catalogue,
    /// The one side.
    pub left: &'a Side,
    /// The other side.
    pub right: &'a Side,
    /// Which policies.
    pub selection: &'a Selection,
    /// And what these refer to.
    pub with_dependencies: bool,
    /// Places that are not looked at.
    pub ignore: &'a [JsonPath],
}

/// What became of a policy between the left side and the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Only the right side has it.
    Added,
    /// Both have it, and it differs.
    Changed,
    /// Only the left side has it.
    Removed,
    /// Both have it, and it is the same.
    Equal,
}

impl Fate {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Added, Self::Changed, Self::Removed, Self::Equal];

    /// As an outcome.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Added => Outcome::OnlyRight,
            Self::Changed => Outcome::Changed,
            Self::Removed => Outcome::OnlyLeft,
            Self::Equal => Outcome::Equal,
        }
    }

    /// The word in files and output.
    pub const fn word(self) -> &'static str {
        self.outcome().fixed_word()
    }
}

/// One policy that is not the same on both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing {
    /// The policy type.
    pub type_name: String,
    /// Its name, on the right side where that has it.
    pub name: String,
    /// What became of it; never [`Fate::Equal`].
    pub fate: Fate,
    /// What identifies it on the left side.
    pub left: Option<String>,
    /// What identifies it on the right side.
    pub right: Option<String>,
    /// Where it differs, where both have it.
    pub changes: Vec<Change>,
    /// What it was made of, in words, where one side knows.
    pub made_of: Option<String>,
}

/// What lies between two sides.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// The policies that differ, by type and name.
    pub differing: Vec<Differing>,
    /// How many are the same.
    pub equal: usize,
    /// What could not be compared, and why.
    pub findings: Vec<Finding>,
}

impl Compared {
    /// How many policies have which fate.
    pub fn counts(&self) -> BTreeMap<Fate, usize> {
        let mut counts = BTreeMap::from([(Fate::Equal, self.equal)]);
        for one in &self.differing {
            *counts.entry(one.fate).or_insert(0) += 1;
        }
        counts.retain(|_, count| *count > 0);
        counts
    }
}

/// Compares.
pub fn diff(inputs: DiffInputs<'_>) -> Compared {
    let DiffInputs { catalogue, left, right, selection, .. } = inputs;
    let pairs = SidePairing::new(catalogue, left, right).pairs();
    let names = SideNames::new(left, right, &pairs);
    let documents = Documents { catalogue, names: &names, same_ids: left.shares_ids_with(right) };
    let chosen = |side: &Side| -> Option<BTreeSet<usize>> {
        // Nobody needs to look for what is chosen where everything is.
        let chosen = || selection::choose(&side.policies, catalogue, selection, inputs.with_dependencies);
        (!selection.is_everything()).then(|| chosen().into_iter().map(|chosen| chosen.index).collect())
    };
    let chosen = [chosen(left), chosen(right)];
    let is_chosen = |side: usize, index: Option<usize>| {
        index.is_some_and(|index| chosen[side].as_ref().is_none_or(|set| set.contains(&index)))
    };
    let mut compared = Compared::default();
    let mut unknown: BTreeMap<(String, bool), usize> = BTreeMap::new();
    let mut unread = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| is_chosen(0, pair.left) || is_chosen(1, pair.right)) {
        let policies = [pair.left.map(|index| &left.policies[index]), pair.right.map(|index| &right.policies[index])];
        let changes = match policies {
            [Some(left), Some(right)] => {
                let is_same = documents.same_ids && left.is_alike(right);
                let opened = [left.open(), right.open()];
                let parts: BTreeSet<&str> =
                    opened.iter().flat_map(|one| unread::parts(&one.body)).map(|(part, _)| part).collect();
                for part in parts {
                    *unread.entry((left.type_name.clone(), part.to_owned())).or_insert(0_usize) += 1;
                }
                let [left, right] = &opened;
                if is_same { Vec::new() } else { documents.changes(left, right) }
            }
            // That something is not there is believed only of who looked for it.
            [Some(only), None] if !right.would_have(only, catalogue) => {
                *unknown.entry((only.type_name.clone(), true)).or_default() += 1;
                continue;
            }
            [None, Some(only)] if !left.would_have(only, catalogue) => {
                *unknown.entry((only.type_name.clone(), false)).or_default() += 1;
                continue;
            }
            _ => Vec::new(),
        };
        let changes: Vec<Change> =
            changes.into_iter().filter(|change| !inputs.ignore.iter().any(|path| path.covers(&change.at))).collect();
        match differing(catalogue, policies, changes) {
            Some(one) => compared.differing.push(one),
            None => compared.equal += 1,
        }
    }
    for one in &mut compared.differing {
        let of =
            |side: &Side, id: &Option<String>| side.made_of.get(&origin_key(&one.type_name, id.as_ref()?)).cloned();
        one.made_of = of(left, &one.left).or_else(|| of(right, &one.right));
    }
    compared.differing.sort_by(|one, other| (&one.type_name, &one.name).cmp(&(&other.type_name, &other.name)));
    compared.findings = not_compared(&unknown, left, right);
    compared.findings.extend(unread.into_iter().map(|((type_name, part), count)| {
        let message = format!("{part} of {count} were not compared: one side lacks the permission to read them");
        Finding::new(&codes::NOT_COMPARED, type_name, message).at(format!("/{part}")).fix("Grant the permission.")
    }));
    compared
}

fn differing(catalogue: &Catalogue, policies: [Option<&Kept>; 2], changes: Vec<Change>) -> Option<Differing> {
    let fate = match policies {
        [Some(_), Some(_)] if changes.is_empty() => return None,
        [Some(_), Some(_)] => Fate::Changed,
        [Some(_), None] => Fate::Removed,
        [None, _] => Fate::Added,
    };
    let shown = policies[1].or(policies[0])?;
    let name = catalogue.get(&shown.type_name).map_or_else(|| shown.name(), |policy_type| policy_type.name_of(shown));
    let [left, right] = policies.map(|policy| policy.map(Kept::key));
    Some(Differing { type_name: shown.type_name.clone(), name, fate, left, right, changes, made_of: None })
}

/// Why nothing is said of policies without a counterpart, by their type and whether only the left side has them.
fn not_compared(unknown: &BTreeMap<(String, bool), usize>, left: &Side, right: &Side) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (only_left, has, lacks) in [(true, left, right), (false, right, left)] {
        let own = unknown.iter().filter(|((_, side), _)| *side == only_left);
        let (held, never): (Vec<_>, Vec<_>) = own.partition(|((name, _), _)| lacks.types.contains_key(name));
        findings.extend(held.into_iter().map(|((name, _), count)| {
            let why = lacks.why_not(name);
            let message = format!(
                "{count} of {} have no counterpart, but this may be incomplete: {} {why}",
                has.label, lacks.label
            );
            Finding::new(&codes::NOT_COMPARED, name, message)
        }));
        if !never.is_empty() {
            let names: Vec<&str> = never.iter().map(|((name, _), _)| name.as_str()).collect();
            let message = format!("does not contain types that {} has policies of: {}", has.label, names.join(", "));
            findings.push(Finding::new(&codes::NOT_COMPARED, &lacks.label, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
