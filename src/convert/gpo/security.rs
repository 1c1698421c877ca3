//! `GptTmpl.inf`: the security template of a backup. Its keys do not depend on the language.

use super::model::{Area, NativeValue, Scope, Setting, Trustee, What};
use crate::error::ReadError;
use crate::text;

/// Reads the file.
pub fn read(bytes: &[u8]) -> Result<Vec<Setting>, ReadError> {
    let text = text::decode(bytes)?;
    let mut section = String::new();
    let mut settings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let Some(name) = name.strip_suffix(']') else {
                return Err(ReadError::Line { line: index + 1, problem: String::from("the section does not end") });
            };
            section = name.to_lowercase();
            continue;
        }
        settings.extend(setting(&section, line));
    }
    Ok(settings)
}

/// What one line of a section sets.
fn setting(section: &str, line: &str) -> Option<Setting> {
    let pair = || line.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim()));
    let (area, key, value) = match section {
        "system access" => pair().map(|(key, value)| (Area::SystemAccess, key, plain(value)))?,
        "kerberos policy" => pair().map(|(key, value)| (Area::Kerberos, key, plain(value)))?,
        "event audit" => pair().map(|(key, value)| (Area::EventAudit, key, plain(value)))?,
        "system log" | "security log" | "application log" => {
            let log = section.split(' ').next().unwrap_or_default();
            pair().map(|(key, value)| (Area::EventLog, format!("{log}/{key}"), plain(value)))?
        }
        "registry values" => pair().map(|(key, value)| (Area::RegistryValue, key, typed(value)))?,
        "privilege rights" => pair().map(|(key, value)| (Area::PrivilegeRight, key, accounts(value)))?,
        "group membership" => pair().map(|(key, value)| (Area::GroupMembership, key, accounts(value)))?,
        "service general setting" => {
            let mut fields = line.split(',');
            let name = fields.next().unwrap_or_default().trim().trim_matches('"').to_owned();
            (Area::Service, name, plain(fields.next().unwrap_or_default().trim()))
        }
        "file security" | "registry keys" => {
            let name = line.split(',').next().unwrap_or_default().trim().trim_matches('"').to_owned();
            (Area::Acl, name, NativeValue::Text(String::from("a security descriptor")))
        }
        _ => return None,
    };
    Some(native(area, key, value))
}

/// A setting with a language-free key.
pub(super) fn native(area: Area, key: String, value: NativeValue) -> Setting {
    let name = key.clone();
    Setting { scope: Scope::Computer, place: area.place().to_owned(), name, what: What::Native { area, key, value } }
}

fn plain(value: &str) -> NativeValue {
    let value = value.trim_matches('"');
    value.parse().map_or_else(|_| NativeValue::Text(value.to_owned()), NativeValue::Number)
}

/// `TYPE,value` with the registry's numbers of types.
fn typed(value: &str) -> NativeValue {
    let Some((kind, data)) = value.split_once(',') else { return plain(value) };
    match kind.trim() {
        // In several lines, a comma that belongs to a line is written in quotes.
        "7" => NativeValue::Lines(lines(data)),
        "1" | "2" => NativeValue::Text(data.trim().trim_matches('"').to_owned()),
        _ => plain(data.trim()),
    }
}

fn lines(data: &str) -> Vec<String> {
    let joined = data.replace("\",\"", "\u{1}");
    joined.split(',').map(|line| line.replace('\u{1}', ",")).filter(|line| !line.is_empty()).collect()
}

/// Accounts by `*SID` or name.
fn accounts(value: &str) -> NativeValue {
    let account = |text: &str| match text.strip_prefix('*') {
        Some(sid) => Trustee { sid: sid.to_owned(), name: String::new() },
        None => Trustee { sid: String::new(), name: text.to_owned() },
    };
    let fields = value.split(',').map(|field| field.trim().trim_matches('"')).filter(|field| !field.is_empty());
    NativeValue::Accounts(fields.map(account).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    const TEXT: &str = r#"[Unicode]
Unicode=yes
[Version]
signature="$CHICAGO$"
[System Access]
LockoutDuration = -1
NewGuestName = "Visitor"
[Registry Values]
MACHINE\Software\A\ScRemoveOption=1,"1"
MACHINE\System\B\LmCompatibilityLevel=4,5
MACHINE\Software\C\LegalNoticeText=7,Line one"," with comma,Line two
[Privilege Rights]
SeTcbPrivilege =
SeBackupPrivilege = *S-1-5-32-544,CONTOSO\Backup
[Service General Setting]
"AppIDSvc",2,""
"#;

    #[test]
    fn every_section_is_read() {
        let settings = read(TEXT.as_bytes()).unwrap();
        let values: Vec<_> = settings
            .iter()
            .map(|setting| match &setting.what {
                What::Native { area, key, value } => (area.name(), key.as_str(), value.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let text = |text: &str| NativeValue::Text(text.to_owned());
        let accounts = NativeValue::Accounts(vec![
            Trustee { sid: "S-1-5-32-544".into(), name: String::new() },
            Trustee { sid: String::new(), name: "CONTOSO\\Backup".into() },
        ]);
        let expected = [
            ("system-access", "LockoutDuration", NativeValue::Number(-1)),
            ("system-access", "NewGuestName", text("Visitor")),
            ("registry-value", "MACHINE\\Software\\A\\ScRemoveOption", text("1")),
            ("registry-value", "MACHINE\\System\\B\\LmCompatibilityLevel", NativeValue::Number(5)),
            (
                "registry-value",
                "MACHINE\\Software\\C\\LegalNoticeText",
                NativeValue::Lines(vec!["Line one, with comma".into(), "Line two".into()]),
            ),
            ("privilege-right", "SeTcbPrivilege", NativeValue::Accounts(Vec::new())),
            ("privilege-right", "SeBackupPrivilege", accounts),
            ("service", "AppIDSvc", NativeValue::Number(2)),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn a_section_without_an_end_is_refused_with_its_line() {
        assert!(matches!(read(b"[a]\n[b"), Err(ReadError::Line { line: 2, .. })));
    }
}
