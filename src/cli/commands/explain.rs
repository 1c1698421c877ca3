//! `explain`: what a finding's code means.

use serde_json::json;

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::exit::Exit;
use crate::finding::codes;
use crate::nearest::closest;
use crate::ui::explain_view;

const EXAMPLES: &str = "EXAMPLES:
  Explain why an assignment was held back, and what to do:
    intune-ferry explain broad-assignment-held

  List all codes:
    intune-ferry explain";

/// Explain a finding code: cause and fix
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Code, as shown in brackets after `error`, `warning` or `info`; omit it to list all codes
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Explains it.
pub fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let Some(name) = args.code else {
        let list: Vec<_> = codes::ALL
            .iter()
            .map(|code| json!({"code": code.name, "severity": code.severity, "title": code.title}))
            .collect();
        let text = explain_view::list(codes::ALL, context.look());
        return Ok(Answer::new(Exit::Done, text).details(json!({ "codes": list })));
    };
    let wanted = name.trim_matches(|c| c == '[' || c == ']').to_ascii_lowercase();
    let Some(code) = codes::find(&wanted) else {
        let near = closest(&wanted, codes::ALL.iter().map(|code| code.name));
        let hint = near.map_or_else(
            || String::from("`intune-ferry explain` lists all codes."),
            |near| format!("Did you mean `{near}`? `intune-ferry explain` lists all codes."),
        );
        return Err(CliError::usage(format!("there is no finding code `{name}`")).hint(hint));
    };
    let details = json!({
        "code": code.name, "severity": code.severity, "title": code.title, "reason": code.reason, "fix": code.fix,
    });
    Ok(Answer::new(Exit::Done, explain_view::explain(code, context.look())).details(details))
}
