//! Policies of the settings catalog: settings in one tree, replaced as a whole by PUT.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{compliance, connected, membership};
use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, bad, refuse};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules, refuse_any};
use crate::service::secrets;
use crate::tenant::defaults::complete;
use crate::tenant::store::{Tenant, id_of, part, text};

/// Collections of settings catalog policies (mocks `settings_catalog_inventory_policy` for the second).
pub(crate) const CATALOGUE: [&str; 2] =
    ["deviceManagement/configurationPolicies", "deviceManagement/inventoryPolicies"];

/// Compliance policies of Linux, which are made of settings too.
pub(crate) const COMPLIANCE: &str = "deviceManagement/compliancePolicies";
/// Microsoft's templates.
pub(crate) const TEMPLATES: &str = "deviceManagement/configurationPolicyTemplates";

pub(crate) struct SettingsPolicies;

impl Rules for SettingsPolicies {
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_create(service, body)
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(body);
        Ok(())
    }

    fn fill_in(&self, body: &mut Body) {
        count(body);
    }

    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        refuse_settings(body)
    }

    fn replace(&self, service: &mut Service<'_>, route: &Route) -> Outcome {
        replace_settings(service, route, before_create)
    }

    fn expands(&self, part: &str, expand: &Expand, list: bool) -> bool {
        match part {
            "settings" => expand.name == "settingDefinitions",
            _ => expand.name == "assignments" || (!list && expand.name == "settings"),
        }
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        membership::act(service, CATALOGUE[0], name, id, body)
    }
}

pub(crate) struct LinuxCompliance;

impl Rules for LinuxCompliance {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        before_compliance(body)
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(body);
        compliance::default_rule(body);
        Ok(())
    }

    fn fill_in(&self, body: &mut Body) {
        count(body);
    }

    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        refuse_settings(body)
    }

    fn replace(&self, service: &mut Service<'_>, route: &Route) -> Outcome {
        replace_settings(service, route, |_, body| before_compliance(body))
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "setScheduledActions").then(|| compliance::set_scheduled_actions(service, id, body))
    }

    fn expands(&self, part: &str, expand: &Expand, _list: bool) -> bool {
        let names: &[&str] = match part {
            "settings" => &["settingDefinitions"],
            "scheduledActionsForRule" => &["scheduledActionConfigurations"],
            _ => &["assignments", "settings", "scheduledActionsForRule"],
        };
        names.contains(&expand.name.as_str())
    }
}

/// Microsoft's templates: they cannot be made, and none needs to be in a seed.
pub(crate) struct PolicyTemplates;

impl Rules for PolicyTemplates {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(connected::refusal())
    }

    fn of_microsoft(&self, tenant: &Tenant, id: &str) -> Option<Value> {
        template(&tenant.retired_templates, id)
    }
}

/// The definitions of settings, in the collection of this name.
pub(crate) struct SettingDefinitions(pub &'static str);

impl Rules for SettingDefinitions {
    fn of_microsoft(&self, tenant: &Tenant, id: &str) -> Option<Value> {
        definition(tenant, self.0, id)
    }
}

fn count(body: &mut Body) {
    body.insert("settingCount".into(), json!(part(body, "settings").len()));
}

/// quirk 1.
fn refuse_settings(body: &Body) -> Result<(), Refusal> {
    refuse_any(body, &["settings", "scheduledActionsForRule"])
}

fn before_create(service: &Service<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    demand_settings(body)?;
    check_template(service, body)
}

/// evidence "settingCount … 400 on compliancePolicies (IM and ICD strip it)".
fn before_compliance(body: &Map<String, Value>) -> Result<(), Refusal> {
    refuse_any(body, &["settingCount"])?;
    demand_settings(body)
}

/// "Not known either way: whether a settings catalog policy may have no setting": the strict side.
fn demand_settings(body: &Map<String, Value>) -> Result<(), Refusal> {
    if part(body, "settings").is_empty() {
        return Err(bad("A policy must have at least one setting."));
    }
    if text(body, "name").is_empty() {
        return Err(bad("The property 'name' is required."));
    }
    Ok(())
}

fn is_template(id: &str) -> bool {
    id.split_once('_').is_some_and(|(guid, version)| {
        guid.len() == 36
            && guid == guid.to_lowercase()
            && uuid::Uuid::parse_str(guid).is_ok()
            && !version.is_empty()
            && version.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Collections of setting definitions, with how the ids begin that are in this one alone: which one has a definition
/// goes by its usage (metadata, `settingUsage`), and ids of the usages begin so in published exports.
const DEFINITIONS: [(&str, &[&str]); 3] = [
    (
        "deviceManagement/complianceSettings",
        &["linux_customcompliance_", "linux_deviceencryption_", "linux_distribution_", "linux_passwordpolicy_"],
    ),
    (
        "deviceManagement/reusableSettings",
        &[
            "device_vendor_msft_policy_privilegemanagement_reusablesettings_",
            "vendor_msft_firewall_mdmstore_dynamickeywords_",
        ],
    ),
    ("deviceManagement/configurationSettings", &[]),
];

/// What Microsoft has, the same in every tenant, although no seed says so.
fn definition(tenant: &Tenant, root: &str, id: &str) -> Option<Value> {
    let mut places = DEFINITIONS.iter();
    let (place, _) =
        places.find(|(_, starts)| starts.is_empty() || starts.iter().any(|start| id.starts_with(start)))?;
    let offered = *place == root && !tenant.unoffered_settings.contains(id);
    offered.then(|| json!({"id": id, "name": id, "displayName": "A setting"}))
}

/// Microsoft's templates are the same in every tenant (portability.md B); none needs to be in a seed.
fn template(retired: &BTreeSet<String>, id: &str) -> Option<Value> {
    let state = if retired.contains(id) { "retired" } else { "active" };
    is_template(id).then(|| json!({"id": id, "baseId": id, "displayName": "A template", "lifecycleState": state}))
}

/// evidence "template ids of settings case sensitive; retired or unknown template 400"; api 9.
fn check_template(service: &Service<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    let id = body
        .get("templateReference")
        .and_then(|template| template.get("templateId"))
        .and_then(Value::as_str)
        .unwrap_or("");
    if id.is_empty() {
        return Ok(());
    }
    if !is_template(id) || service.tenant.retired_templates.contains(id) {
        return Err(bad(format!("The template '{id}' does not exist or can no longer be used.")));
    }
    for (index, setting) in part(body, "settings").iter().enumerate() {
        let instance = &setting["settingInstance"];
        // api 9: both references; exports lack that of the value only where the value is a list or a group.
        let whole = instance["settingInstanceTemplateReference"].is_object()
            && ["simpleSettingValue", "choiceSettingValue"]
                .into_iter()
                .all(|name| instance[name].is_null() || instance[name]["settingValueTemplateReference"].is_object());
        if !whole {
            return Err(bad(format!(
                "Setting {index} needs a settingInstanceTemplateReference and a settingValueTemplateReference, because \
                 the policy uses a template."
            )));
        }
    }
    Ok(())
}

/// Settings are numbered; the template's family is looked up by the service.
fn arrange(body: &mut Map<String, Value>) {
    if let Some(Value::Array(settings)) = body.get_mut("settings") {
        for (index, setting) in settings.iter_mut().enumerate() {
            if let Value::Object(setting) = setting {
                setting.remove("settingDefinitions");
                setting.insert("id".into(), json!(index.to_string()));
            }
        }
    }
    if let Some(Value::Object(template)) = body.get_mut("templateReference") {
        template.entry("templateFamily").or_insert(json!("none"));
    } else {
        body.insert(
            "templateReference".into(),
            json!({"templateId": "", "templateFamily": "none", "templateDisplayName": null, "templateDisplayVersion": null}),
        );
    }
}

/// PUT replaces policy and settings (quirk 1, 29).
fn replace_settings(
    service: &mut Service<'_>,
    route: &Route,
    check: fn(&Service<'_>, &Body) -> Result<(), Refusal>,
) -> Outcome {
    service.demand(route, "put")?;
    if !route.subs.is_empty() {
        return Err(refuse(405, "MethodNotAllowed", "PUT is not possible here."));
    }
    let root = route.root.as_str();
    let element = service.element(root);
    let current = service.object(route)?.clone();
    let id = id_of(&current).to_owned();
    let mut body = service.call.object()?;
    check(service, &body)?;
    if body.contains_key("assignments") {
        return Err(bad("Assignments cannot be replaced together with the policy."));
    }
    // quirk 7: null is not a list.
    if body.get("roleScopeTagIds").is_some_and(Value::is_null) {
        return Err(bad("The property 'roleScopeTagIds' must be a list."));
    }
    validate::entity(service.model, element, &Value::Object(body.clone()), Purpose::Update)?;
    for name in ["platforms", "technologies"] {
        if body.get(name) != current.get(name) {
            return Err(bad(format!("The property '{name}' cannot be changed.")));
        }
    }
    let template = |policy: &Map<String, Value>| -> String {
        let reference = policy.get("templateReference").and_then(|t| t.get("templateId"));
        reference.and_then(Value::as_str).unwrap_or("").to_owned()
    };
    if template(&body) != template(&current) {
        return Err(bad("The template of a policy cannot be changed."));
    }
    // quirk 2: enrollment policies lose their origin unless it is sent again.
    let enrolls = text(&current, "technologies").split(',').any(|t| t == "enrollment");
    let origin = current.get("creationSource").cloned().unwrap_or(Value::Null);
    if enrolls && !origin.is_null() && body.get("creationSource") != Some(&origin) {
        return Err(bad("The property 'creationSource' must be sent again for this policy."));
    }
    service.take_links(element, &mut body)?;
    let whole = Value::Object(body.clone());
    service.check_references(&whole)?;
    secrets::check(service.tenant, &whole, true)?;
    body.retain(|name, _| !name.contains('@'));
    body.remove("scheduledActionsForRule");
    arrange(&mut body);
    complete(service.model, element, &mut body);
    for name in [
        "id",
        "createdDateTime",
        "lastModifiedDateTime",
        "creationSource",
        "isAssigned",
        "assignments",
        "scheduledActionsForRule",
        membership::TARGETS,
    ] {
        match current.get(name) {
            Some(kept) => body.insert(name.to_owned(), kept.clone()),
            None => body.remove(name),
        };
    }
    body.insert("settingCount".into(), json!(part(&body, "settings").len()));
    service.settle_object(root, &id, body);
    service.answer_with(route, &id, 200)
}
