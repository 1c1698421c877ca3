//! Every argument that names a file or a folder, and what its command does with it. A test walks the whole command
//! line, so that a new flag cannot be forgotten here.

use std::path::PathBuf;

use clap::ArgMatches;

use super::kind::Kind;

/// What a command does with what an argument names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is read.
    Reads,
    /// It is written: the whole file, or more lines at its end.
    Writes(Kind),
    /// It is read strictly, and then written: a file of another kind is refused by whoever reads it.
    Updates,
    /// A folder that the command fills; the command itself refuses one that holds other things.
    Fills,
}

/// Flags of every command stand under no command's name.
const EVERY: &str = "";

const READS: Role = Role::Reads;
const HTML: Role = Role::Writes(Kind::Page);
const MARKDOWN: Role = Role::Writes(Kind::Markdown);

/// Command, argument, and what is done with it.
#[rustfmt::skip]
pub static ALL: &[(&str, &str, Role)] = &[
    (EVERY, "config", READS),
    (EVERY, "log_file", Role::Writes(Kind::Log)),
    (EVERY, "results", Role::Writes(Kind::Results)),
    ("export", "out", Role::Fills),
    ("export", "secrets", Role::Writes(Kind::Secrets)),
    ("export", "recipient", READS),
    ("adopt", "dir", READS),
    ("adopt", "admx", READS),
    ("adopt", "out", Role::Fills),
    ("adopt", "html", HTML),
    ("convert", "tree", READS),
    ("convert", "admx", READS),
    ("convert", "out", Role::Fills),
    ("convert", "html", HTML),
    ("lint", "tree", READS),
    ("lint", "html", HTML),
    ("lint", "markdown", MARKDOWN),
    ("map", "tree", READS),
    ("map", "out", Role::Updates),
    ("rewrite", "tree", READS),
    ("rewrite", "mapping", READS),
    ("rewrite", "out", Role::Fills),
    ("ready", "tree", READS),
    ("ready", "mapping", READS),
    ("ready", "out", Role::Writes(Kind::Readiness)),
    ("ready", "announce", MARKDOWN),
    ("ready", "html", HTML),
    ("ready", "markdown", MARKDOWN),
    ("plan", "tree", READS),
    ("plan", "mapping", READS),
    ("plan", "out", Role::Writes(Kind::Plan)),
    ("plan", "app_content", READS),
    ("plan", "decide", READS),
    ("plan", "secrets", READS),
    ("plan", "identity", READS),
    ("plan", "html", HTML),
    ("plan", "markdown", MARKDOWN),
    ("import", "tree", READS),
    ("import", "mapping", Role::Updates),
    ("import", "plan", READS),
    ("import", "journal", Role::Writes(Kind::Journal)),
    ("import", "resume", Role::Updates),
    ("import", "app_content", READS),
    ("import", "decide", READS),
    ("import", "secrets", READS),
    ("import", "identity", READS),
    ("import", "html", HTML),
    ("import", "markdown", MARKDOWN),
    ("verify", "tree", READS),
    ("verify", "mapping", READS),
    ("verify", "decide", READS),
    ("verify", "html", HTML),
    ("verify", "markdown", MARKDOWN),
    ("undo", "journal", Role::Updates),
    ("undo", "secrets", READS),
    ("undo", "identity", READS),
    ("undo", "html", HTML),
    ("undo", "markdown", MARKDOWN),
    ("diff", "left", READS),
    ("diff", "right", READS),
    ("diff", "mapping", READS),
    ("diff", "html", HTML),
    ("diff", "markdown", MARKDOWN),
    ("report", "what", READS),
    ("report", "html", HTML),
    ("report", "markdown", MARKDOWN),
    ("ui", "folder", READS),
    ("doctor", "out", Role::Writes(Kind::Examination)),
    ("secrets", "tree", READS),
    ("secrets", "out", Role::Writes(Kind::New)),
    ("types", "out", Role::Writes(Kind::Schema)),
    ("login", "certificate", READS),
    ("completions", "out", Role::Writes(Kind::Completions)),
    ("man", "out", Role::Fills),
    ("demo", "dir", Role::Fills),
];

/// A file or folder that was named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The argument, as it is typed where it is a flag.
    pub flag: String,
    /// What it names.
    pub path: PathBuf,
    /// What is done with it.
    pub role: Role,
}

/// All that a command line names.
pub fn given(matches: &ArgMatches) -> Vec<Place> {
    let Some((command, matches)) = matches.subcommand() else { return Vec::new() };
    // What a command of a command is given counts as the outer one's.
    let matches = matches.subcommand().map_or(matches, |(_, inner)| inner);
    let mut places = Vec::new();
    for (_, id, role) in ALL.iter().filter(|(of, ..)| *of == EVERY || *of == command) {
        let flag = format!("--{}", id.replace('_', "-"));
        let paths = matches.try_get_many::<PathBuf>(id).ok().flatten().into_iter().flatten().cloned();
        // A word may be something else than a file, such as a tenant or a key; then no file has its name.
        let words = matches.try_get_many::<String>(id).ok().flatten().into_iter().flatten().map(PathBuf::from);
        let named = paths.chain(words.filter(|word| word.exists()));
        places.extend(named.map(|path| Place { flag: flag.clone(), path, role: *role }));
    }
    if command == "map" && matches.get_flag("csv") {
        let sheets: Vec<Place> = places.iter().filter(|place| place.flag == "--out").map(sheet).collect();
        places.extend(sheets);
    }
    places
}

/// The sheet beside a mapping has its name, with another ending.
fn sheet(mapping: &Place) -> Place {
    Place { flag: String::from("--csv"), path: mapping.path.with_extension("csv"), role: Role::Updates }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use std::any::TypeId;
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::cli::program::Cli;

    /// Every argument of a path's type, by command.
    fn of_the_command_line() -> BTreeSet<(String, String)> {
        let mut program = Cli::command();
        program.build();
        let is_path = |argument: &clap::Arg| argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let own = |command: &clap::Command, name: &str| -> Vec<(String, String)> {
            let inner = command.get_subcommands().filter(|_| !name.is_empty()).flat_map(clap::Command::get_arguments);
            let ids = command
                .get_arguments()
                .chain(inner)
                .filter(|argument| is_path(argument) && argument.is_global_set() == name.is_empty());
            ids.map(|argument| (name.to_owned(), argument.get_id().to_string())).collect()
        };
        let commands = program.get_subcommands().filter(|command| command.get_name() != "help");
        commands.flat_map(|command| own(command, command.get_name())).chain(own(&program, EVERY)).collect()
    }

    #[test]
    fn every_argument_that_names_a_file_is_in_the_list() {
        // Words that may be a file's name among other things.
        let words = [("export", "recipient"), ("diff", "left"), ("diff", "right")];
        let listed = ALL.iter().filter(|(command, id, _)| !words.contains(&(*command, *id)));
        let listed: BTreeSet<(String, String)> =
            listed.map(|(command, id, _)| ((*command).to_owned(), (*id).to_owned())).collect();
        let found = of_the_command_line();
        assert_eq!(found.difference(&listed).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "not in the list");
        assert_eq!(listed.difference(&found).collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "no longer there");
    }

    #[test]
    fn a_command_line_says_what_it_reads_and_writes() {
        let of = |line: &str| {
            let matches = Cli::command().try_get_matches_from(line.split(' ')).unwrap();
            let told = |place: Place| format!("{} {} {:?}", place.flag, place.path.display(), place.role);
            given(&matches).into_iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(of("x report tree --html a --log-file l").len(), 3);
        assert_eq!(of("x diff . tenant:b"), ["--left . Reads"], "a tenant is not a file");
        assert_eq!(of("x map . --to b --out m.json --csv")[2], "--csv m.csv Updates");
    }
}
