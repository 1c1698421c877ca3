//! Trees on disk as the commands use them: read one, check where one may be written, write one and say what
//! was written. The only file of the command line that knows how the `tree` room is called.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use super::overviews;
use crate::catalogue::{Catalogue, Selection};
use crate::exit::Exit;
use crate::finding::{Finding, codes};
use crate::mapping::{Mapping, ids_outside_scripts};
use crate::policy::{Kept, Policy, TenantInfo};
use crate::tree::manifest::{DAMAGED, LACKING, NEEDED_ONLY};
use crate::tree::{self, Checksums, Completeness, Consent, Snapshot, Tree, TypeRead, TypeStatus, foreign};
use crate::ui::export_view::{self, Sums, TypeRow};
use crate::ui::plan_view;

/// What makes a folder a tree.
const MANIFEST: &str = "ferry-tree.json";

/// Reads a tree. What is wrong with single files is among its findings.
pub fn read(root: &Path, catalogue: &Catalogue) -> Result<Tree, CliError> {
    Ok(tree::read(root, catalogue)?)
}

/// Reads of a tree only what tells which policies it has.
pub fn read_heads(root: &Path, catalogue: &Catalogue) -> Result<Tree, CliError> {
    Ok(tree::read_heads(root, catalogue)?)
}

/// The same, without looking for files that somebody edited.
pub fn read_outline(root: &Path, catalogue: &Catalogue) -> Result<Tree, CliError> {
    Ok(tree::read_outline(root, catalogue)?)
}

/// Reads single policies of a tree.
pub fn loader<'a>(root: &'a Path, catalogue: &'a Catalogue) -> tree::Loader<'a> {
    tree::Loader::new(root, catalogue)
}

/// Reads a tree to compare it with another: what both have in equal files is read only as far as to know which
/// policies they are. The sums are this tree's and the other's.
pub fn read_unlike(root: &Path, catalogue: &Catalogue, sums: [&Checksums; 2]) -> Result<Tree, CliError> {
    Ok(tree::read_unlike(root, catalogue, sums[0], sums[1])?)
}

/// Whether a tree may be written here: into nothing, an empty folder, a new repository, or a tree; gives whose tree
/// it is.
/// Called before anything is read from a tenant, so that nobody waits for a refusal.
pub fn check_target(out: &Path) -> Result<Option<TenantInfo>, CliError> {
    let entries = match std::fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(super::error::file_error("use", out, &error)),
    };
    if out.join(MANIFEST).is_file() {
        return Ok(tenant_of(out));
    }
    if entries.flatten().all(|entry| entry.file_name() == ".git") {
        return Ok(None);
    }
    Err(CliError::usage(format!("{} is not empty and is not a tree; nothing was written", out.display()))
        .hint("Name a new folder, or a folder written by export."))
}

/// Refuses to mix the policies of two tenants in one folder.
pub fn check_tenant(out: &Path, holds: Option<&TenantInfo>, given: &TenantInfo) -> Result<(), CliError> {
    let Some(holds) = holds else { return Ok(()) };
    match (&holds.id, &given.id) {
        (Some(left), Some(right)) if !left.eq_ignore_ascii_case(right) => Err(CliError::usage(format!(
            "{} contains the policies of {}, but the tenant is {}",
            out.display(),
            plan_view::tenant(holds),
            plan_view::tenant(given)
        ))
        .hint("Name another folder for this tenant, or the tenant that belongs to this folder.")),
        _ => Ok(()),
    }
}

/// The same for policies of which nobody may know the tenant: they are not put into a tenant's tree.
pub fn check_source(out: &Path, holds: Option<&TenantInfo>, given: &TenantInfo, source: &Path) -> Result<(), CliError> {
    if let (Some(holds), None) = (holds.filter(|holds| holds.id.is_some()), &given.id) {
        let (out, holds, source) = (out.display(), plan_view::tenant(holds), source.display());
        let message =
            format!("{out} holds the policies of {holds}, and the tenant of the policies in {source} is unknown");
        return Err(
            CliError::usage(message).hint("Name another folder: the new policies would replace the existing ones.")
        );
    }
    check_tenant(out, holds, given)
}

/// The tenant that a tree's manifest names. What else stands in it is checked when the tree is written.
fn tenant_of(root: &Path) -> Option<TenantInfo> {
    let text = std::fs::read_to_string(root.join(MANIFEST)).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    serde_json::from_value(manifest.get("tenant")?.clone()).ok()
}

/// A tree about to be written.
#[derive(Debug)]
pub struct Writing<'a> {
    /// Where.
    pub out: &'a Path,
    /// The policy types.
    pub catalogue: &'a Catalogue,
    /// What may be lost.
    pub consent: Consent,
    /// What is shown above the table.
    pub heading: &'a str,
    /// What is known already.
    pub findings: Vec<Finding>,
}

impl Writing<'_> {
    /// Writes it, and says what was written.
    pub fn write(self, snapshot: &Snapshot, context: &Context) -> Result<Answer, CliError> {
        let whole = |index: usize| snapshot.policies.get(index).map(Kept::open);
        self.write_all(snapshot, context, &whole, Vec::new, &|| false)
    }

    /// The same where `whole` gives each policy as it is to be written; `learnt` is asked afterwards for what else
    /// is known then. It can be stopped in the middle.
    pub fn write_each(
        self,
        snapshot: &Snapshot,
        context: &Context,
        whole: &(dyn Fn(usize) -> Option<Policy> + Sync),
        learnt: impl FnOnce() -> Vec<Finding>,
    ) -> Result<Answer, CliError> {
        self.write_all(snapshot, context, whole, learnt, &|| context.stop.is_cancelled())
    }

    fn write_all(
        self,
        snapshot: &Snapshot,
        context: &Context,
        whole: &(dyn Fn(usize) -> Option<Policy> + Sync),
        learnt: impl FnOnce() -> Vec<Finding>,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Answer, CliError> {
        let written = tree::write_each(self.out, snapshot, self.catalogue, self.consent, whole, stopped)?;
        let foreign = overviews::write(self.out, self.catalogue)?.into_iter().map(|file| {
            let says = "was not written by this program and was kept, so the folder has no overview of assignments";
            Finding::new(&codes::NOT_RECOGNIZED, file, says)
                .fix("Rename or remove the file, and run the command again.")
        });
        let mut findings = self.findings;
        findings.extend(foreign);
        findings.extend(learnt());
        findings.extend(written.findings);
        let rows = rows(snapshot, &written.removed, &written.kept);
        let sums = Sums { written: written.written, unchanged: written.unchanged };
        let text = export_view::written(self.heading, &rows, sums, &findings, context.look());
        let mut answer = Answer::new(Exit::Done, text).findings(findings);
        answer.counts = BTreeMap::from([
            (String::from("policies"), snapshot.policies.len()),
            (String::from("written"), sums.written),
            (String::from("unchanged"), sums.unchanged),
            (String::from("removed"), written.removed.len()),
            (String::from("moved"), written.moved.len()),
            (String::from("kept"), written.kept.len()),
        ]);
        if !written.edited.is_empty() {
            answer.counts.insert(String::from("edited"), written.edited.len());
        }
        // An overview goes with the policies it is about.
        let about: BTreeSet<String> = written
            .edited
            .iter()
            .filter_map(|file| file.split_once('/'))
            .map(|(of, _)| tree::overview_of(of))
            .collect();
        answer.kept_apart = written.edited.into_iter().chain(about).collect();
        Ok(answer.details(serde_json::json!({"tree": self.out})))
    }
}

/// What was written, by type. Removed and kept files are named by their path, which begins with the type.
fn rows(snapshot: &Snapshot, removed: &[String], kept: &[String]) -> Vec<TypeRow> {
    let type_of = |file: &str| file.split('/').next().unwrap_or_default().to_owned();
    let mut rows: BTreeMap<String, TypeRow> = BTreeMap::new();
    let mut row = |name: String, change: &dyn Fn(&mut TypeRow)| {
        change(rows.entry(name.clone()).or_insert_with(|| TypeRow { type_name: name, ..TypeRow::default() }));
    };
    for policy in &snapshot.policies {
        row(policy.type_name.clone(), &|row| row.policies += 1);
    }
    for file in removed {
        row(type_of(file), &|row| row.removed += 1);
    }
    for file in kept {
        row(type_of(file), &|row| row.note = String::from("removals held back"));
    }
    for (name, read) in &snapshot.types {
        if matches!(read, TypeRead::Failed(_)) {
            row(name.clone(), &|row| row.note = String::from("not read completely, nothing removed"));
        }
        if matches!(read, TypeRead::NotRead(_)) {
            row(name.clone(), &|row| row.note = String::from("not read, nothing removed"));
        }
    }
    rows.into_values().collect()
}

/// A tree's policies, rewritten, with the mapping that did it.
pub fn rewritten_snapshot(tree: &Tree, mapping: &Mapping, selection: Selection, policies: Vec<Kept>) -> Snapshot {
    Snapshot {
        rewritten_for: Some(TenantInfo {
            id: mapping.target.tenant_id.clone(),
            display_name: mapping.target.name.clone(),
            ..TenantInfo::default()
        }),
        mapping: Some(mapping.to_text()),
        ..changed_snapshot(tree, selection, policies)
    }
}

/// A tree with other policies, from which nothing else changed.
pub fn changed_snapshot(tree: &Tree, selection: Selection, policies: Vec<Kept>) -> Snapshot {
    let is_needed_only = |status: &TypeStatus| status.reason.as_deref() == Some(NEEDED_ONLY);
    let known = tree.manifest.types.iter().filter(|(_, status)| !is_needed_only(status)).map(|(name, status)| {
        let read = match status.status {
            Completeness::Complete => TypeRead::Complete,
            Completeness::NotRead => TypeRead::NotRead(status.reason.clone().unwrap_or_default()),
            Completeness::Partial | Completeness::Failed => TypeRead::Failed(LACKING),
        };
        (name.clone(), read)
    });
    let mut types: BTreeMap<String, TypeRead> = known.collect();
    for policy in &policies {
        if !tree.manifest.types.contains_key(&policy.type_name) {
            types.entry(policy.type_name.clone()).or_insert(TypeRead::Complete);
        }
    }
    // A policy that cannot be read is not gone: what was written of it before stays.
    for damaged in tree.findings.iter().filter(|finding| finding.is(&codes::DAMAGED_FILE)) {
        if let Some(read) = damaged.subject.split('/').next().and_then(|name| types.get_mut(name)) {
            *read = TypeRead::Failed(DAMAGED);
        }
    }
    Snapshot {
        tenant: tree.manifest.tenant.clone(),
        account: None,
        cloud: tree.manifest.cloud.clone(),
        selection,
        types,
        policies,
        directory: tree.directory.clone(),
        origins: Some(tree.origins.clone()).filter(|origins| !origins.sources.is_empty()),
        rewritten_for: tree.manifest.rewritten_for.clone(),
        mapping: tree.mapping.clone(),
    }
}

/// Another tool's folder as a snapshot. It is one moment's whole, as far as it could be read. Nobody can ask whose the
/// IDs in its scripts are: somebody has to decide each of them.
pub fn adopted_snapshot(mut adopted: foreign::Adopted, catalogue: &Catalogue) -> Snapshot {
    let mut ids = ids_outside_scripts(catalogue, &adopted.policies);
    for (_, id, _) in adopted.directory.iter() {
        ids.remove(&id.to_ascii_lowercase());
    }
    adopted.directory.record_not_found(Some(ids));
    let types = adopted.policies.iter().map(|policy| (policy.type_name.clone(), TypeRead::Complete)).collect();
    Snapshot {
        tenant: adopted.tenant,
        types,
        policies: adopted.policies,
        directory: adopted.directory,
        origins: Some(adopted.origins).filter(|origins| !origins.sources.is_empty()),
        ..Snapshot::default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_folder_of_other_things_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check_target(folder.path()).unwrap(), None);
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        assert_eq!(check_target(folder.path()).unwrap(), None, "a new repository");
        assert_eq!(check_target(&folder.path().join("new")).unwrap(), None);
        std::fs::write(folder.path().join("holiday.jpg"), "x").unwrap();
        let error = check_target(folder.path()).unwrap_err();
        assert!(error.exit == Exit::Usage && error.message.contains("not empty"), "{error}");
    }

    #[test]
    fn another_tenants_tree_is_refused_by_both_names() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = r#"{"format": 1, "tenant": {"id": "A1", "displayName": "Trial", "defaultDomain": null}}"#;
        std::fs::write(folder.path().join(MANIFEST), manifest).unwrap();
        let holds = check_target(folder.path()).unwrap();
        let tenant = |id: &str| TenantInfo {
            id: Some(id.into()),
            display_name: Some("Contoso".into()),
            ..TenantInfo::default()
        };
        check_tenant(folder.path(), holds.as_ref(), &tenant("a1")).unwrap();
        let error = check_tenant(folder.path(), holds.as_ref(), &tenant("b2")).unwrap_err();
        assert!(error.message.contains("\"Trial\"") && error.message.contains("\"Contoso\""), "{error}");
    }

    #[test]
    fn files_are_counted_by_their_types() {
        let snapshot = Snapshot {
            types: [("a".into(), TypeRead::Complete), ("b".into(), TypeRead::Failed("x"))].into(),
            policies: vec![Policy::new("a", serde_json::Map::new()).keep()],
            ..Snapshot::default()
        };
        let rows = rows(&snapshot, &["a/x.json".into(), "a/x.ps1".into()], &["c/y.json".into()]);
        let told: Vec<_> = rows.iter().map(|row| (row.type_name.as_str(), row.policies, row.removed)).collect();
        assert_eq!(told, [("a", 1, 2), ("b", 0, 0), ("c", 0, 0)]);
        assert!(rows[1].note.contains("not read") && rows[2].note.contains("held"));
    }
}
