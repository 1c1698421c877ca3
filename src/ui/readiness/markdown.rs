//! The readiness page as Markdown, for a ticket.

use std::fmt::Write as _;

use super::super::documentation::text;
use super::words::{becomes, capital, heading, object, title};
use crate::engine::ready::{CheckState, Readiness, Row};

/// The page as the text of a file. `made` says when.
pub fn markdown(result: &Readiness, made: &str) -> String {
    let mut out = format!("# {}\n\n| State | Checks |\n| --- | ---: |\n", text(&heading(result)));
    for state in CheckState::ALL {
        let number = result.of(state).filter(|row| !row.hint).count();
        let _ = writeln!(out, "| {} | {number} |", state.title());
    }
    for state in [CheckState::Missing, CheckState::Soon, CheckState::NotKnown] {
        let rows: Vec<&Row> = result.of(state).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {}", state.title());
        for row in rows {
            in_full(row, &mut out);
        }
    }
    let ready: Vec<&Row> = result.of(CheckState::Ready).collect();
    if !ready.is_empty() {
        let _ = writeln!(out, "\n## {}\n\n| What | State |\n| --- | --- |", CheckState::Ready.title());
        for row in ready {
            let _ = writeln!(out, "| {} | {} |", text(&title(row)), text(&row.says));
        }
    }
    if !result.addresses.is_empty() {
        out.push_str("\n## Addresses in certificate profiles\n\n");
        for one in &result.addresses {
            let _ = writeln!(out, "- {}: {}", text(&one.policy), text(&becomes(one)));
        }
    }
    let _ = writeln!(out, "\nMade {made} by intune-ferry {}.", env!("CARGO_PKG_VERSION"));
    out
}

/// A box to tick, with what is to be done.
fn in_full(row: &Row, out: &mut String) {
    let _ = writeln!(out, "\n- [ ] **{}**: {}", text(&capital(&title(row))), text(&row.says));
    for item in row.items.iter().filter(|item| !item.name.is_empty()) {
        let _ = writeln!(out, "  - {}", text(&object(item)));
        for person in &item.people {
            let _ = writeln!(out, "    - {}", text(person));
        }
    }
    if let Some(fix) = &row.fix {
        let _ = writeln!(out, "  - {}\n  - {}, in: {}", text(fix), text(&row.who), text(&row.place));
    }
}
