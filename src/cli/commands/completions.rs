//! `completions`: a script that lets a shell complete commands, flags, policy types and codes.

use clap::builder::PossibleValuesParser;
use clap::{Arg, CommandFactory};
use clap_complete::Shell;
use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::program::{Cli, NAME};
use crate::exit::Exit;
use crate::finding::codes;

const EXAMPLES: &str = "EXAMPLES:
  For bash:
    intune-ferry completions bash > ~/.local/share/bash-completion/completions/intune-ferry

  For zsh, in a folder of $fpath:
    intune-ferry completions zsh > ~/.zfunc/_intune-ferry

  For PowerShell, as a line of the file that $PROFILE names:
    intune-ferry completions powershell | Out-String | Invoke-Expression";

/// Print a shell completion script for commands, flags, policy types and finding codes
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Shell to complete in
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let mut types: Vec<String> = catalogue.iter().map(|policy_type| policy_type.name.clone()).collect();
    let groups = catalogue.iter().flat_map(|policy_type| &policy_type.groups).map(|group| group.name.clone());
    let mut selectable: Vec<String> = types.iter().cloned().chain(groups).collect();
    types.sort_unstable();
    selectable.sort_unstable();
    let codes = codes::ALL.iter().map(|code| code.name.to_owned()).collect();

    // The program itself takes any word there, to answer with a suggestion.
    let values = |arg: Arg| match arg.get_id().as_str() {
        "only" | "skip" => taking(arg, &selectable),
        "policy_type" => taking(arg, &types),
        "code" => taking(arg, &codes),
        _ => arg,
    };
    let mut command = Cli::command().mut_subcommands(|command| command.mut_args(values));
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, NAME, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let details = json!({"shell": args.shell.to_string(), "script": script});
    Ok(Answer::new(Exit::Done, script).details(details))
}

fn taking(arg: Arg, words: &Vec<String>) -> Arg {
    arg.value_parser(PossibleValuesParser::new(words)).hide_possible_values(true)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use clap::ValueEnum;

    use super::*;
    use crate::cli::program::tests::quiet_context;

    #[test]
    fn every_shell_gets_a_script_that_knows_commands_types_and_codes() {
        for shell in Shell::value_variants() {
            let script = run(&Args { shell: *shell }, &quiet_context()).unwrap().text;
            assert!(script.contains("export") && script.contains("accept-removals"), "{shell}");
            // The generators for the others complete fewer values or none.
            if matches!(shell, Shell::Bash | Shell::Zsh) {
                for word in ["settings-catalog", "endpoint-security", "needs-secret"] {
                    assert!(script.contains(word), "{shell}: {word}");
                }
            }
        }
    }
}
