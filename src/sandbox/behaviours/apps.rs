//! Apps: which can be created at all, when they are published, what they depend on.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::write::list_of;
use crate::tenant::store::{part, text};

pub(crate) use crate::tenant::roots::APPS as ROOT;

pub(crate) struct Apps;

impl Rules for Apps {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_create(body)
    }

    fn arrange(&self, service: &mut Service<'_>, ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(service, ty, body);
        Ok(())
    }

    fn before_update(&self, service: &Service<'_>, current: &Body, body: &mut Body) -> Result<(), Refusal> {
        service.demand_committed(current, body)
    }

    fn changed(&self, service: &mut Service<'_>, current: &Body, next: &mut Body) {
        service.publish(text(current, "committedContentVersion"), next);
    }

    fn updates_silently(&self) -> bool {
        true
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "updateRelationships").then(|| update_relationships(service, id, body))
    }

    /// api 9: assigning before published fails.
    fn before_assign(&self, object: &Body, assignments: &[Value]) -> Result<(), Refusal> {
        if text(object, "publishingState") != "published" && !assignments.is_empty() {
            return Err(bad("The application is not published yet and cannot be assigned."));
        }
        Ok(())
    }

    fn assigns_silently(&self) -> bool {
        true
    }

    fn not_in_lists(&self) -> &'static [&'static str] {
        &["largeIcon"]
    }

    fn expands(&self, _part: &str, expand: &Expand, list: bool) -> bool {
        expand.name == "assignments" || (!list && expand.name == "categories")
    }
}

/// evidence "no create of Android store, VPP, Play, Business Store apps".
const SYNCED: [&str; 6] = [
    "androidStoreApp",
    "iosVppApp",
    "macOsVppApp",
    "androidManagedStoreApp",
    "androidForWorkApp",
    "microsoftStoreForBusinessApp",
];

fn before_create(body: &Map<String, Value>) -> Result<(), Refusal> {
    let ty = text(body, "@odata.type").trim_start_matches("#microsoft.graph.");
    if SYNCED.contains(&ty) {
        return Err(bad(format!("Apps of the type '{ty}' cannot be created; they come from their store.")));
    }
    for name in ["displayName", "publisher"] {
        if text(body, name).is_empty() {
            return Err(bad(format!("The property '{name}' is required.")));
        }
    }
    if ty == "win32LobApp" {
        return demand_rules(body);
    }
    Ok(())
}

/// Seen in issues of tools that create such apps (Win32App-Migration-Tool#43, IntuneGet#203).
fn demand_rules(body: &Map<String, Value>) -> Result<(), Refusal> {
    let has = |name: &str| body.get(name).is_some_and(|rules| !rules.is_null());
    if has("rules") && (has("detectionRules") || has("requirementRules")) {
        return Err(bad("The properties 'rules' and 'detectionRules' cannot be given together."));
    }
    let detects = |rule: &Value| rule["ruleType"] == "detection";
    if part(body, "detectionRules").is_empty() && !part(body, "rules").iter().any(detects) {
        return Err(bad("The Win32LobApp must have at least one detection rule specified."));
    }
    if text(body, "fileName").is_empty() {
        return Err(bad("The property 'fileName' is required."));
    }
    Ok(())
}

/// Apps with content of their own are published only once it is there (api 9).
fn arrange(service: &Service<'_>, ty: &str, body: &mut Map<String, Value>) {
    let needs_content = ["mobileLobApp", "managedMobileLobApp"].iter().any(|base| service.model.is_a(ty, base));
    let state = if needs_content { "notPublished" } else { "published" };
    body.insert("publishingState".into(), json!(state));
    body.insert("uploadState".into(), json!(i32::from(!needs_content)));
}

/// `updateRelationships` replaces what the app depends on or supersedes; the targets must exist.
pub(crate) fn update_relationships(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let mut stored = Vec::new();
    for given in list_of(body, "relationships")? {
        let target = given["targetId"].as_str().unwrap_or("");
        let app = service.tenant.find(ROOT, target).ok_or_else(|| missing(ROOT, target))?;
        if target.eq_ignore_ascii_case(id) {
            return Err(bad("An app cannot depend on itself."));
        }
        let mut made = given.clone();
        made["id"] = json!(format!("{id}_{}", Uuid::new_v4()));
        made["sourceId"] = json!(id);
        made["targetDisplayName"] = json!(text(app, "displayName"));
        made["targetType"] = json!("child");
        stored.push(made);
    }
    if let Some(object) = service.tenant.find_mut(ROOT, id) {
        object.insert("dependentAppCount".into(), json!(stored.len()));
        object.insert("relationships".into(), Value::Array(stored));
    }
    Ok(Reply::empty(204))
}
