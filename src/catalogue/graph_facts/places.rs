//! Properties and `@odata.type`s that the catalogue names.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::Value;

use super::facts::Facts;
use crate::catalogue::model::{Part, PartWrite, PolicyType};
use crate::catalogue::{Catalogue, Entities, Predicate, Variant};
use crate::policy::JsonPath;

/// Places that answers have and the metadata does not know (quirks.md, table: seen in published exports).
const BEYOND_THE_METADATA: &[(&str, &str)] = &[
    ("conditional-access", "conditions/clients"),
    ("conditional-access", "sessionControls/networkAccessSecurity"),
    ("conditional-access", "sessionControls/networkAccessSecurity/policyId"),
    // Known by their names alone: seen as lists of scope tags.
    ("cloud-pc-images", "scopeIds/*"),
    ("cloud-pc-network-connections", "scopeIds/*"),
    // What only a call gives (the `call` of a part).
    ("settings-catalog", "enrollmentTimeDeviceMembershipTargets"),
    ("settings-catalog", "enrollmentTimeDeviceMembershipTargets/*/targetId"),
];

struct Check<'a> {
    facts: &'a Facts,
    policy_type: &'a PolicyType,
    wrong: &'a mut Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, what: &str) {
        self.wrong.push(format!("{}: {what}", self.policy_type.name));
    }

    fn place(&mut self, path: &str) {
        let excused = BEYOND_THE_METADATA.contains(&(self.policy_type.name.as_str(), path));
        let known = !self.facts.reach(&self.policy_type.entity, path).is_empty();
        if known == excused {
            let word = if known { "is in the metadata after all" } else { "leads nowhere" };
            self.say(&format!("`{path}` {word}"));
        }
    }

    fn places<'p>(&mut self, paths: impl IntoIterator<Item = &'p JsonPath>) {
        for path in paths {
            self.place(path.as_str());
        }
    }

    /// An equality test on the object at `holder`: its property exists, its values can occur.
    fn test(&mut self, holder: &str, when: &Predicate) {
        let path = format!("{holder}/{}", when.property);
        if self.facts.reach(&self.policy_type.entity, &path).is_empty() {
            self.say(&format!("the test on `{path}` leads nowhere"));
        }
        let kinds = self.facts.reach(&self.policy_type.entity, &path);
        for value in when.equals.iter().filter_map(Value::as_str).filter(|value| *value != "null") {
            if when.property.as_str().ends_with("@odata.type") {
                let name = value.trim_start_matches("#microsoft.graph.");
                let near = |facts: &Facts| !holder.is_empty() || facts.line(name).contains(&self.policy_type.entity);
                if !self.facts.knows(name) || !near(self.facts) {
                    self.say(&format!("`{value}` is not a type that can stand at `{holder}`"));
                }
                continue;
            }
            for kind in kinds.iter().filter_map(|kind| kind.strip_prefix("enum:")) {
                let members = self.facts.members(kind);
                let elsewhere = kinds.iter().filter_map(|kind| kind.strip_prefix("enum:"));
                if !members.contains(value) && !elsewhere.clone().any(|kind| self.facts.members(kind).contains(value)) {
                    self.say(&format!("`{value}` is not a member of {kind}"));
                }
            }
        }
    }

    fn part(&mut self, part: &Part) {
        part.when.iter().for_each(|when| self.test("", when));
        self.place(&part.name);
        // What only a call gives is not a property.
        for key in part.set.keys().filter(|_| part.call.is_none()) {
            self.place(&format!("{}/*/{key}", part.name));
        }
        part.own_when.iter().for_each(|only| self.test(&format!("{}/*", part.name), only));
        for child in &part.children {
            self.place(&format!("{}/*/{}", part.name, child.name));
        }
        for write in [part.create(), part.update()] {
            match write {
                PartWrite::Action { also, .. } => {
                    for property in also {
                        self.place(property);
                    }
                }
                PartWrite::PostEach { key, first_when, create_only } => {
                    for property in create_only.iter().chain([key]) {
                        self.place(&format!("{}/*/{property}", part.name));
                    }
                    if let Some(first) = first_when {
                        self.test(&format!("{}/*", part.name), first);
                    }
                }
                _ => {}
            }
        }
    }

    fn variant(&mut self, variant: &Variant) {
        self.test("", &variant.when);
        let update = variant.update.iter().flat_map(|update| &update.strip);
        self.places(variant.strip.iter().chain(&variant.create_only).chain(update));
    }

    fn everything(&mut self) {
        let it = self.policy_type;
        self.place(&it.name_property);
        self.places(it.discriminators.iter().chain(&it.volatile).chain(&it.read_only).chain(&it.create_only));
        self.places(it.write_only.iter().chain(&it.decisive));
        self.places(it.rank.iter().flat_map(|rank| &rank.among));
        self.places(it.create.strip.iter().chain(&it.update.strip));
        for property in it
            .create
            .only
            .iter()
            .chain(it.create.rename.keys())
            .chain(it.create.set.keys())
            .chain(it.rank.iter().map(|rank| &rank.property))
            .chain(&it.identity)
            .chain(&it.create.required)
        {
            self.place(property);
        }
        self.places(&it.unordered);
        for rule in &it.sort {
            self.place(rule.at.as_str());
            for by in &rule.by {
                self.place(&format!("{}/*/{by}", rule.at));
            }
        }
        for rule in &it.send_only {
            for kept in &rule.keep {
                self.place(&format!("{}/{kept}", rule.at));
            }
        }
        if let Some(gate) = &it.enabled_by {
            let value = |text: &str| Value::String(text.to_owned());
            let equals = vec![value(&gate.off), value(&gate.report)];
            self.test("", &Predicate::equals(&gate.property, equals));
        }
        for rule in &it.references {
            self.place(rule.at.as_str());
            rule.when.iter().for_each(|when| self.test(parent(rule.at.as_str()), when));
        }
        for rule in &it.sidecars {
            self.place(rule.at.as_str());
            rule.when.iter().for_each(|when| self.test(parent(rule.at.as_str()), when));
            rule.key.iter().for_each(|key| self.place(&beside(rule.at.as_str(), key)));
        }
        for rule in &it.secrets {
            self.place(rule.at.as_str());
            let tests = rule.when.iter().chain(rule.set_when()).chain(&rule.masked_when);
            tests.for_each(|when| self.test(parent(rule.at.as_str()), when));
            let reveal = rule.reveal.as_ref().map(|reveal| &reveal.parameter);
            for property in rule.with.iter().chain(rule.send_with.keys()).chain(&rule.set_with).chain(reveal) {
                self.place(&beside(rule.at.as_str(), property));
            }
        }
        it.groups.iter().for_each(|group| self.test("", &group.when));
        for need in &it.needs {
            self.places(need.each.iter());
            let holder = need.each.as_ref().map_or("", |each| parent(each.as_str()));
            need.when.iter().for_each(|when| self.test(holder, when));
        }
        for rule in &it.defaults {
            rule.when.iter().for_each(|when| self.test("", when));
            rule.key.iter().for_each(|key| self.place(key));
            self.places(&rule.read_only);
        }
        for property in it.ready.iter().map(|ready| &ready.property).chain(&it.update.alone) {
            self.place(property);
        }
        it.update.implied_when.iter().for_each(|implied| self.test("", implied));
        self.places(it.portability.content.iter());
        it.variants.iter().for_each(|variant| self.variant(variant));
        it.parts.iter().for_each(|part| self.part(part));
        for part in &it.cast_parts {
            self.part(part);
            if Entities::built_in().leading(&it.entity, &part.name).is_empty() {
                self.say(&format!("`{}` leads nowhere from any of its types", part.name));
            }
        }
        if let Some(assignments) = &it.assignments {
            for property in assignments.keep.iter().chain(assignments.set.keys()) {
                self.place(&format!("assignments/*/{property}"));
            }
        }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn beside(path: &str, property: &str) -> String {
    format!("{}/{property}", parent(path))
}

#[test]
fn every_place_exists() {
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    let mut wrong = Vec::new();
    for policy_type in catalogue.iter() {
        Check { facts: &facts, policy_type, wrong: &mut wrong }.everything();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_all_types_share_exists_in_some() {
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    let shared = &catalogue.shared;
    let places = shared
        .volatile
        .iter()
        .chain(&shared.read_only)
        .chain(&shared.unordered)
        .chain(shared.sort.iter().map(|rule| &rule.at))
        .chain(shared.references.iter().map(|rule| &rule.at));
    for place in places {
        let somewhere = catalogue.iter().any(|it| !facts.reach(&it.entity, place.as_str()).is_empty());
        assert!(somewhere, "no type has `{place}`");
    }
}

#[test]
fn a_link_leads_to_its_kind_from_every_type_that_has_it() {
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    for policy_type in catalogue.iter() {
        for link in &policy_type.links {
            let have: Vec<String> = facts
                .family(&policy_type.entity)
                .into_iter()
                .filter(|name| !facts.is_abstract(name) && facts.own(name, &link.property).is_some())
                .map(|name| format!("#microsoft.graph.{name}"))
                .collect();
            assert!(!have.is_empty(), "nothing has {} {}", policy_type.name, link.property);
            let declared = facts.own(&policy_type.entity, &link.property).is_some();
            assert!(declared || !link.uncast, "{} {}", policy_type.name, link.property);
            for name in &have {
                let property = facts.own(name.trim_start_matches("#microsoft.graph."), &link.property).unwrap();
                let target = property["type"].as_str().unwrap();
                let element = target.strip_prefix("collection:");
                assert!(
                    property["nav"] == true && element.is_some() == link.many,
                    "{name} {}: {target}",
                    link.property
                );
                let kind = catalogue.get(&link.kind).map_or(link.kind.as_str(), |kind| &kind.entity);
                let line = facts.line(element.unwrap_or(target));
                assert!(line.iter().any(|name| name == kind), "{target} is not a {kind}");
            }
        }
    }
}

/// A certificate or other profile reference that no rule names would be lost without a word.
#[test]
fn no_link_between_profiles_is_forgotten() {
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    let entities: Vec<&str> = catalogue.iter().map(|it| it.entity.as_str()).collect();
    // What a single object leads to are the collections below it.
    for policy_type in catalogue.iter().filter(|policy_type| !policy_type.single) {
        for name in facts.family(&policy_type.entity) {
            for (property, target) in facts.navigations(&name) {
                let target = target.trim_start_matches("collection:").to_owned();
                let leads_to_a_policy = facts.line(&target).iter().any(|base| entities.contains(&base.as_str()));
                let named = policy_type.links.iter().any(|link| link.property == property)
                    || policy_type.volatile.contains(&JsonPath::new(&property));
                assert!(!leads_to_a_policy || named, "{name}/{property} leads to {target} and no rule says so");
            }
        }
    }
}
