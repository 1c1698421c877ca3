//! What a mapping says, counted by kind and decision, and what is still to be decided.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::escape::clean;
use super::findings::findings;
use super::layout::{Look, count, hang, named, wrap};
use super::style::{self, paint};
use super::table::{Side, table};
use crate::finding::Finding;
use crate::mapping::{Decision, Entry, Mapping};

/// How many undecided entries are listed.
const FEW: usize = 20;

/// The counts, then the undecided entries with their reasons, and what a plan would refuse although it is decided.
/// `file` is where the mapping stands.
pub fn mapping(mapping: &Mapping, refused: &[Finding], file: &str, look: Look) -> String {
    let mut out = entries(mapping, file, look);
    if !refused.is_empty() {
        let many = count(refused.len(), "decision cannot be carried out", "decisions cannot be carried out");
        let they = if refused.len() == 1 { "it" } else { "them" };
        out.push('\n');
        out.push_str(&wrap("", &format!("{many}; a plan blocks the policies that need {they}:"), look.prose()));
        out.push_str(&findings(refused, look));
    }
    out
}

fn entries(mapping: &Mapping, file: &str, look: Look) -> String {
    let mut out = format!("{}\n\n", paint(style::STRONG, format!("Mapping {}", clean(file))));
    let mut kinds: BTreeMap<&str, HashMap<Decision, usize>> = BTreeMap::new();
    for entry in &mapping.entries {
        *kinds.entry(&entry.kind).or_default().entry(entry.decision).or_default() += 1;
    }
    let rows: Vec<Vec<String>> = kinds
        .iter()
        .map(|(kind, counts)| {
            let numbers =
                Decision::ALL.map(|decision| counts.get(&decision).map_or_else(|| "-".into(), ToString::to_string));
            std::iter::once((*kind).to_owned()).chain(numbers).collect()
        })
        .collect();
    if rows.is_empty() {
        out.push_str("No policy refers to anything outside the tree.\n");
        out.push_str(&texts(mapping, look));
        return out;
    }
    let columns = [
        ("KIND", Side::Left),
        ("MAP", Side::Right),
        ("CREATE", Side::Right),
        ("KEEP", Side::Right),
        ("DROP", Side::Right),
        ("UNDECIDED", Side::Right),
    ];
    out.push_str(&table(look, &columns, &rows));
    let undecided: Vec<&Entry> = mapping.entries.iter().filter(|entry| entry.decision == Decision::Undecided).collect();
    out.push_str(&texts(mapping, look));
    if undecided.is_empty() {
        return out;
    }
    let many = count(undecided.len(), "entry is undecided", "entries are undecided");
    out.push('\n');
    let says = format!("{many}; open the file and set their decision to map, create, drop or keep:");
    out.push_str(&wrap("", &says, look.prose()));
    let limit = look.limit(undecided.len(), FEW);
    for entry in &undecided[..limit] {
        let name = entry.source.name.as_deref().unwrap_or_else(|| entry.source_id());
        let why = entry.why.as_deref().unwrap_or("no decision yet");
        let first =
            format!("  {} {}: ", paint(style::LOOK, clean(&entry.kind)), named(name.trim_end_matches(':'), look));
        out.push_str(&hang(&first, 4, &clean(why), look.prose()));
    }
    if limit < undecided.len() {
        let _ = writeln!(out, "  … and {} more; -v lists all", undecided.len() - limit);
    }
    out
}

/// The text pairs that wait for a person, and how many there are.
fn texts(mapping: &Mapping, look: Look) -> String {
    if mapping.text.is_empty() {
        return String::new();
    }
    let open: Vec<_> = mapping.text.iter().filter(|pair| pair.replace.is_none()).collect();
    let pairs = count(mapping.text.len(), "text pair", "text pairs");
    let says = match open.len() {
        0 => format!("{pairs} for texts of the source tenant; all are decided."),
        some => {
            let are = if some == 1 { "is" } else { "are" };
            let todo = "set `replace` to the target's value, or repeat the text to keep it:";
            format!("{some} of {pairs} for texts of the source tenant {are} undecided; {todo}")
        }
    };
    let mut out = String::from("\n");
    out.push_str(&wrap("", &says, look.prose()));
    for pair in &open[..look.limit(open.len(), FEW)] {
        let why = pair.why.as_deref().unwrap_or("no decision yet");
        out.push_str(&hang(
            &format!("  {} {}: ", paint(style::LOOK, "text"), named(&pair.find, look)),
            4,
            &clean(why),
            look.prose(),
        ));
    }
    out
}

/// How many entries have which decision.
pub fn counts(mapping: &Mapping) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in &mapping.entries {
        *counts.entry(entry.decision.word().to_owned()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::super::style::plain;
    use super::*;
    use crate::mapping::{Named, Side as TenantSide};

    #[test]
    fn what_is_undecided_stands_with_its_reason() {
        let mut sample = Mapping::new(TenantSide::default(), TenantSide::default());
        let mut sales = Entry::undecided("group", Named::new("1", Some("Sales\u{202e}")));
        sales.why = Some("2 objects in the target have the same name".into());
        let mut laptops = Entry::undecided("group", Named::new("2", Some("All laptops")));
        laptops.decision = Decision::Map;
        sample.entries = vec![sales, laptops, Entry::undecided("user", Named::new("3", None))];
        insta::assert_snapshot!(plain(&mapping(&sample, &[], "mapping.json", Look::default())), @r"
        Mapping mapping.json

        KIND   MAP  CREATE  KEEP  DROP  UNDECIDED
        group    1       -     -     -          1
        user     -       -     -     -          1

        2 entries are undecided; open the file and set their decision to map, create, drop or keep:
          group Sales\u{202e}: 2 objects in the target have the same name
          user 3: no decision yet
        ");
    }
}
