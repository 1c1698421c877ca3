//! Apple's configuration profiles in a foreign folder: each `.mobileconfig` file becomes a settings catalog policy where
//! every key is known, else a custom profile. Not for the copies of payloads that other tools write beside policies.

use std::path::Path;

use intune_ferry_convert::apple::{AppleRules, MadeFrom, make, read};
use serde_json::{Map, Value, json};

use super::error::ForeignError;
use super::files::content;
use super::identity;
use crate::finding::{Finding, codes, count};

/// The rules that the program has.
const RULES: &str = include_str!("../../../policies-schema/convert/apple.toml");
/// What ids of policies that were made of profiles are made of, beside the profile's identifier.
const PROFILE: &str = "configuration-profile";

/// What became of a profile.
pub(super) struct FoundProfile {
    /// The file.
    pub(super) file: String,
    /// The type and the policy; none where it cannot be one.
    pub(super) policy: Option<(String, Map<String, Value>)>,
    /// Whether the file is broken.
    pub(super) damaged: bool,
    /// What a person should know.
    pub(super) finding: Option<Finding>,
}

/// Whether a file is a profile, by its name.
pub(super) fn is_profile(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mobileconfig"))
}

/// Reads the profiles of a folder.
pub(super) fn find(root: &Path, files: &[String]) -> Result<Vec<FoundProfile>, ForeignError> {
    let mut names = files.iter().filter(|name| is_profile(name)).peekable();
    if names.peek().is_none() {
        return Ok(Vec::new());
    }
    let rules = AppleRules::parse(RULES).map_err(|error| ForeignError::Rules { problem: error.to_string() })?;
    Ok(names.map(|name| profile(root, name, &rules)).collect())
}

fn profile(root: &Path, file: &str, rules: &AppleRules) -> FoundProfile {
    let found = |policy, damaged, finding| FoundProfile { file: file.to_owned(), policy, damaged, finding };
    let bytes = content(&root.join(file));
    let profile = match bytes.and_then(|bytes| read(&bytes).map_err(|error| error.to_string())) {
        Ok(profile) => profile,
        Err(problem) => return found(None, true, Some(Finding::new(&codes::DAMAGED_FILE, file, problem))),
    };
    let name = file.rsplit('/').next().unwrap_or(file);
    match make(&profile, name, rules) {
        Ok(mut made) => {
            let id = identity::id_of(PROFILE, &json!([profile.identifier, name]));
            made.body.insert(String::from("id"), Value::String(id));
            let finding = match made.from {
                MadeFrom::Known(_) => None,
                MadeFrom::Unknown(why) => {
                    let payloads = count(profile.payloads.len(), "payload", "payloads");
                    Some(Finding::new(
                        &codes::PROFILE_KEPT_WHOLE,
                        file,
                        format!("\"{}\" ({payloads}): {why}", profile.name),
                    ))
                }
            };
            found(Some((made.policy_type, made.body)), false, finding)
        }
        Err(secrets) => {
            let message = format!("\"{}\" contains {}", profile.name, secrets.join(", "));
            found(None, false, Some(Finding::new(&codes::PROFILE_HAS_SECRET, file, message)))
        }
    }
}
