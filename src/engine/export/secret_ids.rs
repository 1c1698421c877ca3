//! What the secrets that an export keeps name of the tenant's directory: ids are not secrets, and only with them can a
//! mapping say what they are elsewhere. The secrets themselves go nowhere from here.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use crate::engine::tenant::Tenant;
use crate::engine::tenant::of_any_kind;
use crate::graph::GraphError;
use crate::mapping::{DIRECTORY_OBJECT, IN_SECRETS, ids_in_texts};
use crate::policy::Policy;
use crate::tree::Snapshot;

/// Adds to a snapshot's directory what the secrets of its policies name, each with the names of those secrets.
pub async fn look_up(
    tenant: Tenant<'_>,
    secrets: &BTreeMap<String, SecretString>,
    snapshot: &mut Snapshot,
) -> Result<(), GraphError> {
    let mut holders: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut sids = BTreeSet::new();
    for (name, secret) in secrets {
        let body = Map::from_iter([(name.clone(), Value::from(secret.expose_secret()))]);
        let found = ids_in_texts(tenant.catalogue, &[Policy::new("", body).keep()]);
        sids.extend(found.sids);
        for id in found.ids {
            holders.entry(id).or_default().insert(name);
        }
    }
    let own = snapshot.tenant.as_ref().and_then(|info| info.id.as_deref());
    let policies: BTreeSet<String> = snapshot.policies.iter().map(|policy| policy.key().to_ascii_lowercase()).collect();
    holders.retain(|id, _| !policies.contains(id) && own.is_none_or(|own| !own.eq_ignore_ascii_case(id)));
    let known: BTreeMap<String, (String, String)> = snapshot
        .directory
        .iter()
        .map(|(kind, id, _)| (id.to_ascii_lowercase(), (kind.to_owned(), id.to_owned())))
        .collect();
    let open: BTreeSet<String> = holders.keys().filter(|id| !known.contains_key(*id)).cloned().collect();
    let of_any_kind = of_any_kind::look_up(tenant, &open, &sids).await?;
    for (id, names) in holders {
        let asked = || {
            let (kind, _, facts) = of_any_kind.found.iter().find(|(_, own, _)| *own == id)?;
            Some((kind.to_owned(), id.clone(), facts.clone()))
        };
        let there = || {
            let (kind, own) = known.get(&id)?;
            Some((kind.clone(), own.clone(), snapshot.directory.get(kind, own)?.clone()))
        };
        let open = || {
            let facts = of_any_kind.of_nobodys(&id, &sids)?;
            Some((DIRECTORY_OBJECT.to_owned(), id.clone(), facts))
        };
        if let Some((kind, id, mut facts)) = there().or_else(asked).or_else(open) {
            facts.insert(IN_SECRETS.to_owned(), json!(names));
            snapshot.directory.insert(&kind, &id, facts);
        }
    }
    Ok(())
}
