//! Writes a mapping as a sheet.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::table::Separator;
use super::{COLUMNS, MARK, TEXT, is_dangerous, without_controls};
use crate::mapping::file::{Decision, Mapping, Named};

/// The sheet's text: UTF-8 with a mark, which every spreadsheet program reads.
pub fn to_csv(mapping: &Mapping, separator: Separator) -> String {
    let mut sorted = mapping.clone();
    sorted.sort();
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    for entry in &sorted.entries {
        let target = entry.target.clone().unwrap_or_default();
        let named = |named: &Named| {
            [named.name.as_deref(), named.id.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let candidates = entry.candidates.iter().map(named).collect::<Vec<_>>().join("; ");
        let yes = |allowed: bool| if allowed { "yes" } else { "" };
        let cells: [&str; 11] = [
            &entry.kind,
            entry.source_id(),
            entry.source.name.as_deref().unwrap_or_default(),
            entry.decision.word(),
            target.id.as_deref().unwrap_or_default(),
            target.name.as_deref().unwrap_or_default(),
            entry.how.as_deref().unwrap_or_default(),
            entry.why.as_deref().unwrap_or_default(),
            &candidates,
            yes(entry.allow_widen),
            yes(entry.allows_different()),
        ];
        rows.push(cells.map(str::to_owned));
    }
    for pair in &sorted.text {
        let (decision, replace) = match &pair.replace {
            None => (Decision::Undecided, ""),
            Some(replace) if *replace == pair.find => (Decision::Keep, ""),
            Some(replace) => (Decision::Map, replace.as_str()),
        };
        let why = pair.why.as_deref().unwrap_or_default();
        rows.push([TEXT, "", &pair.find, decision.word(), "", replace, "", why, "", "", ""].map(str::to_owned));
    }
    let mut out = WriterBuilder::new()
        .delimiter(separator.byte())
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(MARK.to_string().into_bytes());
    for row in rows {
        // Into memory, and all rows have as many cells: nothing can fail.
        let _ = out.write_record(row.map(|cell| {
            let cell = without_controls(&cell, &[]);
            if is_dangerous(&cell) { format!("'{cell}") } else { cell.into_owned() }
        }));
    }
    out.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
