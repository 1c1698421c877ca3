//! Groups and users in a foreign folder: recognized, and turned into facts of the directory. Not for
//! policies.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::identity;
use crate::catalogue::Catalogue;
use crate::policy::directory::Facts;
use crate::policy::{Directory, TenantInfo};

/// A kind of directory object.
struct Kind {
    name: &'static str,
    entity: &'static str,
    collection: &'static str,
    /// What finds the object again in another tenant (design: directory.json).
    keep: &'static [&'static str],
    /// Property sets that mark an object without any annotation.
    shapes: &'static [&'static [&'static str]],
}

/// The directory kind of groups.
pub(super) const GROUP: &str = "group";

const KINDS: &[Kind] = &[
    Kind {
        name: GROUP,
        entity: "group",
        collection: "groups",
        keep: &[
            "displayName",
            "mailNickname",
            "onPremisesSecurityIdentifier",
            "groupTypes",
            "membershipRule",
            "securityEnabled",
            "mailEnabled",
            "isAssignableToRole",
        ],
        shapes: &[&["displayName", "mailEnabled", "securityEnabled"], &["displayName", "membershipRule"]],
    },
    Kind {
        name: "user",
        entity: "user",
        collection: "users",
        keep: &["displayName", "userPrincipalName"],
        shapes: &[&["userPrincipalName"]],
    },
];

/// The directory kind whose objects are at a path.
pub(super) fn kind_of_collection(path: &str) -> Option<&'static str> {
    KINDS.iter().find(|kind| kind.collection == path).map(|kind| kind.name)
}

/// What IntuneManagement's table calls objects of a kind; none where it has no place for them.
pub(super) fn entity_of_kind(kind: &str) -> Option<&'static str> {
    match kind {
        GROUP => Some("Group"),
        "user" => Some("User"),
        _ => None,
    }
}

/// The directory kind of a Graph type.
pub(super) fn kind_of_entity(entity: &str) -> Option<&'static str> {
    KINDS.iter().find(|kind| kind.entity == entity).map(|kind| kind.name)
}

/// The directory kind that the nearest hint names, for an object that has a name.
pub(super) fn kind_by_hint<'a>(
    object: &Map<String, Value>,
    mut hints: impl Iterator<Item = &'a str>,
) -> Option<&'static str> {
    let hint = hints.next().filter(|_| object.contains_key("displayName"))?;
    KINDS.iter().find(|kind| kind.collection.eq_ignore_ascii_case(hint)).map(|kind| kind.name)
}

/// The directory kind that an object's properties show.
pub(super) fn kind_by_shape(object: &Map<String, Value>) -> Option<&'static str> {
    let full = |set: &&[&str]| set.iter().all(|property| object.contains_key(*property));
    KINDS.iter().find(|kind| kind.shapes.iter().any(full)).map(|kind| kind.name)
}

/// Puts a group or user into the directory; one without an id gets one from its facts.
pub(super) fn insert(directory: &mut Directory, kind: &str, object: &Map<String, Value>) {
    let names = KINDS.iter().find(|known| known.name == kind).map_or(&[][..], |known| known.keep);
    let facts: Facts = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), object.get(*name).filter(|value| !value.is_null())?.clone())))
        .collect();
    let id = match object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => identity::id_of(kind, &Value::Object(facts.clone())),
    };
    directory.insert(kind, &id, facts);
}

/// The policy type that a table means by `NamedLocation`: its folder is called so, in the plural.
fn policy_kind<'a>(of_type: &str, catalogue: &'a Catalogue) -> Option<&'a str> {
    let folder = format!("{of_type}s");
    let named = |known: &String| known.eq_ignore_ascii_case(of_type) || known.eq_ignore_ascii_case(&folder);
    catalogue.iter().find(|t| t.adopt.folders.iter().any(named)).map(|t| t.name.as_str())
}

/// IntuneManagement's `MigrationTable.json`.
#[derive(Debug, Default)]
pub(super) struct MigrationTable {
    /// The tenant.
    pub(super) tenant: TenantInfo,
    /// Names by kind and id.
    names: Vec<(String, String, String)>,
    /// How many objects of which type are nothing that is known.
    pub(super) others: BTreeMap<String, usize>,
}

impl MigrationTable {
    /// Reads a table; a single object may be where the list should be.
    pub(super) fn read(table: &Map<String, Value>, catalogue: &Catalogue) -> Self {
        let text = |object: &Value, key: &str| {
            object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let whole = Value::Object(table.clone());
        let tenant = TenantInfo {
            id: text(&whole, "TenantId"),
            display_name: text(&whole, "Organization"),
            ..TenantInfo::default()
        };
        let mut read = Self { tenant, ..Self::default() };
        let objects = match table.get("Objects") {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        for object in objects {
            let of_type = text(object, "Type").unwrap_or_default();
            let kind = KINDS.iter().find(|kind| kind.entity.eq_ignore_ascii_case(&of_type)).map(|kind| kind.name);
            let kind = kind.or_else(|| policy_kind(&of_type, catalogue));
            match (kind, text(object, "Id"), text(object, "DisplayName")) {
                (Some(kind), Some(id), Some(name)) => read.names.push((kind.to_owned(), id, name)),
                _ => *read.others.entry(of_type).or_default() += 1,
            }
        }
        read
    }

    /// Adds the names of objects that neither the directory nor the result has yet.
    pub(super) fn complete(&self, directory: &mut Directory, has_policy: impl Fn(&str, &str) -> bool) {
        for (kind, id, name) in &self.names {
            if directory.get(kind, id).is_none() && !has_policy(kind, id) {
                directory.insert(kind, id, Map::from_iter([(String::from("displayName"), json!(name))]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_table_gives_tenant_and_names_and_says_what_it_does_not_know() {
        let table = json!({"TenantId": "t1", "Organization": "Contoso", "Objects": [
            {"Id": "g1", "DisplayName": "Pilot", "Type": "Group"}, {"Id": "u1", "DisplayName": "eve", "Type": "User"},
            {"Id": "g2", "DisplayName": "Old name", "Type": "Group"}, {"Id": "x", "Type": "Robot"},
            {"Id": "f1", "DisplayName": "Laptops", "Type": "AssignmentFilter"},
            {"Id": "f2", "DisplayName": "Phones", "Type": "AssignmentFilter"}]});
        let table = MigrationTable::read(table.as_object().unwrap(), &Catalogue::built_in().unwrap());
        let mut directory = Directory::default();
        insert(&mut directory, "group", json!({"id": "G2", "displayName": "New", "mail": "x"}).as_object().unwrap());
        table.complete(&mut directory, |kind, id| (kind, id) == ("assignment-filters", "f2"));
        assert_eq!(table.tenant.id.as_deref(), Some("t1"));
        assert_eq!(directory.name("group", "g1"), Some("Pilot"));
        assert_eq!(directory.name("group", "g2"), Some("New"));
        assert_eq!(directory.name("user", "u1"), Some("eve"));
        assert_eq!(directory.name("assignment-filters", "f1"), Some("Laptops"));
        assert_eq!(directory.name("assignment-filters", "f2"), None);
        assert!(directory.get("group", "G2").unwrap().get("mail").is_none());
        assert_eq!(table.others.get("Robot"), Some(&1));
    }

    #[test]
    fn a_group_without_an_id_always_gets_the_same() {
        let group = json!({"displayName": "Dynamic", "membershipRule": "(device.deviceOSType -eq \"Windows\")"});
        let ids = [1, 2].map(|_| {
            let mut directory = Directory::default();
            insert(&mut directory, "group", group.as_object().unwrap());
            directory.iter().map(|(_, id, _)| id.to_owned()).collect::<Vec<_>>()
        });
        assert_eq!(ids[0], ids[1]);
        assert_eq!(kind_by_shape(group.as_object().unwrap()), Some("group"));
    }
}
