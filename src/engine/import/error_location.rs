//! Finds the place in a policy that Graph names when it refuses it. Pure. Not for judging the refusal.

use serde_json::Value;

use crate::policy::JsonPath;
use crate::policy::path::escape;

/// The place that a refusal names, in quotes: as a path, or as a property that the policy has only once.
pub fn place(message: &str, policy: &Value) -> Option<String> {
    let names = message.split(['\'', '"', '`']).skip(1).step_by(2);
    names.into_iter().find_map(|name| path(name, policy).or_else(|| only(name, policy)))
}

/// A path such as `settings[0].settingInstance`, where the policy has it.
fn path(name: &str, policy: &Value) -> Option<String> {
    let plain = name.trim_start_matches("$.").replace('[', ".").replace([']', '/'], ".");
    let segments: Vec<String> = plain.split('.').filter(|segment| !segment.is_empty()).map(escape).collect();
    let pointer = format!("/{}", segments.join("/"));
    (segments.len() > 1 && policy.pointer(&pointer).is_some()).then_some(pointer)
}

/// The only place whose property has this name.
fn only(name: &str, policy: &Value) -> Option<String> {
    let mut found = Vec::new();
    JsonPath::new("**").visit(policy, &mut |trail, _| {
        if trail.key() == Some(name) {
            found.push(trail.pointer());
        }
    });
    if found.len() == 1 { found.pop() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_graph_names_is_found_where_there_is_one_such_place() {
        let policy = json!({"a": [{"value": 1}, {"value": 2}], "limit": 3, "deep": {"er": {"x/y": null}}});
        for (message, at) in [
            ("The property 'limit' must be less than 3.", Some("/limit")),
            ("Cannot convert 'a[1].value' to the expected type.", Some("/a/1/value")),
            ("'$.deep.er' is not a 'limit'", Some("/deep/er")),
            ("One 'x/y' too many", Some("/deep/er/x~1y")),
            ("Which 'value'?", None),
            ("limit is not quoted, 'nothing' else is", None),
        ] {
            assert_eq!(place(message, &policy).as_deref(), at, "{message}");
        }
    }
}
