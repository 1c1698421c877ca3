//! The user's own `git`, run in the repository that holds a tree: what changed in one folder, and a commit
//! of that folder alone. Not for what a change means: that is `commit.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::error::CliError;
use super::next_step::quoted;
use crate::exit::Exit;

/// One folder of a repository.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// What is left out, as git takes it.
    apart: Vec<String>,
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

/// Makes sure that a folder, there already or not, is in a repository whose files of it are all there.
pub fn check(folder: &Path) -> Result<(), CliError> {
    let existing = folder.ancestors().find(|path| path.is_dir()).filter(|path| !path.as_os_str().is_empty());
    let place = existing.unwrap_or(Path::new("."));
    match output(place, &["rev-parse", "--is-inside-work-tree"], None)? {
        answer if answer.status.success() && answer.stdout.trim_ascii() == b"true" => {}
        answer if answer.status.success() => return Err(no_repository(folder)),
        answer => return Err(unusable(folder, &said(&answer))),
    }
    let below = if folder == place { Path::new(".") } else { folder.strip_prefix(place).unwrap_or(folder) };
    let below = below.to_string_lossy();
    let gone = run(place, &["ls-files", "--deleted", "-z", "--", &below], None)?;
    let gone = paths(&gone);
    let Some(first) = gone.first() else { return Ok(()) };
    Err(CliError::usage(format!(
        "{} files of {} are tracked by git but missing (such as {first}), and a commit would remove them",
        gone.len(),
        folder.display()
    ))
    .hint(format!(
        "Restore them with `git restore {0}`, or commit their removal, and export again.",
        quoted(&folder.to_string_lossy())
    )))
}

fn no_repository(folder: &Path) -> CliError {
    CliError::usage(format!("{} is not in a git repository, so nothing can be committed", folder.display()))
        .hint(format!("Run `git init {}` first, or omit --commit.", quoted(&folder.to_string_lossy())))
}

/// Why git does not work in a folder. Only what git itself calls no repository is none: a new one inside of
/// another would hide it.
fn unusable(folder: &Path, said: &str) -> CliError {
    if said.contains("not a git repository") {
        return no_repository(folder);
    }
    if let Some(at) = said.find("dubious ownership") {
        // Git quotes the repository that it means.
        let repository = said[at..].split('\'').nth(1).unwrap_or(".");
        return CliError::usage(format!("git refuses the repository {repository}, because it belongs to another user"))
            .hint(format!(
                "This is usual in a container. Run `git config --global --add safe.directory {}` as this user, or \
             make this user the owner of the repository.",
                quoted(repository)
            ));
    }
    CliError::usage(format!("git cannot be used in {}: {said}", folder.display()))
        .hint("Fix the error that git reports, or omit --commit.")
}

/// Those of the files, by their paths below the folder, that the last commit has exactly as they are. None
/// without a repository, a commit, or git.
pub fn committed(folder: &Path, files: &[String]) -> BTreeSet<String> {
    // git takes paths line by line.
    let files: Vec<&str> = files.iter().map(String::as_str).filter(|file| !file.contains(['\n', '\r'])).collect();
    let Ok(listed) = run(folder, &["ls-tree", "-r", "-z", "HEAD"], None) else { return BTreeSet::new() };
    let listed = paths(&listed);
    let blobs: BTreeMap<&str, &str> = listed
        .iter()
        .filter_map(|line| {
            let (facts, path) = line.split_once('\t')?;
            Some((path, facts.rsplit(' ').next()?))
        })
        .collect();
    let known: Vec<&str> = files.into_iter().filter(|file| blobs.contains_key(file)).collect();
    // It takes them from the top of the repository.
    let Ok(prefix) = run(folder, &["rev-parse", "--show-prefix"], None) else { return BTreeSet::new() };
    let prefix = String::from_utf8_lossy(&prefix).trim_end_matches(['\n', '\r']).to_owned();
    let lines: String = known.iter().flat_map(|file| [prefix.as_str(), file, "\n"]).collect();
    let Ok(sums) = run(folder, &["hash-object", "--no-filters", "--stdin-paths"], Some(&lines)) else {
        return BTreeSet::new();
    };
    let sums = String::from_utf8_lossy(&sums).into_owned();
    let same = known.iter().zip(sums.lines()).filter(|(file, sum)| blobs.get(*file) == Some(sum));
    same.map(|(file, _)| (*file).to_owned()).collect()
}

/// Paths as git lists them with `-z`.
fn paths(listed: &[u8]) -> Vec<String> {
    let paths = listed.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
}

impl Folder {
    /// A folder that exists.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), apart: Vec::new() }
    }

    /// The same without these files, by their paths below the folder: nothing of them is staged or committed.
    #[must_use]
    pub fn without(mut self, files: &[String]) -> Self {
        self.apart = files.iter().map(|file| format!(":(exclude,literal){file}")).collect();
        self
    }

    /// The words with all of the folder at their end, but for what is kept apart.
    fn all<'a>(&'a self, words: &[&'a str]) -> Vec<&'a str> {
        words.iter().copied().chain(["--", "."]).chain(self.apart.iter().map(String::as_str)).collect()
    }

    /// Stages all that differs, and gives it: path below the folder and what became of it.
    pub fn stage(&self) -> Result<Vec<(Status, String)>, CliError> {
        self.run(&self.all(&["add", "--all"]))?;
        let listed = self.run(&self.all(&["diff", "--cached", "--name-status", "--no-renames", "--relative", "-z"]))?;
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

    /// Those of the files, by their paths below the folder, that git would leave out, because a rule says that it
    /// ignores them.
    pub fn ignored(&self, files: &[String]) -> Result<Vec<String>, CliError> {
        let listed: String = files.iter().flat_map(|file| [file.as_str(), "\0"]).collect();
        let answer = output(&self.path, &["check-ignore", "--stdin", "-z"], Some(&listed))?;
        // 1 says that none is.
        match answer.status.code() {
            Some(0 | 1) => Ok(paths(&answer.stdout)),
            _ => Err(failed("check-ignore", &answer)),
        }
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
        run(&self.path, &self.all(&words), Some(message))?;
        let name = self.run(&["rev-parse", "--short", "HEAD"])?;
        Ok(String::from_utf8_lossy(&name).trim().to_owned())
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>, CliError> {
        run(&self.path, words, None)
    }
}

/// Runs git; what it says on stderr is the error.
pub(super) fn run(folder: &Path, words: &[&str], input: Option<&str>) -> Result<Vec<u8>, CliError> {
    let answer = output(folder, words, input)?;
    if answer.status.success() {
        return Ok(answer.stdout);
    }
    Err(failed(words.first().copied().unwrap_or_default(), &answer))
}

fn failed(command: &str, answer: &Output) -> CliError {
    CliError::new(Exit::Unexpected, format!("git {command}: {}", said(answer)))
        .hint("The files of the tree were written. Fix this and export again, or commit the files yourself.")
}

/// What git says of a failure, in one line.
fn said(answer: &Output) -> String {
    let said = String::from_utf8_lossy(&answer.stderr);
    said.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Runs git, whatever comes of it.
fn output(folder: &Path, words: &[&str], input: Option<&str>) -> Result<Output, CliError> {
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
        CliError::usage(format!("git cannot be run: {error}")).hint("Install git, or omit --commit.")
    })?;
    if let (Some(input), Some(mut stdin)) = (input.map(str::to_owned), child.stdin.take()) {
        // Beside reading what git answers, so that neither waits for the other. Where git went away first, its own
        // message says why.
        std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    }
    child.wait_with_output().map_err(|error| CliError::new(Exit::Unexpected, error.to_string()))
}
