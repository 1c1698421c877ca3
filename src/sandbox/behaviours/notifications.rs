//! Notification templates: their messages come one by one, the default one first (quirk 43, api 9).

use serde_json::{Value, json};

use crate::metadata::validate::{self, Purpose};
use crate::odata::call::{Outcome, Refusal, Reply, bad, missing};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Anything, Rules};
use crate::tenant::defaults::complete;
use crate::tenant::store::{element, has_id, id_of, part, text};

pub(crate) const ROOT: &str = "deviceManagement/notificationMessageTemplates";
const PART: &str = "localizedNotificationMessages";
const ELEMENT: &str = "localizedNotificationMessage";

pub(crate) struct NotificationTemplates;

impl Rules for NotificationTemplates {
    /// evidence "POST 200 for scope tags, templates of notifications, roles".
    fn created_status(&self) -> u16 {
        200
    }

    fn create_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == PART { create_message(service, route) } else { Anything.create_part(service, route, name) }
    }

    fn update_part(&self, service: &mut Service<'_>, route: &Route, name: &str) -> Outcome {
        if name == PART { update_message(service, route) } else { Anything.update_part(service, route, name) }
    }

    fn before_part_delete(&self, service: &Service<'_>, name: &str, owner: &str, id: &str) -> Result<(), Refusal> {
        if name == PART {
            return before_delete(service, owner, id);
        }
        Anything.before_part_delete(service, name, owner, id)
    }

    fn expands(&self, part: &str, expand: &Expand, _list: bool) -> bool {
        part.is_empty() && expand.name == PART
    }
}

/// The default message goes last.
fn before_delete(service: &Service<'_>, template: &str, message: &str) -> Result<(), Refusal> {
    let object = service.tenant.find(ROOT, template).ok_or_else(|| missing(ROOT, template))?;
    let messages = part(object, PART);
    let default = element(messages, message).is_some_and(|m| m.get("isDefault") == Some(&json!(true)));
    if default && messages.len() > 1 {
        return Err(bad("The default message cannot be deleted."));
    }
    Ok(())
}

pub(crate) fn create_message(service: &mut Service<'_>, route: &Route) -> Outcome {
    let template = service.object(route)?;
    let owner = id_of(template).to_owned();
    let mut messages = part(template, PART).to_vec();
    let mut body = service.call.object()?;
    validate::entity(service.model, ELEMENT, &Value::Object(body.clone()), Purpose::Create)?;
    body.retain(|name, _| !name.contains('@'));
    let locale = text(&body, "locale").to_lowercase();
    if locale.is_empty() || text(&body, "subject").is_empty() || text(&body, "messageTemplate").is_empty() {
        return Err(bad("A message needs 'locale', 'subject' and 'messageTemplate'."));
    }
    let default = body.get("isDefault") == Some(&json!(true));
    if messages.is_empty() && !default {
        return Err(bad("The first message of a template must be the default one."));
    }
    if messages.iter().any(|m| m["locale"].as_str().is_some_and(|l| l.eq_ignore_ascii_case(&locale))) {
        return Err(bad(format!("A message for the locale '{locale}' exists already.")));
    }
    if default {
        for message in &mut messages {
            message["isDefault"] = json!(false);
        }
    }
    body.insert("id".into(), json!(format!("{owner}_{locale}")));
    body.insert("locale".into(), json!(locale));
    complete(service.model, ELEMENT, &mut body);
    messages.push(Value::Object(body.clone()));
    put_messages(service, &owner, messages);
    if default && let Some(template) = service.tenant.find_mut(ROOT, &owner) {
        template.insert("defaultLocale".into(), body["locale"].clone());
    }
    Ok(Reply::new(201, Value::Object(body)))
}

pub(crate) fn update_message(service: &mut Service<'_>, route: &Route) -> Outcome {
    let template = service.object(route)?;
    let owner = id_of(template).to_owned();
    let key = route.subs.first().and_then(|sub| sub.key.clone()).unwrap_or_default();
    let mut messages = part(template, PART).to_vec();
    let body = service.call.object()?;
    validate::entity(service.model, ELEMENT, &Value::Object(body.clone()), Purpose::Update)?;
    let message = messages
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .find(|message| has_id(message, &key))
        .ok_or_else(|| missing(PART, &key))?;
    message.extend(body.into_iter().filter(|(name, _)| !name.contains('@') && name != "id"));
    let shown = message.clone();
    put_messages(service, &owner, messages);
    Ok(Reply::new(200, Value::Object(shown)))
}

fn put_messages(service: &mut Service<'_>, owner: &str, messages: Vec<Value>) {
    if let Some(object) = service.tenant.find_mut(ROOT, owner) {
        object.insert(PART.into(), Value::Array(messages));
    }
}
