//! How each command can end, in one table: the program reads from it what a finding means for the exit code, and
//! `docs/exit-codes.md` is made of it.

use crate::exit::Exit;
use crate::finding::{Code, Finding, codes};

/// What each way to end means for one command; empty where it never ends so. 1 and 2 are the same for all.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The command.
    pub command: &'static str,
    /// 0.
    pub done: &'static str,
    /// 3.
    pub differences: &'static str,
    /// 4.
    pub blocked: &'static str,
    /// 5.
    pub some_failed: &'static str,
    /// 6 and 7.
    pub service: &'static str,
    /// 130.
    pub interrupted: &'static str,
}

/// Findings that say that something was left out, or that something that was asked for is not there: wherever a command
/// tells one beside its objects, some failed. [`lint`](LINT) only looks, so there they are to be decided.
pub static LEFT_OUT: [&Code; 6] = [
    &codes::DAMAGED_FILE,
    &codes::DUPLICATE_ID,
    &codes::NOT_COMMITTED,
    &codes::NOT_RECORDED,
    &codes::READ_FAILED,
    &codes::SIDECAR_REFUSED,
];
/// Findings that say that something waits for a decision about all of it.
pub static HELD: [&Code; 3] = [&codes::EDITED_HELD, &codes::IGNORED_BY_GIT, &codes::REMOVAL_HELD];
/// Of these, the command's own work is what failed, whichever command it is.
static OWN_WORK: [&Code; 2] = [&codes::NOT_COMMITTED, &codes::NOT_RECORDED];

const LINT: &str = "lint";
const STOPPED: &str = "stopped";
const AS_ABOVE: &str = "as above";

const NOTHING: Ends = Ends {
    command: "",
    done: "shown",
    differences: "",
    blocked: "",
    some_failed: "",
    service: "",
    interrupted: STOPPED,
};

/// All commands, in the order of the help.
pub static ALL: [Ends; 24] = [
    Ends {
        command: "export",
        done: "everything selected is in the tree, except what requires a write permission to read (`not-read`)",
        blocked: "removals are held back (`--accept-removals`), or edited files are kept \
         (`--keep-edited`, `--overwrite-edited`); with `--commit`, git ignores a file of the tree",
        some_failed: "a type or an object could not be read, and its files are kept; or the tree was written but not \
         committed; or the secrets file could not be written",
        service: AS_ABOVE,
        interrupted: "stopped; the tree is unchanged",
        ..NOTHING
    },
    Ends {
        command: "adopt",
        done: "everything recognized is in the tree",
        blocked: "removals are held back (`--accept-removals`)",
        some_failed: "a file is damaged, or an object exists twice",
        ..NOTHING
    },
    Ends {
        command: "convert",
        done: "what converts whole is converted, and the other policies are in the new tree as they were",
        blocked: "removals are held back (`--accept-removals`)",
        some_failed: "a file of the tree is damaged, and its policy is left out; or a template cannot be read",
        ..NOTHING
    },
    Ends {
        command: LINT,
        done: "no errors",
        blocked: "the tree has an error: a damaged file, a cycle",
        some_failed: "the report could not be written",
        ..NOTHING
    },
    Ends {
        command: "map",
        done: "every entry is decided",
        blocked: "entries are undecided",
        some_failed: "a file of the tree is damaged, and its policy is ignored; or the spreadsheet could not be written",
        service: AS_ABOVE,
        interrupted: "stopped; no file was written",
        ..NOTHING
    },
    Ends {
        command: "rewrite",
        done: "everything is rewritten",
        blocked: "a policy is blocked, its assignments are held back, or removals are held back (`--accept-removals`)",
        some_failed: "a file of the tree is damaged, and its policy is left out",
        ..NOTHING
    },
    Ends {
        command: "ready",
        done: "everything that is needed is in place",
        differences: "something expires or degrades soon; nothing is missing",
        blocked: "something that is needed is missing or does not work",
        some_failed: "nothing is known to be missing, but something could not be checked; or a file of the tree is damaged, \
         or a file could not be written",
        service: AS_ABOVE,
        ..NOTHING
    },
    Ends {
        command: "plan",
        done: "the target already matches the tree",
        differences: "there are changes to make, or policies in the target differ and are kept",
        blocked: "a step is blocked or held back, or there are more changes than `--max-creates` or `--max-updates` allows",
        some_failed: "a file of the tree is damaged, and its policy is left out; or the plan could not be written",
        service: AS_ABOVE,
        ..NOTHING
    },
    Ends {
        command: "import",
        done: "the target now matches the tree",
        differences: "policies in the target differ and were not changed, or not in a property that Graph accepts only at creation",
        blocked: "a step is blocked, held back, or waiting for a second administrator's approval (`--resume` after the \
         approval); the rest is done. If there are more changes than `--max-creates` or `--max-updates` allows, \
         nothing is done",
        some_failed: "a write failed, the target changed after the plan, the result that was read back differs or cannot be read, a file of the \
         tree is damaged and its policy is left out, or the result could not be recorded (`--resume` records it)",
        service: AS_ABOVE,
        interrupted: "stopped after the current requests; the journal is complete",
    },
    Ends {
        command: "verify",
        done: "the target matches the tree; tenant-specific and retired policies are not checked",
        differences: "something is missing or differs",
        blocked: "something could not be compared without a decision",
        some_failed: "a file of the tree is damaged, and its policy is not compared",
        service: AS_ABOVE,
        ..NOTHING
    },
    Ends {
        command: "undo",
        done: "everything the import did is undone",
        differences: "with `--dry-run`: there is something to undo",
        blocked: "something was changed since, or is in use, and is kept (`--force`)",
        some_failed: "something could not be removed or restored, or the mapping could not be corrected; undo again",
        service: AS_ABOVE,
        interrupted: "stopped after the current request; undo again",
    },
    Ends {
        command: "diff",
        done: "both sides are identical",
        differences: "policies differ, were added or were removed; or, of two results of `ready`, checks differ",
        some_failed: "a type or a file could not be read, or a tree is incomplete, so a part was not compared",
        service: AS_ABOVE,
        ..NOTHING
    },
    Ends {
        command: "report",
        done: "the report is written",
        some_failed: "a file of the tree is damaged, or was when the import was planned; the rest is in the report",
        ..NOTHING
    },
    Ends { command: "ui", done: "stopped by its button or by Ctrl-C", interrupted: "", ..NOTHING },
    Ends {
        command: "secrets",
        done: "the template is written, or there is nothing to write",
        some_failed: "a file of the tree is damaged; the secrets of the other policies are in the template",
        ..NOTHING
    },
    Ends { command: "types", interrupted: "", ..NOTHING },
    Ends { command: "explain", interrupted: "", ..NOTHING },
    Ends { command: "init", done: "the file describes the tenant", interrupted: "", ..NOTHING },
    Ends {
        command: "login",
        done: "signed in; or the application is registered (`--register`) or removed (`--unregister`)",
        blocked: "the application is registered, and an administrator must consent to its permissions",
        some_failed: "the tenant refused a part of the registration",
        service: "as above, or a permission is missing (with `--require`)",
        ..NOTHING
    },
    Ends {
        command: "doctor",
        done: "every type answers, or is refused as expected for this account or tenant",
        some_failed: "a request failed or was refused that should be answered, or the file could not be written",
        service: AS_ABOVE,
        ..NOTHING
    },
    Ends { command: "completions", done: "printed", interrupted: "", ..NOTHING },
    Ends { command: "man", done: "printed or written", interrupted: "", ..NOTHING },
    Ends { command: "sandbox", done: "stopped by Ctrl-C", interrupted: "", ..NOTHING },
    Ends { command: "demo", done: "the demo is complete", ..NOTHING },
];

impl Ends {
    /// What it means when the command ends so; empty where it never does. 1 and 2 are everybody's.
    pub fn says(&self, exit: Exit) -> &'static str {
        match exit {
            Exit::Done => self.done,
            Exit::Differences => self.differences,
            Exit::Blocked => self.blocked,
            Exit::SomeFailed => self.some_failed,
            Exit::SignIn | Exit::Unreachable => self.service,
            Exit::Interrupted => self.interrupted,
            Exit::Unexpected | Exit::Usage => exit.sentence(),
        }
    }
}

/// The row of a command.
pub fn of(command: &str) -> Option<&'static Ends> {
    ALL.iter().find(|ends| ends.command == command)
}

/// What the findings that a command tells beside its objects mean for its exit code. What an object's own findings
/// mean, its action says.
pub fn by_findings(command: &str, findings: &[Finding]) -> Exit {
    findings.iter().fold(Exit::Done, |exit, finding| exit.or(by_finding(command, finding)))
}

fn by_finding(command: &str, finding: &Finding) -> Exit {
    let is_one_of = |list: &[&Code]| list.iter().any(|code| finding.is(code));
    match command {
        _ if finding.is(&codes::INTERNAL_ERROR) => Exit::Unexpected,
        LINT if is_one_of(&LEFT_OUT) && !is_one_of(&OWN_WORK) => Exit::Blocked,
        _ if is_one_of(&LEFT_OUT) => Exit::SomeFailed,
        _ if is_one_of(&HELD) => Exit::Blocked,
        _ => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::program::Cli;
    use crate::finding::Severity;

    #[test]
    fn the_table_has_every_command() {
        let program = Cli::command();
        let commands: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(commands, ALL.map(|ends| ends.command));
    }

    /// What only an object's own action can say: of these, no command tells one beside its objects that would leave a
    /// policy out. A new code of severity error has to be put into one of the lists.
    const OF_OBJECTS: &str = "ambiguous-match ambiguous-reference approval-needed approval-pending blocked-by \
        broad-assignment-held changed-since content-refused content-unusable cycle drop-refused excluded-and-included \
        exclusion-group-empty group-lost identity-changed in-use link-unresolved mapping-other-tenant mapping-target-missing \
        mapping-undecided merged-assignments-differ needs-content narrowing-differs needs-secret not-ready pilot-undecided platform-differs \
        secrets-file-kept source-id-left stale-step stopped text-in-signed-payload too-many-changes unknown-reference \
        unsupported-reference verify-differs would-widen write-failed wrong-shape";

    #[test]
    fn every_code_means_something_for_every_command() {
        let of_objects: Vec<&str> = OF_OBJECTS.split_whitespace().collect();
        let listed =
            |code: &Code| LEFT_OUT.iter().chain(&HELD).any(|it| it.name == code.name) || code.name == "internal-error";
        for code in codes::ALL {
            let is_error = code.severity == Severity::Error;
            assert_eq!(
                is_error,
                listed(code) || of_objects.contains(&code.name),
                "{} is in no list, or is not an error",
                code.name
            );
            assert!(!(listed(code) && of_objects.contains(&code.name)), "{} is in two lists", code.name);
            for ends in &ALL {
                let exit = by_findings(ends.command, &[Finding::new(code, "x", "y")]);
                assert_eq!(exit == Exit::Done, !listed(code), "{} of {}", code.name, ends.command);
            }
        }
    }

    #[test]
    fn what_is_left_out_counts_before_what_is_held() {
        let finding = |code| Finding::new(code, "t", "m");
        let both = [finding(&codes::REMOVAL_HELD), finding(&codes::READ_FAILED)];
        assert_eq!(by_findings("export", &both), Exit::SomeFailed);
        assert_eq!(by_findings("export", &both[..1]), Exit::Blocked);
        assert_eq!(by_findings(LINT, &both[1..]), Exit::Blocked);
        assert_eq!(by_findings(LINT, &[finding(&codes::NOT_RECORDED)]), Exit::SomeFailed);
        assert_eq!(of("lint").unwrap().says(Exit::Differences), "");
    }
}
