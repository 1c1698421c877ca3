//! The answers of the field: what the service has been seen to answer in someone's tenant and not in everyone's.
//! Each has a name, and a sandbox plays those that its configuration names, several at once.
//!
//! [`Answer`] and the table of them are in `answers`; what those about reading do is in [`reading`], and about
//! writing in [`writing`]. Not for trouble that passes: that is `faults` and `storm`.

mod answers;
mod memory;
pub(crate) mod reading;
pub(crate) mod writing;

use std::collections::BTreeSet;

use serde::Deserialize;

pub use answers::{Answer, Seen};
pub(crate) use memory::Memory;

/// The answers that a tenant plays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Field(BTreeSet<Answer>);

impl Field {
    /// The answers of these names.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        names.into_iter().map(Answer::named).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it plays this one.
    pub fn plays(&self, answer: Answer) -> bool {
        self.0.contains(&answer)
    }

    /// Plays those of the other as well.
    pub(crate) fn join(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }
}

impl FromIterator<Answer> for Field {
    fn from_iter<T: IntoIterator<Item = Answer>>(answers: T) -> Self {
        Self(answers.into_iter().collect())
    }
}

impl TryFrom<Vec<String>> for Field {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        Self::named(names.iter().map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_the_list_of_names() {
        let error = Field::named(["top-refused", "teapot"]).unwrap_err();
        assert!(error.starts_with("there is no answer `teapot`"), "{error}");
        for answer in Answer::ALL {
            assert!(error.contains(answer.name()), "{error}");
            assert_eq!(Answer::named(answer.name()), Ok(answer));
        }
    }

    #[test]
    fn every_answer_has_a_name_of_its_own_a_source_and_a_date() {
        let names: BTreeSet<&str> = Answer::ALL.iter().map(|answer| answer.name()).collect();
        assert_eq!(names.len(), Answer::ALL.len());
        for Seen { name, says, source, date } in Answer::ALL.map(Answer::seen) {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(!says.is_empty() && !source.is_empty(), "{name}");
            assert!(date.len() == "2026-01".len() && date.starts_with("20"), "{name}: {date}");
        }
    }
}
