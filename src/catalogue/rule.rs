//! The small rules a type's file is made of: equality tests, references, sidecars, what is in force. Those of
//! secrets are in [`secret_rule`](super::secret_rule).
//! They hold facts, never expressions.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::predicate::Predicate;
use crate::policy::JsonPath;

/// A place that is known to hold the id of the tenant that a policy is in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TenantIdRule {
    /// Where.
    pub at: JsonPath,
    /// Only where the nearest object around the place that has the property passes.
    #[serde(default)]
    pub near_when: Option<Predicate>,
}

/// A place with a script for a shell of Linux or macOS, in base64 or not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ShellScriptRule {
    /// Where.
    pub at: JsonPath,
    /// Only where the nearest object around the place that has the property passes.
    #[serde(default)]
    pub near_when: Option<Predicate>,
}

/// How an id is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The bare id.
    #[default]
    Id,
    /// `collection/path('id')`, as in `…@odata.bind`.
    Bind,
    /// `Prefix_id`, as in `Email_GUID`.
    Prefixed,
    /// Somewhere in a longer text, as in a membership rule, also as a security identifier; there may be several.
    Within,
    /// The name of an account, `AzureAD\\` before it or not, or its security identifier.
    Account,
}

impl Form {
    /// Whether the text is the id, so that equal texts are equal objects.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::Within | Self::Account)
    }
}

/// What happens at the place when the mapping drops the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDrop {
    /// The element of the nearest array that holds the place goes (an id in a list, a whole assignment).
    #[default]
    RemoveElement,
    /// The property goes.
    RemoveProperty,
    /// The property becomes null.
    Null,
    /// An assignment's filter: its id becomes null and its type `none`.
    ClearFilter,
    /// It cannot be dropped: the policy is blocked.
    Refuse,
}

/// A place in a policy that holds a tenant-bound id.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReferenceRule {
    /// Where.
    pub at: JsonPath,
    /// What it refers to: a policy type's name, or a directory kind (`group`, `user`, …).
    pub kind: String,
    /// The form of the id.
    #[serde(default)]
    pub form: Form,
    /// Only where the object that holds the place passes.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// Only where the nearest object around the place that has the property passes.
    #[serde(default)]
    pub near_when: Option<Predicate>,
    /// Whether dropping it would enlarge who is hit or weaken what is demanded.
    #[serde(default)]
    pub narrows: bool,
    /// Values that are not ids: the same in every tenant.
    #[serde(default)]
    pub literals: Vec<String>,
    /// What happens when the mapping drops it.
    #[serde(default)]
    pub on_drop: OnDrop,
    /// What the array holds when the last id was dropped from it, such as `["0"]` for scope tags.
    #[serde(default)]
    pub when_empty: Option<Vec<String>>,
    /// The service makes the object together with the policy that names it: what is here in a new policy.
    #[serde(default)]
    pub made_with: Option<String>,
}

impl ReferenceRule {
    /// A rule that says no more than where an id of a kind stands, and how.
    pub fn new(at: &str, kind: &str, form: Form) -> Self {
        Self {
            at: JsonPath::new(at),
            kind: kind.to_owned(),
            form,
            when: None,
            near_when: None,
            narrows: false,
            literals: Vec::new(),
            on_drop: OnDrop::default(),
            when_empty: None,
            made_with: None,
        }
    }
}

/// A payload that people read: base64 on the wire, a file of its own in the tree.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SidecarRule {
    /// The property that holds the base64 text.
    pub at: JsonPath,
    /// Only where the object that holds the place passes.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// The sidecar's extension, without a dot.
    pub extension: String,
    /// A property beside the payload that tells elements apart (`omaUri`, `locale`).
    #[serde(default)]
    pub key: Option<String>,
}

/// The property by which a policy is switched on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnabledBy {
    /// The property.
    pub property: String,
    /// Its value when the policy does nothing.
    pub off: String,
    /// Its value when the policy only reports.
    pub report: String,
    /// What makes a policy hold for all users.
    #[serde(default)]
    pub everyone_when: Option<Predicate>,
    /// The lists of those it then does not apply to.
    #[serde(default)]
    pub except: Vec<JsonPath>,
}

impl EnabledBy {
    /// Whether a policy with this state does what it is for.
    pub fn is_in_force(&self, state: &str) -> bool {
        state != self.off && state != self.report
    }

    /// Whether the state of these properties says that the policy does nothing, or only reports.
    pub fn is_waiting(&self, body: &Map<String, Value>) -> bool {
        let state = body.get(&self.property).and_then(Value::as_str);
        state.is_some_and(|state| !self.is_in_force(state))
    }
}

/// Who a policy is for at places that hold no id of the tenant: a role that is the same in every tenant, a word.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AudienceRule {
    /// The place.
    pub at: JsonPath,
    /// The directory kind of the ids; none for words.
    #[serde(default)]
    pub kind: Option<String>,
    /// The words for all users.
    #[serde(default)]
    pub everyone: Vec<String>,
    /// The words for no one, or for those who are named elsewhere.
    #[serde(default)]
    pub nobody: Vec<String>,
}

/// What a device takes only one of.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exclusive {
    /// What it is called, in the singular.
    pub title: String,
    /// Which policies; all of the type where not given.
    #[serde(default)]
    pub when: Option<Predicate>,
}

/// An object that Graph gives whole and takes only in part.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SendOnly {
    /// The object.
    pub at: JsonPath,
    /// The properties that are sent and compared.
    pub keep: Vec<String>,
}

impl SendOnly {
    /// Leaves only the kept properties.
    pub fn apply(&self, value: &mut Value) {
        for pointer in self.at.find(value) {
            if let Some(Value::Object(map)) = value.pointer_mut(&pointer) {
                map.retain(|key, _| self.keep.contains(key));
            }
        }
    }
}

/// Properties that say the same in two ways, of which Graph takes only one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alternatives {
    /// The property that is sent and compared where it says something.
    pub preferred: String,
    /// Those that are where it does not.
    pub others: Vec<String>,
}

impl Alternatives {
    /// Leaves only the one way, where both are there.
    pub fn apply(&self, value: &mut Value) {
        let Value::Object(map) = value else { return };
        let Some(said) = map.get(&self.preferred) else { return };
        let silent = said.is_null() || said.as_array().is_some_and(Vec::is_empty);
        if !silent {
            map.retain(|name, _| !self.others.contains(name));
        } else if self.others.iter().any(|other| map.contains_key(other)) {
            map.remove(&self.preferred);
        }
    }
}

/// What Graph makes of a property that no one sets, so that both are the same.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnsetRule {
    /// The property of the policy.
    pub property: String,
    /// What it is then.
    pub means: Value,
}

impl UnsetRule {
    /// Where the property says nothing, what it means: null, and a list or an object that is empty.
    pub fn fill_in(&self, body: &mut Map<String, Value>) {
        if let Some(value) = body.get_mut(&self.property).filter(|value| is_silent(value)) {
            value.clone_from(&self.means);
        }
    }

    /// Takes the property out of two policies that both have it unset, however each says so.
    pub fn leave_out(&self, sides: [&mut Map<String, Value>; 2]) {
        if sides.iter().all(|side| side.get(&self.property).is_none_or(|value| self.is_unset(value))) {
            for side in sides {
                side.remove(&self.property);
            }
        }
    }

    fn is_unset(&self, value: &Value) -> bool {
        is_silent(value)
            || match (value, &self.means) {
                (Value::Object(own), Value::Object(means)) => {
                    own.iter().all(|(key, value)| value.is_null() || means.get(key) == Some(value))
                }
                (own, means) => own == means,
            }
    }
}

fn is_silent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_two_ways_to_say_the_same_one_is_left() {
        let rule = Alternatives { preferred: "rules".into(), others: vec!["old".into(), "older".into()] };
        for (given, left) in [
            (json!({"rules": [1], "old": [1], "older": [], "x": 1}), json!({"rules": [1], "x": 1})),
            (json!({"rules": [], "old": [1]}), json!({"old": [1]})),
            (json!({"rules": null, "older": []}), json!({"older": []})),
            (json!({"rules": []}), json!({"rules": []})),
            (json!({"old": [1]}), json!({"old": [1]})),
        ] {
            let mut value = given;
            rule.apply(&mut value);
            assert_eq!(value, left);
        }
    }

    #[test]
    fn what_is_unset_is_the_same_however_it_is_said() {
        let template = UnsetRule { property: "template".into(), means: json!({"id": "", "family": "none"}) };
        let tags = UnsetRule { property: "tags".into(), means: json!(["0"]) };
        let left = |rule: &UnsetRule, left: &Value, right: &Value| {
            let mut sides =
                [left, right].map(|side| json!({&rule.property: side}).as_object().cloned().unwrap_or_default());
            let [one, other] = &mut sides;
            rule.leave_out([one, other]);
            sides.iter().any(|side| !side.is_empty())
        };
        for (one, other) in [(json!([]), json!(["0"])), (json!(null), json!(["0"])), (json!(["0"]), json!(["0"]))] {
            assert!(!left(&tags, &one, &other), "{one} {other}");
        }
        assert!(left(&tags, &json!(null), &json!(["1"])) && left(&tags, &json!(["0"]), &json!(["0", "1"])));
        assert!(!left(&template, &json!(null), &json!({"id": "", "family": "none", "shown": null})));
        assert!(!left(&template, &json!({"id": ""}), &json!(null)));
        assert!(left(&template, &json!(null), &json!({"id": "x", "family": "none"})));

        let mut body = json!({"tags": [], "template": {"id": "x"}}).as_object().cloned().unwrap_or_default();
        tags.fill_in(&mut body);
        template.fill_in(&mut body);
        assert_eq!(Value::Object(body), json!({"tags": ["0"], "template": {"id": "x"}}));
    }
}
