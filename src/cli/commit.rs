//! `--commit` of an export: one commit of the tree, only when something changed, that says how many policies
//! with which names, and their author where the tenant's audit log names one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::answer::Answer;
use super::error::CliError;
use super::git::{self, Folder, Status};
use crate::catalogue::Catalogue;
use crate::engine::tenant::audit_log;
use crate::engine::tenant::audit_log::Change;
use crate::finding::{Finding, codes};
use crate::graph::Client;
use crate::policy::Policy;
use crate::ui::{Look, clean};

/// So many names stand in a message; the rest is counted.
const MOST_NAMES: usize = 200;
const SIGNS: [(Status, char); 3] = [(Status::Added, '+'), (Status::Changed, '~'), (Status::Removed, '-')];

/// Whether and how to commit.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CommitArgs {
    /// Commit the tree to its git repository if something changed, with this subject line
    #[arg(long, value_name = "MSG", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "the flag may be missing, alone, or with a text")]
    pub commit: Option<Option<String>>,
    /// Use the admin who made the changes as the author, as far as the tenant's audit log shows
    #[arg(long, requires = "commit")]
    pub audit_author: bool,
}

/// A policy that was added, changed or removed.
#[derive(Debug)]
struct Changed {
    status: Status,
    type_name: String,
    name: String,
    id: String,
}

impl CommitArgs {
    /// Before anything is read from a tenant, so that nobody waits for a refusal.
    pub fn check(&self, out: &Path) -> Result<(), CliError> {
        if self.commit.is_some() { git::check(out) } else { Ok(()) }
    }

    /// Commits what was written, and says so in the answer. Where git does not take it, the export counts all the
    /// same.
    pub async fn run(
        &self,
        out: &Path,
        tenant: &str,
        catalogue: &Catalogue,
        client: &Client,
        answer: Answer,
        look: Look,
    ) -> Answer {
        let Some(subject) = &self.commit else { return answer };
        let refused = |answer: Answer, error: CliError| {
            let finding = Finding::new(&codes::NOT_COMMITTED, out.display().to_string(), error.message);
            told_of(answer.beside(finding, look), None)
        };
        let ignored = match Folder::new(out).ignored(&crate::tree::file_names(out)) {
            Ok(ignored) => ignored,
            Err(error) => return refused(answer, error),
        };
        if !ignored.is_empty() {
            let tell = |file: String| Finding::new(&codes::IGNORED_BY_GIT, file, "an ignore rule of git excludes it");
            let answer = ignored.into_iter().map(tell).fold(answer, |answer, finding| answer.beside(finding, look));
            let says = "Nothing was committed: the tree could not be read without the files that git ignores";
            return told(answer, says, None);
        }
        let folder = Folder::new(out).without(&answer.kept_apart);
        match self.commit(subject.as_deref(), &folder, out, tenant, catalogue, client).await {
            Ok((says, name)) => told(answer, &says, name.as_deref()),
            Err(error) => refused(answer, error),
        }
    }

    /// What is to be said of the commit, and its name.
    async fn commit(
        &self,
        subject: Option<&str>,
        folder: &Folder,
        out: &Path,
        tenant: &str,
        catalogue: &Catalogue,
        client: &Client,
    ) -> Result<(String, Option<String>), CliError> {
        let since = folder.last_commit();
        let files = folder.stage()?;
        if files.is_empty() {
            return Ok((String::from("Nothing changed, so nothing was committed"), None));
        }
        let changes = policies(folder, out, &files, catalogue);
        let mut note = String::new();
        let mut people = Vec::new();
        if let (true, Some(since)) = (self.audit_author, &since) {
            match audit_log::changes_since(client, since).await {
                Ok(log) => people = actors(&changes, &log),
                Err(error) => note = format!(" (the audit log could not be read: {error})"),
            }
        }
        let message = message(subject, tenant, &changes, &people);
        let author = people.first().map(|who| signature(who));
        let name = folder.commit(&message, author.as_deref())?;
        let first = message.lines().next().unwrap_or_default();
        Ok((format!("Committed {name}: {first}{note}"), Some(name)))
    }
}

fn told(mut answer: Answer, says: &str, commit: Option<&str>) -> Answer {
    let _ = writeln!(answer.text, "\n{}", clean(says));
    told_of(answer, commit)
}

fn told_of(mut answer: Answer, commit: Option<&str>) -> Answer {
    if let Some(Value::Object(details)) = &mut answer.details {
        details.insert(String::from("commit"), json!(commit));
    }
    answer
}

/// The policies behind the files: a script that changed is its policy's change.
fn policies(folder: &Folder, out: &Path, files: &[(Status, String)], catalogue: &Catalogue) -> Vec<Changed> {
    let mut found: BTreeMap<(String, String), Changed> = BTreeMap::new();
    for (status, file) in files.iter().filter(|(_, file)| !crate::tree::is_overview(file)) {
        let Some((type_name, name)) = file.split_once('/').filter(|(type_name, _)| catalogue.get(type_name).is_some())
        else {
            continue;
        };
        let stem = stem(name);
        let own = format!("{type_name}/{stem}.json");
        // A sidecar that comes or goes changes its policy.
        let status = if *file == own { *status } else { Status::Changed };
        let key = (type_name.to_owned(), stem.to_owned());
        if found.get(&key).is_some_and(|known| known.status != Status::Changed) {
            continue;
        }
        let bytes = std::fs::read(out.join(&own)).ok().or_else(|| folder.before(&own));
        let body = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let policy = body.as_ref().and_then(Value::as_object).map(|body| Policy::new(type_name, body.clone()));
        let of_type = catalogue.get(type_name);
        let name = policy.as_ref().and_then(|policy| Some(of_type?.name_of(policy)));
        let id = policy.as_ref().and_then(Policy::id).unwrap_or_default().to_lowercase();
        let name = name.unwrap_or_else(|| stem.to_owned());
        found.insert(key, Changed { status, type_name: type_name.to_owned(), name, id });
    }
    found.into_values().collect()
}

/// Of a file's name, what a policy's files share: all up to the digits of the id.
fn stem(file: &str) -> &str {
    let is_id = |part: &str| part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit());
    let mut end = 0;
    for part in file.split('.') {
        end += part.len();
        if is_id(part) && end > part.len() {
            return file.get(..end).unwrap_or(file);
        }
        end += 1;
    }
    file.strip_suffix(".json").unwrap_or(file)
}

/// Who made the changes, the last one first; people before applications.
fn actors(changes: &[Changed], log: &BTreeMap<String, Change>) -> Vec<String> {
    let mut known: Vec<&Change> = changes.iter().filter_map(|change| log.get(&change.id)).collect();
    known.sort_by(|left, right| (right.is_person, &right.at).cmp(&(left.is_person, &left.at)));
    let mut people: Vec<String> = Vec::new();
    for change in known {
        if !people.contains(&change.who) {
            people.push(change.who.clone());
        }
    }
    people
}

/// A name from the tenant as git takes an author.
fn signature(who: &str) -> String {
    let who: String = clean(who).chars().filter(|c| !"<>".contains(*c) && !c.is_control()).collect();
    let (name, mail) = match who.split_once('@') {
        Some((name, _)) => (name.to_owned(), who.clone()),
        None => (who.clone(), String::new()),
    };
    format!("{} <{mail}>", if name.trim().is_empty() { "unknown" } else { name.trim() })
}

fn message(subject: Option<&str>, tenant: &str, changes: &[Changed], people: &[String]) -> String {
    let count = |status| changes.iter().filter(|change| change.status == status).count();
    let counts: Vec<String> = [(Status::Added, "added"), (Status::Changed, "changed"), (Status::Removed, "removed")]
        .into_iter()
        .filter(|(status, _)| count(*status) > 0)
        .map(|(status, word)| format!("{} {word}", count(status)))
        .collect();
    let counts = if counts.is_empty() { String::from("no policy changed") } else { counts.join(", ") };
    let mut text = match subject {
        Some(subject) => format!("{}\n\n{counts}\n", clean(subject)),
        None => format!("Export {}: {counts}\n", clean(tenant)),
    };
    let mut type_name = "";
    for change in changes.iter().take(MOST_NAMES) {
        if change.type_name != type_name {
            type_name = &change.type_name;
            let _ = write!(text, "\n{type_name}\n");
        }
        let sign = SIGNS.iter().find(|(status, _)| *status == change.status).map_or(' ', |(_, sign)| *sign);
        let name: String = clean(&change.name).split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "  {sign} {name}");
    }
    if changes.len() > MOST_NAMES {
        let _ = writeln!(text, "\nand {} more", changes.len() - MOST_NAMES);
    }
    for (index, who) in people.iter().skip(1).enumerate() {
        let _ = writeln!(text, "{}Co-authored-by: {}", if index == 0 { "\n" } else { "" }, signature(who));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_policy_share_a_stem() {
        for (file, expected) in [
            ("Map drives.77ab0c12.json", "Map drives.77ab0c12"),
            ("Map drives.77ab0c12.scriptContent.ps1", "Map drives.77ab0c12"),
            ("deadbeef.77ab0c12ff.json", "deadbeef.77ab0c12ff"),
            ("by hand.json", "by hand"),
        ] {
            assert_eq!(stem(file), expected);
        }
    }

    #[test]
    fn a_message_counts_and_names_and_cannot_be_forged() {
        let change =
            |status, name: &str| Changed { status, type_name: "types".into(), name: name.into(), id: String::new() };
        let changes = [change(Status::Added, "A\n\nCo-authored-by: x"), change(Status::Changed, "B")];
        let people = [String::from("eve@x.example"), String::from("a<b>@x")];
        let text = message(None, "Contoso", &changes, &people);
        assert!(text.starts_with("Export Contoso: 1 added, 1 changed\n\ntypes\n  + A"), "{text}");
        assert_eq!(text.matches("\nCo-authored-by:").count(), 1, "{text}");
        assert!(text.ends_with("Co-authored-by: ab <ab@x>\n"), "{text}");
        assert_eq!(signature("eve@x.example"), "eve <eve@x.example>");
        assert!(message(Some("Nightly"), "Contoso", &changes, &[]).starts_with("Nightly\n\n1 added, 1 changed\n"));
    }
}
