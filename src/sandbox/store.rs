//! What one tenant holds: its objects with all their parts, its secrets and the log of requests.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use serde::Serialize;
use serde_json::{Map, Value};

use super::sign_in::SignInSeed;

/// A request that a tenant received.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, decoded, from the version on.
    pub path: String,
    /// The status that was answered; 0 where the connection was cut or no answer came.
    pub status: u16,
    /// The JSON body, if there was one.
    pub body: Option<Value>,
    /// Whether it came inside a batch.
    pub batched: bool,
}

/// An object and the moment from which lists show it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub value: Map<String, Value>,
    pub listed_from: Instant,
}

/// One tenant.
#[derive(Debug)]
pub(super) struct Tenant {
    pub id: String,
    pub display_name: String,
    pub default_domain: String,
    pub client_id: String,
    pub client_secret: String,
    pub sign_in: SignInSeed,
    pub permissions: Vec<String>,
    pub retired_templates: BTreeSet<String>,
    /// ADMX definitions that another tenant uploaded: unknown here.
    pub foreign_definitions: BTreeSet<String>,
    /// Clear values by the reference that is shown instead.
    pub secrets: BTreeMap<String, Value>,
    pub log: Vec<Request>,
    store: BTreeMap<String, Vec<Stored>>,
    /// Counts reads, so that what changes all the time does.
    pub reads: u64,
}

impl Tenant {
    pub(super) fn new(seed: &super::config::TenantSeed) -> Self {
        Self {
            id: seed.tenant_id.to_lowercase(),
            display_name: seed.display_name.clone(),
            default_domain: seed.default_domain.clone(),
            client_id: seed.client_id.clone(),
            client_secret: seed.client_secret.clone(),
            sign_in: seed.sign_in.clone(),
            permissions: seed.permissions.clone(),
            retired_templates: seed.retired_templates.iter().cloned().collect(),
            foreign_definitions: BTreeSet::new(),
            secrets: BTreeMap::new(),
            log: Vec::new(),
            store: BTreeMap::new(),
            reads: 0,
        }
    }

    pub(super) fn all(&self, root: &str) -> &[Stored] {
        self.store.get(root).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all_mut(&mut self, root: &str) -> &mut Vec<Stored> {
        self.store.entry(root.to_owned()).or_default()
    }

    pub(super) fn find(&self, root: &str, id: &str) -> Option<&Map<String, Value>> {
        self.all(root).iter().map(|stored| &stored.value).find(|value| has_id(value, id))
    }

    pub(super) fn find_mut(&mut self, root: &str, id: &str) -> Option<&mut Map<String, Value>> {
        self.store.get_mut(root)?.iter_mut().map(|stored| &mut stored.value).find(|value| has_id(value, id))
    }

    pub(super) fn has(&self, root: &str, id: &str) -> bool {
        self.find(root, id).is_some()
    }

    pub(super) fn put(&mut self, root: &str, value: Map<String, Value>, listed_from: Instant) {
        self.all_mut(root).push(Stored { value, listed_from });
    }

    pub(super) fn remove(&mut self, root: &str, id: &str) -> Option<Map<String, Value>> {
        let all = self.store.get_mut(root)?;
        let index = all.iter().position(|stored| has_id(&stored.value, id))?;
        Some(all.remove(index).value)
    }

    /// Every object of the tenant with its collection.
    pub(super) fn everything(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        self.store.iter().flat_map(|(root, all)| all.iter().map(move |stored| (root.as_str(), &stored.value)))
    }

    /// Whether the group can be used in an assignment by now.
    pub(super) fn knows_group(&self, id: &str, now: Instant) -> bool {
        self.all("groups").iter().any(|stored| has_id(&stored.value, id) && stored.listed_from <= now)
    }

    /// The whole state as JSON.
    pub(super) fn state(&self) -> Value {
        let mut all = Map::new();
        for (root, objects) in &self.store {
            let list = objects.iter().map(|stored| Value::Object(stored.value.clone())).collect();
            all.insert(root.clone(), Value::Array(list));
        }
        Value::Object(all)
    }
}

/// Ids are compared without regard to case, as GUIDs are.
pub(super) fn has_id(value: &Map<String, Value>, id: &str) -> bool {
    id_of(value).eq_ignore_ascii_case(id)
}

/// An object's id, or the empty string.
pub(super) fn id_of(value: &Map<String, Value>) -> &str {
    text(value, "id")
}

/// A string property, or the empty string.
pub(super) fn text<'a>(value: &'a Map<String, Value>, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

/// The objects of a part, or none.
pub(super) fn part<'a>(value: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An element of a part by its id.
pub(super) fn element<'a>(items: &'a [Value], id: &str) -> Option<&'a Map<String, Value>> {
    items.iter().filter_map(Value::as_object).find(|item| has_id(item, id))
}

/// The type that an object names, or the declared one.
pub(super) fn type_of<'a>(value: &'a Map<String, Value>, declared: &'a str) -> &'a str {
    value
        .get("@odata.type")
        .and_then(Value::as_str)
        .and_then(|name| name.strip_prefix("#microsoft.graph."))
        .unwrap_or(declared)
}
