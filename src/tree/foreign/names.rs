//! Names where Graph has ids, as IntuneCD and CIPP write them: `groupName` in an assignment, a filter or
//! scope tag by its name, an app by name and type. Each becomes the id of the object that has the name,
//! in the folder or in the directory. A name that nothing tells more of becomes a fact of the directory,
//! so that the mapping finds its match in the target.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::identity::{self, Candidate};
use super::object::into_object;
use super::people;
use crate::catalogue::{Catalogue, Form, ReferenceRule, references};
use crate::finding::{Finding, codes};
use crate::policy::assignment::Target;
use crate::policy::directory::Facts;
use crate::policy::path::{self, JsonPath};
use crate::policy::{Directory, Policy, canonical};

/// What IntuneCD writes of a group beside its name.
const GROUP_TYPE: &str = "groupType";
const MEMBERSHIP_RULE: &str = "membershipRule";
const DYNAMIC: &str = "DynamicMembership";
/// What IntuneCD writes of an app.
const APP_NAME: &str = "appName";

/// What can have a name: policies of the folder by kind, name and id.
struct Named(Vec<(String, String, String)>);

/// Replaces names by ids in all candidates; what is lost or unclear is said.
pub(super) fn resolve(
    candidates: &mut [Candidate<'_>],
    directory: &mut Directory,
    catalogue: &Catalogue,
) -> Vec<Finding> {
    let named = Named(
        candidates
            .iter()
            .filter_map(|candidate| {
                let policy = &candidate.policy;
                let name = candidate.policy_type.name_of(policy);
                Some((policy.type_name.clone(), name, policy.id()?.to_owned()))
            })
            .collect(),
    );
    let mut findings = Vec::new();
    for candidate in candidates {
        let rules = catalogue.reference_rules(&candidate.policy_type.name);
        let mut work = Work {
            subject: candidate.policy.subject(),
            document: Value::Object(std::mem::take(&mut candidate.policy.body)),
            changed: false,
            named: &named,
            directory,
            catalogue,
            findings: &mut findings,
        };
        work.names_beside(rules);
        work.apps(rules);
        work.lost_groups();
        candidate.policy.body = into_object(work.document);
        let mut changed = work.changed;
        // Only where the tool leaves ids out does a word in an id's place stand for a name.
        if candidate.without_id {
            changed |= values(&mut candidate.policy, &named, directory, catalogue, &mut findings);
        }
        if changed {
            let rules = candidate.policy_type.rules(&catalogue.shared);
            candidate.policy.body = canonical::canonicalise(std::mem::take(&mut candidate.policy.body), &rules);
        }
    }
    findings
}

struct Work<'a> {
    subject: String,
    document: Value,
    changed: bool,
    named: &'a Named,
    directory: &'a mut Directory,
    catalogue: &'a Catalogue,
    findings: &'a mut Vec<Finding>,
}

impl Work<'_> {
    /// `groupName` for `groupId`: a name in the property that is called like the id's, beside it or at the top.
    fn names_beside(&mut self, rules: &[ReferenceRule]) {
        for rule in rules {
            let at = rule.at.as_str();
            let (holders, last) = at.rsplit_once('/').unwrap_or(("", at));
            let Some(stem) = last.strip_suffix("Id").filter(|_| rule.form == Form::Id) else { continue };
            let name_property = format!("{stem}Name");
            for pointer in JsonPath::new(holders).find(&self.document) {
                if !self.document.pointer(&pointer).is_some_and(Value::is_object) {
                    continue;
                }
                let beside = self.take(&pointer, &name_property);
                let Some(name) = beside.or_else(|| self.take("", &name_property)) else { continue };
                let facts = [GROUP_TYPE, MEMBERSHIP_RULE].map(|property| self.take(&pointer, property));
                let id = self.id_of(&rule.kind, &name, group_facts(&name, facts));
                self.set(&pointer, last, id);
            }
        }
    }

    /// An app's name and type where a list of ids should be.
    fn apps(&mut self, rules: &[ReferenceRule]) {
        for rule in rules.iter().filter(|rule| rule.form == Form::Id) {
            for pointer in rule.at.find(&self.document) {
                let Some(Value::Object(app)) = self.document.pointer(&pointer) else { continue };
                let Some(name) = app.get(APP_NAME).and_then(Value::as_str).map(str::to_owned) else { continue };
                let mut facts = Facts::from_iter([(String::from("displayName"), json!(name))]);
                if let Some(of_type) = app.get("type").filter(|of_type| of_type.is_string()) {
                    facts.insert(String::from("@odata.type"), of_type.clone());
                }
                let id = self.id_of(&rule.kind, &name, facts);
                if let Some(place) = self.document.pointer_mut(&pointer) {
                    *place = Value::String(id);
                    self.changed = true;
                }
                let message =
                    format!("the export names the app `{name}`; if there were several apps, it names only the last");
                self.findings.push(Finding::new(&codes::NAMED_IN_PART, &self.subject, message).at(pointer));
            }
        }
    }

    /// An assignment to a group of which neither id nor name is left: it must not turn into one to nobody.
    fn lost_groups(&mut self) {
        for pointer in JsonPath::new("assignments/*/target").find(&self.document) {
            let Some(target) = self.document.pointer(&pointer) else { continue };
            let of_group = match Target::of_target(target) {
                Target::Group(id) | Target::ExcludedGroup(id) => id.is_empty(),
                Target::AllUsers | Target::AllDevices | Target::Other(_) => false,
            };
            if !of_group {
                continue;
            }
            let id = identity::id_of(people::GROUP, &json!([self.subject, pointer]));
            self.directory.insert(people::GROUP, &id, Facts::from_iter([(String::from("state"), json!("missing"))]));
            self.set(&pointer, "groupId", id);
            let message = "the export contains neither the ID nor the name of the group";
            self.findings.push(Finding::new(&codes::GROUP_LOST, &self.subject, message).at(pointer));
        }
    }

    fn take(&mut self, pointer: &str, property: &str) -> Option<String> {
        let Some(Value::Object(holder)) = self.document.pointer_mut(pointer) else { return None };
        match holder.get(property) {
            Some(Value::String(_)) => {
                self.changed = true;
                holder.remove(property).and_then(|value| value.as_str().map(str::to_owned))
            }
            _ => None,
        }
    }

    fn set(&mut self, pointer: &str, property: &str, id: String) {
        if let Some(Value::Object(holder)) = self.document.pointer_mut(pointer) {
            holder.insert(property.to_owned(), Value::String(id));
            self.changed = true;
        }
    }

    fn id_of(&mut self, kind: &str, name: &str, facts: Facts) -> String {
        match self.named.find(kind, name, self.catalogue) {
            Ok(Some(id)) => id,
            unclear => {
                if unclear.is_err() {
                    self.findings.push(ambiguous(&self.subject, kind, name));
                }
                in_directory(self.directory, kind, name, facts)
            }
        }
    }
}

/// Facts of a group, as far as they are known.
fn group_facts(name: &str, [of_type, rule]: [Option<String>; 2]) -> Facts {
    let mut facts = Facts::from_iter([(String::from("displayName"), json!(name))]);
    if of_type.as_deref() == Some(DYNAMIC) {
        facts.insert(String::from("groupTypes"), json!([DYNAMIC]));
    }
    if let Some(rule) = rule {
        facts.insert(String::from(MEMBERSHIP_RULE), Value::String(rule));
    }
    facts
}

/// IntuneCD's report of who is assigned what, as the facts of a group.
pub(super) fn reported_group(object: &Map<String, Value>) -> Option<Facts> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = text("groupName").filter(|_| object.contains_key("assignedTo"))?;
    Some(group_facts(&name, [text(GROUP_TYPE), text(MEMBERSHIP_RULE)]))
}

/// The id of the one object of the directory that has this name and does not contradict the facts; else
/// a new one, with an id made of the facts.
pub(super) fn in_directory(directory: &mut Directory, kind: &str, name: &str, facts: Facts) -> String {
    let agrees = |own: &Facts| facts.iter().all(|(key, value)| own.get(key).is_none_or(|other| other == value));
    let same: Vec<String> = directory
        .iter()
        .filter(|(own_kind, _, own)| {
            *own_kind == kind && own.get("displayName").is_some_and(|own| own == name) && agrees(own)
        })
        .map(|(_, id, _)| id.to_owned())
        .collect();
    if let [only] = &same[..] {
        return only.clone();
    }
    let id = identity::id_of(kind, &Value::Object(facts.clone()));
    directory.insert(kind, &id, facts);
    id
}

impl Named {
    /// The id of the policy of this kind and name; an error where several have the name.
    fn find(&self, kind: &str, name: &str, catalogue: &Catalogue) -> Result<Option<String>, ()> {
        let constant = catalogue.get(kind).and_then(|policy_type| policy_type.adopt.ids.get(name));
        if let Some(id) = constant {
            return Ok(Some(id.clone()));
        }
        let ids: BTreeSet<&String> =
            self.0.iter().filter(|(own, called, _)| own == kind && called == name).map(|(_, _, id)| id).collect();
        match ids.len() {
            0 => Ok(None),
            1 => Ok(ids.first().map(|id| (*id).clone())),
            _ => Err(()),
        }
    }
}

fn ambiguous(subject: &str, kind: &str, name: &str) -> Finding {
    let message = format!("several objects of kind {kind} are named `{name}`");
    Finding::new(&codes::LINK_UNRESOLVED, subject, message)
}

/// Names that stand in the place of the id itself.
fn values(
    policy: &mut Policy,
    named: &Named,
    directory: &mut Directory,
    catalogue: &Catalogue,
    findings: &mut Vec<Finding>,
) -> bool {
    let found: Vec<_> = references(policy, catalogue).into_iter().filter(|found| is_name(&found.id)).collect();
    if found.is_empty() {
        return false;
    }
    let subject = policy.subject();
    let mut document = Value::Object(std::mem::take(&mut policy.body));
    let mut changed = false;
    for found in found.into_iter().filter(|found| found.rule.form == Form::Id) {
        let facts = Facts::from_iter([(String::from("displayName"), json!(found.id))]);
        let id = match named.find(&found.kind, &found.id, catalogue) {
            Ok(Some(id)) => id,
            unclear => {
                if unclear.is_err() {
                    findings.push(ambiguous(&subject, &found.kind, &found.id).at(found.pointer.clone()));
                }
                in_directory(directory, &found.kind, &found.id, facts)
            }
        };
        if let Some(place) = document.pointer_mut(&found.pointer) {
            *place = Value::String(id);
            changed = true;
        }
    }
    policy.body = into_object(document);
    changed
}

/// Neither a GUID with or without a prefix, nor a number, nor a template's gap to fill in.
fn is_name(text: &str) -> bool {
    let guid = text.rsplit('_').next().is_some_and(|last| uuid::Uuid::try_parse(last).is_ok());
    !guid && !text.starts_with(['<', '%']) && !text.chars().all(|c| c.is_ascii_digit()) && !path_like(text)
}

fn path_like(text: &str) -> bool {
    text.contains("('") || text.starts_with("http") || path::unescape(text).starts_with('/')
}
