//! Enrollment configurations: defaults that always exist, priorities that the service gives (quirk 37 to 39).

use serde_json::{Map, Value, json};

use crate::field::Answer;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::store::{Tenant, id_of, text};

pub(crate) use crate::tenant::roots::ENROLLMENT as ROOT;
use crate::tenant::roots::is_default_enrollment as is_default;

/// Type, its name in ids, its `deviceEnrollmentConfigurationType`, and that of its default if there is one.
const KINDS: [(&str, &str, &str, Option<&str>); 8] = [
    ("deviceEnrollmentLimitConfiguration", "Limit", "limit", Some("defaultLimit")),
    (
        "deviceEnrollmentPlatformRestrictionsConfiguration",
        "PlatformRestrictions",
        "platformRestrictions",
        Some("defaultPlatformRestrictions"),
    ),
    (
        "deviceEnrollmentWindowsHelloForBusinessConfiguration",
        "WindowsHelloForBusiness",
        "windowsHelloForBusiness",
        Some("defaultWindowsHelloForBusiness"),
    ),
    (
        "windows10EnrollmentCompletionPageConfiguration",
        "Windows10EnrollmentCompletionPageConfiguration",
        "windows10EnrollmentCompletionPageConfiguration",
        Some("defaultWindows10EnrollmentCompletionPageConfiguration"),
    ),
    ("windowsRestoreDeviceEnrollmentConfiguration", "WindowsRestore", "windowsRestore", Some("windowsRestore")),
    (
        "deviceEnrollmentPlatformRestrictionConfiguration",
        "SinglePlatformRestriction",
        "singlePlatformRestriction",
        None,
    ),
    (
        "deviceEnrollmentNotificationConfiguration",
        "EnrollmentNotificationsConfiguration",
        "enrollmentNotificationsConfiguration",
        None,
    ),
    (
        "deviceComanagementAuthorityConfiguration",
        "DeviceComanagementAuthorityConfiguration",
        "deviceComanagementAuthorityConfiguration",
        None,
    ),
];

pub(crate) struct Configurations;

impl Rules for Configurations {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_create(body)
    }

    fn new_id(&self, _service: &Service<'_>, ty: &str, _chosen: &str) -> Result<String, Refusal> {
        Ok(new_id(&uuid::Uuid::new_v4().to_string(), ty))
    }

    fn arrange(&self, service: &mut Service<'_>, ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(service, ty, body);
        Ok(())
    }

    /// quirk 37.
    fn before_update(&self, service: &Service<'_>, current: &Body, body: &mut Body) -> Result<(), Refusal> {
        before_update(service, current, body)
    }

    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        if is_default(current) {
            return Err(bad("The default enrollment configuration cannot be deleted."));
        }
        Ok(())
    }

    /// quirk 39.
    fn before_assign(&self, object: &Body, _assignments: &[Value]) -> Result<(), Refusal> {
        if is_default(object) {
            return Err(bad("The default enrollment configuration cannot be assigned."));
        }
        Ok(())
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "setPriority").then(|| set_priority(service, ROOT, id, body))
    }

    /// quirk 37.
    fn built_in(&self, tenant: &Tenant) -> Vec<Value> {
        let default = |(ty, suffix, _, default): (&str, &str, &str, Option<&str>)| {
            default.map(|kind| {
                json!({
                    "@odata.type": format!("#microsoft.graph.{ty}"), "id": format!("{}_Default{suffix}", tenant.id),
                    "displayName": "All users and all devices", "priority": 0, "deviceEnrollmentConfigurationType": kind,
                    "description": "This is the default configuration applied with the lowest priority."
                })
            })
        };
        KINDS.into_iter().filter_map(default).collect()
    }

    fn complete_seed(&self, value: &mut Body) {
        name_kind(value);
    }
}

fn new_id(guid: &str, ty: &str) -> String {
    let name = KINDS.iter().find(|(known, ..)| *known == ty).map_or("Configuration", |(_, name, ..)| name);
    format!("{guid}_{name}")
}

fn before_create(body: &Map<String, Value>) -> Result<(), Refusal> {
    let ty = text(body, "@odata.type").trim_start_matches("#microsoft.graph.");
    // quirk 37: the defaults always exist.
    if text(body, "deviceEnrollmentConfigurationType").starts_with("default") {
        return Err(bad("A default enrollment configuration cannot be created."));
    }
    match ty {
        // quirk 38.
        "deviceEnrollmentPlatformRestrictionConfiguration" => {
            let platform = text(body, "platformType");
            if platform.is_empty()
                || platform == "allPlatforms"
                || !body.get("platformRestriction").is_some_and(Value::is_object)
            {
                return Err(bad("A restriction of one platform needs 'platformType' and 'platformRestriction'."));
            }
            Ok(())
        }
        "deviceEnrollmentPlatformRestrictionsConfiguration" => {
            Err(bad("Restrictions are created for one platform at a time."))
        }
        // quirk 42: a new configuration names the templates to make, with the zero GUID.
        "deviceEnrollmentNotificationConfiguration" => {
            let right = crate::tenant::store::part(body, "notificationTemplates").iter().all(|name| {
                let name = name.as_str().unwrap_or("").to_lowercase();
                name == format!("email_{}", crate::tenant::constants::ZERO)
                    || name == format!("push_{}", crate::tenant::constants::ZERO)
            });
            if right {
                Ok(())
            } else {
                Err(bad(
                    "The notification templates of a new configuration must be 'email_' or 'push_' with the zero GUID.",
                ))
            }
        }
        _ => Ok(()),
    }
}

fn before_update(
    service: &Service<'_>,
    current: &Map<String, Value>,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    // quirk 42: an update names the templates that were made.
    for name in crate::tenant::store::part(body, "notificationTemplates") {
        let id = name.as_str().and_then(|name| name.split_once('_')).map_or("", |(_, id)| id);
        if !service.tenant.has("deviceManagement/notificationMessageTemplates", id) {
            return Err(bad(format!("The notification template '{id}' does not exist.")));
        }
    }
    let kind = "deviceEnrollmentConfigurationType";
    match body.get(kind) {
        Some(new) if current.get(kind) != Some(new) => Err(bad(format!("The property '{kind}' cannot be changed."))),
        _ => Ok(()),
    }
}

/// What a seed leaves unsaid: the kind of a configuration follows from its type.
fn name_kind(value: &mut Map<String, Value>) {
    let ty = crate::tenant::store::type_of(value, "");
    let known = KINDS.iter().find(|(known, ..)| *known == ty).map(|(_, _, kind, _)| *kind);
    if let (Some(kind), "" | "unknown") = (known, text(value, "deviceEnrollmentConfigurationType")) {
        value.insert("deviceEnrollmentConfigurationType".into(), json!(kind));
    }
}

/// Kind and priority of a new one: the lowest rank of its kind.
fn arrange(service: &mut Service<'_>, ty: &str, body: &mut Map<String, Value>) {
    let kind = KINDS.iter().find(|(known, ..)| *known == ty).map(|(_, _, kind, _)| *kind);
    if let Some(kind) = kind {
        body.insert("deviceEnrollmentConfigurationType".into(), json!(kind));
    }
    rank_last(service, ROOT, body);
    if ty == "deviceEnrollmentNotificationConfiguration" {
        make_templates(service, body);
    }
}

/// Behind all others of its kind.
pub(crate) fn rank_last(service: &Service<'_>, root: &str, body: &mut Map<String, Value>) {
    let lowest = same_kind(service, root, body).iter().map(|(_, priority)| *priority).max().unwrap_or(0);
    body.insert("priority".into(), json!(lowest + 1));
}

/// quirk 42: the service makes the templates that a notification names.
fn make_templates(service: &mut Service<'_>, body: &mut Map<String, Value>) {
    let names: Vec<String> = crate::tenant::store::part(body, "notificationTemplates")
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|name| name.split_once('_').map(|(kind, _)| kind.to_owned()))
        .collect();
    let mut made = Vec::new();
    for kind in names {
        let id = uuid::Uuid::new_v4().to_string();
        let mut template = Map::new();
        for (name, value) in [
            ("id", json!(id)),
            ("displayName", json!(format!("{kind} of {}", text(body, "displayName")))),
            ("localizedNotificationMessages", json!([])),
        ] {
            template.insert(name.to_owned(), value);
        }
        crate::tenant::defaults::complete(service.model, "notificationMessageTemplate", &mut template);
        service.tenant.put("deviceManagement/notificationMessageTemplates", template, service.now);
        made.push(json!(format!("{kind}_{id}")));
    }
    body.insert("notificationTemplates".into(), Value::Array(made));
}

/// Ids and priorities of those that this one is ranked among: same kind, and same platform where that counts.
fn same_kind(service: &Service<'_>, root: &str, like: &Map<String, Value>) -> Vec<(String, u64)> {
    let alike = |value: &Map<String, Value>| {
        ["@odata.type", "platformType", "platform"].iter().all(|name| text(value, name) == text(like, name))
    };
    service
        .tenant
        .all(root)
        .iter()
        .map(|stored| &stored.value)
        .filter(|value| !is_default(value) && alike(value))
        .map(|value| (id_of(value).to_owned(), value.get("priority").and_then(Value::as_u64).unwrap_or(0)))
        .collect()
}

/// Gives one the number of another, and the others behind it theirs; or, as some have seen it, the two change
/// places. A number that no other has is refused (terraprovider/microsoft365wp, 2026-05; Microsoft365DSC#4295).
pub(crate) fn set_priority(service: &mut Service<'_>, root: &str, id: &str, body: &Map<String, Value>) -> Outcome {
    let object = service.tenant.find(root, id).ok_or_else(|| missing(root, id))?.clone();
    if is_default(&object) {
        return Err(bad("The priority of the default configuration is always 0."));
    }
    let mut ranked = same_kind(service, root, &object);
    ranked.sort_by_key(|(_, priority)| *priority);
    let wanted = body.get("priority").and_then(Value::as_u64).unwrap_or(0);
    let numbers: Vec<u64> = ranked.iter().map(|(_, number)| *number).collect();
    let mut ids: Vec<String> = ranked.into_iter().map(|(id, _)| id).collect();
    let from = ids.iter().position(|other| other.eq_ignore_ascii_case(id));
    let to = numbers.iter().position(|number| *number == wanted);
    let (Some(from), Some(to)) = (from, to.filter(|to| Some(*to) != from)) else {
        return Err(bad("The priority must be that of another configuration of the same kind."));
    };
    if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(bad("The configurations have the same priority and cannot be ordered."));
    }
    if service.tenant.field.plays(Answer::PriorityGaps) {
        ids.swap(from, to);
    } else {
        let moved = ids.remove(from);
        ids.insert(to, moved);
    }
    for (number, other) in numbers.iter().zip(&ids) {
        if let Some(value) = service.tenant.find_mut(root, other) {
            value.insert("priority".into(), json!(number));
        }
    }
    Ok(Reply::empty(204))
}
