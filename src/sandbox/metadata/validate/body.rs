//! Walks a body along its types and refuses what Graph would refuse.
//!
//! Not here: single values ([`super::primitive`]) and what is known of single properties ([`super::rules`]).

use serde_json::{Map, Value};

use super::Refusal;
use super::primitive::{edm_name, fits, is_member};
use super::rules::treatment;
use super::treatment::{Purpose, Treatment};
use crate::metadata::model::{Action, Model, Property, element_of};

/// The limit of the `OData` library for the nesting of a payload.
const MAX_DEPTH: usize = 100;

/// Checks the body of a create or an update against the declared element type of the collection.
pub fn entity(model: &Model, declared: &str, body: &Value, purpose: Purpose) -> Result<(), Refusal> {
    let Value::Object(object) = body else {
        return Err(Refusal::bad_request("Empty Payload. JSON content expected."));
    };
    Walk { model, purpose }.object(declared, object, 0)
}

/// Checks the body of an action against its parameters.
///
/// An action that has parameters needs at least one of them; which of several may be left out is not known.
pub fn action(model: &Model, action: &Action, body: &Value) -> Result<(), Refusal> {
    let params = match body {
        Value::Object(params) => params,
        Value::Null if action.params.is_empty() => return Ok(()),
        _ => {
            return Err(Refusal::bad_request("Empty Payload. JSON content expected."));
        }
    };
    let walk = Walk { model, purpose: Purpose::Create };
    for (name, value) in params {
        let Some(ty) = action.params.get(name) else {
            return Err(Refusal::bad_request(format!(
                "The parameter '{name}' in the request payload is not a valid parameter for the operation '{}'.",
                action.name
            )));
        };
        let property = Property { ty: ty.clone(), nullable: true, ..Property::default() };
        walk.value(name, &property, value, 1)?;
    }
    if params.is_empty() && !action.params.is_empty() {
        let names: Vec<&str> = action.params.keys().map(String::as_str).collect();
        return Err(Refusal::bad_request(format!(
            "The request payload of the operation '{}' lacks its parameters: {}.",
            action.name,
            names.join(", ")
        )));
    }
    Ok(())
}

struct Walk<'a> {
    model: &'a Model,
    purpose: Purpose,
}

impl Walk<'_> {
    fn object(&self, declared: &str, object: &Map<String, Value>, depth: usize) -> Result<(), Refusal> {
        if depth > MAX_DEPTH {
            return Err(Refusal::bad_request(format!("The payload is nested deeper than {MAX_DEPTH} levels.")));
        }
        if self.model.type_named(declared).is_none() {
            return Ok(());
        }
        let ty = self.actual_type(declared, object.get("@odata.type"))?;
        for (name, value) in object {
            self.member(ty, name, value, object, depth)?;
        }
        Ok(())
    }

    /// The type that the object says it has. doc 3, quirks 10 and table: `#`, known, derived, not abstract.
    fn actual_type<'b>(&self, declared: &'b str, annotation: Option<&'b Value>) -> Result<&'b str, Refusal> {
        let ty = match annotation {
            None => declared,
            Some(Value::String(text)) => {
                let Some(name) = text.strip_prefix('#') else {
                    return Err(Refusal::bad_request(format!("Invalid OData type specified: \"{text}\"")));
                };
                let known = name.strip_prefix("microsoft.graph.").filter(|name| self.model.is_a(name, declared));
                known.ok_or_else(|| Refusal::unresolved_type(name))?
            }
            Some(other) => {
                return Err(Refusal::bad_request(format!("Invalid OData type specified: {other}")));
            }
        };
        if self.model.is_abstract(ty) { Err(Refusal::abstract_type(ty)) } else { Ok(ty) }
    }

    fn member(
        &self,
        ty: &str,
        name: &str,
        value: &Value,
        object: &Map<String, Value>,
        depth: usize,
    ) -> Result<(), Refusal> {
        if let Some((subject, term)) = name.split_once('@') {
            return self.annotation(ty, name, (subject, term), value, object);
        }
        let Some(property) = self.model.property(ty, name) else {
            // quirks, table: unknown property, and actions that full metadata writes as `#microsoft.graph.assign`.
            let open = self.model.type_named(ty).is_some_and(|known| known.open) && !name.starts_with('#');
            return if open { Ok(()) } else { Err(Refusal::unknown_property(name, ty)) };
        };
        let refused = |why: &str| Err(Refusal::not_writable(name, ty, why));
        match treatment(self.model, ty, name, property, self.purpose) {
            Treatment::Unread => Ok(()),
            Treatment::Ignored | Treatment::OnlyNull if value.is_null() => Ok(()),
            Treatment::OnlyFalse if value.as_bool() == Some(false) => Ok(()),
            Treatment::OnlyId if only_id(value) => Ok(()),
            Treatment::Refused(why) => refused(why),
            Treatment::OnlyNull => refused("only null is accepted"),
            Treatment::OnlyFalse => refused("only false is accepted"),
            Treatment::OnlyId => refused("only its id is accepted"),
            Treatment::RefusedValue(text) if is_text_of(text, value) => {
                refused(&format!("the value {text} is not accepted"))
            }
            Treatment::Ignored | Treatment::Accepted | Treatment::RefusedValue(_) => {
                self.value(name, property, value, depth + 1)
            }
        }
    }

    /// quirks, table: what is ignored, and that nothing but `@odata.bind` goes on a navigation property.
    fn annotation(
        &self,
        ty: &str,
        name: &str,
        (subject, term): (&str, &str),
        value: &Value,
        object: &Map<String, Value>,
    ) -> Result<(), Refusal> {
        if subject.is_empty() {
            let ignored = matches!(term, "odata.type" | "odata.context" | "odata.id" | "odata.etag");
            return if ignored { Ok(()) } else { Err(Refusal::annotation(name)) };
        }
        let Some(property) = self.model.property(ty, subject) else {
            return Err(Refusal::unknown_property(subject, ty));
        };
        match (property.nav, term) {
            (false, "odata.type") => Ok(()),
            (true, "odata.bind") if object.contains_key(subject) => {
                Err(Refusal::model(format!("The property '{subject}' is given both inline and as '{name}'.")))
            }
            (true, "odata.bind") => bind(name, property, value),
            _ => Err(Refusal::annotation(name)),
        }
    }

    fn value(&self, name: &str, property: &Property, value: &Value, depth: usize) -> Result<(), Refusal> {
        let element = property.element();
        if !property.is_collection() {
            return match value {
                Value::Null if property.nullable => Ok(()),
                Value::Null => Err(Refusal::null(name, &expected(element))),
                _ => self.single(name, property, value, depth),
            };
        }
        match value {
            // DSC#6625: null for a collection is refused, whatever the metadata says of its elements.
            Value::Null => Err(Refusal::null(name, &format!("Collection({})", expected(element)))),
            Value::Array(items) => items.iter().try_for_each(|item| self.single(name, property, item, depth + 1)),
            other => Err(Refusal::wrong_value(name, other, &format!("Collection({})", expected(element)))),
        }
    }

    fn single(&self, name: &str, property: &Property, value: &Value, depth: usize) -> Result<(), Refusal> {
        let ty = property.element();
        let wrong = || Refusal::wrong_value(name, value, &expected(ty));
        if edm_name(ty).is_some() {
            let untyped = matches!(ty, "any" | "json");
            return if untyped || fits(ty, value) { Ok(()) } else { Err(wrong()) };
        }
        if let Some(members) = ty.strip_prefix("enum:") {
            let text = value.as_str().ok_or_else(wrong)?;
            return if is_member(self.model, members, text) { Ok(()) } else { Err(wrong()) };
        }
        self.object(ty, value.as_object().ok_or_else(wrong)?, depth)
    }
}

fn expected(ty: &str) -> String {
    let ty = element_of(ty);
    edm_name(ty).map_or_else(|| format!("microsoft.graph.{}", ty.strip_prefix("enum:").unwrap_or(ty)), str::to_owned)
}

/// True for the string, or for the value whose JSON text it is.
fn is_text_of(text: &str, value: &Value) -> bool {
    match value {
        Value::String(content) => content == text,
        Value::Bool(flag) => text == if *flag { "true" } else { "false" },
        _ => false,
    }
}

fn only_id(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(object) => {
            object.get("id").is_some_and(Value::is_string)
                && object.keys().all(|key| matches!(key.as_str(), "id" | "@odata.type"))
        }
        _ => false,
    }
}

/// doc 3: a full URL, or a list of them for a collection.
fn bind(name: &str, property: &Property, value: &Value) -> Result<(), Refusal> {
    let is_link = |value: &Value| {
        let url = value.as_str().and_then(|text| url::Url::parse(text).ok());
        url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    };
    let fits = match value {
        Value::Array(items) => property.is_collection() && items.iter().all(is_link),
        single => !property.is_collection() && is_link(single),
    };
    if fits {
        Ok(())
    } else {
        let wanted = if property.is_collection() { "a list of absolute URLs" } else { "an absolute URL" };
        Err(Refusal::model(format!("The value of the annotation '{name}' must be {wanted}.")))
    }
}
