//! What the program can do: one file per command, with its arguments and its help, then load → engine → show.
//!
//! This file is the list of commands. What several of them need is in the folder above.

use clap::Subcommand;

pub(crate) mod adopt;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod import_args;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod map;
mod nothing_to_do;
pub(crate) mod plan;
pub(crate) mod ready;
pub(crate) mod register;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod rewrite;
pub(crate) mod sandbox;
pub(crate) mod secrets;
pub(crate) mod types;
pub(crate) mod ui;
pub(crate) mod undo;
pub(crate) mod verify;
pub(crate) mod wave;

use super::answer::Answer;
use super::context::Context;
use super::error::CliError;

/// What the program can do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a command's help stands on its arguments, and a text here would replace it")]
pub enum Command {
    Export(export::Args),
    Adopt(adopt::Args),
    Convert(convert::Args),
    Lint(lint::Args),
    Map(map::Args),
    Rewrite(rewrite::Args),
    Ready(ready::Args),
    Plan(plan::Args),
    Import(import_args::Args),
    Verify(verify::Args),
    Undo(undo::Args),
    Diff(diff::Args),
    Report(report::Args),
    Ui(ui::Args),
    Secrets(secrets::Args),
    Types(types::Args),
    Explain(explain::Args),
    Init(init::Args),
    Login(login::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
    Sandbox(sandbox::Args),
    Demo(demo::Args),
}

impl Command {
    /// The name as it is typed.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Export(_) => "export",
            Self::Adopt(_) => "adopt",
            Self::Convert(_) => "convert",
            Self::Lint(_) => "lint",
            Self::Map(_) => "map",
            Self::Rewrite(_) => "rewrite",
            Self::Ready(_) => "ready",
            Self::Plan(_) => "plan",
            Self::Import(_) => "import",
            Self::Verify(_) => "verify",
            Self::Undo(_) => "undo",
            Self::Diff(_) => "diff",
            Self::Report(_) => "report",
            Self::Ui(_) => "ui",
            Self::Secrets(_) => "secrets",
            Self::Types(_) => "types",
            Self::Explain(_) => "explain",
            Self::Init(_) => "init",
            Self::Login(_) => "login",
            Self::Doctor(_) => "doctor",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Sandbox(_) => "sandbox",
            Self::Demo(_) => "demo",
        }
    }

    /// Whether it watches for Ctrl-C itself; the others are dropped at the next request.
    pub fn ends_by_itself(&self) -> bool {
        matches!(self, Self::Import(_) | Self::Undo(_) | Self::Sandbox(_) | Self::Demo(_) | Self::Ui(_))
    }

    /// Does it.
    pub async fn run(self, context: &Context) -> Result<Answer, CliError> {
        match self {
            Self::Export(args) => export::run(args, context).await,
            Self::Adopt(args) => adopt::run(&args, context),
            Self::Convert(args) => convert::run(&args, context),
            Self::Lint(args) => lint::run(&args, context),
            Self::Map(args) => map::run(args, context).await,
            Self::Rewrite(args) => rewrite::run(&args, context),
            Self::Ready(args) => ready::run(args, context).await,
            Self::Plan(args) => plan::run(args, context).await,
            Self::Import(args) => Box::pin(import::run(args, context)).await,
            Self::Verify(args) => verify::run(args, context).await,
            Self::Undo(args) => undo::run(args, context).await,
            Self::Diff(args) => diff::run(args, context).await,
            Self::Report(args) => report::run(&args, context),
            Self::Ui(args) => ui::run(args, context).await,
            Self::Secrets(args) => secrets::run(&args, context),
            Self::Types(args) => types::run(args, context),
            Self::Explain(args) => explain::run(args, context),
            Self::Init(args) => init::run(args, context),
            Self::Login(args) => login::run(args, context).await,
            Self::Doctor(args) => doctor::run(args, context).await,
            Self::Completions(args) => completions::run(&args),
            Self::Man(args) => man::run(&args, context),
            Self::Sandbox(args) => sandbox::run(args, context).await,
            Self::Demo(args) => demo::run(args, context).await,
        }
    }
}
