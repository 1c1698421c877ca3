//! Combination configurations of an authentication strength: which security keys or certificates a way of
//! signing in takes. Created one by one below the strength.
//!
//! Sources: Graph's pages on `authenticationCombinationConfiguration` (list, create, get, update, delete; what each
//! kind may apply to), portability.md B for what they hold. The strength itself is in [`super::access`].

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::tenant::defaults::complete;
use crate::tenant::roots::STRENGTHS;
use crate::tenant::store::{has_id, id_of, part, text, type_of};

pub(crate) use crate::tenant::roots::COMBINATIONS as PART;
const ELEMENT: &str = "authenticationCombinationConfiguration";

/// Graph's reference: a kind applies to ways of signing in of its own, and only to those the strength allows.
fn check(strength: &Map<String, Value>, ty: &str, configuration: &Map<String, Value>) -> Result<(), Refusal> {
    let applies = part(configuration, "appliesToCombinations");
    if applies.is_empty() {
        return Err(bad("A combination configuration needs 'appliesToCombinations'."));
    }
    let allowed = part(strength, "allowedCombinations");
    for combination in applies {
        let name = combination.as_str().unwrap_or("");
        let of_its_kind = match ty {
            "fido2CombinationConfiguration" => name == "fido2",
            "x509CertificateCombinationConfiguration" => name.starts_with("x509Certificate"),
            _ => true,
        };
        if !of_its_kind {
            return Err(bad(format!("A configuration of type 'microsoft.graph.{ty}' cannot apply to '{name}'.")));
        }
        if !allowed.contains(combination) {
            return Err(bad(format!("The combination '{name}' is not among the strength's allowed combinations.")));
        }
    }
    let is_guid = |id: &Value| id.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok());
    for id in part(configuration, "allowedAAGUIDs") {
        if !is_guid(id) {
            return Err(bad(format!("The AAGUID {id} is not valid.")));
        }
    }
    Ok(())
}

/// Two configurations for one way of signing in would contradict each other; Graph takes one for FIDO2 at most.
fn demand_one_each(others: &[Value], configuration: &Map<String, Value>) -> Result<(), Refusal> {
    let applies = part(configuration, "appliesToCombinations");
    let taken = others
        .iter()
        .filter_map(Value::as_object)
        .filter(|other| !has_id(other, id_of(configuration)))
        .flat_map(|other| part(other, "appliesToCombinations"))
        .find(|combination| applies.contains(combination));
    match taken {
        Some(combination) => Err(bad(format!("The combination {combination} has a configuration already."))),
        None => Ok(()),
    }
}

pub(crate) fn create_combination(service: &mut Service<'_>, route: &Route) -> Outcome {
    let strength = custom_strength(service, route)?;
    let mut body = service.call.object()?;
    validate::entity(service.model, ELEMENT, &Value::Object(body.clone()), Purpose::Create)?;
    let ty = type_of(&body, ELEMENT).to_owned();
    body.retain(|name, _| !name.contains('@') || name == "@odata.type");
    body.insert("id".into(), json!(Uuid::new_v4().to_string()));
    check(&strength, &ty, &body)?;
    let mut all = part(&strength, PART).to_vec();
    demand_one_each(&all, &body)?;
    complete(service.model, ELEMENT, &mut body);
    all.push(Value::Object(body.clone()));
    put_combinations(service, id_of(&strength), all);
    Ok(Reply::new(201, Value::Object(body)))
}

pub(crate) fn update_combination(service: &mut Service<'_>, route: &Route) -> Outcome {
    let strength = custom_strength(service, route)?;
    let key = route.subs.first().and_then(|sub| sub.key.clone()).unwrap_or_default();
    let mut all = part(&strength, PART).to_vec();
    let body = service.call.object()?;
    validate::entity(service.model, ELEMENT, &Value::Object(body.clone()), Purpose::Update)?;
    let at = all
        .iter()
        .position(|item| item.as_object().is_some_and(|item| has_id(item, &key)))
        .ok_or_else(|| missing(PART, &key))?;
    let mut next = all[at].as_object().cloned().unwrap_or_default();
    let ty = type_of(&next, ELEMENT).to_owned();
    // api 3: the type of an object stays.
    if type_of(&body, ELEMENT) != ty {
        return Err(bad(format!("The resource is of the type 'microsoft.graph.{ty}'.")));
    }
    next.extend(body.into_iter().filter(|(name, _)| !name.contains('@') && name != "id"));
    check(&strength, &ty, &next)?;
    demand_one_each(&all, &next)?;
    all[at] = Value::Object(next);
    put_combinations(service, id_of(&strength), all);
    Ok(Reply::empty(204))
}

fn custom_strength(service: &Service<'_>, route: &Route) -> Result<Map<String, Value>, Refusal> {
    let strength = service.object(route)?.clone();
    if text(&strength, "policyType") == "builtIn" {
        return Err(bad("Built-in authentication strengths cannot be changed."));
    }
    Ok(strength)
}

fn put_combinations(service: &mut Service<'_>, owner: &str, all: Vec<Value>) {
    if let Some(strength) = service.tenant.find_mut(STRENGTHS, owner) {
        strength.insert(PART.into(), Value::Array(all));
    }
}
