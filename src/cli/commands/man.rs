//! `man`: the manual, made of the help texts: one page, or all of them as files.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::error::{CliError, file_error};
use crate::cli::files::check::of_kind;
use crate::cli::files::{Kind, write_file};
use crate::cli::program::{Cli, NAME};
use crate::exit::Exit;
use crate::nearest::closest;

const EXAMPLES: &str = "EXAMPLES:
  Read a command's manual page:
    intune-ferry man import | man -l -

  Install all pages for this user:
    intune-ferry man --out ~/.local/share/man/man1";

/// Print a manual page, or write all pages to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Command whose page to print; omit it for the page of the program
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
    /// Folder to write all pages to
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub out: Option<PathBuf>,
}

/// Prints or writes.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let mut program = Cli::command().disable_help_subcommand(true);
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
    Ok(Answer::new(Exit::Done, text).details(details))
}

fn page(command: &Command) -> std::io::Result<String> {
    let name = match command.get_name() {
        NAME => NAME.to_owned(),
        name => format!("{NAME}-{name}"),
    };
    let mut text = Vec::new();
    Man::new(command.clone().name(name)).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
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

    #[test]
    fn every_command_has_a_page_with_its_examples() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("man1");
        run(&Args { command: None, out: Some(out.clone()) }).unwrap();
        let commands = Cli::command();
        for name in commands.get_subcommands().map(Command::get_name) {
            let text = std::fs::read_to_string(out.join(format!("intune-ferry-{name}.1"))).unwrap();
            assert!(text.starts_with(".ie") && text.contains("EXAMPLES"), "{name}: {text}");
            assert_eq!(run(&Args { command: Some(name.to_owned()), out: None }).unwrap().text, text);
        }
        let program = std::fs::read_to_string(out.join("intune-ferry.1")).unwrap();
        assert!(program.contains("intune\\-ferry\\-import(1)") && program.contains("EXIT CODES"), "{program}");
    }

    #[test]
    fn a_mistyped_command_is_met_with_a_suggestion() {
        let error = run(&Args { command: Some("exprot".into()), out: None }).unwrap_err();
        assert!(error.hint.unwrap().contains("`export`"));
    }
}
