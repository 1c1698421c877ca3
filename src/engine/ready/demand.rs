//! What the policies of a tree need of the tenant that they go to: prerequisites, platforms, groups, addresses. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::state::ServerAddress;
use crate::catalogue::check::PolicyNeed;
use crate::catalogue::model::TypeVerdict;
use crate::catalogue::prerequisite::Prerequisite;
use crate::catalogue::{Catalogue, PolicyType, references};
use crate::mapping::{Decision, GROUP, Mapping, Rewriting, Source};
use crate::policy::assignment::Target;
use crate::policy::{Kept, Policy};

/// What a tree needs.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    /// How many policies were looked at.
    pub policies: usize,
    /// How many policies each platform has.
    pub platforms: BTreeMap<String, usize>,
    /// By the name of a prerequisite: how many policies need it, and for which platforms.
    pub needs: BTreeMap<String, PrerequisiteNeed>,
    /// The types of the policies.
    pub types: BTreeSet<String>,
    /// The groups, by their ids in the target.
    pub groups: BTreeMap<String, Use>,
    /// Groups that the mapping does not decide, by name.
    pub undecided: BTreeSet<String>,
    /// Groups that the import creates, by name.
    pub created: BTreeSet<String>,
    /// How many policies apply to all users.
    pub all_users: usize,
    /// Compliance policies that are assigned, and that are not.
    pub judging: (usize, usize),
    /// Policies that demand a compliant device: those that are on, and the others.
    pub demanding: (usize, usize),
    /// The addresses that policies name.
    pub addresses: Vec<ServerAddress>,
}

/// How a prerequisite is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrerequisiteNeed {
    /// By so many policies.
    pub policies: usize,
    /// For these platforms.
    pub platforms: BTreeSet<String>,
}

/// What a group is used for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Use {
    /// Its name in the source, for who cannot read it in the target.
    pub name: String,
    /// Policies that apply to it.
    pub included: usize,
    /// Policies that leave it out.
    pub excluded: usize,
    /// Policies that reach users only.
    pub for_users: usize,
    /// Policies that reach devices only.
    pub for_devices: usize,
    /// Roles and approvals that it is used for.
    pub for_roles: usize,
}

/// The tree, with what is known of it.
pub struct Wanted<'a> {
    /// What would be rewritten.
    pub source: Source<'a>,
    /// The mapping.
    pub mapping: Option<&'a Mapping>,
    /// The policies that are meant.
    pub policies: Vec<&'a Kept>,
}

/// Collects what policies need.
pub fn collect(wanted: &Wanted<'_>, now: Timestamp) -> Demand {
    let catalogue = wanted.source.catalogue;
    let mut demand = Demand::default();
    let rewriting = Rewriting::new(&wanted.source, wanted.mapping);
    for policy in wanted.policies.iter().map(|policy| policy.open()) {
        let Some(policy_type) = catalogue.get(&policy.type_name) else { continue };
        let verdict = policy_type.verdict_of(&policy);
        if verdict == TypeVerdict::Retired {
            continue;
        }
        demand.policies += 1;
        let is_default = policy_type.default_rule(&policy).is_some();
        if verdict != TypeVerdict::TenantBound && !is_default {
            demand.types.insert(policy.type_name.clone());
        }
        let platforms: BTreeSet<String> = platforms(catalogue, &policy).map(str::to_owned).collect();
        // What is bound to its tenant shows what the other one needs, and moves no one's device.
        if verdict != TypeVerdict::TenantBound {
            for name in &platforms {
                *demand.platforms.entry(name.clone()).or_default() += 1;
            }
        }
        for prerequisite in catalogue.shared.prerequisites.iter().filter(|it| it.check.is_some()) {
            if needs(policy_type, &policy, prerequisite, &platforms, now) {
                let need = demand.needs.entry(prerequisite.name.clone()).or_default();
                need.policies += 1;
                need.platforms.extend(platforms.iter().cloned());
            }
        }
        if verdict != TypeVerdict::TenantBound {
            demand.audience(wanted, &policy);
            demand.compliance(catalogue, policy_type, &policy, now);
        }
        if !policy_type.addresses.is_empty() {
            demand.addresses(policy_type, policy, &rewriting);
        }
    }
    demand
}

/// The platforms that a policy is for.
fn platforms<'a>(catalogue: &'a Catalogue, policy: &Policy) -> impl Iterator<Item = &'a str> {
    let of = catalogue.shared.platforms.iter().filter(|platform| platform.is_of(policy));
    of.map(|platform| platform.name.as_str()).collect::<Vec<_>>().into_iter()
}

fn needs(
    policy_type: &PolicyType,
    policy: &Policy,
    prerequisite: &Prerequisite,
    platforms: &BTreeSet<String>,
    now: Timestamp,
) -> bool {
    let Some(check) = &prerequisite.check else { return false };
    let is_below = prerequisite.below.iter().any(|path| policy_type.path.starts_with(path.as_str()));
    let by_type = policy_type.needs.iter().filter(|need| need.what == prerequisite.name);
    is_below
        || by_type.into_iter().any(|need| need.when.as_ref().is_none_or(|when| when.holds_in(&policy.body)))
        || check.platforms.iter().any(|platform| platforms.contains(platform))
        || check.policies.iter().any(|need| need.is_of(policy, now))
}

impl Demand {
    /// The groups of a policy, and whether it applies to everyone.
    fn audience(&mut self, wanted: &Wanted<'_>, policy: &Policy) {
        let catalogue = wanted.source.catalogue;
        let targets = policy.assignments().iter().map(Target::of);
        self.all_users += usize::from(targets.clone().any(|target| target == Target::AllUsers));
        let rules = &catalogue.shared.group_use;
        let is_in = |list: &[String]| usize::from(list.contains(&policy.type_name));
        let mut seen = BTreeSet::new();
        for found in references(policy, catalogue).into_iter().filter(|found| found.kind == GROUP) {
            let is_excluded = crate::mapping::excludes(&found);
            if !seen.insert((found.id.to_ascii_lowercase(), is_excluded)) {
                continue;
            }
            let Some(id) = self.in_target(wanted, &found.id) else { continue };
            let group = self.groups.entry(id).or_default();
            if group.name.is_empty() {
                wanted.source.directory.name(GROUP, &found.id).unwrap_or(&found.id).clone_into(&mut group.name);
            }
            let roles = is_in(&rules.for_roles);
            group.for_roles += roles;
            match (is_excluded, roles) {
                (true, _) => group.excluded += 1,
                (false, 0) => {
                    group.included += 1;
                    group.for_users += is_in(&rules.for_users);
                    group.for_devices += is_in(&rules.for_devices);
                }
                _ => {}
            }
        }
    }

    /// A group's id in the target; none where there is none yet.
    fn in_target(&mut self, wanted: &Wanted<'_>, id: &str) -> Option<String> {
        let name = || wanted.source.directory.name(GROUP, id).unwrap_or(id).to_owned();
        let lower = id.to_ascii_lowercase();
        let entry = wanted.mapping.and_then(|mapping| mapping.entry(GROUP, id));
        let Some(entry) = entry else {
            if wanted.source.already_rewritten || wanted.source.same_tenant {
                return Some(lower);
            }
            self.undecided.insert(name());
            return None;
        };
        match entry.decision {
            Decision::Map | Decision::Create if entry.object_id().is_some() => {
                entry.object_id().map(str::to_ascii_lowercase)
            }
            Decision::Create => {
                self.created.insert(name());
                None
            }
            Decision::Drop => None,
            Decision::Keep => Some(lower),
            Decision::Map | Decision::Undecided => {
                self.undecided.insert(name());
                None
            }
        }
    }

    fn compliance(&mut self, catalogue: &Catalogue, policy_type: &PolicyType, policy: &Policy, now: Timestamp) {
        let rules = &catalogue.shared.lock_out;
        if rules.judged_by.contains(&policy.type_name) {
            let is_assigned = policy.assignments().iter().any(|it| !Target::of(it).is_exclusion());
            if is_assigned { self.judging.0 += 1 } else { self.judging.1 += 1 }
        }
        if rules.demanded_by.iter().any(|need: &PolicyNeed| need.is_of(policy, now)) {
            let is_waiting = policy_type.enabled_by.as_ref().is_some_and(|gate| gate.is_waiting(&policy.body));
            if is_waiting { self.demanding.1 += 1 } else { self.demanding.0 += 1 }
        }
    }

    /// The addresses of a policy, as they are and as they will be.
    fn addresses(&mut self, policy_type: &PolicyType, policy: Policy, rewriting: &Rewriting<'_>) {
        let given = policy.to_value();
        let places: Vec<String> = policy_type.addresses.iter().flat_map(|path| path.find(&given)).collect();
        if places.is_empty() {
            return;
        }
        let name = policy.name();
        let rewritten = rewriting.one(policy).policy.to_value();
        for place in places {
            let text = |document: &serde_json::Value| {
                document.pointer(&place).and_then(serde_json::Value::as_str).map(str::to_owned)
            };
            let Some(address) = text(&given) else { continue };
            let in_target = text(&rewritten).unwrap_or_else(|| address.clone());
            self.addresses.push(ServerAddress {
                type_name: policy_type.name.clone(),
                policy: name.clone(),
                address,
                in_target,
            });
        }
    }
}
