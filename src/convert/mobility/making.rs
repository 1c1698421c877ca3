//! Makes policies of Intune of a rule: a verdict for each of its properties, and a policy for each platform that has values.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::objects::{Access, Object, minutes};
use super::rules::{MobilityRules, PolicyRule, Row, RowForm};
use crate::convert::Verdict;

/// The group that stands for nobody.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What became of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeRule {
    /// The policies.
    pub policies: Vec<MadePolicy>,
    /// Each property with its verdict.
    pub judged: Vec<JudgedProperty>,
}

/// A policy that a rule became.
#[derive(Debug, Clone, PartialEq)]
pub struct MadePolicy {
    /// The policy type.
    pub policy_type: String,
    /// Which of the rule's policies it is.
    pub key: String,
    /// The policy, as Graph writes it.
    pub body: Map<String, Value>,
}

/// A property with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedProperty {
    /// Its name.
    pub name: String,
    /// Its value, for people.
    pub value: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// Makes the policies of a rule; `access` is what happens to devices that do not meet it, and `is_on` whether its policy is
/// enabled: the policies of one that is not are for nobody.
pub fn make(rule: &Object, name: &str, access: Access, is_on: bool, rules: &MobilityRules) -> MadeRule {
    let mut making = RuleMaking { access, rules, bodies: BTreeMap::new() };
    let mut judged = Vec::new();
    for (property, value) in rule.properties.iter().filter(|(property, _)| !rules.is_about(property)) {
        let verdict = making.judge(property, value);
        judged.push(JudgedProperty { name: property.clone(), value: shown(value), verdict });
    }
    let targets = rule.properties.get("TargetGroups");
    let one = targets.and_then(Value::as_str).map(|own| vec![own]);
    let list = || targets.and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect());
    let groups: Vec<&str> = one.or_else(list).unwrap_or_default();
    let groups: Vec<&str> = groups.into_iter().filter(|own| *own != NOBODY && is_on).collect();
    for policy in rules.policies.iter().filter(|own| own.always && own.when.is_none_or(|when| when == access)) {
        if !groups.is_empty() && !making.bodies.is_empty() {
            making.bodies.entry(policy.key.clone()).or_default();
        }
    }
    let made = rules.policies.iter().filter_map(|policy| {
        let own = making.bodies.get(&policy.key)?.clone();
        Some(MadePolicy {
            policy_type: policy.policy_type.clone(),
            key: policy.key.clone(),
            body: body(policy, own, name, &groups),
        })
    });
    MadeRule { policies: made.collect(), judged }
}

fn body(policy: &PolicyRule, own: Map<String, Value>, name: &str, groups: &[&str]) -> Map<String, Value> {
    let mut body = policy.properties.clone();
    body.extend(own);
    body.insert(String::from("displayName"), Value::from(format!("{name}{}", policy.suffix)));
    let Some(place) = &policy.groups else {
        let target =
            |id: &&str| json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}});
        body.insert(String::from("assignments"), groups.iter().map(target).collect());
        let description = format!("From the rule of \"{name}\" in Basic Mobility and Security.");
        body.insert(String::from("description"), Value::from(description));
        return body;
    };
    let mut value = Value::Object(body);
    if let Some(at) = value.pointer_mut(place) {
        *at = json!(groups);
    }
    match value {
        Value::Object(body) => body,
        _ => Map::new(),
    }
}

struct RuleMaking<'a> {
    access: Access,
    rules: &'a MobilityRules,
    /// What is set, by the key of the policy.
    bodies: BTreeMap<String, Map<String, Value>>,
}

impl RuleMaking<'_> {
    fn judge(&mut self, name: &str, value: &Value) -> Verdict {
        let is_empty = value.is_null() || value.as_str() == Some("") || value.as_i64() == Some(0);
        if is_empty {
            return Verdict::NotConfigured;
        }
        if let Some(rule) = self.rules.none(name) {
            return Verdict::NoCounterpart { why: rule.why.clone(), instead: rule.instead.clone() };
        }
        let Some(rows) = self.rules.rows(name) else {
            return Verdict::NotRecognized(String::from("Microsoft's tables do not have this property"));
        };
        let (rules, access) = (self.rules, self.access);
        let fits = |row: &&Row| {
            let policy = rules.policies.iter().find(|own| own.key == row.policy);
            let policy_fits = policy.is_some_and(|own| own.when.is_none_or(|when| when == access));
            policy_fits && row.when.is_none_or(|when| when == access)
        };
        let (mut places, mut is_other) = (Vec::new(), false);
        for row in rows.iter().filter(fits) {
            if row.form == RowForm::Make {
                if value.as_bool() == Some(true) {
                    self.bodies.entry(row.policy.clone()).or_default();
                    places.push(row.policy.clone());
                }
                continue;
            }
            let Some(made) = converted(row, value) else { continue };
            is_other |= match row.form {
                RowForm::Minutes => minutes(value) != made.as_i64(),
                RowForm::Values => made.as_i64().is_some_and(|number| Some(number) != value.as_i64()),
                _ => false,
            };
            self.set(row, made);
            places.push(format!("{}/{}", row.policy, row.property));
        }
        if places.is_empty() {
            // Of a box that is not ticked nothing is left to say.
            if value.as_bool() == Some(false) {
                return Verdict::NotConfigured;
            }
            return Verdict::NoCounterpart {
                why: String::from("Intune has this setting, but not this value, or not for rules of this kind"),
                instead: String::from("Choose a value in the converted policies."),
            };
        }
        let places = places.join(", ");
        if is_other { Verdict::OtherForm(places) } else { Verdict::Converted(places) }
    }

    /// Sets a property; of two values of a ranked one the higher counts.
    fn set(&mut self, row: &Row, made: Value) {
        let body = self.bodies.entry(row.policy.clone()).or_default();
        let ranks = self.rules.ranked.get(&row.property);
        let rank =
            |value: &Value| ranks.and_then(|all| all.iter().position(|own| Some(own.as_str()) == value.as_str()));
        let is_lower = body.get(&row.property).is_some_and(|known| rank(known) > rank(&made));
        if !is_lower {
            body.insert(row.property.clone(), made);
        }
    }
}

/// The value of a row; none where the table does not have it or it has another form.
fn converted(row: &Row, value: &Value) -> Option<Value> {
    match row.form {
        RowForm::Same => Some(value.clone()).filter(|own| own.is_boolean() || own.is_i64()),
        RowForm::Not => value.as_bool().map(|own| Value::Bool(!own)),
        RowForm::Minutes => {
            let minutes = minutes(value).filter(|own| *own > 0)?;
            let below = row.steps.iter().rev().find(|step| **step <= minutes).or(row.steps.first())?;
            Some(Value::from(*below))
        }
        RowForm::Values => row.values.get(&shown(value)).cloned(),
        RowForm::Value => row.value.clone(),
        RowForm::Make => None,
    }
}

/// A value as a person reads it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(_) => minutes(value).map_or_else(|| value.to_string(), |own| format!("{own} minutes")),
        own => own.to_string(),
    }
}
