//! Who gets a policy, as a value: for plans, results and reports. Which target of an assignment means what is
//! [`super::assignment`]'s; finding all that a policy names is the engine's.

use serde::{Deserialize, Serialize};

/// Someone who gets a policy, is excluded from it, or is named in it for something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recipient {
    /// What happens about it.
    pub change: AudienceChange,
    /// Who it is.
    pub who: Who,
    /// Whether they get the policy.
    pub manner: Manner,
    /// Where the policy names them, where that is not in its assignments: `conditions/users/includeGroups`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What of an app is meant, as Graph says it: `required`, `availableWithoutEnrollment` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The filter that not all of their devices pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The filter that there was before, where only the filter changes and there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_before: Option<Filter>,
    /// What the policy does instead of what it is for, where it is not switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
}

/// What happens about someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudienceChange {
    /// They are new to the policy.
    Add,
    /// They no longer have to do with it.
    Remove,
    /// They stay, and another filter holds for them.
    Change,
    /// They stay as they are.
    Keep,
    /// They would be added, and a person must decide first.
    Held,
}

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Who {
    /// What they are.
    pub kind: WhoKind,
    /// The id in the tenant; none where there is none yet, and for everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name; none where no one knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether others have the same name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_name: bool,
    /// Whether the import makes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
}

/// What someone is. All come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhoKind {
    /// All users of the tenant.
    AllUsers,
    /// All its devices.
    AllDevices,
    /// A group.
    Group,
    /// A person.
    User,
    /// Whoever has a role.
    Role,
    /// Something else, in the words of `name`.
    Other,
}

/// Whether someone gets a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// It is for them.
    Included,
    /// It is not for them, whoever else they are.
    Excluded,
    /// The policy names them for something else; `property` says where.
    Named,
}

/// A filter of devices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Whether the devices that it finds get the policy, or the others.
    pub mode: FilterMode,
    /// Its id in the tenant; none where there is none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name; none where no one knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether others have the same name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_name: bool,
    /// Whether the import makes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
}

/// How a filter is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilterMode {
    /// Only the devices that it finds.
    Include,
    /// Only those that it does not find.
    Exclude,
}

/// What a policy does that is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instead {
    /// Nothing.
    SwitchedOff,
    /// It only reports.
    ReportOnly,
}

impl Instead {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::SwitchedOff => "off",
            Self::ReportOnly => "report-only",
        }
    }
}

impl Who {
    /// Everyone, of one kind.
    pub fn all(kind: WhoKind) -> Self {
        Self { kind, id: None, name: None, shares_name: false, new: false }
    }

    /// Something that has a name and nothing else.
    pub fn other(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::all(WhoKind::Other) }
    }

    /// In words: the name, with the id where others have the same name; the id where the name is not known.
    pub fn words(&self) -> String {
        match self.kind {
            WhoKind::AllUsers => String::from("All users"),
            WhoKind::AllDevices => String::from("All devices"),
            WhoKind::Role => format!("role {}", named(self.name.as_deref(), self.id.as_deref(), self.shares_name)),
            _ => named(self.name.as_deref(), self.id.as_deref(), self.shares_name),
        }
    }
}

impl Filter {
    /// In words that follow a name.
    pub fn words(&self) -> String {
        let name = named(self.name.as_deref(), self.id.as_deref(), self.shares_name);
        let new = if self.new { ", new" } else { "" };
        match self.mode {
            FilterMode::Include => format!("only devices that match the filter \"{name}\"{new}"),
            FilterMode::Exclude => format!("except devices that match the filter \"{name}\"{new}"),
        }
    }
}

fn named(name: Option<&str>, id: Option<&str>, shares_name: bool) -> String {
    match (name, id) {
        (Some(name), Some(id)) if shares_name => format!("{name} ({id})"),
        (Some(name), _) => name.to_owned(),
        (None, id) => id.unwrap_or("(not named)").to_owned(),
    }
}

impl Recipient {
    /// Whether two entries are about the same place of the same policy: only the filter can differ then.
    fn is_same(&self, other: &Self) -> bool {
        let id = |who: &Who| who.id.as_deref().or(who.name.as_deref()).map(str::to_lowercase);
        (self.who.kind, self.manner, &self.property, &self.intent)
            == (other.who.kind, other.manner, &other.property, &other.intent)
            && self.who.new == other.who.new
            && id(&self.who) == id(&other.who)
    }

    /// Whether two filters let the same devices pass.
    fn has_same_filter(&self, other: &Self) -> bool {
        let what = |filter: &Option<Filter>| {
            let of = |filter: &Filter| {
                let id = filter.id.as_deref().or(filter.name.as_deref()).map(str::to_lowercase);
                (filter.mode, id, filter.new)
            };
            filter.as_ref().map(of)
        };
        what(&self.filter) == what(&other.filter)
    }

    /// Whether it comes from the policy's assignments.
    pub fn is_assignment(&self) -> bool {
        self.property.is_none()
    }

    fn with(self, change: AudienceChange) -> Self {
        Self { change, ..self }
    }
}

/// What is between the audience of the target's policy and the wanted one.
pub fn compare(wanted: Vec<Recipient>, mut found: Vec<Recipient>) -> Vec<Recipient> {
    let mut list: Vec<Recipient> = Vec::new();
    for one in wanted {
        let alike = found.iter().position(|other| one.is_same(other) && one.has_same_filter(other));
        match alike.or_else(|| found.iter().position(|other| one.is_same(other))) {
            None => list.push(one.with(AudienceChange::Add)),
            Some(place) => {
                let before = found.remove(place);
                if one.has_same_filter(&before) {
                    list.push(one.with(AudienceChange::Keep));
                } else {
                    list.push(Recipient { filter_before: before.filter, ..one.with(AudienceChange::Change) });
                }
            }
        }
    }
    list.extend(found.into_iter().map(|one| one.with(AudienceChange::Remove)));
    list
}

/// Lists for the tests of others.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// Every change and every kind, and everything that may be said of one.
    pub(crate) fn every_kind() -> Vec<Recipient> {
        use AudienceChange::{Add, Change, Held, Keep, Remove};
        let filter = |mode, name: &str| Filter {
            mode,
            id: Some("f".into()),
            name: Some(name.into()),
            shares_name: true,
            new: true,
        };
        let one = |change, kind, name: &str, manner| Recipient {
            change,
            who: Who { name: Some(name.into()), ..Who::all(kind) },
            manner,
            property: None,
            intent: None,
            filter: None,
            filter_before: None,
            instead: None,
        };
        let new = one(Add, WhoKind::Group, "Pilot", Manner::Excluded);
        let known = one(Change, WhoKind::Group, "Berlin", Manner::Included);
        let role = one(Add, WhoKind::Role, "Global Administrator", Manner::Excluded);
        vec![
            one(Held, WhoKind::AllDevices, "", Manner::Included),
            Recipient { who: Who { new: true, ..new.who.clone() }, ..new },
            Recipient {
                who: Who { id: Some("g1".into()), shares_name: true, ..known.who.clone() },
                intent: Some("required".into()),
                filter: Some(filter(FilterMode::Include, "Corporate")),
                filter_before: Some(filter(FilterMode::Exclude, "Private")),
                ..known
            },
            one(Remove, WhoKind::User, "eve@contoso.com", Manner::Included),
            Recipient {
                property: Some("conditions/users/excludeRoles".into()),
                instead: Some(Instead::SwitchedOff),
                ..role.clone()
            },
            Recipient { property: Some("approverGroupIds".into()), manner: Manner::Named, ..role },
            one(Keep, WhoKind::Other, "Guests", Manner::Included),
            one(Keep, WhoKind::AllUsers, "", Manner::Included),
        ]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(id: &str, filter: Option<(&str, FilterMode)>) -> Recipient {
        let who = Who { id: Some(id.into()), name: Some(format!("Group {id}")), ..Who::all(WhoKind::Group) };
        let filter =
            filter.map(|(id, mode)| Filter { mode, id: Some(id.into()), name: None, shares_name: false, new: false });
        Recipient {
            change: AudienceChange::Keep,
            who,
            manner: Manner::Included,
            property: None,
            intent: None,
            filter,
            filter_before: None,
            instead: None,
        }
    }

    #[test]
    fn a_change_says_who_comes_who_goes_and_whose_filter_changes() {
        use AudienceChange::{Add, Change, Keep, Remove};
        let wanted = vec![group("a", None), group("B", Some(("f2", FilterMode::Include))), group("c", None)];
        let found = vec![group("b", Some(("f1", FilterMode::Include))), group("c", None), group("d", None)];
        let list = compare(wanted, found);
        let said: Vec<(&str, AudienceChange)> =
            list.iter().map(|one| (one.who.id.as_deref().unwrap_or_default(), one.change)).collect();
        assert_eq!(said, [("a", Add), ("B", Change), ("c", Keep), ("d", Remove)]);
        assert_eq!(list[1].filter_before.as_ref().and_then(|filter| filter.id.as_deref()), Some("f1"));
    }

    #[test]
    fn a_name_that_others_have_comes_with_the_id() {
        let mut who = group("a", None).who;
        assert_eq!(who.words(), "Group a");
        who.shares_name = true;
        assert_eq!(who.words(), "Group a (a)");
        assert_eq!(Who { name: None, ..who }.words(), "a");
        assert_eq!(Who::all(WhoKind::AllUsers).words(), "All users");
    }

    fn any_list() -> impl Strategy<Value = Vec<Recipient>> {
        let one = ("[abc]", proptest::option::of("[fg]"), any::<bool>()).prop_map(|(id, filter, excluded)| {
            let mut one = group(&id, filter.as_deref().map(|filter| (filter, FilterMode::Exclude)));
            one.manner = if excluded { Manner::Excluded } else { Manner::Included };
            one
        });
        proptest::collection::vec(one, 0..5)
    }

    proptest! {
        /// What is kept, changed and removed is all that there was; what is kept, changed and added is all that is
        /// wanted.
        #[test]
        fn nobody_is_lost_between_two_lists(wanted in any_list(), found in any_list()) {
            let list = compare(wanted.clone(), found.clone());
            let with = |changes: &[AudienceChange]| list.iter().filter(|one| changes.contains(&one.change)).count();
            prop_assert_eq!(with(&[AudienceChange::Keep, AudienceChange::Change, AudienceChange::Add]), wanted.len());
            prop_assert_eq!(with(&[AudienceChange::Keep, AudienceChange::Change, AudienceChange::Remove]), found.len());
            let same = compare(found.clone(), found);
            prop_assert!(same.iter().all(|one| one.change == AudienceChange::Keep));
        }
    }
}
