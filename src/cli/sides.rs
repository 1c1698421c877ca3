//! The two sides of a comparison: reads trees and tenants, and applies the mapping to the left one.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use super::answer;
use super::connect::connect;
use super::context::Context;
use super::error::CliError;
use super::flags::SelectionArgs;
use super::{folder, source};
use crate::catalogue::{Catalogue, Selection, misfits};
use crate::cli::asked_permissions;
use crate::engine;
use crate::engine::diff::Side;
use crate::exit::Exit;
use crate::finding::{Finding, codes};
use crate::mapping::{Mapping, Source, rewrite};
use crate::policy::TenantInfo;
use crate::tree::Checksums;
use crate::ui::Progress;
use crate::ui::figures::Requests;

/// What distinguishes a tenant from a folder.
const TENANT: &str = "tenant:";

/// A side as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideWord {
    /// A folder.
    Tree(PathBuf),
    /// A tenant, by its name in the configuration.
    Tenant(String),
}

impl SideWord {
    /// What a word means.
    pub fn of(word: &str) -> Self {
        match word.strip_prefix(TENANT) {
            Some(name) => Self::Tenant(name.to_owned()),
            None => Self::Tree(PathBuf::from(word)),
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Tree(path) => path.display().to_string(),
            Self::Tenant(name) => format!("{TENANT}{name}"),
        }
    }
}

/// Both sides.
#[derive(Debug)]
pub struct Sides {
    /// What was.
    pub left: Side,
    /// What is.
    pub right: Side,
    /// What a person should know of reading them.
    pub findings: Vec<Finding>,
    /// What was sent to tenants.
    pub requests: Requests,
}

/// A side with what was found while reading it.
struct One {
    side: Side,
    findings: Vec<Finding>,
    requests: Requests,
}

/// Reads both sides. Trees first: a slip in a path shows before anybody waits for a tenant.
pub async fn load(
    given: &[SideWord; 2],
    mapping: Option<&Path>,
    selection: &SelectionArgs,
    catalogue: &Catalogue,
    context: &Context,
) -> Result<Sides, CliError> {
    let sums = match (given, mapping) {
        // What a mapping or a selection is about must be read whole.
        ([SideWord::Tree(left), SideWord::Tree(right)], None) if selection.resolve(catalogue)?.is_everything() => {
            let (left, right) = both(|| crate::tree::sums(left, catalogue), || crate::tree::sums(right, catalogue))?;
            Some([left, right])
        }
        _ => None,
    };
    let [ours, theirs] = [[0, 1], [1, 0]].map(|order| sums.as_ref().map(|sums| order.map(|side| &sums[side])));
    let (left, right) = both(
        || tree(&given[0], mapping, ours, catalogue, context),
        || tree(&given[1], None, theirs, catalogue, context),
    )?;
    let (mut left, mut right) = (left?, right?);
    if left.is_none() {
        let other = right.as_ref().map(|one| &one.side);
        left = Some(tenant(&given[0], other, selection, catalogue, context).await?);
    }
    if right.is_none() {
        let other = left.as_ref().map(|one| &one.side);
        right = Some(tenant(&given[1], other, selection, catalogue, context).await?);
    }
    let (Some(mut left), Some(right)) = (left, right) else {
        return Err(CliError::new(Exit::Unexpected, "a side was not read"));
    };
    if let Some(file) = mapping {
        let mapping = Mapping::load(file, catalogue)?;
        check_direction(&mapping, &left.side, &right.side)?;
        left.side = mapped(left.side, &mapping, catalogue);
    }
    let mut findings = left.findings;
    findings.extend(right.findings);
    findings.dedup();
    let requests = left.requests.and(right.requests);
    Ok(Sides { left: left.side, right: right.side, findings, requests })
}

/// Two things at once.
fn both<T: Send>(left: impl FnOnce() -> T + Send, right: impl FnOnce() -> T) -> Result<(T, T), CliError> {
    std::thread::scope(|scope| {
        let left = scope.spawn(left);
        let right = right();
        Ok((left.join().unwrap_or_else(|panic| resume_unwind(panic)), right))
    })
}

/// A tree as a side; none where a tenant was meant. With the checksums of it and of the other one, what is
/// the same in both is hardly read.
fn tree(
    given: &SideWord,
    mapping: Option<&Path>,
    sums: Option<[&Checksums; 2]>,
    catalogue: &Catalogue,
    context: &Context,
) -> Result<Option<One>, CliError> {
    let SideWord::Tree(path) = given else { return Ok(None) };
    let names = || crate::config::names(context.config.as_deref());
    let is_tenant = || path.to_str().is_some_and(|path| names().iter().any(|name| name == path));
    if !path.exists() && is_tenant() {
        let message = format!("there is no folder `{}`, but there is a tenant of this name", path.display());
        return Err(CliError::usage(message).hint(format!("Did you mean `{TENANT}{}`?", path.display())));
    }
    let read = match sums {
        Some(sums) => folder::read_unlike(path, catalogue, sums)?,
        None => folder::read(path, catalogue)?,
    };
    let loaded = source::joined(read, mapping, catalogue)?;
    let selected = SelectionArgs::parse(&loaded.tree.manifest.selection, false);
    let selection = selected.map(|args| args.resolve(catalogue)).transpose()?.unwrap_or_default();
    let mut findings = loaded.tree.findings.clone();
    // Which of the two trees it is has to be said.
    for finding in findings.iter_mut().filter(|finding| finding.is(&codes::TREE_INCOMPLETE)) {
        finding.subject = given.label();
    }
    let failed = |name: &str, why: &str| Finding::new(&codes::READ_FAILED, name, format!("{}: {why}", given.label()));
    for (name, status) in loaded.tree.manifest.types.iter().filter(|(_, status)| status.is_failure()) {
        findings.push(failed(name, status.reason.as_deref().unwrap_or("was not read completely")));
    }
    findings.extend(loaded.tree.policies.iter().flat_map(|policy| misfits(&policy.open(), catalogue)));
    let side = Side::of_tree(given.label(), loaded.tree, selection);
    let side = match (&loaded.mapping, mapping) {
        // A rewritten tree knows what its policies became, and what the import created for them since.
        (Some(own), None) if sums.is_none() => rewritten_again(side, own, catalogue),
        (Some(own), None) => side.mapped_by(own),
        _ => side,
    };
    Ok(Some(One { side, findings, requests: Requests::default() }))
}

/// A tenant as a side. Of what the other side never looked for, nothing is read.
async fn tenant(
    given: &SideWord,
    other: Option<&Side>,
    selection: &SelectionArgs,
    catalogue: &Catalogue,
    context: &Context,
) -> Result<One, CliError> {
    let SideWord::Tenant(name) = given else { return Err(CliError::usage("a tenant was expected")) };
    let connected = connect(context, name)?;
    let selection = wanted(other, selection, catalogue)?;
    asked_permissions::will_read(&connected, catalogue, |it| selection.includes_type(it)).await;
    let exported = {
        let progress = Progress::new(&context.printer);
        let cloud = Some(connected.profile.cloud.name().to_owned());
        engine::export::export(connected.tenant(catalogue, &progress), &selection, true, cloud, None)
            .await
            .map_err(|error| connected.failed(error))?
    };
    let requests = answer::requests(connected.client.figures());
    Ok(One { side: Side::of_tenant(given.label(), exported.snapshot), findings: exported.findings, requests })
}

fn wanted(other: Option<&Side>, selection: &SelectionArgs, catalogue: &Catalogue) -> Result<Selection, CliError> {
    let asked = selection.resolve(catalogue)?;
    match other {
        Some(other) if asked.is_everything() && !other.selection.is_everything() => Ok(other.selection.clone()),
        Some(other) if asked.is_everything() && !other.types.is_empty() => {
            let types: Vec<String> = other.types.keys().cloned().collect();
            let all = catalogue.iter().all(|policy_type| other.types.contains_key(&policy_type.name));
            Ok(if all { asked } else { Selection::of_types(types) })
        }
        _ => Ok(asked),
    }
}

/// Refuses a mapping that leads the other way, or elsewhere.
fn check_direction(mapping: &Mapping, left: &Side, right: &Side) -> Result<(), CliError> {
    let differ = |side: Option<&String>, tenant: Option<&TenantInfo>| {
        let id = tenant.and_then(|tenant| tenant.id.as_ref());
        side.zip(id).is_some_and(|(side, id)| !side.eq_ignore_ascii_case(id))
    };
    let (source, target) = (mapping.source.tenant_id.as_ref(), mapping.target.tenant_id.as_ref());
    if !differ(source, left.tenant.as_ref()) && !differ(target, right.refers_to.as_ref()) {
        return Ok(());
    }
    let error = CliError::usage(format!("the mapping is for other tenants than {} and {}", left.label, right.label));
    let turned = !differ(source, right.tenant.as_ref()) && !differ(target, left.refers_to.as_ref());
    Err(error.hint(if turned {
        "The mapping is for the opposite direction: swap the two sides."
    } else {
        "Use the mapping for these two tenants."
    }))
}

/// The side with the ids of the mapping's target.
fn mapped(side: Side, mapping: &Mapping, catalogue: &Catalogue) -> Side {
    let source = Source::new(catalogue, &side.policies, &side.directory, side.tenant.as_ref());
    let policies = rewrite(&source, Some(mapping)).into_iter().map(|one| one.policy).collect();
    let refers_to = Some(TenantInfo { id: mapping.target.tenant_id.clone(), ..TenantInfo::default() });
    Side { policies, refers_to, ..side }.mapped_by(mapping)
}

/// A rewritten tree's side with the ids of what was still to be created when it was written.
fn rewritten_again(side: Side, own: &Mapping, catalogue: &Catalogue) -> Side {
    let source = Source::new(catalogue, &side.policies, &side.directory, side.tenant.as_ref());
    let source = Source { already_rewritten: true, ..source };
    let policies = rewrite(&source, Some(own)).into_iter().map(|one| one.policy).collect();
    Side { policies, ..side }.mapped_by(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_told_from_a_folder() {
        assert_eq!(SideWord::of("tenant:trial"), SideWord::Tenant("trial".into()));
        assert_eq!(SideWord::of("./tenant"), SideWord::Tree("./tenant".into()));
        assert_eq!(SideWord::of("tenant:trial").label(), "tenant:trial");
    }
}
