//! Lint: what can be said of a tree without any tenant: damaged files, references that lead nowhere,
//! and for each policy what it needs to move.

use std::collections::{BTreeSet, HashMap, HashSet};

use secrecy::SecretString;
use serde_json::Value;

use crate::catalogue::blank::BlankRule;
use crate::catalogue::model::{PartWrite, TypeVerdict};
use crate::catalogue::{Catalogue, Entities, PolicyType, misfits, references, schema, scripts_with_carriage_returns};
pub use crate::engine::outcome::Need;
use crate::engine::outcome::Outcome;
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::shape::secrets;
use crate::engine::shape::secrets::SecretSource;
use crate::finding::{Finding, Severity, codes};
use crate::mapping::{DIRECTORY_OBJECT, TextIds, ids_in_texts_of};
use crate::policy::{Kept, ObjectKey, Policy};
use crate::tree::{Tree, credentials};

/// One policy, looked at.
#[derive(Debug, Clone)]
pub struct Linted<'a> {
    /// The policy.
    pub policy: &'a Kept,
    /// What it needs; empty is `portable`.
    pub verdict: BTreeSet<Need>,
    /// Where and why.
    pub findings: Vec<Finding>,
}

impl Linted<'_> {
    /// What it can do.
    pub fn outcome(&self) -> Outcome {
        self.verdict.iter().copied().collect()
    }
}

/// What Graph's types would not take of what creates the policy. What somebody wrote by hand is an error, and so is a value
/// of another kind than its property can hold; else what a tenant gave is Graph's own, whatever this program knows of it,
/// and is only told.
pub fn schema(policy: &Policy, policy_type: &PolicyType, catalogue: &Catalogue, tree: &Tree) -> Vec<Finding> {
    let context = BodyContext { catalogue, secrets: &AnySecret, absolute: &str::to_owned };
    let (entity, entities) = (actual_type(policy, policy_type), Entities::built_in());
    let mut problems = Vec::new();
    // A creation by an action has the action's parameters, not the type's properties.
    let created = request_body::create(policy, policy_type, context).ok().filter(|(path, _)| *path == policy_type.path);
    if let Some((_, body)) = created {
        problems.extend(schema::problems(&body, &policy_type.entity, entities));
    }
    for part in policy_type.parts_of(policy.odata_type()).filter(|part| !matches!(part.create(), PartWrite::Inline)) {
        if let Ok(value) = request_body::part(policy, policy_type, part, context) {
            problems.extend(schema::problems_of_part(&value, entity, &part.name, entities));
        }
    }
    let is_by_hand = tree.is_by_hand(policy);
    let tell = |problem: schema::Problem| {
        let severity = if is_by_hand || problem.certain { Severity::Error } else { Severity::Warning };
        let finding = Finding::new(&codes::SCHEMA, policy.subject(), problem.message).at(problem.at);
        Finding { severity, ..finding }
    };
    missing(policy, policy_type).into_iter().chain(problems.into_iter().map(tell)).collect()
}

/// The type that a policy says it is of, without its namespace.
fn actual_type<'a>(policy: &'a Policy, policy_type: &'a PolicyType) -> &'a str {
    Entities::built_in().type_of(&policy.body, &policy_type.entity)
}

/// What of the policy does not say what it is about: Graph has no place for it, so it stays behind.
pub fn lost(policy: &Policy, policy_type: &PolicyType) -> Vec<Finding> {
    let of_rule = |rule: &BlankRule| -> Vec<Finding> {
        let tell = |place: String| {
            let message = format!("{}; it is left behind", rule.means);
            let finding = Finding::new(&codes::LEFT_OUT, policy.subject(), message).at(place);
            Finding { severity: Severity::Warning, ..finding }
        };
        rule.lost(&policy.body).into_iter().map(tell).collect()
    };
    policy_type.blank.iter().flat_map(of_rule).collect()
}

/// Scripts for a shell of Linux or macOS with the line ends of Windows.
pub fn line_ends(policy: &Policy, policy_type: &PolicyType) -> Vec<Finding> {
    let places = scripts_with_carriage_returns(policy_type, &policy.body).into_iter();
    let message = "lines of the shell script end with CR LF";
    places.map(|place| Finding::new(&codes::CARRIAGE_RETURNS, policy.subject(), message).at(place)).collect()
}

/// What Graph refuses the policy without; such a policy cannot be created, whoever wrote it.
pub fn missing(policy: &Policy, policy_type: &PolicyType) -> Vec<Finding> {
    let empty = |name: &&String| {
        let value = policy.body.get(*name).unwrap_or(&Value::Null);
        value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)
    };
    let tell = |name: &String| {
        let message = format!("the policy has no `{name}`, which Graph requires to create it");
        let finding = Finding::new(&codes::SCHEMA, policy.subject(), message).at(format!("/{name}"));
        let mut finding = finding.fix(format!("Fill in `{name}` in the policy's file."));
        finding.severity = Severity::Error;
        finding
    };
    policy_type.create.required.iter().filter(empty).map(tell).collect()
}

/// Stands in for every secret, so that a body can be looked at without any.
pub(super) struct AnySecret;

impl SecretSource for AnySecret {
    fn secret(&self, _: &str) -> Option<SecretString> {
        // A text that is base64 as well.
        Some(SecretString::from("c2VjcmV0"))
    }
}

/// What a tree knows of the ids that stand in texts.
struct InTexts<'t> {
    /// Kind and id of what is in the directory, by the id in small letters.
    known: HashMap<String, (&'t str, &'t str)>,
    /// Ids that need no mapping: those of the tree's policies, and the tenant's.
    own: HashSet<String>,
    /// Ids that were looked up and do not belong to an object, where there is a record of them.
    not_found: Option<&'t BTreeSet<String>>,
    is_rewritten: bool,
}

impl<'t> InTexts<'t> {
    fn new(tree: &'t Tree) -> Self {
        let tenant = tree.manifest.tenant.as_ref().and_then(|tenant| tenant.id.as_deref());
        let policies = tree.policies.iter().filter_map(Kept::id);
        Self {
            known: tree.directory.iter().map(|(kind, id, _)| (id.to_ascii_lowercase(), (kind, id))).collect(),
            own: policies.chain(tenant).map(str::to_ascii_lowercase).collect(),
            not_found: tree.directory.not_found(),
            is_rewritten: tree.manifest.rewritten_for.is_some(),
        }
    }

    /// Kind and id of what only the texts of a policy name.
    fn of(&self, policy: &Policy, catalogue: &Catalogue, declared: &BTreeSet<String>) -> Vec<(&'t str, String)> {
        let TextIds { ids, sids } = ids_in_texts_of(catalogue, policy);
        let open = ids.into_iter().filter(|id| !self.own.contains(id) && !declared.contains(id));
        let is_open = |id: &String| sids.contains(id) || self.not_found.is_some_and(|known| !known.contains(id));
        let of = |id: String| match self.known.get(&id) {
            Some((kind, own)) => Some((*kind, (*own).to_owned())),
            // What the mapping put in is the target's.
            None => (!self.is_rewritten && is_open(&id)).then_some((DIRECTORY_OBJECT, id)),
        };
        open.filter_map(of).collect()
    }
}

/// Looks at every policy of a tree.
pub fn lint<'a>(tree: &'a Tree, catalogue: &Catalogue) -> Vec<Linted<'a>> {
    let own: BTreeSet<ObjectKey> = tree.policies.iter().map(ObjectKey::of).collect();
    let in_texts = InTexts::new(tree);
    tree.policies
        .iter()
        .map(|kept| {
            let policy = &kept.open();
            let mut declared = BTreeSet::new();
            let (mut verdict, mut findings) = (BTreeSet::new(), misfits(policy, catalogue));
            if !findings.is_empty() {
                verdict.insert(Need::NeedsCorrection);
            }
            for found in references(policy, catalogue) {
                let id = found.id.to_ascii_lowercase();
                declared.insert(id.clone());
                if own.contains(&found.target()) {
                    continue;
                }
                verdict.insert(Need::NeedsMapping);
                // What a text names is what it is, whatever is expected there.
                let of_any_kind = || (!found.rule.form.is_whole()).then(|| in_texts.known.get(&id)).flatten();
                let of_any_kind = || {
                    let (kind, id) = of_any_kind()?;
                    Some((*kind, tree.directory.get(kind, id)?))
                };
                let declared = || Some((found.kind.as_str(), tree.directory.get(&found.kind, &found.id)?));
                let known = declared().or_else(of_any_kind);
                let missing = known.is_none_or(|(_, facts)| facts.contains_key("state"));
                if missing && tree.manifest.rewritten_for.is_none() {
                    let kind = known.map_or(found.kind.as_str(), |(kind, _)| kind);
                    let message = format!("the policy refers to {kind} {}, which is unknown to the tree", found.id);
                    findings
                        .push(Finding::new(&codes::REFERENCE_UNREADABLE, policy.subject(), message).at(found.pointer));
                }
            }
            for (kind, id) in in_texts.of(policy, catalogue, &declared) {
                verdict.insert(Need::NeedsMapping);
                let is_read = tree.directory.get(kind, &id).is_some_and(|facts| !facts.contains_key("state"));
                if !is_read && tree.manifest.rewritten_for.is_none() {
                    let message = format!("a text in the policy names {kind} {id}, which is unknown to the tree");
                    findings.push(Finding::new(&codes::REFERENCE_UNREADABLE, policy.subject(), message));
                }
            }
            for (place, key) in secrets::secrets_of(policy) {
                verdict.insert(Need::NeedsSecret);
                let fix = "When importing, set the environment variable that is named to the secret's value, or provide the value in a secrets file, which `intune-ferry secrets template` begins.";
                let setting = secrets::setting_of(policy, &place);
                let message = format!("the policy contains a secret, named {key}: {setting}");
                let mut finding = Finding::new(&codes::NEEDS_SECRET, policy.subject(), message).at(place).fix(fix);
                finding.severity = Severity::Warning;
                findings.push(finding);
            }
            if let Some(policy_type) = catalogue.get(&policy.type_name) {
                findings.extend(credentials::scan(policy, policy_type));
                let wrong = schema(policy, policy_type, catalogue, tree);
                if wrong.iter().any(|finding| finding.severity == Severity::Error) {
                    verdict.insert(Need::NeedsCorrection);
                }
                findings.extend(wrong);
                findings.extend(lost(policy, policy_type));
                findings.extend(line_ends(policy, policy_type));
                let portability = policy_type.portability_of(policy);
                let bound = match policy_type.verdict_of(policy) {
                    TypeVerdict::Portable => None,
                    TypeVerdict::TenantBound => Some((Need::TenantBound, &codes::TENANT_BOUND)),
                    TypeVerdict::Retired => Some((Need::Retired, &codes::RETIRED)),
                    TypeVerdict::NeedsContent => Some((Need::NeedsContent, &codes::NEEDS_CONTENT)),
                };
                if let Some((need, code)) = bound {
                    verdict.insert(need);
                    let finding = Finding::new(code, policy.subject(), portability.reason_for(policy));
                    findings.push(finding.fix(portability.fix.clone()));
                }
                if policy_type.default_rule(policy).is_some() {
                    verdict.insert(Need::TenantDefault);
                }
            }
            Linted { policy: kept, verdict, findings }
        })
        .collect()
}
