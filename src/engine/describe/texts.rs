//! What a policy holds that is too long for a list of settings: scripts, profiles and other texts, whole. A list says of
//! each only how long it is. Pure.

use serde_json::Value;

use super::audience::spoken;
use super::tree_summary::{LONGEST, opened, plain_id};
use crate::policy::{Policy, setting};

/// The long texts of a policy, each under the name that a list of its settings has for it.
pub fn long_texts(policy: &Policy) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for (name, value) in policy.body.iter().filter(|(name, _)| *name != "description") {
        walk(name, value, &mut list);
    }
    list
}

fn walk(name: &str, value: &Value, list: &mut Vec<(String, String)>) {
    if let Some(leaves) = setting::leaves(value) {
        list.extend(leaves.into_iter().filter_map(|(id, value)| Some((plain_id(&id).to_owned(), whole(&value)?))));
        return;
    }
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                walk(&format!("{name} {}", index + 1), element, list);
            }
        }
        Value::Object(map) => map.iter().for_each(|(key, value)| walk(&format!("{name} › {key}"), value, list)),
        other => list.extend(whole(other).map(|text| (spoken(name), text))),
    }
}

/// The whole of a value that is only measured in a list.
fn whole(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    opened(text).or_else(|| (text.len() > LONGEST).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::*;
    use crate::policy::decode;

    #[test]
    fn what_is_measured_in_a_list_is_whole_here() {
        let script = "Write-Output 'one'\r\nexit 0\r\n";
        let long = "x ".repeat(200);
        let body = json!({
            "displayName": "Short", "scriptContent": decode::to_base64(script.as_bytes()),
            "omaSettings": [{"value": long}, {"value": "short"}],
            "description": "d ".repeat(200),
        });
        let policy = Policy::new("scripts", body.as_object().unwrap().clone());
        let wanted = [
            (String::from("Oma settings 1 › Value"), long.clone()),
            (String::from("Script content"), script.to_owned()),
        ];
        assert_eq!(long_texts(&policy), wanted);
    }
}
