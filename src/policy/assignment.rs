//! Who an assignment is for. The only place that decides it: who is hit must not depend on how a type happens to
//! be spelled. Not for changing assignments: that is the engine's.

use serde_json::Value;

/// The namespace that Graph's own types are in.
const NAMESPACE: &str = "microsoft.graph.";

/// What an assignment's target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// All users.
    AllUsers,
    /// All devices.
    AllDevices,
    /// A group, by its id; empty where the target names none.
    Group(&'a str),
    /// A group that does not get the policy, by its id; empty where the target names none.
    ExcludedGroup(&'a str),
    /// Something else, by its type's bare name; empty where the target does not say its type.
    Other(&'a str),
}

impl<'a> Target<'a> {
    /// The target of an assignment.
    pub fn of(assignment: &'a Value) -> Self {
        assignment.get("target").map_or(Self::Other(""), Self::of_target)
    }

    /// What a target is, from its `@odata.type` and the group that it names.
    pub fn of_target(target: &'a Value) -> Self {
        let text = |property: &str| target.get(property).and_then(Value::as_str).unwrap_or_default();
        let name = bare_type(text("@odata.type"));
        match name.to_ascii_lowercase().as_str() {
            "alllicensedusersassignmenttarget" => Self::AllUsers,
            "alldevicesassignmenttarget" => Self::AllDevices,
            "exclusiongroupassignmenttarget" => Self::ExcludedGroup(text("groupId")),
            "groupassignmenttarget" | "cloudpcmanagementgroupassignmenttarget" => Self::Group(text("groupId")),
            _ => Self::Other(name),
        }
    }

    /// Whether it takes someone out.
    pub fn is_exclusion(self) -> bool {
        matches!(self, Self::ExcludedGroup(_))
    }

    /// Whether it is everyone: all users or all devices.
    pub fn is_broad(self) -> bool {
        matches!(self, Self::AllUsers | Self::AllDevices)
    }
}

/// A type's name without `#` and namespace.
pub fn bare_type(name: &str) -> &str {
    let name = name.strip_prefix('#').unwrap_or(name);
    let long = name.get(..NAMESPACE.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAMESPACE));
    if long { &name[NAMESPACE.len()..] } else { name }
}

/// Whether two texts name one type, however each is spelled: with `#` or without, in capitals or not.
pub fn same_type(left: &str, right: &str) -> bool {
    let plain = |name: &'_ str| name.strip_prefix('#').unwrap_or(name).to_ascii_lowercase();
    plain(left) == plain(right)
}

/// A type's name as Graph takes it: those of Graph's own namespace begin with `#`. None where it does already, or is
/// not one of them.
pub fn with_mark(name: &str) -> Option<String> {
    name.starts_with(NAMESPACE).then(|| format!("#{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_target_is_what_its_type_says_however_it_is_spelled() {
        let spelled = |name: &str| {
            [format!("#microsoft.graph.{name}"), format!("microsoft.graph.{name}"), format!("#Microsoft.Graph.{name}")]
                .map(|name| json!({"target": {"@odata.type": name, "groupId": "g"}}))
        };
        for (name, target) in [
            ("allLicensedUsersAssignmentTarget", Target::AllUsers),
            ("allDevicesAssignmentTarget", Target::AllDevices),
            ("groupAssignmentTarget", Target::Group("g")),
            ("cloudPcManagementGroupAssignmentTarget", Target::Group("g")),
            ("exclusionGroupAssignmentTarget", Target::ExcludedGroup("g")),
            ("ExclusionGroupAssignmentTarget", Target::ExcludedGroup("g")),
            ("scopeTagGroup", Target::Other("scopeTagGroup")),
        ] {
            for assignment in spelled(name) {
                assert_eq!(Target::of(&assignment), target, "{assignment}");
            }
        }
        for nothing in [json!({}), json!(1), json!({"target": "x"}), json!({"target": {"@odata.type": 7}})] {
            assert_eq!(Target::of(&nothing), Target::Other(""), "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn names_are_read_without_harm(name in "\\PC{0,40}") {
            let _ = bare_type(&name);
            prop_assert!(same_type(&name, &name));
            prop_assert!(with_mark(&name).is_none_or(|marked| same_type(&marked, &name)));
        }
    }
}
