//! What a mapping wants made in the target although no policy of the tree is it: groups, and objects such as
//! scope tags and filters of which the tree's directory knows enough. Decides; making them is `groups`' and
//! the import's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::catalogue::{Catalogue, references};
use crate::finding::{Finding, codes};
use crate::mapping::{Decision, Entry, GROUP, Mapping, Need, Rewritten, Source, not_creatable, rewrite_beside};
use crate::policy::directory::Facts;
use crate::policy::{Kept, ObjectKey, Policy};
use crate::tree::Tree;

/// A group that the mapping wants created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupToCreate {
    /// Its id in the source.
    pub source_id: String,
    /// Its display name.
    pub name: String,
    /// What it is for, where the source says so.
    #[serde(default)]
    pub description: Option<String>,
    /// Set where its members are chosen by a rule; with the target's ids, as far as they are known.
    pub membership_rule: Option<String>,
    /// Source ids of groups to be created that the rule names; they come first.
    #[serde(default)]
    pub waits: Vec<String>,
}

impl GroupToCreate {
    /// The group of an entry; why not, where Graph, or prudence, would not have it.
    pub fn of(
        entry: &Entry,
        name: &str,
        directory: &crate::policy::Directory,
        catalogue: &Catalogue,
    ) -> Result<Self, String> {
        let nothing = Facts::new();
        let facts = directory.get(GROUP, entry.source_id()).unwrap_or(&nothing);
        if let Some(why) = not_creatable(GROUP, facts, catalogue) {
            return Err(format!("\"{name}\" cannot be created: {why}"));
        }
        let text = |property: &str| facts.get(property).and_then(Value::as_str).filter(|text| !text.is_empty());
        Ok(Self {
            source_id: entry.source_id().to_owned(),
            name: name.to_owned(),
            description: text("description").map(str::to_owned),
            membership_rule: text("membershipRule").map(str::to_owned),
            waits: Vec::new(),
        })
    }

    /// As a document, so that the rewriter does with it what it does with policies.
    fn document(&self) -> Policy {
        let mut body = Map::from_iter([(String::from("id"), Value::from(self.source_id.clone()))]);
        for (key, text) in [
            ("displayName", Some(&self.name)),
            ("description", self.description.as_ref()),
            ("membershipRule", self.membership_rule.as_ref()),
        ] {
            body.extend(text.map(|text| (key.to_owned(), Value::from(text.clone()))));
        }
        Policy::new(GROUP, body)
    }

    /// What the rewriter made of the document.
    fn take(&mut self, rewritten: Rewritten) {
        let made = rewritten.policy.open();
        let text = |property: &str| made.text(property).map(str::to_owned);
        self.name = text("displayName").unwrap_or_default();
        self.description = text("description");
        self.membership_rule = text("membershipRule");
        self.waits = rewritten.awaits.into_iter().map(|place| place.source_id.to_ascii_lowercase()).collect();
    }
}

/// Puts the target's ids into the membership rules. A group whose rule names what is not decided, or would
/// take something of the source with it, is not made: its entry's source id and the reasons come back.
pub fn rewrite_rules(
    source: &Source<'_>,
    mapping: &Mapping,
    groups: &mut Vec<GroupToCreate>,
) -> Vec<(String, Vec<Finding>)> {
    let documents: Vec<Policy> = groups.iter().map(GroupToCreate::document).collect();
    let mut refused: Vec<(String, Vec<Finding>)> = Vec::new();
    let rewritten = rewrite_beside(source, Some(mapping), &documents);
    let mut kept = Vec::new();
    for (mut group, one) in groups.drain(..).zip(rewritten) {
        let other = one.awaits.iter().any(|place| !matches!(&place.needs, Need::Create { kind, .. } if kind == GROUP));
        if one.blocked || other {
            let mut findings = one.findings;
            if findings.is_empty() {
                let message = "its membership rule names an object that only the import creates";
                findings.push(Finding::new(
                    &codes::UNKNOWN_REFERENCE,
                    documents[kept.len() + refused.len()].subject(),
                    message,
                ));
            }
            refused.push((group.source_id, findings));
        } else {
            group.take(one);
            kept.push(group);
        }
    }
    *groups = kept;
    refused
}

/// Only the groups that something needs, those first that others wait for.
pub fn in_order(wanted: Vec<GroupToCreate>, awaited: &BTreeSet<&str>) -> Vec<GroupToCreate> {
    let mut needed: BTreeSet<String> = awaited.iter().map(|id| id.to_ascii_lowercase()).collect();
    loop {
        let before = needed.len();
        let waits = wanted
            .iter()
            .filter(|group| needed.contains(&group.source_id.to_ascii_lowercase()))
            .flat_map(|group| &group.waits);
        let waits: Vec<String> = waits.cloned().collect();
        needed.extend(waits);
        if needed.len() == before {
            break;
        }
    }
    let mut left: Vec<GroupToCreate> =
        wanted.into_iter().filter(|group| needed.contains(&group.source_id.to_ascii_lowercase())).collect();
    let mut sorted: Vec<GroupToCreate> = Vec::new();
    loop {
        let made: BTreeSet<String> = sorted.iter().map(|group| group.source_id.to_ascii_lowercase()).collect();
        let ready = |group: &GroupToCreate| group.waits.iter().all(|wanted| made.contains(wanted));
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(ready);
        if now.is_empty() {
            // Rules that name each other in a circle: they are tried, and say what is missing.
            sorted.extend(later);
            return sorted;
        }
        sorted.extend(now);
        left = later;
    }
}

/// What the plan says of a group that it makes.
pub fn announce(group: &GroupToCreate) -> Finding {
    let members = match group.membership_rule {
        Some(_) => "its membership rule selects its members",
        None => "the group is empty until someone adds members, so its assignments have no effect until then",
    };
    let subject = format!("{GROUP}/{}", group.name);
    Finding::new(&codes::GROUP_TO_CREATE, subject, format!("the group is created; {members}"))
}

/// Policies made from what the directory knows, for entries that say `create` of something that the tree does
/// not hold; only those that one of the chosen policies refers to.
pub fn remade<'a>(
    catalogue: &Catalogue,
    mapping: Option<&Mapping>,
    tree: &Tree,
    chosen: impl Iterator<Item = &'a Kept>,
    with_assignments: bool,
) -> Vec<Policy> {
    let wanted: BTreeMap<ObjectKey, &Entry> = mapping
        .into_iter()
        .flat_map(|mapping| &mapping.entries)
        .filter(|entry| entry.decision == Decision::Create && catalogue.get(&entry.kind).is_some())
        .filter(|entry| {
            !tree.policies.iter().any(|policy| {
                policy.type_name == entry.kind
                    && policy.id().is_some_and(|id| id.eq_ignore_ascii_case(entry.source_id()))
            })
        })
        .map(|entry| (ObjectKey::new(&entry.kind, entry.source_id()), entry))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let used: BTreeSet<ObjectKey> = chosen
        .flat_map(|policy| references(&policy.open(), catalogue))
        .filter(|found| with_assignments || !found.in_assignments())
        .map(|found| found.target())
        .collect();
    wanted
        .into_iter()
        .filter(|(key, _)| used.contains(key))
        .filter_map(|(_, entry)| remake(catalogue, tree, entry))
        .collect()
}

/// The tree's policies, and those created again after them.
pub fn all_policies(tree: &Tree, remade: Vec<Policy>) -> Cow<'_, [Kept]> {
    if remade.is_empty() {
        return Cow::Borrowed(&tree.policies);
    }
    Cow::Owned(tree.policies.iter().cloned().chain(remade.into_iter().map(Policy::keep)).collect())
}

fn remake(catalogue: &Catalogue, tree: &Tree, entry: &Entry) -> Option<Policy> {
    let policy_type = catalogue.get(&entry.kind)?;
    let facts = tree.directory.get(&entry.kind, entry.source_id())?;
    if not_creatable(&entry.kind, facts, catalogue).is_some() {
        return None;
    }
    let mut body: Map<String, Value> = policy_type
        .recreate_from
        .iter()
        .map(String::as_str)
        .chain(["@odata.type"])
        .filter_map(|property| Some((property.to_owned(), facts.get(property)?.clone())))
        .collect();
    if let Some(name) = entry.target.as_ref().and_then(|target| target.name.clone()) {
        body.insert(policy_type.name_property.clone(), Value::from(name));
    }
    body.insert(String::from("id"), Value::from(entry.source_id()));
    Some(Policy::new(&entry.kind, body))
}
