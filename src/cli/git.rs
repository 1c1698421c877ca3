//! The user's own `git`, run in the repository that holds a tree: what changed in one folder, and a commit
//! of that folder alone. Not for what a change means: that is `commit.rs`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::CliError;
use super::next_step::quoted;
use crate::exit::Exit;

/// One folder of a repository.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It is new.
    Added,
    /// It has other content.
    Changed,
    /// It is gone.
    Removed,
}

/// Makes sure that a folder, there already or not, lies in a repository.
pub fn check(folder: &Path) -> Result<(), CliError> {
    let existing = folder.ancestors().find(|path| path.is_dir()).filter(|path| !path.as_os_str().is_empty());
    let place = existing.unwrap_or(Path::new("."));
    let inside = run(place, &["rev-parse", "--is-inside-work-tree"], None);
    match inside {
        Ok(answer) if answer.trim_ascii() == b"true" => Ok(()),
        Err(error) if error.exit == Exit::Usage && error.hint.is_some() => Err(error),
        _ => Err(CliError::usage(format!("{} is in no git repository, so nothing can be committed", folder.display()))
            .hint(format!("Run `git init {}` first, or leave --commit out.", quoted(&folder.to_string_lossy())))),
    }
}

impl Folder {
    /// A folder that exists.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Stages all that differs, and gives it: path below the folder and what became of it.
    pub fn stage(&self) -> Result<Vec<(Status, String)>, CliError> {
        self.run(&["add", "--all", "--", "."])?;
        let listed = self.run(&["diff", "--cached", "--name-status", "--no-renames", "--relative", "-z", "--", "."])?;
        let text = String::from_utf8_lossy(&listed).into_owned();
        let mut words = text.split('\0');
        let mut changes = Vec::new();
        while let (Some(letter), Some(path)) = (words.next().filter(|letter| !letter.is_empty()), words.next()) {
            let status = match letter {
                "A" => Status::Added,
                "D" => Status::Removed,
                _ => Status::Changed,
            };
            changes.push((status, path.to_owned()));
        }
        Ok(changes)
    }

    /// A file as it was in the last commit.
    pub fn before(&self, path: &str) -> Option<Vec<u8>> {
        self.run(&["show", &format!("HEAD:./{path}")]).ok()
    }

    /// When the folder was last committed, in UTC as Graph takes it; none where it never was.
    pub fn last_commit(&self) -> Option<String> {
        let format = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";
        let output = self.run(&["log", "-1", "--format=%cd", format, "--", "."]).ok()?;
        let text = String::from_utf8_lossy(&output).trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// Commits the folder; gives the short name of the commit.
    pub fn commit(&self, message: &str, author: Option<&str>) -> Result<String, CliError> {
        let author = author.map(|author| format!("--author={author}"));
        let mut words = vec!["commit", "--quiet", "--file=-"];
        words.extend(author.as_deref());
        words.extend(["--", "."]);
        run(&self.path, &words, Some(message))?;
        let name = self.run(&["rev-parse", "--short", "HEAD"])?;
        Ok(String::from_utf8_lossy(&name).trim().to_owned())
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>, CliError> {
        run(&self.path, words, None)
    }
}

/// Runs git; what it says on stderr is the error.
fn run(folder: &Path, words: &[&str], input: Option<&str>) -> Result<Vec<u8>, CliError> {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    let spawned = Command::new("git")
        .current_dir(folder)
        .args(words)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| {
        CliError::usage(format!("git cannot be run: {error}")).hint("Install git, or leave --commit out.")
    })?;
    if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
        // Where git went away first, its own message says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| CliError::new(Exit::Unexpected, error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let command = words.first().copied().unwrap_or_default();
    Err(CliError::new(Exit::Unexpected, format!("git {command}: {said}"))
        .hint("The files of the tree are written; solve this and run the export again, or commit them yourself."))
}
