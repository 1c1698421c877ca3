//! Whom a policy reaches, and how: by its assignments, by the groups and people that it names elsewhere, and by
//! the words that mean everyone. Pure; for people, nothing is decided by it.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::catalogue::references::Found;
use crate::engine::shape::display_names::Names;
use crate::mapping::{GROUP, USER};
use crate::policy::Policy;
use crate::policy::assignment::Target;

/// Whom a policy reaches, everyone first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// All users of the tenant.
    AllUsers,
    /// All its devices.
    AllDevices,
    /// A group, by its name, or its id where nobody knows the name.
    Group(String),
    /// One person, named likewise.
    Person(String),
}

impl Whom {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Self::AllUsers => "All users",
            Self::AllDevices => "All devices",
            Self::Group(name) | Self::Person(name) => name,
        }
    }
}

/// Whether somebody gets a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manner {
    /// It is for them.
    Included,
    /// It is not for them, whoever else they are.
    Excluded,
    /// The policy names them for something else, in these words.
    Named(String),
}

/// How a policy reaches somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct How {
    /// Included or not.
    pub manner: Manner,
    /// What of an app is meant: `required`, `available` …
    pub intent: Option<String>,
    /// The filter that not all devices pass, in words.
    pub filter: Option<String>,
    /// What the policy does instead of what it is for, where it is not switched on.
    pub instead: Option<&'static str>,
}

impl How {
    /// Without anything to add.
    pub fn plain(manner: Manner) -> Self {
        Self { manner, intent: None, filter: None, instead: None }
    }

    /// In words.
    pub fn words(&self) -> String {
        let manner = match &self.manner {
            Manner::Included => "included",
            Manner::Excluded => "excluded",
            Manner::Named(place) => place,
        };
        let rest = [self.intent.as_deref(), self.filter.as_deref(), self.instead];
        let words: Vec<&str> = std::iter::once(manner).chain(rest.into_iter().flatten()).collect();
        words.join(", ")
    }
}

/// Whom a policy reaches. `found` are its references.
pub fn reaches(policy: &Policy, policy_type: &PolicyType, found: &[Found], names: &Names) -> Vec<(Whom, How)> {
    let name = |one: &Found| names.of(&one.kind, &one.id).unwrap_or_else(|| one.id.clone());
    let name_at = |pointer: String| found.iter().find(|one| one.pointer == pointer).map(name);
    let mut list: Vec<(Whom, How)> = policy
        .assignments()
        .iter()
        .enumerate()
        .filter_map(|(index, assignment)| {
            assigned(assignment, |property| name_at(format!("/assignments/{index}/target/{property}")))
        })
        .collect();
    for one in found.iter().filter(|one| !one.in_assignments() && one.rule.form.is_whole()) {
        let whom = match one.kind.as_str() {
            GROUP => Whom::Group(name(one)),
            USER => Whom::Person(name(one)),
            _ => continue,
        };
        list.push((whom, How::plain(manner(&one.pointer))));
    }
    if let Some(gate) = &policy_type.enabled_by {
        if gate.everyone_when.as_ref().is_some_and(|when| when.holds_in(&policy.body)) {
            list.push((Whom::AllUsers, How::plain(Manner::Included)));
        }
        let state = policy.text(&gate.property);
        let off = state.filter(|state| *state == gate.off).map(|_| "off");
        let instead = off.or_else(|| state.filter(|state| *state == gate.report).map(|_| "report-only"));
        for (_, how) in &mut list {
            how.instead = instead;
        }
    }
    list.sort();
    list.dedup();
    list
}

/// The last step that is not a place in a list says how: `excludeGroups`.
fn manner(pointer: &str) -> Manner {
    let property = pointer.split('/').rfind(|step| step.parse::<usize>().is_err()).unwrap_or_default();
    let property = property.trim_end_matches("@odata.bind");
    if property.starts_with("exclu") {
        Manner::Excluded
    } else if property.starts_with("inclu") {
        Manner::Included
    } else {
        let words = spoken(property).to_lowercase();
        Manner::Named(
            words.strip_suffix(" ids").map_or_else(|| format!("named as {words}"), |one| format!("named as {one}s")),
        )
    }
}

fn assigned(assignment: &Value, name_of: impl Fn(&str) -> Option<String>) -> Option<(Whom, How)> {
    let target = assignment.get("target")?;
    let text = |property: &str| target.get(property).and_then(Value::as_str);
    let group = || Some(Whom::Group(name_of("groupId").or_else(|| text("groupId").map(str::to_owned))?));
    let (whom, manner) = match Target::of_target(target) {
        Target::AllUsers => (Whom::AllUsers, Manner::Included),
        Target::AllDevices => (Whom::AllDevices, Manner::Included),
        Target::ExcludedGroup(_) => (group()?, Manner::Excluded),
        Target::Group(_) | Target::Other(_) => (group()?, Manner::Included),
    };
    let filter = name_of("deviceAndAppManagementAssignmentFilterId");
    let filter = match (text("deviceAndAppManagementAssignmentFilterType"), filter) {
        (Some("include"), Some(filter)) => Some(format!("only devices that match the filter \"{filter}\"")),
        (Some("exclude"), Some(filter)) => Some(format!("except devices that match the filter \"{filter}\"")),
        _ => None,
    };
    let intent = assignment.get("intent").and_then(Value::as_str).map(|intent| spoken(intent).to_lowercase());
    Some((whom, How { manner, intent, filter, instead: None }))
}

/// A property's name as people say it: `passwordMinimumLength` is `Password minimum length`.
pub fn spoken(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        match c {
            '_' => out.push(' '),
            c if c.is_uppercase() && before.is_lowercase() => {
                out.push(' ');
                out.extend(c.to_lowercase());
            }
            c if out.is_empty() || out.ends_with("› ") => out.extend(c.to_uppercase()),
            c => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::*;
    use crate::catalogue::Catalogue;
    use crate::catalogue::references::references;

    fn reached(type_name: &str, body: Value) -> Vec<(String, String)> {
        let catalogue = Catalogue::built_in().unwrap();
        let Value::Object(body) = body else { return Vec::new() };
        let policy = Policy::new(type_name, body);
        let names = Names::new([("group", "g1", "Pilot"), ("user", "u1", "eve"), ("assignment-filters", "f1", "Corp")]);
        let found = references(&policy, &catalogue);
        let list = reaches(&policy, catalogue.get(type_name).unwrap(), &found, &names);
        list.into_iter().map(|(whom, how)| (whom.words().to_owned(), how.words())).collect()
    }

    #[track_caller]
    fn same(list: &[(String, String)], wanted: &[(&str, &str)]) {
        let list: Vec<(&str, &str)> = list.iter().map(|(whom, how)| (whom.as_str(), how.as_str())).collect();
        assert_eq!(list, wanted);
    }

    #[test]
    fn an_assignment_says_whom_it_reaches() {
        let target = |kind: &str| json!({"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g1"});
        let mut filtered = target("groupAssignmentTarget");
        filtered["deviceAndAppManagementAssignmentFilterId"] = json!("f1");
        filtered["deviceAndAppManagementAssignmentFilterType"] = json!("include");
        let assignments = json!([
            {"target": filtered, "intent": "availableWithoutEnrollment"},
            {"target": target("exclusionGroupAssignmentTarget")},
            {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}, "intent": "required"},
        ]);
        same(
            &reached("apps", json!({"displayName": "A", "assignments": assignments})),
            &[
                ("All devices", "included, required"),
                ("Pilot", "included, available without enrollment, only devices that match the filter \"Corp\""),
                ("Pilot", "excluded"),
            ],
        );
    }

    #[test]
    fn a_word_that_means_everyone_is_everyone() {
        let users = json!({"includeUsers": ["All"], "excludeGroups": ["g1"], "excludeUsers": ["u1"]});
        let policy = |state: &str| json!({"state": state, "conditions": {"users": users}});
        same(
            &reached("conditional-access", policy("enabled")),
            &[("All users", "included"), ("Pilot", "excluded"), ("eve", "excluded")],
        );
        same(&reached("conditional-access", policy("disabled"))[..1], &[("All users", "included, off")]);
    }

    #[test]
    fn who_is_named_for_something_else_is_not_included() {
        same(
            &reached("multi-admin-approval-policies", json!({"approverGroupIds": ["g1"]})),
            &[("Pilot", "named as approver groups")],
        );
    }

    #[test]
    fn properties_are_said_in_words() {
        assert_eq!(spoken("passwordMinimumLength"), "Password minimum length");
        assert_eq!(spoken("conditions › clientAppTypes"), "Conditions › Client app types");
    }
}
