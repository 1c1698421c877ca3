//! What git remembers of a tree: the commits that changed it or one of its files, and the tree as it was in one of them.
//! Reads only; commits are made in `git.rs`.

use std::path::{Component, Path};

use super::error::{CliError, file_error};
use super::git::run;

/// Between two facts of a commit, and between two commits.
const FACT: char = '\u{1f}';
const END: char = '\u{1e}';

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole name.
    pub name: String,
    /// When, in UTC.
    pub when: String,
    /// Who.
    pub who: String,
    /// The first line of its message.
    pub says: String,
}

impl Commit {
    /// Its name as people write it.
    pub fn short(&self) -> &str {
        self.name.get(..8).unwrap_or(&self.name)
    }
}

/// Whether a word can only be the name of a commit.
pub fn is_commit_name(word: &str) -> bool {
    (7..=64).contains(&word.len()) && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last commits that changed these files, by their paths below the folder; of none, the commits that changed anything
/// in the folder. None without a repository, a commit, or git.
pub fn commits(folder: &Path, files: &[String], most: usize) -> Vec<Commit> {
    let format = format!("--format=%H{FACT}%cd{FACT}%an{FACT}%s{END}");
    let most = format!("--max-count={most}");
    let date = "--date=format-local:%Y-%m-%d %H:%M";
    let paths: Vec<String> = files.iter().map(|file| format!(":(literal){file}")).collect();
    let mut words = vec!["log", &format, &most, date, "--no-show-signature", "--no-color", "--"];
    if paths.is_empty() {
        words.push(".");
    }
    words.extend(paths.iter().map(String::as_str));
    let Ok(answer) = run(folder, &words, None) else { return Vec::new() };
    String::from_utf8_lossy(&answer).split(END).filter_map(commit).collect()
}

fn commit(line: &str) -> Option<Commit> {
    let mut facts = line.trim_start_matches(['\n', '\r']).split(FACT).map(str::to_owned);
    Some(Commit {
        name: facts.next().filter(|name| is_commit_name(name))?,
        when: facts.next()?,
        who: facts.next()?,
        says: facts.next()?,
    })
}

/// Writes the folder as it was in a commit into another folder, which is empty. Links and other repositories in it are
/// left out: a tree has none.
pub fn write_as_it_was(folder: &Path, commit: &str, to: &Path) -> Result<(), CliError> {
    if !is_commit_name(commit) {
        return Err(CliError::usage(format!("`{commit}` is not the name of a commit")));
    }
    let failed = |error: CliError| CliError::usage(error.message).hint("Choose another commit.");
    let listed = run(folder, &["ls-tree", "-r", "-z", commit], None).map_err(failed)?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let files: Vec<(&str, &str)> = listed.split('\0').filter_map(file).collect();
    let asked: String = files.iter().flat_map(|(blob, _)| [*blob, "\n"]).collect();
    let contents = run(folder, &["cat-file", "--batch"], Some(&asked)).map_err(failed)?;
    let mut rest = contents.as_slice();
    for (_, path) in files {
        let Some((bytes, after)) = blob(rest) else {
            return Err(CliError::usage(format!("git did not give {path} of the commit {commit}"))
                .hint("Run `git fsck` in the repository."));
        };
        rest = after;
        let place = to.join(path);
        let parent = place.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).map_err(|error| file_error("create", parent, &error))?;
        std::fs::write(&place, bytes).map_err(|error| file_error("write", &place, &error))?;
    }
    Ok(())
}

/// A regular file of a listing: its blob and its path, which leads nowhere else.
fn file(line: &str) -> Option<(&str, &str)> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split(' ');
    let (mode, _, blob) = (facts.next()?, facts.next()?, facts.next()?);
    let is_below = Path::new(path).components().all(|step| matches!(step, Component::Normal(_)));
    (matches!(mode, "100644" | "100755") && is_below && !path.contains('\\')).then_some((blob, path))
}

/// The first content of an answer of `cat-file --batch`, and the rest.
fn blob(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let content = answer.get(end + 1..)?.get(..size)?;
    Some((content, answer.get(end + 1 + size + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_of_a_commit_is_one() {
        assert!(is_commit_name("0123456") && is_commit_name(&"a".repeat(40)));
        for word in ["012345", "HEAD", "--output=x", "abcdefg", "ABCDEF0", "", "a/../b0"] {
            assert!(!is_commit_name(word), "{word}");
        }
    }

    #[test]
    fn files_that_lead_elsewhere_are_left_out() {
        assert_eq!(file("100644 blob abc\tapps/x.json"), Some(("abc", "apps/x.json")));
        for line in ["120000 blob abc\tx", "160000 commit abc\tx", "100644 blob abc\t../x", "100644 blob abc\t/x", "x"]
        {
            assert_eq!(file(line), None, "{line}");
        }
    }

    #[test]
    fn contents_follow_each_other() {
        let (first, rest) = blob(b"a blob 3\nx\ny\nb blob 0\n\n").unwrap_or_default();
        assert_eq!(first, b"x\ny");
        assert_eq!(blob(rest), Some((&b""[..], &b""[..])));
        assert_eq!(blob(b"a missing\n"), None);
    }
}
