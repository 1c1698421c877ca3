//! `completions`: a script that lets a shell complete commands, flags, policy types, codes and the tenants of
//! `ferry.toml`. The script asks the program itself for the words, so what it offers is always of today; that is
//! [`answered`].

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};
use serde_json::json;

use crate::catalogue::Catalogue;
use crate::cli::answer::Answer;
use crate::cli::context::NAME;
use crate::cli::error::CliError;
use crate::config;
use crate::exit::Exit;
use crate::finding::codes;
use crate::mapping::creatable_kinds;

/// By this variable a shell asks for words.
const VARIABLE: &str = "INTUNE_FERRY_COMPLETE";

const EXAMPLES: &str = "EXAMPLES:
  For bash, at the end of ~/.bashrc:
    source <(intune-ferry completions bash)

  For zsh, at the end of ~/.zshrc, after compinit:
    source <(intune-ferry completions zsh)

  For fish, in ~/.config/fish/config.fish:
    intune-ferry completions fish | source

  For PowerShell, as a line of the file that $PROFILE names:
    intune-ferry completions powershell | Out-String | Invoke-Expression

The script calls intune-ferry, which must be in a folder of PATH.";

/// Print a shell completion script for commands, flags, policy types, finding codes and tenants
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
    /// Write the script to this file instead
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<Answer, CliError> {
    let shell = args.shell.to_string();
    let unexpected = |why: String| CliError::new(Exit::Unexpected, format!("no script for {shell}: {why}"));
    let shells = Shells::builtins();
    let completer = shells.completer(&shell).ok_or_else(|| unexpected(String::from("unknown shell")))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, NAME, NAME, NAME, &mut script)
        .map_err(|error| unexpected(error.to_string()))?;
    let script = String::from_utf8_lossy(&script).into_owned();
    let details = json!({"shell": shell, "script": script});
    Ok(Answer::of_a_text(script, args.out.as_deref())?.details(details))
}

/// Gives the description of all commands and their flags.
type Describe = fn() -> Command;

/// Whether a shell asked for words, and got them.
pub fn answered(arguments: &[OsString], command_line: Describe) -> bool {
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(|| command(command_line)).var(VARIABLE).bin(NAME).completer(NAME);
    // A shell that gets nothing offers nothing; a message would stand in the middle of somebody's line.
    asked.try_complete(arguments.iter().cloned(), folder.as_deref()).unwrap_or(true)
}

/// The command line with the words for what a person types. The program itself takes any word there, to answer with a
/// suggestion.
fn command(command_line: Describe) -> Command {
    fn with_words(command: Command, command_line: Describe) -> Command {
        command.mut_args(|arg| words(arg, command_line)).mut_subcommands(|command| with_words(command, command_line))
    }
    with_words(command_line(), command_line)
}

fn words(arg: Arg, command_line: Describe) -> Arg {
    match arg.get_id().as_str() {
        "only" | "skip" => arg.add(ArgValueCandidates::new(selectable)),
        "policy_type" => arg.add(ArgValueCandidates::new(|| types(&[]))),
        "create_missing" => arg.add(ArgValueCandidates::new(|| {
            types(&Catalogue::built_in().map(|catalogue| creatable_kinds(&catalogue)).unwrap_or_default())
        })),
        "code" => arg.add(ArgValueCandidates::new(|| {
            codes::ALL.iter().map(|code| CompletionCandidate::new(code.name).help(Some(code.title.into()))).collect()
        })),
        "tenant" => arg.add(ArgValueCandidates::new(|| tenants().into_iter().map(CompletionCandidate::new).collect())),
        // The page of a command.
        "command" => arg.add(ArgValueCandidates::new(move || {
            command_line().get_subcommands().map(|command| CompletionCandidate::new(command.get_name())).collect()
        })),
        "left" | "right" => arg.add(ArgValueCompleter::new(sides)),
        _ => arg,
    }
}

/// Policy types with their titles, and other kinds.
fn types(others: &[String]) -> Vec<CompletionCandidate> {
    let Ok(catalogue) = Catalogue::built_in() else { return Vec::new() };
    let own = catalogue.iter().map(|it| CompletionCandidate::new(&it.name).help(Some(it.title.clone().into())));
    let is_new = |name: &&String| catalogue.get(name).is_none();
    own.chain(others.iter().filter(is_new).map(CompletionCandidate::new)).collect()
}

/// Policy types and groups of a type.
fn selectable() -> Vec<CompletionCandidate> {
    let Ok(catalogue) = Catalogue::built_in() else { return Vec::new() };
    let groups = catalogue.iter().flat_map(|of| &of.groups).map(|group| group.name.clone());
    types(&groups.collect::<Vec<_>>())
}

/// The tenants of the configuration that the words name, or of the usual one.
fn tenants() -> Vec<String> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let after = words.windows(2).find(|pair| pair[0] == "--config").map(|pair| PathBuf::from(&pair[1]));
    let joined = || words.iter().find_map(|word| Some(PathBuf::from(word.to_str()?.strip_prefix("--config=")?)));
    config::names(after.or_else(joined).as_deref())
}

/// A side of a comparison: a tree, or a tenant.
fn sides(begun: &OsStr) -> Vec<CompletionCandidate> {
    let text = begun.to_string_lossy();
    let tenants = tenants().into_iter().map(|name| format!("tenant:{name}"));
    let tenants = tenants.filter(|name| name.starts_with(&*text)).map(CompletionCandidate::new);
    PathCompleter::dir().complete(begun).into_iter().chain(tenants).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use clap::{CommandFactory as _, ValueEnum};

    use super::*;
    use crate::cli::program::Cli;

    #[test]
    fn every_shell_gets_a_script_that_asks_the_program() {
        for shell in Shell::value_variants() {
            let script = run(&Args { shell: *shell, out: None }).unwrap().text;
            assert!(script.contains(VARIABLE) && script.contains(NAME), "{shell}: {script}");
        }
    }

    #[test]
    fn what_is_typed_is_completed() {
        for (typed, wanted) in [
            (&["ex"][..], "export"),
            (&["export", "--acc"], "--accept-removals"),
            (&["export", "--only", "settings-c"], "settings-catalog"),
            (&["export", "--only", "endp"], "endpoint-security"),
            (&["types", "settings-c"], "settings-catalog"),
            (&["explain", "needs-s"], "needs-secret"),
            (&["plan", "tree", "--to", "e"], "env"),
            (&["diff", "tenant:e"], "tenant:env"),
            (&["map", "--create-missing", "gr"], "group"),
            (&["man", "imp"], "import"),
        ] {
            let arguments: Vec<OsString> = [NAME].iter().chain(typed).map(OsString::from).collect();
            let last = arguments.len() - 1;
            let found = clap_complete::engine::complete(&mut command(Cli::command), arguments, last, None).unwrap();
            assert!(found.iter().any(|found| found.get_value() == wanted), "{typed:?}: {found:?}");
        }
    }
}
