//! Policies of a tree that are converted to another type, by the rules of group policy. Only what converts whole takes the
//! place of the old policy; any other stays, with a finding that says why. What a type needs to be read is a step that its
//! file names.

use std::collections::HashSet;
use std::path::Path;

use intune_ferry_convert::convert::Conversion;
use intune_ferry_convert::definition_values;
use intune_ferry_convert::gpo::Gpo;
use intune_ferry_convert::rules::Rules;
use serde_json::{Value, json};

use super::error::ForeignError;
use super::{group_policy, group_policy_findings, identity, origins};
use crate::catalogue::model::ConvertStep;
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes, count};
use crate::policy::{Kept, Policy, canonical};
use crate::tree::Tree;
use crate::tree::origin::{Origin, Origins};

/// A tree with policies of one type converted.
#[derive(Debug)]
pub struct ConvertedTree {
    /// All its policies now.
    pub policies: Vec<Kept>,
    /// What they were made of, in this tree and before.
    pub origins: Origins,
    /// Every policy of the type that was looked at, converted or not.
    pub looked_at: Origins,
    /// How many were converted.
    pub converted: usize,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// Converts the policies of a type, with the administrative templates of a folder. The step says how they are read.
pub fn convert(
    tree: &Tree,
    (from, step): (&PolicyType, ConvertStep),
    catalogue: &Catalogue,
    admx: Option<&Path>,
) -> Result<ConvertedTree, ForeignError> {
    let rules = group_policy::rules()?;
    let target = catalogue.get(&rules.target.policy_type);
    let target = target.ok_or_else(|| ForeignError::Rules { problem: String::from("the target type is unknown") })?;
    let is_of_type = |policy: &&Kept| policy.type_name == from.name;
    let old: Vec<&Kept> = tree.policies.iter().filter(is_of_type).collect();
    let read: Vec<Gpo> = old
        .iter()
        .map(|own| match step {
            ConvertStep::DefinitionValues => definition_values::read(&own.name(), &own.body.open()),
        })
        .collect();
    let mut findings = Vec::new();
    let folders: Vec<&Path> = admx.into_iter().collect();
    let conversions = group_policy::conversions(&read.iter().collect::<Vec<_>>(), &folders, &rules, &mut findings)?;
    let mut policies: Vec<Kept> = tree.policies.iter().filter(|own| !is_of_type(own)).cloned().collect();
    let mut there: HashSet<String> = policies.iter().map(Kept::reference).collect();
    let (mut made, mut looked_at) = (tree.origins.sources.clone(), Vec::new());
    let mut converted = 0;
    for ((own, gpo), conversion) in old.into_iter().zip(&read).zip(&conversions) {
        let file = own.file.clone().unwrap_or_else(|| own.subject());
        let mut origin = origins::of_policy(&file, own.id().unwrap_or_default(), gpo, conversion);
        let settings = definition_values::whole(gpo, conversion);
        let new = settings.map(|settings| body(own, settings, target, &rules, catalogue));
        let reason = match &new {
            Some(new) if !there.insert(new.reference()) => {
                Some(String::from("the tree already has the policy that it becomes"))
            }
            Some(_) => None,
            None => Some(what_is_missing(gpo, conversion)),
        };
        match (new, reason) {
            (Some(new), None) => {
                converted += 1;
                origin.policies = vec![new.reference()];
                made.push(origin.clone());
                policies.push(new);
            }
            (_, reason) => {
                policies.push(own.clone());
                let message = format!("\"{}\": {}", own.name(), reason.unwrap_or_default());
                findings.push(Finding::new(&codes::POLICY_NOT_CONVERTED, &file, message));
            }
        }
        findings.extend(gpo.problems.iter().map(|(place, problem)| {
            Finding::new(&codes::SETTING_NOT_RECOGNIZED, &file, problem.clone()).at(place.clone())
        }));
        findings.extend(conversion.judged.iter().filter_map(|own| group_policy_findings::of_setting(&file, own)));
        looked_at.push(origin);
    }
    Ok(ConvertedTree { policies, origins: Origins::of(made), looked_at: Origins::of(looked_at), converted, findings })
}

/// Why a policy does not convert whole.
fn what_is_missing(gpo: &Gpo, conversion: &Conversion) -> String {
    let all = gpo.settings.len() + gpo.problems.len();
    if all == 0 {
        return String::from("it has no settings");
    }
    let converted = origins::settings(conversion).iter().filter(|own| own.is_converted()).count();
    format!("{} of {} not convert", all - converted, count(all, "setting does", "settings do"))
}

/// The policy that another one becomes: who it is for, its scope tags and its description stay.
fn body(own: &Kept, settings: Vec<Value>, target: &PolicyType, rules: &Rules, catalogue: &Catalogue) -> Kept {
    let mut body = rules.target.properties.clone();
    let old = own.body.open();
    for key in ["description", "roleScopeTagIds", "assignments"] {
        body.extend(old.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    let id = identity::id_of(&target.name, &json!([own.type_name, own.key()]));
    body.insert(String::from("id"), Value::String(id));
    body.insert(target.name_property.clone(), Value::String(own.name()));
    body.insert(String::from("settings"), Value::Array(settings));
    if let Some(assignments) = &target.assignments {
        assignments.reduce(&mut body);
    }
    Policy::new(&target.name, canonical::canonicalise(body, &target.rules(&catalogue.shared))).keep()
}

impl ConvertedTree {
    /// The policies that were looked at and stay as they were.
    pub fn stayed(&self) -> usize {
        self.looked_at.sources.iter().filter(|own: &&Origin| own.policies.is_empty()).count()
    }
}
