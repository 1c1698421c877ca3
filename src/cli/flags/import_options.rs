//! How an import behaves: the same flags for `plan` and `import`, so that a plan is what the import does.

use clap::ValueEnum;

use crate::engine::plan::{AssignmentMode, ExistingAssignments, GateState, OnConflict, Options};

/// How an import behaves.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "How the import behaves")]
pub struct ImportOptions {
    /// What becomes of a policy that exists in the target and differs
    #[arg(long, value_enum, default_value_t = OnConflictArg::Skip, value_name = "WHAT")]
    pub on_conflict: OnConflictArg,
    /// Which assignments are written
    #[arg(long, value_enum, default_value_t = AssignmentsArg::Mapped, value_name = "WHICH")]
    pub assignments: AssignmentsArg,
    /// What becomes of the assignments that a policy of the target already has
    #[arg(long, value_enum, default_value_t = ExistingArg::Leave, value_name = "WHAT")]
    pub existing_assignments: ExistingArg,
    /// Write assignments to all users and all devices too; they are held back otherwise
    #[arg(long)]
    pub allow_broad: bool,
    /// In what state Conditional Access policies arrive; without it they are created disabled, and existing ones keep
    /// their state
    #[arg(long, value_enum, value_name = "STATE")]
    pub ca_state: Option<CaStateArg>,
    /// Types whose objects exist in every tenant and are changed as well, such as `tenant-settings` or
    /// `enrollment-configurations`; without it they are only compared
    #[arg(long, value_delimiter = ',', value_name = "TYPES")]
    pub include_defaults: Vec<String>,
    /// Allow the tenant that the tree came from as the target
    #[arg(long)]
    pub restore: bool,
}

/// `--on-conflict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnConflictArg {
    /// It is not touched, and the difference is shown
    Skip,
    /// It becomes what the tree says
    Update,
    /// It is blocked, and with it what needs it
    Fail,
}

/// `--assignments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AssignmentsArg {
    /// Those of the tree, with the groups that the mapping names
    Mapped,
    /// None
    None,
}

/// `--existing-assignments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExistingArg {
    /// They stay; a policy without any gets the tree's
    Leave,
    /// The tree's are added
    Merge,
    /// The tree's replace them
    Replace,
}

/// `--ca-state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CaStateArg {
    /// Switched off
    Disabled,
    /// They report and do not enforce
    ReportOnly,
    /// As in the tree
    Keep,
}

impl ImportOptions {
    /// As the engine takes them.
    pub fn resolve(&self, selection: Vec<String>, without_dependencies: bool) -> Options {
        Options {
            on_conflict: match self.on_conflict {
                OnConflictArg::Skip => OnConflict::Skip,
                OnConflictArg::Update => OnConflict::Update,
                OnConflictArg::Fail => OnConflict::Fail,
            },
            assignments: match self.assignments {
                AssignmentsArg::Mapped => AssignmentMode::Mapped,
                AssignmentsArg::None => AssignmentMode::None,
            },
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
            selection,
            without_dependencies,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        options: ImportOptions,
    }

    fn resolved(arguments: &[&str]) -> Options {
        let alone = Alone::try_parse_from([&["x"], arguments].concat()).unwrap();
        alone.options.resolve(Vec::new(), false)
    }

    #[test]
    fn without_flags_everything_is_as_safe_as_the_engine_has_it() {
        assert_eq!(resolved(&[]), Options::default());
    }

    #[test]
    fn every_flag_arrives() {
        let all = ["--on-conflict", "update", "--assignments", "none", "--existing-assignments", "merge"];
        let options = resolved(
            &[&all[..], &["--allow-broad", "--ca-state", "report-only", "--include-defaults", "a,b", "--restore"]]
                .concat(),
        );
        let wanted = Options {
            on_conflict: OnConflict::Update,
            assignments: AssignmentMode::None,
            existing_assignments: ExistingAssignments::Merge,
            allow_broad: true,
            gate_state: Some(GateState::ReportOnly),
            include_defaults: vec![String::from("a"), String::from("b")],
            restore: true,
            ..Options::default()
        };
        assert_eq!(options, wanted);
    }
}
