//! Administrative templates as IntuneManagement writes them, into the shape Graph reads them in:
//! binds and `#` members become the definition and presentation they stand for. Knows nothing of files.

use serde_json::{Map, Value};

use crate::catalogue::Form;
use crate::catalogue::id_form::bare_id;

/// What the policy says of where its definitions come from, and the value that means Microsoft's own.
const INGESTION: (&str, &str) = ("policyConfigurationIngestionType", "builtIn");
/// What Graph says of a definition that comes from an uploaded file: its id is the tenant's.
const INGESTED: (&str, &str) = ("policyType", "admxIngested");

const DEFINITION: &str = "#Definition_";
const PRESENTATION: &str = "#Presentation_";
/// Where the other tool's addresses of definitions begin.
const DEFINITIONS: &str = "https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions";
const BIND: &str = "definition@odata.bind";

/// Whether a file holds nothing but definition values, as IntuneBackupAndRestore writes a whole policy.
/// IntuneManagement's, which belong to the policy in another file, say more of each.
pub(super) fn is_list(file: &Value) -> bool {
    let bare = |value: &Value| {
        value.as_object().is_some_and(|value| value.contains_key(BIND) && !value.keys().any(|key| key.starts_with('#')))
    };
    match file {
        Value::Array(list) => !list.is_empty() && list.iter().all(bare),
        one => bare(one),
    }
}

/// The values in the body of the action that adds them, which CIPP keeps.
pub(super) fn added(body: &Value) -> Option<Value> {
    body.get("deletedIds")?;
    body.get("added").filter(|added| is_list(added)).cloned()
}

/// The policy that such values make.
pub(super) fn policy_of(values: Value, name: &str) -> Value {
    let values = if values.is_array() { values } else { Value::Array(vec![values]) };
    serde_json::json!({"displayName": name, "definitionValues": values})
}

/// Whether a policy may hold definitions from uploaded files.
pub(super) fn may_be_ingested(policy: &Map<String, Value>) -> bool {
    policy.get(INGESTION.0).and_then(Value::as_str).is_some_and(|from| from != INGESTION.1)
}

/// Converts the values in a part; what already has Graph's shape stays. The other tool does not say of a
/// definition whether it is Microsoft's own: where it may not be, it is taken for the tenant's.
pub(super) fn convert(part: &mut Value, ingested: bool) {
    // PowerShell writes a list of one without its brackets.
    if part.is_object() {
        *part = Value::Array(vec![part.take()]);
    }
    for value in objects(part) {
        point(value, "definition", DEFINITION);
        if let Some(Value::Object(definition)) = value.get_mut("definition").filter(|_| ingested) {
            definition.entry(INGESTED.0).or_insert_with(|| Value::String(INGESTED.1.to_owned()));
        }
        if let Some(presented) = value.get_mut("presentationValues") {
            if presented.is_object() {
                *presented = Value::Array(vec![presented.take()]);
            }
            for value in objects(presented) {
                point(value, "presentation", PRESENTATION);
            }
        }
    }
}

fn objects(list: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The way back: what values point at becomes binds and `#` members.
pub(super) fn name_targets(part: &mut Value) {
    for value in objects(part) {
        let definition = name_target(value, "definition", DEFINITION, DEFINITIONS);
        let Some(presented) = value.get_mut("presentationValues") else { continue };
        let presentations = format!("{DEFINITIONS}('{}')/presentations", definition.unwrap_or_default());
        for value in objects(presented) {
            name_target(value, "presentation", PRESENTATION, &presentations);
        }
    }
}

/// Turns one target into its bind and members; gives its id.
fn name_target(value: &mut Map<String, Value>, target: &str, prefix: &str, path: &str) -> Option<String> {
    let Some(Value::Object(known)) = value.remove(target) else { return None };
    let id = known.get("id").and_then(Value::as_str).map(str::to_owned);
    if let Some(id) = &id {
        value.insert(format!("{target}@odata.bind"), Value::String(format!("{path}('{id}')")));
    }
    for (property, fact) in known {
        let property = if property == "id" { String::from("Id") } else { property };
        value.insert(format!("{prefix}{property}"), fact);
    }
    id
}

/// Replaces `<target>@odata.bind` and the `#` members by an object that names the target.
fn point(value: &mut Map<String, Value>, target: &str, prefix: &str) {
    let bound = value.remove(&format!("{target}@odata.bind"));
    let bound = bound.as_ref().and_then(Value::as_str).and_then(|bind| bare_id(bind, Form::Bind));
    let members: Vec<String> = value.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
    let mut known = Map::new();
    for member in members {
        let Some(fact) = value.remove(&member) else { continue };
        // Graph's properties begin in lower case; the other tool is not so strict.
        let mut letters = member[prefix.len()..].chars();
        let property: String = letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect();
        known.insert(property, fact);
    }
    // The bind is what the other tool itself goes by.
    if let Some(id) = bound {
        known.insert(String::from("id"), Value::String(id.to_owned()));
    }
    if !known.is_empty() && !value.get(target).is_some_and(Value::is_object) {
        value.insert(target.to_owned(), Value::Object(known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn binds_become_what_they_stand_for() {
        let mut part = json!({
            "enabled": true, "definition@odata.bind": "https://graph.example/beta/deviceManagement/groupPolicyDefinitions('d1')",
            "#Definition_Id": "d1", "#Definition_displayName": "Mode", "#Definition_classType": "machine",
            "#Definition_categoryPath": "\\Update",
            "presentationValues": {"@odata.type": "#microsoft.graph.groupPolicyPresentationValueText", "value": "v",
                "presentation@odata.bind": "https://graph.example/beta/x('d1')/presentations('p1')", "#Presentation_Label": "How"}
        });
        convert(&mut part, false);
        let expected = json!([{
            "enabled": true,
            "definition": {"id": "d1", "displayName": "Mode", "classType": "machine", "categoryPath": "\\Update"},
            "presentationValues": [{"@odata.type": "#microsoft.graph.groupPolicyPresentationValueText", "value": "v",
                "presentation": {"id": "p1", "label": "How"}}]
        }]);
        assert_eq!(part, expected);
        convert(&mut part, false);
        assert_eq!(part, expected);
        convert(&mut part, true);
        assert_eq!(part[0]["definition"]["policyType"], "admxIngested");
    }
}
