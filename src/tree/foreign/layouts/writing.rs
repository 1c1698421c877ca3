//! What every layout shares: which file a policy gets, what is sealed, what has no place and is said.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use crate::catalogue::sealing::{seal, split};
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes, count};
use crate::policy::file_name::{fold, safe_name};
use crate::policy::sealed::MARK;
use crate::policy::{Kept, Policy};
use crate::tree::{Snapshot, TreeError, disk, json};

/// What other tools show where a secret is.
const MASK: &str = "****";

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct LaidOut {
    /// Files.
    pub files: usize,
    /// Policies in them, by type.
    pub policies: std::collections::BTreeMap<String, usize>,
    /// What has no place in the layout.
    pub findings: Vec<Finding>,
}

/// A folder in the making.
pub(super) struct Writing<'a> {
    out: &'a Path,
    pub(super) catalogue: &'a Catalogue,
    pub(super) snapshot: &'a Snapshot,
    /// Names that are taken, folder included, as file systems compare them.
    names: BTreeSet<String>,
    laid_out: LaidOut,
}

impl<'a> Writing<'a> {
    /// A folder with nothing in it yet.
    pub(super) fn new(out: &'a Path, snapshot: &'a Snapshot, catalogue: &'a Catalogue) -> Self {
        Self { out, catalogue, snapshot, names: BTreeSet::new(), laid_out: LaidOut::default() }
    }

    /// What was written.
    pub(super) fn done(self) -> LaidOut {
        self.laid_out
    }

    /// The snapshot's policies with their types.
    pub(super) fn policies(&self) -> Vec<(&'a Kept, &'a PolicyType)> {
        let (snapshot, catalogue) = (self.snapshot, self.catalogue);
        snapshot.policies.iter().filter_map(|policy| Some((policy, catalogue.get(&policy.type_name)?))).collect()
    }

    /// A policy's body with masks in the place of secrets.
    pub(super) fn masked(&mut self, policy: &Policy, policy_type: &PolicyType) -> Map<String, Value> {
        let mut body = Value::Object(seal(policy, policy_type).body);
        mark_masked(&mut body, policy_type);
        let masked = mask(&mut body);
        if masked > 0 {
            let secrets = count(masked, "secret is", "secrets are");
            let message = format!("{secrets} masked, as in the other program's own exports");
            self.left_out(&policy.subject(), &message);
        }
        match body {
            Value::Object(body) => body,
            _ => Map::new(),
        }
    }

    /// Says what has no place.
    pub(super) fn left_out(&mut self, subject: &str, message: &str) {
        self.laid_out.findings.push(Finding::new(&codes::LAYOUT_LEFT_OUT, subject, message));
    }

    /// A name of its own below a folder; what would collide gets the beginning of its id.
    pub(super) fn name(&mut self, folder: &str, name: &str, id: &str) -> String {
        let safe = safe_name(name);
        let mut candidate = safe.clone();
        let mut count = 1;
        while !self.names.insert(fold(&format!("{folder}/{candidate}"))) {
            let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
            candidate = if count == 1 { format!("{safe}_{id}") } else { format!("{safe}_{id}-{count}") };
            count += 1;
        }
        candidate
    }

    /// Writes a file.
    pub(super) fn save(&mut self, folder: &str, name: &str, value: &Value) -> Result<(), TreeError> {
        let folder = self.out.join(folder);
        std::fs::create_dir_all(&folder).map_err(TreeError::io(&folder))?;
        let path = folder.join(name);
        disk::write_atomic(&path, json::to_text(value).as_bytes()).map_err(TreeError::io(&path))?;
        self.laid_out.files += 1;
        Ok(())
    }

    /// Counts a policy that was written.
    pub(super) fn count(&mut self, policy: &Policy) {
        *self.laid_out.policies.entry(policy.type_name.clone()).or_default() += 1;
    }
}

/// Puts back what the service says beside a mask (`isEncrypted`): sealing takes it away with the value, and
/// without it a mask would be read as a text.
fn mark_masked(body: &mut Value, policy_type: &PolicyType) {
    for rule in &policy_type.secrets {
        let Some(when) = &rule.when else { continue };
        let (mark, says) = (when.property.to_string(), when.equals.first());
        let (Some(says), true) = (says, rule.with.contains(&mark)) else { continue };
        let (holders, property) = split(&rule.at);
        for pointer in holders.find(body) {
            let Some(Value::Object(holder)) = body.pointer_mut(&pointer) else { continue };
            if holder.contains_key(&format!("{property}{MARK}")) {
                holder.insert(mark.clone(), says.clone());
            }
        }
    }
}

fn mask(value: &mut Value) -> usize {
    match value {
        Value::Object(map) => {
            let sealed: Vec<String> = map.keys().filter_map(|key| key.strip_suffix(MARK)).map(str::to_owned).collect();
            let mut count = sealed.len();
            for property in sealed {
                map.remove(&format!("{property}{MARK}"));
                map.insert(property, Value::String(MASK.to_owned()));
            }
            count += map.values_mut().map(mask).sum::<usize>();
            count
        }
        Value::Array(list) => list.iter_mut().map(mask).sum(),
        _ => 0,
    }
}
