//! Holds a mapping against the target tenant: do the objects it names exist, under that name? And which
//! groups does it want created? What does not hold becomes undecided, which blocks those who use it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::narrowing::{Loosened, narrowing};
use super::new_objects;
use super::new_objects::GroupToCreate;
use super::target_ids::TargetIds;
use crate::catalogue::{Catalogue, references};
use crate::engine::error::EngineError;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::group_members::{Nobody, excluded, nobody_in};
use crate::engine::tenant::inventory::Listed;
use crate::engine::tenant::{directory_lookup, inventory};
use crate::finding::{Finding, codes};
use crate::graph::{Client, GraphError};
use crate::mapping::{self, Decision, Entry, GROUP, IMPORTED, Inventory, Makeable, Mapping, Named, SIGN_IN, Source};
use crate::policy::directory::Facts;
use crate::policy::{Directory, Kept, ObjectKey, TenantInfo};
use crate::tree::Tree;

/// A mapping held against the target.
#[derive(Debug, Default)]
pub struct Checked {
    /// With names resolved to ids, and undecided where it does not hold.
    pub mapping: Option<Mapping>,
    /// Groups to create.
    pub groups: Vec<GroupToCreate>,
    /// Groups that are there but have no members: where something excludes them, the rules of groups that are still
    /// to be created hold.
    pub empty: TargetIds,
    /// What narrows less in the target.
    pub(crate) differing: Loosened,
    /// Entries, by kind and source id, whose object is not in the target, or not only once.
    pub(crate) lost: BTreeMap<ObjectKey, Finding>,
    /// What does not hold, but for policies that take part: their own steps say it.
    pub findings: Vec<Finding>,
}

/// What the policies that may be written use in a way that holds them back.
pub(crate) struct Used {
    /// Groups that something excludes, by their ids in small letters.
    pub(crate) excluded: BTreeSet<String>,
    /// What narrows something.
    pub(crate) narrowing: BTreeSet<ObjectKey>,
    /// What is referred to at all.
    pub(crate) referred: BTreeSet<ObjectKey>,
    /// The policies themselves.
    pub(crate) own: BTreeSet<ObjectKey>,
    /// Every entry matters, whether something uses it or not.
    pub(crate) everything: bool,
}

impl Used {
    /// By some policies.
    pub(crate) fn by<'a>(
        catalogue: &Catalogue,
        policies: impl Iterator<Item = &'a Kept>,
        with_assignments: bool,
    ) -> Self {
        let mut used = Self {
            excluded: BTreeSet::new(),
            narrowing: BTreeSet::new(),
            referred: BTreeSet::new(),
            own: BTreeSet::new(),
            everything: false,
        };
        for policy in policies {
            let found = references(&policy.open(), catalogue);
            used.excluded.extend(excluded(&found, with_assignments));
            used.narrowing.extend(narrowing(catalogue, &found, with_assignments));
            let counted = found.iter().filter(|found| with_assignments || !found.in_assignments());
            used.referred.extend(counted.map(|found| ObjectKey::new(&found.kind, &found.id)));
            used.own.insert(ObjectKey::of(policy));
        }
        used
    }

    /// Whether the target of an entry counts. A rewritten tree names the target's objects.
    fn matters(&self, entry: &Entry, target: &str) -> bool {
        let is_used = |id: &str| {
            let own = ObjectKey::new(&entry.kind, id);
            self.referred.contains(&own) || self.own.contains(&own)
        };
        self.everything || is_used(entry.source_id()) || is_used(target)
    }
}

/// Refuses a mapping that was made for other tenants.
pub(crate) fn check_tenants(mapping: Option<&Mapping>, tree: &Tree, target: &TenantInfo) -> Result<(), EngineError> {
    let others =
        mapping.and_then(|mapping| mapping::made_for_others(mapping, tree.manifest.tenant.as_ref(), Some(target)));
    match others {
        None => Ok(()),
        Some(message) => Err(EngineError::Refused {
            message,
            fix: String::from("Use the mapping for these two tenants, or create one with map."),
        }),
    }
}

/// Holds a mapping against the target. `listed` is what was read of it, by policy type.
pub(crate) async fn check(
    tenant: Tenant<'_>,
    mapping: Option<&Mapping>,
    tree: &Tree,
    target: &TenantInfo,
    used: &Used,
    listed: &Listed,
) -> Result<Checked, GraphError> {
    let mut checked = Checked { mapping: mapping.cloned(), ..Checked::default() };
    let Some(mapping) = &mut checked.mapping else { return Ok(checked) };
    sign_in_names(mapping, tenant.catalogue);
    let inventory = named_objects(tenant, mapping, target, used, listed).await?;
    let makeable = Makeable::of(&source(tenant.catalogue, tree));
    for (place, finding) in mapping::check(mapping, &inventory, &|entry| makeable.has(entry)) {
        let Some(entry) = mapping.entries.get(place) else { continue };
        let own = ObjectKey::new(&entry.kind, entry.source_id());
        let is_lost = finding.is(&codes::MAPPING_TARGET_MISSING) || finding.is(&codes::AMBIGUOUS_MATCH);
        if !(is_lost && used.own.contains(&own)) {
            checked.findings.push(finding.clone());
        }
        if is_lost {
            checked.lost.insert(own, finding);
        }
    }
    // Groups that this program made, now or before: what excludes them waits until somebody is in them.
    let mut made: BTreeSet<String> = BTreeSet::new();
    for entry in &mut mapping.entries {
        match entry.decision {
            Decision::Map => {
                if let Some(finding) = checked.lost.get(&ObjectKey::new(&entry.kind, entry.source_id())) {
                    leave_undecided(entry, &finding.message);
                } else if let (None, Some(name)) = (entry.target_id(), wanted_name(entry))
                    && let Ok(id) = inventory.id_by_name(&entry.kind, &name)
                {
                    entry.target = Some(Named::new(id, Some(&name)));
                }
                if entry.kind == GROUP && entry.how.as_deref() == Some(IMPORTED) {
                    made.insert(entry.source_id().to_owned());
                }
            }
            Decision::Create if entry.kind == GROUP => {
                let name = wanted_name(entry).unwrap_or_default();
                match create(entry, &name, &inventory, &tree.directory, tenant.catalogue) {
                    Ok(Creation::New(group)) => checked.groups.push(group),
                    Ok(Creation::There(id)) => {
                        let message = format!("a group named \"{name}\" already exists and is used");
                        checked.findings.push(Finding::new(&codes::GROUP_EXISTS, entry.subject(), message));
                        made.insert(entry.source_id().to_owned());
                        entry.target = Some(Named::new(&id, Some(&name)));
                        entry.decision = Decision::Map;
                    }
                    Err(why) => {
                        checked.findings.push(Finding::new(
                            &codes::MAPPING_TARGET_MISSING,
                            entry.subject(),
                            why.clone(),
                        ));
                        leave_undecided(entry, &why);
                    }
                }
            }
            _ => {}
        }
    }
    checked.differing = Loosened::of_mapping(tenant, mapping, tree, &used.narrowing, &inventory).await?;
    checked.findings.extend(checked.differing.not_compared());
    checked.find_empty(tenant.client, &used.excluded, &made).await?;
    checked.rewrite_rules(tenant.catalogue, tree);
    Ok(checked)
}

impl Checked {
    /// Looks for groups that have no members: those that the program `made`, and those that something excludes.
    async fn find_empty(
        &mut self,
        client: &Client,
        excluded: &BTreeSet<String>,
        made: &BTreeSet<String>,
    ) -> Result<(), GraphError> {
        let entries = self.mapping.iter_mut().flat_map(|mapping| &mut mapping.entries);
        // A tree that was rewritten names the target's groups.
        let is_excluded = |id: &str| excluded.contains(&id.to_ascii_lowercase());
        let asked: Vec<(String, &mut Entry)> = entries
            .filter(|entry| entry.kind == GROUP && entry.decision == Decision::Map && !entry.allow_widen)
            .filter_map(|entry| Some((entry.target_id()?.to_owned(), entry)))
            .filter(|(id, entry)| made.contains(entry.source_id()) || is_excluded(entry.source_id()) || is_excluded(id))
            .collect();
        let nobody = nobody_in(client, &asked.iter().map(|(id, _)| id.clone()).collect()).await?;
        for (id, entry) in asked {
            let was_made = made.contains(entry.source_id());
            let holds = match nobody.get(&id) {
                Some(Nobody::Empty) => true,
                Some(Nobody::ByRule) => was_made,
                Some(Nobody::Unknown) => {
                    if !was_made {
                        let message =
                            "its members cannot be read, so it is unknown whether the excluded group is empty";
                        self.findings.push(Finding::new(&codes::PREREQUISITE_UNKNOWN, entry.subject(), message));
                    }
                    was_made
                }
                None => false,
            };
            if holds {
                self.empty.insert(GROUP, entry.source_id(), &id);
                entry.decision = Decision::Create;
            }
        }
        Ok(())
    }

    /// Puts the target's ids into the rules of the groups to create. What cannot be made leaves its entry
    /// undecided, and with it those whose rules name it.
    fn rewrite_rules(&mut self, catalogue: &Catalogue, tree: &Tree) {
        let source = source(catalogue, tree);
        let Some(mapping) = &mut self.mapping else { return };
        loop {
            let refused = new_objects::rewrite_rules(&source, mapping, &mut self.groups);
            if refused.is_empty() {
                return;
            }
            for (id, findings) in refused {
                if let Some(entry) = mapping.entries.iter_mut().find(|entry| entry.is_for(GROUP, &id)) {
                    let why = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
                    leave_undecided(entry, &format!("the group cannot be created: {why}"));
                }
                self.findings.extend(findings);
            }
        }
    }
}

/// The tree as what the mapping is applied to.
pub(crate) fn source<'a>(catalogue: &'a Catalogue, tree: &'a Tree) -> Source<'a> {
    Source::new(catalogue, &tree.policies, &tree.directory, tree.manifest.tenant.as_ref())
}

/// What somebody signs in with is a name, also where an entry has it for an id.
fn sign_in_names(mapping: &mut Mapping, catalogue: &Catalogue) {
    let signs_in =
        |kind: &str| catalogue.directory_kind(kind).is_some_and(|kind| kind.keep.iter().any(|it| it == SIGN_IN));
    for entry in mapping.entries.iter_mut().filter(|entry| signs_in(&entry.kind)) {
        if let Some(target) =
            entry.target.as_mut().filter(|target| target.id.as_ref().is_some_and(|id| id.contains('@')))
        {
            target.name = target.id.take();
        }
    }
}

fn leave_undecided(entry: &mut Entry, why: &str) {
    entry.decision = Decision::Undecided;
    entry.why = Some(why.to_owned());
}

/// The name to look for in the target: of a target without an id, or of a group to create.
fn wanted_name(entry: &Entry) -> Option<String> {
    let target = entry.target.as_ref().and_then(|target| target.name.clone());
    match entry.decision {
        Decision::Map if entry.target_id().is_none() => target,
        Decision::Create => target.or_else(|| entry.source.name.clone()),
        _ => None,
    }
}

/// The target's objects that the mapping names, by id or by name.
async fn named_objects(
    tenant: Tenant<'_>,
    mapping: &Mapping,
    target: &TenantInfo,
    used: &Used,
    listed: &Listed,
) -> Result<Inventory, GraphError> {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut inventory = Inventory { tenant: target.clone(), ..Inventory::default() };
    let listed = known_ids(listed);
    for entry in &mapping.entries {
        names.entry(&entry.kind).or_default().extend(wanted_name(entry));
        let Some(id) = entry.target_id() else { continue };
        let policy_type = tenant.catalogue.get(&entry.kind);
        // Of policies only those matter that take part or are referred to.
        let is_used = policy_type.is_none() || used.matters(entry, id);
        let can_ask = policy_type.is_none_or(|of| !of.single && of.parent.is_none());
        let list = listed.get(entry.kind.as_str());
        if is_used && can_ask && list.is_none() {
            ids.entry(entry.kind.clone()).or_default().insert(id.to_owned());
            continue;
        }
        let is_there = |known: &HashSet<String>| known.contains(&id.to_ascii_lowercase());
        let is_there = list.and_then(Option::as_ref).is_none_or(is_there);
        let known = inventory.objects.entry(entry.kind.clone()).or_default();
        if is_there || !is_used {
            known.push(with_id(Facts::default(), id));
        }
    }
    for (kind, id, facts) in directory_lookup::look_up(tenant, &ids).await?.iter() {
        let list = inventory.objects.entry(kind.to_owned()).or_default();
        if facts.get("state").and_then(Value::as_str) != Some("missing") {
            list.push(with_id(facts.clone(), id));
        }
    }
    names.retain(|_, names| !names.is_empty());
    for (kind, names) in names {
        let Some(found) = inventory::named(tenant, kind, &names).await? else { continue };
        let list = inventory.objects.entry(kind.to_owned()).or_default();
        for (name, ids) in found {
            for id in ids {
                if !list.iter().any(|facts| facts.get("id").and_then(Value::as_str) == Some(&id)) {
                    let named = Facts::from_iter([(String::from("displayName"), Value::String(name.clone()))]);
                    list.push(with_id(named, &id));
                }
            }
        }
    }
    Ok(inventory)
}

/// The ids of what was listed, in small letters; none of a type that could not be read.
fn known_ids(listed: &Listed) -> HashMap<&str, Option<HashSet<String>>> {
    let ids = |list: &Vec<Kept>| list.iter().filter_map(Kept::id).map(str::to_ascii_lowercase).collect();
    listed.iter().map(|(kind, list)| (kind.as_str(), list.as_ref().ok().map(ids))).collect()
}

fn with_id(mut facts: Facts, id: &str) -> Facts {
    facts.insert(String::from("id"), Value::String(id.to_owned()));
    facts
}

/// What becomes of a group that the mapping wants created.
enum Creation {
    New(GroupToCreate),
    There(String),
}

/// A group of this name that is there already is used: a second run must not make a second one.
fn create(
    entry: &Entry,
    name: &str,
    inventory: &Inventory,
    directory: &Directory,
    catalogue: &Catalogue,
) -> Result<Creation, String> {
    match inventory.id_by_name(GROUP, name) {
        Ok(id) => Ok(Creation::There(id.to_owned())),
        Err(0) => GroupToCreate::of(entry, name, directory, catalogue).map(Creation::New),
        Err(several) => Err(format!("the target has {several} groups named \"{name}\"")),
    }
}
