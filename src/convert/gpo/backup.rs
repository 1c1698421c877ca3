//! One group policy object from the files of its backup, which say the same things twice: the report in words, the
//! others in keys. What both say is one setting.

use std::collections::{HashMap, HashSet};

use super::model::{Area, Gpo, Scope, Setting, What};
use super::{audit, pol, preferences, report, security};
use crate::error::ReadError;
use crate::text;
use crate::xml::{self, string_of};

/// Where a value of `registry.pol` is of which the report says nothing.
pub(crate) const IN_FILE: &str = "Registry";

/// The files of one backup, read one after the other.
#[derive(Debug, Default)]
pub struct Backup {
    report: Option<Gpo>,
    native: Vec<Setting>,
    registry: Vec<Setting>,
    preferences: Vec<Setting>,
    /// Identifier, name and domain by `bkupInfo.xml`.
    info: Option<(String, String, String)>,
    problems: Vec<(String, String)>,
}

/// What a file of a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The report.
    Report,
    /// Who the backup is of.
    Info,
    /// Registry values.
    Pol(Scope),
    /// The security template.
    Security,
    /// The audit policy.
    Audit,
    /// Preferences.
    Preferences(Scope),
}

/// What a file of a backup is, by its path; none for those that say nothing more.
pub fn kind_of(path: &str) -> Option<FileKind> {
    let path = format!("/{}", path.replace('\\', "/").to_lowercase());
    let scope = if path.contains("/user/") { Scope::User } else { Scope::Computer };
    let is_xml = path.rsplit_once('.').is_some_and(|(_, ending)| ending == "xml");
    Some(match path.rsplit('/').next().unwrap_or_default() {
        "gpreport.xml" => FileKind::Report,
        "bkupinfo.xml" => FileKind::Info,
        "registry.pol" => FileKind::Pol(scope),
        "gpttmpl.inf" => FileKind::Security,
        "audit.csv" => FileKind::Audit,
        _ if is_xml && path.contains("/preferences/") => FileKind::Preferences(scope),
        _ => return None,
    })
}

impl Backup {
    /// Reads a file. One that cannot be read is a problem of the object, and the others go on.
    pub fn add(&mut self, path: &str, kind: FileKind, bytes: &[u8]) {
        if let Err(problem) = self.read(kind, bytes) {
            self.problem(path, &problem.to_string());
        }
    }

    /// Says that a file cannot be read.
    pub fn problem(&mut self, path: &str, problem: &str) {
        self.problems.push((path.to_owned(), problem.to_owned()));
    }

    fn read(&mut self, kind: FileKind, bytes: &[u8]) -> Result<(), ReadError> {
        match kind {
            FileKind::Report => self.report = report::read(bytes)?.into_iter().next(),
            FileKind::Info => {
                let text = text::decode(bytes)?;
                let document = xml::parse(&text)?;
                let root = document.root_element();
                let id = audit::guid_key(&string_of(root, "GPOGuid"));
                self.info = Some((id, string_of(root, "GPODisplayName"), string_of(root, "GPODomain")));
            }
            FileKind::Pol(scope) => {
                let entries = pol::read(bytes)?.into_iter();
                self.registry.extend(entries.map(|entry| Setting {
                    scope,
                    place: String::from(IN_FILE),
                    name: format!("{}\\{}", entry.key, entry.name),
                    what: What::Registry(entry),
                }));
            }
            FileKind::Security => self.native.extend(security::read(bytes)?),
            FileKind::Audit => self.native.extend(audit::read(bytes)?),
            FileKind::Preferences(scope) => self.preferences.extend(preferences::read(bytes, scope)?),
        }
        Ok(())
    }

    /// The object.
    pub fn finish(self) -> Gpo {
        let has_report = self.report.is_some();
        let mut gpo = self.report.unwrap_or_default();
        if let Some((id, name, domain)) = self.info {
            for (own, given) in [(&mut gpo.id, id), (&mut gpo.name, name), (&mut gpo.domain, domain)] {
                if own.is_empty() {
                    *own = given;
                }
            }
        }
        gpo.problems.extend(self.problems);
        merge_native(&mut gpo.settings, self.native);
        merge_registry(&mut gpo.settings, self.registry);
        let shown: HashSet<Scope> = gpo.settings.iter().filter(|own| is_preference(own)).map(|own| own.scope).collect();
        gpo.settings.extend(self.preferences.into_iter().filter(|own| !(has_report && shown.contains(&own.scope))));
        gpo
    }
}

fn is_preference(setting: &Setting) -> bool {
    setting.place.starts_with(super::other::PREFERENCES)
}

fn native_key(setting: &Setting) -> Option<(Area, String)> {
    match &setting.what {
        What::Native { area, key, .. } => Some((*area, key.to_lowercase())),
        _ => None,
    }
}

/// The value of the file with keys wins; the report's names are what people know.
fn merge_native(settings: &mut Vec<Setting>, native: Vec<Setting>) {
    let at: HashMap<_, _> =
        settings.iter().enumerate().filter_map(|(at, own)| native_key(own).map(|key| (key, at))).collect();
    for own in native {
        match native_key(&own).and_then(|key| at.get(&key)).and_then(|at| settings.get_mut(*at)) {
            Some(known) => {
                if !same_accounts(&known.what, &own.what) {
                    known.what = own.what;
                }
            }
            None => settings.push(own),
        }
    }
}

/// Of the same accounts, those of the report have names as well.
fn same_accounts(known: &What, own: &What) -> bool {
    use super::model::NativeValue::Accounts;
    let (What::Native { value: Accounts(known), .. }, What::Native { value: Accounts(own), .. }) = (known, own) else {
        return false;
    };
    let sids = |list: &[super::model::Trustee]| list.iter().map(|one| one.sid.clone()).collect::<HashSet<_>>();
    known.len() == own.len() && sids(known) == sids(own)
}

/// What the report says of a key that the file has is left out: the file has the value. The place stays, because it
/// says that the report knew no template for it.
fn merge_registry(settings: &mut Vec<Setting>, mut registry: Vec<Setting>) {
    let key = |setting: &Setting| match &setting.what {
        What::Registry(entry) => Some((setting.scope, entry.key.to_lowercase(), entry.name.to_lowercase())),
        _ => None,
    };
    let shown: HashMap<_, String> = settings.iter().filter_map(|own| Some((key(own)?, own.place.clone()))).collect();
    for own in &mut registry {
        let Some((scope, path, name)) = key(own) else { continue };
        let place = shown.get(&(scope, path.clone(), name)).or_else(|| shown.get(&(scope, path, String::new())));
        if let Some(place) = place {
            own.place.clone_from(place);
        }
    }
    let known: HashSet<_> = registry.iter().filter_map(key).collect();
    let keys: HashSet<_> = known.iter().map(|(scope, key, _)| (*scope, key.clone())).collect();
    settings.retain(|own| match key(own) {
        Some((scope, key, name)) if name.is_empty() => !keys.contains(&(scope, key)),
        Some(own) => !known.contains(&own),
        None => true,
    });
    settings.extend(registry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpo::NativeValue;

    #[test]
    fn files_are_known_by_their_paths() {
        for (path, kind) in [
            ("{A}/gpreport.xml", Some(FileKind::Report)),
            ("{A}/DomainSysvol/GPO/Machine/registry.pol", Some(FileKind::Pol(Scope::Computer))),
            ("{A}\\DomainSysvol\\GPO\\User\\Registry.pol", Some(FileKind::Pol(Scope::User))),
            ("x/microsoft/windows nt/SecEdit/GptTmpl.inf", Some(FileKind::Security)),
            ("x/Audit/audit.csv", Some(FileKind::Audit)),
            ("DomainSysvol/GPO/User/Preferences/Drives/Drives.xml", Some(FileKind::Preferences(Scope::User))),
            ("x/comment.cmtx", None),
        ] {
            assert_eq!(kind_of(path), kind, "{path}");
        }
    }

    #[test]
    fn one_setting_of_two_files_is_one() {
        let mut backup = Backup::default();
        let report = r#"<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Name>A</Name>
            <Computer><ExtensionData><Extension xmlns:q="http://www.microsoft.com/GroupPolicy/Settings/Security" i:type="q:SecuritySettings">
            <q:SecurityOptions><q:KeyName>MACHINE\System\B</q:KeyName><q:SettingNumber>4</q:SettingNumber><q:Display><q:Name>LM level</q:Name></q:Display></q:SecurityOptions>
            </Extension></ExtensionData></Computer></GPO>"#;
        backup.add("gpreport.xml", FileKind::Report, report.as_bytes());
        backup.add("GptTmpl.inf", FileKind::Security, b"[Registry Values]\nMACHINE\\System\\b=4,5\nMACHINE\\C=4,1\n");
        backup.add("registry.pol", FileKind::Pol(Scope::User), b"nonsense");
        let gpo = backup.finish();
        let told: Vec<_> = gpo.settings.iter().map(|own| (own.name.as_str(), &own.what)).collect();
        assert_eq!(told.len(), 2);
        assert_eq!(told[0].0, "LM level");
        assert!(matches!(told[0].1, What::Native { value: NativeValue::Number(5), .. }));
        assert!(gpo.name == "A" && gpo.problems.len() == 1, "{:?}", gpo.problems);
    }
}
