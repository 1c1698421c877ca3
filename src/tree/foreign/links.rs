//! Links to certificate and other profiles: IntuneManagement writes the names of what is linked, the
//! tree writes bind references. Resolved within the folder; what is not found is said, never dropped.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::identity::Candidate;
use crate::catalogue::Catalogue;
use crate::catalogue::model::Link;
use crate::finding::{Finding, codes};

const MEMBER: &str = "#CustomRef_";
/// Between the names and the `@odata.type` of what they name.
const TYPE_SEPARATOR: &str = "|:|";

/// The member that holds the names of what a navigation property leads to.
pub(super) fn member(property: &str) -> String {
    format!("{MEMBER}{property}")
}

/// The names of linked policies in one text, with the type of the first.
pub(super) fn names(targets: &[(String, Option<&str>)]) -> String {
    let names: Vec<&str> = targets.iter().map(|(name, _)| name.as_str()).collect();
    match targets.first().and_then(|(_, odata_type)| *odata_type) {
        Some(odata_type) => format!("{}{TYPE_SEPARATOR}{odata_type}", names.join(",")),
        None => names.join(","),
    }
}

/// Takes the names of linked policies out of an object, by navigation property.
pub(super) fn take_names(object: &mut Map<String, Value>) -> BTreeMap<String, String> {
    let keys: Vec<String> = object.keys().filter(|key| key.starts_with(MEMBER)).cloned().collect();
    let mut names = BTreeMap::new();
    for key in keys {
        if let Some(Value::String(text)) = object.remove(&key) {
            names.insert(key[MEMBER.len()..].to_owned(), text);
        }
    }
    names
}

/// A policy that can be linked to.
struct Target {
    kind: String,
    name: String,
    odata_type: Option<String>,
    bind: String,
}

/// Writes the links of all candidates as bind references.
pub(super) fn resolve(candidates: &mut [Candidate<'_>], catalogue: &Catalogue) -> Vec<Finding> {
    let targets: Vec<Target> = candidates
        .iter()
        .filter_map(|candidate| {
            let policy = &candidate.policy;
            Some(Target {
                kind: policy.type_name.clone(),
                name: candidate.policy_type.name_of(policy),
                odata_type: policy.odata_type().map(str::to_owned),
                bind: format!("{}('{}')", catalogue.get(&policy.type_name)?.path, policy.id()?),
            })
        })
        .collect();
    let mut findings = Vec::new();
    for candidate in candidates {
        let subject = candidate.policy.subject();
        let own_type = candidate.policy.odata_type().map(str::to_owned);
        let links: Vec<&Link> = candidate.policy_type.links_of(own_type.as_deref()).collect();
        for (property, text) in &candidate.links {
            let place = format!("{property}, in {}", candidate.file);
            let Some(link) = links.iter().find(|link| link.property == *property) else {
                let message = format!("the export links `{text}` with `{property}`, which this type does not have");
                findings.push(Finding::new(&codes::LINK_UNRESOLVED, subject.clone(), message).at(place));
                continue;
            };
            let (binds, missing) = look_up(text, link, &targets);
            if !missing.is_empty() {
                let message = format!("no policy, or more than one, is named {}", missing.join(", "));
                findings.push(Finding::new(&codes::LINK_UNRESOLVED, subject.clone(), message).at(place));
            }
            let mut binds: Vec<Value> = binds.into_iter().map(Value::String).collect();
            let reference = match (link.many, binds.pop()) {
                (_, None) => continue,
                (true, Some(last)) => {
                    binds.push(last);
                    Value::Array(binds)
                }
                (false, Some(bind)) => bind,
            };
            candidate.policy.body.insert(format!("{property}@odata.bind"), reference);
        }
        let silent = |link: &&&Link| {
            !candidate.links.contains_key(&link.property) && !candidate.policy.body.contains_key(&link.bind())
        };
        let unknown: Vec<_> = links.iter().filter(silent).map(|link| link.property.as_str()).collect();
        if candidate.links.is_empty() && !unknown.is_empty() && unknown.len() == links.len() {
            let message = format!("the files contain nothing about {}", unknown.join(", "));
            findings.push(Finding::new(&codes::LINK_NOT_EXPORTED, subject, message).at(candidate.place()));
        }
    }
    findings
}

/// The bind references of the named policies, sorted, and the names that not exactly one has.
fn look_up(text: &str, link: &Link, targets: &[Target]) -> (Vec<String>, Vec<String>) {
    let (names, odata_type) = match text.split_once(TYPE_SEPARATOR) {
        Some((names, rest)) => (names, rest.split(TYPE_SEPARATOR).next().filter(|odata_type| !odata_type.is_empty())),
        None => (text, None),
    };
    let one = |name: &str| {
        let named: Vec<_> = targets.iter().filter(|target| target.kind == link.kind && target.name == name).collect();
        // Of several names in one text, the type is that of the first only.
        let typed: Vec<_> = named.iter().copied().filter(|t| t.odata_type.as_deref() == odata_type).collect();
        match (&named[..], &typed[..]) {
            ([only], _) | (_, [only]) => Some(only.bind.clone()),
            _ => None,
        }
    };
    // A name may itself hold a comma.
    if let Some(bind) = one(names) {
        return (vec![bind], Vec::new());
    }
    let mut binds = Vec::new();
    let mut missing = Vec::new();
    for name in names.split(',') {
        match one(name).or_else(|| one(name.trim())) {
            Some(bind) => binds.push(bind),
            None => missing.push(format!("`{name}`")),
        }
    }
    if !link.many && binds.len() > 1 {
        return (Vec::new(), vec![format!("`{names}`")]);
    }
    binds.sort_unstable();
    (binds, missing)
}
