//! App protection and app configuration: the apps that a policy covers. Policy sets: their items.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::model::Model;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::service::rules::{Body, Rules};
use crate::service::secrets;
use crate::service::service::Service;
use crate::service::write::list_of;
use crate::tenant::store::{Tenant, has_id, part, text, type_of};

/// Policies of app protection and app configuration, whose ids begin with this.
pub(crate) struct AppPolicies(pub &'static str);

impl Rules for AppPolicies {
    /// Seen in exports: app protection of phones has a prefix.
    fn new_id(&self, _service: &Service<'_>, _ty: &str, _chosen: &str) -> Result<String, Refusal> {
        Ok(format!("{}{}", self.0, Uuid::new_v4()))
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(body)
    }
}

/// What only shows the policies of all platforms.
pub(crate) struct AllAppPolicies;

impl Rules for AllAppPolicies {
    /// quirk 30.
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(bad("A managed app policy is created in the collection of its platform."))
    }
}

pub(crate) struct PolicySets;

impl Rules for PolicySets {
    fn is_assigned_at_creation(&self) -> bool {
        true
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange_set(body);
        Ok(())
    }

    fn created(&self, service: &mut Service<'_>, id: &str) {
        name_items(service.model, service.tenant, id);
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "update").then(|| service.update_set(id, body))
    }
}

/// Stores the apps that came with a create (metadata `known`).
pub(crate) fn arrange(body: &mut Map<String, Value>) -> Result<(), Refusal> {
    let apps = stored_apps(part(body, "apps"))?;
    body.insert("deployedAppCount".into(), json!(apps.len()));
    body.insert("apps".into(), Value::Array(apps));
    Ok(())
}

fn stored_apps(given: &[Value]) -> Result<Vec<Value>, Refusal> {
    given
        .iter()
        .map(|app| {
            let identifier = app.get("mobileAppIdentifier").and_then(Value::as_object);
            let identifier = identifier.ok_or_else(|| bad("An app needs a 'mobileAppIdentifier'."))?;
            let ty = text(identifier, "@odata.type");
            // The id is the store's id with the platform behind it (seen in exports).
            let (name, platform) = match ty.trim_start_matches("#microsoft.graph.") {
                "iosMobileAppIdentifier" => (text(identifier, "bundleId"), "ios"),
                "androidMobileAppIdentifier" => (text(identifier, "packageId"), "android"),
                "windowsAppIdentifier" => (text(identifier, "windowsAppId"), "windows"),
                "macAppIdentifier" => (text(identifier, "bundleId"), "mac"),
                _ => return Err(bad("The 'mobileAppIdentifier' needs a known '@odata.type'.")),
            };
            if name.is_empty() {
                return Err(bad("The 'mobileAppIdentifier' is empty."));
            }
            Ok(json!({"id": format!("{}.{platform}", name.to_lowercase()), "version": null, "mobileAppIdentifier": identifier}))
        })
        .collect()
}

pub(crate) const SETS: &str = "deviceAppManagement/policySets";

/// Puts the kind of each item's policy beside it, as the service does: of app protection, the item's own type does
/// not tell the platform (seen in policy sets written by Microsoft365DSC).
pub(crate) fn name_items(model: &Model, tenant: &mut Tenant, set: &str) {
    let Some(items) = tenant.find(SETS, set).map(|set| part(set, "items").to_vec()) else { return };
    let kind = |item: &Value| {
        let id = item["payloadId"].as_str()?;
        let (root, object) = tenant.everything().find(|(_, object)| has_id(object, id))?;
        let declared = model.collection(root).map_or("", |collection| &collection.element);
        Some(format!("#microsoft.graph.{}", type_of(object, declared)))
    };
    let kinds: Vec<Option<String>> = items.iter().map(kind).collect();
    let items = tenant.find_mut(SETS, set).and_then(|set| set.get_mut("items")).and_then(Value::as_array_mut);
    for (item, kind) in items.into_iter().flatten().zip(kinds) {
        if let Some(kind) = kind {
            item["itemType"] = json!(kind);
        }
    }
}

/// Items of a policy set get ids; assignments too.
pub(crate) fn arrange_set(body: &mut Map<String, Value>) {
    for name in ["items", "assignments"] {
        if let Some(Value::Array(items)) = body.get_mut(name) {
            for item in items.iter_mut() {
                item["id"] = json!(Uuid::new_v4().to_string());
            }
        }
    }
}

impl Service<'_> {
    /// quirk 30: `targetApps` replaces the apps and sets their group.
    pub(crate) fn target_apps(&mut self, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
        let apps = stored_apps(list_of(body, "apps")?)?;
        let object = self.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
        let group = text(body, "appGroupType");
        if object.contains_key("appGroupType") && !group.is_empty() {
            object.insert("appGroupType".into(), json!(group));
        }
        object.insert("deployedAppCount".into(), json!(apps.len()));
        object.insert("apps".into(), Value::Array(apps));
        Ok(Reply::empty(204))
    }

    /// The settings catalog part of an app configuration (metadata `known`: `{id}/settings`, `changeSettings`).
    pub(crate) fn change_settings(&mut self, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
        let mut settings = json!(list_of(body, "settings")?);
        self.check_references(&settings)?;
        secrets::check(self.tenant, &settings, true)?;
        for (index, setting) in settings.as_array_mut().into_iter().flatten().enumerate() {
            if let Value::Object(setting) = setting {
                setting.remove("settingDefinitions");
                setting.insert("id".into(), json!(index.to_string()));
            }
        }
        secrets::conceal(self.model, self.tenant, id, &mut settings);
        let object = self.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
        object.insert("settings".into(), settings);
        Ok(Reply::empty(204))
    }

    /// quirk 52: items and assignments of a policy set change through `update`.
    pub(crate) fn update_set(&mut self, id: &str, body: &Map<String, Value>) -> Outcome {
        self.check_references(&Value::Object(body.clone()))?;
        let set = self.tenant.find_mut(SETS, id).ok_or_else(|| missing(SETS, id))?;
        let mut items = part(set, "items").to_vec();
        let gone = part(body, "deletedPolicySetItems");
        items.retain(|item| !gone.contains(&item["id"]));
        for item in part(body, "addedPolicySetItems") {
            let mut item = item.clone();
            item["id"] = json!(Uuid::new_v4().to_string());
            items.push(item);
        }
        for change in part(body, "updatedPolicySetItems") {
            if let Some(item) = items.iter_mut().find(|item| item["id"] == change["id"]) {
                *item = change.clone();
            }
        }
        set.insert("items".into(), Value::Array(items));
        if let Some(Value::Array(assignments)) = body.get("assignments") {
            let mut assignments = assignments.clone();
            for assignment in &mut assignments {
                assignment["id"] = json!(Uuid::new_v4().to_string());
            }
            set.insert("assignments".into(), Value::Array(assignments));
        }
        name_items(self.model, self.tenant, id);
        Ok(Reply::empty(204))
    }
}
