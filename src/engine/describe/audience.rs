//! Who a policy is for, and how: by its assignments, by the groups and people that it names elsewhere, and by the words
//! that mean everyone. Pure; for people, nothing is decided by it. Who an assignment is for is
//! [`crate::policy::assignment`]'s to say.

use serde_json::Value;

use crate::catalogue::PolicyType;
use crate::catalogue::known_names::known_name;
use crate::catalogue::references::Found;
use crate::catalogue::rule::{AudienceRule, ReferenceRule};
use crate::engine::shape::display_names::Names;
use crate::mapping::{GROUP, USER};
use crate::policy::Policy;
use crate::policy::assignment::Target;
pub use crate::policy::audience::Manner;
use crate::policy::audience::{AudienceChange, Filter, FilterMode, Instead, Recipient, Who, WhoKind};

/// What an object is called, and whether there is one yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its id; none where there is none yet.
    pub id: Option<String>,
    /// Its name; none where nobody knows it.
    pub name: Option<String>,
    /// Whether others have the same name.
    pub shares_name: bool,
    /// Whether it has still to be made.
    pub new: bool,
}

impl Identity {
    /// Of an object that is there.
    pub fn known(names: &Names, kind: &str, id: &str) -> Self {
        let named = names.plain(kind, id);
        let shares_name = named.is_some_and(|(_, shared)| shared);
        Self { id: Some(id.to_owned()), name: named.map(|(name, _)| name.to_owned()), shares_name, new: false }
    }

    fn who(self, kind: WhoKind) -> Who {
        Who { kind, id: self.id, name: self.name, shares_name: self.shares_name, new: self.new }
    }
}

/// Who is named where: a kind, an id and the place, and what is said of it.
pub type Identify<'a> = dyn Fn(&str, &str, &str) -> Identity + 'a;

/// Everybody who a policy names: those of its assignments first, in their order. `found` are its references;
/// `identify` says of a kind, an id and a place what is there.
pub fn audience(policy: &Policy, policy_type: &PolicyType, found: &[Found], identify: &Identify<'_>) -> Vec<Recipient> {
    let mut list: Vec<Recipient> = Vec::new();
    for (index, assignment) in policy.assignments().iter().enumerate() {
        list.extend(assigned(assignment, &format!("/assignments/{index}/target"), found, identify));
    }
    for one in found.iter().filter(|one| !one.in_assignments() && one.rule.form.is_whole()) {
        let kind = match one.kind.as_str() {
            GROUP => WhoKind::Group,
            USER => WhoKind::User,
            _ => continue,
        };
        list.push(named(&one.pointer, identify(&one.kind, &one.id, &one.pointer).who(kind)));
    }
    for rule in &policy_type.references {
        words(policy, policy_type, rule, &mut list);
    }
    for rule in &policy_type.audience {
        of_rule(policy, rule, identify, &mut list);
    }
    if let Some(gate) = &policy_type.enabled_by {
        let state = policy.text(&gate.property);
        let off = state.filter(|state| *state == gate.off).map(|_| Instead::SwitchedOff);
        let instead = off.or_else(|| state.filter(|state| *state == gate.report).map(|_| Instead::ReportOnly));
        for one in &mut list {
            one.instead = instead;
        }
    }
    // A policy may name somebody twice in one list of lists.
    let mut seen: Vec<Recipient> = Vec::new();
    for one in list {
        if one.is_assignment() || !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// The words that stand where a group or a person could be named: `All`, `GuestsOrExternalUsers`.
fn words(policy: &Policy, policy_type: &PolicyType, rule: &ReferenceRule, list: &mut Vec<Recipient>) {
    if ![GROUP, USER].contains(&rule.kind.as_str()) || rule.literals.is_empty() {
        return;
    }
    let everyone = policy_type.enabled_by.as_ref().and_then(|gate| gate.everyone_when.as_ref());
    let means_all = |text: &str| {
        everyone
            .is_some_and(|when| when.property == rule.at && when.equals.iter().any(|all| all.as_str() == Some(text)))
    };
    rule.at.visit_in(&policy.body, &mut |trail, value| {
        let Some(text) = value.as_str() else { return };
        let is_literal = rule.literals.iter().any(|literal| literal.eq_ignore_ascii_case(text));
        if is_literal && !text.eq_ignore_ascii_case(NOBODY) {
            let who = if means_all(text) { Who::all(WhoKind::AllUsers) } else { Who::other(spoken(text)) };
            list.push(named(&trail.pointer(), who));
        }
    });
}

/// The word for nobody, where a list of groups or people may not be empty.
const NOBODY: &str = "None";

/// Who is named at places that hold no id of the tenant.
fn of_rule(policy: &Policy, rule: &AudienceRule, identify: &Identify<'_>, list: &mut Vec<Recipient>) {
    rule.at.visit_in(&policy.body, &mut |trail, value| {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return };
        let is = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
        if is(&rule.nobody) {
            return;
        }
        let pointer = trail.pointer();
        let who = match &rule.kind {
            _ if is(&rule.everyone) => Who::all(WhoKind::AllUsers),
            Some(kind) => {
                let mut role = identify(kind, text, &pointer);
                role.name = role.name.or_else(|| known_name(kind, text).map(str::to_owned));
                role.who(WhoKind::Role)
            }
            None => Who::other(text.split(',').map(spoken).collect::<Vec<_>>().join(", ")),
        };
        list.push(named(&pointer, who));
    });
}

fn plain(who: Who, manner: Manner) -> Recipient {
    Recipient {
        change: AudienceChange::Keep,
        who,
        manner,
        property: None,
        intent: None,
        filter: None,
        filter_before: None,
        instead: None,
    }
}

/// Someone who is named outside the assignments. The last step that is not an index says how: `excludeGroups`.
fn named(pointer: &str, who: Who) -> Recipient {
    let steps: Vec<&str> =
        pointer.split('/').filter(|step| !step.is_empty() && step.parse::<usize>().is_err()).collect();
    let steps: Vec<&str> = steps.into_iter().map(|step| step.trim_end_matches("@odata.bind")).collect();
    let last = steps.iter().rev().find(|step| step.starts_with("inclu") || step.starts_with("exclu"));
    let manner = match last {
        Some(step) if step.starts_with("exclu") => Manner::Excluded,
        Some(_) => Manner::Included,
        None => Manner::Named,
    };
    let manner = if who.kind == WhoKind::AllUsers && manner == Manner::Named { Manner::Included } else { manner };
    Recipient { property: Some(steps.join("/")), ..plain(who, manner) }
}

fn assigned(assignment: &Value, at: &str, references: &[Found], identify: &Identify<'_>) -> Option<Recipient> {
    let target = assignment.get("target")?;
    let text = |property: &str| target.get(property).and_then(Value::as_str).filter(|text| !text.is_empty());
    let group = |id: &str| identify(GROUP, id, &format!("{at}/groupId")).who(WhoKind::Group);
    let (who, manner) = match Target::of_target(target) {
        Target::AllUsers => (Who::all(WhoKind::AllUsers), Manner::Included),
        Target::AllDevices => (Who::all(WhoKind::AllDevices), Manner::Included),
        Target::ExcludedGroup(id) => (group(id), Manner::Excluded),
        Target::Group(id) => (group(id), Manner::Included),
        Target::Other(kind) => match (text("groupId"), text("collectionId")) {
            (Some(id), _) => (group(id), Manner::Included),
            (None, collection) => {
                let name = spoken(kind.trim_end_matches("AssignmentTarget"));
                (Who { id: collection.map(str::to_owned), ..Who::other(name) }, Manner::Included)
            }
        },
    };
    let filter = text("deviceAndAppManagementAssignmentFilterId").and_then(|id| {
        let mode = match text("deviceAndAppManagementAssignmentFilterType")? {
            "include" => FilterMode::Include,
            "exclude" => FilterMode::Exclude,
            _ => return None,
        };
        let at = format!("{at}/deviceAndAppManagementAssignmentFilterId");
        let kind = references.iter().find(|one| one.pointer == at).map_or("", |one| &one.kind);
        let Identity { id, name, shares_name, new } = identify(kind, id, &at);
        Some(Filter { mode, id, name, shares_name, new })
    });
    let intent = assignment.get("intent").and_then(Value::as_str).map(str::to_owned);
    Some(Recipient { intent, filter, ..plain(who, manner) })
}

/// Who a policy applies to, everyone first, as a report of a tree lists them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// All users of the tenant.
    AllUsers,
    /// All its devices.
    AllDevices,
    /// A group, or whoever else has a name, or the id where nobody knows the name.
    Group(String),
    /// One person, named likewise.
    Person(String),
}

impl Audience {
    /// In words.
    pub fn words(&self) -> &str {
        match self {
            Self::AllUsers => "All users",
            Self::AllDevices => "All devices",
            Self::Group(name) | Self::Person(name) => name,
        }
    }
}

/// How a policy reaches somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct How {
    /// Included or not.
    pub manner: Manner,
    /// What the policy names them for, where that is something else.
    pub named: Option<String>,
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
        Self { manner, named: None, intent: None, filter: None, instead: None }
    }

    /// In words.
    pub fn words(&self) -> String {
        let manner = match self.manner {
            Manner::Included => "included",
            Manner::Excluded => "excluded",
            Manner::Named => self.named.as_deref().unwrap_or("named"),
        };
        let rest = [self.intent.as_deref(), self.filter.as_deref(), self.instead];
        let words: Vec<&str> = std::iter::once(manner).chain(rest.into_iter().flatten()).collect();
        words.join(", ")
    }
}

/// Who a policy applies to. `found` are its references.
pub fn reaches(policy: &Policy, policy_type: &PolicyType, found: &[Found], names: &Names) -> Vec<(Audience, How)> {
    let list = audience(policy, policy_type, found, &|kind, id, _| Identity::known(names, kind, id));
    let mut list: Vec<(Audience, How)> = list.iter().map(|one| (who(one), how(one))).collect();
    list.sort();
    list.dedup();
    list
}

fn who(one: &Recipient) -> Audience {
    match one.who.kind {
        WhoKind::AllUsers => Audience::AllUsers,
        WhoKind::AllDevices => Audience::AllDevices,
        WhoKind::User => Audience::Person(one.who.words()),
        WhoKind::Group | WhoKind::Role | WhoKind::Other => Audience::Group(one.who.words()),
    }
}

fn how(one: &Recipient) -> How {
    How {
        manner: one.manner,
        named: (one.manner == Manner::Named).then(|| format!("named as {}", place(one))),
        intent: one.intent.as_deref().map(|intent| spoken(intent).to_lowercase()),
        filter: one.filter.as_ref().map(Filter::words),
        instead: one.instead.map(Instead::words),
    }
}

/// What a policy names somebody for, in words: `approver groups`.
pub fn place(one: &Recipient) -> String {
    let last = one.property.as_deref().and_then(|property| property.rsplit('/').next()).unwrap_or_default();
    let words = spoken(last).to_lowercase();
    words.strip_suffix(" ids").map_or_else(|| words.clone(), |one| format!("{one}s"))
}

/// A property's name as people say it: `passwordMinimumLength` is `Password minimum length`, `messageCCList`
/// `Message CC list`.
pub fn spoken(name: &str) -> String {
    let mut out = String::new();
    let chars: Vec<char> = name.chars().collect();
    let at = |place: Option<usize>| place.and_then(|place| chars.get(place)).copied().unwrap_or(' ');
    for (place, c) in chars.iter().copied().enumerate() {
        let (before, next, second) = (at(place.checked_sub(1)), at(Some(place + 1)), at(Some(place + 2)));
        let is_word = before.is_lowercase() || (before.is_uppercase() && next.is_lowercase() && second.is_lowercase());
        match c {
            '_' => out.push(' '),
            c if c.is_uppercase() && is_word => {
                out.push(' ');
                if next.is_uppercase() { out.push(c) } else { out.extend(c.to_lowercase()) }
            }
            c if out.is_empty() || out.ends_with("› ") => out.extend(c.to_uppercase()),
            c => out.push(c),
        }
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
        list.into_iter().map(|(who, how)| (who.words().to_owned(), how.words())).collect()
    }

    #[track_caller]
    fn same(list: &[(String, String)], wanted: &[(&str, &str)]) {
        let list: Vec<(&str, &str)> = list.iter().map(|(who, how)| (who.as_str(), how.as_str())).collect();
        assert_eq!(list, wanted);
    }

    #[test]
    fn names_are_words() {
        for (name, words) in [
            ("passwordMinimumLength", "Password minimum length"),
            ("notificationMessageCCList", "Notification message CC list"),
            ("approverGroupIDs", "Approver group IDs"),
            ("BIOSVersion", "BIOS version"),
            ("a_b › cD", "A b › C d"),
        ] {
            assert_eq!(spoken(name), words);
        }
    }

    #[test]
    fn an_assignment_says_who_it_reaches() {
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
