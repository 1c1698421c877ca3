//! What has changed between two results: for a weekly look, and for a meeting. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::state::{CheckState, Readiness, Row};

/// A row that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowChange {
    /// The row's stable name.
    pub check: String,
    /// What it is.
    pub title: String,
    /// What it was; none where it was not looked at.
    pub before: Option<Said>,
    /// What it is; none where it is no longer looked at.
    pub after: Option<Said>,
}

/// What is said of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// The state.
    pub state: CheckState,
    /// Why.
    pub says: String,
}

impl Said {
    fn of(row: &Row) -> Self {
        let objects: Vec<String> = row.items.iter().map(|item| format!("{}: {}", item.name, item.says)).collect();
        let says = if objects.is_empty() { row.says.clone() } else { format!("{} ({})", row.says, objects.join("; ")) };
        Self { state: row.state, says }
    }
}

/// The rows that differ, those that got worse first.
pub fn compare(before: &Readiness, after: &Readiness) -> Vec<RowChange> {
    let by_check = |result: &Readiness| -> BTreeMap<String, Row> {
        result.rows.iter().map(|row| (row.check.clone(), row.clone())).collect()
    };
    let (old, new) = (by_check(before), by_check(after));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes: Vec<RowChange> = names
        .into_iter()
        .filter_map(|name| {
            let (one, other) = (old.get(name), new.get(name));
            let (before, after) = (one.map(Said::of), other.map(Said::of));
            let title = other.or(one)?.title.clone();
            (before != after).then(|| RowChange { check: name.clone(), title, before, after })
        })
        .collect();
    changes.sort_by_key(RowChange::rank);
    changes
}

impl RowChange {
    /// Whether it is worse than it was.
    pub fn is_worse(&self) -> bool {
        matches!((&self.before, &self.after), (Some(before), Some(after)) if after.state < before.state)
    }

    fn rank(&self) -> (bool, Option<CheckState>) {
        (!self.is_worse(), self.after.as_ref().map(|said| said.state))
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::testing::{result, row};
    use super::*;

    #[test]
    fn what_got_worse_comes_first_and_what_is_the_same_is_left_out() {
        let before = result(vec![
            row("a", CheckState::Ready),
            row("b", CheckState::Missing),
            row("c", CheckState::Ready),
            row("d", CheckState::Ready),
        ]);
        let after = result(vec![row("b", CheckState::Ready), row("c", CheckState::Ready), row("d", CheckState::Soon)]);
        let changes = compare(&before, &after);
        let names: Vec<(&str, bool)> = changes.iter().map(|it| (it.check.as_str(), it.is_worse())).collect();
        assert_eq!(names[0], ("d", true));
        assert_eq!(changes.len(), 3);
        assert!(changes.iter().any(|it| it.check == "a" && it.after.is_none()));
        assert_eq!(compare(&after, &after), []);
    }
}
