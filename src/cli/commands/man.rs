//! `man`: the manual, made of the help texts: one page, or all of them as files.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Command;
use clap_mangen::Man;
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::context::{Context, NAME};
use crate::cli::error::{CliError, file_error};
use crate::cli::files::check::of_kind;
use crate::cli::files::{Kind, write_file};
use crate::exit::Exit;
use crate::nearest::closest;

const EXAMPLES: &str = "EXAMPLES:
  Read a command's manual page:
    intune-ferry man import

  Install all pages for this user:
    intune-ferry man --out ~/.local/share/man/man1

At a terminal, `man` shows the page; without that program, it is shown as plain text. A pipe or a file receives the \
source of the page, which `man -l -` shows.";

/// How the page's section with the examples begins.
const EXTRA: &str = ".SH EXTRA\n";

/// Show a manual page, or write all pages to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Command whose page to show; omit it for the page of the program
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// Folder to write all pages to
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}

/// Shows or writes.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let mut program = (context.command_line)().disable_help_subcommand(true);
    program.build();
    if let Some(folder) = &args.out {
        return write_all(&program, folder);
    }
    let command = match &args.command {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| unknown(name, &program))?,
    };
    let text = page(command).map_err(|error| CliError::new(Exit::Unexpected, error.to_string()))?;
    let details = json!({"page": text});
    let shown = if !context.printer.is_read_at_a_terminal() {
        text
    } else if is_shown(&text) {
        String::new()
    } else {
        command.clone().render_long_help().ansi().to_string()
    };
    Ok(Answer::new(Exit::Done, shown).details(details))
}

/// Has `man` show the page; not, where there is no such program.
fn is_shown(page: &str) -> bool {
    let written = tempfile::Builder::new().prefix(NAME).suffix(".1").tempfile().and_then(|mut file| {
        file.write_all(page.as_bytes())?;
        Ok(file)
    });
    // A name with a folder is a file to every `man`.
    written.is_ok_and(|file| {
        let shown = std::process::Command::new("man").arg(file.path()).stderr(Stdio::null()).status();
        shown.is_ok_and(|status| status.success())
    })
}

fn page(command: &Command) -> std::io::Result<String> {
    let name = match command.get_name() {
        NAME => NAME.to_owned(),
        name => format!("{NAME}-{name}"),
    };
    let mut text = Vec::new();
    Man::new(command.clone().name(name)).render(&mut text)?;
    Ok(as_it_is(&String::from_utf8_lossy(&text)))
}

/// The page with its examples as they are: filled and broken, they could not be pasted.
fn as_it_is(page: &str) -> String {
    let Some((before, rest)) = page.split_once(EXTRA) else { return page.to_owned() };
    let (extra, after) = rest.find("\n.SH ").map_or((rest, ""), |at| rest.split_at(at));
    format!("{before}{EXTRA}.nf\n{}\n.fi{after}{}", extra.trim_end(), if after.is_empty() { "\n" } else { "" })
}

fn write_all(program: &Command, folder: &Path) -> Result<Answer, CliError> {
    std::fs::create_dir_all(folder).map_err(|error| file_error("make", folder, &error))?;
    let mut pages = Vec::new();
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let suffix = if command.get_name() == NAME { String::new() } else { format!("-{}", command.get_name()) };
        let file = folder.join(format!("{NAME}{suffix}.1"));
        of_kind("--out", &file, Kind::Manual)?;
        pages.push((file, page(command).map_err(|error| CliError::new(Exit::Unexpected, error.to_string()))?));
    }
    for (file, text) in &pages {
        write_file(file, text.as_bytes())?;
    }
    let files: Vec<&PathBuf> = pages.iter().map(|(file, _)| file).collect();
    let text = format!("{} pages are in {}\n", files.len(), folder.display());
    Ok(Answer::new(Exit::Done, text).details(json!({"files": files})))
}

fn unknown(name: &str, program: &Command) -> CliError {
    let near = closest(name, program.get_subcommands().map(Command::get_name));
    let hint = near.map_or_else(
        || String::from("`intune-ferry --help` lists all commands."),
        |near| format!("Did you mean `{near}`? `intune-ferry --help` lists all commands."),
    );
    CliError::usage(format!("there is no command `{name}`")).hint(hint)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::cli::program::tests::quiet_context;

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("man1");
        run(&Args { command: None, out: Some(out.clone()) }, &quiet_context()).unwrap();
        let commands = (quiet_context().command_line)();
        for name in commands.get_subcommands().map(Command::get_name) {
            let text = std::fs::read_to_string(out.join(format!("intune-ferry-{name}.1"))).unwrap();
            assert!(text.starts_with(".ie") && text.contains("EXAMPLES"), "{name}: {text}");
            assert_eq!(run(&Args { command: Some(name.to_owned()), out: None }, &quiet_context()).unwrap().text, text);
        }
        let program = std::fs::read_to_string(out.join("intune-ferry.1")).unwrap();
        assert!(program.contains("intune\\-ferry\\-import(1)") && program.contains("EXIT CODES"), "{program}");
    }

    #[test]
    fn a_mistyped_command_is_met_with_a_suggestion() {
        let error = run(&Args { command: Some("exprot".into()), out: None }, &quiet_context()).unwrap_err();
        assert!(error.hint.unwrap().contains("`export`"));
    }
}
