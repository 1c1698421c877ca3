//! IntuneManagement's folders: one per type, a policy's file as it exports it, links as names, definition
//! values and template settings in files of their own, groups and the migration table beside them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::writing::Writing;
use crate::catalogue::id_form::bare_id;
use crate::catalogue::model::PartWrite;
use crate::catalogue::{Form, PolicyType};
use crate::policy::{Kept, Policy};
use crate::tree::TreeError;
use crate::tree::foreign::{definition_values, links, normalize, people};

/// Ends the name of a file that holds a part of the policy in the file beside it.
const SETTINGS_FILE: &str = "_Settings.json";
const GROUPS: &str = "Groups";
const MIGRATION_TABLE: &str = "MigrationTable.json";

pub(super) fn write(writing: &mut Writing<'_>) -> Result<(), TreeError> {
    let tenant = writing.snapshot.tenant.clone().unwrap_or_default();
    let placeholder = |value: &mut Value| {
        if let Some(id) = &tenant.id {
            normalize::replace(value, id, normalize::TENANT_PLACEHOLDER);
        }
    };
    let policies = writing.policies();
    let by_bind: BTreeMap<String, (&Kept, &PolicyType)> = policies
        .iter()
        .map(|(policy, of_type)| (format!("{}/{}", of_type.name, policy.key().to_lowercase()), (*policy, *of_type)))
        .collect();
    for (kept, policy_type) in policies {
        let policy = &kept.open();
        let Some(folder) = folder(policy, policy_type) else {
            writing.left_out(&policy.subject(), "the other program has no folder for this type");
            continue;
        };
        let mut body = writing.masked(policy, policy_type);
        name_links(writing, policy, policy_type, &by_bind, &mut body);
        body.entry("@odata.type").or_insert_with(|| json!(policy_type.implied_type()));
        let name = writing.name(folder, &policy_type.name_of(policy), &policy.key());
        for part in policy_type.parts.iter().filter(|_| policy_type.adopt.settings_file) {
            let Some(mut content) = body.remove(&part.name) else { continue };
            if matches!(part.create(), PartWrite::DefinitionValues) {
                definition_values::name_targets(&mut content);
            }
            placeholder(&mut content);
            writing.save(folder, &format!("{name}{SETTINGS_FILE}"), &content)?;
        }
        let mut body = Value::Object(body);
        placeholder(&mut body);
        writing.save(folder, &format!("{name}.json"), &body)?;
        writing.count(policy);
    }
    directory(writing, tenant.id.as_deref(), tenant.display_name.as_deref())
}

/// Where the other program keeps a policy.
fn folder<'a>(policy: &Policy, policy_type: &'a PolicyType) -> Option<&'a str> {
    let known = &policy_type.adopt;
    let special =
        known.places.iter().find(|place| place.when.holds_in(&policy.body)).map(|place| place.folder.as_str());
    special.or_else(|| known.folders.first().map(String::as_str))
}

/// Bind references become the names of what they lead to.
fn name_links(
    writing: &mut Writing<'_>,
    policy: &Policy,
    policy_type: &PolicyType,
    known: &BTreeMap<String, (&Kept, &PolicyType)>,
    body: &mut Map<String, Value>,
) {
    for link in &policy_type.links {
        let Some(bound) = body.remove(&link.bind()) else { continue };
        let bound = match bound {
            Value::Array(list) => list,
            one => vec![one],
        };
        let mut targets = Vec::new();
        for bind in bound.iter().filter_map(Value::as_str) {
            let id = bare_id(bind, Form::Bind).unwrap_or_default();
            let key = format!("{}/{}", link.kind, id.to_lowercase());
            if let Some((target, of_type)) = known.get(&key) {
                targets.push((of_type.name_of(target), target.odata_type()));
            } else {
                let message = format!("`{}` refers to a policy that is not exported: {id}", link.property);
                writing.left_out(&policy.subject(), &message);
            }
        }
        if !targets.is_empty() {
            body.insert(links::member(&link.property), Value::String(links::names(&targets)));
        }
    }
}

/// The groups, and the table of groups and users.
fn directory(writing: &mut Writing<'_>, tenant: Option<&str>, organization: Option<&str>) -> Result<(), TreeError> {
    let mut table = Vec::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    let directory = &writing.snapshot.directory;
    for (kind, id, facts) in directory.iter() {
        let Some(of_type) = people::entity_of_kind(kind) else {
            *others.entry(kind.to_owned()).or_default() += 1;
            continue;
        };
        let Some(name) = directory.name(kind, id) else { continue };
        table.push(json!({"Id": id, "DisplayName": name, "Type": of_type}));
        if kind == people::GROUP {
            let mut group = facts.clone();
            group.insert(String::from("id"), json!(id));
            group.insert(String::from("@odata.type"), json!("#microsoft.graph.group"));
            let file = writing.name(GROUPS, name, id);
            writing.save(GROUPS, &format!("{file}.json"), &Value::Object(group))?;
        }
    }
    for (kind, count) in others {
        writing.left_out(&kind, &format!("the migration table cannot contain the details of {count} of these"));
    }
    writing.save("", MIGRATION_TABLE, &json!({"TenantId": tenant, "Organization": organization, "Objects": table}))
}
