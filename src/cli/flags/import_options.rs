//! How an import behaves: the same flags for `plan` and `import`, so that a plan is what the import does.

use std::path::PathBuf;

use clap::ValueEnum;

use super::super::decide_file;
use super::super::error::CliError;
use crate::engine::plan::plan_file::{AssignmentMode, ExistingAssignments, GateState, OnConflict, Options};
use crate::engine::plan::rename;
use crate::policy::Kept;

/// How an import behaves.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "How the import behaves")]
pub struct ImportOptions {
    /// What to do with a policy that exists in the target with different settings
    #[arg(long, value_enum, default_value_t = OnConflictArg::Skip, value_name = "WHAT")]
    pub on_conflict: OnConflictArg,
    /// Per-policy decisions that override --on-conflict (format: docs/importing.md)
    #[arg(long, value_name = "FILE")]
    pub decide: Option<PathBuf>,
    /// Import as copies under a new name, e.g. 'MIG {name}', leaving existing policies untouched; reruns update the
    /// same copies
    #[arg(long, value_name = "TEMPLATE", value_parser = template)]
    pub rename: Option<String>,
    /// Which assignments to write: `mapped`, those in the tree with their mapped groups; `none`; or `pilot=GROUP`, only
    /// this group in the target, by ID or name
    #[arg(long, default_value_t = AssignmentMode::Mapped, value_name = "WHICH", value_parser = assignments)]
    pub assignments: AssignmentMode,
    /// What to do with the existing assignments of a policy in the target
    #[arg(long, value_enum, default_value_t = ExistingArg::Leave, value_name = "WHAT")]
    pub existing_assignments: ExistingArg,
    /// Also write assignments to all users and all devices, which are otherwise held back
    #[arg(long)]
    pub allow_broad: bool,
    /// State of imported Conditional Access policies; by default new policies are disabled, and existing policies keep
    /// their state
    #[arg(long, value_enum, value_name = "STATE")]
    pub ca_state: Option<CaStateArg>,
    /// Also change the default objects of these types, such as `tenant-settings` or `enrollment-configurations`; by
    /// default they are only compared
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    pub include_defaults: Vec<String>,
    /// Allow the tree's own tenant as the target
    #[arg(long)]
    pub restore: bool,
    /// Re-send supplied secrets to policies that already have one (Graph never returns secrets, so a change cannot be
    /// detected)
    #[arg(long)]
    pub send_secrets: bool,
    /// Write nothing if more than this number of policies would be created
    #[arg(long, value_name = "N")]
    pub max_creates: Option<usize>,
    /// Write nothing if more than this number of policies in the target would be changed or assigned
    #[arg(long, value_name = "N")]
    pub max_updates: Option<usize>,
}

/// `--on-conflict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflictArg {
    /// Leave it unchanged and show the differences
    Skip,
    /// Change it to match the tree
    Update,
    /// Block it and every policy that depends on it
    Fail,
}

/// `--existing-assignments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExistingArg {
    /// Keep them; add the tree's only where there are none
    Leave,
    /// Add the tree's
    Merge,
    /// Replace them with the tree's
    Replace,
}

/// `--ca-state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CaStateArg {
    /// Off
    Disabled,
    /// Report-only
    ReportOnly,
    /// As in the tree
    Keep,
}

/// Which assignments, as typed.
pub fn assignments(text: &str) -> Result<AssignmentMode, String> {
    text.parse()
}

/// A name for copies holds the old name, and nothing that a name cannot hold.
pub fn template(text: &str) -> Result<String, String> {
    if !text.contains(rename::PLACE) {
        return Err(format!(
            "it must contain {} in place of the old name, as in 'MIG {}'",
            rename::PLACE,
            rename::PLACE
        ));
    }
    if text.trim() == rename::PLACE {
        return Err(String::from("it is the old name itself"));
    }
    if text.chars().any(char::is_control) {
        return Err(String::from("it contains a line break or another control character"));
    }
    Ok(text.to_owned())
}

impl ImportOptions {
    /// As the engine takes them. What `--decide` says is looked up among the policies.
    pub fn resolve(
        &self,
        selection: Vec<String>,
        without_dependencies: bool,
        policies: &[Kept],
    ) -> Result<Options, CliError> {
        let decided = self.decide.as_deref().map(|file| decide_file::load(file, policies)).transpose()?;
        Ok(Options {
            on_conflict: match self.on_conflict {
                OnConflictArg::Skip => OnConflict::Skip,
                OnConflictArg::Update => OnConflict::Update,
                OnConflictArg::Fail => OnConflict::Fail,
            },
            decided: decided.unwrap_or_default(),
            rename: self.rename.clone(),
            assignments: self.assignments.clone(),
            existing_assignments: match self.existing_assignments {
                ExistingArg::Leave => ExistingAssignments::Leave,
                ExistingArg::Merge => ExistingAssignments::Merge,
                ExistingArg::Replace => ExistingAssignments::Replace,
            },
            allow_broad: self.allow_broad,
            gate_state: self.ca_state.map(|state| match state {
                CaStateArg::Disabled => GateState::Disabled,
                CaStateArg::ReportOnly => GateState::ReportOnly,
                CaStateArg::Keep => GateState::Keep,
            }),
            include_defaults: self.include_defaults.clone(),
            restore: self.restore,
            send_secrets: self.send_secrets,
            max_creates: self.max_creates,
            max_updates: self.max_updates,
            selection,
            without_dependencies,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Alone {
        #[command(flatten)]
        options: ImportOptions,
    }

    fn resolved(arguments: &[&str]) -> Options {
        let alone = Alone::try_parse_from([&["x"], arguments].concat()).unwrap();
        alone.options.resolve(Vec::new(), false, &[]).unwrap()
    }

    #[test]
    fn without_flags_everything_is_as_safe_as_the_engine_has_it() {
        assert_eq!(resolved(&[]), Options::default());
    }

    #[test]
    fn every_flag_arrives() {
        let all = ["--on-conflict", "update", "--assignments", "pilot=The few", "--existing-assignments", "merge"];
        let more = [
            "--allow-broad",
            "--ca-state",
            "report-only",
            "--include-defaults",
            "a,b",
            "--restore",
            "--rename",
            "MIG {name}",
        ];
        let limits = ["--max-creates", "5", "--max-updates", "0"];
        let options = resolved(&[&all[..], &more, &limits].concat());
        let wanted = Options {
            on_conflict: OnConflict::Update,
            rename: Some("MIG {name}".into()),
            assignments: AssignmentMode::Pilot("The few".into()),
            existing_assignments: ExistingAssignments::Merge,
            allow_broad: true,
            gate_state: Some(GateState::ReportOnly),
            include_defaults: vec![String::from("a"), String::from("b")],
            restore: true,
            max_creates: Some(5),
            max_updates: Some(0),
            ..Options::default()
        };
        assert_eq!(options, wanted);
    }

    #[test]
    fn a_name_for_copies_holds_the_old_name() {
        for wrong in ["MIG", "{name}", "MIG\n{name}"] {
            let error = Alone::try_parse_from(["x", "--rename", wrong]).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{wrong}");
        }
        Alone::try_parse_from(["x", "--assignments", "pilot="]).unwrap_err();
    }
}
