//! The result: rows, each with one of five states. A value that is written to a file and read again for a comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::policy::TenantInfo;

/// The format's number.
pub const FORMAT: u32 = 1;

/// What a tenant has of something. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It is needed and not there, or does not work.
    Missing,
    /// It works, and expires or gets worse soon.
    Soon,
    /// It could not be read.
    NotKnown,
    /// It is there and works.
    Ready,
    /// Nothing needs it.
    NotNeeded,
}

impl CheckState {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Missing, Self::Soon, Self::NotKnown, Self::Ready, Self::NotNeeded];

    /// Its word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Soon => "soon",
            Self::NotKnown => "not-known",
            Self::Ready => "ready",
            Self::NotNeeded => "not-needed",
        }
    }

    /// In words, as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Soon => "Expires or degrades soon",
            Self::NotKnown => "Not known",
            Self::Ready => "Ready",
            Self::NotNeeded => "Not needed",
        }
    }
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) state: CheckState,
    pub(super) says: String,
    pub(super) date: Option<String>,
    pub(super) items: Vec<Item>,
}

impl Judged {
    pub(super) fn new(state: CheckState, says: impl Into<String>) -> Self {
        Self { state, says: says.into(), date: None, items: Vec::new() }
    }
}

/// One object of several that a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// What it is called; empty where it has no name.
    pub name: String,
    /// What is known of it.
    pub state: CheckState,
    /// Why.
    pub says: String,
    /// The date that counts, `2026-11-30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The people that its number counts, where their names are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}

/// One thing that a tenant needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    /// Its stable name.
    pub check: String,
    /// What it is.
    pub title: String,
    /// The heading that it is under.
    pub area: String,
    /// The platforms that it is for; empty where it is for all.
    pub platforms: Vec<String>,
    /// What the tenant has of it.
    pub state: CheckState,
    /// Why, in words.
    pub says: String,
    /// The date that counts: when it expires, or when it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// It is a hint: it does not make a tenant unready.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hint: bool,
    /// It cannot be known with this kind of sign-in, and the exit code does not count it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
    /// How many policies of the tree need it.
    pub policies: usize,
    /// The objects that it is about, where they are several or have names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// What to do; none where nothing is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Where.
    pub place: String,
    /// Who can do it.
    pub who: String,
    /// The permission that reading it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
}

/// An address that a policy of the tree names, such as that of an NDES server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServerAddress {
    /// The policy's type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its name.
    pub policy: String,
    /// The address in the tree.
    pub address: String,
    /// The address that the mapping makes of it; the same where it changes nothing.
    pub in_target: String,
}

/// What a tenant has of all that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Readiness {
    /// The format's number.
    pub ready: u32,
    /// The day on which it was asked, `2026-11-30`.
    pub day: String,
    /// The tenant.
    pub tenant: TenantInfo,
    /// How many policies of a tree were looked at; none where there is no tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<usize>,
    /// The platforms that they are for.
    pub platforms: Vec<String>,
    /// What is needed, by heading.
    pub rows: Vec<Row>,
    /// The addresses of servers that policies name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<ServerAddress>,
}

impl Readiness {
    /// The rows of a state; hints come last.
    pub fn of(&self, state: CheckState) -> impl Iterator<Item = &Row> {
        let of = move |hint: bool| self.rows.iter().filter(move |row| row.state == state && row.hint == hint);
        of(false).chain(of(true))
    }

    /// How many rows have each state.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        CheckState::ALL.into_iter().map(|state| (state.word().to_owned(), self.of(state).count())).collect()
    }

    /// How the command ends: something is missing; could not be checked; gets worse soon. Hints do not count, nor does
    /// what this kind of sign-in can never read.
    pub fn exit(&self) -> Exit {
        let any = |state: CheckState| self.of(state).any(|row| !row.hint && !row.expected);
        if any(CheckState::Missing) {
            Exit::Blocked
        } else if any(CheckState::NotKnown) {
            Exit::SomeFailed
        } else if any(CheckState::Soon) {
            Exit::Differences
        } else {
            Exit::Done
        }
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A row of a state.
    pub(in super::super) fn row(check: &str, state: CheckState) -> Row {
        Row {
            check: check.to_owned(),
            title: format!("the {check}"),
            area: String::from("Tenant"),
            platforms: Vec::new(),
            state,
            says: state.word().to_owned(),
            date: None,
            hint: false,
            expected: false,
            policies: 0,
            items: Vec::new(),
            fix: Some(String::from("Set it up.")),
            place: String::from("Intune admin center"),
            who: String::from("Intune Administrator"),
            permission: None,
        }
    }

    /// A result of rows.
    pub(in super::super) fn result(rows: Vec<Row>) -> Readiness {
        Readiness {
            ready: FORMAT,
            day: String::from("2026-11-30"),
            tenant: TenantInfo::default(),
            policies: None,
            platforms: Vec::new(),
            rows,
            addresses: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{result, row};
    use super::*;

    #[test]
    fn what_is_missing_counts_before_what_is_not_known_and_hints_do_not_count() {
        let all = [CheckState::Ready, CheckState::Soon, CheckState::NotKnown, CheckState::Missing]
            .map(|state| row("x", state));
        let exit = |rows: &[Row]| result(rows.to_vec()).exit();
        assert_eq!(
            [exit(&all[..1]), exit(&all[..2]), exit(&all[..3]), exit(&all)],
            [Exit::Done, Exit::Differences, Exit::SomeFailed, Exit::Blocked]
        );
        let hint = Row { hint: true, ..row("x", CheckState::Missing) };
        let expected = Row { expected: true, ..row("x", CheckState::NotKnown) };
        assert_eq!(exit(&[hint, expected]), Exit::Done);
    }
}
