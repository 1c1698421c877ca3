//! What belongs to a policy and is not read with it: which requests give it, and where their answers go. Pure; sending
//! them is [`super::reader`]'s.

use serde_json::{Map, Value};

use super::addresses::{encode, item_path};
use super::directory_lookup;
use crate::catalogue::model::{Link, Part, PartRead};
use crate::catalogue::{Catalogue, PolicyType};
use crate::policy::Policy;

/// How much of an object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Extent {
    /// All of it.
    Whole,
    /// Its assignments, in as few requests as that takes; what else comes along is not complete.
    Assignments,
}

/// A request for something that belongs to a policy.
pub(crate) struct WantedDetail {
    /// Index of the policy.
    pub(crate) policy: usize,
    /// Where the answer goes, as a pointer into the policy.
    pub(crate) into: AnswerPlace,
    /// What is asked for, as it is known by in this run.
    pub(crate) question: String,
    /// Its forms, the usual one first; each next one is for a service that refuses those before.
    pub(crate) forms: Vec<Form>,
}

/// One way to ask for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Form {
    /// Path and query.
    pub(crate) path: String,
    /// The property of the answer that was asked for, where the answer is the object around it.
    pub(crate) take: Option<String>,
}

impl Form {
    /// What comes by itself.
    pub(crate) fn plain(path: String) -> Self {
        Self { path, take: None }
    }

    /// What comes by expanding the object.
    fn expanding(item: &str, cast: Option<&str>, property: &str) -> Self {
        let cast = cast.map(|cast| format!("{cast}/")).unwrap_or_default();
        Self { path: format!("{item}?$expand={cast}{property}"), take: Some(property.to_owned()) }
    }
}

/// Where an answer goes, what is asked for, and its forms.
pub(crate) type DetailRequest = (AnswerPlace, String, Vec<Form>);

/// Where an answer goes.
pub(crate) enum AnswerPlace {
    /// The object itself: merged over what the list gave.
    Whole,
    /// A property.
    Property(String),
    /// A property of an element of a part.
    Child { part: String, index: usize, name: String },
    /// A navigation link, written as a bind reference.
    Link { property: String, many: bool, collection: String },
}

impl AnswerPlace {
    /// Whether it is read where only so much of an object is.
    pub(crate) fn is_in(&self, extent: Extent) -> bool {
        extent == Extent::Whole || matches!(self, Self::Property(name) if name == "assignments")
    }
}

/// Why an answer cannot be what was asked for: an answer that is not understood is not an empty one. Only Graph's own
/// null says that a link leads nowhere.
pub(crate) fn misfit(into: &AnswerPlace, answer: &Value) -> Option<&'static str> {
    let is_list = answer.is_array() || answer.get("value").is_some_and(Value::is_array);
    match into {
        AnswerPlace::Whole => (!answer.is_object()).then_some("the answer is not an object"),
        AnswerPlace::Link { many: false, .. } => {
            let leads_nowhere = answer.is_null() || answer.get("@odata.null") == Some(&Value::Bool(true));
            let names_one = answer.get("id").is_some_and(Value::is_string);
            (!leads_nowhere && !names_one).then_some("the answer is not an object with an ID")
        }
        AnswerPlace::Link { many: true, .. } | AnswerPlace::Property(_) | AnswerPlace::Child { .. } => {
            (!is_list).then_some("the answer does not contain a list of values")
        }
    }
}

/// A path with a query, where there is one.
pub(crate) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The requests of each policy.
pub(crate) fn each(policies: &[Policy], requests: impl Fn(&Policy, &str) -> Vec<DetailRequest>) -> Vec<WantedDetail> {
    policies
        .iter()
        .enumerate()
        .filter_map(|(index, policy)| Some((index, requests(policy, policy.id()?))))
        .flat_map(|(index, list)| {
            let wanted = move |(into, question, forms)| WantedDetail { policy: index, into, question, forms };
            list.into_iter().map(wanted)
        })
        .collect()
}

/// Parts, assignments and links that need requests of their own: also those that should have come with the object and
/// did not, since what was asked for and not answered is not empty. A service that has no route to them, or not through
/// a cast, or refuses their query, gives them with the object.
pub(crate) fn belongings(
    catalogue: &Catalogue,
    policy_type: &PolicyType,
    policy: &Policy,
    id: &str,
) -> Vec<DetailRequest> {
    let item = item_path(policy_type, id);
    let name = &policy_type.name;
    let mut list = Vec::new();
    let did_not_come =
        |name: &str| policy_type.read.expands(name) && !policy.body.get(name).is_some_and(Value::is_array);
    let is_asked_for = |part: &&Part| part.read != PartRead::Included || did_not_come(&part.name);
    for part in policy_type.parts.iter().filter(is_asked_for) {
        let path = format!("{item}/{}", part.name);
        let mut forms = vec![Form::plain(with_query(&path, &part.query))];
        // A page as the service likes it is the same list.
        if part.query.starts_with("$top=") {
            forms.push(Form::plain(path));
        }
        let at = if part.read == PartRead::Expand { 0 } else { forms.len() };
        forms.insert(at, Form::expanding(&item, None, &part.name));
        list.push((AnswerPlace::Property(part.name.clone()), format!("{name}/{}", part.name), forms));
    }
    let cast = policy.odata_type().unwrap_or_default().trim_start_matches('#');
    for part in policy_type.cast_parts_of(policy.odata_type()) {
        let path = with_query(&format!("{item}/{cast}/{}", part.name), &part.query);
        let forms = vec![Form::plain(path), Form::expanding(&item, Some(cast), &part.name)];
        list.push((AnswerPlace::Property(part.name.clone()), format!("{name}/{cast}/{}", part.name), forms));
    }
    if asks_for_assignments(policy_type) || (policy_type.assignments.is_some() && did_not_come("assignments")) {
        let forms = vec![Form::plain(format!("{item}/assignments"))];
        list.push((AnswerPlace::Property(String::from("assignments")), format!("{name}/assignments"), forms));
    }
    // What came through another collection has the link that leads back to it.
    let open = |link: &&Link| !policy.body.contains_key(&link.bind());
    for link in policy_type.links_of(policy.odata_type()).filter(open) {
        let known = directory_lookup::collection(catalogue, &link.kind);
        let collection = known.map_or(policy_type.path.as_str(), |(_, path, _)| path).to_owned();
        let into = AnswerPlace::Link { property: link.property.clone(), many: link.many, collection };
        let cast = policy.odata_type().filter(|_| !link.uncast).map(|own| own.trim_start_matches('#'));
        let forms = vec![Form::plain(link_path(&item, policy, link)), Form::expanding(&item, cast, &link.property)];
        let question = format!("{name}/{}{}", cast.map(|cast| format!("{cast}/")).unwrap_or_default(), link.property);
        list.push((into, question, forms));
    }
    list
}

/// The request of the objects themselves.
pub(crate) fn whole(policy_type: &PolicyType, id: &str, query: &str) -> Vec<DetailRequest> {
    let forms = vec![Form::plain(with_query(&item_path(policy_type, id), query))];
    vec![(AnswerPlace::Whole, policy_type.name.clone(), forms)]
}

/// What a query would have selected of the object.
pub(crate) fn selected(mut object: Value, query: &str) -> Value {
    if let (Some(names), Value::Object(map)) = (query.strip_prefix("$select="), &mut object) {
        let names: Vec<&str> = names.split('&').next().unwrap_or_default().split(',').collect();
        map.retain(|name, _| name.contains('@') || names.contains(&name.as_str()));
    }
    object
}

/// How a type's list is known by in this run.
pub(crate) fn list_of(policy_type: &PolicyType) -> String {
    format!("{} (list)", policy_type.name)
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
pub(crate) fn children(policy_type: &PolicyType, policy: &Policy, id: &str) -> Vec<DetailRequest> {
    let item = item_path(policy_type, id);
    let mut list = Vec::new();
    for part in &policy_type.parts {
        let elements = policy.body.get(&part.name).and_then(Value::as_array).into_iter().flatten();
        for (index, element) in elements.enumerate() {
            let Some(element_id) = element.get("id").and_then(Value::as_str) else { continue };
            for child in &part.children {
                let path = format!("{item}/{}/{}/{}", part.name, encode(element_id), child.name);
                let into = AnswerPlace::Child { part: part.name.clone(), index, name: child.name.clone() };
                let question = format!("{}/{}/{}", policy_type.name, part.name, child.name);
                list.push((into, question, vec![Form::plain(with_query(&path, &child.query))]));
            }
        }
    }
    list
}

/// Names types as they are sent, with a leading #: the service also names them without (IntuneManagement#261, 2025-09).
pub(crate) fn with_hash(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(with_hash),
        Value::Object(map) => {
            for (name, child) in map {
                match child {
                    Value::String(ty) if name == "@odata.type" && ty.starts_with("microsoft.graph.") => {
                        ty.insert(0, '#');
                    }
                    child => with_hash(child),
                }
            }
        }
        _ => {}
    }
}

/// Puts an answer where it goes.
pub(crate) fn place(body: &mut Map<String, Value>, into: AnswerPlace, mut answer: Value) {
    with_hash(&mut answer);
    match into {
        AnswerPlace::Whole => {
            if let Value::Object(item) = answer {
                let id = body.get("id").cloned();
                body.extend(item);
                // A single object may come without its id.
                if let (Some(id), true) = (id, body.get("id").is_none_or(Value::is_null)) {
                    body.insert(String::from("id"), id);
                }
            }
        }
        AnswerPlace::Property(name) => {
            body.insert(name, value_of(answer));
        }
        AnswerPlace::Child { part, index, name } => {
            let element = body.get_mut(&part).and_then(|part| part.get_mut(index)).and_then(Value::as_object_mut);
            if let Some(element) = element {
                element.insert(name, value_of(answer));
            }
        }
        AnswerPlace::Link { property, many, collection } => {
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
