//! Which policies a command is about: `--only`, `--skip`, `--name`. Not for dependencies: the engine finds
//! which policies need which.

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

use super::{Catalogue, PolicyType};
use crate::nearest::closest;
use crate::policy::Policy;

/// A selection cannot be understood.
#[derive(Debug, Error)]
pub enum SelectionError {
    /// No type or group of a type has this name.
    #[error("there is no policy type or group `{name}`{suggestion}; `intune-ferry types` lists all of them")]
    UnknownType {
        /// What was given.
        name: String,
        /// `, did you mean …?` or nothing.
        suggestion: String,
    },
    /// The pattern is not a glob.
    #[error("`{pattern}` is not a name pattern: {problem}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Which policies a command is about. The default is all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
    names: Vec<GlobMatcher>,
    /// No one typed the types: they are what something else has.
    derived: bool,
}

impl Selection {
    /// A selection from what was typed: types or groups to take, to leave, and name patterns.
    pub fn new(
        catalogue: &Catalogue,
        only: &[String],
        skip: &[String],
        names: &[String],
    ) -> Result<Self, SelectionError> {
        for name in only.iter().chain(skip) {
            let known = catalogue.iter().any(|t| t.name == *name || t.groups.iter().any(|group| group.name == *name));
            if !known {
                let candidates = catalogue.iter().flat_map(|t| {
                    std::iter::once(t.name.as_str()).chain(t.groups.iter().map(|group| group.name.as_str()))
                });
                let suggestion =
                    closest(name, candidates).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
                return Err(SelectionError::UnknownType { name: name.clone(), suggestion });
            }
        }
        let names =
            names
                .iter()
                .map(|pattern| {
                    GlobBuilder::new(pattern).case_insensitive(true).build().map(|glob| glob.compile_matcher()).map_err(
                        |error| SelectionError::Pattern { pattern: pattern.clone(), problem: error.to_string() },
                    )
                })
                .collect::<Result<_, _>>()?;
        Ok(Self { only: only.to_vec(), skip: skip.to_vec(), names, derived: false })
    }

    /// All of these types, which no one asked for one by one.
    pub fn of_types(types: impl IntoIterator<Item = String>) -> Self {
        Self { only: types.into_iter().collect(), derived: true, ..Self::default() }
    }

    /// Whether everything is selected.
    pub fn is_everything(&self) -> bool {
        self.only.is_empty() && self.skip.is_empty() && self.names.is_empty()
    }

    /// Whether some policy of the type may be selected.
    pub fn includes_type(&self, policy_type: &PolicyType) -> bool {
        let named = |list: &[String]| {
            list.iter()
                .any(|name| *name == policy_type.name || policy_type.groups.iter().any(|group| group.name == *name))
        };
        let asked = if self.only.is_empty() { !policy_type.on_request } else { named(&self.only) };
        asked && !self.skip.contains(&policy_type.name)
    }

    /// Whether someone asked for this type by its name, or for a group of it.
    pub fn asks_for(&self, policy_type: &PolicyType) -> bool {
        !self.derived && !self.only.is_empty() && self.includes_type(policy_type)
    }

    /// Whether the policy is selected.
    pub fn includes(&self, policy_type: &PolicyType, policy: &Policy) -> bool {
        let group = policy_type.group_of(policy).map(|group| group.name.as_str());
        let named = |list: &[String]| list.iter().any(|name| *name == policy_type.name || Some(name.as_str()) == group);
        let name = policy_type.name_of(policy);
        (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
            && (self.names.is_empty() || self.names.iter().any(|glob| glob.is_match(&name)))
    }

    /// As it is in a tree's manifest.
    pub fn describe(&self) -> Vec<String> {
        let part = |flag: &str, list: &[String]| list.iter().map(|name| format!("{flag} {name}")).collect::<Vec<_>>();
        let mut all = part("--only", &self.only);
        all.extend(part("--skip", &self.skip));
        all.extend(self.names.iter().map(|glob| format!("--name {}", glob.glob().glob())));
        all
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_slip_is_met_with_a_suggestion() {
        let catalogue = Catalogue::built_in().unwrap();
        let error = Selection::new(&catalogue, &["assignment-filter".into()], &[], &[]).unwrap_err();
        assert!(error.to_string().contains("did you mean `assignment-filters`?"), "{error}");
    }

    #[test]
    fn names_are_globs_without_case() {
        let catalogue = Catalogue::built_in().unwrap();
        let selection = Selection::new(&catalogue, &[], &[], &["win*".into()]).unwrap();
        let policy_type = catalogue.get("assignment-filters").unwrap();
        let named = |name: &str| {
            let body = serde_json::json!({"displayName": name}).as_object().unwrap().clone();
            selection.includes(policy_type, &Policy::new("assignment-filters", body))
        };
        assert!(named("Win - All") && !named("Mac"));
    }
}
