//! Objects that are found only through others: the fields of a definition, through the definition; and what an object
//! leads to and is known by, such as the file a definition comes from. As the catalogue says it for each kind.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Tenant;
use super::addresses::{encode, version};
use super::directory_lookup::{FORBIDDEN, MISSING, UNKNOWN, facts, state};
use crate::catalogue::DirectoryKind;
use crate::catalogue::kind::{BELOW, POSITION};
use crate::engine::error::ends_run;
use crate::graph::{Client, GraphError};
use crate::policy::Directory;
use crate::policy::directory::Facts;

/// Reads what the objects lead to, each into the property that leads there. What cannot be read is left out: it only
/// makes an object known better.
pub(crate) async fn complete(client: &Client, kind: &DirectoryKind, mut objects: Vec<&mut Map<String, Value>>) {
    let Some(path) = &kind.path else { return };
    for property in &kind.with {
        let address = |object: &&mut Map<String, Value>| {
            let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
            format!("{path}/{}/{property}", encode(id))
        };
        let paths: Vec<String> = objects.iter().map(address).collect();
        for (object, answer) in objects.iter_mut().zip(client.batch(version(kind.api), &paths).await) {
            if let Ok(found @ Value::Object(_)) = answer {
                object.insert(property.clone(), found);
            }
        }
    }
}

/// The facts of what the objects of these ids hold; and the state of what may be among what could not be read.
pub(crate) async fn of(
    tenant: Tenant<'_>,
    kind: &DirectoryKind,
    above: &[&str],
) -> Result<(Vec<Facts>, Option<&'static str>), GraphError> {
    let Some(path) = &kind.path else { return Ok((Vec::new(), Some(UNKNOWN))) };
    let paths: Vec<String> = above.iter().map(|id| path.replace("{id}", &encode(id))).collect();
    let (mut all, mut unread) = (Vec::new(), None);
    for (id, answer) in above.iter().zip(tenant.client.lists(version(kind.api), &paths).await) {
        let list = match answer {
            Ok(list) => list,
            Err(error) if ends_run(&error) => return Err(error),
            // It may hold some: only what Graph says is not there holds none.
            Err(error) => {
                let state = if error.is_forbidden() { FORBIDDEN } else { UNKNOWN };
                unread = unread.or((!error.is_not_found()).then_some(state));
                continue;
            }
        };
        let objects =
            list.into_iter().filter_map(|object| if let Value::Object(object) = object { Some(object) } else { None });
        all.extend(objects.enumerate().map(|(position, mut object)| {
            object.insert(BELOW.to_owned(), Value::from(*id));
            object.insert(POSITION.to_owned(), position.to_string().into());
            facts(tenant.catalogue, &kind.name, &object)
        }));
    }
    Ok((all, unread))
}

/// Looks the given ids up among what the objects above hold.
pub(crate) async fn look_up(
    tenant: Tenant<'_>,
    kind: &str,
    ids: &BTreeSet<String>,
    above: impl Iterator<Item = &String>,
    directory: &mut Directory,
) -> Result<(), GraphError> {
    let Some(known) = tenant.catalogue.directory_kind(kind) else { return Ok(()) };
    let above: Vec<&str> = above.map(String::as_str).collect();
    let (all, unread) = of(tenant, known, &above).await?;
    for id in ids {
        let is =
            |facts: &&Facts| facts.get("id").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(id));
        let mut found = all.iter().find(is).cloned();
        if let Some(found) = &mut found {
            found.remove("id");
        }
        directory.insert(kind, id, found.unwrap_or_else(|| state(unread.unwrap_or(MISSING))));
    }
    Ok(())
}
