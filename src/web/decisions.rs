//! What a form of the mapping's page says, taken into the mapping by the rules of the spreadsheet of `map --csv`, as if
//! the fields were rows of it: what that refuses is refused here, in the same words. Pure.

use super::link::value;
use super::site::Trouble;
use crate::catalogue::Catalogue;
use crate::cli::error::CliError;
use crate::mapping::sheet::{self, Separator};
use crate::mapping::{Decision, Entry, Mapping, MappingError, Named, TextPair};
use crate::policy::ids;

/// How an entry says that its target was chosen here.
const CHOSEN: &str = "chosen in the browser";
/// The decision that takes the only candidate.
pub(super) const ONLY: &str = "only-candidate";

/// The fields of a form.
pub(super) type Form = [(String, String)];

/// What the fields of an entry are called after.
pub(super) fn key(entry: &Entry) -> String {
    format!("{}/{}", entry.kind, entry.source_id())
}

/// The decisions of single entries and texts: the mapping with them, and how many changed.
pub(super) fn one_by_one(form: &Form, mapping: &Mapping, catalogue: &Catalogue) -> Result<(Mapping, usize), Trouble> {
    let is_there = |name: &str| form.iter().any(|(own, _)| own == name);
    let mut decided = mapping.clone();
    for entry in &mut decided.entries {
        let key = key(entry);
        if is_there(&format!("decision/{key}")) {
            decide(entry, &|what| value(form, &format!("{what}/{key}")).trim());
        }
    }
    for (place, pair) in decided.text.iter_mut().enumerate() {
        let typed = value(form, &format!("replace/{place}"));
        match value(form, &format!("text/{place}")) {
            _ if !typed.is_empty() => pair.replace = Some(typed.to_owned()),
            "keep" => pair.replace = Some(pair.find.clone()),
            _ => {}
        }
    }
    take(&decided, mapping, catalogue)
}

/// One decision for all entries that are undecided and meant: the mapping with it, and how many changed.
pub(super) fn in_bulk(
    word: &str,
    why: &str,
    is_meant: &dyn Fn(&Entry) -> bool,
    mapping: &Mapping,
    catalogue: &Catalogue,
) -> Result<(Mapping, usize), Trouble> {
    let mut decided = mapping.clone();
    let meant = |entry: &&mut Entry| entry.decision == Decision::Undecided && is_meant(entry);
    for entry in decided.entries.iter_mut().filter(meant) {
        let only = match entry.candidates.as_slice() {
            [only] if word == ONLY => only.id.clone(),
            _ => None,
        };
        let chosen = only.map_or_else(|| word.to_owned(), |id| format!("map/{id}"));
        let (widen, different) = (yes(entry.allow_widen), yes(entry.allows_different()));
        decide(entry, &|what| match what {
            "decision" => &chosen,
            "why" => why,
            "widen" => widen,
            "different" => different,
            _ => "",
        });
    }
    take(&decided, mapping, catalogue)
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "" }
}

/// What the fields of an entry say. A target that was typed is meant, whatever else is chosen.
fn decide<'a>(entry: &mut Entry, field: &dyn Fn(&str) -> &'a str) {
    let (chosen, typed, why) = (field("decision"), field("target"), field("why"));
    let known = |id: &str| {
        let mut all = entry.candidates.iter().chain(&entry.target);
        all.find(|named| named.id.as_deref() == Some(id)).cloned()
    };
    let (decision, target) = if !typed.is_empty() {
        let named = Named { id: None, name: Some(typed.to_owned()) };
        (Decision::Map, Some(if ids::is_guid(typed) { Named::new(typed, None) } else { named }))
    } else if let Some(id) = chosen.strip_prefix("map/") {
        (Decision::Map, Some(known(id).unwrap_or_else(|| Named::new(id, None))))
    } else {
        match Decision::of_word(chosen) {
            // What is chosen already stays as it is.
            None | Some(Decision::Map | Decision::Undecided) => (entry.decision, entry.target.clone()),
            Some(decision) => (decision, None),
        }
    };
    if decision != entry.decision || target != entry.target {
        entry.target = target;
    }
    if decision == Decision::Keep && entry.decision != decision {
        // Why it was undecided is not a reason.
        entry.why = None;
    }
    entry.decision = decision;
    entry.allow_widen = field("widen") == "yes";
    entry.allow_different = field("different") == "yes";
    entry.allow_different_for = None;
    if !why.is_empty() {
        entry.why = Some(why.to_owned());
    }
}

/// Takes what differs as rows of a spreadsheet. All or nothing.
fn take(decided: &Mapping, mapping: &Mapping, catalogue: &Catalogue) -> Result<(Mapping, usize), Trouble> {
    let says = |entry: &Entry| {
        (entry.decision, entry.target.clone(), entry.why.clone(), entry.allow_widen, entry.allows_different())
    };
    let is_other = |(new, old): &(&Entry, &Entry)| says(new) != says(old);
    let pairs = decided.entries.iter().zip(&mapping.entries).filter(is_other);
    let mut rows = Mapping::new(mapping.source.clone(), mapping.target.clone());
    rows.entries = pairs.map(|(new, _)| new.clone()).collect();
    let is_other = |(new, old): &(&TextPair, &TextPair)| new.replace != old.replace;
    rows.text = decided.text.iter().zip(&mapping.text).filter(is_other).map(|(new, _)| new.clone()).collect();
    rows.sort();
    let mut taken = mapping.clone();
    let text = sheet::to_csv(&rows, Separator::default());
    sheet::read_csv(text.as_bytes(), "the decisions", &mut taken, catalogue).map_err(|error| refused(error, &rows))?;
    let mut changed = taken.text.iter().zip(&mapping.text).filter(|(new, old)| new != old).count();
    for entry in &rows.entries {
        let is_it = |other: &&mut Entry| other.is_for(&entry.kind, entry.source_id());
        let old = mapping.entry(&entry.kind, entry.source_id());
        if let Some(new) = taken.entries.iter_mut().find(is_it).filter(|new| old.is_none_or(|old| **new != *old)) {
            changed += 1;
            if new.decision == Decision::Map {
                new.how = Some(CHOSEN.to_owned());
            }
        }
    }
    Ok((taken, changed))
}

/// Names the entry where the spreadsheet would name a cell.
fn refused(error: MappingError, rows: &Mapping) -> Trouble {
    let name = |cell: &str| {
        let number: usize = cell.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or_default();
        let place = number.saturating_sub(2);
        let text = || rows.text.get(place.saturating_sub(rows.entries.len())).map(|pair| pair.find.clone());
        rows.entries.get(place).map(Entry::subject).or_else(text).unwrap_or_else(|| cell.to_owned())
    };
    let not_saved = |message: String, fix: String| Trouble { status: 422, message, fix: Some(fix) };
    match error {
        MappingError::Cell { cell, problem, fix, .. } => {
            not_saved(format!("nothing was saved: {}: {problem}", name(&cell)), fix)
        }
        MappingError::Cells { list, .. } => {
            let line = |line: &str| {
                line.trim()
                    .split_once(": ")
                    .map_or_else(|| line.to_owned(), |(cell, rest)| format!("{}: {rest}", name(cell)))
            };
            let list = list.lines().map(line).collect::<Vec<_>>().join(". ");
            not_saved(format!("nothing was saved: {list}"), String::from("Go back, and change these decisions."))
        }
        other => CliError::from(other).into(),
    }
}
