//! Holds a mapping against the target tenant: do the objects it names exist, under that name? And which
//! groups does it want created? What does not hold becomes undecided, which blocks those who use it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::resolve::Resolved;
use super::{inventory, lookup};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};
use crate::graph::{Client, GraphError};
use crate::mapping::{Decision, Entry, Mapping};
use crate::policy::Directory;
use crate::policy::directory::Facts;
use crate::tree::Tree;

/// The only directory kind that an import creates.
const GROUP: &str = "group";

/// A group that the mapping wants created.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupToCreate {
    /// Its id in the source.
    pub source_id: String,
    /// Its display name.
    pub name: String,
    /// Set where its members are chosen by a rule.
    pub membership_rule: Option<String>,
}

/// A mapping held against the target.
#[derive(Debug, Default)]
pub struct Checked {
    /// With names resolved to ids, and undecided where it does not hold.
    pub mapping: Option<Mapping>,
    /// Ids of groups that are to be created but exist already.
    pub resolved: Resolved,
    /// Groups to create.
    pub groups: Vec<GroupToCreate>,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// Holds a mapping against the target.
pub async fn check(client: &Client, mapping: Option<&Mapping>, tree: &Tree) -> Result<Checked, GraphError> {
    let mut checked = Checked { mapping: mapping.cloned(), ..Checked::default() };
    let Some(mapping) = &mut checked.mapping else { return Ok(checked) };

    let names: BTreeSet<String> =
        mapping.entries.iter().filter(|entry| entry.kind == GROUP).filter_map(wanted_name).map(str::to_owned).collect();
    let named = inventory::groups_named(client, &names).await?;
    for entry in mapping.entries.iter_mut().filter(|entry| entry.kind == GROUP) {
        let Some(name) = wanted_name(entry).map(str::to_owned) else { continue };
        let found = named.get(&name).map(Vec::as_slice).unwrap_or_default();
        match (entry.decision, found) {
            (Decision::Map, [only]) => set_target(entry, only),
            (Decision::Map, []) => {
                refuse(entry, &mut checked.findings, &format!("the target has no group called \"{name}\""))
            }
            (Decision::Create, []) => match group_to_create(entry, &name, &tree.directory) {
                Ok(group) => checked.groups.push(group),
                Err(why) => refuse(entry, &mut checked.findings, &why),
            },
            (Decision::Create, [only]) => {
                let message = format!("a group called \"{name}\" exists already; it is used");
                checked.findings.push(Finding::new(&codes::GROUP_EXISTS, subject(entry), message));
                set_target(entry, only);
                entry.decision = Decision::Map;
            }
            (_, several) => {
                let why = format!("the target has {} groups called \"{name}\"", several.len());
                refuse(entry, &mut checked.findings, &why);
            }
        }
    }
    check_ids(client, mapping, &mut checked.findings).await?;
    Ok(checked)
}

/// The name to look for in the target: of a target without an id, or of a group to create.
fn wanted_name(entry: &Entry) -> Option<&str> {
    match entry.decision {
        Decision::Map => {
            let target = entry.target.as_ref().filter(|target| target.id.is_none())?;
            target.name.as_deref()
        }
        Decision::Create => {
            entry.target.as_ref().and_then(|target| target.name.as_deref()).or(entry.source.name.as_deref())
        }
        _ => None,
    }
}

fn set_target(entry: &mut Entry, id: &str) {
    let name = entry.target.as_ref().and_then(|target| target.name.clone()).or_else(|| entry.source.name.clone());
    entry.target = Some(crate::mapping::Named { id: Some(id.to_owned()), name });
}

fn refuse(entry: &mut Entry, findings: &mut Vec<Finding>, why: &str) {
    findings.push(Finding::new(&codes::MAPPING_TARGET_MISSING, subject(entry), why));
    entry.decision = Decision::Undecided;
    entry.why = Some(why.to_owned());
}

fn subject(entry: &Entry) -> String {
    let id = entry.source.id.as_deref().unwrap_or_default();
    format!("{}/{}", entry.kind, entry.source.name.as_deref().unwrap_or(id))
}

/// A group as it is created: never mail-enabled, role-assignable, or one that another system owns.
fn group_to_create(entry: &Entry, name: &str, directory: &Directory) -> Result<GroupToCreate, String> {
    let source_id = entry.source.id.clone().unwrap_or_default();
    let nothing = Facts::new();
    let facts = directory.get(GROUP, &source_id).unwrap_or(&nothing);
    let is = |property: &str| facts.get(property) == Some(&Value::Bool(true));
    if is("mailEnabled") {
        return Err(format!("\"{name}\" is mail-enabled, and such groups cannot be created through Graph"));
    }
    if is("isAssignableToRole") {
        return Err(format!("\"{name}\" can hold directory roles; create it by hand"));
    }
    if facts.get("onPremisesSecurityIdentifier").is_some_and(|sid| !sid.is_null()) {
        return Err(format!("\"{name}\" is synchronised from on-premises; synchronise it to the target"));
    }
    let rule = facts.get("membershipRule").and_then(Value::as_str).filter(|rule| !rule.is_empty());
    Ok(GroupToCreate { source_id, name: name.to_owned(), membership_rule: rule.map(str::to_owned) })
}

/// Every directory object the mapping names by id must exist; its name should be the one given.
async fn check_ids(client: &Client, mapping: &mut Mapping, findings: &mut Vec<Finding>) -> Result<(), GraphError> {
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, id) in mapping.entries.iter().filter_map(mapped_id) {
        if lookup::collection_of(&kind).is_some() {
            ids.entry(kind).or_default().insert(id);
        }
    }
    let found = lookup::look_up(client, &Catalogue::default(), &ids).await?;
    for entry in &mut mapping.entries {
        let Some((kind, id)) = mapped_id(entry) else { continue };
        let Some(facts) = found.get(&kind, &id) else { continue };
        if facts.get("state").and_then(Value::as_str) == Some("missing") {
            refuse(entry, findings, &format!("the target has no {kind} with the id {id}"));
            continue;
        }
        let expected = entry.target.as_ref().and_then(|target| target.name.as_deref());
        if let (Some(expected), Some(actual)) = (expected, found.name(&kind, &id))
            && expected != actual
        {
            let message = format!("the mapping calls {id} \"{expected}\", the target calls it \"{actual}\"");
            findings.push(Finding::new(&codes::MAPPING_NAME_DIFFERS, subject(entry), message));
        }
    }
    Ok(())
}

fn mapped_id(entry: &Entry) -> Option<(String, String)> {
    let id = entry.target.as_ref()?.id.clone()?;
    (entry.decision == Decision::Map).then(|| (entry.kind.clone(), id))
}
