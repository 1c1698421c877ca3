//! What a tenant holds at the beginning: its seed and what every tenant has by itself.

use std::time::Instant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behaviours::{enrollment, protection};
use crate::config::{SandboxError, TenantSeed};
use crate::field::reading;
use crate::metadata::model::Model;
use crate::odata::paths::stored_name;
use crate::service::secrets;
use crate::service::service::is_directory;
use crate::tenant::constants;
use crate::tenant::defaults::complete;
use crate::tenant::roots::DEFINITIONS;
use crate::tenant::store::{Tenant, id_of, part, text, type_of};

/// object-types.json IntuneBranding: the default profile has the same id in every tenant.
const DEFAULT_BRANDING: &str = "c3a59481-1bf2-46ce-94b3-66eec07a8d60";

/// Makes a tenant.
pub(crate) fn grow(seed: &TenantSeed) -> Result<Tenant, SandboxError> {
    let model = Model::load();
    let mut tenant = Tenant::new(seed);
    let wrong = |detail: String| SandboxError::Seed { tenant: seed.tenant_id.clone(), detail };
    let empty = Map::new();
    let objects = match &seed.objects {
        Value::Object(map) => map,
        Value::Null => &empty,
        _ => {
            return Err(wrong("the objects must be a map from collection to list".into()));
        }
    };
    for (path, list) in objects {
        let path = path.trim_matches('/');
        let root = stored_name(path);
        let collection = model.collection(path).ok_or_else(|| wrong(format!("there is no collection `{path}`")))?;
        let list = match list {
            Value::Array(list) => list.clone(),
            Value::Object(_) if collection.single => vec![list.clone()],
            _ => return Err(wrong(format!("`{path}` must be a list"))),
        };
        for value in list {
            let Value::Object(value) = value else {
                return Err(wrong(format!("`{path}` holds something that is not an object")));
            };
            add(model, &mut tenant, root, &collection.element, value);
        }
    }
    built_in(model, &mut tenant);
    for (root, value) in reading::objects(&tenant) {
        let element = model.collection(root).map_or("", |c| c.element.as_str());
        if let Value::Object(value) = value {
            add(model, &mut tenant, root, element, value);
        }
    }
    for set in tenant.all(protection::SETS).iter().map(|set| id_of(&set.value).to_owned()).collect::<Vec<_>>() {
        protection::name_items(model, &mut tenant, &set);
    }
    Ok(tenant)
}

/// Adds an object that lists show at once.
fn add(model: &Model, tenant: &mut Tenant, root: &str, element: &str, mut value: Map<String, Value>) {
    if id_of(&value).is_empty() {
        value.insert("id".into(), json!(Uuid::new_v4().to_string()));
    }
    if !is_directory(root) {
        complete(model, element, &mut value);
    }
    number(model, element, &mut value);
    if root == enrollment::ROOT {
        enrollment::name_kind(&mut value);
    }
    // Someone is in a tenant's groups, unless the seed says otherwise.
    if root == "groups" {
        value.entry("members").or_insert_with(|| json!([{"id": Uuid::new_v4().to_string()}]));
    }
    let count = part(&value, "settings").len();
    if value.contains_key("settingCount") {
        value.insert("settingCount".into(), json!(count));
    }
    if value.contains_key("isAssigned") {
        let assigned = !part(&value, "assignments").is_empty();
        value.insert("isAssigned".into(), json!(assigned));
    }
    for rule in value.get_mut("scheduledActionsForRule").and_then(Value::as_array_mut).into_iter().flatten() {
        // evidence "ruleName null": reading never gives it.
        rule["ruleName"] = Value::Null;
    }
    relative_links(&mut value);
    let id = id_of(&value).to_owned();
    let mut whole = Value::Object(value);
    if !is_directory(root) {
        secrets::conceal(model, tenant, &id, &mut whole);
    }
    if let Value::Object(value) = whole {
        tenant.put(root, value, Instant::now());
    }
}

/// Elements of parts that have no id get one: those of navigation properties only, for a complex value has none
/// (metadata: navigation properties lead to entities).
fn number(model: &Model, declared: &str, value: &mut Map<String, Value>) {
    let ty = type_of(value, declared).to_owned();
    for (name, child) in value.iter_mut() {
        let Some(property) = model.property(&ty, name).filter(|property| property.nav) else { continue };
        let element = property.element();
        let Value::Array(items) = child else { continue };
        // Settings of the settings catalog are numbered by their position.
        let by_position = model.is_a(element, "deviceManagementConfigurationSetting");
        for (index, item) in items.iter_mut().enumerate() {
            let Value::Object(item) = item else { continue };
            if id_of(item).is_empty() {
                let id = if by_position { index.to_string() } else { Uuid::new_v4().to_string() };
                item.insert("id".into(), json!(id));
            }
            number(model, element, item);
        }
    }
}

/// Links may be in a seed as they are sent; they are stored relative.
fn relative_links(value: &mut Map<String, Value>) {
    for (name, child) in value.iter_mut() {
        let relative = |text: &mut String| {
            for version in ["/beta/", "/v1.0/"] {
                if let Some((_, rest)) = text.split_once(version) {
                    *text = rest.to_owned();
                }
            }
        };
        match child {
            Value::String(text) if name.ends_with("@odata.bind") => relative(text),
            Value::Array(items) if name.ends_with("@odata.bind") => {
                for item in items {
                    if let Value::String(text) = item {
                        relative(text);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(relative_links),
            Value::Object(map) => relative_links(map),
            _ => {}
        }
    }
}

/// What every tenant has, unless its seed says otherwise.
fn built_in(model: &Model, tenant: &mut Tenant) {
    let (id, name, domain) = (tenant.id.clone(), tenant.display_name.clone(), tenant.default_domain.clone());
    let mut all: Vec<(&str, Value)> = vec![
        (
            "organization",
            json!({"id": id, "displayName": name, "mobileDeviceManagementAuthority": "intune", "verifiedDomains": [
                {"name": domain, "isDefault": true, "isInitial": domain.ends_with(".onmicrosoft.com"), "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"}
            ]}),
        ),
        (
            "deviceManagement",
            json!({"id": id, "subscriptionState": "active", "settings": {"secureByDefault": true, "deviceComplianceCheckinThresholdDays": 30}}),
        ),
        ("deviceAppManagement", json!({"id": id})),
        (
            "deviceManagement/roleScopeTags",
            json!({"id": "0", "displayName": "Default", "description": "Default Role Scope Tag", "isBuiltIn": true}),
        ),
        (
            "deviceManagement/roleDefinitions",
            json!({
                "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition", "id": "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e",
                "displayName": "Help Desk Operator", "isBuiltIn": true, "isBuiltInRoleDefinition": true, "rolePermissions": []
            }),
        ),
        (
            "deviceManagement/deviceHealthScripts",
            json!({
                "id": "4cc27ed5-e70b-4db7-9bc8-9b1ccd4f8a54", "displayName": "Restart stopped Office C2R svc", "publisher": "Microsoft", "isGlobalScript": true,
                "version": "1.0", "highestAvailableVersion": "1.0", "detectionScriptContent": "", "remediationScriptContent": ""
            }),
        ),
        (
            "deviceManagement/templates",
            json!({
                "id": "d1174162-1dd2-4976-affc-6667049ab0ae", "displayName": "BitLocker", "templateType": "securityTemplate", "templateSubtype": "diskEncryption",
                "platformType": "windows10AndLater", "isDeprecated": false, "versionInfo": "2006"
            }),
        ),
        (
            "deviceManagement/templates",
            json!({
                "@odata.type": "#microsoft.graph.securityBaselineTemplate", "id": "034ccd46-190c-4afc-adf1-ad7cc11262eb", "displayName": "MDM Security Baseline for Windows 10 and later",
                "templateType": "securityBaseline", "platformType": "windows10AndLater", "isDeprecated": true, "versionInfo": "May 2019"
            }),
        ),
    ];
    all.push(("deviceManagement/intuneBrandingProfiles", json!({"id": DEFAULT_BRANDING, "profileName": "Default branding profile", "isDefaultProfile": true, "displayName": name})));
    // What every tenant has one of (portability.md B, class D).
    all.push((
        "deviceManagement/remoteAssistanceSettings",
        json!({"id": "remoteAssistanceSettings", "remoteAssistanceState": "disabled"}),
    ));
    all.push((
        "deviceManagement/conditionalAccessSettings",
        json!({"id": "conditionalAccessSettings", "enabled": false}),
    ));
    all.push((
        "policies/deviceRegistrationPolicy",
        json!({"id": "deviceRegistrationPolicy", "displayName": "Device Registration Policy", "userDeviceQuota": 50}),
    ));
    for (root, url) in [
        ("policies/mobileDeviceManagementPolicies", "EnrollmentServer/Discovery.svc"),
        ("policies/mobileAppManagementPolicies", "MAMService"),
    ] {
        all.push((root, json!({
            "id": "0000000a-0000-0000-c000-000000000000", "displayName": "Microsoft Intune", "appliesTo": "none", "isValid": true,
            "discoveryUrl": format!("https://enrollment.manage.example/{url}")
        })));
    }
    for (ty, suffix, _, default) in enrollment::KINDS {
        if let Some(kind) = default {
            all.push(("deviceManagement/deviceEnrollmentConfigurations", json!({
                "@odata.type": format!("#microsoft.graph.{ty}"), "id": format!("{id}_Default{suffix}"), "displayName": "All users and all devices",
                "description": "This is the default configuration applied with the lowest priority.", "priority": 0, "deviceEnrollmentConfigurationType": kind
            })));
        }
    }
    for (strength, name, combinations) in constants::STRENGTHS {
        all.push(("identity/conditionalAccess/authenticationStrength/policies", json!({
            "id": strength, "displayName": name, "policyType": "builtIn", "requirementsSatisfied": "mfa", "allowedCombinations": combinations
        })));
    }
    for (root, value) in all {
        let Value::Object(value) = value else {
            continue;
        };
        let single = model.collection(root).is_some_and(|c| c.single);
        let there = tenant.has(root, id_of(&value))
            || (single && !tenant.all(root).is_empty())
            || (root.ends_with("intuneBrandingProfiles")
                && tenant.all(root).iter().any(|s| s.value.get("isDefaultProfile") == Some(&json!(true))));
        if there {
            continue;
        }
        let element = model.collection(root).map_or("", |c| c.element.as_str());
        add(model, tenant, root, element, value);
    }
}

/// Tells each tenant which ADMX definitions only the others have.
pub(crate) fn estrange<'a>(tenants: impl Iterator<Item = &'a mut Tenant>) {
    let tenants: Vec<&mut Tenant> = tenants.collect();
    let uploaded: Vec<(usize, String)> = tenants
        .iter()
        .enumerate()
        .flat_map(|(index, tenant)| {
            let own = tenant.all(DEFINITIONS).iter().filter(|d| text(&d.value, "policyType") == "admxIngested");
            own.map(move |d| (index, id_of(&d.value).to_lowercase())).collect::<Vec<_>>()
        })
        .collect();
    for (index, tenant) in tenants.into_iter().enumerate() {
        tenant.foreign_definitions =
            uploaded.iter().filter(|(owner, _)| *owner != index).map(|(_, id)| id.clone()).collect();
    }
}
