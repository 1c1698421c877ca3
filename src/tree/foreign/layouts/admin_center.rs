//! The admin center's settings catalog files: the policy as a GET of one answers it, settings inside, no
//! assignments. What else a policy type is cannot be imported there.

use serde_json::{Map, Value, json};

use super::writing::Writing;
use crate::finding::count;
use crate::tree::TreeError;

const METADATA: &str = "https://graph.microsoft.com/beta/$metadata#";
/// What Graph says of a moment that it does not know.
const NO_MOMENT: &str = "0001-01-01T00:00:00Z";
/// Every property of the admin center's file that an export of ours leaves out, and what it is then.
const COUNTED: &str = "settingCount";
const ASSIGNMENTS: &str = "assignments";
const SETTINGS: &str = "settings";

pub(super) fn write(writing: &mut Writing<'_>) -> Result<(), TreeError> {
    let mut assigned = 0;
    let mut others: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for (policy, policy_type) in writing.policies() {
        if !policy_type.adopt.admin_center {
            *others.entry(policy.type_name.clone()).or_default() += 1;
            continue;
        }
        let policy = &policy.open();
        let mut body = writing.masked(policy, policy_type);
        let assignments = body.remove(ASSIGNMENTS);
        assigned += usize::from(assignments.as_ref().and_then(Value::as_array).is_some_and(|list| !list.is_empty()));
        complete(&mut body, &policy_type.path);
        let name = writing.name("", &policy_type.name_of(policy), &policy.key());
        writing.save("", &format!("{name}.json"), &Value::Object(body))?;
        writing.count(policy);
    }
    if assigned > 0 {
        let message = format!(
            "the admin center's files cannot contain the assignments of {}",
            count(assigned, "policy", "policies")
        );
        writing.left_out(ASSIGNMENTS, &message);
    }
    for (type_name, number) in others {
        let policies = count(number, "policy", "policies");
        writing.left_out(&type_name, &format!("the admin center cannot import files of this type: {policies}"));
    }
    Ok(())
}

fn complete(body: &mut Map<String, Value>, path: &str) {
    body.insert(String::from("@odata.context"), json!(format!("{METADATA}{path}/$entity")));
    for property in ["createdDateTime", "lastModifiedDateTime"] {
        body.entry(property).or_insert_with(|| json!(NO_MOMENT));
    }
    for property in ["creationSource", "priorityMetaData"] {
        body.entry(property).or_insert(Value::Null);
    }
    let mut count = 0;
    for (index, setting) in body.get_mut(SETTINGS).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        if let Value::Object(setting) = setting {
            setting.insert(String::from("id"), json!(index.to_string()));
        }
        count = index + 1;
    }
    body.insert(COUNTED.to_owned(), json!(count));
}
