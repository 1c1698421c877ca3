//! Settings of the settings catalog, as Graph writes them. Only for making them: what a setting is called is the rules'.

use serde_json::{Value, json};

use crate::admx::{Data, ElementKind, ElementValue, Policy};
use crate::gpo::{NativeValue, State};
use crate::rules::{CatalogPlace, Form, Shape};

/// Nobody: what a user right has that is given to no one. The service takes no empty list
/// (learn.microsoft.com/windows/client-management/mdm/policy-csp-userrights, read 2026-11-30).
const NOBODY: &str = "*S-1-0-0";

/// A choice, with what belongs to it.
pub fn choice(id: &str, value: &str, children: Vec<Value>) -> Value {
    let children = Value::Array(children);
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": id,
        "settingInstanceTemplateReference": null,
        "choiceSettingValue": {
            "settingValueTemplateReference": null,
            "value": format!("{id}_{}", value.to_lowercase()),
            "children": children,
        },
    })
}

/// A group that has one value, with what belongs to it.
pub fn group(id: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance",
        "settingDefinitionId": id,
        "settingInstanceTemplateReference": null,
        "groupSettingCollectionValue": [{"settingValueTemplateReference": null, "children": []}],
    })
}

fn simple(id: &str, value: &Value) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": id,
        "settingInstanceTemplateReference": null,
        "simpleSettingValue": value,
    })
}

fn string_value(text: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
        "settingValueTemplateReference": null,
        "value": text,
    })
}

/// A number.
pub fn integer(id: &str, number: i64) -> Value {
    let value = json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
        "settingValueTemplateReference": null,
        "value": number,
    });
    simple(id, &value)
}

/// A text.
pub fn text(id: &str, text: &str) -> Value {
    simple(id, &string_value(text))
}

/// Several texts.
pub fn texts<'a>(id: &str, texts: impl IntoIterator<Item = &'a str>) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingCollectionInstance",
        "settingDefinitionId": id,
        "settingInstanceTemplateReference": null,
        "simpleSettingCollectionValue": texts.into_iter().map(string_value).collect::<Vec<_>>(),
    })
}

/// Names with values.
fn pairs(id: &str, pairs: &[(String, String)]) -> Value {
    let group = |(name, value): &(String, String)| {
        let children = [text(&format!("{id}_key"), name), text(&format!("{id}_value"), value)];
        json!({"settingValueTemplateReference": null, "children": children})
    };
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance",
        "settingDefinitionId": id,
        "settingInstanceTemplateReference": null,
        "groupSettingCollectionValue": pairs.iter().map(group).collect::<Vec<_>>(),
    })
}

/// A template's policy that is in the catalog as it is: on or off, with its elements.
pub fn of_template(policy: &Policy, place: &CatalogPlace<'_>, state: State, values: &[(usize, ElementValue)]) -> Value {
    if state != State::Enabled {
        return choice(&place.id, "0", Vec::new());
    }
    let children = values.iter().filter_map(|(at, value)| {
        let element = policy.elements.get(*at)?;
        Some(of_element(&place.element(&element.id), &element.kind, value))
    });
    choice(&place.id, "1", children.collect())
}

fn of_element(id: &str, kind: &ElementKind, value: &ElementValue) -> Value {
    match (value, kind) {
        (ElementValue::Number(number), _) => integer(id, *number),
        (ElementValue::Tick(on), _) => choice(id, if *on { "1" } else { "0" }, Vec::new()),
        (ElementValue::Item(_), _) => choice(id, &plain(kind, value), Vec::new()),
        (ElementValue::Text(own), _) => text(id, own),
        (ElementValue::Lines(lines), _) => texts(id, lines.iter().map(String::as_str)),
        (ElementValue::List(list), ElementKind::List { explicit: true }) => pairs(id, list),
        (ElementValue::List(list), _) => texts(id, list.iter().map(|(_, value)| value.as_str())),
    }
}

/// An element's value as a short text.
fn plain(kind: &ElementKind, value: &ElementValue) -> String {
    match (value, kind) {
        (ElementValue::Number(number), _) => number.to_string(),
        (ElementValue::Tick(on), _) => u8::from(*on).to_string(),
        (ElementValue::Item(at), ElementKind::Enum(items)) => match items.get(*at).map(|item| &item.data) {
            Some(Data::Number(number)) => number.to_string(),
            Some(Data::Text(text)) => text.clone(),
            Some(Data::Delete) | None => String::from("delete"),
        },
        (ElementValue::Text(text), _) => text.clone(),
        (ElementValue::Lines(lines), _) => lines.join(", "),
        (ElementValue::List(list), _) => {
            let shown = |(name, value): &(String, String)| {
                if name.is_empty() { value.clone() } else { format!("{name}={value}") }
            };
            list.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        (ElementValue::Item(at), _) => at.to_string(),
    }
}

/// The values of a policy as a person reads them.
pub fn shown(policy: &Policy, values: &[(usize, ElementValue)]) -> String {
    let each = values.iter().filter_map(|(at, value)| {
        let element = policy.elements.get(*at)?;
        Some(format!("{} = {}", element.id, plain(&element.kind, value)))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// A template's policy in a form of its own; none where the form does not speak of this state or value.
pub fn of_form(
    policy: &Policy,
    form: &Form,
    id: &str,
    state: State,
    values: &[(usize, ElementValue)],
) -> Option<Value> {
    let Some(wanted) = form.element.as_ref().filter(|_| state == State::Enabled) else {
        let value = if state == State::Enabled { form.enabled.as_ref() } else { form.disabled.as_ref() }?;
        return of_text(form.shape, id, value);
    };
    let (at, value) = values
        .iter()
        .find(|(at, _)| policy.elements.get(*at).is_some_and(|element| element.id.eq_ignore_ascii_case(wanted)))?;
    let element = policy.elements.get(*at)?;
    match (form.shape, value) {
        (Shape::Texts, ElementValue::Lines(lines)) => Some(texts(id, lines.iter().map(String::as_str))),
        (Shape::Texts, ElementValue::List(list)) => {
            let named =
                |(name, value): &'_ (String, String)| if name.is_empty() { value.clone() } else { name.clone() };
            let list: Vec<String> = list.iter().map(named).collect();
            Some(texts(id, list.iter().map(String::as_str)))
        }
        _ => of_text(form.shape, id, translated(form, &plain(&element.kind, value))?),
    }
}

/// A setting with a key of its own; none where the value has no counterpart.
pub fn of_native(form: &Form, id: &str, value: &NativeValue) -> Option<Value> {
    match (form.shape, value) {
        (Shape::Accounts, NativeValue::Accounts(accounts)) => {
            let named = |own: &crate::gpo::Trustee| {
                if own.sid.is_empty() { own.name.clone() } else { format!("*{}", own.sid) }
            };
            let mut list: Vec<String> = accounts.iter().map(named).collect();
            if list.is_empty() {
                list.push(NOBODY.to_owned());
            }
            Some(texts(id, list.iter().map(String::as_str)))
        }
        (Shape::Texts, NativeValue::Lines(lines)) => Some(texts(id, lines.iter().map(String::as_str))),
        (Shape::Texts, NativeValue::Text(own)) => Some(texts(id, [own.as_str()])),
        (_, NativeValue::Number(number)) => of_text(form.shape, id, translated(form, &number.to_string())?),
        (_, NativeValue::Text(own)) => of_text(form.shape, id, translated(form, own)?),
        (Shape::Text, NativeValue::Lines(lines)) => Some(text(id, &lines.join("\n"))),
        _ => None,
    }
}

/// The value that the form has for this one. A form that lists values has no others.
fn translated<'a>(form: &'a Form, value: &'a str) -> Option<&'a str> {
    if form.values.is_empty() { Some(value) } else { form.values.get(value).map(String::as_str) }
}

fn of_text(shape: Shape, id: &str, value: &str) -> Option<Value> {
    Some(match shape {
        Shape::Choice => choice(id, value, Vec::new()),
        Shape::Integer => integer(id, value.trim().parse().ok()?),
        Shape::Text => text(id, value),
        Shape::Texts | Shape::Accounts => texts(id, [value]),
    })
}
