//! `types`: the policy types, and one of them in detail.

use std::path::PathBuf;

use serde_json::json;

use crate::catalogue::{Entities, PolicyType, json_schema};
use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::engine::ObjectOutcome;
use crate::exit::Exit;
use crate::nearest::closest;
use crate::ui::catalogue_view;

const EXAMPLES: &str = "EXAMPLES:
  List all policy types:
    intune-ferry types

  Show what one type needs, refers to and supports:
    intune-ferry types settings-catalog

  Write a JSON Schema with which an editor checks files (docs/editor.md):
    intune-ferry types settings-catalog --schema --out settings-catalog.schema.json";

/// List the policy types, or show details of one
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Policy type, or a group of one, to show in detail
    #[arg(value_name = "TYPE")]
    pub policy_type: Option<String>,
    /// Print a JSON Schema of the type's policies, for an editor
    #[arg(long, requires = "policy_type")]
    pub schema: bool,
    /// Write the schema to this file instead
    #[arg(long, value_name = "FILE", requires = "schema")]
    pub out: Option<PathBuf>,
}

/// Shows them.
pub fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let Some(name) = args.policy_type else {
        let text = catalogue_view::types(&catalogue, context.look());
        return Ok(Answer::new(Exit::Done, text).objects(catalogue.iter().map(outcome).collect()));
    };
    let has_group = |policy_type: &&PolicyType| policy_type.groups.iter().any(|group| group.name == name);
    let Some(policy_type) = catalogue.get(&name).or_else(|| catalogue.iter().find(has_group)) else {
        let groups = catalogue.iter().flat_map(|policy_type| &policy_type.groups).map(|group| group.name.as_str());
        let near = closest(&name, catalogue.iter().map(|policy_type| policy_type.name.as_str()).chain(groups));
        let hint = near.map_or_else(
            || String::from("`intune-ferry types` lists all types."),
            |near| format!("Did you mean `{near}`? `intune-ferry types` lists all types."),
        );
        return Err(CliError::usage(format!("there is no policy type `{name}`")).hint(hint));
    };
    if args.schema {
        let schema = json_schema::of(policy_type, &catalogue, Entities::built_in());
        let text = format!("{schema:#}\n");
        return Ok(Answer::of_a_text(text, args.out.as_deref())?.details(schema));
    }
    let details = json!({
        "about": policy_type.about,
        "path": policy_type.path,
        "permissions": {"read": policy_type.permissions.read, "write": policy_type.permissions.write},
        "reason": policy_type.portability.reason,
        "fix": policy_type.portability.fix,
        "groups": policy_type.groups.iter().map(|group| &group.name).collect::<Vec<_>>(),
    });
    let text = catalogue_view::details(policy_type, context.look());
    Ok(Answer::new(Exit::Done, text).objects(vec![outcome(policy_type)]).details(details))
}

fn outcome(policy_type: &PolicyType) -> ObjectOutcome {
    ObjectOutcome {
        type_name: policy_type.name.clone(),
        id: policy_type.name.clone(),
        name: policy_type.title.clone(),
        action: catalogue_view::verdict(&policy_type.portability),
        target_id: None,
        differences: Vec::new(),
        audience: Vec::new(),
        findings: Vec::new(),
    }
}
