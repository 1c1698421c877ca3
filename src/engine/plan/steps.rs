//! From what is known to the steps of a plan: policy by policy, in the order of what they need, each is paired and decided.
//! The rules are [`super::decide`]'s.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::decide::{Case, Counterpart, Terms, There, decide};
use super::matching::Match;
use super::narrowing::Loosened;
use super::order::Order;
use super::pairing::{Details, Pairing};
use super::plan_file::{Action, Step};
use super::prepared::{PlannedStep, Work};
use super::scope::Scope;
use super::target_ids::TargetIds;
use crate::catalogue::PolicyType;
use crate::engine::content::source::Look;
use crate::finding::Finding;
use crate::mapping::Rewritten;
use crate::policy::{Kept, ObjectKey};

/// What is known of the policies before they are decided, by their places.
pub(crate) struct Known<'a> {
    /// Complete objects of the target.
    pub(crate) details: &'a Details,
    /// Which of the others each policy waits for.
    pub(crate) needs: &'a [BTreeSet<usize>],
    /// What the target lacks for a creation.
    pub(crate) unmet: BTreeMap<usize, Finding>,
    /// What there is for policies that lack their content.
    pub(crate) contents: BTreeMap<usize, Look>,
    /// Why the pilot group does not get a policy.
    pub(crate) pilot_held: BTreeMap<usize, Finding>,
}

/// Pairs and decides. `differing` is what narrows less in the target than in the source.
pub(crate) fn steps<'a>(
    scope: &'a Scope<'a>,
    known: &Known<'_>,
    order: &Order,
    pairing: &mut Pairing<'a>,
    mut differing: Loosened,
) -> Vec<PlannedStep> {
    let selected: BTreeSet<ObjectKey> = scope.rewritten.iter().map(|item| ObjectKey::of(&item.policy)).collect();
    let asked = Terms {
        catalogue: scope.catalogue(),
        tree: scope.inputs.tree,
        options: scope.inputs.options,
        secrets: scope.inputs.secrets,
        selected: &selected,
        within_tenant: scope.match_by_id,
        now: Timestamp::now(),
    };
    let mut blocked: BTreeSet<usize> = order.circular.iter().copied().collect();
    let mut steps = Vec::new();
    for place in order.sequence.iter().chain(&order.circular).copied() {
        let Some(policy_type) = scope.policy_type(place) else { continue };
        for made in scope.made_with(place) {
            if let Some(policy_type) = scope.policy_type(made) {
                pairing.pair(made, policy_type);
            }
        }
        let found = pairing.pair(place, policy_type).clone();
        let item = &scope.rewritten[place];
        let case = Case {
            policy_type,
            original: scope.chosen[place].policy,
            rewritten: item,
            policy: &item.policy.open(),
            ids: &pairing.ids,
            needs: known.needs[place].iter().map(|need| scope.rewritten[*need].policy.reference()).collect(),
            needed_by: scope.chosen[place].needed_by.clone(),
            needs_blocked: known.needs[place]
                .iter()
                .find(|need| blocked.contains(need))
                .map(|need| scope.rewritten[*need].policy.subject()),
            is_circular: order.circular.contains(&place),
            unread: scope.unread(&policy_type.name),
            lost: scope.lost.get(&ObjectKey::of(&item.policy)),
            there: there(&found, place, policy_type, known.details, pairing),
            unmet: known.unmet.get(&place),
            content: known.contents.get(&place),
            pilot_held: known.pilot_held.get(&place),
            differing: &differing,
        };
        let step = decide(&case, &asked);
        if step.action.is_absent() {
            blocked.insert(place);
        }
        let before = step.target_id.as_ref().and_then(|id| known.details.object(&policy_type.name, id)).cloned();
        note_meaning(&mut differing, scope, policy_type, &step, item, before.as_ref(), &pairing.ids);
        let content = step.content.is_some().then(|| known.contents.get(&place)).flatten().map(Look::source);
        steps.push(PlannedStep { step, work: Work { rewritten: item.clone(), before, content } });
    }
    steps
}

/// An object of the target that stays as it is may narrow those that name it less than the tree's.
fn note_meaning(
    differing: &mut Loosened,
    scope: &Scope<'_>,
    policy_type: &PolicyType,
    step: &Step,
    item: &Rewritten,
    found: Option<&Kept>,
    ids: &TargetIds,
) {
    if step.action == Action::Update {
        differing.forget(&step.type_name, [Some(step.key.as_str()), step.target_id.as_deref()]);
    }
    let stays = matches!(step.action, Action::ExistsDiffers | Action::Unchanged);
    if scope.match_by_id || policy_type.meaning.is_empty() || !stays {
        return;
    }
    let entry = scope.mapping.and_then(|mapping| mapping.entry(&step.type_name, &step.key));
    let Some(found) = found.filter(|_| entry.is_none_or(|entry| !entry.allows_different())) else { return };
    differing.add(scope.catalogue(), &ids.apply(item, scope.catalogue()).policy, &found.open());
}

/// What the target has of a policy.
fn there<'a>(
    found: &'a Match,
    place: usize,
    policy_type: &PolicyType,
    details: &'a Details,
    pairing: &Pairing<'_>,
) -> There<'a> {
    match found {
        Match::Absent => There::Nothing,
        Match::Ambiguous(ids) => There::Several(ids),
        Match::Found(id) => There::One(Counterpart {
            id,
            object: details.of(&policy_type.name, id),
            differences: pairing.compare(place, policy_type, id),
            other_identity: pairing.other_identity(place, policy_type, id),
        }),
    }
}
