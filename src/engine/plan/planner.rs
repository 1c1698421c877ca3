//! Computes a plan: checks, chooses and rewrites what is to be imported, finds and reads what the target has of it, has it
//! paired and decided, and says the rest of the steps. Writes nothing. Carrying the plan out is `import`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::inputs::PlanInputs;
use super::new_objects;
use super::new_objects::GroupToCreate;
use super::opened_secrets::OpenedSecrets;
use super::order::order;
use super::pairing::{Pairing, Sought};
use super::plan_file::{AssignmentMode, FORMAT, Options, PilotGroup, Plan};
use super::prepared::{EarlierWork, PlannedStep, Prepared};
use super::scope::Scope;
use super::selection;
use super::selection::Chosen;
use super::steps::{Known, steps};
use super::target_ids::identity;
use super::{
    audiences, difference_labels, leave_out, mapping_check, opened_secrets, pairing, pilot, prerequisites, ranking,
    rename, template_check,
};
use crate::catalogue::Catalogue;
use crate::engine::content;
use crate::engine::content::source::Look;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::inventory;
use crate::engine::tenant::inventory::Listed;
use crate::engine::tenant::{access_gaps, tenant_info};
use crate::finding::{Finding, codes};
use crate::mapping::{Mapping, Need, Rewritten, Source, block_dependents, marks, rewrite};
use crate::policy::{Kept, Marks, ObjectKey, TenantInfo, fingerprint};
use crate::tree::Tree;

/// Computes the plan.
pub async fn plan(inputs: PlanInputs<'_>) -> Result<Prepared, EngineError> {
    let PlanInputs { tenant, tree, options, .. } = inputs;
    let Tenant { client, catalogue, .. } = tenant;
    let target = tenant_info::who(client).await?;
    check_direction(tree, &target, options)?;
    mapping_check::check_tenants(inputs.mapping, tree, &target)?;
    let same_tenant = same_tenant(tree, &target);
    let mut chosen = selection::choose(&tree.policies, catalogue, inputs.selection, !options.without_dependencies);

    let mut findings = tree.findings.clone();
    findings.extend(tenant_info::unread(&target));
    let with_assignments = !options.ignores_assignments();
    let used = mapping_check::Used::by(catalogue, chosen.iter().map(|chosen| chosen.policy), with_assignments);
    let planned = Instant::now();
    let types: BTreeSet<String> = chosen.iter().map(|chosen| chosen.policy.type_name.clone()).collect();
    let mut listed = inventory::list(tenant, &types).await;
    let checked = mapping_check::check(tenant, inputs.mapping, tree, &target, &used, &listed).await?;
    findings.extend(checked.findings);
    let users = chosen.iter().map(|chosen| chosen.policy);
    let remade = new_objects::remade(catalogue, checked.mapping.as_ref(), tree, users, with_assignments);
    let all = new_objects::all_policies(tree, remade);
    chosen.extend((tree.policies.len()..all.len()).map(|index| Chosen {
        index,
        policy: &all[index],
        needed_by: Some(String::from("the mapping")),
    }));
    let pilot = match &options.assignments {
        AssignmentMode::Pilot(wanted) => Some(pilot::find(client, wanted).await?),
        AssignmentMode::Mapped | AssignmentMode::None => None,
    };
    let indices: Vec<usize> = chosen.iter().map(|chosen| chosen.index).collect();
    let mapping = checked.mapping.as_ref();
    let given = inputs.secrets;
    let wanted = wanted(catalogue, tree, &all, mapping, options, &target, pilot.as_ref(), &indices, given);
    let Desired { policies: rewritten, pilot_held, marks, secrets } = wanted;

    let more = chosen.iter().map(|chosen| chosen.policy.type_name.clone()).filter(|name| !types.contains(name));
    listed.extend(inventory::list(tenant, &more.collect()).await);
    if let Some(Err(error)) = listed.values().find(|list| list.as_ref().is_err_and(ends_run)) {
        return Err(error.clone().into());
    }
    let needs = needs(&rewritten);
    let policies: Vec<&Kept> = chosen.iter().map(|chosen| chosen.policy).collect();
    let order = order(&policies, &needs, catalogue);
    let scope = Scope {
        inputs,
        mapping,
        // A copy is another object than the one it was made from.
        match_by_id: same_tenant && options.rename.is_none(),
        chosen: &chosen,
        rewritten: &rewritten,
        listed: &listed,
        lost: &checked.lost,
    };
    let contents = contents(&scope);
    let sought = pairing::find(&scope);
    let details = pairing::read(&scope, &sought).await?;
    let unmet = unmet(&scope, &sought).await;
    findings.extend(access_gaps::parts(details.objects()));
    let mut pairing = Pairing::begin(&scope, &sought, &details, &order, checked.empty);
    let known = Known { details: &details, needs: &needs, unmet, contents, pilot_held };
    let mut steps = steps(&scope, &known, &order, &mut pairing, checked.differing);
    let target_ids = pairing.ids;
    // Before anything else is said of the steps: what the target would refuse is blocked here.
    let of_target = prerequisites::check(tenant, &mut steps).await;
    difference_labels::put_into_words(&scope, &target_ids, &mut steps).await?;
    ranking::foresee(&mut steps, &listed, catalogue, options);
    audiences::name_audiences(&scope, &target_ids, &mut steps, &checked.groups).await?;
    findings.extend(of_target);
    let groups = needed_groups(checked.groups, &steps);
    findings.extend(groups.iter().map(new_objects::announce));
    let known = known_ids(&listed);
    let (steps, work) = PlannedStep::apart(steps);
    let mut plan = Plan {
        format: FORMAT,
        source: tree.manifest.tenant.clone(),
        target,
        tree_fingerprint: tree_fingerprint(&tree.policies),
        mapping_fingerprint: inputs.mapping.map(Mapping::fingerprint),
        options: options.clone(),
        pilot,
        steps,
        findings,
    };
    let over = plan.over_limits().into_iter();
    plan.findings.extend(over.map(|message| Finding::new(&codes::TOO_MANY_CHANGES, "plan", message)));
    let (mapping, earlier, planned) = (checked.mapping, EarlierWork::new(), Some(planned));
    Ok(Prepared { plan, work, target_ids, known, groups, marks, mapping, earlier, planned, secrets })
}

/// What the target is to have, as far as it can be said without looking at it.
pub(crate) struct Desired {
    /// The policies with the mapping applied, and what else the options make of them.
    pub(crate) policies: Vec<Rewritten>,
    /// Why the pilot group does not get a policy, by its place.
    pub(crate) pilot_held: BTreeMap<usize, Finding>,
    /// What must not leave for the target.
    pub(crate) marks: Marks,
    /// The given secrets with the mapping applied.
    pub(crate) secrets: OpenedSecrets,
}

/// Makes of some of all policies (the tree's and those created again), by their places among them, what the target is to have. The same inputs
/// give the same, also when a run is gone on with.
#[expect(clippy::too_many_arguments, reason = "all that decides, in one place")]
pub(crate) fn wanted(
    catalogue: &Catalogue,
    tree: &Tree,
    all: &[Kept],
    mapping: Option<&Mapping>,
    options: &Options,
    target: &TenantInfo,
    pilot: Option<&PilotGroup>,
    chosen: &[usize],
    secrets: &dyn SecretSource,
) -> Desired {
    let same_tenant = same_tenant(tree, target);
    let all = &*leave_out::apply(all, options, catalogue);
    let source = Source {
        catalogue,
        // The whole tree: ids of what is not selected must not leak either.
        policies: all,
        directory: &tree.directory,
        tenant: tree.manifest.tenant.as_ref(),
        already_rewritten: tree.manifest.rewritten_for.is_some(),
        ignore_assignments: options.ignores_assignments(),
        same_tenant,
    };
    let rewritten = rewrite(&source, mapping);
    // What is small is copied without cost.
    let mut policies: Vec<Rewritten> = chosen.iter().map(|index| rewritten[*index].clone()).collect();
    let secrets = opened_secrets::open(&mut policies, secrets, &source, mapping);
    block_dependents(&mut policies);
    if let Some(template) = &options.rename {
        rename::apply(&mut policies, template, catalogue, mapping);
    }
    let pilot_held = pilot.map(|group| pilot::put(&mut policies, group, options, catalogue)).unwrap_or_default();
    let marks = if same_tenant { Marks::default() } else { marks(&source, mapping) };
    Desired { policies, pilot_held, marks, secrets }
}

/// Refuses a tree that was rewritten for another tenant, and the source tenant itself without being told.
fn check_direction(tree: &Tree, target: &TenantInfo, options: &Options) -> Result<(), EngineError> {
    let name = |info: &TenantInfo| info.display_name.clone().or_else(|| info.id.clone()).unwrap_or_default();
    if let Some(meant) = &tree.manifest.rewritten_for
        && meant.id.is_some()
        && !same_id(meant, target)
    {
        return Err(EngineError::Refused {
            message: format!("the tree was rewritten for \"{}\", but the target is \"{}\"", name(meant), name(target)),
            fix: String::from("Name the right target with --to, or rewrite the original tree for this target."),
        });
    }
    if same_tenant(tree, target) && !options.restore {
        return Err(EngineError::Refused {
            message: format!("the target is \"{}\", the tenant that the tree was exported from", name(target)),
            fix: String::from("Add --restore to import the tree into its own tenant, or name another target."),
        });
    }
    Ok(())
}

fn same_tenant(tree: &Tree, target: &TenantInfo) -> bool {
    tree.manifest.rewritten_for.is_none() && tree.manifest.tenant.as_ref().is_some_and(|source| same_id(source, target))
}

fn same_id(left: &TenantInfo, right: &TenantInfo) -> bool {
    matches!((&left.id, &right.id), (Some(left), Some(right)) if left.eq_ignore_ascii_case(right))
}

/// The fingerprint of all policies of a tree.
pub fn tree_fingerprint(policies: &[Kept]) -> String {
    let mut prints: Vec<String> =
        policies.iter().map(|policy| format!("{} {}", policy.type_name, fingerprint(&policy.to_value()))).collect();
    prints.sort();
    fingerprint(&serde_json::json!(prints))
}

/// Only the groups that something which is written needs.
pub(crate) fn needed_groups(wanted: Vec<GroupToCreate>, steps: &[PlannedStep]) -> Vec<GroupToCreate> {
    let written = steps.iter().filter(|planned| planned.step.writes());
    let awaited: BTreeSet<&str> = written
        .flat_map(|planned| &planned.work.rewritten.awaits)
        .filter(|place| matches!(place.needs, Need::Create { .. }))
        .map(|place| identity(place).1)
        .collect();
    new_objects::in_order(wanted, &awaited)
}

fn known_ids(listed: &Listed) -> BTreeMap<String, BTreeSet<String>> {
    listed
        .iter()
        .filter_map(|(name, list)| {
            let ids = list.as_ref().ok()?.iter().filter_map(Kept::id).map(str::to_owned).collect();
            Some((name.clone(), ids))
        })
        .collect()
}

/// For each policy, which of the others it waits for: what it names, and who makes it.
fn needs(rewritten: &[Rewritten]) -> Vec<BTreeSet<usize>> {
    let index: BTreeMap<ObjectKey, usize> =
        rewritten.iter().enumerate().map(|(index, item)| (ObjectKey::of(&item.policy), index)).collect();
    let mut needs = vec![BTreeSet::new(); rewritten.len()];
    for (own, item) in rewritten.iter().enumerate() {
        for wanted in item.awaits.iter().filter(|wanted| matches!(wanted.needs, Need::Policy { .. })) {
            let (kind, key) = identity(wanted);
            let named = index.get(&ObjectKey::new(kind, key)).filter(|named| **named != own);
            // What the service makes together with a policy comes after it.
            match (named, &wanted.made_with) {
                (Some(named), None) => needs[own].insert(*named),
                (Some(named), Some(_)) => needs[*named].insert(own),
                (None, _) => false,
            };
        }
    }
    needs
}

/// The files of policies whose content Graph does not give, by the policies' places.
fn contents(scope: &Scope<'_>) -> BTreeMap<usize, Look> {
    let look = |(place, item): (usize, &Rewritten)| {
        let policy_type = scope.policy_type(place)?;
        Some((place, content::source::look(scope.inputs.content, policy_type, &item.policy.open())?))
    };
    scope.rewritten.iter().enumerate().filter_map(look).collect()
}

/// What the target lacks for creations, such as a template, by the policies' places.
async fn unmet(scope: &Scope<'_>, sought: &[Sought]) -> BTreeMap<usize, Finding> {
    let new = scope.rewritten.iter().zip(sought).enumerate().filter(|(_, (_, sought))| sought.is_new());
    let policies: Vec<(usize, &Kept)> = new.map(|(place, (item, _))| (place, &item.policy)).collect();
    template_check::unmet(scope.inputs.tenant, &policies).await
}
