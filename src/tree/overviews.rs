//! `assignments.txt` in the folder of a policy type: who its policies are for, in words, for people who review a change.
//! No command reads it. Where and when it is written is decided here; what it says is given.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::disk::{self, FileProblem};
use super::error::TreeError;
use super::names::{OVERVIEW, overview_of};
use crate::catalogue::{Catalogue, PolicyType};
use crate::text;

/// By this sentence the program knows its own file.
const OWN: &str = "Written by intune-ferry for reviews";

/// Writes the overview of each type that has one, and removes those that are out of date. `policies` holds, by type, what
/// is said of each policy, in the order of their files. Gives the paths of files of that name that the program did not
/// write: they are left alone.
pub fn write_overviews(
    root: &Path,
    catalogue: &Catalogue,
    policies: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>, TreeError> {
    let mut others = Vec::new();
    for policy_type in catalogue.iter() {
        let folder = root.join(&policy_type.name);
        if !disk::is_folder(&folder) {
            continue;
        }
        let path = folder.join(OVERVIEW);
        let old = disk::read_regular(&path);
        let is_free = match &old {
            Ok(bytes) => text::decode(bytes).is_ok_and(|text| text.contains(OWN)),
            Err(problem) => *problem == FileProblem::Missing,
        };
        let said = policies.get(&policy_type.name);
        match said.filter(|said| !said.is_empty()) {
            _ if !is_free => others.push(overview_of(&policy_type.name)),
            Some(said) => {
                disk::write_atomic(&path, whole(policy_type, said).as_bytes()).map_err(TreeError::io(&path))?;
            }
            None if old.is_ok() => {
                disk::remove(&path).map_err(TreeError::io(&path))?;
                // Only an empty folder goes.
                let _ = fs::remove_dir(&folder);
            }
            None => {}
        }
    }
    Ok(others)
}

fn whole(policy_type: &PolicyType, policies: &[String]) -> String {
    format!(
        "{}: who gets what\n\n{OWN}, from the policies in this folder. No command reads this file.\nA policy that is not \
         listed is assigned to no one.\n\n{}",
        policy_type.title,
        policies.join("\n")
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::fixture;
    use super::*;

    fn said(of: &[&str]) -> BTreeMap<String, Vec<String>> {
        [(String::from("filters"), of.iter().map(|one| (*one).to_owned()).collect())].into()
    }

    #[test]
    fn an_overview_comes_and_goes_with_what_it_says() {
        let (root, catalogue) = (tempfile::tempdir().unwrap(), fixture::catalogue());
        let folder = root.path().join("filters");
        let write = |of: &[&str]| write_overviews(root.path(), &catalogue, &said(of)).unwrap();
        assert!(write(&["A\n"]).is_empty() && !folder.exists(), "no folder is made for it");
        fs::create_dir(&folder).unwrap();
        write(&["A\n  x\n", "B\n  y\n"]);
        let text = fs::read_to_string(folder.join(OVERVIEW)).unwrap();
        assert!(text.ends_with("\n\nA\n  x\n\nB\n  y\n"), "{text}");
        write(&[]);
        assert!(!folder.exists(), "nor is one kept");
    }

    #[test]
    fn a_file_of_that_name_that_somebody_else_wrote_is_left_alone() {
        let (root, catalogue) = (tempfile::tempdir().unwrap(), fixture::catalogue());
        let path = root.path().join("filters").join(OVERVIEW);
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "my notes").unwrap();
        for of in [&["A\n"][..], &[]] {
            assert_eq!(write_overviews(root.path(), &catalogue, &said(of)).unwrap(), ["filters/assignments.txt"]);
            assert_eq!(fs::read_to_string(&path).unwrap(), "my notes");
        }
    }
}
