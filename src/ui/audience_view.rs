//! Who gets a policy, for people: in a few lines under its name, and as rows for pages and Markdown.

use std::fmt::Write as _;

use super::escape::clean;
use super::layout::{Look, hang};
use super::style::{self, paint};
use crate::engine::describe::audience::{place, spoken};
use crate::engine::outcome::Sign;
use crate::policy::audience::{AudienceChange, Filter, Instead, Manner, Recipient};

/// How many are named of one list; `-v` names all.
const FEW: usize = 8;

/// What lies between who a policy is for and who it should be for: a line each, with its sign.
pub(super) fn differences(list: &[Recipient], indent: &str, look: Look) -> String {
    if list.is_empty() { String::new() } else { apart(list, indent, look) }
}

/// The lines below a policy's name. Where nothing changes but that all are new, or nothing at all, they stand together;
/// otherwise each has a line with its sign.
pub(super) fn below(list: &[Recipient], indent: &str, look: Look) -> String {
    let Some(first) = list.first() else { return String::new() };
    if list.iter().all(|one| one.change == first.change)
        && !matches!(first.change, AudienceChange::Remove | AudienceChange::Change)
    {
        return together(list, indent, look);
    }
    apart(list, indent, look)
}

/// Each on a line with its sign; those who stay are only counted.
fn apart(list: &[Recipient], indent: &str, look: Look) -> String {
    let shown: Vec<&Recipient> = list.iter().filter(|one| look.verbose || one.change != AudienceChange::Keep).collect();
    let mut out = String::new();
    let limit = look.limit(shown.len(), 2 * FEW);
    for one in &shown[..limit] {
        let sign = sign(one.change);
        let first = format!("{indent}{} ", paint(style::sign(sign), sign.mark()));
        out.push_str(&hang(&first, indent.len() + 4, &clean(&line(one)), look.prose()));
    }
    if limit < shown.len() {
        let _ = writeln!(out, "{indent}… and {} more; -v lists all", shown.len() - limit);
    }
    let kept = list.len() - shown.len();
    if kept > 0 {
        let _ = writeln!(
            out,
            "{indent}{} {kept} as before; -v lists them",
            paint(style::sign(Sign::Same), Sign::Same.mark())
        );
    }
    out
}

/// All of one change: those who get it, those who do not, and those who are named for something else.
fn together(list: &[Recipient], indent: &str, look: Look) -> String {
    let mut labels: Vec<(String, Vec<String>)> = Vec::new();
    // Included groups come first.
    let mut sorted: Vec<&Recipient> = list.iter().collect();
    sorted.sort_by_key(|one| one.manner);
    for one in sorted {
        let label = label(one);
        let words = without_manner(one);
        match labels.iter_mut().find(|(known, _)| *known == label) {
            Some((_, all)) if all.contains(&words) => {}
            Some((_, all)) => all.push(words),
            None => labels.push((label, vec![words])),
        }
    }
    let mut out = String::new();
    for (label, all) in labels {
        let limit = look.limit(all.len(), FEW);
        let mut words = all[..limit].join("; ");
        if limit < all.len() {
            let _ = write!(words, "; and {} more (-v names all)", all.len() - limit);
        }
        let first = format!("{indent}{} ", paint(style::POINTER, format!("{}:", clean(&label))));
        out.push_str(&hang(&first, indent.len() + 2, &clean(&words), look.prose()));
    }
    out
}

/// What stands before a list of some.
fn label(one: &Recipient) -> String {
    let mut notes: Vec<&str> = one.instead.map(Instead::words).into_iter().collect();
    notes.extend((one.change == AudienceChange::Held).then_some("held back"));
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    match one.manner {
        Manner::Included => format!("for{notes}"),
        Manner::Excluded => format!("not for{notes}"),
        Manner::Named => format!("{}{notes}", place(one)),
    }
}

fn without_manner(one: &Recipient) -> String {
    with_notes(one.who.words(), &notes(one))
}

fn with_notes(who: String, notes: &[String]) -> String {
    if notes.is_empty() { who } else { format!("{who} ({})", notes.join(", ")) }
}

/// One of them on a line of its own.
fn line(one: &Recipient) -> String {
    let mut all: Vec<String> = manner(one).into_iter().collect();
    all.extend(notes(one));
    all.extend(one.instead.map(|instead| instead.words().to_owned()));
    all.extend((one.change == AudienceChange::Held).then(|| String::from("held back")));
    with_notes(one.who.words(), &all)
}

fn manner(one: &Recipient) -> Option<String> {
    match one.manner {
        Manner::Included => None,
        Manner::Excluded => Some(String::from("excluded")),
        Manner::Named => Some(place(one)),
    }
}

/// What is worth knowing beside who it is.
fn notes(one: &Recipient) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(one.who.new.then(|| String::from("new group")));
    notes.extend(one.intent.as_deref().map(|intent| spoken(intent).to_lowercase()));
    let filter = |filter: &Option<Filter>| filter.as_ref().map_or_else(|| String::from("no filter"), Filter::words);
    if one.change == AudienceChange::Change {
        notes.push(format!("{} → {}", filter(&one.filter_before), filter(&one.filter)));
    } else {
        notes.extend(one.filter.as_ref().map(Filter::words));
    }
    notes
}

/// The sign of a change.
pub(super) fn sign(change: AudienceChange) -> Sign {
    match change {
        AudienceChange::Add => Sign::New,
        AudienceChange::Remove => Sign::Removed,
        AudienceChange::Change => Sign::Changed,
        AudienceChange::Keep => Sign::Same,
        AudienceChange::Held => Sign::Blocked,
    }
}

/// A change in words.
pub(super) fn says(change: AudienceChange) -> &'static str {
    match change {
        AudienceChange::Add => "added",
        AudienceChange::Remove => "removed",
        AudienceChange::Change => "filter changed",
        AudienceChange::Keep => "stays",
        AudienceChange::Held => "held back",
    }
}

/// A row of a table: who, their id where there is one, and how.
pub(super) struct Row {
    /// The change.
    pub(super) change: AudienceChange,
    /// Who.
    pub(super) who: String,
    /// The id in the tenant.
    pub(super) id: Option<String>,
    /// How.
    pub(super) how: String,
}

/// How one of them has to do with the policy: included or what else, then all that is worth knowing.
pub(super) fn how(one: &Recipient) -> Vec<String> {
    let mut how = vec![manner(one).unwrap_or_else(|| String::from("included"))];
    how.extend(notes(one));
    how.extend(one.instead.map(|instead| instead.words().to_owned()));
    how
}

/// The rows of a table.
pub(super) fn rows(list: &[Recipient]) -> Vec<Row> {
    let row = |one: &Recipient| {
        // The id is in a column of its own.
        let who = crate::policy::audience::Who { shares_name: false, ..one.who.clone() };
        Row { change: one.change, who: who.words(), id: one.who.id.clone(), how: how(one).join(", ") }
    };
    // Included groups come first.
    let mut sorted: Vec<&Recipient> = list.iter().collect();
    sorted.sort_by_key(|one| one.manner);
    sorted.into_iter().map(row).collect()
}

/// Who gets it, on one short line; empty where no one is known to.
pub(super) fn short(list: &[Recipient]) -> String {
    const SHORT: usize = 3;
    let named = |manner: Manner, held: bool| -> String {
        let all: Vec<String> = list
            .iter()
            .filter(|one| one.manner == manner && one.change != AudienceChange::Remove)
            .filter(|one| (one.change == AudienceChange::Held) == held)
            .map(|one| one.who.words())
            .collect();
        let more = all.len().saturating_sub(SHORT);
        let shown = all[..all.len() - more].join(", ");
        if more > 0 { format!("{shown} and {more} more") } else { shown }
    };
    let parts = [
        ("for", named(Manner::Included, false)),
        ("not for", named(Manner::Excluded, false)),
        ("for (held back)", named(Manner::Included, true)),
    ];
    let parts = parts.into_iter().filter(|(_, names)| !names.is_empty());
    parts.map(|(label, names)| format!("{label} {names}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::policy::audience::testing::every_kind;

    #[test]
    fn changes_have_a_line_each() {
        insta::assert_snapshot!(plain(&below(&every_kind(), "    ", Look { width: Some(100), verbose: true })), @r#"
        ! All devices (held back)
        + Pilot (excluded, new group)
        ~ Berlin (g1) (required, except devices that match the filter "Private (f)", new → only devices
            that match the filter "Corporate (f)", new)
        - eve@contoso.com
        + role Global Administrator (excluded, off)
        + role Global Administrator (approver groups)
        = Guests
        = All users
        "#);
        let short = plain(&below(&every_kind(), "    ", Look::default()));
        assert!(short.ends_with("= 2 as before; -v lists them\n"), "{short}");
    }

    #[test]
    fn what_is_all_new_stands_together() {
        let list: Vec<Recipient> =
            every_kind().into_iter().map(|one| Recipient { change: AudienceChange::Add, ..one }).collect();
        insta::assert_snapshot!(plain(&below(&list, "    ", Look { width: Some(80), verbose: false })), @r#"
        for: All devices; Berlin (g1) (required, only devices that match the filter
          "Corporate (f)", new); eve@contoso.com; Guests; All users
        not for: Pilot (new group)
        not for (off): role Global Administrator
        approver groups: role Global Administrator
        "#);
        let numbered = |number: usize| {
            let mut one = list[1].clone();
            one.who.name = Some(format!("Group {number}"));
            one
        };
        let many: Vec<Recipient> = (0..60).map(numbered).collect();
        assert!(plain(&below(&many, "    ", Look::default())).contains("more (-v names all)"));
        assert_eq!(
            short(&list),
            "for All devices, Berlin (g1), eve@contoso.com and 2 more; not for Pilot, role Global Administrator"
        );
    }
}
