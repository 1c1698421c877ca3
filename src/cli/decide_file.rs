//! `--decide FILE`: what was decided for single policies, against what holds for all. A file of ours: unknown
//! words are refused, and so is an entry that fits no policy of the tree, or several.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::error::{CliError, file_error};
use crate::engine::plan::leave_out;
use crate::engine::plan::plan_file::{Decided, OnConflict};
use crate::misread::in_words;
use crate::policy::Kept;
use crate::text;

/// Far more than the decisions on all policies of a tenant.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The file's format number.
const FORMAT: u32 = 1;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    format: u32,
    decisions: Vec<DecidedPolicy>,
}

/// One policy and what becomes of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecidedPolicy {
    /// The policy type.
    #[serde(rename = "type")]
    type_name: String,
    /// Its id in the tree, as `plan --format json` gives it.
    #[serde(default)]
    id: Option<String>,
    /// Or its display name.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    on_conflict: Option<OnConflict>,
    #[serde(default)]
    pilot: Option<bool>,
    /// Settings by their ids, properties, or places of the file.
    #[serde(default)]
    leave_out: Vec<String>,
    /// What is left out may widen the policy.
    #[serde(default)]
    allow_widen: bool,
}

impl DecidedPolicy {
    fn fits(&self, policy: &Kept) -> bool {
        policy.type_name == self.type_name
            && self.id.as_ref().is_none_or(|id| policy.key().eq_ignore_ascii_case(id))
            && self.name.as_ref().is_none_or(|name| policy.name() == *name)
    }

    fn describe(&self) -> String {
        let name = self.name.as_deref().or(self.id.as_deref()).unwrap_or_default();
        format!("{}/{name}", self.type_name)
    }
}

/// Reads the file and finds each policy it names; the answer is by `type/key`.
pub fn load(path: &Path, policies: &[Kept]) -> Result<BTreeMap<String, Decided>, CliError> {
    let text = text::read(path, LARGEST).map_err(|error| file_error("read", path, &error))?;
    let wrong = |problem: String| CliError::usage(format!("{}: {problem}", path.display()));
    let file: File = serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        wrong(format!("{place}: {}", in_words(&error.to_string())))
            .hint("See docs/importing.md for the file's format; its schema is decisions.schema.json.")
    })?;
    if file.format != FORMAT {
        return Err(wrong(format!("the file has format {}; this version reads format {FORMAT}", file.format)));
    }
    let mut decided = BTreeMap::new();
    for decision in &file.decisions {
        let what = decision.describe();
        if decision.id.is_none() && decision.name.is_none() {
            return Err(wrong(format!("a decision on {what} names no policy")).hint("Add an \"id\" or a \"name\"."));
        }
        let fitting: Vec<&Kept> = policies.iter().filter(|policy| decision.fits(policy)).collect();
        let policy = match fitting.as_slice() {
            [policy] => policy,
            [] => return Err(wrong(format!("the tree has no {what}")).hint("Correct its type, ID or name.")),
            several => {
                let ids: Vec<String> = several.iter().map(|policy| policy.key()).collect();
                return Err(wrong(format!("{} policies in the tree match {what}", several.len()))
                    .hint(format!("Use the policy's ID, one of {}.", ids.join(", "))));
            }
        };
        let fits = |what: &&String| leave_out::remove(&mut policy.open().body, what);
        if let Some(wrong_one) = decision.leave_out.iter().find(|what| !fits(what)) {
            return Err(wrong(format!("{what} has no `{wrong_one}` to leave out"))
                .hint("Name a setting or a list element by its ID, a property, or a path such as /settings/0."));
        }
        let what_of_it = Decided {
            on_conflict: decision.on_conflict,
            pilot: decision.pilot,
            leave_out: decision.leave_out.clone(),
            allow_widen: decision.allow_widen,
        };
        if decided.insert(policy.reference(), what_of_it).is_some() {
            return Err(wrong(format!("two decisions on {what}")).hint("Remove one of them."));
        }
    }
    Ok(decided)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Policy;

    fn policy(id: &str, name: &str) -> Kept {
        let body = json!({"id": id, "displayName": name});
        Policy::new("platform-scripts", body.as_object().unwrap().clone()).keep()
    }

    fn loaded(file: &Value) -> Result<BTreeMap<String, Decided>, CliError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decide.json");
        std::fs::write(&path, file.to_string()).unwrap();
        load(&path, &[policy("1", "A"), policy("2", "B"), policy("3", "B")])
    }

    fn of(decision: &Value) -> Result<BTreeMap<String, Decided>, CliError> {
        loaded(&json!({"format": 1, "decisions": [decision]}))
    }

    #[test]
    fn a_policy_is_named_by_id_or_name() {
        let update = Decided { on_conflict: Some(OnConflict::Update), ..Decided::default() };
        let by_name = of(&json!({"type": "platform-scripts", "name": "A", "onConflict": "update"})).unwrap();
        assert_eq!(by_name, BTreeMap::from([(String::from("platform-scripts/1"), update)]));
        let by_id = of(&json!({"type": "platform-scripts", "id": "3", "pilot": true})).unwrap();
        assert_eq!(by_id["platform-scripts/3"].pilot, Some(true));
        let left_out = of(&json!({"type": "platform-scripts", "id": "3", "leaveOut": ["displayName"]})).unwrap();
        assert_eq!(left_out["platform-scripts/3"].leave_out, ["displayName"]);
    }

    #[test]
    fn what_fits_none_or_several_or_is_not_known_is_refused() {
        for (decision, says) in [
            (json!({"type": "platform-scripts", "name": "C"}), "has no platform-scripts/C"),
            (json!({"type": "shell-scripts", "name": "A"}), "has no shell-scripts/A"),
            (json!({"type": "platform-scripts", "name": "B"}), "2 policies"),
            (json!({"type": "platform-scripts"}), "names no policy"),
            (
                json!({"type": "platform-scripts", "id": "1", "onConflict": "overwrite"}),
                "`overwrite` is not allowed here",
            ),
            (json!({"type": "platform-scripts", "id": "1", "what": 1}), "`what` is not a key that is known here"),
            (json!({"type": "platform-scripts", "id": "1", "leaveOut": ["/nowhere"]}), "no `/nowhere` to leave out"),
        ] {
            let error = of(&decision).unwrap_err();
            assert!(error.message.contains(says) && error.exit.code() == 2, "{error}");
        }
        let twice = json!({"type": "platform-scripts", "id": "1"});
        assert!(
            loaded(&json!({"format": 1, "decisions": [twice, twice]})).unwrap_err().message.contains("two decisions")
        );
        assert!(loaded(&json!({"format": 2, "decisions": []})).unwrap_err().message.contains("format 2"));
    }
}
