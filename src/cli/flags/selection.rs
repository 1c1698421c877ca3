//! Which policies a command is about.

use crate::catalogue::{Catalogue, Selection, SelectionError};

/// Which policies a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Which policies")]
pub struct SelectionArgs {
    /// Only these policy types or groups of a type (`intune-ferry types` lists them)
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// All except these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Only policies whose name matches; * and ? are wildcards
    #[arg(long, value_name = "GLOB")]
    pub name: Vec<String>,
    /// Leave out the policies that the selected policies refer to
    #[arg(long)]
    pub without_dependencies: bool,
}

impl SelectionArgs {
    /// The selection, checked against the policy types.
    pub fn resolve(&self, catalogue: &Catalogue) -> Result<Selection, SelectionError> {
        Selection::new(catalogue, &self.only, &self.skip, &self.name)
    }

    /// The selection that [`Selection::describe`] wrote down, as a plan holds it.
    pub fn parse(described: &[String], without_dependencies: bool) -> Option<Self> {
        let mut args = Self { without_dependencies, ..Self::default() };
        for line in described {
            let (flag, value) = line.split_once(' ')?;
            let list = match flag {
                "--only" => &mut args.only,
                "--skip" => &mut args.skip,
                "--name" => &mut args.name,
                _ => return None,
            };
            list.push(value.to_owned());
        }
        Some(args)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn what_a_plan_wrote_down_is_the_same_selection() {
        let catalogue = Catalogue::built_in().unwrap();
        let args = SelectionArgs {
            only: vec!["assignment-filters".into()],
            name: vec!["Win - *".into(), "x".into()],
            without_dependencies: true,
            ..SelectionArgs::default()
        };
        let described = args.resolve(&catalogue).unwrap().describe();
        assert_eq!(SelectionArgs::parse(&described, true), Some(args));
        assert_eq!(SelectionArgs::parse(&["--until tomorrow".into()], false), None);
    }
}
