//! The command line as a whole: every command has its help and its examples, and they parse.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use clap::CommandFactory;

use super::*;

/// A context that shows nothing.
pub(in crate::cli) fn quiet_context() -> Context {
    let sink = || Box::new(std::io::sink());
    let printer = Printer::to(Format::Text, Verbosity::Quiet, sink(), sink());
    let (browser, stop) = (BrowserArgs::default(), CancellationToken::new());
    Context { printer, config: None, browser, stop, command_line: Cli::command }
}

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

/// A command line that a terminal breaks cannot be pasted.
#[test]
fn no_example_is_wider_than_a_terminal() {
    fn below(command: &clap::Command) {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines() {
            assert!(line.chars().count() <= 96 || !line.starts_with("    "), "{line}");
        }
        command.get_subcommands().for_each(below);
    }
    below(&Cli::command());
}

/// An example that does not parse is worse than none.
#[test]
fn every_example_parses() {
    let mut seen = 0;
    for command in Cli::command().get_subcommands() {
        let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in after.lines().map(str::trim).filter(|line| line.starts_with("intune-ferry ")) {
            // What the shell does with the output is not the program's.
            let words = line.split(' ').take_while(|word| ![">", ">>", "|"].contains(word));
            let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
            let is_own = cli.command.name() == command.get_name();
            assert!(is_own || ["adopt", "convert", "secrets"].contains(&command.get_name()), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_program_lists_its_commands() {
    insta::assert_snapshot!(Cli::command().term_width(100).render_help().to_string(), @r"
    Moves, backs up and reviews Microsoft Intune policies.

    export reads a tenant into a folder; map and rewrite replace its IDs with those of another tenant;
    plan shows what an import would do; import does it; verify reads the tenant back and compares.

    Usage: intune-ferry [OPTIONS] <COMMAND>

    Commands:
      export       Export a tenant's policies into a folder of readable JSON
      adopt        Convert another tool's export, or group policy, into a tree
      convert      Write a new tree in which policies of one type are settings catalog policies
      lint         Check a tree offline: damaged files, broken references, what each policy needs to
                   move
      map          Propose which group, user, app … in the target replaces each one of the source
      rewrite      Write a new tree with the target's IDs instead of the source's
      ready        Show what a tenant needs before policies work there, and what expires soon
      plan         Show what an import would do, without writing anything
      import       Import a tree into a tenant: plan, confirm, write, read back
      verify       Compare the target with the tree
      undo         Undo what an import did, according to its journal
      diff         Compare two trees or tenants, in any combination: changes and drift
      report       Write a report about a tree or an import
      ui           Look at trees, policies, differences and reports in the browser
      secrets      Write a template for the secrets that the policies of a tree need
      types        List the policy types, or show details of one
      explain      Explain a finding code: cause and fix
      init         Write a ferry.toml with a tenant, or add a tenant to it
      login        Test sign-in; show the identity, tenant and permissions (granted and missing)
      doctor       Show what a tenant answers and what it refuses, without changing anything
      completions  Print a shell completion script for commands, flags, policy types, finding codes and
                   tenants
      man          Show a manual page, or write all pages to a folder
      sandbox      Run emulated tenants on this computer, for rehearsal and tests
      demo         Run a complete migration between two emulated tenants (no account or network needed)
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Options of every command:
          --format <FORMAT>  Print results as text, or as one JSON document [default: text] [possible
                             values: text, json]
          --results <FILE>   Also write the result as one JSON document to this file, in UTF-8; the
                             terminal still shows text
      -v, --verbose...       Show details instead of counts; -vv also shows log lines
      -q, --quiet            Print only results and errors
          --log-file <FILE>  Append one line per request to this file, without object IDs and secrets
          --config <FILE>    Configuration file to use instead of ./ferry.toml or the user's

    Signing in with a browser:
          --no-browser                 Show the address to open instead of opening a browser
          --sign-in-port <PORT>        Local port for the answer, for example one that SSH forwards
                                       [default: a free one]
          --sign-in-timeout <SECONDS>  How long to wait for the browser [default: 300]

    EXAMPLES:
      Rehearse a complete migration on emulated tenants, without any account:
        intune-ferry demo

      Back up a tenant; you sign in with a browser:
        intune-ferry export contoso.onmicrosoft.com --out contoso

    A TENANT is a table of ferry.toml, a tenant's ID or domain, or `env` for the AZURE_* variables.

    EXIT CODES:
    0 done, 1 unexpected error, 2 wrong usage, 3 differences, 4 a decision is needed, 5 some objects
    failed, 6 sign-in or permission, 7 unreachable, 130 interrupted
    ");
}

#[test]
fn the_help_of_an_import() {
    let mut command = Cli::command().term_width(100);
    command.build();
    let import = command.find_subcommand_mut("import").unwrap();
    insta::assert_snapshot!(import.render_help().to_string(), @r"
    Import a tree into a tenant: plan, confirm, write, read back

    Usage: intune-ferry import [OPTIONS] --to <TENANT> <TREE>
           intune-ferry import --resume <JOURNAL> [--wave [--allow-broad] [--yes <TENANT-ID>]] [--secrets <FILE> --identity <KEYFILE>]

    Arguments:
      [TREE]  Tree: a folder written by export, adopt or rewrite

    Options:
          --to <TENANT>           Target tenant: a table of ferry.toml, a tenant's ID or domain, or
                                  `env` for the AZURE_* variables
          --mapping <FILE>        Mapping from source IDs to target IDs; the import adds the objects it
                                  creates
          --plan <FILE>           Import exactly what this reviewed plan contains, with the plan's
                                  options
          --yes <TENANT-ID>       Confirm without a terminal: the target's tenant ID
          --journal <FILE>        Journal file to write instead of ferry-runs/<time>-<target>.ndjson
          --resume <JOURNAL>      Continue the import of this journal, which was interrupted or is
                                  waiting for an approval. The journal contains all options
          --wave                  With --resume: finish a pilot. Replaces the pilot group with the
                                  assignments in the tree
          --justification <TEXT>  Justification for the second administrator who approves the changes,
                                  if the tenant requires one (Multi Admin Approval)
          --app-content <DIR>     Folder with the files of line-of-business and Win32 apps (.intunewin,
                                  .msi, .apk, .ipa, .pkg, .dmg, .msix …): creates the apps and uploads
                                  the files. A file matches by the app's file name, or by a folder named
                                  after the app
          --html <FILE>           Also write the result as an HTML report: one self-contained file
          --markdown <FILE>       Also write the result as Markdown, for a pull request or a wiki
      -h, --help                  Print help (see more with '--help')

    How the import behaves:
          --on-conflict <WHAT>           What to do with a policy that exists in the target with
                                         different settings [default: skip] [possible values: skip,
                                         update, fail]
          --decide <FILE>                Per-policy decisions that override --on-conflict (format:
                                         docs/importing.md)
          --rename <TEMPLATE>            Import as copies under a new name, e.g. 'MIG {name}', leaving
                                         existing policies untouched; reruns update the same copies
          --assignments <WHICH>          Which assignments to write: `mapped`, those in the tree with
                                         their mapped groups; `none`; or `pilot=GROUP`, only this group
                                         in the target, by ID or name [default: mapped]
          --existing-assignments <WHAT>  What to do with the existing assignments of a policy in the
                                         target [default: leave] [possible values: leave, merge,
                                         replace]
          --allow-broad                  Also write assignments to all users and all devices, which are
                                         otherwise held back
          --ca-state <STATE>             State of imported Conditional Access policies; by default new
                                         policies are disabled, and existing policies keep their state
                                         [possible values: disabled, report-only, keep]
          --include-defaults <TYPES>     Also change the default objects of these types, such as
                                         `tenant-settings` or `enrollment-configurations`; by default
                                         they are only compared
          --restore                      Allow the tree's own tenant as the target
          --send-secrets                 Re-send supplied secrets to policies that already have one
                                         (Graph never returns secrets, so a change cannot be detected)
          --max-creates <N>              Write nothing if more than this number of policies would be
                                         created
          --max-updates <N>              Write nothing if more than this number of policies in the
                                         target would be changed or assigned

    Secrets:
          --secrets <FILE>      Secrets file from `export --secrets`; environment variables with a
                                secret's name take precedence
          --identity <KEYFILE>  File with the age key that decrypts it (other users can see command
                                lines, so the key itself is not accepted)

    Which policies:
          --only <TYPES>          Only these policy types or groups of a type (`intune-ferry types`
                                  lists them)
          --skip <TYPES>          All except these policy types or groups of a type
          --name <GLOB>           Only policies whose name matches; * and ? are wildcards
          --without-dependencies  Leave out the policies that the selected policies refer to

    Options of every command:
          --format <FORMAT>  Print results as text, or as one JSON document [default: text] [possible
                             values: text, json]
          --results <FILE>   Also write the result as one JSON document to this file, in UTF-8; the
                             terminal still shows text
      -v, --verbose...       Show details instead of counts; -vv also shows log lines
      -q, --quiet            Print only results and errors
          --log-file <FILE>  Append one line per request to this file, without object IDs and secrets
          --config <FILE>    Configuration file to use instead of ./ferry.toml or the user's

    Signing in with a browser:
          --no-browser                 Show the address to open instead of opening a browser
          --sign-in-port <PORT>        Local port for the answer, for example one that SSH forwards
                                       [default: a free one]
          --sign-in-timeout <SECONDS>  How long to wait for the browser [default: 300]

    EXAMPLES:
      Review the plan, then confirm by typing the tenant's name:
        intune-ferry import trial --to production --mapping mapping.json

      In a pipeline, import exactly what was reviewed:
        intune-ferry import trial --to production --mapping mapping.json --plan plan.json

      In a pipeline, without a reviewed plan, a tree that `rewrite` wrote:
        intune-ferry import rewritten --to env --yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049

      Include the secrets that an export kept (docs/secrets.md):
        intune-ferry import rewritten --to production --secrets trial.age --identity key.txt

      In phases: assign to a pilot group first, then to the groups in the tree:
        intune-ferry import trial --to production --mapping mapping.json --assignments pilot=Pilots
        intune-ferry import --resume ferry-runs/move.ndjson --wave

      Upload app files, which Graph does not return (docs/apps.md):
        intune-ferry import trial --to production --mapping mapping.json --app-content packages

      Continue an import that was interrupted or is waiting for an approval:
        intune-ferry import --resume ferry-runs/move.ndjson

    Existing policies that differ are changed only with --on-conflict update. Repeating an import
    creates no duplicates.
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
fn yes_wants_the_tenants_id() {
    let parse = |yes: &[&str]| {
        Cli::try_parse_from([&["intune-ferry", "import", "t", "--to", "b"], yes].concat()).map(|cli| cli.command.name())
    };
    assert_eq!(parse(&["--yes=abc"]).unwrap(), "import");
    assert_eq!(parse(&["--yes", "abc"]).unwrap(), "import");
    assert!(parse(&["--yes"]).is_err());
}

#[test]
fn quiet_and_verbose_exclude_each_other() {
    assert!(Cli::try_parse_from(["intune-ferry", "types", "-q", "-v"]).is_err());
    let cli = Cli::try_parse_from(["intune-ferry", "-vv", "types"]).unwrap();
    assert_eq!(cli.global.printer().verbosity(), Verbosity::Debug);
}
