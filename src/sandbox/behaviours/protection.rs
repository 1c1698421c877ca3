//! App protection and app configuration: the apps that a policy covers. Policy sets: their items.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::metadata::model::Model;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::secrets;
use crate::service::write::list_of;
use crate::tenant::store::{Tenant, has_id, id_of, part, text, type_of};

/// Protection of apps on Android.
pub(crate) const ANDROID: &str = "deviceAppManagement/androidManagedAppProtections";
/// Protection of apps on iOS.
pub(crate) const IOS: &str = "deviceAppManagement/iosManagedAppProtections";
/// Configurations of apps.
pub(crate) const CONFIGURATIONS: &str = "deviceAppManagement/targetedManagedAppConfigurations";
/// Protection of apps on Windows.
pub(crate) const WINDOWS: &str = "deviceAppManagement/windowsManagedAppProtections";

/// The collections that `managedAppPolicies` shows.
const SHOWN: [&str; 6] = [
    ANDROID,
    IOS,
    "deviceAppManagement/mdmWindowsInformationProtectionPolicies",
    CONFIGURATIONS,
    "deviceAppManagement/windowsInformationProtectionPolicies",
    WINDOWS,
];

/// Policies of app protection and app configuration: their collection, and how their ids begin.
pub(crate) struct AppPolicies(pub &'static str, pub &'static str);

impl Rules for AppPolicies {
    /// Seen in exports: app protection of phones has a prefix.
    fn new_id(&self, _service: &Service<'_>, _ty: &str, _chosen: &str) -> Result<String, Refusal> {
        Ok(format!("{}{}", self.1, Uuid::new_v4()))
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(body)
    }

    /// evidence "DELETE 200 (204: ADMX, app protection)".
    fn deletes_silently(&self) -> bool {
        true
    }

    fn expands(&self, part: &str, expand: &Expand, list: bool) -> bool {
        let settings = self.0 == CONFIGURATIONS && !list;
        match expand.name.as_str() {
            "assignments" => true,
            "apps" => part.is_empty(),
            "settings" => part.is_empty() && settings,
            _ => false,
        }
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        match name {
            "targetApps" => Some(target_apps(service, self.0, id, body)),
            "changeSettings" => Some(change_settings(service, self.0, id, body)),
            _ => None,
        }
    }

    fn check_target(&self, kind: &str) -> Result<(), Refusal> {
        demand_group(kind)
    }

    /// Not known of phones: their policies are for managed apps, not for devices.
    fn demands_fitting_filter(&self) -> bool {
        self.0 == WINDOWS
    }

    /// evidence "assign 200 (204: intents, app protection, apps)".
    fn assigns_silently(&self) -> bool {
        true
    }

    fn has_text_versions(&self) -> bool {
        true
    }
}

/// Windows Information Protection; the policies of managed devices show the files of AppLocker as well.
pub(crate) struct InformationProtection {
    pub of_managed_devices: bool,
}

impl Rules for InformationProtection {
    fn expands(&self, _part: &str, expand: &Expand, _list: bool) -> bool {
        let files = ["protectedAppLockerFiles", "exemptAppLockerFiles"].contains(&expand.name.as_str());
        expand.name == "assignments" || (self.of_managed_devices && files)
    }

    fn check_target(&self, kind: &str) -> Result<(), Refusal> {
        demand_group(kind)
    }

    fn assigns_silently(&self) -> bool {
        true
    }
}

/// quirk 31; evidence CIPP#4677.
fn demand_group(kind: &str) -> Result<(), Refusal> {
    if ["groupAssignmentTarget", "exclusionGroupAssignmentTarget"].contains(&kind) {
        return Ok(());
    }
    Err(bad("App protection and app configuration can be assigned to groups only."))
}

/// What only shows the policies of all platforms.
pub(crate) struct AllAppPolicies;

impl Rules for AllAppPolicies {
    /// quirk 30.
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(bad("A managed app policy is created in the collection of its platform."))
    }

    fn expands(&self, _part: &str, _expand: &Expand, _list: bool) -> bool {
        false
    }

    fn lists(&self) -> &'static [&'static str] {
        &SHOWN
    }

    fn held_in(&self, _is_action: bool) -> &'static [&'static str] {
        &SHOWN
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
        (name == "update").then(|| update_set(service, id, body))
    }

    fn expands(&self, _part: &str, expand: &Expand, list: bool) -> bool {
        !list && ["items", "assignments"].contains(&expand.name.as_str())
    }

    fn act_on_collection(&self, _service: &mut Service<'_>, name: &str, _body: &Body) -> Option<Outcome> {
        (name == "getPolicySets").then(|| Ok(Reply::new(200, json!({"value": []}))))
    }

    fn seeded(&self, model: &Model, tenant: &mut Tenant) {
        for id in tenant.all(SETS).iter().map(|set| id_of(&set.value).to_owned()).collect::<Vec<_>>() {
            name_items(model, tenant, &id);
        }
    }
}

/// Stores the apps that came with a create (metadata `known`).
fn arrange(body: &mut Map<String, Value>) -> Result<(), Refusal> {
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

/// Adds the type of each item's policy to the item, as the service does: of app protection, the item's own type does
/// not tell the platform (seen in policy sets written by Microsoft365DSC).
fn name_items(model: &Model, tenant: &mut Tenant, set: &str) {
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
fn arrange_set(body: &mut Map<String, Value>) {
    for name in ["items", "assignments"] {
        if let Some(Value::Array(items)) = body.get_mut(name) {
            for item in items.iter_mut() {
                item["id"] = json!(Uuid::new_v4().to_string());
            }
        }
    }
}

/// quirk 30: `targetApps` replaces the apps and sets their group.
fn target_apps(service: &mut Service<'_>, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
    let apps = stored_apps(list_of(body, "apps")?)?;
    let object = service.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
    let group = text(body, "appGroupType");
    if object.contains_key("appGroupType") && !group.is_empty() {
        object.insert("appGroupType".into(), json!(group));
    }
    object.insert("deployedAppCount".into(), json!(apps.len()));
    object.insert("apps".into(), Value::Array(apps));
    Ok(Reply::empty(204))
}

/// The settings catalog part of an app configuration (metadata `known`: `{id}/settings`, `changeSettings`).
fn change_settings(service: &mut Service<'_>, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
    let mut settings = json!(list_of(body, "settings")?);
    service.check_references(&settings)?;
    secrets::check(service.tenant, &settings, true)?;
    for (index, setting) in settings.as_array_mut().into_iter().flatten().enumerate() {
        if let Value::Object(setting) = setting {
            setting.remove("settingDefinitions");
            setting.insert("id".into(), json!(index.to_string()));
        }
    }
    secrets::conceal(service.model, service.tenant, id, &mut settings);
    let object = service.tenant.find_mut(root, id).ok_or_else(|| missing(root, id))?;
    object.insert("settings".into(), settings);
    Ok(Reply::empty(204))
}

/// quirk 52: items and assignments of a policy set change through `update`.
fn update_set(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    service.check_references(&Value::Object(body.clone()))?;
    let set = service.tenant.find_mut(SETS, id).ok_or_else(|| missing(SETS, id))?;
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
    name_items(service.model, service.tenant, id);
    Ok(Reply::empty(204))
}
