//! A change or a difference as people read it: a setting by its name and value, an assignment in words. Pure; how it
//! is laid out is [`super::diff_view`]'s, [`super::differences`]' and the report's.

use serde_json::Value;

use super::escape::clean;
use super::layout::shorten;
use crate::policy::assignment::Target;
use crate::policy::{Change, Difference, setting};

/// What changed at one place, in words: a name and what was and is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The place.
    pub place: String,
    /// The left value.
    pub left: Option<Value>,
    /// The right value.
    pub right: Option<Value>,
}

/// A change as people read it: a setting that came or went as its parts, an assignment without the place
/// that names it a second time.
pub fn tell(change: &Change) -> Vec<Told> {
    let mut list = places(change);
    for told in &mut list {
        let setting = told.place.rsplit('/').next().unwrap_or_default();
        for side in [&mut told.left, &mut told.right] {
            *side = side.take().map(|value| chosen(setting, value));
        }
    }
    list
}

/// What was chosen: the value of a choice begins with the setting's id, which stands before it already.
fn chosen(setting: &str, value: Value) -> Value {
    let rest = value.as_str().and_then(|text| text.strip_prefix(setting)?.strip_prefix('_'));
    rest.filter(|rest| !rest.is_empty()).map(Value::from).unwrap_or(value)
}

fn places(change: &Change) -> Vec<Told> {
    let place = setting::short(&change.at);
    let (is_gone, only) = match (&change.left, &change.right) {
        (None, Some(value)) => (false, value),
        (Some(value), None) => (true, value),
        _ => return vec![Told { place, left: change.left.clone(), right: change.right.clone() }],
    };
    let one = |place: String, value: Value| {
        let (left, right) = if is_gone { (Some(value), None) } else { (None, Some(value)) };
        Told { place, left, right }
    };
    if assignment(only).is_some() {
        return vec![one(place.split('/').next().unwrap_or_default().to_owned(), only.clone())];
    }
    match setting::leaves(only) {
        Some(leaves) if !leaves.is_empty() => leaves.into_iter().map(|(name, value)| one(name, value)).collect(),
        _ => vec![one(place, only.clone())],
    }
}

/// A difference between what a target has, at the left, and what is wanted, at the right, as people read it.
pub(super) fn tell_difference(difference: &Difference) -> Vec<Told> {
    let side = |value: &Option<Value>| value.clone().filter(|value| !value.is_null());
    tell(&Change { at: difference.at.clone(), left: side(&difference.found), right: side(&difference.wanted) })
}

/// Audience an assignment reaches is hardly ever cut.
const LONGEST_ASSIGNMENT: usize = 200;

/// A value on one line.
pub(super) fn value(value: Option<&Value>, longest: usize) -> String {
    let Some(value) = value else { return String::from("(nothing)") };
    if let Some(words) = assignment(value) {
        return shorten(&clean(&words), longest.max(LONGEST_ASSIGNMENT));
    }
    let kind = value.as_str().and_then(|text| text.strip_prefix("#microsoft.graph.")).map(str::to_owned);
    shorten(&clean(&kind.unwrap_or_else(|| spaced(value))), longest)
}

/// Two values, each on one line. Of two that are too long, the part around the place where they begin to differ is
/// shown, so that they never read the same; of two texts of several lines, that line.
pub(super) fn pair(left: Option<&Value>, right: Option<&Value>, longest: usize) -> [String; 2] {
    let (Some(one), Some(other)) = (left, right) else { return [left, right].map(|side| value(side, longest)) };
    let is_long = |text: &str| text.chars().count() > longest;
    if let (Value::String(one), Value::String(other)) = (one, other)
        && (is_long(one) || is_long(other))
    {
        let [mut lines, mut others] = [one, other].map(|text| text.split('\n'));
        let mut number = 1;
        loop {
            match (lines.next(), others.next()) {
                (Some(line), Some(other)) if line == other => number += 1,
                (None, None) => break,
                (line, other) => return differing_line(number, [line, other], longest),
            }
        }
    }
    let whole = [left, right].map(|side| value(side, usize::MAX));
    if whole.iter().any(|text| is_long(text)) { around([&whole[0], &whole[1]], longest) } else { whole }
}

/// Two texts from a little before the place where they part.
fn around(sides: [&str; 2], longest: usize) -> [String; 2] {
    let [one, other] = sides;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if same > longest / 2 { same - longest / 4 } else { 0 };
    sides.map(|text| {
        let rest: String = text.chars().skip(skipped).collect();
        format!("{}{}", if skipped > 0 { "…" } else { "" }, shorten(&rest, longest))
    })
}

/// A line of two texts from a little before the place where they part.
fn differing_line(number: usize, sides: [Option<&str>; 2], longest: usize) -> [String; 2] {
    let shown = sides.map(|line| line.map(|line| clean(&Value::from(line).to_string()).into_owned()));
    let [one, other] = around(shown.each_ref().map(|line| line.as_deref().unwrap_or_default()), longest);
    // Of a text of one line, there is no line to name.
    let place = if number > 1 { format!("line {number}: ") } else { String::new() };
    let line = |is_there: bool, text: String| {
        format!("{place}{}", if is_there { text } else { String::from("(end of text)") })
    };
    [line(shown[0].is_some(), one), line(shown[1].is_some(), other)]
}

/// JSON on one line, with room between its parts for a line to break.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), spaced(value))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// An assignment in words; none where it is none, or holds more than words would say.
pub(super) fn assignment(value: &Value) -> Option<String> {
    let known = ["id", "intent", "source", "sourceId", "target"];
    if !value.as_object()?.keys().all(|key| known.contains(&key.as_str())) {
        return None;
    }
    let target = value.get("target")?;
    let text = |property: &str| target.get(property).and_then(Value::as_str);
    let mut words = match Target::of_target(target) {
        Target::AllUsers => String::from("All users"),
        Target::AllDevices => String::from("All devices"),
        Target::Group(group) => format!("group {group}"),
        Target::ExcludedGroup(group) => format!("group {group}, excluded"),
        Target::Other(_) => return None,
    };
    if let (Some(how @ ("include" | "exclude")), Some(filter)) =
        (text("deviceAndAppManagementAssignmentFilterType"), text("deviceAndAppManagementAssignmentFilterId"))
    {
        let which = if how == "include" { "only devices that match" } else { "except devices that match" };
        words = format!("{words}, {which} the filter \"{filter}\"");
    }
    if let Some(intent) = value.get("intent").and_then(Value::as_str) {
        words = format!("{words}, {intent}");
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn of_long_texts_the_place_is_shown_where_they_part() {
        let long = format!("{}\n{}end", "same\n".repeat(30), "x".repeat(80));
        let other = long.replace("end", "END");
        let said = |left: &str, right: &str| pair(Some(&json!(left)), Some(&json!(right)), 40);
        assert_eq!(said(&long, &other), ["line 32: …xxxxxxxxxxend\"", "line 32: …xxxxxxxxxxEND\""]);
        assert_eq!(said(&long, &format!("{long}\nmore")), ["line 33: (end of text)", "line 33: \"more\""]);
        assert_eq!(said(&"a\r\n".repeat(30), &"a\n".repeat(30)), ["\"a\\r\"", "\"a\""]);
        assert_eq!(said("short", "other"), ["\"short\"", "\"other\""]);
        let list = |last: u32| json!((0..40).chain([last]).collect::<Vec<_>>());
        assert_eq!(pair(Some(&list(1)), Some(&list(2)), 20), ["… 39, 1]", "… 39, 2]"]);
    }

    #[test]
    fn assignments_are_said_in_words() {
        let to = |kind: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g1"}});
        let said = |value: &Value| super::value(Some(value), 60);
        assert_eq!(said(&to("allDevicesAssignmentTarget")), "All devices");
        assert_eq!(said(&to("exclusionGroupAssignmentTarget")), "group g1, excluded");
        assert_eq!(said(&json!("#microsoft.graph.groupAssignmentTarget")), "groupAssignmentTarget");
        let mut filtered = to("groupAssignmentTarget");
        filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
        filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f1");
        assert_eq!(said(&filtered), "group g1, only devices that match the filter \"f1\"");
        let mut more = to("groupAssignmentTarget");
        more["runSchedule"] = json!({"interval": 1});
        assert!(said(&more).starts_with("{\"runSchedule"), "{}", said(&more));
    }

    proptest! {
        /// What differs never reads the same, however it is cut.
        #[test]
        fn two_that_differ_read_differently(
            same in "\\PC{0,90}", one in "[a-c\n]{0,9}", other in "[a-c\n]{0,9}", rest in "\\PC{0,90}", longest in 12_usize..90,
        ) {
            let [left, right] = [&one, &other].map(|middle| format!("{same}{middle}{rest}"));
            for [left, right] in [[json!(left), json!(right)], [json!([left]), json!([right])]] {
                let [one, other] = pair(Some(&left), Some(&right), longest);
                prop_assert_eq!(one == other, left == right, "{} {}", one, other);
            }
        }
    }
}
