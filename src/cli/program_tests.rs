//! The command line as a whole: every command has its help and its examples, and they parse.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use clap::CommandFactory;

use super::*;

/// A context that shows nothing.
pub(in crate::cli) fn quiet_context() -> Context {
    let sink = || Box::new(std::io::sink());
    let printer = Printer::to(Format::Text, Verbosity::Quiet, sink(), sink());
    Context { printer, config: None, stop: CancellationToken::new() }
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
            assert!(cli.command.name() == command.get_name() || command.get_name() == "adopt", "{line}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_program_lists_its_commands() {
    insta::assert_snapshot!(Cli::command().term_width(100).render_help().to_string(), @r"
    Moves, backs up and reviews Microsoft Intune policies.

    export reads a tenant into a folder; map and rewrite say what its ids are in another tenant; plan
    shows what an import would do; import does it; verify reads back and compares.

    Usage: intune-ferry [OPTIONS] <COMMAND>

    Commands:
      export       Export a tenant's policies into a folder of readable JSON
      adopt        Read another tool's export into a tree
      lint         Check a tree offline: damaged files, references that lead nowhere, what each policy
                   needs to move
      map          Propose what each group, user, app … of the source is in the target
      rewrite      Replace the source's ids by the target's, into another tree
      plan         Show what an import would do, and write nothing
      import       Import a tree into a tenant: plan, confirm, write, read back
      verify       Read the target back and compare it with the tree
      undo         Take back what an import did, as its journal has it
      diff         Compare two trees or tenants in any combination: changes, and drift
      report       Write down for people what a tree has, or what an import did
      types        List the policy types, or say more of one
      explain      Explain a finding's code: why it is told and what to do
      login        Sign in, and show who, where and which permissions
      completions  Print a script that lets the shell complete commands, flags, policy types and codes
      man          Print a page of the manual, or write all pages into a folder
      sandbox      Serve emulated tenants on this machine, for rehearsal and tests
      demo         Go the whole way once on two emulated tenants; needs no account and no network
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Options of every command:
          --format <FORMAT>  Give results as text for people, or as one JSON document [default: text]
                             [possible values: text, json]
      -v, --verbose...       List what is only counted otherwise; twice for log lines
      -q, --quiet            Tell results and errors only
          --log-file <FILE>  Append a line per request to this file, without ids of objects and secrets
          --config <FILE>    The configuration file, instead of ./ferry.toml or the user's

    EXAMPLES:
      Rehearse a complete migration on emulated tenants, without any account:
        intune-ferry demo

      Back up a tenant that ferry.toml describes:
        intune-ferry export trial --out trial

    A TENANT is a table of ferry.toml, or `env` for the AZURE_* variables.

    EXIT CODES:
      0 done, 1 unexpected error, 2 wrong usage, 3 differences, 4 a decision is needed,
      5 some objects failed, 6 sign-in or permission, 7 unreachable, 130 interrupted
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
      [TREE]  The tree: a folder that export, adopt or rewrite wrote

    Options:
          --to <TENANT>           The target tenant: a table of ferry.toml, or `env` for the AZURE_*
                                  variables
          --mapping <FILE>        What the source's ids are in the target; what is created is recorded
                                  in it
          --plan <FILE>           Do what this reviewed plan says, and nothing else; it brings its own
                                  options
          --yes <TENANT-ID>       Confirm without a terminal, by the target's tenant id
          --journal <FILE>        Where the record of the run is written, instead of
                                  ferry-runs/<time>-<target>.ndjson
          --resume <JOURNAL>      Go on with the run of this journal: it was killed, interrupted, or
                                  waits for an approval. The journal holds all options
          --wave                  With --resume, after a pilot: assign to whom the tree means what the
                                  run assigned to its pilot group
          --justification <TEXT>  Why the changes should be made, for the second administrator who
                                  approves them where the tenant wants one (Multi Admin Approval)
          --app-content <DIR>     A folder with the files of line-of-business and Win32 apps
                                  (.intunewin, .msi, .apk, .ipa, .pkg, .dmg, .msix …): the apps are
                                  created and the files uploaded. A file has the name that the app says,
                                  or lies in a folder that is called as the app is
          --html <FILE>           Write the result as a report for a browser too: one file, readable
                                  without any network
      -h, --help                  Print help (see more with '--help')

    How the import behaves:
          --on-conflict <WHAT>           What becomes of a policy that exists in the target and differs
                                         [default: skip] [possible values: skip, update, fail]
          --decide <FILE>                Say for single policies what becomes of them; the file's form
                                         is in docs/importing.md
          --rename <TEMPLATE>            Bring copies beside what is there, under another name such as
                                         'MIG {name}'; the next run finds them again
          --assignments <WHICH>          Which assignments are written: `mapped`, those of the tree with
                                         the groups that the mapping names; `none`; or `pilot=GROUP`,
                                         one group of the target, by id or name, instead of whoever the
                                         tree names [default: mapped]
          --existing-assignments <WHAT>  What becomes of the assignments that a policy of the target
                                         already has [default: leave] [possible values: leave, merge,
                                         replace]
          --allow-broad                  Write assignments to all users and all devices too; they are
                                         held back otherwise
          --ca-state <STATE>             In what state Conditional Access policies arrive; without it
                                         they are created disabled, and existing ones keep their state
                                         [possible values: disabled, report-only, keep]
          --include-defaults <TYPES>     Types whose objects exist in every tenant and are changed as
                                         well, such as `tenant-settings` or `enrollment-configurations`;
                                         without it they are only compared
          --restore                      Allow the tenant that the tree came from as the target
          --send-secrets                 Send secrets that are given again to policies that have one
                                         already: the service shows none, so they cannot be compared
          --max-creates <N>              Write nothing at all where more policies than this would be
                                         created
          --max-updates <N>              Write nothing at all where more policies of the target than
                                         this would be changed or assigned

    Secrets:
          --secrets <FILE>      Secrets that `export --secrets` kept; an environment variable of a
                                secret's name comes before it
          --identity <KEYFILE>  The file with the age key that opens it. The key itself never stands on
                                a command line, which others can see

    Which policies:
          --only <TYPES>          Only these policy types or groups of a type (`intune-ferry types`
                                  lists them)
          --skip <TYPES>          All but these policy types or groups of a type
          --name <GLOB>           Only policies of such a name; * and ? stand for any characters
          --without-dependencies  Leave out what the selected policies refer to

    Options of every command:
          --format <FORMAT>  Give results as text for people, or as one JSON document [default: text]
                             [possible values: text, json]
      -v, --verbose...       List what is only counted otherwise; twice for log lines
      -q, --quiet            Tell results and errors only
          --log-file <FILE>  Append a line per request to this file, without ids of objects and secrets
          --config <FILE>    The configuration file, instead of ./ferry.toml or the user's

    EXAMPLES:
      Review the plan, then confirm by typing the tenant's name:
        intune-ferry import trial --to production --mapping mapping.json

      In a pipeline, import exactly what was reviewed:
        intune-ferry import trial --to production --mapping mapping.json --plan plan.json

      In a pipeline, without a reviewed plan:
        intune-ferry import trial --to env --mapping mapping.json
        --yes=00000000-0000-0000-0000-000000000000

      Include the secrets that an export kept (docs/secrets.md):
        intune-ferry import trial --to production --mapping mapping.json --secrets trial.age --identity
        key.txt

      In phases: to one group first, then, with the same mapping or a better one, to whom the tree
      means:
        intune-ferry import trial --to production --mapping mapping.json --assignments pilot=Pilots
        intune-ferry import --resume ferry-runs/20260101T080000Z-contoso.example.ndjson --wave

      Upload the files of line-of-business and Win32 apps, which Graph does not return:
        intune-ferry import trial --to production --mapping mapping.json --app-content packages

      Continue an import that was interrupted or is waiting for an approval:
        intune-ferry import --resume ferry-runs/20260101T080000Z-contoso.example.ndjson

    Existing policies that differ are not touched unless --on-conflict update is given; running it again
    makes no duplicates.
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
