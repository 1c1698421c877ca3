//! Scripts and profiles that lie beside the policies as files. Tools write them as copies of what stands
//! in the policy, which is what is adopted; a file that says something else was edited, and its content
//! would be lost: that is said.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::finding::{Finding, codes};
use crate::policy::{Kept, Policy, path};
use crate::text;
use crate::tree::disk;

/// The files that look like a payload by their ending and hold none of the policies' payloads.
pub(super) fn not_taken(root: &Path, files: &[String], policies: &[Kept], catalogue: &Catalogue) -> Vec<Finding> {
    let endings: BTreeSet<String> = catalogue
        .iter()
        .flat_map(|policy_type| &policy_type.sidecars)
        .map(|rule| format!(".{}", rule.extension.to_lowercase()))
        .collect();
    let of_payload = |file: &&String| endings.iter().any(|ending| file.to_lowercase().ends_with(ending));
    let candidates: Vec<&String> = files.iter().filter(of_payload).collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<Vec<u8>> = policies.iter().flat_map(|policy| payloads(&policy.open(), catalogue)).collect();
    candidates
        .into_iter()
        .filter_map(|file| {
            let message = match disk::read_regular(&root.join(file)) {
                Ok(bytes) if known.contains(&bare(&bytes)) => return None,
                Ok(_) => String::from("no policy contains this content, so the file was ignored"),
                Err(problem) => format!("cannot be read: {problem}"),
            };
            Some(Finding::new(&codes::PAYLOAD_NOT_TAKEN, file, message))
        })
        .collect()
}

fn payloads(policy: &Policy, catalogue: &Catalogue) -> Vec<Vec<u8>> {
    let Some(policy_type) = catalogue.get(&policy.type_name) else { return Vec::new() };
    let places = policy_type.sidecars.iter().flat_map(|rule| rule.at.find_in(&policy.body));
    places
        .filter_map(|pointer| path::at(&policy.body, &pointer).and_then(Value::as_str))
        .filter_map(|text| STANDARD.decode(text).ok())
        .map(|bytes| bare(&bytes))
        .collect()
}

/// Without what tools change when they write a text: encoding, line ends, white space at the end.
fn bare(bytes: &[u8]) -> Vec<u8> {
    match text::decode(bytes) {
        Ok(text) => text.replace("\r\n", "\n").trim_end().as_bytes().to_vec(),
        Err(_) => bytes.to_vec(),
    }
}
