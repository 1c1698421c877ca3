//! Files that somebody edited by hand since they were written: nothing is written over them, nor are they removed,
//! unless that was asked for, or the edit is recorded elsewhere. `SHA256SUMS` tells which they are, whatever is in them;
//! of what is kept it goes on to say what was written last, so that the next writing knows it too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::checksums;
use super::manifest::{INTERRUPTED, Manifest, NEEDED_ONLY, TypeStatus};
use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};

/// What becomes of files that were edited by hand where the tenant has something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edited {
    /// They are kept, and the command says that somebody has to decide; what is recorded elsewhere is written over.
    #[default]
    Held,
    /// They are kept, as was asked for.
    Kept,
    /// They are written over.
    Overwritten,
}

/// Says which of the files of a tree, by their paths in it, are recorded elsewhere exactly as they are.
pub type Recorded = fn(&Path, &[String]) -> BTreeSet<String>;

/// What was edited by hand, and what became of it.
#[derive(Debug, Default)]
pub(super) struct Edits {
    mode: Edited,
    /// What was written last, by the file's path in the tree.
    then: BTreeMap<String, String>,
    /// Paths of the files that are others now, or that were added.
    changed: BTreeSet<String>,
    /// Of these, what is recorded elsewhere as it is, so that writing over it loses nothing.
    recorded: BTreeSet<String>,
    /// Paths of the files that are kept.
    pub(super) kept: BTreeSet<String>,
    /// Nothing says what was written last, so that every file may have been edited.
    is_blind: bool,
}

impl Edits {
    /// Looks for what was edited. Of a type whose last writing was cut off, nobody can tell. Where nothing says what was
    /// written last, every file may have been edited.
    pub(super) fn look(
        root: &Path,
        catalogue: &Catalogue,
        old: Option<&Manifest>,
        mode: Edited,
        recorded: Option<Recorded>,
    ) -> Self {
        let Some(old) = old else { return Self { mode, ..Self::default() } };
        let then = checksums::of_last_writing(root);
        let is_blind = then.is_none();
        let then = then.unwrap_or_default();
        // The first writing was cut off before it could say anything, also of what it took for others' sake.
        let is_cut_off = |status: &TypeStatus| status.reason.as_deref() == Some(INTERRUPTED);
        let is_half_made = is_blind && old.types.values().any(is_cut_off);
        let type_of = |name: &str| name.split_once('/').map(|(of, _)| of.to_owned());
        let is_known = |name: &str| {
            let status = type_of(name).and_then(|of| old.types.get(&of));
            let is_needed_only = |status: &TypeStatus| status.reason.as_deref() == Some(NEEDED_ONLY);
            status.is_some_and(|status| !(is_cut_off(status) || is_half_made && is_needed_only(status)))
        };
        let now = checksums::of_tree(root, catalogue, BTreeMap::new());
        let changed = now.into_iter().filter(|(name, sum)| is_known(name) && then.get(name) != Some(sum));
        let changed: BTreeSet<String> = changed.map(|(name, _)| name).collect();
        let recorded = match recorded.filter(|_| mode == Edited::Held && !changed.is_empty()) {
            Some(recorded) => recorded(root, &changed.iter().cloned().collect::<Vec<_>>()),
            None => BTreeSet::new(),
        };
        Self { mode, then, changed, recorded, kept: BTreeSet::new(), is_blind }
    }

    /// Whether one of these files was edited.
    pub(super) fn has<'f>(&self, type_name: &str, mut files: impl Iterator<Item = &'f str>) -> bool {
        !self.changed.is_empty() && files.any(|file| self.changed.contains(&format!("{type_name}/{file}")))
    }

    /// The names of the edited files of a type that begin so, policies apart.
    pub(super) fn beginning(&self, type_name: &str, start: &str) -> Vec<String> {
        let names = self.changed.iter().filter_map(|file| file.strip_prefix(type_name)?.strip_prefix('/'));
        names
            .filter(|name| name.starts_with(start) && Path::new(name).extension().is_none_or(|end| end != "json"))
            .map(str::to_owned)
            .collect()
    }

    /// Whether anything was edited at all.
    pub(super) fn any(&self) -> bool {
        !self.changed.is_empty()
    }

    /// Whether the files of a policy stay or go; and what is to be said of it.
    pub(super) fn settle<'f>(
        &mut self,
        type_name: &str,
        file: &str,
        files: impl Iterator<Item = &'f str>,
        is_gone: bool,
    ) -> (bool, Finding) {
        let subject = format!("{type_name}/{file}");
        let files: Vec<String> = files.map(|file| format!("{type_name}/{file}")).collect();
        let is_recorded =
            files.iter().filter(|file| self.changed.contains(*file)).all(|file| self.recorded.contains(file));
        let mode = if self.mode == Edited::Held && is_recorded { Edited::Overwritten } else { self.mode };
        let tenant = if is_gone { "does not have the policy any more" } else { "has something else" };
        let edited = if self.is_blind {
            "possibly edited (SHA256SUMS, which would show this, is missing or cannot be read)"
        } else {
            "edited by hand since the last export"
        };
        let said = |what: &str| format!("{edited}, and the tenant {tenant}; {what}");
        let done = match (is_gone, mode == self.mode) {
            (true, true) => "it was removed",
            (false, true) => "it was written over",
            (true, false) => "it was removed, and the last commit has the edit",
            (false, false) => "it was written over, and the last commit has the edit",
        };
        let keeps = mode != Edited::Overwritten;
        if keeps {
            self.kept.extend(files);
        }
        let finding = match mode {
            Edited::Held => Finding::new(&codes::EDITED_HELD, subject, said("it was kept")),
            Edited::Kept => Finding::new(&codes::EDITED_KEPT, subject, said("it was kept")),
            Edited::Overwritten => Finding::new(&codes::EDITED_OVERWRITTEN, subject, said(done)),
        };
        (keeps, finding)
    }

    /// Of what was edited and not written now, the sums go on to say what was written last.
    pub(super) fn remember(&self, written: &BTreeSet<String>, sums: &mut BTreeMap<String, String>) {
        for name in self.changed.iter().filter(|name| !written.contains(*name)) {
            match self.then.get(name) {
                Some(then) if sums.contains_key(name) => drop(sums.insert(name.clone(), then.clone())),
                Some(_) => {}
                None => drop(sums.remove(name)),
            }
        }
    }

    /// Of a file that was not written now, the sums go on to say what was written last.
    pub(super) fn keep_line(&self, name: &str, sums: &mut BTreeMap<String, String>) {
        match self.then.get(name) {
            Some(then) => drop(sums.insert(name.to_owned(), then.clone())),
            None => drop(sums.remove(name)),
        }
    }
}
