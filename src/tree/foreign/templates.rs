//! Administrative templates on disk: `PolicyDefinitions`, a Central Store, or any folder with ADMX and ADML files. Of
//! several languages English is read first, because it explains most reports, and the others only where it does not.

use std::path::{Path, PathBuf};

use intune_ferry_convert::admx::Templates;
use walkdir::WalkDir;

use super::error::ForeignError;
use super::files::content;
use crate::finding::{Finding, codes};

/// The language that is read first.
const FIRST: &str = "en-us";

/// The template files below some folders.
pub(super) struct Source {
    first: Vec<(String, PathBuf)>,
    rest: Vec<(String, PathBuf)>,
}

impl Source {
    /// Looks for the files.
    pub(super) fn new(folders: &[&Path]) -> Result<Self, ForeignError> {
        let mut all = Vec::new();
        for folder in folders {
            all.extend(list(folder)?);
        }
        let is_first = |name: &str| is(name, "admx") || language(name).eq_ignore_ascii_case(FIRST);
        let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| is_first(name));
        // Without English, every language is as good as another.
        let has_texts = first.iter().any(|(name, _)| is(name, "adml"));
        if has_texts {
            return Ok(Self { first, rest });
        }
        Ok(Self { first: first.into_iter().chain(rest).collect(), rest: Vec::new() })
    }

    /// Reads the files and the first language; gives what cannot be read.
    pub(super) fn add_first(&mut self, templates: &mut Templates) -> Vec<Finding> {
        add(&std::mem::take(&mut self.first), templates)
    }

    /// Whether there are other languages.
    pub(super) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Reads the other languages.
    pub(super) fn add_rest(&mut self, templates: &mut Templates) -> Vec<Finding> {
        add(&std::mem::take(&mut self.rest), templates)
    }
}

/// Whether a file is a template, by its name.
pub(super) fn is_template(name: &str) -> bool {
    is(name, "admx") || is(name, "adml")
}

/// The template files of a folder, by name, sorted.
pub(super) fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, ForeignError> {
    if !folder.is_dir() {
        return Err(ForeignError::NotAFolder { path: folder.to_owned() });
    }
    let entries = WalkDir::new(folder).follow_links(false).sort_by_file_name().into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file());
    let named = files.map(|entry| (entry.path().to_string_lossy().into_owned(), entry.path().to_owned()));
    Ok(named.filter(|(name, _)| is_template(name)).collect())
}

fn is(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

/// The folder that an ADML file is in.
fn language(name: &str) -> String {
    let folder = Path::new(name).parent().and_then(Path::file_name);
    folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn add(files: &[(String, PathBuf)], templates: &mut Templates) -> Vec<Finding> {
    let mut read = Vec::new();
    let mut findings = Vec::new();
    for (name, path) in files {
        match content(path) {
            Ok(bytes) => read.push((name.clone(), bytes)),
            Err(problem) => findings.push(Finding::new(&codes::DAMAGED_FILE, name, problem)),
        }
    }
    let problems = templates.add(&read);
    findings
        .extend(problems.into_iter().map(|(name, error)| Finding::new(&codes::DAMAGED_FILE, name, error.to_string())));
    findings
}
