//! Says of every step who its policy is for: who is included, who is excluded, through which filter, by the names of the
//! target's groups, and what of it changes. Asks the target for the names that nobody knows yet. Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::new_objects::GroupToCreate;
use super::plan_file::{Action, AssignmentAction, ExistingAssignments, Step};
use super::prepared::{PlannedStep, Work};
use super::scope::Scope;
use super::target_ids::{TargetIds, identity};
use crate::catalogue::{Found, PolicyType, references};
use crate::engine::describe::audience::{Identity, audience};
use crate::engine::error::ends_run;
use crate::engine::shape::comparison::with_gate;
use crate::engine::shape::display_names::{Names, of_directory};
use crate::engine::tenant::directory_lookup::look_up;
use crate::engine::tenant::inventory;
use crate::graph::GraphError;
use crate::mapping::{Await, GROUP, Need, USER};
use crate::policy::audience::{AudienceChange, Recipient, compare};
use crate::policy::{Kept, ObjectKey, Policy};

/// A policy with what it refers to; places that wait for an object that is still to be made.
struct AudienceSide {
    policy: Policy,
    found: Vec<Found>,
    left: Vec<Await>,
}

/// One step's policy as it is in the tree, and as the target has it.
struct WantedAndFound {
    wanted: AudienceSide,
    found: Option<AudienceSide>,
}

/// What has a name already, and what is to be looked up, by kind.
#[derive(Default)]
struct NamesToFind {
    known: BTreeSet<(String, String, String)>,
    open: BTreeMap<String, BTreeSet<String>>,
}

/// Puts into each step who its policy is for. `groups` are those that the mapping wants created.
pub(crate) async fn name_audiences(
    scope: &Scope<'_>,
    ids: &TargetIds,
    steps: &mut [PlannedStep],
    groups: &[GroupToCreate],
) -> Result<(), GraphError> {
    // Twice rather than kept: whole policies are large, and there may be thousands.
    let mut named = NamesToFind::default();
    for PlannedStep { step, work } in &*steps {
        if let Some(WantedAndFound { wanted, found }) = pair(scope, ids, step, work) {
            std::iter::once(&wanted).chain(&found).for_each(|side| collect(scope, side, &mut named));
        }
    }
    let names = names_of(scope, named).await?;
    for PlannedStep { step, work } in steps {
        let Some(policy_type) = scope.catalogue().get(&step.type_name) else { continue };
        if let Some(WantedAndFound { wanted, found }) = pair(scope, ids, step, work) {
            let list = |side: &AudienceSide| audience_of(scope, side, policy_type, &names, groups);
            let (wanted, found) = (list(&wanted), found.as_ref().map(list));
            put(step, wanted, found, scope.inputs.options.existing_assignments);
        }
    }
    Ok(())
}

/// What is written, what is held, and what differs.
fn pair(scope: &Scope<'_>, ids: &TargetIds, step: &Step, work: &Work) -> Option<WantedAndFound> {
    let policy_type = scope.catalogue().get(&step.type_name)?;
    let is_held = step.assignments == AssignmentAction::Held;
    if step.action.is_absent() || !(step.writes() || is_held || step.all_differences().next().is_some()) {
        return None;
    }
    let catalogue = scope.catalogue();
    let resolved = ids.apply(&work.rewritten, catalogue);
    let gate = match step.action {
        Action::Create => Some(scope.inputs.options.gate_state.unwrap_or_default()),
        _ => scope.inputs.options.gate_state,
    };
    let mut policy = with_gate(resolved.policy, policy_type, gate);
    let before = work.before.as_ref().map(Kept::open);
    if let (Some(rule), None, Some(before)) = (&policy_type.enabled_by, gate, &before)
        && let Some(state) = before.body.get(&rule.property)
    {
        policy.body.insert(rule.property.clone(), state.clone());
    }
    let wanted = AudienceSide { found: references(&policy, catalogue), policy, left: resolved.left };
    let found = before.map(|policy| AudienceSide { found: references(&policy, catalogue), policy, left: Vec::new() });
    Some(WantedAndFound { wanted, found })
}

fn audience_of(
    scope: &Scope<'_>,
    side: &AudienceSide,
    policy_type: &PolicyType,
    names: &Names,
    groups: &[GroupToCreate],
) -> Vec<Recipient> {
    let identify = |kind: &str, id: &str, pointer: &str| match side.left.iter().find(|it| it.pointer == pointer) {
        Some(place) => to_come(scope, place, groups),
        None => Identity::known(names, kind, id),
    };
    audience(&side.policy, policy_type, &side.found, &identify)
}

/// What a place waits for.
fn to_come(scope: &Scope<'_>, place: &Await, groups: &[GroupToCreate]) -> Identity {
    let (kind, source) = identity(place);
    let group = || groups.iter().find(|group| kind == GROUP && group.source_id.eq_ignore_ascii_case(source));
    let policy = || {
        let is_it = |policy: &Kept| ObjectKey::of(policy) == ObjectKey::new(kind, source);
        scope.rewritten.iter().map(|item| &item.policy).find(|policy| is_it(policy))
    };
    let name = match &place.needs {
        Need::TargetName { name, .. } => Some(name.clone()),
        Need::Create { .. } | Need::Policy { .. } => {
            group().map(|group| group.name.clone()).or_else(|| policy().map(Kept::name))
        }
    };
    let new = !matches!(place.needs, Need::TargetName { .. });
    Identity { id: None, name: name.or_else(|| Some(place.source_id.clone())), shares_name: false, new }
}

/// Collects all that a policy is for, and its filters.
fn collect(scope: &Scope<'_>, side: &AudienceSide, named: &mut NamesToFind) {
    let catalogue = scope.catalogue();
    let is_there = |found: &&Found| !side.left.iter().any(|place| place.pointer == found.pointer);
    let matters = |found: &&Found| found.in_assignments() || [GROUP, USER].contains(&found.kind.as_str());
    for found in side.found.iter().filter(is_there).filter(matters) {
        if catalogue.directory_kind(&found.kind).is_some() {
            named.open.entry(found.kind.clone()).or_default().insert(found.id.clone());
        } else if let Some(name) = scope.name_of(&found.kind, &found.id) {
            named.known.insert((found.kind.clone(), found.id.clone(), name));
        }
    }
    let rules = catalogue.get(&side.policy.type_name).into_iter().flat_map(|it| &it.audience);
    for (kind, at) in rules.filter_map(|rule| Some((rule.kind.as_ref()?, &rule.at))) {
        at.visit_in(&side.policy.body, &mut |_, value| {
            named.open.entry(kind.clone()).or_default().extend(value.as_str().map(str::to_owned));
        });
    }
}

/// The names of all that was collected, as the target has them.
async fn names_of(scope: &Scope<'_>, NamesToFind { known, mut open }: NamesToFind) -> Result<Names, GraphError> {
    let tenant = scope.inputs.tenant;
    let mut named: Vec<(String, String, String)> = known.into_iter().collect();
    open.retain(|_, ids| !ids.is_empty());
    match look_up(tenant, &open).await {
        Ok(directory) => {
            let found = of_directory(&directory);
            named.extend(found.map(|(kind, id, name)| (kind.to_owned(), id.to_owned(), name.to_owned())));
        }
        Err(error) if ends_run(&error) => return Err(error),
        // Without a name, an id does.
        Err(_) => {}
    }
    let groups = named.iter().filter(|(kind, ..)| kind == GROUP).map(|(.., name)| name.clone()).collect();
    match inventory::named(tenant, GROUP, &groups).await {
        Ok(found) => {
            // Of others that have a name only that counts: whoever reads it has to be shown the id.
            let all = found.into_iter().flatten();
            let others =
                all.flat_map(|(name, ids)| ids.into_iter().map(move |id| (GROUP.to_owned(), id, name.clone())));
            named.extend(others);
        }
        Err(error) if ends_run(&error) => return Err(error),
        Err(_) => {}
    }
    Ok(Names::new(named.iter().map(|(kind, id, name)| (kind.as_str(), id.as_str(), name.as_str()))))
}

/// What the step does about its audience: what it writes as it will be, what it leaves as it is.
fn put(step: &mut Step, wanted: Vec<Recipient>, found: Option<Vec<Recipient>>, existing: ExistingAssignments) {
    let creates = step.action == Action::Create;
    let (wanted, named): (Vec<_>, Vec<_>) = wanted.into_iter().partition(Recipient::is_assignment);
    let (there, named_there): (Vec<_>, Vec<_>) =
        found.unwrap_or_default().into_iter().partition(Recipient::is_assignment);
    let compared = compare(wanted.clone(), there.clone());
    let named_compared = compare(named.clone(), named_there.clone());
    let assigned = match step.assignments {
        AssignmentAction::Write if existing == ExistingAssignments::Merge => {
            changed(
                compared.clone(),
                |change| {
                    if change == AudienceChange::Remove { AudienceChange::Keep } else { change }
                },
            )
        }
        AssignmentAction::Write => compared.clone(),
        AssignmentAction::Held => {
            let held = compared.iter().filter(|one| one.change != AudienceChange::Keep).cloned();
            let held = held.filter(|one| one.change != AudienceChange::Remove).collect();
            there.into_iter().chain(changed(held, |_| AudienceChange::Held)).collect()
        }
        AssignmentAction::Keep => there,
    };
    let elsewhere = match step.action {
        _ if creates => changed(named, |_| AudienceChange::Add),
        Action::Update => named_compared.clone(),
        _ => named_there,
    };
    if step.writes() || step.assignments == AssignmentAction::Held {
        step.audience = assigned.into_iter().chain(elsewhere).collect();
    }
    let differs = |one: &Recipient| one.change != AudienceChange::Keep;
    step.audience_differences = compared.into_iter().chain(named_compared).filter(differs).collect();
}

fn changed(list: Vec<Recipient>, change: impl Fn(AudienceChange) -> AudienceChange) -> Vec<Recipient> {
    list.into_iter().map(|one| Recipient { change: change(one.change), ..one }).collect()
}
