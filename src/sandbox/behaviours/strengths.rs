//! Authentication strengths: the built-in ones stay as they are, and one in use is not deleted (api 9). Their combination
//! configurations are in [`super::combinations`].

use serde_json::{Map, Value, json};

use super::combinations;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::present::View;
use crate::service::rules::{Anything, Body, Rules, refuse_any};
use crate::service::write::list_of;
use crate::tenant::constants;
use crate::tenant::roots::POLICIES;
use crate::tenant::store::{Tenant, id_of, part, text};

pub(crate) use crate::tenant::roots::STRENGTHS as ROOT;

pub(crate) struct Strengths;

impl Rules for Strengths {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_strength(body)
    }

    fn fill_in(&self, body: &mut Body) {
        body.insert("policyType".into(), json!("custom"));
    }

    fn before_update(&self, _service: &Service<'_>, current: &Body, body: &mut Body) -> Result<(), Refusal> {
        before_strength_update(current, body)
    }

    fn before_delete(&self, service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        before_strength_delete(service, current)
    }

    fn deletes_silently(&self) -> bool {
        true
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == combinations::PART {
            return combinations::create_combination(service, route);
        }
        Anything.create_part(service, route, name)
    }

    fn update_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == combinations::PART {
            return combinations::update_combination(service, route);
        }
        Anything.update_part(service, route, name)
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == combinations::PART {
            return demand_custom(service, owner);
        }
        Anything.before_part_delete(service, name, owner, id)
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "updateAllowedCombinations").then(|| update_combinations(service, id, body))
    }

    /// Exports hold the part although no one expanded it.
    fn decorate(&self, service: &Service<'_>, shown: &mut Body, value: &Body, _ty: &str, view: &View<'_>) {
        let name = combinations::PART;
        let path = format!("{}('{}')/{name}", view.path, id_of(value));
        shown.insert(format!("{name}@odata.context"), json!(service.context(&path)));
        shown.insert(name.to_owned(), value.get(name).cloned().unwrap_or_else(|| json!([])));
    }

    fn expands(&self, part: &str, expand: &Expand, _list: bool) -> bool {
        part.is_empty() && expand.name == combinations::PART
    }

    fn call_function(
        &self,
        _service: &Service<'_>,
        _route: &Route,
        name: &str,
        _args: &[(String, String)],
    ) -> Option<Outcome> {
        (name == "usage").then(|| Ok(Reply::new(200, json!({"none": [], "mfa": []}))))
    }

    /// Every tenant has Microsoft's (api 9).
    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        let strength = |(id, name, combinations): (&str, &str, &[&str])| {
            json!({
                "id": id, "displayName": name, "policyType": "builtIn", "requirementsSatisfied": "mfa",
                "allowedCombinations": combinations
            })
        };
        constants::STRENGTHS.into_iter().map(strength).collect()
    }
}

fn before_strength(body: &Map<String, Value>) -> Result<(), Refusal> {
    if body.contains_key("policyType") && text(body, "policyType") != "custom" {
        return Err(bad("Only custom authentication strengths can be created."));
    }
    if text(body, "displayName").is_empty() || part(body, "allowedCombinations").is_empty() {
        return Err(bad("An authentication strength needs 'displayName' and 'allowedCombinations'."));
    }
    Ok(())
}

fn before_strength_update(current: &Map<String, Value>, body: &Map<String, Value>) -> Result<(), Refusal> {
    if text(current, "policyType") == "builtIn" {
        return Err(bad("Built-in authentication strengths cannot be changed."));
    }
    // The combinations have an action of their own.
    refuse_any(body, &["allowedCombinations", "policyType"])
}

/// Nothing below a built-in strength can be changed either.
fn demand_custom(service: &Service<'_>, key: &str) -> Result<(), Refusal> {
    let strength = service.tenant.find(ROOT, key).ok_or_else(|| missing(ROOT, key))?;
    if text(strength, "policyType") == "builtIn" {
        return Err(bad("Built-in authentication strengths cannot be changed."));
    }
    Ok(())
}

fn before_strength_delete(service: &Service<'_>, current: &Map<String, Value>) -> Result<(), Refusal> {
    if text(current, "policyType") == "builtIn" || service.used_in(POLICIES, id_of(current)) {
        return Err(bad("The authentication strength is built in or in use and cannot be deleted."));
    }
    Ok(())
}

fn update_combinations(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let list = list_of(body, "allowedCombinations")?.clone();
    let strength = service.tenant.find_mut(ROOT, id).ok_or_else(|| missing(ROOT, id))?;
    if text(strength, "policyType") == "builtIn" {
        return Err(bad("Built-in authentication strengths cannot be changed."));
    }
    strength.insert("allowedCombinations".into(), Value::Array(list));
    Ok(Reply::new(
        200,
        json!({"currentCombinations": strength["allowedCombinations"], "conditionalAccessReferences": []}),
    ))
}
