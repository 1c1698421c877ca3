//! Group policy in a foreign folder: reports and backups are found among its files, converted to settings catalog
//! policies, and every setting gets a verdict. The conversion itself is the crate `intune-ferry-convert`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use intune_ferry_convert::admx::Templates;
use intune_ferry_convert::convert::{Conversion, Verdict, convert};
use intune_ferry_convert::gpo::{Backup, Gpo, Scope, backup, report};
use intune_ferry_convert::registry_items::ScriptPair;
use intune_ferry_convert::rules::{Rules, Target};
use serde_json::{Map, Value, json};

use super::error::ForeignError;
use super::files::content;
use super::group_policy_findings as findings;
use super::options::Options;
use super::{identity, templates};
use crate::finding::{Finding, codes};

/// The rules that the program has.
const RULES: &str = include_str!("../../../policies-schema/convert/group-policy.toml");

/// What ids of converted policies are made of, beside the object's own.
const GROUP_POLICY: &str = "group-policy-object";

/// A group policy object of the folder, converted.
#[derive(Debug)]
pub(super) struct Converted {
    /// The file that it is named after: the report, or the folder of the backup.
    pub(super) file: String,
    /// The object.
    pub(super) gpo: Gpo,
    /// What became of it.
    pub(super) conversion: Conversion,
}

impl Converted {
    /// What the places of its policies in the file begin with.
    pub(super) fn place(&self) -> String {
        format!("/{}/", if self.gpo.id.is_empty() { &self.gpo.name } else { &self.gpo.id })
    }
}

/// What was found in a folder.
#[derive(Debug, Default)]
pub(super) struct FoundGpos {
    /// The objects.
    pub(super) converted: Vec<Converted>,
    /// The type of the policies, by the rules.
    pub(super) policy_type: String,
    /// What scripts become, by the rules, where scripts were wanted.
    pub(super) scripts: Option<Target>,
    /// Files that were read.
    pub(super) read: BTreeSet<String>,
    /// Files that are not read because they say nothing more.
    pub(super) beside: BTreeSet<String>,
    /// Files that cannot be read.
    pub(super) damaged: BTreeSet<String>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
}

/// Looks for group policy objects among the files of a folder. Templates are those of the folder and of `admx`.
pub(super) fn find(root: &Path, files: &[String], options: Options<'_>) -> Result<FoundGpos, ForeignError> {
    let admx = options.admx;
    let mut found = FoundGpos::default();
    let gpos = read(root, files, &mut found);
    if gpos.is_empty() {
        if let Some(admx) = admx {
            // A folder that is named is looked at, so that a wrong name is seen.
            templates::list(admx)?;
        }
        return Ok(found);
    }
    found.beside.extend(files.iter().filter(|name| templates::is_template(name)).cloned());
    let mut rules = rules()?;
    rules.items_as_scripts = options.registry_items_as_scripts;
    found.policy_type.clone_from(&rules.target.policy_type);
    let folders: Vec<&Path> = admx.into_iter().chain([root]).collect();
    let all: Vec<&Gpo> = gpos.iter().map(|(_, gpo)| gpo).collect();
    let conversions = conversions(&all, &folders, &rules, &mut found.findings)?;
    let pairs = gpos.into_iter().zip(conversions);
    found.converted = pairs.map(|((file, gpo), conversion)| Converted { file, gpo, conversion }).collect();
    found.findings.extend(findings::of(&found.converted));
    found.scripts = rules.registry_items().cloned();
    Ok(found)
}

/// The rules that the program has.
pub(super) fn rules() -> Result<Rules, ForeignError> {
    Rules::parse(RULES).map_err(|error| ForeignError::Rules { problem: error.to_string() })
}

/// Converts objects with the templates of some folders.
pub(super) fn conversions(
    gpos: &[&Gpo],
    folders: &[&Path],
    rules: &Rules,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Conversion>, ForeignError> {
    let mut source = templates::Source::new(folders)?;
    let mut known = Templates::default();
    findings.extend(source.add_first(&mut known));
    let all = |known: &Templates| gpos.iter().map(|gpo| convert(gpo, known, rules)).collect::<Vec<_>>();
    let mut conversions = all(&known);
    // Another language is read only where a report has a name that no text explains.
    let lost = |all: &[Conversion]| {
        all.iter().flat_map(|own| &own.judged).any(|own| matches!(own.verdict, Verdict::NotRecognized(_)))
    };
    if lost(&conversions) && source.has_more() {
        findings.extend(source.add_rest(&mut known));
        conversions = all(&known);
    }
    Ok(conversions)
}

/// The objects in the folder, each with the file that it is named after.
fn read(root: &Path, files: &[String], found: &mut FoundGpos) -> Vec<(String, Gpo)> {
    let mut gpos = Vec::new();
    let mut backups: BTreeMap<String, (Backup, String)> = BTreeMap::new();
    let roots = backup_roots(files);
    for name in files {
        let folder = roots.iter().rev().find(|own| name.starts_with(own.as_str()));
        let kind = backup::kind_of(name);
        let Some(kind) = kind.filter(|kind| folder.is_some() || *kind != backup::FileKind::Report) else {
            if folder.is_some() {
                found.beside.insert(name.clone());
            } else if is_xml(name) {
                gpos.extend(alone(root, name, found));
            }
            continue;
        };
        let folder = folder.cloned().unwrap_or_else(|| own_root(name));
        let (backup, own) = backups.entry(folder).or_default();
        if own.is_empty() || kind == backup::FileKind::Report {
            own.clone_from(name);
        }
        found.read.insert(name.clone());
        match content(&root.join(name)) {
            Ok(bytes) => backup.add(name, kind, &bytes),
            Err(problem) => backup.problem(name, &problem),
        }
    }
    for (backup, file) in backups.into_values() {
        let mut gpo = backup.finish();
        for (name, problem) in std::mem::take(&mut gpo.problems) {
            found.read.remove(&name);
            found.findings.push(Finding::new(&codes::DAMAGED_FILE, &name, problem));
            found.damaged.insert(name);
        }
        if gpo.name.is_empty() {
            gpo.name = name_of(&file);
        }
        if !gpo.settings.is_empty() || gpo.has_report {
            gpos.push((file, gpo));
        }
    }
    gpos.sort_by(|left, right| left.0.cmp(&right.0));
    gpos
}

/// A report that is not in a backup.
fn alone(root: &Path, name: &str, found: &mut FoundGpos) -> Vec<(String, Gpo)> {
    let path = root.join(name);
    let mut begin = Vec::new();
    let is_report = fs::File::open(&path).and_then(|file| file.take(8192).read_to_end(&mut begin)).is_ok();
    if !is_report || !report::is_report(&begin) {
        return Vec::new();
    }
    let gpos = content(&path).and_then(|bytes| report::read(&bytes).map_err(|error| error.to_string()));
    match gpos {
        Ok(gpos) => {
            found.read.insert(name.to_owned());
            gpos.into_iter().map(|gpo| (name.to_owned(), gpo)).collect()
        }
        Err(problem) => {
            found.findings.push(Finding::new(&codes::DAMAGED_FILE, name, problem));
            found.damaged.insert(name.to_owned());
            Vec::new()
        }
    }
}

fn is_xml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"))
}

/// The folders of backups, with a slash at the end: those with a report or with the file that says who it is of.
fn backup_roots(files: &[String]) -> BTreeSet<String> {
    let is_root = |kind: backup::FileKind| matches!(kind, backup::FileKind::Report | backup::FileKind::Info);
    let roots = files.iter().filter(|name| backup::kind_of(name).is_some_and(is_root));
    roots.map(|name| name.rfind('/').map_or(String::new(), |slash| name[..=slash].to_owned())).collect()
}

/// The folder of an object whose backup has neither: above its two halves.
fn own_root(name: &str) -> String {
    let lower = name.to_lowercase();
    let at = ["domainsysvol/", "machine/", "user/"].iter().filter_map(|half| lower.find(half)).min();
    at.and_then(|at| name.get(..at)).map_or_else(|| name.to_owned(), str::to_owned)
}

fn name_of(file: &str) -> String {
    file.split('/').next().unwrap_or(file).to_owned()
}

/// The policies of an object, each with its place in the file. Those whose object is linked are assigned to a group for
/// each organizational unit, unless the object applies to a part of it only: who is reached must never grow.
pub(super) fn policies(converted: &Converted) -> Vec<(String, Map<String, Value>)> {
    let gpo = &converted.gpo;
    let narrow = !gpo.filter.is_empty() || !gpo.denied.is_empty() || gpo.wmi_filter.is_some();
    let each = converted.conversion.policies.iter().map(|policy| {
        let mut body = policy.body.clone();
        identify(gpo, &policy.scope.to_string(), &mut body);
        if !gpo.links.is_empty() {
            let live = gpo.links.iter().filter(|link| link.enabled && !narrow && !gpo.disabled.contains(&policy.scope));
            let assignment = |path: &str| {
                json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupName": path}})
            };
            body.insert(String::from("assignments"), live.map(|link| assignment(&link.path)).collect());
        }
        (format!("{}{}", converted.place(), policy.scope), body)
    });
    each.collect()
}

/// The same object gives the same policy, whatever changed in it.
fn identify(gpo: &Gpo, of: &str, body: &mut Map<String, Value>) {
    if !gpo.id.is_empty() {
        let object = json!([gpo.domain, gpo.id, of]);
        body.insert(String::from("id"), Value::String(identity::id_of(GROUP_POLICY, &object)));
    }
}

/// The scripts of an object's registry items, each with its place in the file. They are not assigned: group policy does
/// not say how often a script should run.
pub(super) fn scripts(converted: &Converted, target: &Target) -> Vec<(String, Map<String, Value>)> {
    let gpo = &converted.gpo;
    let each = converted.conversion.scripts.iter().map(|pair: &ScriptPair| {
        let account = if pair.scope == Scope::Computer { "system" } else { "user" };
        let description = format!("From registry items of the group policy object \"{}\".", gpo.name);
        let mut body = target.properties.clone();
        for (key, value) in [
            ("displayName", format!("{} ({}) registry items", gpo.name, pair.scope)),
            ("description", description),
            ("runAsAccount", account.to_owned()),
            ("detectionScriptContent", STANDARD.encode(&pair.detection)),
            ("remediationScriptContent", STANDARD.encode(&pair.remediation)),
        ] {
            body.insert(key.to_owned(), Value::String(value));
        }
        identify(gpo, &format!("{} scripts", pair.scope), &mut body);
        (format!("{}{}-scripts", converted.place(), pair.scope), body)
    });
    each.collect()
}
