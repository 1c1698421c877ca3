//! What a decision leaves out of a policy: a place of its file, a property, or a setting or an element of a list by its id. Done before the
//! mapping is applied, so that the places are those of the tree. Pure.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::catalogue::{Catalogue, narrowing};
use crate::engine::options::Options;
use crate::finding::{Finding, codes};
use crate::policy::ids::is_guid;
use crate::policy::{JsonPath, Kept, Policy, path};

/// Where an element of a list may name the setting that it is a value of.
const NAMES: [&str; 4] =
    ["/settingInstance/settingDefinitionId", "/settingDefinitionId", "/definitionId", "/definition/id"];

/// The policies without what was decided to be left out of them.
pub(super) fn apply<'p>(policies: &'p [Kept], options: &Options, catalogue: &Catalogue) -> Cow<'p, [Kept]> {
    if options.decided.values().all(|decided| decided.leave_out.is_empty()) {
        return Cow::Borrowed(policies);
    }
    let mut policies = policies.to_vec();
    for policy in &mut policies {
        let left_out = options.left_out(&policy.reference());
        if !left_out.is_empty() {
            let mut open = policy.open();
            let before = emptiable(&open, catalogue);
            remove_all(&mut open.body, left_out);
            refill(&mut open, before);
            *policy = open.keep();
        }
    }
    Cow::Owned(policies)
}

/// The lists of a policy that must not become empty, each with what it holds then.
fn emptiable(policy: &Policy, catalogue: &Catalogue) -> Vec<(String, Vec<String>)> {
    let rules = catalogue.reference_rules(&policy.type_name).iter();
    let lists = rules.filter_map(|rule| Some((rule.at.as_str().strip_suffix("/*")?, rule.when_empty.clone()?)));
    let there = lists.flat_map(|(list, fill)| {
        JsonPath::new(list).find_in(&policy.body).into_iter().map(move |place| (place, fill.clone()))
    });
    let holds =
        |place: &str| path::at(&policy.body, place).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    there.filter(|(place, _)| holds(place)).collect()
}

fn refill(policy: &mut Policy, lists: Vec<(String, Vec<String>)>) {
    let mut document = policy.to_value();
    for (place, fill) in lists {
        if let Some(Value::Array(list)) = path::get_mut(&mut document, &place)
            && list.is_empty()
        {
            list.extend(fill.into_iter().map(Value::from));
        }
    }
    if let Value::Object(body) = document {
        policy.body = body;
    }
}

/// What is left out although it narrows the policy, or strengthens what it demands, and nobody allowed that.
pub(super) fn widens(original: &Kept, reference: &str, options: &Options, catalogue: &Catalogue) -> Option<Finding> {
    let left_out = options.left_out(reference);
    if left_out.is_empty() || options.may_widen(reference) {
        return None;
    }
    let mut without = original.open();
    let before = narrowing(&without, catalogue);
    remove_all(&mut without.body, left_out);
    let after = narrowing(&without, catalogue);
    let (place, what) = before.difference(&after).next()?;
    let message = format!("leaving out {what} ({place}) would make the policy hit more people or demand less");
    let finding = Finding::new(&codes::WOULD_WIDEN, original.subject(), message);
    Some(finding.fix("Set \"allowWiden\": true next to leaveOut in the --decide file if you want this effect."))
}

/// What is said of it in a plan.
pub(super) fn told(policy: &Policy, reference: &str, options: &Options) -> Vec<Finding> {
    let tell =
        |what: &String| Finding::new(&codes::LEFT_OUT, policy.subject(), format!("{what} is left out, as decided"));
    options.left_out(reference).iter().map(tell).collect()
}

/// Takes one of these out of a document; whether there was anything.
pub fn remove(body: &mut Map<String, Value>, what: &str) -> bool {
    let mut document = Value::Object(std::mem::take(body));
    let found = if what.starts_with('/') {
        path::remove(&mut document, what).is_some()
    } else {
        let property = document.as_object_mut().is_some_and(|map| map.remove(what).is_some());
        remove_setting(&mut document, what) || property
    };
    if let Value::Object(map) = document {
        *body = map;
    }
    found
}

/// Later elements of a list first, so that the places of the others stay.
fn remove_all(body: &mut Map<String, Value>, list: &[String]) {
    let mut list: Vec<&String> = list.iter().collect();
    list.sort_by(|one, other| by_place(other, one));
    for what in list {
        remove(body, what);
    }
}

fn by_place(one: &str, other: &str) -> Ordering {
    let number = |step: &str| step.parse::<u64>().ok();
    for (one, other) in one.split('/').zip(other.split('/')) {
        let order = match (number(one), number(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.cmp(other),
        };
        if order.is_ne() {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

fn remove_setting(value: &mut Value, id: &str) -> bool {
    match value {
        Value::Object(map) => map.values_mut().filter_map(|value| remove_setting(value, id).then_some(())).count() > 0,
        Value::Array(list) => {
            let before = list.len();
            let is_it =
                |element: &Value| is_guid(id) && element.as_str().is_some_and(|own| own.eq_ignore_ascii_case(id));
            let names_it =
                |element: &Value| NAMES.iter().any(|name| element.pointer(name).is_some_and(|own| own == id));
            list.retain(|element| !is_it(element) && !names_it(element));
            let found = list.len() < before;
            list.iter_mut().filter_map(|value| remove_setting(value, id).then_some(())).count() > 0 || found
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_a_property_and_places_are_left_out() {
        let mut body = json!({"a": 1, "list": (0..12).collect::<Vec<_>>(), "settings": [
            {"settingInstance": {"settingDefinitionId": "x"}},
            {"settingInstance": {"settingDefinitionId": "y", "choiceSettingValue": {"children": [
                {"settingDefinitionId": "z"}, {"settingDefinitionId": "x"}]}}}]});
        let body = body.as_object_mut().unwrap();
        assert!(remove(body, "x") && !remove(body, "x") && remove(body, "a") && !remove(body, "/settings/7"));
        remove_all(body, &["/list/2".into(), "/list/10".into(), "/list/9".into()]);
        assert_eq!(
            Value::Object(body.clone()),
            json!({"list": [0, 1, 3, 4, 5, 6, 7, 8, 11], "settings": [{"settingInstance": {"settingDefinitionId": "y",
                "choiceSettingValue": {"children": [{"settingDefinitionId": "z"}]}}}]})
        );
    }
}
