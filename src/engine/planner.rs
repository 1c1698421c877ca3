//! Computes a plan: reads what the target has, pairs it with the tree, compares, and decides step by
//! step. Writes nothing. Carrying the plan out is `import`.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::body::{self, SecretSource};
use super::comparable::{self, Differences};
use super::error::EngineError;
use super::inventory::{self, Listed};
use super::matching::{self, Candidates, Match, NameKey};
use super::order::{Order, order};
use super::plan::{
    Action, AssignmentAction, AssignmentMode, ExistingAssignments, FORMAT, OnConflict, Options, Plan, Step,
};
use super::read::Reader;
use super::resolve::{TargetIds, identity};
use super::select::{self, Chosen};
use super::{mapped, requirement, tenant};
use crate::catalogue::model::TypeVerdict;
use crate::catalogue::{Catalogue, PolicyType, Selection};
use crate::event::Reporter;
use crate::finding::{Finding, Severity, codes};
use crate::graph::Client;
use crate::mapping::{Mapping, Need, Rewritten, Source, marks, rewrite};
use crate::policy::{Marks, Policy, TenantInfo, fingerprint};
use crate::tree::Tree;

/// What a plan is computed from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// The target tenant.
    pub client: &'a Client,
    /// What the types are.
    pub catalogue: &'a Catalogue,
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
    /// Who is told of progress.
    pub reporter: &'a dyn Reporter,
}

/// A plan with what is needed to carry it out; only the plan itself goes to a file.
#[derive(Debug)]
pub struct Prepared {
    /// The decisions.
    pub plan: Plan,
    /// Per step, in the plan's order: the policy as rewritten, and what it waits for.
    pub work: Vec<Work>,
    /// The target's ids known so far.
    pub target_ids: TargetIds,
    /// Ids that the target's lists had when the plan was made, by type.
    pub known: BTreeMap<String, BTreeSet<String>>,
    /// Groups that the mapping wants created.
    pub groups: Vec<mapped::GroupToCreate>,
    /// What must not leave for the target.
    pub marks: Marks,
}

/// What a step writes.
#[derive(Debug)]
pub struct Work {
    /// The policy with the mapping applied; references to the tree's own policies still hold source ids.
    pub rewritten: Rewritten,
    /// The target's object as the plan saw it.
    pub before: Option<Policy>,
}

/// Computes the plan.
pub async fn plan(inputs: Inputs<'_>) -> Result<Prepared, EngineError> {
    let Inputs { client, catalogue, tree, options, reporter, .. } = inputs;
    let target = tenant::who(client).await?;
    check_direction(tree, &target, options)?;
    let same_tenant = same_tenant(tree, &target);
    let chosen = select::choose(&tree.policies, catalogue, inputs.selection, !options.without_dependencies);
    let policies: Vec<Policy> = chosen.iter().map(|chosen| chosen.policy.clone()).collect();

    let mut findings = tree.findings.clone();
    let checked = mapped::check(client, inputs.mapping, tree, &target).await?;
    findings.extend(checked.findings);
    let source = Source {
        catalogue,
        // The whole tree: ids of what is not selected must not leak either.
        policies: &tree.policies,
        directory: &tree.directory,
        tenant: tree.manifest.tenant.as_ref(),
        already_rewritten: tree.manifest.rewritten_for.is_some(),
        ignore_assignments: options.assignments == AssignmentMode::None,
        same_tenant,
    };
    let all = rewrite(&source, checked.mapping.as_ref());
    let rewritten: Vec<Rewritten> = chosen.iter().map(|chosen| all[chosen.index].clone()).collect();
    let marks = if same_tenant { Marks::default() } else { marks(&source, checked.mapping.as_ref()) };

    let reader = Reader { client, catalogue, reporter };
    let types: BTreeSet<String> = policies.iter().map(|policy| policy.type_name.clone()).collect();
    let listed = inventory::list(reader, &types).await;
    if let Some(Err(error)) =
        listed.values().find(|list| matches!(list, Err(error) if error.is_sign_in() || error.is_unreachable()))
    {
        return Err(EngineError::Refused {
            message: error.to_string(),
            fix: String::from("Run again when the target can be reached."),
        });
    }
    let needs = needs(&rewritten);
    let order = order(&policies, &needs, catalogue);
    let mut planner = Planner {
        inputs,
        mapping: checked.mapping.as_ref(),
        same_tenant,
        rewritten: &rewritten,
        chosen: &chosen,
        needs: &needs,
        details: BTreeMap::new(),
        candidates: Vec::new(),
        listed: &listed,
        target_ids: TargetIds::default(),
        matches: BTreeMap::new(),
        taken: BTreeSet::new(),
        blocked: BTreeSet::new(),
        unmet: BTreeMap::new(),
    };
    planner.find_candidates();
    planner.read_candidates(reader).await;
    planner.check_requirements().await;
    let (steps, work) = planner.steps(&order);
    let target_ids = planner.target_ids;
    let known = known_ids(&listed);
    let plan = Plan {
        format: FORMAT,
        source: tree.manifest.tenant.clone(),
        target,
        tree_fingerprint: tree_fingerprint(&tree.policies),
        mapping_fingerprint: inputs.mapping.map(Mapping::fingerprint),
        options: options.clone(),
        steps,
        findings,
    };
    Ok(Prepared { plan, work, target_ids, known, groups: checked.groups, marks })
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
            fix: String::from("Name the right target with --to, or rewrite the original tree for this one."),
        });
    }
    if same_tenant(tree, target) && !options.restore {
        return Err(EngineError::Refused {
            message: format!("the tree comes from \"{}\" itself", name(target)),
            fix: String::from("Add --restore to bring it back into the tenant it came from, or name another target."),
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
pub fn tree_fingerprint(policies: &[Policy]) -> String {
    let mut prints: Vec<String> =
        policies.iter().map(|policy| format!("{} {}", policy.type_name, fingerprint(&policy.to_value()))).collect();
    prints.sort();
    fingerprint(&serde_json::json!(prints))
}

fn known_ids(listed: &Listed) -> BTreeMap<String, BTreeSet<String>> {
    listed
        .iter()
        .filter_map(|(name, list)| {
            let ids = list.as_ref().ok()?.iter().filter_map(Policy::id).map(str::to_owned).collect();
            Some((name.clone(), ids))
        })
        .collect()
}

/// For each policy, which of the others it waits for.
fn needs(rewritten: &[Rewritten]) -> Vec<BTreeSet<usize>> {
    let index: BTreeMap<(String, String), usize> = rewritten
        .iter()
        .enumerate()
        .map(|(index, item)| ((item.policy.type_name.clone(), item.policy.key().to_ascii_lowercase()), index))
        .collect();
    rewritten
        .iter()
        .enumerate()
        .map(|(own, item)| {
            let policies = item.awaits.iter().filter(|wanted| matches!(wanted.needs, Need::Policy { .. }));
            policies
                .filter_map(|wanted| {
                    let (kind, key) = identity(wanted);
                    index.get(&(kind.to_owned(), key.to_ascii_lowercase())).copied()
                })
                .filter(|index| *index != own)
                .collect()
        })
        .collect()
}

struct Planner<'a> {
    inputs: Inputs<'a>,
    mapping: Option<&'a Mapping>,
    same_tenant: bool,
    rewritten: &'a [Rewritten],
    chosen: &'a [Chosen<'a>],
    needs: &'a [BTreeSet<usize>],
    listed: &'a Listed,
    /// Per policy, which objects of the target may be it.
    candidates: Vec<Candidates>,
    /// Complete objects of the target, by type and id.
    details: BTreeMap<(String, String), Result<Policy, String>>,
    target_ids: TargetIds,
    matches: BTreeMap<usize, Match>,
    taken: BTreeSet<(String, String)>,
    blocked: BTreeSet<usize>,
    /// What the target lacks for a creation.
    unmet: BTreeMap<usize, Finding>,
}

impl Planner<'_> {
    fn policy_type(&self, index: usize) -> Option<&PolicyType> {
        self.inputs.catalogue.get(&self.rewritten.get(index)?.policy.type_name)
    }

    fn find_candidates(&mut self) {
        self.candidates = self
            .rewritten
            .iter()
            .map(|item| {
                let listed = self.listed.get(&item.policy.type_name).and_then(|list| list.as_ref().ok());
                match (self.inputs.catalogue.get(&item.policy.type_name), listed) {
                    (Some(policy_type), Some(listed)) => {
                        matching::candidates(&item.policy, policy_type, listed, self.mapping, self.same_tenant)
                    }
                    _ => Candidates::Named(Vec::new()),
                }
            })
            .collect();
    }

    /// Reads the candidates completely, type by type at once.
    async fn read_candidates(&mut self, reader: Reader<'_>) {
        let mut wanted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (item, candidates) in self.rewritten.iter().zip(&self.candidates) {
            let ids: Vec<&str> = match candidates {
                Candidates::Exactly(id) => vec![id],
                Candidates::Named(ids) => ids.iter().map(String::as_str).collect(),
                Candidates::Gone(_) => Vec::new(),
            };
            wanted.entry(&item.policy.type_name).or_default().extend(ids);
        }
        let reads = wanted.into_iter().filter_map(|(name, ids)| {
            let policy_type = reader.catalogue.get(name)?;
            let listed = self.listed.get(name)?.as_ref().ok()?;
            let chosen: Vec<Policy> =
                listed.iter().filter(|object| object.id().is_some_and(|id| ids.contains(id))).cloned().collect();
            Some(async move {
                let ids: Vec<String> = chosen.iter().map(Policy::key).collect();
                (name, ids, reader.complete(policy_type, chosen).await)
            })
        });
        for (name, ids, outcomes) in join_all(reads).await {
            for (id, outcome) in ids.into_iter().zip(outcomes) {
                self.details.insert((name.to_owned(), id), outcome.map_err(|error| error.to_string()));
            }
        }
    }

    /// Looks whether the target has what creations need, such as a template.
    async fn check_requirements(&mut self) {
        let new = self.rewritten.iter().zip(&self.candidates).enumerate();
        let new = new.filter(|(_, (_, candidates))| matches!(candidates, Candidates::Named(ids) if ids.is_empty()));
        let policies: Vec<(usize, &Policy)> = new.map(|(index, (item, _))| (index, &item.policy)).collect();
        self.unmet = requirement::unmet(self.inputs.client, self.inputs.catalogue, &policies).await;
    }

    fn steps(&mut self, order: &Order) -> (Vec<Step>, Vec<Work>) {
        for index in &order.circular {
            self.blocked.insert(*index);
        }
        let mut buckets: BTreeMap<NameKey, Vec<usize>> = BTreeMap::new();
        for index in &order.sequence {
            if let Some(policy_type) = self.policy_type(*index) {
                let key = matching::name_key(policy_type, &self.rewritten[*index].policy);
                buckets.entry(key).or_default().push(*index);
            }
        }
        let mut steps = Vec::new();
        let mut work = Vec::new();
        for index in order.sequence.iter().chain(&order.circular) {
            let Some(policy_type) = self.policy_type(*index).cloned() else { continue };
            self.find_match(*index, &policy_type, &buckets);
            let mut step = self.step(*index, &policy_type);
            if order.circular.contains(index) {
                let message = "it refers, directly or through others, to itself";
                step.findings.push(Finding::new(&codes::CYCLE, step.subject(), message));
                step.action = Action::Blocked;
            }
            if step.action == Action::Blocked {
                self.blocked.insert(*index);
                step.assignments = AssignmentAction::Keep;
            }
            let item = &self.rewritten[*index];
            let before = step.target_id.as_ref().and_then(|id| self.detail(&item.policy.type_name, id)).cloned();
            work.push(Work { rewritten: item.clone(), before });
            steps.push(step);
        }
        (steps, work)
    }

    fn detail(&self, type_name: &str, id: &str) -> Option<&Policy> {
        self.details.get(&(type_name.to_owned(), id.to_owned()))?.as_ref().ok()
    }

    fn compare(&self, index: usize, policy_type: &PolicyType, id: &str) -> Option<Differences> {
        let item = &self.rewritten[index];
        let wanted = self.target_ids.apply(item, self.inputs.catalogue).policy;
        let found = self.detail(&item.policy.type_name, id)?;
        let gate = self.inputs.options.gate_state;
        Some(comparable::compare(&wanted, found, policy_type, self.inputs.catalogue, gate))
    }

    /// Finds what the policy is in the target, together with all of its name.
    fn find_match(&mut self, index: usize, policy_type: &PolicyType, buckets: &BTreeMap<NameKey, Vec<usize>>) {
        if !self.matches.contains_key(&index) {
            let own = vec![index];
            let members = match &self.candidates[index] {
                Candidates::Named(_) => {
                    let key = matching::name_key(policy_type, &self.rewritten[index].policy);
                    let named = |member: &usize| matches!(self.candidates[*member], Candidates::Named(_));
                    let list: Vec<usize> = buckets.get(&key).unwrap_or(&own).iter().copied().filter(named).collect();
                    if list.contains(&index) { list } else { own }
                }
                _ => own,
            };
            let outcomes = match &self.candidates[index] {
                Candidates::Exactly(id) => vec![Match::Found(id.clone())],
                Candidates::Gone(_) => vec![Match::Absent],
                Candidates::Named(ids) => {
                    let taken: BTreeSet<String> = self
                        .taken
                        .iter()
                        .filter(|(name, _)| *name == policy_type.name)
                        .map(|(_, id)| id.clone())
                        .collect();
                    matching::pair(members.len(), ids, &taken, |member, id| {
                        self.compare(members[member], policy_type, id)
                            .is_some_and(|differences| differences.object.is_empty())
                    })
                }
            };
            for (member, outcome) in members.into_iter().zip(outcomes) {
                if let Match::Found(id) = &outcome {
                    self.taken.insert((policy_type.name.clone(), id.clone()));
                }
                self.matches.insert(member, outcome);
            }
        }
        if let Some(Match::Found(id)) = self.matches.get(&index) {
            let key = self.rewritten[index].policy.key();
            self.target_ids.insert(&policy_type.name, &key, id);
        }
    }

    fn step(&self, index: usize, policy_type: &PolicyType) -> Step {
        let item = &self.rewritten[index];
        let mut step = Step {
            type_name: policy_type.name.clone(),
            key: item.policy.key(),
            name: policy_type.name_of(&item.policy),
            action: Action::Create,
            target_id: None,
            target_fingerprint: None,
            assignments: AssignmentAction::Keep,
            differences: Vec::new(),
            assignment_differences: Vec::new(),
            needs: self.needs[index].iter().map(|need| self.rewritten[*need].policy.reference()).collect(),
            needed_by: self.chosen[index].needed_by.clone(),
            findings: item.findings.clone(),
        };
        if item.blocked {
            step.action = Action::Blocked;
        }
        if let Some(missing) = self.not_selected(item) {
            let message = format!("it needs {missing}, which is not selected");
            let fix = "Leave out --without-dependencies, or say in the mapping what it is in the target.";
            return blocked(step, &codes::BLOCKED_BY, message, Some(fix.to_owned()));
        }
        if let Some(Err(error)) = self.listed.get(&policy_type.name) {
            let message = format!("the target's objects of this type cannot be read: {error}");
            return blocked(step, &codes::READ_FAILED, message, None);
        }
        if let Candidates::Gone(id) = &self.candidates[index] {
            let message = format!("the mapping says it is {id}, which the target does not have");
            return blocked(step, &codes::MAPPING_TARGET_MISSING, message, None);
        }
        match self.matches.get(&index) {
            Some(Match::Ambiguous(ids)) => {
                let message = format!("{} objects of the target have this name: {}", ids.len(), ids.join(", "));
                blocked(step, &codes::AMBIGUOUS_MATCH, message, None)
            }
            Some(Match::Found(id)) => self.existing(step, index, policy_type, id),
            Some(Match::Absent) | None => self.absent(step, index, policy_type),
        }
    }

    /// Something of the tree that the policy needs and that takes no part.
    fn not_selected(&self, item: &Rewritten) -> Option<String> {
        let needed = item.awaits.iter().filter(|wanted| matches!(wanted.needs, Need::Policy { .. }));
        needed.map(identity).find_map(|(kind, key)| {
            let there = self
                .rewritten
                .iter()
                .any(|other| other.policy.type_name == kind && other.policy.key().eq_ignore_ascii_case(key));
            (!there).then(|| format!("{kind}/{key}"))
        })
    }

    fn absent(&self, mut step: Step, index: usize, policy_type: &PolicyType) -> Step {
        let policy = &self.rewritten[index].policy;
        let portability = policy_type.portability_of(policy);
        let code = match portability.verdict {
            TypeVerdict::Portable => None,
            TypeVerdict::TenantBound => Some(&codes::TENANT_BOUND),
            TypeVerdict::Retired => Some(&codes::RETIRED),
            TypeVerdict::NeedsContent => Some(&codes::NEEDS_CONTENT),
        };
        if let Some(code) = code {
            return blocked(step, code, portability.reason.clone(), Some(portability.fix.clone()));
        }
        if let Some(finding) = self.unmet.get(&index) {
            step.findings.push(finding.clone());
            step.action = Action::Blocked;
            return step;
        }
        if policy_type.default_rule(policy).is_some() {
            let message = "it is a default of its tenant, and the target has none like it";
            return blocked(step, &codes::MATCHED_DEFAULT, message.to_owned(), None);
        }
        for (place, key) in body::secrets_of(policy) {
            if self.inputs.secrets.secret(&key).is_none() {
                step.findings.push(body::needs_secret(policy, &place, &key));
                step.action = Action::Blocked;
            }
        }
        if let Some(needed) = self.needs[index].iter().find(|need| self.blocked.contains(need)) {
            let subject = self.rewritten[*needed].policy.subject();
            if !step.findings.iter().any(|finding| finding.is(&codes::BLOCKED_BY)) {
                let message = format!("it needs {subject}, which is blocked");
                step.findings.push(Finding::new(&codes::BLOCKED_BY, step.subject(), message));
            }
            step.action = Action::Blocked;
        }
        if comparable::is_assigned(policy) && step.action == Action::Create {
            match self.inputs.options.assignments {
                AssignmentMode::Mapped => step.assignments = AssignmentAction::Write,
                AssignmentMode::None => {
                    let message = "created without its assignments";
                    step.findings.push(Finding::new(&codes::ASSIGNMENTS_NOT_WRITTEN, step.subject(), message));
                }
            }
        }
        self.hold(step, index)
    }

    fn existing(&self, mut step: Step, index: usize, policy_type: &PolicyType, id: &str) -> Step {
        step.target_id = Some(id.to_owned());
        let item = &self.rewritten[index];
        let details = self.details.get(&(policy_type.name.clone(), id.to_owned()));
        let (Some(Ok(found)), Some(differences)) = (details, self.compare(index, policy_type, id)) else {
            let why = details.and_then(|details| details.as_ref().err()).cloned().unwrap_or_default();
            return blocked(step, &codes::READ_FAILED, format!("the target's object {id} cannot be read: {why}"), None);
        };
        step.target_fingerprint = Some(fingerprint(&found.to_value()));
        step.differences = differences.object;
        step.assignment_differences = differences.assignments;
        let is_default = policy_type.default_rule(&item.policy).is_some();
        if is_default {
            let word = if step.differences.is_empty() { "as in the tree" } else { "different from the tree" };
            let message = format!("it exists in every tenant; the target's is {word}");
            step.findings.push(Finding::new(&codes::MATCHED_DEFAULT, step.subject(), message));
        }
        if step.action == Action::Blocked {
            return step;
        }
        step.action = match (step.differences.is_empty(), self.inputs.options.on_conflict) {
            (true, _) => Action::Unchanged,
            (false, _) if is_default => Action::ExistsDiffers,
            (false, OnConflict::Update) => Action::Update,
            (false, conflict) => {
                let message = format!("the target's object differs at {} place(s)", step.differences.len());
                step.findings.push(Finding::new(&codes::EXISTS_DIFFERS, step.subject(), message));
                if conflict == OnConflict::Fail { Action::Blocked } else { Action::ExistsDiffers }
            }
        };
        if step.action == Action::Update {
            let variant = policy_type.variant(&item.policy);
            let fixed = body::create_only(policy_type, variant).find(|path| {
                path.root().is_some_and(|root| step.differences.iter().any(|difference| top(&difference.at) == root))
            });
            if let Some(path) = fixed {
                let message = format!("`{path}` differs, and Graph accepts it only at creation");
                return blocked(step, &codes::PLATFORM_DIFFERS, message, None);
            }
            if policy_type.update.method == crate::catalogue::model::UpdateMethod::None {
                return blocked(step, &codes::PLATFORM_DIFFERS, "objects of this type cannot be changed".into(), None);
            }
        }
        self.assign_existing(step, index, found)
    }

    fn assign_existing(&self, mut step: Step, index: usize, found: &Policy) -> Step {
        let options = self.inputs.options;
        let wanted = comparable::is_assigned(&self.rewritten[index].policy);
        let write = match (options.assignments, options.existing_assignments) {
            (AssignmentMode::None, _) => false,
            _ if step.assignment_differences.is_empty() || step.action == Action::ExistsDiffers => false,
            (_, ExistingAssignments::Replace) => true,
            (_, ExistingAssignments::Merge) => wanted,
            (_, ExistingAssignments::Leave) => wanted && !comparable::is_assigned(found),
        };
        if write {
            step.assignments = AssignmentAction::Write;
        }
        self.hold(step, index)
    }

    /// Holds assignments back that would hit more people than anyone looked at.
    fn hold(&self, mut step: Step, index: usize) -> Step {
        let item = &self.rewritten[index];
        if step.assignments != AssignmentAction::Write {
            return step;
        }
        if comparable::is_broad(&item.policy) && !self.inputs.options.allow_broad {
            let message = "assigned to all users or all devices; created without assignments";
            step.findings.push(Finding::new(&codes::BROAD_ASSIGNMENT_HELD, step.subject(), message));
            step.assignments = AssignmentAction::Held;
        }
        if item.assignments_held {
            step.assignments = AssignmentAction::Held;
        }
        step
    }
}

fn blocked(mut step: Step, code: &crate::finding::Code, message: String, fix: Option<String>) -> Step {
    let mut finding = Finding::new(code, step.subject(), message);
    finding.severity = Severity::Error;
    if let Some(fix) = fix.filter(|fix| !fix.is_empty()) {
        finding = finding.fix(fix);
    }
    step.findings.push(finding);
    step.action = Action::Blocked;
    step
}

/// The top-level property of a pointer.
pub fn top(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}
