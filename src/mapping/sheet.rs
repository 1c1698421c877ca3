//! The mapping as a sheet for a spreadsheet program: one row per entry and text pair, safe against cells that
//! are taken for formulas. The JSON file stays the mapping; a sheet is another way to decide.

use super::file::{Decision, Entry, Mapping, Named, TextPair};
use super::parse::MappingError;
use crate::catalogue::Catalogue;

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 10] = [
    "kind",
    "source id",
    "source name",
    "decision",
    "target id",
    "target name",
    "how",
    "why",
    "candidates",
    "allow widen",
];
/// The word for text pairs among the kinds.
const TEXT: &str = "text";
/// Spreadsheet programs look for this before they believe that a file is UTF-8.
const MARK: char = '\u{feff}';

/// What a spreadsheet program may take for the start of a formula, and the sign that prevents it.
fn is_dangerous(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'', '＝', '＋', '－', '＠'])
}

fn cell(text: &str) -> String {
    let guard = if is_dangerous(text) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// The text of a cell, whether a spreadsheet program kept the guard or not.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_dangerous(rest)).unwrap_or(text)
}

/// The sheet's text.
pub fn to_csv(mapping: &Mapping) -> String {
    let mut sorted = mapping.clone();
    sorted.sort();
    let mut out = String::from(MARK);
    let mut line = |cells: [&str; 10]| {
        out.push_str(&cells.map(cell).join(","));
        out.push_str("\r\n");
    };
    line(COLUMNS);
    for entry in &sorted.entries {
        let target = entry.target.clone().unwrap_or_default();
        let named = |named: &Named| {
            [named.name.as_deref(), named.id.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let candidates = entry.candidates.iter().map(named).collect::<Vec<_>>().join("; ");
        line([
            &entry.kind,
            entry.source_id(),
            entry.source.name.as_deref().unwrap_or_default(),
            entry.decision.word(),
            target.id.as_deref().unwrap_or_default(),
            target.name.as_deref().unwrap_or_default(),
            entry.how.as_deref().unwrap_or_default(),
            entry.why.as_deref().unwrap_or_default(),
            &candidates,
            if entry.allow_widen { "yes" } else { "" },
        ]);
    }
    for pair in &sorted.text {
        let (decision, replace) = match &pair.replace {
            None => (Decision::Undecided, ""),
            Some(replace) if *replace == pair.find => (Decision::Keep, ""),
            Some(replace) => (Decision::Map, replace.as_str()),
        };
        let decision = decision.word();
        line([TEXT, "", &pair.find, decision, "", replace, "", pair.why.as_deref().unwrap_or_default(), "", ""]);
    }
    out
}

/// Takes the decisions of a sheet into the mapping. A row that is undecided takes nothing back: what was
/// decided in the JSON file since stays. `file` is how messages name the sheet.
pub fn read_csv(text: &str, file: &str, mapping: &mut Mapping, catalogue: &Catalogue) -> Result<(), MappingError> {
    let wrong = |line: usize, problem: String, fix: &str| MappingError::Meaning {
        file: file.to_owned(),
        line,
        column: 1,
        problem,
        fix: fix.to_owned(),
    };
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let mut rows = rows(text).into_iter();
    let (_, header) = rows.next().unwrap_or_default();
    let place = |name: &str| header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    for name in ["kind", "source id", "source name", "decision", "target id", "target name"] {
        if place(name).is_none() {
            return Err(wrong(1, format!("the column `{name}` is missing"), "write the sheet anew with map --csv"));
        }
    }
    for (line, row) in rows {
        let at = |name: &str| place(name).and_then(|index| row.get(index)).map_or("", |cell| unguarded(cell));
        let kind = at("kind").trim();
        let decision = match (at("decision").trim(), Decision::of_word(at("decision"))) {
            ("", _) | (_, Some(Decision::Undecided)) => continue,
            (_, Some(decision)) => decision,
            (other, None) => {
                let problem = format!("`{other}` is no decision");
                return Err(wrong(line, problem, "write map, create, drop, keep or undecided"));
            }
        };
        if kind == TEXT {
            let find = at("source name");
            let replace = match decision {
                Decision::Map => at("target name"),
                Decision::Keep => find,
                _ => return Err(wrong(line, String::from("a text is mapped or kept"), "write map or keep")),
            };
            set_text(mapping, find, replace);
            continue;
        }
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut entry = mapping.entry(kind, at("source id").trim()).cloned().unwrap_or_else(|| {
            Entry::undecided(kind, Named { id: filled(at("source id").trim()), name: filled(at("source name")) })
        });
        let target = Named { id: filled(at("target id").trim()), name: filled(at("target name")) };
        let target = (target != Named::default()).then_some(target);
        let allow_widen = ["yes", "true", "1", "x"].contains(&at("allow widen").trim().to_lowercase().as_str());
        if entry.decision == decision && entry.target == target && entry.allow_widen == allow_widen {
            continue;
        }
        entry.how = Some(String::from("chosen in the sheet")).filter(|_| decision == Decision::Map);
        entry.why = filled(at("why")).filter(|why| decision != Decision::Map || entry.why.as_ref() != Some(why));
        (entry.decision, entry.target, entry.allow_widen) = (decision, target, allow_widen);
        entry.candidates.clear();
        let mut alone = Mapping::new(mapping.source.clone(), mapping.target.clone());
        alone.entries.push(entry.clone());
        if let Err(MappingError::Meaning { problem, fix, .. }) = Mapping::parse(&alone.to_text(), file, catalogue) {
            return Err(wrong(line, problem, &fix));
        }
        mapping.entries.retain(|old| !old.is_for(&entry.kind, entry.source_id()));
        mapping.entries.push(entry);
    }
    mapping.sort();
    Ok(())
}

fn set_text(mapping: &mut Mapping, find: &str, replace: &str) {
    match mapping.text.iter_mut().find(|pair| pair.find == find) {
        Some(pair) => pair.replace = Some(replace.to_owned()),
        None if find.is_empty() => {}
        None => mapping.text.push(TextPair { find: find.to_owned(), replace: Some(replace.to_owned()), why: None }),
    }
}

/// Rows with the lines on which they begin; separated by whichever of the usual signs the header has.
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    let header = text.lines().next().unwrap_or_default();
    let count = |sign: char| header.matches(sign).count();
    let separator = [';', '\t', ','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun, mut quoted) = (1, 1, false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        line += usize::from(sign == '\n');
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => cell.extend(signs.next()),
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted && signs.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push((begun, std::mem::take(&mut row)));
                begun = line;
            }
            sign if sign == separator && !quoted => row.push(std::mem::take(&mut cell)),
            sign => cell.push(sign),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push((begun, row));
    }
    rows.retain(|(_, row)| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::testing::{catalogue, entry, mapping, pair};
    use super::*;
    use proptest::prelude::*;

    fn sample(name: &str) -> Mapping {
        let mut sample = mapping(vec![
            entry("group", "a1", Decision::Map, Some("t1")),
            entry("group", "b2", Decision::Undecided, None),
            entry("user", "u1", Decision::Drop, None),
        ]);
        sample.entries[0].source.name = Some(name.to_owned());
        sample.entries[1].candidates = vec![Named::new("x", Some(name))];
        sample.text = vec![pair("old", name), pair("kept", "kept")];
        sample.text.push(TextPair { find: "open".into(), ..TextPair::default() });
        sample
    }

    #[test]
    fn no_cell_is_a_formula() {
        for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "＝1"] {
            let text = to_csv(&sample(name));
            for (_, row) in rows(text.strip_prefix(MARK).unwrap()) {
                assert!(row.iter().all(|cell| cell.starts_with('\'') || !is_dangerous(cell)), "{row:?}");
            }
            let mut read = sample(name);
            read_csv(&text, "m.csv", &mut read, &catalogue()).unwrap();
            assert_eq!(read.to_text(), sample(name).to_text());
        }
    }

    #[test]
    fn decisions_come_from_the_sheet_and_undecided_rows_take_nothing_back() {
        let text = to_csv(&sample("N")).replace("\"b2\",\"\",\"undecided\",\"\"", "\"b2\",\"\",\"map\",\"t2\"");
        let text = text.replace("\"open\",\"undecided\",\"\",\"\"", "\"open\",\"map\",\"\",\"new\"");
        // As a spreadsheet program of another country writes it.
        let text = text.replace("\",\"", "\";\"").replace("\r\n", "\n");
        let mut read = sample("N");
        read.entries[1].decision = Decision::Undecided;
        read_csv(&text, "m.csv", &mut read, &catalogue()).unwrap();
        let chosen = read.entry("group", "b2").unwrap();
        assert_eq!((chosen.decision, chosen.target_id()), (Decision::Map, Some("t2")));
        assert_eq!(read.text[2].replace.as_deref(), Some("new"));
        let stale = to_csv(&sample("N"));
        read_csv(&stale, "m.csv", &mut read, &catalogue()).unwrap();
        assert_eq!(read.entry("group", "b2").unwrap().decision, Decision::Map);
    }

    #[test]
    fn a_row_that_cannot_be_is_told_with_its_line() {
        for (old, new, said) in [
            ("\"drop\"", "\"away\"", "line 4"),
            ("\"user\"", "\"usr\"", "did you mean `user`"),
            ("\"drop\"", "\"map\"", "without a target"),
            ("\"decision\"", "\"what\"", "the column `decision`"),
        ] {
            let text = to_csv(&sample("N")).replacen(old, new, 1);
            let error = read_csv(&text, "m.csv", &mut sample("N"), &catalogue()).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("m.csv"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in any::<String>()) {
            let mut read = sample(&name);
            read_csv(&to_csv(&sample(&name)), "m.csv", &mut read, &catalogue()).unwrap();
            prop_assert_eq!(read.to_text(), sample(&name).to_text());
        }

        #[test]
        fn nothing_makes_it_panic(text in any::<String>()) {
            let _ = read_csv(&text, "m.csv", &mut sample("N"), &catalogue());
            let _ = read_csv(&format!("kind,source id,source name,decision,target id,target name\n{text}"), "m.csv", &mut sample("N"), &catalogue());
        }
    }
}
