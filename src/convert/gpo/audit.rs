//! `audit.csv`: the advanced audit policy of a backup. The GUID of a subcategory does not depend on the language.

use super::model::{Area, NativeValue, Scope, Setting, What};
use crate::error::ReadError;
use crate::text;

/// The columns, which Windows writes in English in every language.
const GUID: &str = "Subcategory GUID";
const NAME: &str = "Subcategory";
const VALUE: &str = "Setting Value";

/// Reads the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Setting>, ReadError> {
    let text = text::decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start().as_bytes());
    let headers = reader.headers().map_err(|error| line(1, &error.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim().eq_ignore_ascii_case(name));
    let (Some(guid), Some(name), Some(value)) = (column(GUID), column(NAME), column(VALUE)) else {
        return Err(line(1, &format!("the columns `{NAME}`, `{GUID}` and `{VALUE}` are missing")));
    };
    let mut settings = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let number = index + 2;
        let record = record.map_err(|error| line(number, &error.to_string()))?;
        let field = |at: usize| record.get(at).map(str::trim).unwrap_or_default();
        let (guid, name) = (field(guid), field(name));
        // Global object access auditing and the options have no subcategory.
        let key = if guid.is_empty() { name.to_owned() } else { guid_key(guid) };
        if key.is_empty() {
            continue;
        }
        let value = match field(value).parse() {
            Ok(number) => NativeValue::Number(number),
            Err(_) => NativeValue::Text(field(value).to_owned()),
        };
        settings.push(setting(name, key, value));
    }
    Ok(settings)
}

/// An audit setting.
pub(super) fn setting(name: &str, key: String, value: NativeValue) -> Setting {
    let what = What::Native { area: Area::Audit, key, value };
    Setting { scope: Scope::Computer, place: Area::Audit.place().to_owned(), name: name.to_owned(), what }
}

/// A GUID as a key: lower case, without braces.
pub(super) fn guid_key(text: &str) -> String {
    text.trim().trim_matches(['{', '}']).to_lowercase()
}

fn line(line: usize, problem: &str) -> ReadError {
    ReadError::Line { line, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    const HEAD: &str =
        "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value\r\n";

    #[test]
    fn the_guid_is_the_key_in_every_language() {
        let row = ",System,Anmelden überwachen,{0CCE9215-69AE-11D9-BED3-505054503030},Erfolg und Fehler,,3\r\n";
        let settings = read(format!("{HEAD}{row}").as_bytes()).unwrap();
        let NativeValue::Number(3) = (match &settings[0].what {
            What::Native { key, value, .. } => {
                assert_eq!(key, "0cce9215-69ae-11d9-bed3-505054503030");
                value.clone()
            }
            other => panic!("{other:?}"),
        }) else {
            panic!("not 3")
        };
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        assert!(matches!(read(b"a,b,c\r\n1,2,3\r\n"), Err(ReadError::Line { line: 1, .. })));
        assert_eq!(read(HEAD.as_bytes()).unwrap(), []);
    }
}
