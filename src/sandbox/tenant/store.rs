//! What one tenant holds: its objects with all their parts, its secrets and the log of requests.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use crate::odata::value::{element, has_id, id_of, part, text, type_of};
use crate::sign_in::SignInSeed;

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
pub(crate) struct Stored {
    pub value: Map<String, Value>,
    pub listed_from: Instant,
}

/// The objects of one collection in the order of their arrival, found by their ids.
#[derive(Debug, Default)]
struct Shelf {
    objects: Vec<Stored>,
    /// By id in lower case: ids are compared without regard to case, as GUIDs are.
    places: HashMap<String, usize>,
}

impl Shelf {
    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(&id.to_ascii_lowercase()).copied()
    }

    fn index(&mut self) {
        self.places.clear();
        for (place, stored) in self.objects.iter().enumerate() {
            self.places.entry(id_of(&stored.value).to_ascii_lowercase()).or_insert(place);
        }
    }
}

/// One tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub id: String,
    pub display_name: String,
    pub default_domain: String,
    pub client_id: String,
    pub client_secret: String,
    pub sign_in: SignInSeed,
    pub permissions: Vec<String>,
    pub retired_templates: BTreeSet<String>,
    pub unoffered_settings: BTreeSet<String>,
    /// Answers of the field that it plays.
    pub field: crate::field::Field,
    /// What it remembers to play them.
    pub memory: crate::field::Memory,
    /// ADMX definitions that another tenant uploaded: unknown here.
    pub foreign_definitions: BTreeSet<String>,
    /// Clear values by the reference that is shown instead.
    pub secrets: BTreeMap<String, Value>,
    pub log: Vec<Request>,
    /// The contents of apps, which lists do not show.
    pub contents: crate::tenant::contents::Contents,
    store: BTreeMap<String, Shelf>,
    /// Counts reads, so that what changes all the time does.
    pub reads: u64,
}

impl Tenant {
    pub(crate) fn new(seed: &crate::config::TenantSeed) -> Self {
        Self {
            id: seed.tenant_id.to_lowercase(),
            display_name: seed.display_name.clone(),
            default_domain: seed.default_domain.clone(),
            client_id: seed.client_id.clone(),
            client_secret: seed.client_secret.clone(),
            sign_in: seed.sign_in.clone(),
            permissions: seed.permissions.clone(),
            retired_templates: seed.retired_templates.iter().cloned().collect(),
            unoffered_settings: seed.unoffered_settings.iter().cloned().collect(),
            field: seed.field.clone(),
            memory: crate::field::Memory::default(),
            foreign_definitions: BTreeSet::new(),
            secrets: BTreeMap::new(),
            log: Vec::new(),
            contents: crate::tenant::contents::Contents::default(),
            store: BTreeMap::new(),
            reads: 0,
        }
    }

    pub(crate) fn all(&self, root: &str) -> &[Stored] {
        self.store.get(root).map_or(&[], |shelf| shelf.objects.as_slice())
    }

    /// The only object of a collection that is a single one.
    pub(crate) fn single_mut(&mut self, root: &str) -> Option<&mut Map<String, Value>> {
        self.store.get_mut(root)?.objects.first_mut().map(|stored| &mut stored.value)
    }

    fn stored(&self, root: &str, id: &str) -> Option<&Stored> {
        let shelf = self.store.get(root)?;
        shelf.objects.get(shelf.place(id)?)
    }

    pub(crate) fn find(&self, root: &str, id: &str) -> Option<&Map<String, Value>> {
        self.stored(root, id).map(|stored| &stored.value)
    }

    pub(crate) fn find_mut(&mut self, root: &str, id: &str) -> Option<&mut Map<String, Value>> {
        let shelf = self.store.get_mut(root)?;
        let place = shelf.place(id)?;
        shelf.objects.get_mut(place).map(|stored| &mut stored.value)
    }

    pub(crate) fn has(&self, root: &str, id: &str) -> bool {
        self.find(root, id).is_some()
    }

    pub(crate) fn put(&mut self, root: &str, value: Map<String, Value>, listed_from: Instant) {
        let shelf = self.store.entry(root.to_owned()).or_default();
        shelf.places.entry(id_of(&value).to_ascii_lowercase()).or_insert(shelf.objects.len());
        shelf.objects.push(Stored { value, listed_from });
    }

    pub(crate) fn remove(&mut self, root: &str, id: &str) -> Option<Map<String, Value>> {
        let shelf = self.store.get_mut(root)?;
        let removed = shelf.objects.remove(shelf.place(id)?);
        shelf.index();
        Some(removed.value)
    }

    /// Every object of the tenant with its collection; what the audit log says of them is not an object of its own.
    pub(crate) fn everything(&self) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        self.objects().flat_map(|(root, shelf)| shelf.objects.iter().map(move |stored| (root.as_str(), &stored.value)))
    }

    /// Whether the group can be used in an assignment by now.
    pub(crate) fn knows_group(&self, id: &str, now: Instant) -> bool {
        self.stored("groups", id).is_some_and(|stored| stored.listed_from <= now)
    }

    fn objects(&self) -> impl Iterator<Item = (&String, &Shelf)> {
        self.store.iter().filter(|(root, _)| root.as_str() != crate::tenant::roots::AUDIT)
    }

    /// The whole state as JSON, without the audit log.
    pub(crate) fn state(&self) -> Value {
        let mut all = Map::new();
        for (root, shelf) in self.objects() {
            let list = shelf.objects.iter().map(|stored| Value::Object(stored.value.clone())).collect();
            all.insert(root.clone(), Value::Array(list));
        }
        Value::Object(all)
    }
}
