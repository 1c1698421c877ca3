//! What a plan would refuse of a mapping: targets that are not there, drops that need to be allowed, what narrows less
//! in the target. So that `map` counts as open what `plan` holds back. Decides nothing.

use std::collections::BTreeSet;

use super::mapping_check::{self, Checked, Used, source};
use crate::catalogue::misfits;
use crate::catalogue::model::TypeVerdict;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::inventory;
use crate::finding::{Finding, Severity, codes, count};
use crate::graph::GraphError;
use crate::mapping::{Decision, Entry, Makeable, Mapping, Rewriting, Source};
use crate::policy::{Kept, ObjectKey, Policy, TenantInfo};
use crate::tree::Tree;

/// What a plan would say of a mapping.
#[derive(Debug)]
pub struct Reviewed {
    /// What a plan would refuse although it is decided.
    pub refused: Vec<Finding>,
    /// What else is to be known.
    pub findings: Vec<Finding>,
}

/// Reviews a mapping for these policies of the tree. Entries of the kinds `create_missing` whose object is gone from
/// the target are decided `create` first, where an import can create it.
pub async fn review(
    tenant: Tenant<'_>,
    mapping: &mut Mapping,
    tree: &Tree,
    policies: &[Kept],
    target: &TenantInfo,
    create_missing: &[String],
) -> Result<Reviewed, GraphError> {
    let catalogue = tenant.catalogue;
    let used = Used { everything: true, ..Used::by(catalogue, policies.iter(), true) };
    let mapped = mapping.entries.iter().filter(|entry| entry.target_id().is_some()).map(|entry| entry.kind.clone());
    let types: BTreeSet<String> = mapped.filter(|kind| catalogue.get(kind).is_some()).collect();
    let listed = inventory::list(tenant, &types).await;
    let mut checked = mapping_check::check(tenant, Some(mapping), tree, target, &used, &listed).await?;
    if !create_missing.is_empty() {
        let is_lost = |entry: &Entry| {
            let finding = checked.lost.get(&ObjectKey::new(&entry.kind, entry.source_id()));
            finding.is_some_and(|finding| finding.is(&codes::MAPPING_TARGET_MISSING))
        };
        let makeable = Makeable::of(&source(catalogue, tree));
        if makeable.create_again(mapping, &is_lost, create_missing) > 0 {
            checked = mapping_check::check(tenant, Some(mapping), tree, target, &used, &listed).await?;
        }
    }
    let lost: BTreeSet<&Finding> = checked.lost.values().collect();
    let is_refusal = |finding: &&Finding| finding.severity == Severity::Error;
    let (refused, findings): (Vec<&Finding>, Vec<&Finding>) = checked.findings.iter().partition(is_refusal);
    let mut refused: Vec<Finding> = refused.into_iter().chain(lost).cloned().collect();
    refused.sort();
    refused.dedup();
    let findings = findings.into_iter().cloned().collect();
    let own = tree.manifest.tenant.as_ref().and_then(|own| own.id.as_deref()).zip(target.id.as_deref());
    // What names its own tenant is right there.
    let same_tenant = own.is_some_and(|(own, target)| own.eq_ignore_ascii_case(target));
    let source = Source { same_tenant, ..source(catalogue, tree) };
    refused.extend(beyond(&source, &checked, policies));
    Ok(Reviewed { refused, findings })
}

/// What would be refused once all that is undecided were decided, each once with who is concerned.
fn beyond(source: &Source<'_>, checked: &Checked, policies: &[Kept]) -> Vec<Finding> {
    let catalogue = source.catalogue;
    let Some(mut decided) = checked.mapping.clone() else { return Vec::new() };
    for entry in decided.entries.iter_mut().filter(|entry| entry.decision == Decision::Undecided) {
        entry.decision = Decision::Keep;
    }
    for pair in decided.text.iter_mut().filter(|pair| pair.replace.is_none()) {
        pair.replace = Some(pair.find.clone());
    }
    let stays = |policy: &Policy| {
        let verdict = catalogue.get(&policy.type_name).map(|of| of.verdict_of(policy));
        matches!(verdict, Some(TypeVerdict::TenantBound | TypeVerdict::Retired))
    };
    let rewriting = Rewriting::new(source, Some(&decided));
    let mut refused: Vec<(Finding, usize)> = Vec::new();
    for policy in policies.iter().map(Kept::open).filter(|policy| !stays(policy)) {
        let (policy, one) = (&policy, rewriting.one(policy.clone()));
        let odd = misfits(policy, catalogue);
        let narrowed = [true, false].into_iter().flat_map(|within| checked.differing.of(policy, catalogue, within));
        let own = one.findings.into_iter().chain(narrowed).filter(|finding| {
            // Nobody is in a new group before there is one: that is for the plan to say.
            finding.severity == Severity::Error && !finding.is(&codes::EXCLUSION_GROUP_EMPTY) && !odd.contains(finding)
        });
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for finding in own.filter(|finding| seen.insert((finding.code.clone(), finding.message.clone()))) {
            match refused.iter_mut().find(|(known, _)| known.code == finding.code && known.message == finding.message) {
                Some((_, others)) => *others += 1,
                None => refused.push((finding, 0)),
            }
        }
    }
    let with_others = refused.into_iter().map(|(finding, others)| {
        if others == 0 {
            return finding;
        }
        let others = count(others, "other policy", "other policies");
        Finding { message: format!("{} (and in {others})", finding.message), at: None, ..finding }
    });
    with_others.collect()
}
