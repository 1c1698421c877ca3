//! Finds the tenant-bound ids of a policy by its type's rules. Not for deciding what becomes of them:
//! that is the mapping's.

use std::collections::BTreeSet;

use super::id_form::ids_in;
use super::load::Catalogue;
use super::model::PolicyType;
use super::predicate::Predicate;
use super::rule::{Form, ReferenceRule};
use crate::policy::payloads::Opened;
use crate::policy::unread::parts;
use crate::policy::{ObjectKey, Policy, Trail, ids};
use serde_json::{Map, Value};

/// One place that holds a tenant-bound id.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// RFC 6901 pointer of the place.
    pub pointer: String,
    /// What it refers to: a policy type's name or a directory kind.
    pub kind: String,
    /// The bare id, without path or prefix.
    pub id: String,
    /// The rule that found it.
    pub rule: ReferenceRule,
}

impl Found {
    /// The object that is referred to.
    pub fn target(&self) -> ObjectKey {
        ObjectKey::new(&self.kind, &self.id)
    }

    /// Whether the place is inside the assignments.
    pub fn in_assignments(&self) -> bool {
        self.pointer.starts_with("/assignments/")
    }
}

/// All tenant-bound ids of a policy, in document order of the rules; literals and Microsoft's own ids are left
/// out. Of accounts only security identifiers count: names are for [`accounts`].
pub fn references(policy: &Policy, catalogue: &Catalogue) -> Vec<Found> {
    let constant = |id: &str| catalogue.shared.constant_ids.iter().any(|own| own.eq_ignore_ascii_case(id));
    let rules = catalogue.reference_rules(&policy.type_name);
    let mut list: Vec<(usize, Found)> = Vec::new();
    for together in catalogue.rules_by_place(&policy.type_name) {
        let Some(place) = together.first().map(|first| &rules[*first].at) else { continue };
        place.visit_in(&policy.body, &mut |trail, value| {
            let Some(text) = value.as_str() else { return };
            for (index, rule) in together.iter().map(|index| (*index, &rules[*index])) {
                let literal = |id: &str| rule.literals.iter().any(|literal| literal.eq_ignore_ascii_case(id));
                let mut ids = if passes(rule, policy, trail) { ids_in(text, rule.form) } else { Vec::new() };
                ids.retain(|id| !id.is_empty() && !literal(id) && !constant(id));
                if ids.is_empty() || !is_near(rule.near_when.as_ref(), &policy.body, trail) {
                    continue;
                }
                // Of several rules for a place, the first counts.
                let pointer = trail.pointer();
                if list.iter().any(|(other, found)| *other <= index && found.pointer == pointer) {
                    return;
                }
                list.retain(|(_, found)| found.pointer != pointer);
                list.extend(ids.into_iter().map(|id| {
                    (index, Found { pointer: pointer.clone(), kind: rule.kind.clone(), id, rule: rule.clone() })
                }));
                return;
            }
        });
    }
    list.sort_by_key(|(index, _)| *index);
    list.into_iter().map(|(_, found)| found).collect()
}

/// A part of a policy that was not read, and what it may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread<'a> {
    /// The part.
    pub part: &'a str,
    /// What reading it needs.
    pub needs: &'a str,
    /// The kinds that it may refer to.
    pub kinds: BTreeSet<&'a str>,
}

/// The parts of a policy that were not read: no one knows what of their kinds they refer to.
pub fn unread<'a>(policy: &'a Policy, catalogue: &'a Catalogue) -> impl Iterator<Item = Unread<'a>> {
    let rules = catalogue.reference_rules(&policy.type_name);
    parts(&policy.body).map(move |(part, needs)| {
        let own = rules.iter().filter(|rule| rule.at.root().is_none_or(|root| root == part));
        Unread { part, needs, kinds: own.map(|rule| rule.kind.as_str()).collect() }
    })
}

/// Places that hold the name of an account. `known` says which object of a kind a text there names; only those are
/// given, with its id.
pub fn accounts(policy: &Policy, catalogue: &Catalogue, known: &dyn Fn(&str, &str) -> Option<String>) -> Vec<Found> {
    let rules = catalogue.get(&policy.type_name).into_iter().flat_map(|policy_type| &policy_type.references);
    let mut list = Vec::new();
    for rule in rules.filter(|rule| rule.form == Form::Account) {
        rule.at.visit_in(&policy.body, &mut |trail, value| {
            if let Some(text) = value.as_str()
                && let Some(id) = known(&rule.kind, text)
                && passes(rule, policy, trail)
                && is_near(rule.near_when.as_ref(), &policy.body, trail)
            {
                list.push(Found { kind: rule.kind.clone(), id, rule: rule.clone(), pointer: trail.pointer() });
            }
        });
    }
    list
}

/// Whether what holds a place passes the rule's test. A top-level place is the document's, which is not a value.
fn passes(rule: &ReferenceRule, policy: &Policy, trail: &Trail<'_>) -> bool {
    rule.when.as_ref().is_none_or(|when| match trail.holder() {
        None => when.holds_in(&policy.body),
        Some(holder) => when.holds(holder),
    })
}

/// Whether the nearest object around a place that can pass the rule's test does.
fn is_near(near: Option<&Predicate>, body: &Map<String, Value>, trail: &Trail<'_>) -> bool {
    let Some(near) = near else { return true };
    let nearest = trail.around().find_map(|object| near.holds_near(object));
    nearest.or_else(|| near.holds_near_in(body)).unwrap_or_default()
}

/// What narrows a policy, or strengthens what it demands: where its rule says that it is, and the text that is there.
/// Also what is the same in every tenant.
pub fn narrowing(policy: &Policy, catalogue: &Catalogue) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for rule in catalogue.reference_rules(&policy.type_name).iter().filter(|rule| rule.narrows) {
        rule.at.visit_in(&policy.body, &mut |trail, value| {
            if let Some(text) = value.as_str().filter(|text| !text.is_empty())
                && passes(rule, policy, trail)
                && is_near(rule.near_when.as_ref(), &policy.body, trail)
            {
                all.insert((rule.at.as_str().to_owned(), text.to_owned()));
            }
        });
    }
    all
}

/// Places of a policy that are known to hold a tenant's id, with the ids that stand there.
pub fn tenant_ids(policy_type: &PolicyType, body: &Map<String, Value>) -> Vec<(String, String)> {
    let mut list = Vec::new();
    for rule in &policy_type.tenant_ids {
        rule.at.visit_in(body, &mut |trail, value| {
            let Some(text) = value.as_str() else { return };
            let found = ids::ids(text);
            if !found.is_empty() && is_near(rule.near_when.as_ref(), body, trail) {
                let pointer = trail.pointer();
                list.extend(found.into_iter().map(|found| (pointer.clone(), found.id)));
            }
        });
    }
    list
}

/// The places of scripts for a shell of Linux or macOS whose lines end with CR LF.
pub fn scripts_with_carriage_returns(policy_type: &PolicyType, body: &Map<String, Value>) -> Vec<String> {
    let mut list = Vec::new();
    for rule in &policy_type.shell_scripts {
        rule.at.visit_in(body, &mut |trail, value| {
            let Some(text) = value.as_str() else { return };
            let has_returns = Opened::whole(text).map_or_else(|| text.contains("\r\n"), |it| it.text.contains("\r\n"));
            if has_returns && is_near(rule.near_when.as_ref(), body, trail) {
                list.push(trail.pointer());
            }
        });
    }
    list
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::catalogue::OnDrop;
    use serde_json::{Value, json};

    fn found(type_name: &str, body: Value) -> Vec<(String, String, bool)> {
        let catalogue = Catalogue::built_in().unwrap();
        let Value::Object(body) = body else { return Vec::new() };
        references(&Policy::new(type_name, body), &catalogue)
            .into_iter()
            .map(|found| (found.kind, found.id, found.rule.narrows))
            .collect()
    }

    #[test]
    fn an_access_policy_tells_whom_it_names() {
        let body = json!({
            "conditions": {
                "users": {"includeUsers": ["All"], "excludeGroups": ["g1"], "includeRoles": ["r1"]},
                "applications": {"includeApplications": ["Office365", "0000000A-0000-0000-c000-000000000000", "a1"]},
                "locations": {"includeLocations": ["l1", "AllTrusted"]},
            },
            "grantControls": {
                "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}, "termsOfUse": ["t1"]
            },
        });
        let expected = [
            ("group", "g1", true),
            ("application", "a1", false),
            ("named-locations", "l1", true),
            ("terms-of-use", "t1", true),
        ];
        let expected: Vec<_> = expected.map(|(kind, id, narrows)| (kind.to_owned(), id.to_owned(), narrows)).into();
        assert_eq!(found("conditional-access", body), expected);
    }

    #[test]
    fn only_reference_values_of_settings_are_references() {
        let value = |kind: &str, id: &str| json!({"@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}SettingValue"), "value": id});
        let body = json!({"settings": [{"settingInstance": {"groupSettingCollectionValue": [{"children": [
            {"simpleSettingCollectionValue": [value("Reference", "s1"), value("String", "plain")]},
        ]}]}}]});
        assert_eq!(found("settings-catalog", body), [(String::from("reusable-settings"), String::from("s1"), true)]);
    }

    #[test]
    fn a_link_counts_only_as_a_bind() {
        let bind = "deviceManagement/deviceConfigurations('c1')";
        let body =
            json!({"rootCertificate@odata.bind": bind, "rootCertificatesForServerValidation@odata.bind": [bind]});
        let expected = [("c1", false), ("c1", true)]
            .map(|(id, narrows)| (String::from("device-configurations"), id.to_owned(), narrows));
        assert_eq!(found("device-configurations", body), expected);
    }

    #[test]
    fn the_root_of_a_certificate_profile_cannot_be_dropped() {
        let catalogue = Catalogue::built_in().unwrap();
        let body = json!({"rootCertificate@odata.bind": "deviceManagement/deviceConfigurations('c1')",
            "identityCertificate@odata.bind": "deviceManagement/deviceConfigurations('c2')"});
        let policy = Policy::new("device-configurations", body.as_object().unwrap().clone());
        let mut found = references(&policy, &catalogue);
        found.sort_by(|left, right| left.id.cmp(&right.id));
        let rules: Vec<OnDrop> = found.iter().map(|found| found.rule.on_drop).collect();
        assert_eq!(rules, [OnDrop::Refuse, OnDrop::RemoveProperty]);
    }

    #[test]
    fn of_several_rules_for_a_place_the_first_counts() {
        let assigned =
            |kind: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g"}});
        let assignments = [assigned("groupAssignmentTarget"), assigned("exclusionGroupAssignmentTarget")];
        let group = |narrows| (String::from("group"), String::from("g"), narrows);
        assert_eq!(found("platform-scripts", json!({"assignments": assignments})), [group(true), group(false)]);
    }
}
