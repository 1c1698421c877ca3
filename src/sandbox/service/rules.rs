//! One request at work, and what a collection does that others do not: refusals, what it fills in, ids, parts and actions
//! of its own.
//!
//! Every method has a default, which is what the service does for all. A collection with rules of its own has a type in
//! [`crate::behaviours`] that overrides some of them: a new rule is one method there. What a body alone shows to be
//! wrong is refused by [`crate::metadata::validate`].

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::config::Behaviour;
use crate::metadata::model::Model;
use crate::odata::call::{Call, Outcome, Refusal, bad, refuse};
use crate::odata::link::Link;
use crate::odata::query::{Expand, Query};
use crate::odata::route::Route;
use crate::tenant::store::Tenant;

/// The part that most collections have.
const ASSIGNMENTS: &str = "assignments";

/// The object that a request brings, or that a tenant holds.
pub(crate) type Body = Map<String, Value>;

/// One request at work.
pub(crate) struct Service<'a> {
    pub model: &'static Model,
    pub tenant: &'a mut Tenant,
    pub behaviour: &'a Behaviour,
    pub call: &'a Call,
    pub query: Query,
    pub now: Instant,
    /// Where the rules of a collection are found.
    pub rules: fn(&str) -> &'static dyn Rules,
}

/// Which object is shown, and how.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The root collection, for its rules; empty for parts.
    pub root: &'a str,
    /// Path of the object's collection, for links.
    pub path: &'a str,
    pub declared: &'a str,
    /// In a list, or alone.
    pub list: bool,
    pub select: Option<&'a [String]>,
    pub expand: &'a [Expand],
}

/// The rules of one collection.
pub(crate) trait Rules: Sync {
    /// Whether assignments come with a new object; of others they are an action of their own (api 3).
    fn is_assigned_at_creation(&self) -> bool {
        false
    }

    /// Refusals and omissions before a new object is looked at any further.
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Ok(())
    }

    /// The id that a new object gets; `chosen` is what came with it.
    fn new_id(&self, _service: &Service<'_>, _ty: &str, _chosen: &str) -> Result<String, Refusal> {
        Ok(Uuid::new_v4().to_string())
    }

    /// Parts and details of a new object, after its references are known to be good.
    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, _body: &mut Body) -> Result<(), Refusal> {
        Ok(())
    }

    /// What the service computes once the object is complete.
    fn fill_in(&self, _body: &mut Body) {}

    /// How long lists do not show a new object.
    fn lag(&self, behaviour: &Behaviour) -> Duration {
        behaviour.list_lag
    }

    /// What follows once a new object is there.
    fn created(&self, _service: &mut Service<'_>, _id: &str) {}

    /// What a create is answered with.
    fn created_status(&self) -> u16 {
        201
    }

    /// Refusals and omissions before a change.
    fn before_update(&self, _service: &Service<'_>, _current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        Ok(())
    }

    /// What follows from a change, before it is stored.
    fn changed(&self, _service: &mut Service<'_>, _current: &Body, _next: &mut Body) {}

    /// Whether a change is answered without the object.
    fn updates_silently(&self) -> bool {
        false
    }

    /// PUT of the whole object.
    fn replace(&self, service: &mut Service<'_>, route: &Route) -> Outcome {
        service.demand(route, "put")?;
        Err(refuse(405, "MethodNotAllowed", "PUT is not possible here."))
    }

    /// Refusals before a deletion.
    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Ok(())
    }

    /// What follows from a deletion.
    fn deleted(&self, _service: &mut Service<'_>, _object: Body) {}

    /// Whether a deletion is answered with 204 although Intune says 200.
    fn deletes_silently(&self) -> bool {
        false
    }

    /// POST of one element of a part.
    fn create_part(&self, _service: &mut Service<'_>, _route: &Route, name: &str) -> Outcome {
        match name {
            // quirk 51: not /assignments, but /assign.
            "assignments" => Err(bad("Assignments are written with the action 'assign'.")),
            _ => Err(refuse(501, "NotImplemented", "This sandbox does not emulate this creation.")),
        }
    }

    /// PATCH of one element of a part.
    fn update_part(&self, _service: &mut Service<'_>, _route: &Route, name: &str) -> Outcome {
        match name {
            // api 3: a PATCH of assignments inside the policy is not accepted.
            "assignments" => Err(bad("Assignments cannot be changed by PATCH.")),
            _ => Err(refuse(501, "NotImplemented", "This sandbox does not emulate this update.")),
        }
    }

    /// Refusals before the deletion of one element of a part of the object `owner`.
    fn before_part_delete(&self, _service: &Service<'_>, name: &str, _owner: &str, _id: &str) -> Result<(), Refusal> {
        match name {
            "assignments" => Err(bad("Assignments are written with the action 'assign'.")),
            _ => Err(refuse(501, "NotImplemented", "This sandbox does not emulate this deletion.")),
        }
    }

    /// Whether the collection has such a route below its objects, although the metadata knows it.
    fn has_route(&self, _part: &str) -> bool {
        true
    }

    /// An action of the collection itself; none where it is not the collection's own.
    fn act_on_collection(&self, _service: &mut Service<'_>, _name: &str, _body: &Body) -> Option<Outcome> {
        None
    }

    /// An action of an object; none where it is not the collection's own.
    fn act(&self, _service: &mut Service<'_>, _name: &str, _id: &str, _body: &Body) -> Option<Outcome> {
        None
    }

    /// A function; none where it is not the collection's own.
    fn call_function(
        &self,
        _service: &Service<'_>,
        _route: &Route,
        _name: &str,
        _args: &[(String, String)],
    ) -> Option<Outcome> {
        None
    }

    /// Refusals before an object is assigned.
    fn before_assign(&self, _object: &Body, _assignments: &[Value]) -> Result<(), Refusal> {
        Ok(())
    }

    /// Refusals of a target by its kind, without namespace.
    fn check_target(&self, _kind: &str) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether a filter of an assignment must be for the object's platform.
    fn demands_fitting_filter(&self) -> bool {
        true
    }

    /// Whether `assign` is answered with 204.
    fn assigns_silently(&self) -> bool {
        false
    }

    /// Whether lists can be filtered.
    fn takes_filter(&self) -> bool {
        true
    }

    /// Properties that a list leaves out.
    fn not_in_lists(&self) -> &'static [&'static str] {
        &[]
    }

    /// Properties that are shown only where they are selected, even on the item.
    fn only_if_selected(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a list gives them where they are selected.
    fn selects_in_lists(&self) -> bool {
        false
    }

    /// Properties that are never shown.
    fn never_shown(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the objects' versions are texts that differ at every read, not numbers.
    fn has_text_versions(&self) -> bool {
        false
    }

    /// Properties that only reading shows.
    fn decorate(&self, _service: &Service<'_>, _shown: &mut Body, _value: &Body, _ty: &str, _view: &View<'_>) {}

    /// What can be expanded: on the objects (`part` is empty) or on those of a part, whose path below the objects it is.
    fn expands(&self, _part: &str, expand: &Expand, _list: bool) -> bool {
        expand.name == ASSIGNMENTS
    }

    /// An object of Microsoft's, which no seed has to hold.
    fn of_microsoft(&self, _tenant: &Tenant, _id: &str) -> Option<Value> {
        None
    }

    /// An object that is addressed by something else than its id.
    fn find<'t>(&self, _tenant: &'t Tenant, _key: &str) -> Option<&'t Body> {
        None
    }

    /// The collections whose objects a list of this one shows; none where it shows its own.
    fn lists(&self) -> &'static [&'static str] {
        &[]
    }

    /// The collections that hold an object which is addressed in this one; none where it holds its own. An action may
    /// reach more than reading does.
    fn held_in(&self, _is_action: bool) -> &'static [&'static str] {
        &[]
    }

    /// Refuses a link to what cannot be there, in a collection whose objects no seed has to hold; none where a link leads
    /// to an object of the tenant.
    fn demand_linked(&self, _tenant: &Tenant, _link: &Link) -> Option<Result<(), Refusal>> {
        None
    }

    /// What a link leads to, in such a collection.
    fn linked(&self, _tenant: &Tenant, _link: &Link) -> Option<Body> {
        None
    }

    /// What every tenant has, unless its seed says otherwise.
    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        Vec::new()
    }

    /// What a seed leaves unsaid of an object.
    fn complete_seed(&self, _value: &mut Body) {}

    /// What follows once the whole seed is there.
    fn seeded(&self, _model: &Model, _tenant: &mut Tenant) {}
}

/// A collection without rules of its own: what the rules of others fall back on.
pub(crate) struct Anything;

impl Rules for Anything {}

/// Refuses properties that are read-only here.
pub(crate) fn refuse_any(body: &Body, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| body.contains_key(**name)) {
        Some(name) => Err(bad(format!("The property '{name}' is read-only and cannot be set."))),
        None => Ok(()),
    }
}

/// Refuses to touch what is built in, as the property of this name says.
pub(crate) fn refuse_true(body: &Body, name: &str) -> Result<(), Refusal> {
    if body.get(name) == Some(&json!(true)) {
        return Err(bad(format!("Built-in objects ({name}) cannot be created, changed or deleted.")));
    }
    Ok(())
}
