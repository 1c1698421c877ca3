//! The program from its command line to its exit code.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::commands::completions;
use super::context::{Context, NAME};
use super::error::{CliError, file_error};
use super::files::{self, Place, write_file};
use super::flags::{BrowserArgs, PageArgs};
use super::{Command, defect, ends, examples, interrupt, logs};
use crate::exit::Exit;
use crate::finding::{Finding, codes};
use crate::ui::report::Report;
use crate::ui::{Document, ErrorReport, Format, Printer, Verbosity, figures, printer, report};

const ABOUT: &str = "Moves, backs up and reviews Microsoft Intune policies.

export reads a tenant into a folder; map and rewrite replace its IDs with those of another tenant; plan shows what an \
import would do; import does it; verify reads the tenant back and compares.";

const AFTER: &str = "EXAMPLES:
  Rehearse a complete migration on emulated tenants, without any account:
    intune-ferry demo

  Back up a tenant; you sign in with a browser:
    intune-ferry export contoso.onmicrosoft.com --out contoso

A TENANT is a table of ferry.toml, a tenant's ID or domain, or `env` for the AZURE_* variables.

EXIT CODES:
0 done, 1 unexpected error, 2 wrong usage, 3 differences, 4 a decision is needed, 5 some objects failed, 6 sign-in \
or permission, 7 unreachable, 130 interrupted";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = NAME, version, about = ABOUT, after_help = AFTER, max_term_width = 100)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Print results as text, or as one JSON document.
    #[arg(long, global = true, value_enum, default_value_t = FormatArg::Text, value_name = "FORMAT")]
    pub format: FormatArg,
    /// Also write the result as one JSON document to this file, in UTF-8; the terminal still shows text
    #[arg(long, global = true, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Show details instead of counts; -vv also shows log lines.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print only results and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Append one line per request to this file, without object IDs and secrets
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Configuration file to use instead of ./ferry.toml or the user's.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How a person signs in.
    #[command(flatten)]
    pub browser: BrowserArgs,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}

impl Global {
    fn printer(&self) -> Printer {
        let format = match self.format {
            FormatArg::Text => Format::Text,
            FormatArg::Json => Format::Json,
        };
        let verbosity = match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Debug,
        };
        Printer::new(format, verbosity)
    }
}

/// Runs the program with the process's own arguments.
pub fn main() -> std::process::ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if completions::answered(&arguments, Cli::command) {
        return std::process::ExitCode::SUCCESS;
    }
    let exit = match parse(&arguments) {
        Ok((cli, places)) => execute(cli, &places),
        Err(error) => not_understood(&error, &arguments),
    };
    std::process::ExitCode::from(exit.code())
}

/// The command line, with every file that it names.
fn parse(arguments: &[OsString]) -> Result<(Cli, Vec<Place>), clap::Error> {
    let matches = examples::aside(Cli::command()).try_get_matches_from(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut Cli::command()))?;
    Ok((cli, files::given(&matches)))
}

fn execute(cli: Cli, places: &[Place]) -> Exit {
    let Cli { global, command } = cli;
    let printer = global.printer();
    let begun = Instant::now();
    let checked = files::check(places);
    // What must not be written over is not written over with that refusal either.
    let results = global.results.filter(|_| checked.is_ok());
    let logged = checked.and_then(|()| logs::start(printer.verbosity(), global.log_file.as_deref()));
    let (config, browser, stop) = (global.config, global.browser, CancellationToken::new());
    let context = Arc::new(Context { printer, config, browser, stop, command_line: Cli::command });
    let name = command.name();
    let work = || match logged.and_then(|()| runtime()) {
        Ok(runtime) => runtime.block_on(perform(command, &context)),
        Err(error) => Err(error),
    };
    let outcome = defect::caught(work, context.printer.look());
    match show(&context.printer, name, begun, outcome, results.as_deref()) {
        Ok(exit) => exit,
        Err(error) => {
            context.printer.error(&format!("cannot write the result: {error}"), None);
            Exit::Unexpected
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    let failed = |error| CliError::new(Exit::Unexpected, format!("the program cannot start: {error}"));
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)
}

async fn perform(command: Command, context: &Arc<Context>) -> Result<Answer, CliError> {
    defect::on_request();
    let by_itself = command.ends_by_itself();
    interrupt::watch(context, by_itself);
    if by_itself {
        return Box::pin(command.run(context)).await;
    }
    let work = Box::pin(command.run(context));
    interrupt::unless_stopped(&context.stop, work).await.unwrap_or_else(|| Err(CliError::interrupted()))
}

fn show(
    printer: &Printer,
    name: &str,
    begun: Instant,
    outcome: Result<Answer, CliError>,
    results: Option<&Path>,
) -> io::Result<Exit> {
    let document = match outcome {
        Ok(mut answer) => {
            let mut written = Vec::new();
            if let Some((pages, report)) = answer.report.take() {
                (answer, written) = save_report(printer, answer, &pages, &report);
            }
            let exit = answer.exit.or(ends::by_findings(name, &answer.findings));
            debug_assert!(
                ends::of(name).is_some_and(|row| !row.says(exit).is_empty()),
                "{name} never ends with {exit:?}"
            );
            answer.exit = exit;
            printer.result(&answer.text)?;
            for (index, path) in written.iter().enumerate() {
                let space = if index == 0 { "\n" } else { "" };
                printer.note(&format!("{space}Wrote {}.", crate::ui::clean(&path.display().to_string())));
            }
            if printer.format() == Format::Text && answer.requests.sent > 0 {
                let figures = figures::summary(&answer.requests, begun.elapsed(), printer.look());
                printer.note(&format!("\n{}", figures.trim_end()));
            }
            if let Some(next) = answer.next.as_ref().filter(|_| printer.format() == Format::Text) {
                printer.note(next.show(printer.look()).trim_end());
            }
            answer.into_document(name, begun.elapsed())
        }
        Err(error) => {
            printer.error(&error.message, error.hint.as_deref());
            let mut document = Answer::new(error.exit, String::new()).into_document(name, begun.elapsed());
            document.error = Some(ErrorReport { message: error.message, fix: error.hint });
            document
        }
    };
    let (document, exit) = save_results(printer, document, results);
    printer.json(&document)?;
    Ok(exit)
}

/// Writes the document to the file that was asked for, and says how the program ends. What the command did is said all
/// the same where that fails.
fn save_results(printer: &Printer, mut document: Document, results: Option<&Path>) -> (Document, Exit) {
    let written = results.map_or(Ok(()), |path| {
        let text = printer::document_text(&document).map_err(|error| file_error("write", path, &error))?;
        write_file(path, text.as_bytes())
    });
    if let (Err(error), Some(path)) = (written, results) {
        printer.error(&error.message, error.hint.as_deref());
        let finding = Finding::new(&codes::NOT_RECORDED, path.display().to_string(), error.message);
        let exit = document.exit().or(Exit::SomeFailed);
        document = document.ends(exit);
        document.findings.push(finding);
    }
    let exit = document.exit();
    (document, exit)
}

/// Writes the report that was asked for; which files were written. What the command did is said all the same where that
/// fails.
fn save_report(printer: &Printer, mut answer: Answer, pages: &PageArgs, report: &Report) -> (Answer, Vec<PathBuf>) {
    let now = super::commands::report::now();
    let html = pages.html.as_ref().map(|path| (path, report::html(report, &now)));
    let markdown = pages.markdown.as_ref().map(|path| (path, report::markdown(report, &now)));
    let mut written = Vec::new();
    for (path, text) in [html, markdown].into_iter().flatten() {
        match write_file(path, text.as_bytes()) {
            Ok(()) => written.push(path.clone()),
            Err(error) => answer = answer.not_recorded(path, &error, None, printer.look()),
        }
    }
    (answer, written)
}

/// Help and version are results; everything else that clap says is a usage error.
fn not_understood(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let text = error.render().ansi().to_string();
    if !error.use_stderr() {
        let printer = Printer::new(Format::Text, Verbosity::Normal);
        let text = examples::put_back(&text, &Cli::command(), printer.look().prose());
        let written = printer.result(&text);
        return if written.is_ok() { Exit::Done } else { Exit::Unexpected };
    }
    let printer = Printer::new(Format::Json, Verbosity::Normal);
    printer.say(&text);
    if asks_for_json(arguments) {
        let mut document = Document::new("", Exit::Usage);
        let plain = error.to_string();
        let message = plain.trim_start_matches("error: ").lines().next().unwrap_or_default().to_owned();
        document.error = Some(ErrorReport { message, fix: Some("Run the command with --help.".to_owned()) });
        // Whether or not the document arrives, the command line stays wrong.
        let _ = printer.json(&document);
    }
    Exit::Usage
}

/// Whether a command line that was not understood asked for JSON all the same.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

#[cfg(test)]
#[path = "program_tests.rs"]
pub(super) mod tests;
