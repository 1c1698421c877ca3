//! Objects that say too little to be what a tenant has: an answer in which only the id is filled in. Facts only: what is
//! done about one is the reader's.

use serde_json::{Map, Value};

use super::model::{PARENT, PolicyType};
use super::portability::TypeVerdict;

/// Whether an object leaves out what every object of the type has. Graph creates no policy without a name, so one
/// without it was not read. What only a connection makes may have none: there, something else must be said. Of what
/// a tenant has once, nulls say that it is not set up.
pub(crate) fn says_too_little(policy_type: &PolicyType, body: &Map<String, Value>) -> bool {
    if policy_type.single {
        return body.iter().all(|(name, value)| is_beside(policy_type, name) || (name == "value" && value.is_null()));
    }
    let has_name = body.get(&policy_type.name_property).is_some_and(|name| !name.is_null());
    if has_name && policy_type.name_property != "id" {
        return false;
    }
    let must_be_named = policy_type.name_property != "id"
        && !matches!(policy_type.portability.verdict, TypeVerdict::TenantBound | TypeVerdict::Retired);
    must_be_named || !body.iter().any(|(name, value)| !is_beside(policy_type, name) && says_something(value))
}

/// Whether a property is not the object's own word: who it is, or what is read by itself.
fn is_beside(policy_type: &PolicyType, name: &str) -> bool {
    name == "id"
        || name.contains('@')
        || name == PARENT
        || name == "assignments"
        || policy_type.all_parts().any(|part| part.name == name)
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => map.values().any(says_something),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::says_too_little;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_policy_says_its_name_and_a_connection_says_something() {
        let catalogue = Catalogue::built_in().unwrap();
        let too_little = |name: &str, body: serde_json::Value| {
            says_too_little(catalogue.get(name).unwrap(), body.as_object().unwrap())
        };
        let stub = json!({"id": "1", "@odata.type": "#x", "displayName": null, "description": null, "assignments": [{}],
            "list": [], "object": {"a": null}});
        for name in ["assignment-filters", "device-configurations", "apple-vpp-tokens"] {
            assert!(too_little(name, stub.clone()), "{name}");
        }
        let nameless = json!({"id": "1", "displayName": null, "state": "valid"});
        assert!(too_little("device-configurations", nameless.clone()));
        assert!(!too_little("apple-vpp-tokens", nameless));
        assert!(!too_little("device-configurations", json!({"id": "1", "displayName": ""})));
        assert!(!too_little("settings-catalog", json!({"id": "1", "name": "A"})));
        assert!(too_little("tenant-settings", json!({"id": "1", "value": null})));
        assert!(!too_little("tenant-settings", json!({"id": "1", "settings": null})));
    }
}
