//! Where two objects differ, for people: `path: found → wanted`, shortened.

use std::fmt::Write as _;

use serde_json::Value;

use super::escape::clean;
use super::layout::{Look, hang, shorten};
use super::style::{self, paint};
use crate::policy::Difference;

/// How many differences of one object are listed.
const FEW: usize = 5;
/// The longest value that is shown; `-v` shows more of it.
const LONGEST: usize = 60;
const LONGEST_VERBOSE: usize = 1000;

/// The differences as lines below an object's name. `prefix` stands before the paths.
pub(super) fn below(list: &[Difference], prefix: &str, indent: &str, look: Look) -> String {
    let mut out = String::new();
    let limit = look.limit(list.len(), FEW);
    let longest = if look.verbose { LONGEST_VERBOSE } else { LONGEST };
    for difference in &list[..limit] {
        let place = format!("{prefix}{}", difference.at.trim_start_matches('/'));
        let place = if place.is_empty() { String::from("(the whole object)") } else { clean(&place).into_owned() };
        let (found, wanted) = (value(difference.found.as_ref(), longest), value(difference.wanted.as_ref(), longest));
        let first = format!("{indent}{}: ", paint(style::POINTER, place));
        out.push_str(&hang(&first, indent.len() + 2, &format!("{found} → {wanted}"), look.prose()));
    }
    if limit < list.len() {
        let _ = writeln!(out, "{indent}… and {} more places; -v lists all", list.len() - limit);
    }
    out
}

pub(super) fn value(value: Option<&Value>, longest: usize) -> String {
    let Some(value) = value else { return String::from("(nothing)") };
    let text = match value {
        Value::String(text) => text.strip_prefix("#microsoft.graph.").map(str::to_owned),
        other => assignment(other),
    };
    shorten(&clean(&text.unwrap_or_else(|| value.to_string())), longest)
}

/// An assignment in words; none where it is none, or holds more than words would say.
pub(super) fn assignment(value: &Value) -> Option<String> {
    let known = ["id", "intent", "source", "sourceId", "target"];
    if !value.as_object()?.keys().all(|key| known.contains(&key.as_str())) {
        return None;
    }
    let target = value.get("target")?;
    let text = |property: &str| target.get(property).and_then(Value::as_str);
    let kind = text("@odata.type")?.strip_prefix("#microsoft.graph.")?;
    let group = text("groupId").unwrap_or_default();
    let mut words = match kind {
        "allLicensedUsersAssignmentTarget" => String::from("all users"),
        "allDevicesAssignmentTarget" => String::from("all devices"),
        "groupAssignmentTarget" => format!("group {group}"),
        "exclusionGroupAssignmentTarget" => format!("without group {group}"),
        _ => return None,
    };
    if let (Some(how @ ("include" | "exclude")), Some(filter)) =
        (text("deviceAndAppManagementAssignmentFilterType"), text("deviceAndAppManagementAssignmentFilterId"))
    {
        words = format!("{words}, filter {how}s {filter}");
    }
    if let Some(intent) = value.get("intent").and_then(Value::as_str) {
        words = format!("{words}, {intent}");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::style::plain;
    use super::*;

    #[test]
    fn found_comes_before_wanted_and_long_values_are_cut() {
        let at = |at: &str, found, wanted| Difference { at: at.into(), found, wanted };
        let list = [
            at("/passwordMinimumLength", Some(json!(6)), Some(json!(12))),
            at("/description", None, Some(json!("two\nlines"))),
            at("/payload", Some(json!("x".repeat(200))), None),
            at("", Some(json!({})), Some(json!([]))),
        ];
        insta::assert_snapshot!(plain(&below(&list, "", "    ", Look::default())), @r#"
            passwordMinimumLength: 6 → 12
            description: (nothing) → "two\nlines"
            payload: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… → (nothing)
            (the whole object): {} → []
        "#);
    }

    #[test]
    fn assignments_are_said_in_words() {
        let to = |kind: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g1"}});
        let said = |value: &Value| super::value(Some(value), LONGEST);
        assert_eq!(said(&to("allDevicesAssignmentTarget")), "all devices");
        assert_eq!(said(&to("exclusionGroupAssignmentTarget")), "without group g1");
        assert_eq!(said(&json!("#microsoft.graph.groupAssignmentTarget")), "groupAssignmentTarget");
        let mut filtered = to("groupAssignmentTarget");
        filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
        filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f1");
        assert_eq!(said(&filtered), "group g1, filter includes f1");
        let mut more = to("groupAssignmentTarget");
        more["runSchedule"] = json!({"interval": 1});
        assert!(said(&more).starts_with("{\"runSchedule"), "{}", said(&more));
    }
}
