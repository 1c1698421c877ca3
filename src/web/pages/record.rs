//! A plan, and what an import did, as their reports say it.

use super::super::contents::FileKind;
use super::super::frame::Page;
use super::super::site::{Site, Trouble};
use crate::cli::commands::report;
use crate::cli::error::CliError;
use crate::cli::plan_file;
use crate::engine::journal::{Record, outcomes};
use crate::ui::report::Report;

pub(super) fn plan(site: &Site, name: &str) -> Result<Page, Trouble> {
    let file = site.file_named(FileKind::Plan, name)?;
    let report = Report::of_plan(&plan_file::load(&file.path)?);
    let command = site.command("plan").word("TREE").word("--to").word("TENANT");
    Ok(Page::of_report(&report).command(command.word("--out").word(name).word("--html").word("plan.html").text()))
}

pub(super) fn journal(site: &Site, name: &str) -> Result<Page, Trouble> {
    let file = site.file_named(FileKind::Journal, name)?;
    let record = Record::read(&file.path).map_err(CliError::from)?;
    let report = report::run_report(&record, &outcomes(&record));
    let command = site.command("report").word(name).word("--html").word("run.html").text();
    Ok(Page::of_report(&report).command(command))
}
