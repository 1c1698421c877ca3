//! Holds a mapping against the target tenant: do the objects it names exist, under that name? And which
//! groups does it want created? What does not hold becomes undecided, which blocks those who use it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::anew::{self, GroupToCreate};
use super::read::encode;
use super::resolve::TargetIds;
use super::{inventory, lookup};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};
use crate::graph::{Api, Client, GraphError};
use crate::mapping::{self, Decision, Entry, GROUP, Inventory, Mapping, Named, Source};
use crate::policy::directory::Facts;
use crate::policy::{Directory, TenantInfo};
use crate::tree::Tree;

/// How a mapping's entry says that an import made the object.
pub const IMPORTED: &str = "imported";

/// A mapping held against the target.
#[derive(Debug, Default)]
pub struct Checked {
    /// With names resolved to ids, and undecided where it does not hold.
    pub mapping: Option<Mapping>,
    /// Groups to create.
    pub groups: Vec<GroupToCreate>,
    /// Groups that the mapping wants created, or an earlier import created, and that are there but still
    /// empty: for them the rules of created groups hold.
    pub empty: TargetIds,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// Holds a mapping against the target.
pub async fn check(
    client: &Client,
    catalogue: &Catalogue,
    mapping: Option<&Mapping>,
    tree: &Tree,
    target: &TenantInfo,
) -> Result<Checked, GraphError> {
    let mut checked = Checked { mapping: mapping.cloned(), ..Checked::default() };
    let Some(mapping) = &mut checked.mapping else { return Ok(checked) };
    let inventory = named_objects(client, catalogue, mapping, target).await?;
    checked.findings = mapping::check(mapping, tree.manifest.tenant.as_ref(), &inventory);
    let broken = |entry: &Entry, findings: &[Finding]| {
        let names = |finding: &&Finding| finding.subject == entry.subject();
        let bad =
            |finding: &&Finding| finding.is(&codes::MAPPING_TARGET_MISSING) || finding.is(&codes::AMBIGUOUS_MATCH);
        findings.iter().filter(names).find(bad).map(|finding| finding.message.clone())
    };
    for entry in &mut mapping.entries {
        match entry.decision {
            Decision::Map => {
                if let Some(why) = broken(entry, &checked.findings) {
                    leave_undecided(entry, &why);
                } else if let (None, Some(name)) = (entry.target_id(), wanted_name(entry))
                    && let Ok(id) = inventory.id_by_name(&entry.kind, &name)
                {
                    entry.target = Some(Named::new(id, Some(&name)));
                }
                if entry.kind == GROUP
                    && entry.how.as_deref() == Some(IMPORTED)
                    && let Some(id) = entry.target_id().map(str::to_owned)
                    && is_empty(client, &id).await?
                {
                    checked.empty.insert(GROUP, entry.source_id(), &id);
                    entry.decision = Decision::Create;
                }
            }
            Decision::Create if entry.kind == GROUP => {
                let name = wanted_name(entry).unwrap_or_default();
                match create(entry, &name, &inventory, &tree.directory, catalogue) {
                    Ok(Creation::New(group)) => checked.groups.push(group),
                    Ok(Creation::There(id)) => {
                        let message = format!("a group called \"{name}\" exists already; it is used");
                        checked.findings.push(Finding::new(&codes::GROUP_EXISTS, entry.subject(), message));
                        if is_empty(client, &id).await? {
                            checked.empty.insert(GROUP, entry.source_id(), &id);
                        } else {
                            entry.target = Some(Named::new(&id, Some(&name)));
                            entry.decision = Decision::Map;
                        }
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
    checked.rewrite_rules(catalogue, tree);
    Ok(checked)
}

impl Checked {
    /// Puts the target's ids into the rules of the groups to create. What cannot be made leaves its entry
    /// undecided, and with it those whose rules name it.
    fn rewrite_rules(&mut self, catalogue: &Catalogue, tree: &Tree) {
        let source = Source {
            catalogue,
            policies: &tree.policies,
            directory: &tree.directory,
            tenant: tree.manifest.tenant.as_ref(),
            already_rewritten: false,
            ignore_assignments: false,
            same_tenant: false,
        };
        let Some(mapping) = &mut self.mapping else { return };
        loop {
            let refused = anew::rewrite_rules(&source, mapping, &mut self.groups);
            if refused.is_empty() {
                return;
            }
            for (id, findings) in refused {
                if let Some(entry) = mapping.entries.iter_mut().find(|entry| entry.is_for(GROUP, &id)) {
                    let why = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
                    leave_undecided(entry, &format!("it cannot be created: {why}"));
                }
                self.findings.extend(findings);
            }
        }
    }
}

/// Whether a group has no members; one whose members may not be read counts as empty.
async fn is_empty(client: &Client, id: &str) -> Result<bool, GraphError> {
    match client.get(Api::V1, &format!("groups/{}/members?$top=1&$select=id", encode(id))).await {
        Ok(page) => Ok(page.get("value").and_then(Value::as_array).is_none_or(Vec::is_empty)),
        Err(error) if error.is_forbidden() || error.is_not_found() => Ok(true),
        Err(error) => Err(error),
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
    client: &Client,
    catalogue: &Catalogue,
    mapping: &Mapping,
    target: &TenantInfo,
) -> Result<Inventory, GraphError> {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for entry in &mapping.entries {
        if let (Decision::Map, Some(id)) = (entry.decision, entry.target_id())
            && catalogue.get(&entry.kind).is_none()
        {
            ids.entry(entry.kind.clone()).or_default().insert(id.to_owned());
        }
        names.entry(&entry.kind).or_default().extend(wanted_name(entry));
    }
    let mut inventory = Inventory { tenant: target.clone(), ..Inventory::default() };
    for (kind, id, facts) in lookup::look_up(client, catalogue, &ids).await?.iter() {
        let list = inventory.objects.entry(kind.to_owned()).or_default();
        if facts.get("state").and_then(Value::as_str) != Some("missing") {
            list.push(with_id(facts.clone(), id));
        }
    }
    names.retain(|_, names| !names.is_empty());
    for (kind, names) in names {
        let Some(found) = inventory::named(client, catalogue, kind, &names).await? else { continue };
        let list = inventory.objects.entry(kind.to_owned()).or_default();
        // What an entry names by its id is held against the target when the plan looks for it.
        let by_id = mapping.entries.iter().filter(|entry| entry.kind == kind).filter_map(Entry::target_id);
        if catalogue.get(kind).is_some() {
            list.extend(by_id.map(|id| with_id(Facts::default(), id)));
        }
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
        Err(several) => Err(format!("the target has {several} groups called \"{name}\"")),
    }
}
