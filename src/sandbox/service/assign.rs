//! Assignments: `assign` replaces the whole list; a few kinds take them one by one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::tenant::roots::FILTERS;
use crate::tenant::store::{id_of, part, text};

/// What the ids of assignments hold in place of a group: all users, all devices (seen in exports).
const ALL_USERS: &str = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";
const ALL_DEVICES: &str = "adadadad-808e-44e2-905a-0b7873a8a531";

impl Service<'_> {
    /// Replaces all assignments of an object (api 3).
    pub(crate) fn assign(&mut self, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
        let object = self.tenant.find(root, id).ok_or_else(|| missing(root, id))?.clone();
        // The action has one parameter that counts; what it is called differs by kind and was checked before.
        let (name, list) = body
            .iter()
            .find(|(name, _)| name.to_lowercase().contains("assignment"))
            .and_then(|(name, list)| Some((name, list.as_array()?)))
            .ok_or_else(|| bad("The list of assignments is missing."))?;
        if name.contains("GroupAssignments") {
            return Err(bad(format!("The parameter '{name}' is no longer supported.")));
        }
        let rules = self.rules(root);
        rules.before_assign(&object, list)?;
        let mut seen = BTreeSet::new();
        let mut stored = Vec::new();
        for item in list {
            let item = item.as_object().ok_or_else(|| bad("An assignment must be an object."))?;
            let made = self.assignment(root, &object, item)?;
            let target = (made.get("target").map(ToString::to_string), text(&made, "intent").to_owned());
            // "Not known either way: duplicate targets in one assign call": the strict side.
            if !seen.insert(target) {
                return Err(bad("The list holds the same assignment twice."));
            }
            stored.push(Value::Object(made));
        }
        demand_no_contradiction(&stored)?;
        let answer = json!({"@odata.context": self.context("assignments"), "value": stored});
        let assigned = !stored.is_empty();
        if let Some(object) = self.tenant.find_mut(root, id) {
            object.insert("assignments".into(), Value::Array(stored));
            if object.contains_key("isAssigned") {
                object.insert("isAssigned".into(), json!(assigned));
            }
        }
        // evidence "assign 200 (204: intents, app protection, apps)".
        Ok(if rules.assigns_silently() { Reply::empty(204) } else { Reply::new(200, answer) })
    }

    /// One assignment as it is stored, if its target may be used.
    fn assignment(
        &self,
        root: &str,
        object: &Map<String, Value>,
        given: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut made = given.clone();
        made.retain(|name, _| !name.contains('@') || name == "@odata.type");
        let target =
            made.get("target").and_then(Value::as_object).ok_or_else(|| bad("An assignment needs a target."))?;
        let kind = text(target, "@odata.type").trim_start_matches("#microsoft.graph.").to_owned();
        let group = text(target, "groupId").to_owned();
        let to_group = kind == "groupAssignmentTarget" || kind == "exclusionGroupAssignmentTarget";
        if to_group && group.is_empty() {
            return Err(bad(format!("Invalid GroupId : {group}. a valid AADGroupId is expected")));
        }
        self.rules(root).check_target(&kind)?;
        self.check_references(&Value::Object(made.clone()))?;
        self.demand_filter_fits(root, object, target)?;
        let short = match kind.as_str() {
            "allLicensedUsersAssignmentTarget" => ALL_USERS.to_owned(),
            "allDevicesAssignmentTarget" => ALL_DEVICES.to_owned(),
            _ if group.is_empty() => Uuid::new_v4().to_string(),
            _ => group,
        };
        let owner = id_of(object);
        let id = match text(&made, "intent") {
            "" => format!("{owner}_{short}"),
            intent => format!("{short}_{intent}_0"),
        };
        made.insert("id".into(), json!(id));
        let element = self.part_type(crate::tenant::store::type_of(object, self.element(root)), "assignments");
        if let Some(Value::Object(target)) = made.get_mut("target") {
            target.entry("deviceAndAppManagementAssignmentFilterId".to_owned()).or_insert(Value::Null);
            target.entry("deviceAndAppManagementAssignmentFilterType".to_owned()).or_insert(json!("none"));
        }
        crate::tenant::defaults::complete(self.model, &element, &mut made);
        if self.model.property(&element, "source").is_some() {
            made.insert("source".into(), json!("direct"));
            made.insert("sourceId".into(), json!(owner));
        }
        Ok(made)
    }

    /// A filter works only for objects of its platform (portability.md B: platform fixed).
    fn demand_filter_fits(
        &self,
        root: &str,
        object: &Map<String, Value>,
        target: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        let id = text(target, "deviceAndAppManagementAssignmentFilterId");
        let Some(filter) = self.tenant.find(FILTERS, id).filter(|_| self.rules(root).demands_fitting_filter()) else {
            return Ok(());
        };
        if text(target, "deviceAndAppManagementAssignmentFilterType") == "none" {
            return Ok(());
        }
        let filter_platform = text(filter, "platform").to_lowercase();
        let Some(platform) = platform_of(root, object) else {
            return Ok(());
        };
        if filter_platform.starts_with(platform) || platform.starts_with(filter_platform.as_str()) {
            return Ok(());
        }
        Err(bad(format!(
            "The assignment filter '{id}' is for the platform '{filter_platform}', the object is for '{platform}'."
        )))
    }

    /// POST to `{id}/assignments`, where there is no bulk action (quirk 40; api 3).
    pub(crate) fn create_assignment(&mut self, route: &Route) -> Outcome {
        let root = route.root.clone();
        let object = self.object(route)?.clone();
        let id = id_of(&object).to_owned();
        let body = self.call.object()?;
        let element = self.collection(route)?.element.clone();
        validate::entity(self.model, &element, &Value::Object(body.clone()), Purpose::Create)?;
        let made = self.assignment(&root, &object, &body)?;
        if part(&object, "assignments").iter().any(|known| known.get("target") == made.get("target")) {
            return Err(bad("The assignment exists already."));
        }
        let mut all = part(&object, "assignments").to_vec();
        all.push(Value::Object(made.clone()));
        demand_no_contradiction(&all)?;
        if let Some(object) = self.tenant.find_mut(&root, &id) {
            object.insert("assignments".into(), Value::Array(all));
        }
        Ok(Reply::new(201, Value::Object(made)))
    }
}

/// The same group cannot be both included and excluded.
fn demand_no_contradiction(assignments: &[Value]) -> Result<(), Refusal> {
    let groups = |kind: &str| -> BTreeSet<String> {
        let wanted = format!("#microsoft.graph.{kind}");
        assignments
            .iter()
            .filter(|a| a["target"]["@odata.type"] == json!(wanted))
            .filter_map(|a| a["target"]["groupId"].as_str().map(str::to_lowercase))
            .collect()
    };
    let included = groups("groupAssignmentTarget");
    match groups("exclusionGroupAssignmentTarget").intersection(&included).next() {
        Some(group) => Err(bad(format!("The group '{group}' is both included and excluded."))),
        None => Ok(()),
    }
}

/// The platform that an object is for, as far as its type or properties say; in the words of filters, lower case.
fn platform_of(root: &str, object: &Map<String, Value>) -> Option<&'static str> {
    let named = text(object, "platforms");
    let ty = text(object, "@odata.type").trim_start_matches("#microsoft.graph.");
    let subject = if named.is_empty() { ty } else { named }.to_lowercase();
    if root.contains("indows") || subject.starts_with("win") || subject == "officesuiteapp" {
        return Some("windows10andlater");
    }
    [
        ("macos", "macos"),
        ("ios", "ios"),
        ("androidforwork", "androidforwork"),
        ("androidworkprofile", "androidworkprofile"),
        ("android", "android"),
        ("linux", "linux"),
    ]
    .into_iter()
    .find(|(start, _)| subject.starts_with(start))
    .map(|(_, platform)| platform)
}
