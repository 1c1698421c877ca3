//! Documents by Graph's own types: for comparing, what means the same gets one spelling; for sending, a list that is
//! null is the empty list, since Graph has no other. Only what Graph's metadata or the catalogue declares is touched,
//! never a text for what it looks like. Single values are [`super::spelling`]'s.

use serde_json::{Map, Value};

use super::entities::{Entities, bare_name};
use super::id_form::{bare_id, with_id};
use super::load::Catalogue;
use super::references::references;
use super::spelling;
use crate::policy::Policy;
use crate::policy::path;

/// Deeper than any policy; what lies deeper is left as it is.
const DEEPEST: usize = 64;

/// A value at a place of which Graph says the type.
struct Declared<'a> {
    /// Such as `datetime`, `enum:…`, `collection:…`.
    kind: &'a str,
    /// Several words may stand in one text.
    flags: bool,
    /// It leads to objects of their own.
    nav: bool,
}

/// Gives everything in an object of type `entity` the one spelling of its type, so that equal values are equal
/// texts.
pub fn settle(object: &mut Map<String, Value>, entity: &str, entities: &Entities) {
    walk(object, entity, entities, &mut |value, declared| {
        fill_in(value, declared);
        spell_words(value, declared, entities);
        match value {
            Value::String(text) => {
                let spelled =
                    if declared.flags { spelling::flags(text) } else { spelling::spelled(declared.kind, text) };
                if let Some(spelled) = spelled {
                    *text = spelled;
                }
            }
            // Words of an enumeration are a set.
            Value::Array(list) if declared.kind.starts_with("collection:enum:") => {
                list.sort_by_cached_key(ToString::to_string);
            }
            _ => {}
        }
    });
}

/// Makes lists that are null empty, since Graph refuses null for a list, also where it takes null for its elements
/// (Microsoft365DSC#6625); and gives words of enumerations Graph's capitals (`All` in files that others deploy).
pub fn as_sent(object: &mut Map<String, Value>, entity: &str, entities: &Entities) {
    walk(object, entity, entities, &mut |value, declared| {
        fill_in(value, declared);
        spell_words(value, declared, entities);
    });
}

fn spell_words(value: &mut Value, declared: &Declared<'_>, entities: &Entities) {
    let members = declared.kind.strip_prefix("enum:").and_then(|name| entities.members(name));
    if let (Value::String(text), Some(members)) = (value, members)
        && let Some(spelled) = spelling::words(text, members)
    {
        *text = spelled;
    }
}

fn fill_in(value: &mut Value, declared: &Declared<'_>) {
    if value.is_null() && !declared.nav && declared.kind.starts_with("collection:") {
        *value = Value::Array(Vec::new());
    }
}

/// Gives the ids at the places where the catalogue knows ids one spelling.
pub fn settle_ids(policy: &mut Policy, catalogue: &Catalogue) {
    let found = references(policy, catalogue);
    let mut document = Value::Object(std::mem::take(&mut policy.body));
    for found in found.iter().filter(|found| found.rule.form.is_whole()) {
        if let Some(Value::String(text)) = path::get_mut(&mut document, &found.pointer)
            && let Some(id) = bare_id(text, found.rule.form).and_then(spelling::guid).filter(|id| *id != found.id)
        {
            *text = with_id(text, found.rule.form, &found.id, &id);
        }
    }
    if let Value::Object(body) = document {
        policy.body = body;
    }
}

type See<'s> = &'s mut dyn FnMut(&mut Value, &Declared<'_>);

fn walk(object: &mut Map<String, Value>, entity: &str, entities: &Entities, see: See<'_>) {
    members(object, Some(entity), entities, see, 0);
}

fn members(object: &mut Map<String, Value>, entity: Option<&str>, entities: &Entities, see: See<'_>, depth: usize) {
    let own = object.get("@odata.type").and_then(Value::as_str).map(|name| bare_name(name).to_owned());
    let own = own.filter(|own| entities.knows(own));
    let entity = own.as_deref().or(entity);
    for (key, value) in object.iter_mut().filter(|(key, _)| !key.contains('@')) {
        let property = entity.and_then(|entity| entities.property(entity, key));
        let declared = property.map(|it| Declared { kind: &it.declared, flags: it.flags, nav: it.nav });
        inner(value, declared.as_ref(), entities, see, depth + 1);
    }
}

/// What is inside first: what a list is sorted by is settled then.
fn inner(value: &mut Value, declared: Option<&Declared<'_>>, entities: &Entities, see: See<'_>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(object) => members(object, declared.map(|it| it.kind), entities, see, depth),
        Value::Array(list) => {
            let element = declared.and_then(|it| it.kind.strip_prefix("collection:"));
            let element = element.map(|kind| Declared { kind, flags: false, nav: false });
            for value in list {
                inner(value, element.as_ref(), entities, see, depth + 1);
            }
        }
        _ => {}
    }
    if let Some(declared) = declared {
        see(value, declared);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn settled(object: &Value, entity: &str) -> Value {
        let mut object = object.as_object().unwrap().clone();
        settle(&mut object, entity, Entities::built_in());
        Value::Object(object)
    }

    #[test]
    fn values_are_spelled_by_their_types_and_texts_are_left_alone() {
        let given = json!({
            "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "PT60M",
            "periodBeforePinReset": "PT60M", "createdDateTime": "2024-01-01T02:00:00+02:00",
            "allowedDataStorageLocations": ["sharePoint", "box"], "roleScopeTagIds": ["1", "0"],
        });
        assert_eq!(
            settled(&given, "managedAppPolicy"),
            json!({
                "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "PT60M",
                "periodBeforePinReset": "PT1H", "createdDateTime": "2024-01-01T00:00:00Z",
                "allowedDataStorageLocations": ["box", "sharePoint"], "roleScopeTagIds": ["1", "0"],
            })
        );
        let catalog = json!({"technologies": "mdm, microsoftSense,mdm", "description": "b,a"});
        assert_eq!(
            settled(&catalog, "deviceManagementConfigurationPolicy"),
            json!({"technologies": "mdm,microsoftSense", "description": "b,a"})
        );
    }

    #[test]
    fn words_of_enumerations_are_sent_with_graphs_capitals() {
        let mut policy =
            json!({"displayName": "All", "state": "Enabled", "conditions": {"clientAppTypes": ["All", "Odd"]}});
        as_sent(policy.as_object_mut().unwrap(), "conditionalAccessPolicy", Entities::built_in());
        let sent = json!({"displayName": "All", "state": "enabled", "conditions": {"clientAppTypes": ["all", "Odd"]}});
        assert_eq!(policy, sent);
    }

    #[test]
    fn a_list_that_is_null_is_empty_at_any_depth_and_other_nulls_stay() {
        let mut policy = json!({"conditions": {"applications": {"excludeApplications": null}, "platforms": null, "userRiskLevels": null}});
        as_sent(policy.as_object_mut().unwrap(), "conditionalAccessPolicy", Entities::built_in());
        assert_eq!(
            policy,
            json!({"conditions": {"applications": {"excludeApplications": []}, "platforms": null, "userRiskLevels": []}})
        );
    }

    #[test]
    fn ids_are_spelled_where_the_catalogue_knows_ids() {
        let catalogue = Catalogue::built_in().unwrap();
        let body = json!({"displayName": "{0F3C2A91-0000-4000-8000-000000000001}",
            "assignments": [{"target": {"groupId": "0F3C2A91-0000-4000-8000-000000000001"}}]});
        let mut policy = Policy::new("platform-scripts", body.as_object().unwrap().clone());
        settle_ids(&mut policy, &catalogue);
        assert_eq!(policy.body["displayName"], body["displayName"]);
        assert_eq!(policy.body["assignments"][0]["target"]["groupId"], "0f3c2a91-0000-4000-8000-000000000001");
    }

    proptest! {
        #[test]
        fn what_is_settled_stays_so(words in proptest::collection::vec("[a-z]{0,4}", 0..4), text in any::<String>()) {
            let given = json!({"technologies": words.join(","), "displayName": text, "lastModifiedDateTime": text,
                "settings": [{"settingInstance": {"choiceSettingValue": {"children": null, "value": text}}}]});
            let once = settled(&given, "deviceManagementConfigurationPolicy");
            prop_assert_eq!(&settled(&once, "deviceManagementConfigurationPolicy"), &once);
            prop_assert_eq!(&once["displayName"], &given["displayName"]);
        }
    }
}
