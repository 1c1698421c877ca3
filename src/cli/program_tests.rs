//! The command line as a whole: every command has its help and its examples, and they parse.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use clap::CommandFactory;

use super::*;

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_help_and_examples() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(command.get_about().is_some(), "{name} says nothing of itself");
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(after.starts_with("EXAMPLES:") && after.contains(&format!("intune-ferry {name}")), "{name}: {after}");
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "{name}: {} has no help", argument.get_id());
        }
    }
}

/// An example that does not parse is worse than none.
#[test]
fn every_example_parses() {
    let mut seen = 0;
    for command in Cli::command().get_subcommands() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines().map(str::trim).filter(|line| line.starts_with("intune-ferry ")) {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert!(cli.command.name() == command.get_name() || command.get_name() == "adopt", "{line}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_program_lists_its_commands() {
    insta::assert_snapshot!(Cli::command().term_width(100).render_help().to_string(), @r"
    ");
}

#[test]
fn the_help_of_an_import() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let import = command.find_subcommand_mut("import").unwrap();
    insta::assert_snapshot!(import.render_help().to_string(), @r"
    ");
}

#[test]
fn json_is_recognised_even_where_the_rest_is_not() {
    let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
    assert!(asks_for_json(&words("x plan --format json --nonsense")));
    assert!(asks_for_json(&words("x plan --format=json")));
    assert!(!asks_for_json(&words("x plan --format text json")));
}

#[test]
fn yes_wants_its_id_in_the_same_word() {
    let parse = |yes: &[&str]| {
        Cli::try_parse_from([&["intune-ferry", "import", "t", "--to", "b"], yes].concat()).map(|cli| cli.command.name())
    };
    assert_eq!(parse(&["--yes=abc"]).unwrap(), "import");
    assert!(parse(&["--yes", "abc"]).is_err());
    assert!(parse(&["--yes"]).is_err());
}

#[test]
fn quiet_and_verbose_exclude_each_other() {
    assert!(Cli::try_parse_from(["intune-ferry", "types", "-q", "-v"]).is_err());
    let cli = Cli::try_parse_from(["intune-ferry", "-vv", "types"]).unwrap();
    assert_eq!(cli.global.printer().verbosity(), Verbosity::Debug);
}

/// The page for people who write pipelines cannot drift from the codes.
#[test]
fn the_page_of_exit_codes_knows_every_code_and_command() {
    let page = include_str!("../../docs/exit-codes.md");
    for exit in Exit::ALL {
        let row = format!("| {} | `{}` | {} |", exit.code(), crate::ui::results::outcome_word(exit), exit.sentence());
        assert!(page.contains(&row), "missing: {row}");
    }
    for command in Cli::command().get_subcommands() {
        assert!(page.contains(&format!("| `{}` |", command.get_name())), "missing: {}", command.get_name());
    }
}
