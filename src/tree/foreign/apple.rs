//! Apple's configuration profiles in a foreign folder: each `.mobileconfig` file, and each answer of Jamf Pro, becomes a
//! settings catalog policy where every key is known, else a custom profile without its secrets. Not for the copies of payloads that other tools write beside policies.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use intune_ferry_convert::ReadError;
use intune_ferry_convert::apple::{AppleRules, JamfScope, MadeFrom, Secret, is_jamf, make, read, read_jamf};
use serde_json::{Map, Value, json};

use super::error::ForeignError;
use super::files::content;
use super::{identity, origins};
use crate::catalogue::sealing;
use crate::finding::{Finding, codes, count};
use crate::policy::sealed::{INSIDE, MARK};
use crate::tree::origin::Origin;

/// The rules that the program has.
const RULES: &str = include_str!("../../../policies-schema/convert/apple.toml");
/// What ids of policies that were made of profiles are made of, beside the profile's identifier.
const PROFILE: &str = "configuration-profile";
/// The same of those of Jamf Pro.
const JAMF: &str = "jamf-configuration-profile";
/// How much of a file is looked at to know what it is.
const BEGINNING: u64 = 1024;
/// The property of a custom profile that its secrets are in.
const PAYLOAD: &str = "payload";

/// What became of a profile.
pub(super) struct FoundProfile {
    /// The file.
    pub(super) file: String,
    /// The type and the policy; none where the file is broken.
    pub(super) policy: Option<(String, Map<String, Value>)>,
    /// What became of what it sets.
    pub(super) origin: Option<Origin>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
}

/// Whether a file is a profile, by its name.
pub(super) fn is_profile(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mobileconfig"))
}

/// Whether a file is a profile of Jamf Pro, by its beginning.
fn is_of_jamf(path: &Path) -> bool {
    let mut begin = Vec::new();
    let is_xml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"));
    let read = |begin: &mut Vec<u8>| File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(begin));
    is_xml && path.is_file() && read(&mut begin).is_ok() && is_jamf(&begin)
}

/// Reads the profiles of a folder.
pub(super) fn find(root: &Path, files: &[String]) -> Result<Vec<FoundProfile>, ForeignError> {
    let mut names = files.iter().filter(|name| is_profile(name) || is_of_jamf(&root.join(name))).peekable();
    if names.peek().is_none() {
        return Ok(Vec::new());
    }
    let rules = AppleRules::parse(RULES).map_err(|error| ForeignError::Rules { problem: error.to_string() })?;
    Ok(names.map(|name| profile(root, name, &rules)).collect())
}

fn profile(root: &Path, file: &str, rules: &AppleRules) -> FoundProfile {
    let name = file.rsplit('/').next().unwrap_or(file);
    let made = content(&root.join(file)).and_then(|bytes| {
        let wrong = |error: ReadError| error.to_string();
        let jamf = if is_profile(file) { None } else { Some(read_jamf(&bytes).map_err(wrong)?) };
        let mut profile = read(jamf.as_ref().map_or(&bytes, |own| &own.payloads)).map_err(wrong)?;
        let mut id = identity::id_of(PROFILE, &json!([profile.identifier, name]));
        if let Some(own) = &jamf {
            id = identity::id_of(JAMF, &json!([own.mobile, own.id, profile.identifier]));
            profile.name.clone_from(&own.name);
            profile.mobile = own.mobile;
            profile.for_device = !own.for_users;
            if !own.description.is_empty() {
                profile.description.clone_from(&own.description);
            }
        }
        let mut names = BTreeSet::new();
        let named = |place: &str| {
            let name = sealing::name(&rules.custom.policy_type, &id, place, &names);
            names.insert(name.clone());
            name
        };
        let made = make(&profile, name, rules, named).map_err(wrong)?;
        Ok((profile, made, id, jamf))
    });
    let (profile, mut made, id, jamf) = match made {
        Ok(made) => made,
        Err(problem) => {
            let findings = vec![Finding::new(&codes::DAMAGED_FILE, file, problem)];
            return FoundProfile { file: file.to_owned(), policy: None, origin: None, findings };
        }
    };
    made.body.insert(String::from("id"), Value::String(id));
    let origin = Some(origins::of_profile(file, &profile, &made));
    let mut findings = Vec::new();
    if let Some(own) = &jamf {
        made.body.insert(String::from("assignments"), assignments(&own.scope));
        let lost: Vec<&str> = own.scope.others.iter().chain(&own.scope.narrowed).map(String::as_str).collect();
        if !lost.is_empty() {
            let mut message = format!("\"{}\": {}", own.name, lost.join(", "));
            if !own.scope.narrowed.is_empty() {
                message.push_str("; its policy is not assigned");
            }
            findings.push(Finding::new(&codes::PROFILE_SCOPED, file, message));
        }
    }
    if let MadeFrom::Unknown(why) = made.from {
        let payloads = count(profile.payloads.len(), "payload", "payloads");
        let message = format!("\"{}\" ({payloads}): {why}", profile.name);
        findings.push(Finding::new(&codes::PROFILE_KEPT_WHOLE, file, message));
    }
    if !made.secrets.is_empty() {
        let each = made.secrets.iter().map(|own| format!("{} is {}", label(own), own.name));
        let message = format!("\"{}\": {}", profile.name, each.collect::<Vec<_>>().join(", "));
        findings.push(Finding::new(&codes::PROFILE_HAS_SECRET, file, message));
        let marks = made.secrets.iter().map(|own| (format!("{}{MARK}", label(own)), Value::from(own.name.as_str())));
        made.body.insert(format!("{PAYLOAD}{INSIDE}"), marks.collect());
    }
    FoundProfile { file: file.to_owned(), policy: Some((made.policy_type, made.body)), origin, findings }
}

/// Who a profile of Jamf Pro is for. One that reaches only a part of its groups is for nobody: who is reached must never
/// grow.
fn assignments(scope: &JamfScope) -> Value {
    let group =
        |kind: &str, name: &String| json!({"@odata.type": format!("#microsoft.graph.{kind}"), "groupName": name});
    let everybody = |kind: &str| json!({"@odata.type": format!("#microsoft.graph.{kind}")});
    let mut targets: Vec<Value> = Vec::new();
    targets.extend(scope.all_devices.then(|| everybody("allDevicesAssignmentTarget")));
    targets.extend(scope.all_users.then(|| everybody("allLicensedUsersAssignmentTarget")));
    targets.extend(scope.groups.iter().map(|name| group("groupAssignmentTarget", name)));
    if targets.is_empty() || !scope.narrowed.is_empty() {
        return json!([]);
    }
    targets.extend(scope.excluded.iter().map(|name| group("exclusionGroupAssignmentTarget", name)));
    targets.into_iter().map(|target| json!({"target": target})).collect()
}

/// What a secret is called where a person is asked for it.
fn label(secret: &Secret) -> String {
    if secret.binary { format!("{} (base64)", secret.at) } else { secret.at.clone() }
}
