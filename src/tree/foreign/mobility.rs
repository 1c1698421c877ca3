//! Basic Mobility and Security in a foreign folder: what its PowerShell commands gave, as JSON or CLIXML, becomes policies by
//! Microsoft's own tables. The conversion itself is the crate `intune-ferry-convert`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use intune_ferry_convert::mobility::{
    Access, MadeRule, MobilityRules, Object, is_clixml, is_object, make, read_clixml, read_json,
};
use serde_json::{Map, Value, json};

use super::error::ForeignError;
use super::files::{SourceFile, content};
use super::{group_policy_findings, identity, origins};
use crate::finding::{Finding, codes};
use crate::tree::origin::Origin;

/// The rules that the program has.
const RULES: &str = include_str!("../../../policies-schema/convert/basic-mobility.toml");
/// What ids of policies are made of, beside the rule's own.
const RULE: &str = "basic-mobility-rule";
/// How much of a file is looked at to know what it is.
const BEGINNING: u64 = 4096;
/// The state of a rule that the service is about to delete.
const GOING: &str = "PendingDeletion";

/// A file of objects.
pub(super) struct MobilityFile {
    name: String,
    objects: Result<Vec<Object>, String>,
}

/// What became of a file.
pub(super) struct FoundRules {
    /// The file.
    pub(super) file: String,
    /// The policies: the type, the place in the file, the policy.
    pub(super) policies: Vec<(String, String, Map<String, Value>)>,
    /// What became of what each rule sets, with what the places of its policies begin with.
    pub(super) origins: Vec<(String, Origin)>,
    /// What a person should know.
    pub(super) findings: Vec<Finding>,
    /// Whether it cannot be read.
    pub(super) damaged: bool,
    /// What is in it that nobody understands.
    pub(super) unknown: Vec<(String, String)>,
}

/// Takes the JSON files of such objects out of the files of a folder, and finds the CLIXML files among the others.
pub(super) fn take(root: &Path, files: &mut Vec<SourceFile>, others: &mut Vec<String>) -> Vec<MobilityFile> {
    let is_own = |value: &Value| match value {
        Value::Array(list) => list.first().is_some_and(is_object),
        own => is_object(own),
    };
    let mut taken = Vec::new();
    files.retain(|file| {
        let own = file.content.as_ref().ok().filter(|value| is_own(value));
        taken.extend(own.map(|value| MobilityFile { name: file.name.clone(), objects: Ok(read_json(value)) }));
        own.is_none()
    });
    others.retain(|name| {
        let path = root.join(name);
        let ending = Path::new(name).extension().map(|own| own.to_string_lossy().to_lowercase()).unwrap_or_default();
        let mut begin = Vec::new();
        let is_own = ["xml", "clixml"].contains(&ending.as_str())
            && path.is_file()
            && File::open(&path).and_then(|file| file.take(BEGINNING).read_to_end(&mut begin)).is_ok()
            && is_clixml(&begin);
        if is_own {
            let objects = content(&path).and_then(|bytes| read_clixml(&bytes).map_err(|error| error.to_string()));
            taken.push(MobilityFile { name: name.clone(), objects });
        }
        !is_own
    });
    taken.sort_by(|left, right| left.name.cmp(&right.name));
    taken
}

/// Makes policies of the rules of all files; policies of one file say whether a rule of another is on.
pub(super) fn convert(files: &[MobilityFile]) -> Result<Vec<FoundRules>, ForeignError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let rules = MobilityRules::parse(RULES).map_err(|error| ForeignError::Rules { problem: error.to_string() })?;
    let all = || files.iter().filter_map(|file| Some((file.name.as_str(), file.objects.as_ref().ok()?)));
    let objects: Vec<(&str, &Object)> =
        all().flat_map(|(name, objects)| objects.iter().map(move |own| (name, own))).collect();
    let policies: Vec<(&str, &Object)> = objects.into_iter().filter(|(_, own)| !own.is_rule()).collect();
    Ok(files.iter().map(|file| of_file(file, &policies, &rules)).collect())
}

fn of_file(file: &MobilityFile, policies: &[(&str, &Object)], rules: &MobilityRules) -> FoundRules {
    let mut found = FoundRules {
        file: file.name.clone(),
        policies: Vec::new(),
        origins: Vec::new(),
        findings: Vec::new(),
        damaged: false,
        unknown: Vec::new(),
    };
    let objects = match &file.objects {
        Ok(objects) => objects,
        Err(problem) => {
            found.findings.push(Finding::new(&codes::DAMAGED_FILE, &file.name, problem.clone()));
            found.damaged = true;
            return found;
        }
    };
    for (at, rule) in objects.iter().enumerate().filter(|(_, own)| own.is_rule()) {
        let own_name = rule.text("Name").unwrap_or_default();
        let policy = policies.iter().find(|(_, policy)| is_of(rule, own_name, policy));
        // The service adds a number in braces to the policy's name.
        let name = policy.and_then(|(_, own)| own.text("Name")).unwrap_or_else(|| without_number(own_name));
        let place = format!("/{at}");
        let of_rule = rule.access(&file.name).or_else(|| policy.and_then(|(file, own)| own.access(file)));
        let access = if rule.is_of_tenant() { Some(Access::Allow) } else { of_rule };
        let Some(access) = access else {
            let seen = "it is not known whether the rule blocks access: name the file after its command, such as \
                        DeviceConditionalAccessRule.json";
            found.unknown.push((place, seen.to_owned()));
            continue;
        };
        if rule.text("Mode") == Some(GOING) {
            found.unknown.push((place, format!("the rule \"{own_name}\" is about to be deleted")));
            continue;
        }
        let is_on = policy.is_none_or(|(_, own)| own.properties.get("Enabled") != Some(&Value::Bool(false)));
        let made = make(rule, name, access, is_on, rules);
        let id = rule.text("Guid").or(rule.text("Identity")).unwrap_or(own_name);
        add(&mut found, &made, (name, id, &place));
    }
    found
}

fn add(found: &mut FoundRules, made: &MadeRule, (name, id, place): (&str, &str, &str)) {
    for own in &made.judged {
        let value = if own.value.is_empty() { String::new() } else { format!(" ({})", own.value) };
        let subject = format!("{}{value}", own.name);
        let at = format!("{name}/{}", own.name);
        found.findings.extend(group_policy_findings::of_verdict(&found.file, &subject, &own.verdict, at));
    }
    found.origins.push((format!("{place}/"), origins::of_rule(&found.file, name, id, made)));
    for policy in &made.policies {
        let mut body = policy.body.clone();
        let own = identity::id_of(RULE, &json!([id, policy.key]));
        body.insert(String::from("id"), Value::String(own));
        found.policies.push((policy.policy_type.clone(), format!("{place}/{}", policy.key), body));
    }
}

/// Whether a rule is one of the policy: it names it by its GUID or its name.
fn is_of(rule: &Object, own_name: &str, policy: &Object) -> bool {
    let named = [rule.text("Policy"), rule.text("ParentPolicyName"), Some(without_number(own_name))];
    let names = ["Guid", "ExchangeObjectId", "Name", "Identity"];
    names.iter().filter_map(|key| policy.text(key)).any(|name| named.contains(&Some(name)))
}

fn without_number(name: &str) -> &str {
    name.split_once('{').map_or(name, |(begin, _)| begin.trim())
}
