//! The audit log: every change that went through leaves an event, as Intune's own does.
//!
//! Shape of an event after Graph's documentation of `auditEvent`: who (`actor`), what (`resources` with the
//! object's id), when, and how it went. Only Intune's own objects are in this log; the directory has another.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::odata::clock::now_text;
use crate::tenant::roots::AUDIT;
use crate::tenant::store::{Tenant, id_of, text};

/// Who changed something.
pub(crate) enum Actor {
    /// The program's own sign-in.
    Application,
    /// Another admin, in the portal.
    Person,
}

/// Writes down that an object was changed by a request of this method.
pub(crate) fn record(tenant: &mut Tenant, actor: &Actor, root: &str, object: &Map<String, Value>, method: &str) {
    let own = ["deviceManagement/", "deviceAppManagement/"].iter().any(|service| root.starts_with(service));
    if !own || root == AUDIT {
        return;
    }
    let operation = match method {
        "POST" => "Create",
        "DELETE" => "Delete",
        "ACTION" => "Action",
        _ => "Patch",
    };
    let resource_type = root.rsplit('/').next().unwrap_or(root);
    let name = [text(object, "displayName"), text(object, "name")].into_iter().find(|name| !name.is_empty());
    let actor = match actor {
        Actor::Application => json!({
            "auditActorType": "Application", "applicationId": tenant.client_id,
            "applicationDisplayName": "intune-ferry rehearsal", "userPrincipalName": null, "userId": null,
        }),
        Actor::Person => json!({
            "auditActorType": "ItPro", "applicationId": null, "applicationDisplayName": null,
            "userPrincipalName": format!("admin@{}", tenant.default_domain), "userId": tenant.id,
        }),
    };
    let event = json!({
        "id": Uuid::new_v4().to_string(),
        "displayName": format!("{operation} {resource_type}"),
        "componentName": resource_type,
        "actor": actor,
        "activity": format!("{operation} {resource_type}"),
        "activityDateTime": now_text(),
        "activityType": format!("{operation} {resource_type}"),
        "activityOperationType": operation,
        "activityResult": "Success",
        "correlationId": Uuid::new_v4().to_string(),
        "category": "DeviceConfiguration",
        "resources": [{
            "displayName": name, "auditResourceType": resource_type, "resourceId": id_of(object), "modifiedProperties": [],
        }],
    });
    if let Value::Object(event) = event {
        tenant.put(AUDIT, event, std::time::Instant::now());
    }
}
