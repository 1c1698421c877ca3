//! Administrative templates: settings only through `updateDefinitionValues`, definitions that are Microsoft's or uploaded.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::connected;
use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing, refuse};
use crate::odata::link::Link;
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Anything, Body, Rules};
use crate::tenant::defaults::now_text;
pub(crate) use crate::tenant::roots::DEFINITIONS;
use crate::tenant::store::{Tenant, element, id_of, part, text, type_of};

/// The policies.
pub(crate) const ROOT: &str = "deviceManagement/groupPolicyConfigurations";
/// Files of definitions that someone uploaded.
pub(crate) use crate::tenant::roots::DEFINITION_FILES as FILES;

const ELEMENT: &str = "groupPolicyDefinitionValue";

pub(crate) struct TemplatePolicies;

impl Rules for TemplatePolicies {
    /// evidence "inline definitionValues of ADMX policies ignored".
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        body.remove("definitionValues");
        Ok(())
    }

    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        body.remove("definitionValues");
        Ok(())
    }

    fn deletes_silently(&self) -> bool {
        true
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == "definitionValues" && route.subs.len() == 1 {
            return create_definition_value(service, route);
        }
        Anything.create_part(service, route, name)
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == "definitionValues" { Ok(()) } else { Anything.before_part_delete(service, name, owner, id) }
    }

    fn expands(&self, part: &str, expand: &Expand, list: bool) -> bool {
        match part {
            "definitionValues" => expand.name == "definition",
            "definitionValues/{id}/presentationValues" => expand.name == "presentation",
            _ => Anything.expands(part, expand, list),
        }
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "updateDefinitionValues").then(|| update_definition_values(service, id, body))
    }
}

/// The definitions of settings.
pub(crate) struct Definitions;

impl Rules for Definitions {
    /// Any GUID is a definition of Microsoft's, for there are thousands with the same ids everywhere; but not one that
    /// only another tenant has, because it uploaded it (portability.md B).
    fn demand_linked(&self, tenant: &Tenant, link: &Link) -> Option<Result<(), Refusal>> {
        let mut ids = std::iter::once(&link.id).chain(link.part.iter().map(|(_, id)| id));
        if let Some(id) = ids.find(|id| Uuid::parse_str(id).is_err()) {
            return Some(Err(bad(format!("'{id}' is not a GUID."))));
        }
        let is_foreign = tenant.foreign_definitions.contains(&link.id.to_lowercase());
        if is_foreign && !tenant.has(DEFINITIONS, &link.id) {
            return Some(Err(missing(DEFINITIONS, &link.id)));
        }
        Some(Ok(()))
    }

    /// The definition or presentation that a link names; made up where the seed does not describe it.
    fn linked(&self, tenant: &Tenant, link: &Link) -> Option<Body> {
        let known = tenant.find(DEFINITIONS, &link.id);
        let described = match &link.part {
            None => known.cloned(),
            Some((_, id)) => known.and_then(|definition| element(part(definition, "presentations"), id).cloned()),
        };
        described.or_else(|| made_up(link).as_object().cloned())
    }
}

pub(crate) struct DefinitionFiles;

impl Rules for DefinitionFiles {
    /// quirk 48, metadata `known`.
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        connected::demand_content("content", text(body, "content"))
    }

    /// api 9: processing ends at once here. quirk 48: what was sent is never given back.
    fn fill_in(&self, body: &mut Body) {
        body.insert("status".into(), json!("available"));
        body.insert("policyType".into(), json!("admxIngested"));
        body.insert("content".into(), Value::Null);
        let files = body.get_mut("groupPolicyUploadedLanguageFiles").and_then(Value::as_array_mut);
        files.into_iter().flatten().for_each(|file| file["content"] = Value::Null);
    }

    /// quirk 48.
    fn before_update(&self, _service: &Service<'_>, _current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        Err(refuse(405, "MethodNotAllowed", "An uploaded definition file cannot be changed."))
    }

    /// quirk 48, metadata `known`: reading ADMX content returns it empty.
    fn never_shown(&self) -> &'static [&'static str] {
        &["content"]
    }
}

/// quirk 49: `added`, `updated`, `deletedIds` in one call.
fn update_definition_values(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let current = service.tenant.find(ROOT, id).ok_or_else(|| missing(ROOT, id))?;
    let mut values = part(current, "definitionValues").to_vec();
    for gone in part(body, "deletedIds") {
        let gone = gone.as_str().unwrap_or("");
        let before = values.len();
        values.retain(|value| !value["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(gone)));
        if values.len() == before {
            return Err(missing("definitionValues", gone));
        }
    }
    for changed in part(body, "updated") {
        let Value::Object(changed) = changed else {
            continue;
        };
        let wanted = id_of(changed).to_owned();
        let old = values
            .iter()
            .position(|value| value["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(&wanted)))
            .ok_or_else(|| missing("definitionValues", &wanted))?;
        let mut next = values[old].as_object().cloned().unwrap_or_default();
        let changed = definition_value(service, changed, Some(&next))?;
        next.extend(changed);
        values[old] = Value::Object(next);
    }
    for added in part(body, "added") {
        let Value::Object(added) = added else {
            continue;
        };
        values.push(Value::Object(definition_value(service, added, None)?));
    }
    put_values(service, id, values)?;
    Ok(Reply::empty(204))
}

/// POST of one value to `{id}/definitionValues` (metadata `known`).
fn create_definition_value(service: &mut Service<'_>, route: &Route) -> Outcome {
    let id = id_of(service.object(route)?).to_owned();
    let mut body = service.call.object()?;
    validate::entity(service.model, ELEMENT, &Value::Object(body.clone()), Purpose::Create)?;
    service.take_links(ELEMENT, &mut body)?;
    let made = definition_value(service, &body, None)?;
    let current = service.tenant.find(ROOT, &id).ok_or_else(|| missing(ROOT, &id))?;
    let mut values = part(current, "definitionValues").to_vec();
    values.push(Value::Object(made.clone()));
    put_values(service, &id, values)?;
    let mut shown = made;
    shown.retain(|name, _| !name.contains("odata.bind") && name != "presentationValues");
    Ok(Reply::new(201, Value::Object(shown)))
}

fn put_values(service: &mut Service<'_>, id: &str, values: Vec<Value>) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    for value in &values {
        let definition = value["definition@odata.bind"].as_str().unwrap_or("").to_lowercase();
        if !seen.insert(definition) {
            return Err(bad("A definition can be configured only once in a policy."));
        }
    }
    if let Some(object) = service.tenant.find_mut(ROOT, id) {
        object.insert("definitionValues".into(), Value::Array(values));
    }
    Ok(())
}

fn definition_value(
    service: &Service<'_>,
    given: &Map<String, Value>,
    old: Option<&Map<String, Value>>,
) -> Result<Map<String, Value>, Refusal> {
    let name = "definition@odata.bind";
    let definition = match (given.get(name), old.and_then(|old| old.get(name))) {
        (Some(definition), _) | (None, Some(definition)) => definition.clone(),
        (None, None) => return Err(bad("A definition value needs 'definition@odata.bind'.")),
    };
    let definition_id = definition.as_str().and_then(Link::parse).map(|link| link.id).unwrap_or_default();
    let mut made = given.clone();
    made.retain(|name, _| !name.contains('@'));
    made.insert(name.into(), definition);
    let id = old.map_or_else(|| Uuid::new_v4().to_string(), |old| id_of(old).to_owned());
    made.insert("id".into(), json!(id));
    let mut presentations = Vec::new();
    for value in part(given, "presentationValues") {
        let Value::Object(value) = value else {
            return Err(bad("A presentation value must be an object."));
        };
        if text(value, "@odata.type").is_empty() {
            return Err(bad("A presentation value needs '@odata.type'."));
        }
        let link = Link::parse(text(value, "presentation@odata.bind"))
            .ok_or_else(|| bad("A presentation value needs 'presentation@odata.bind'."))?;
        if !link.id.eq_ignore_ascii_case(&definition_id) || link.part.is_none() {
            return Err(bad("The presentation belongs to another definition."));
        }
        let mut value = value.clone();
        value.insert("id".into(), json!(Uuid::new_v4().to_string()));
        crate::tenant::defaults::complete(
            service.model,
            type_of(&value.clone(), "groupPolicyPresentationValue"),
            &mut value,
        );
        presentations.push(Value::Object(value));
    }
    made.insert("presentationValues".into(), Value::Array(presentations));
    crate::tenant::defaults::complete(service.model, ELEMENT, &mut made);
    Ok(made)
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// What a built-in definition or presentation looks like.
fn made_up(link: &Link) -> Value {
    match &link.part {
        None => json!({
            "id": link.id, "classType": "machine", "displayName": format!("Policy {}", short(&link.id)),
            "categoryPath": "\\Windows Components", "policyType": "admxBacked", "hasRelatedDefinitions": false,
            "version": "1.0", "supportedOn": null, "explainText": "", "minDeviceCspVersion": "5.0",
            "minUserCspVersion": "5.0", "groupPolicyCategoryId": crate::tenant::constants::ZERO,
            "lastModifiedDateTime": now_text()
        }),
        Some((_, id)) => json!({
            "@odata.type": "#microsoft.graph.groupPolicyPresentationTextBox", "id": id,
            "label": format!("Value {}", short(id)), "lastModifiedDateTime": now_text()
        }),
    }
}
