//! Apps: which can be created at all, when they are published, what they depend on.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    call::{Outcome, Refusal, Reply, bad, missing},
    service::Service,
    store::{part, text},
    write::list_of,
};

pub(super) const ROOT: &str = "deviceAppManagement/mobileApps";

/// evidence "no create of Android store, VPP, Play, Business Store apps".
const SYNCED: [&str; 6] = [
    "androidStoreApp",
    "iosVppApp",
    "macOsVppApp",
    "androidManagedStoreApp",
    "androidForWorkApp",
    "microsoftStoreForBusinessApp",
];

pub(super) fn before_create(body: &Map<String, Value>) -> Result<(), Refusal> {
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
pub(super) fn arrange(service: &Service<'_>, ty: &str, body: &mut Map<String, Value>) {
    let needs_content = ["mobileLobApp", "managedMobileLobApp"].iter().any(|base| service.model.is_a(ty, base));
    let state = if needs_content { "notPublished" } else { "published" };
    body.insert("publishingState".into(), json!(state));
    body.insert("uploadState".into(), json!(i32::from(!needs_content)));
}

impl Service<'_> {
    /// `updateRelationships` replaces what the app depends on or supersedes; the targets must exist.
    pub(super) fn update_relationships(&mut self, id: &str, body: &Map<String, Value>) -> Outcome {
        let mut stored = Vec::new();
        for given in list_of(body, "relationships")? {
            let target = given["targetId"].as_str().unwrap_or("");
            let app = self.tenant.find(ROOT, target).ok_or_else(|| missing(ROOT, target))?;
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
        if let Some(object) = self.tenant.find_mut(ROOT, id) {
            object.insert("dependentAppCount".into(), json!(stored.len()));
            object.insert("relationships".into(), Value::Array(stored));
        }
        Ok(Reply::empty(204))
    }
}
