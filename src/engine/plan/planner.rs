//! Computes a plan: reads what the target has, pairs it with the tree, compares, and decides step by
//! step. Writes nothing. Carrying the plan out is `import`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::matching::{Candidates, Match, NameKey};
use super::narrowing::Differing;
use super::new_objects;
use super::new_objects::GroupToCreate;
use super::opened_secrets::OpenedSecrets;
use super::order::{Order, order};
use super::plan_file::{Action, AssignmentAction, AssignmentMode, FORMAT, Options, PilotGroup, Plan, Step};
use super::prepared::{EarlierWork, PlannedStep, Prepared, Work};
use super::selection;
use super::selection::Chosen;
use super::target_ids::{TargetIds, identity};
use super::{leave_out, mapping_check, opened_secrets, pilot, prerequisites, ranking, rename};
use crate::catalogue::{Catalogue, PolicyType, Selection};
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

/// What a plan is computed from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The target tenant.
    pub tenant: Tenant<'a>,
    /// What is to be imported.
    pub tree: &'a Tree,
    /// What the source's ids are in the target.
    pub mapping: Option<&'a Mapping>,
    /// What was asked for.
    pub options: &'a Options,
    /// Which policies.
    pub selection: &'a Selection,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// Where the contents are that Graph does not give.
    pub content: Option<&'a content::Folder>,
}

/// Computes the plan.
pub async fn plan(inputs: Inputs<'_>) -> Result<Prepared, EngineError> {
    let Inputs { tenant, tree, options, .. } = inputs;
    let Tenant { client, catalogue, .. } = tenant;
    let target = tenant_info::who(client).await?;
    check_direction(tree, &target, options)?;
    mapping_check::check_tenants(inputs.mapping, tree, &target)?;
    let same_tenant = same_tenant(tree, &target);
    let mut chosen = selection::choose(&tree.policies, catalogue, inputs.selection, !options.without_dependencies);

    let mut findings = tree.findings.clone();
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
    let Wanted { policies: rewritten, pilot_held, marks, secrets } = wanted;

    let more = chosen.iter().map(|chosen| chosen.policy.type_name.clone()).filter(|name| !types.contains(name));
    listed.extend(inventory::list(tenant, &more.collect()).await);
    if let Some(Err(error)) = listed.values().find(|list| list.as_ref().is_err_and(ends_run)) {
        return Err(error.clone().into());
    }
    let needs = needs(&rewritten);
    let policies: Vec<&Kept> = chosen.iter().map(|chosen| chosen.policy).collect();
    let order = order(&policies, &needs, catalogue);
    let selected = rewritten.iter().map(|item| ObjectKey::of(&item.policy)).collect();
    let mut planner = Planner {
        inputs,
        mapping: checked.mapping.as_ref(),
        // A copy is another object than the one it was made from.
        match_by_id: same_tenant && options.rename.is_none(),
        rewritten,
        chosen: &chosen,
        selected,
        needs: &needs,
        details: BTreeMap::new(),
        keys: Vec::new(),
        candidates: Vec::new(),
        listed: &listed,
        target_ids: checked.empty,
        matches: BTreeMap::new(),
        taken: BTreeMap::new(),
        blocked: BTreeSet::new(),
        unmet: BTreeMap::new(),
        contents: BTreeMap::new(),
        pilot_held,
        differing: checked.differing,
        lost: checked.lost,
    };
    planner.look_for_contents();
    planner.find_candidates();
    planner.read_candidates(tenant).await?;
    planner.check_requirements().await;
    findings.extend(access_gaps::parts(planner.details.values().filter_map(|found| found.as_ref().ok())));
    let mut steps = planner.steps(&order);
    // Before anything else is said of the steps: what the target would refuse is blocked here.
    let of_target = prerequisites::check(tenant, &mut steps).await;
    planner.put_into_words(&mut steps).await?;
    ranking::foresee(&mut steps, &listed, catalogue, options);
    planner.name_audiences(&mut steps, &checked.groups).await?;
    let target_ids = planner.target_ids;
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
pub(crate) struct Wanted {
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
) -> Wanted {
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
    Wanted { policies, pilot_held, marks, secrets }
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
            message: format!("the tree was exported from \"{}\" itself", name(target)),
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

/// A plan in the making.
pub(crate) struct Planner<'a> {
    pub(crate) inputs: Inputs<'a>,
    pub(crate) mapping: Option<&'a Mapping>,
    /// Objects of the target are matched by the ids of the tree: it is their tenant.
    pub(crate) match_by_id: bool,
    pub(crate) rewritten: Vec<Rewritten>,
    pub(crate) chosen: &'a [Chosen<'a>],
    pub(crate) needs: &'a [BTreeSet<usize>],
    pub(crate) listed: &'a Listed,
    /// Per policy, the name that tells it from the others.
    pub(crate) keys: Vec<Option<NameKey>>,
    /// Per policy, which objects of the target may be it.
    pub(crate) candidates: Vec<Candidates>,
    /// Complete objects of the target, by type and id.
    pub(crate) details: BTreeMap<(String, String), Result<Kept, String>>,
    pub(crate) target_ids: TargetIds,
    pub(crate) matches: BTreeMap<usize, Match>,
    /// Type and key of everything that takes part.
    pub(crate) selected: BTreeSet<ObjectKey>,
    /// Objects of the target that are known to be a policy, by type and id, with the policy's index.
    pub(crate) taken: BTreeMap<String, BTreeMap<String, usize>>,
    pub(crate) blocked: BTreeSet<usize>,
    /// What the target lacks for a creation.
    pub(crate) unmet: BTreeMap<usize, Finding>,
    /// What there is for policies that lack their content.
    pub(crate) contents: BTreeMap<usize, Look>,
    /// Why the pilot group does not get a policy.
    pub(crate) pilot_held: BTreeMap<usize, Finding>,
    /// What narrows less in the target than in the source.
    pub(crate) differing: Differing,
    /// Why the object that the mapping says a policy is cannot be found.
    pub(crate) lost: BTreeMap<ObjectKey, Finding>,
}

impl Planner<'_> {
    pub(crate) fn policy_type(&self, index: usize) -> Option<&PolicyType> {
        self.inputs.tenant.catalogue.get(&self.rewritten.get(index)?.policy.type_name)
    }

    /// The files of policies whose content Graph does not give.
    fn look_for_contents(&mut self) {
        for (index, item) in self.rewritten.iter().enumerate() {
            let policy_type = self.inputs.tenant.catalogue.get(&item.policy.type_name);
            let look = policy_type.and_then(|it| content::source::look(self.inputs.content, it, &item.policy.open()));
            self.contents.extend(look.map(|look| (index, look)));
        }
    }

    /// An object of the target that stays as it is may narrow those that name it less than the tree's.
    fn compare_meaning(&mut self, index: usize, policy_type: &PolicyType, step: &Step) {
        if step.action == Action::Update {
            self.differing.forget(&step.type_name, [Some(step.key.as_str()), step.target_id.as_deref()]);
        }
        let stays = matches!(step.action, Action::ExistsDiffers | Action::Unchanged);
        if self.match_by_id || policy_type.meaning.is_empty() || !stays {
            return;
        }
        let entry = self.mapping.and_then(|mapping| mapping.entry(&step.type_name, &step.key));
        let Some(found) = step.target_id.as_ref().and_then(|id| self.detail(&step.type_name, id)) else { return };
        if entry.is_none_or(|entry| !entry.allows_different()) {
            let wanted = self.target_ids.apply(&self.rewritten[index], self.inputs.tenant.catalogue).policy;
            let found = found.open();
            self.differing.add(self.inputs.tenant.catalogue, &wanted, &found);
        }
    }

    /// What the service makes together with a policy, which comes after it, and may be there all the same.
    fn made_with(&self, index: usize) -> Vec<usize> {
        let awaits = self.rewritten[index].awaits.iter().filter(|place| place.made_with.is_some());
        let named: BTreeSet<ObjectKey> = awaits.map(identity).map(|(kind, key)| ObjectKey::new(kind, key)).collect();
        let is_named = |policy: &Kept| named.contains(&ObjectKey::of(policy));
        if named.is_empty() {
            return Vec::new();
        }
        (0..self.rewritten.len()).filter(|other| is_named(&self.rewritten[*other].policy)).collect()
    }

    fn steps(&mut self, order: &Order) -> Vec<PlannedStep> {
        for index in &order.circular {
            self.blocked.insert(*index);
        }
        let keys = self.keys.clone();
        let mut buckets: BTreeMap<&NameKey, Vec<usize>> = BTreeMap::new();
        for index in &order.sequence {
            if let Some(key) = &keys[*index] {
                buckets.entry(key).or_default().push(*index);
            }
        }
        let mut steps = Vec::new();
        for index in order.sequence.iter().chain(&order.circular) {
            let Some(policy_type) = self.policy_type(*index).cloned() else { continue };
            for made in self.made_with(*index) {
                if let Some(policy_type) = self.policy_type(made).cloned() {
                    self.find_match(made, &policy_type, &buckets);
                }
            }
            self.find_match(*index, &policy_type, &buckets);
            let mut step = self.step(*index, &policy_type);
            if order.circular.contains(index) && step.action != Action::LeftBehind {
                let message = "the policy refers to itself, directly or through others";
                step.findings.push(Finding::new(&codes::CYCLE, step.subject(), message));
                step.action = Action::Blocked;
            }
            if step.action.is_absent() {
                self.blocked.insert(*index);
                step.assignments = AssignmentAction::Keep;
            }
            self.compare_meaning(*index, &policy_type, &step);
            let item = &self.rewritten[*index];
            let before = step.target_id.as_ref().and_then(|id| self.detail(&item.policy.type_name, id)).cloned();
            let content = step.content.is_some().then(|| self.contents.get(index)).flatten().map(Look::source);
            steps.push(PlannedStep { step, work: Work { rewritten: item.clone(), before, content } });
        }
        steps
    }
}
