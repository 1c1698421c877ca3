//! What the service fills in by itself: every property of the type that the body leaves out.
//!
//! api 9 and the exports of other tools: a read object has all its properties, so a comparison must tell what
//! was written from what was filled in.

use serde_json::{Map, Value, json};

use crate::metadata::model::{Model, Property};
pub(crate) use crate::odata::clock::now_text;
use crate::tenant::store::type_of;

/// Completes an object and the objects in it.
pub(crate) fn complete(model: &Model, declared: &str, value: &mut Map<String, Value>) {
    let ty = type_of(value, declared).to_owned();
    for (name, property) in model.properties(&ty) {
        if property.nav || name == "id" || name.starts_with('@') {
            continue;
        }
        let absent = !value.contains_key(name);
        if absent && let Some(initial) = initial(model, name, property) {
            value.insert(name.to_owned(), initial);
        }
    }
    inner(model, &ty, value);
}

/// Completes only the objects in an object.
fn inner(model: &Model, ty: &str, value: &mut Map<String, Value>) {
    for (name, child) in value.iter_mut() {
        let Some(property) = model.property(ty, name) else {
            continue;
        };
        let element = property.element();
        if model.type_named(element).is_none() {
            continue;
        }
        match child {
            Value::Object(map) => complete(model, element, map),
            Value::Array(items) => {
                for item in items {
                    if let Value::Object(map) = item {
                        complete(model, element, map);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The value that a property has if no one sets it; none where its type is not known.
fn initial(model: &Model, name: &str, property: &Property) -> Option<Value> {
    if property.ty == "any" || property.ty == "json" {
        return None;
    }
    if property.is_collection() {
        // quirk 7: the default scope tag is "0".
        return Some(if name == "roleScopeTagIds" || name == "roleScopeTags" { json!(["0"]) } else { json!([]) });
    }
    if name == "createdDateTime" || name == "lastModifiedDateTime" || name == "modifiedDateTime" {
        return Some(json!(now_text()));
    }
    if property.nullable {
        return Some(Value::Null);
    }
    Some(match property.ty.as_str() {
        "boolean" => json!(false),
        "int" | "int64" => json!(i32::from(name == "version")),
        "double" => json!(0.0),
        "guid" => json!("00000000-0000-0000-0000-000000000000"),
        "duration" => json!("PT0S"),
        "datetime" => json!("0001-01-01T00:00:00Z"),
        "string" | "binary" => json!(""),
        other => match other.strip_prefix("enum:") {
            Some(name) => {
                let members = model.enum_members(name).unwrap_or_default();
                let usual = members
                    .iter()
                    .find(|m| ["notConfigured", "none", "unknown"].contains(&m.as_str()))
                    .or(members.first());
                usual.map_or(Value::Null, |member| json!(member))
            }
            None => Value::Null,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_filled_in_and_what_is_there_stays() {
        let mut value = Map::new();
        value.insert("@odata.type".into(), json!("#microsoft.graph.windows10CompliancePolicy"));
        value.insert("bitLockerEnabled".into(), json!(true));
        complete(Model::load(), "deviceCompliancePolicy", &mut value);
        assert_eq!(value["bitLockerEnabled"], json!(true));
        assert_eq!(value["passwordRequired"], json!(false));
        assert_eq!(value["osMinimumVersion"], Value::Null);
        assert_eq!(value["roleScopeTagIds"], json!(["0"]));
        assert!(!value.contains_key("assignments"), "parts are not properties");
    }
}
