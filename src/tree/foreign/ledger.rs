//! The account of what became of everything that was read, so that nothing is lost silently.

use std::collections::BTreeSet;

/// What became of one object, or of a file that holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is a policy of the result.
    Adopted {
        /// The policy type's name.
        policy_type: String,
        /// The policy's id in the result.
        id: String,
    },
    /// It is the same as another one, which is in the result.
    Duplicate {
        /// The policy type's name.
        policy_type: String,
        /// The id of the one that was kept.
        of: String,
    },
    /// It is not a policy but says something about one: a group, a migration table, a side file.
    Helper,
    /// It is broken.
    Damaged,
    /// Nothing known explains it.
    NotRecognized,
}

/// What became of what is at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The file, relative to the folder, with `/`.
    pub file: String,
    /// RFC 6901 pointer of the object within the file; empty for the file as a whole.
    pub pointer: String,
    /// What became of it.
    pub fate: Fate,
}

/// How much was read, and what became of it. `objects` is the sum of the five below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// JSON files.
    pub files: usize,
    /// Files that are not JSON by their name; they are not read.
    pub other_files: usize,
    /// Objects in the JSON files; a file that is broken or empty counts as one.
    pub objects: usize,
    /// Policies in the result.
    pub adopted: usize,
    /// Objects that are the same as an adopted one.
    pub duplicates: usize,
    /// Groups, users, migration tables, side files.
    pub helpers: usize,
    /// Broken files and objects.
    pub damaged: usize,
    /// Objects that nothing known explains.
    pub not_recognized: usize,
}

impl Counts {
    /// Counts outcomes.
    pub fn of(outcomes: &[Outcome], other_files: usize) -> Self {
        let files: BTreeSet<&str> = outcomes.iter().map(|outcome| outcome.file.as_str()).collect();
        let mut counts = Self { files: files.len(), other_files, objects: outcomes.len(), ..Self::default() };
        for outcome in outcomes {
            match outcome.fate {
                Fate::Adopted { .. } => counts.adopted += 1,
                Fate::Duplicate { .. } => counts.duplicates += 1,
                Fate::Helper => counts.helpers += 1,
                Fate::Damaged => counts.damaged += 1,
                Fate::NotRecognized => counts.not_recognized += 1,
            }
        }
        counts
    }
}
