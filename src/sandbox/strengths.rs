//! Combination configurations of authentication strengths: a contained collection, one element by one
//! (metadata: create, update and delete under `combinationConfigurations`).

use serde_json::Value;
use uuid::Uuid;

use super::{
    call::{Outcome, Reply, bad, missing},
    defaults::complete,
    route::Route,
    service::Service,
    store::{has_id, id_of, part, text},
    validate::{self, Purpose},
};

/// Where strengths are stored, whichever path they are asked by.
pub(super) const ROOT: &str = "identity/conditionalAccess/authenticationStrength/policies";
/// The contained collection.
pub(super) const PART: &str = "combinationConfigurations";
const ELEMENT: &str = "authenticationCombinationConfiguration";

impl Service<'_> {
    pub(super) fn create_combination(&mut self, route: &Route) -> Outcome {
        let strength = self.object(route)?;
        if text(strength, "policyType") == "builtIn" {
            return Err(bad("A built-in authentication strength cannot be changed."));
        }
        let owner = id_of(strength).to_owned();
        let allowed = part(strength, "allowedCombinations").to_vec();
        let mut list = part(strength, PART).to_vec();
        let mut body = self.call.object()?;
        validate::entity(self.model, ELEMENT, &Value::Object(body.clone()), Purpose::Create)?;
        let ty = text(&body, "@odata.type").trim_start_matches("#microsoft.graph.").to_owned();
        let applies = body.get("appliesToCombinations").and_then(Value::as_array).cloned().unwrap_or_default();
        if applies.is_empty() || applies.iter().any(|combination| !allowed.contains(combination)) {
            return Err(bad("'appliesToCombinations' must name combinations that the strength allows."));
        }
        body.insert("id".into(), Value::String(Uuid::new_v4().to_string()));
        complete(self.model, &ty, &mut body);
        list.push(Value::Object(body.clone()));
        self.put_combinations(&owner, list);
        Ok(Reply::new(201, Value::Object(body)))
    }

    pub(super) fn update_combination(&mut self, route: &Route) -> Outcome {
        let strength = self.object(route)?;
        let owner = id_of(strength).to_owned();
        let key = route.subs.first().and_then(|sub| sub.key.clone()).unwrap_or_default();
        let mut list = part(strength, PART).to_vec();
        let body = self.call.object()?;
        validate::entity(self.model, ELEMENT, &Value::Object(body.clone()), Purpose::Update)?;
        let element = list
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .find(|element| has_id(element, &key))
            .ok_or_else(|| missing(PART, &key))?;
        element.extend(body.into_iter().filter(|(name, _)| name != "id"));
        let shown = element.clone();
        self.put_combinations(&owner, list);
        Ok(Reply::new(200, Value::Object(shown)))
    }

    fn put_combinations(&mut self, owner: &str, list: Vec<Value>) {
        if let Some(strength) = self.tenant.find_mut(ROOT, owner) {
            strength.insert(PART.into(), Value::Array(list));
        }
    }
}
