//! `--layout` of an export: a folder for another program instead of a tree.

use std::path::Path;

use clap::ValueEnum;
use serde_json::json;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;
use crate::catalogue::Catalogue;
use crate::engine::export::run::Exported;
use crate::exit::Exit;
use crate::tree::foreign::layouts;
use crate::ui::export_view::{self, Sums, TypeRow};

/// The program that the folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// Intune's admin center: settings catalog policies for its own import.
    AdminCenter,
    /// IntuneManagement.
    #[value(name = "intunemanagement")]
    IntuneManagement,
}

/// Only into nothing: what another program would import must be what was exported now.
pub fn check(out: &Path) -> Result<(), CliError> {
    let mut entries = match std::fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(super::error::file_error("use", out, &error)),
    };
    if entries.next().is_none() {
        return Ok(());
    }
    Err(CliError::usage(format!("{} is not empty", out.display())).hint("With --layout, name a new or empty folder."))
}

/// Writes it, and says what was written and what has no place in it.
pub fn write(
    layout: Layout,
    out: &Path,
    exported: Exported,
    catalogue: &Catalogue,
    heading: &str,
    context: &Context,
) -> Result<Answer, CliError> {
    let layout = match layout {
        Layout::AdminCenter => layouts::Program::AdminCenter,
        Layout::IntuneManagement => layouts::Program::IntuneManagement,
    };
    let written = layouts::write(out, layout, &exported.snapshot, catalogue)?;
    let rows: Vec<TypeRow> = written
        .policies
        .iter()
        .map(|(name, count)| TypeRow { type_name: name.clone(), policies: *count, ..TypeRow::default() })
        .collect();
    let policies = written.policies.values().sum();
    let mut findings = exported.findings;
    findings.extend(written.findings);
    let text =
        export_view::written(heading, &rows, Sums { written: policies, unchanged: 0 }, &findings, context.look());
    let mut answer = Answer::new(Exit::Done, text).findings(findings);
    answer.counts = [("policies", policies), ("files", written.files), ("selected", exported.snapshot.policies.len())]
        .map(|(word, count)| (word.to_owned(), count))
        .into();
    Ok(answer.details(json!({"folder": out})))
}
