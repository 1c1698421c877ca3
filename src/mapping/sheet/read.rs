//! Takes the decisions of a sheet into a mapping. All or nothing: what is not understood is named by its cell, and the
//! mapping stays as it was.

use std::collections::BTreeMap;

use super::table::{Row, Separator, decode, table};
use super::yes_no::yes_no;
use super::{DIFFERENT, TEXT, WIDEN, shows, unguarded, without_controls};
use crate::catalogue::Catalogue;
use crate::mapping::file::{Decision, Entry, Mapping, Named, TextPair};
use crate::mapping::parse::{self, MappingError};

const NEEDED: [&str; 6] = ["kind", "source id", "source name", "decision", "target id", "target name"];
/// How many cells a message lists.
const SHOWN: usize = 20;
const SAVE_AS_UTF8: &str = "save the spreadsheet as \"CSV UTF-8\"";

/// What is wrong with a row: in which column, why, and what to do.
struct WrongCell {
    column: &'static str,
    problem: String,
    fix: String,
}

fn wrong(column: &'static str, problem: impl Into<String>, fix: &str) -> WrongCell {
    WrongCell { column, problem: problem.into(), fix: fix.to_owned() }
}

/// Takes the decisions of a sheet into the mapping, and says what stands between its cells. A row that is undecided
/// takes nothing back: what was decided in the JSON file since stays. `file` is how messages name the sheet.
pub fn read_csv(
    bytes: &[u8],
    file: &str,
    mapping: &mut Mapping,
    catalogue: &Catalogue,
) -> Result<Separator, MappingError> {
    let unreadable = |problem: &str| MappingError::Unreadable {
        file: file.to_owned(),
        problem: format!("{problem}; {SAVE_AS_UTF8}"),
    };
    let texts = decode(bytes);
    let (mut garbled, is_certain) = (None, texts.len() <= 1);
    for text in texts {
        let mut decided = mapping.clone();
        let sheet = Sheet { file, catalogue, known: mapping };
        match sheet.read(&text, is_certain, &mut decided)? {
            Ok(separator) => {
                decided.sort();
                *mapping = decided;
                return Ok(separator);
            }
            Err(name) => garbled = garbled.or(Some(name)),
        }
    }
    Err(unreadable(&match garbled {
        Some(name) => format!("the file is not UTF-8, and its encoding is uncertain: the mapping has no `{name}`"),
        None => String::from("its encoding is not understood"),
    }))
}

struct Sheet<'a> {
    file: &'a str,
    catalogue: &'a Catalogue,
    known: &'a Mapping,
}

/// Where each column is.
type Header = BTreeMap<String, usize>;

impl Sheet<'_> {
    /// Reads the decisions. The inner error is a name that shows that the characters were guessed wrong.
    fn read(
        &self,
        text: &str,
        is_certain: bool,
        decided: &mut Mapping,
    ) -> Result<Result<Separator, String>, MappingError> {
        let table = table(text);
        let mut rows = table.rows.iter();
        let header = self.header(rows.next())?;
        if let Some((row, column)) = table.open {
            let fix = "add the closing quotation mark, or write the spreadsheet again with map --csv";
            return Err(self.cell(row, column, "the closing quotation mark is missing", fix));
        }
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut wrongs: Vec<(String, WrongCell)> = Vec::new();
        for row in rows {
            if let Some(more) = (header.len()..row.cells.len()).find(|index| !row.cells[*index].trim().is_empty()) {
                let fix = "put the row's text in quotation marks, or write the spreadsheet again with map --csv";
                return Err(self.cell(row.number, more, "the row has more cells than the header", fix));
            }
            let row = Cells { row, header: &header };
            let name = row.at("source name");
            if !is_certain && !name.is_ascii() && !self.knows(&row, name) {
                return Ok(Err(name.to_owned()));
            }
            let key = if row.kind() == TEXT { name.to_owned() } else { row.at("source id").trim().to_lowercase() };
            let first = seen.insert((row.kind().to_lowercase(), key), row.row.number);
            let own = match first {
                Some(first) => {
                    let problem = format!("row {first} is for the same object");
                    vec![wrong("source id", problem, "remove one of the two rows")]
                }
                None => self.take_all(&row, decided),
            };
            wrongs.extend(own.into_iter().map(|wrong| {
                let column = header.get(wrong.column).copied().unwrap_or_default();
                (format!("{}{}", letters(column), row.row.number), wrong)
            }));
        }
        match wrongs.as_slice() {
            [] => Ok(Ok(table.separator)),
            [(cell, WrongCell { problem, fix, .. })] => Err(self.at(cell, problem, fix)),
            several => {
                let list =
                    several.iter().take(SHOWN).map(|(cell, wrong)| format!("{cell}: {}, {}", wrong.problem, wrong.fix));
                let more = several.len().saturating_sub(SHOWN);
                let more = (more > 0).then(|| format!("and {more} more"));
                let list = list.chain(more).collect::<Vec<_>>().join("; ");
                Err(MappingError::Cells { file: self.file.to_owned(), count: several.len(), list })
            }
        }
    }

    /// Takes one row, or says all that is wrong with it.
    fn take_all(&self, row: &Cells<'_>, decided: &mut Mapping) -> Vec<WrongCell> {
        let is_text = row.kind() == TEXT;
        let asked = [WIDEN, DIFFERENT].into_iter().filter(|_| !is_text);
        let mut wrongs: Vec<WrongCell> = asked.filter_map(|column| row.yes_no(column).err()).collect();
        if wrongs.is_empty() {
            wrongs.extend(self.take(row, decided).err());
        }
        wrongs
    }

    fn header(&self, row: Option<&Row>) -> Result<Header, MappingError> {
        let again = "write the spreadsheet again with map --csv";
        let number = row.map_or(1, |row| row.number);
        let mut header = Header::new();
        for (index, cell) in row.into_iter().flat_map(|row| row.cells.iter()).enumerate() {
            let name = cell.trim().to_lowercase();
            // Columns of one's own need no name.
            let name = if name.is_empty() { format!(" {index}") } else { name };
            if header.insert(name, index).is_some() {
                return Err(self.cell(number, index, &format!("there are two columns `{}`", cell.trim()), again));
            }
        }
        match NEEDED.iter().find(|name| !header.contains_key(**name)) {
            Some(name) => Err(self.cell(number, 0, &format!("the column `{name}` is missing"), again)),
            None => Ok(header),
        }
    }

    /// Whether the mapping has this very name, or says nothing of the entry.
    fn knows(&self, row: &Cells<'_>, name: &str) -> bool {
        if row.kind() == TEXT {
            return self.known.text.iter().any(|pair| shows(name, &pair.find));
        }
        let known = self.known.entry(row.kind(), row.at("source id").trim());
        known.and_then(|entry| entry.source.name.as_deref()).is_none_or(|known| shows(name, known))
    }

    /// Takes one row.
    fn take(&self, row: &Cells<'_>, decided: &mut Mapping) -> Result<(), WrongCell> {
        let (kind, id) = (row.kind(), row.at("source id").trim());
        let word = row.at("decision").trim();
        let of_entry = decided.entry(kind, id).and_then(|entry| entry.target.clone());
        let target = row.target().map(|target| as_known(target, of_entry.as_ref()));
        let decision = match (word, Decision::of_word(word)) {
            ("", _) | (_, Some(Decision::Undecided)) => {
                // For a text pair the other columns mean nothing yet.
                let known = if kind == TEXT {
                    target.clone()
                } else {
                    decided.entry(kind, id).and_then(|it| it.target.clone())
                };
                let is_open = target.is_none() || target == known;
                let problem = "the row has a target but no decision";
                return if is_open {
                    Ok(())
                } else {
                    Err(wrong("decision", problem, "write map, or clear the target's cells"))
                };
            }
            (_, Some(decision)) => decision,
            (other, None) => {
                let problem = format!("`{other}` is not a decision");
                return Err(wrong("decision", problem, "write map, create, drop, keep or undecided"));
            }
        };
        if kind == TEXT {
            let replace = match decision {
                Decision::Map => row.at("target name"),
                Decision::Keep => row.at("source name"),
                _ => return Err(wrong("decision", "a text pair can only be mapped or kept", "write map or keep")),
            };
            set_text(decided, row.at("source name"), replace);
            return Ok(());
        }
        if is_number(id) {
            let problem = format!("`{id}` is a number that a spreadsheet program made from an ID");
            return Err(wrong("source id", problem, "enter the ID as text"));
        }
        let name = filled(row.at("source name"));
        if let (Some(new), Some(old)) = (&target, &of_entry)
            && let (Some(cell), Some(name)) = (new.name.as_deref(), old.name.as_deref())
            && new.id.is_some()
            && new.id == old.id
            && cell.trim() != name.trim()
        {
            let problem = format!(
                "the name was changed, but the target ID next to it is still that of `{}`",
                without_controls(name, &[])
            );
            return Err(wrong(
                "target name",
                problem,
                "clear the target ID to choose by name, or enter the new ID as well",
            ));
        }
        let new = || Entry::undecided(kind, Named { id: filled(id), name });
        let mut entry = decided.entry(kind, id).cloned().unwrap_or_else(new);
        // A sheet of an older version may lack the columns.
        let allow_widen = row.yes_no(WIDEN)?.unwrap_or(entry.allow_widen);
        let allow_different = row.yes_no(DIFFERENT)?.unwrap_or(entry.allows_different());
        let is_same = entry.decision == decision && entry.target == target;
        if is_same && entry.allow_widen == allow_widen && entry.allows_different() == allow_different {
            return Ok(());
        }
        let was_allowed = entry.allows_different();
        let is_moved = entry.set_target(target);
        // What was allowed for another target is asked again.
        entry.allow_different = allow_different && !(is_moved && was_allowed);
        entry.allow_different_for = None;
        entry.how = Some(String::from("chosen in the spreadsheet")).filter(|_| decision == Decision::Map);
        entry.why = filled(row.at("why")).filter(|why| decision != Decision::Map || entry.why.as_ref() != Some(why));
        (entry.decision, entry.allow_widen) = (decision, allow_widen);
        entry.settle_difference();
        entry.candidates.clear();
        let mut alone = Mapping::new(decided.source.clone(), decided.target.clone());
        alone.entries.push(entry.clone());
        parse::validate(&alone, self.catalogue).map_err(|(place, problem, fix)| {
            let column = match place.last().map(String::as_str) {
                Some("kind") => "kind",
                Some("source") => "source id",
                Some("target") => "target id",
                _ => "decision",
            };
            WrongCell { column, problem, fix }
        })?;
        decided.entries.retain(|old| !old.is_for(&entry.kind, entry.source_id()));
        decided.entries.push(entry);
        Ok(())
    }

    fn cell(&self, row: usize, column: usize, problem: &str, fix: &str) -> MappingError {
        self.at(&format!("{}{row}", letters(column)), problem, fix)
    }

    fn at(&self, cell: &str, problem: &str, fix: &str) -> MappingError {
        MappingError::Cell {
            file: self.file.to_owned(),
            cell: cell.to_owned(),
            problem: problem.to_owned(),
            fix: fix.to_owned(),
        }
    }
}

/// A row by the names of the columns.
struct Cells<'a> {
    row: &'a Row,
    header: &'a Header,
}

impl Cells<'_> {
    fn at(&self, column: &str) -> &str {
        self.header.get(column).and_then(|index| self.row.cells.get(*index)).map_or("", unguarded)
    }

    fn kind(&self) -> &str {
        self.at("kind").trim()
    }

    fn target(&self) -> Option<Named> {
        let target = Named { id: filled(self.at("target id").trim()), name: filled(self.at("target name")) };
        (target != Named::default()).then_some(target)
    }

    /// What a column of yes and no says; none where the sheet lacks it.
    fn yes_no(&self, column: &'static str) -> Result<Option<bool>, WrongCell> {
        if !self.header.contains_key(column) {
            return Ok(None);
        }
        let cell = self.at(column);
        let wrong = || {
            let problem = format!("`{}` is neither yes nor no", cell.trim());
            wrong(column, problem, "write yes, or leave it empty")
        };
        yes_no(cell).map(Some).ok_or_else(wrong)
    }
}

/// A target with the name that it has in the mapping, where a cell does not show all of that.
fn as_known(mut target: Named, known: Option<&Named>) -> Named {
    let own = known.and_then(|known| known.name.as_ref());
    if let (Some(cell), Some(own)) = (&target.name, own)
        && shows(cell, own)
    {
        target.name = Some(own.clone());
    }
    target
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// Whether it is a number as a spreadsheet program writes a long one: `1.23457E+15`.
fn is_number(id: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    id.to_uppercase().split_once("E+").is_some_and(|(number, power)| digits(number) && digits(power))
}

/// A column as spreadsheet programs name it.
fn letters(column: usize) -> String {
    let mut name = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        let place = u8::try_from((rest - 1) % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + place));
        rest = (rest - 1) / 26;
    }
    name
}

fn set_text(mapping: &mut Mapping, find: &str, replace: &str) {
    match mapping.text.iter_mut().find(|pair| shows(find, &pair.find)) {
        // The same text keeps what is there, and a cell does not show all of it.
        Some(pair) if replace == find => pair.replace = Some(pair.find.clone()),
        Some(pair) if pair.replace.as_deref().is_some_and(|own| shows(replace, own)) => {}
        Some(pair) => pair.replace = Some(replace.to_owned()),
        None if find.is_empty() => {}
        None => mapping.text.push(TextPair { find: find.to_owned(), replace: Some(replace.to_owned()), why: None }),
    }
}

#[cfg(test)]
mod letters_tests {
    use super::*;

    #[test]
    fn columns_are_named_as_a_spreadsheet_names_them() {
        let named = [(0, "A"), (3, "D"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")];
        assert!(named.iter().all(|(column, name)| letters(*column) == *name));
        assert!(is_number("1.23457E+15") && is_number("1,2e+20") && !is_number("1e") && !is_number("ce+ad"));
    }
}
