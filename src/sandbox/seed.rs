//! What a tenant holds at the beginning: its seed and what every tenant has by itself.

use std::time::Instant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::behaviours;
use crate::config::{SandboxError, TenantSeed};
use crate::field::reading;
use crate::metadata::model::Model;
use crate::odata::paths::stored_name;
use crate::service::core::is_directory;
use crate::service::secrets;
use crate::tenant::defaults::complete;
use crate::tenant::roots::DEFINITIONS;
use crate::tenant::store::{Tenant, id_of, part, text, type_of};

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
    for (root, _) in model.collections() {
        behaviours::of(root).seeded(model, &mut tenant);
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
    behaviours::of(root).complete_seed(&mut value);
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
    for (root, collection) in model.collections() {
        let built_in = behaviours::of(root).built_in(tenant);
        for value in built_in.into_iter().filter_map(|value| value.as_object().cloned()) {
            let there = tenant.has(root, id_of(&value)) || (collection.single && !tenant.all(root).is_empty());
            if !there {
                add(model, tenant, root, &collection.element, value);
            }
        }
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
