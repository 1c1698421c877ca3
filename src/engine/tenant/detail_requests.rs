//! What belongs to a policy and is not read with it: which requests give it, and where their answers go. Pure; sending
//! them is [`super::reader`]'s.

use serde_json::{Map, Value};

use super::addresses::{encode, item_path};
use super::directory_lookup;
use super::reader::Extent;
use crate::catalogue::model::{Link, PartRead};
use crate::catalogue::{Catalogue, PolicyType};
use crate::policy::Policy;

/// A request for something that belongs to a policy.
pub(crate) struct Wanted {
    /// Index of the policy.
    pub(crate) policy: usize,
    /// Where the answer goes, as a pointer into the policy.
    pub(crate) into: Place,
    /// Its path and query.
    pub(crate) path: String,
}

/// Where an answer goes.
pub(crate) enum Place {
    /// The object itself: merged over what the list gave.
    Whole,
    /// A property.
    Property(String),
    /// A property of an element of a part.
    Child { part: String, index: usize, name: String },
    /// A navigation link, written as a bind reference.
    Link { property: String, many: bool, collection: String },
}

impl Place {
    /// Whether it is read where only so much of an object is.
    pub(crate) fn is_in(&self, extent: Extent) -> bool {
        extent == Extent::Whole || matches!(self, Self::Property(name) if name == "assignments")
    }
}

/// A path with a query, where there is one.
pub(crate) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The requests of each policy.
pub(crate) fn each(policies: &[Policy], requests: impl Fn(&Policy, &str) -> Vec<(Place, String)>) -> Vec<Wanted> {
    policies
        .iter()
        .enumerate()
        .filter_map(|(index, policy)| Some((index, requests(policy, policy.id()?))))
        .flat_map(|(index, list)| list.into_iter().map(move |(into, path)| Wanted { policy: index, into, path }))
        .collect()
}

/// Parts, assignments and links that need requests of their own.
pub(crate) fn belongings(
    catalogue: &Catalogue,
    policy_type: &PolicyType,
    policy: &Policy,
    id: &str,
) -> Vec<(Place, String)> {
    let item = item_path(policy_type, id);
    let mut list = Vec::new();
    for part in policy_type.parts.iter().filter(|part| part.read == PartRead::Request) {
        let path = with_query(&format!("{item}/{}", part.name), &part.query);
        list.push((Place::Property(part.name.clone()), path));
    }
    let cast = policy.odata_type().unwrap_or_default().trim_start_matches('#');
    for part in policy_type.cast_parts_of(policy.odata_type()) {
        let path = with_query(&format!("{item}/{cast}/{}", part.name), &part.query);
        list.push((Place::Property(part.name.clone()), path));
    }
    if asks_for_assignments(policy_type) {
        list.push((Place::Property(String::from("assignments")), format!("{item}/assignments")));
    }
    for link in policy_type.links_of(policy.odata_type()) {
        let known = directory_lookup::collection(catalogue, &link.kind);
        let collection = known.map_or(policy_type.path.as_str(), |(_, path, _)| path).to_owned();
        let into = Place::Link { property: link.property.clone(), many: link.many, collection };
        list.push((into, link_path(&item, policy, link)));
    }
    list
}

/// Whether assignments are read by a request of their own.
pub(crate) fn asks_for_assignments(policy_type: &PolicyType) -> bool {
    policy_type.assignments.as_ref().is_some_and(|assignments| assignments.read == PartRead::Request)
}

/// The path of a link: through the cast where the policy's type is not the declared one, unless that one has it too.
pub fn link_path(item: &str, policy: &Policy, link: &Link) -> String {
    let property = &link.property;
    match policy.odata_type().filter(|_| !link.uncast) {
        Some(own) => format!("{item}/{}/{property}", own.trim_start_matches('#')),
        None => format!("{item}/{property}"),
    }
}

/// Sub-collections of the elements of a part.
pub(crate) fn children(policy_type: &PolicyType, policy: &Policy, id: &str) -> Vec<(Place, String)> {
    let item = item_path(policy_type, id);
    let mut list = Vec::new();
    for part in &policy_type.parts {
        let elements = policy.body.get(&part.name).and_then(Value::as_array).into_iter().flatten();
        for (index, element) in elements.enumerate() {
            let Some(element_id) = element.get("id").and_then(Value::as_str) else { continue };
            for child in &part.children {
                let path = format!("{item}/{}/{}/{}", part.name, encode(element_id), child.name);
                let into = Place::Child { part: part.name.clone(), index, name: child.name.clone() };
                list.push((into, with_query(&path, &child.query)));
            }
        }
    }
    list
}

/// Puts an answer where it goes.
pub(crate) fn place(body: &mut Map<String, Value>, into: Place, answer: Value) {
    match into {
        Place::Whole => {
            if let Value::Object(item) = answer {
                let id = body.get("id").cloned();
                body.extend(item);
                // A single object may come without its id.
                if let (Some(id), true) = (id, body.get("id").is_none_or(Value::is_null)) {
                    body.insert(String::from("id"), id);
                }
            }
        }
        Place::Property(name) => {
            body.insert(name, value_of(answer));
        }
        Place::Child { part, index, name } => {
            let element = body.get_mut(&part).and_then(|part| part.get_mut(index)).and_then(Value::as_object_mut);
            if let Some(element) = element {
                element.insert(name, value_of(answer));
            }
        }
        Place::Link { property, many, collection } => {
            let bind = |target: &Value| {
                target.get("id").and_then(Value::as_str).map(|id| Value::String(format!("{collection}('{id}')")))
            };
            let reference = if many {
                let targets = value_of(answer);
                let mut list: Vec<Value> = targets.as_array().into_iter().flatten().filter_map(bind).collect();
                list.sort_by_key(ToString::to_string);
                (!list.is_empty()).then_some(Value::Array(list))
            } else {
                bind(&answer)
            };
            if let Some(reference) = reference {
                body.insert(format!("{property}@odata.bind"), reference);
            }
        }
    }
}

/// The members of a collection's answer, or the object itself.
fn value_of(mut answer: Value) -> Value {
    match answer.get_mut("value") {
        Some(list @ Value::Array(_)) => list.take(),
        _ => answer,
    }
}
