//! The sentences that every form of the readiness page shares.

use super::super::escape::clean;
use super::super::layout::count;
use super::super::plan_view::tenant;
use crate::engine::ready::state::ServerAddress;
use crate::engine::ready::{CheckState, Item, Readiness, Row};

/// What was checked, as a sentence.
pub(super) fn heading(result: &Readiness) -> String {
    let tenant = tenant(&result.tenant);
    match result.policies {
        None => format!("Health of {tenant}"),
        Some(policies) => {
            let all = result.platforms.join(", ");
            let platforms = if all.is_empty() { all } else { format!(" for {all}") };
            format!("Is {tenant} ready for {}{platforms}?", count(policies, "policy", "policies"))
        }
    }
}

/// The numbers, as a sentence.
pub(super) fn summary(result: &Readiness) -> String {
    let of = |state: CheckState| result.of(state).filter(|row| !row.hint).count();
    let hints = result.rows.iter().filter(|row| row.hint && row.state == CheckState::Missing).count();
    let hints = if hints > 0 { format!(" {}.", count(hints, "hint", "hints")) } else { String::new() };
    format!(
        "{} ready, {} missing, {} soon, {} not known, {} not needed.{hints}",
        of(CheckState::Ready),
        of(CheckState::Missing),
        of(CheckState::Soon),
        of(CheckState::NotKnown),
        of(CheckState::NotNeeded),
    )
}

/// An object with what is said of it.
pub(super) fn object(item: &Item) -> String {
    format!("{}: {}", clean(&item.name), clean(&item.says))
}

/// What a row is, with its platforms and what marks it.
pub(super) fn title(row: &Row) -> String {
    let mut notes: Vec<String> = Vec::new();
    if !row.platforms.is_empty() {
        notes.push(row.platforms.join(", "));
    }
    if row.hint {
        notes.push(String::from("hint"));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{}{notes}", capital(&row.title))
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// An address and what the mapping makes of it.
pub(super) fn becomes(one: &ServerAddress) -> String {
    if one.address == one.in_target {
        return format!("{}, which the mapping does not change", clean(&one.address));
    }
    format!("{} becomes {}", clean(&one.address), clean(&one.in_target))
}
