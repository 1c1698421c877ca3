//! Security baselines and endpoint security of the first kind: instances of Microsoft's templates.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::connected;
use crate::field::Answer;
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::secrets;
use crate::service::write::list_of;
use crate::tenant::store::{Tenant, part, text};

pub(crate) const ROOT: &str = "deviceManagement/intents";
pub(crate) const TEMPLATES: &str = "deviceManagement/templates";

pub(crate) struct Intents;

impl Rules for Intents {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(bad("An intent is created with the action 'createInstance' of its template."))
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "updateSettings").then(|| update_intent(service, id, body))
    }

    fn assigns_silently(&self) -> bool {
        true
    }
}

pub(crate) struct IntentTemplates;

impl Rules for IntentTemplates {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(connected::refusal())
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "createInstance").then(|| create_intent(service, id, body))
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        vec![
            json!({
                "id": "d1174162-1dd2-4976-affc-6667049ab0ae", "displayName": "BitLocker",
                "templateType": "securityTemplate", "templateSubtype": "diskEncryption",
                "platformType": "windows10AndLater", "isDeprecated": false, "versionInfo": "2006"
            }),
            json!({
                "@odata.type": "#microsoft.graph.securityBaselineTemplate", "id": "034ccd46-190c-4afc-adf1-ad7cc11262eb",
                "displayName": "MDM Security Baseline for Windows 10 and later", "templateType": "securityBaseline",
                "platformType": "windows10AndLater", "isDeprecated": true, "versionInfo": "May 2019"
            }),
        ]
    }
}

/// `templates/{id}/createInstance` (quirk 11).
fn create_intent(service: &mut Service<'_>, template: &str, body: &Map<String, Value>) -> Outcome {
    let found = service.tenant.find(TEMPLATES, template).ok_or_else(|| missing(TEMPLATES, template))?;
    let template = crate::tenant::store::id_of(found).to_owned();
    // portability.md B: old templates can no longer be instantiated.
    if found.get("isDeprecated") == Some(&json!(true)) || service.tenant.retired_templates.contains(&template) {
        return Err(bad(format!("The template '{template}' is deprecated and cannot be instantiated.")));
    }
    if text(body, "displayName").is_empty() {
        return Err(bad("The parameter 'displayName' is required."));
    }
    service.check_references(&Value::Object(body.clone()))?;
    let bare = |setting: &Map<String, Value>| {
        secrets::is_secret_setting(setting) && !setting.get("value").is_some_and(Value::is_string)
    };
    if part(body, "settingsDelta").iter().filter_map(Value::as_object).any(bare) {
        return Err(bad("A secret setting needs its value."));
    }
    let id = Uuid::new_v4().to_string();
    let tags = body.get("roleScopeTagIds").filter(|tags| tags.is_array()).cloned().unwrap_or_else(|| json!(["0"]));
    let mut intent = Map::new();
    for (name, value) in [
        ("id", json!(id)),
        ("displayName", json!(text(body, "displayName"))),
        ("description", body.get("description").cloned().unwrap_or(Value::Null)),
        ("templateId", json!(template)),
        ("roleScopeTagIds", tags),
        ("assignments", json!([])),
    ] {
        intent.insert(name.to_owned(), value);
    }
    let mut settings = Value::Array(part(body, "settingsDelta").iter().map(|s| setting(s, None)).collect());
    secrets::conceal(service.model, service.tenant, &id, &mut settings);
    intent.insert("settings".into(), settings);
    crate::tenant::defaults::complete(service.model, "deviceManagementIntent", &mut intent);
    intent.insert("isAssigned".into(), json!(false));
    let mut shown = intent.clone();
    shown.remove("settings");
    shown.remove("assignments");
    service.tenant.put(ROOT, intent, service.now + service.behaviour.list_lag);
    shown.insert("@odata.context".into(), json!(service.context("deviceManagement/intents/$entity")));
    Ok(Reply::new(200, Value::Object(shown)))
}

/// `updateSettings`: adds or changes; nothing can be removed (quirk 11).
fn update_intent(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let given = list_of(body, "settings")?.clone();
    let intent = service.tenant.find_mut(ROOT, id).ok_or_else(|| missing(ROOT, id))?;
    let mut settings = part(intent, "settings").to_vec();
    for new in &given {
        let definition = &new["definitionId"];
        if let Some(old) = settings.iter_mut().find(|old| &old["definitionId"] == definition) {
            let kept = old["id"].as_str().map(ToOwned::to_owned);
            *old = setting(new, kept);
        } else {
            settings.push(setting(new, None));
        }
    }
    if service.tenant.field.plays(Answer::NullSettingsDropped) {
        settings.retain(|setting| setting["valueJson"] != "null");
    }
    let mut settings = Value::Array(settings);
    secrets::conceal(service.model, service.tenant, id, &mut settings);
    if let Some(intent) = service.tenant.find_mut(ROOT, id) {
        intent.insert("settings".into(), settings);
    }
    Ok(Reply::empty(204))
}

fn setting(given: &Value, id: Option<String>) -> Value {
    let mut setting = given.clone();
    setting["id"] = json!(id.unwrap_or_else(|| Uuid::new_v4().to_string()));
    setting
}
