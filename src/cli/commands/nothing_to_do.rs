//! What `import` says where its plan has nothing to write.

use super::plan as plan_command;
use crate::cli::answer::Answer;
use crate::cli::carry_out;
use crate::cli::context::Context;
use crate::cli::flags::PageArgs;
use crate::engine::ObjectOutcome;
use crate::engine::plan::plan_file::Plan;
use crate::ui::report::Report;
use crate::ui::{outcomes, plan_view};

/// The answer where nothing is to be written.
pub fn nothing_to_do(plan: &Plan, pages: &PageArgs, context: &Context) -> Answer {
    let objects: Vec<ObjectOutcome> = plan.steps.iter().map(plan_command::outcome).collect();
    let heading = format!("Nothing to write into {}", plan_view::tenant(&plan.target));
    let text = outcomes::outcomes(&heading, &objects, context.look());
    let exit = carry_out::exit_of(&objects, plan, false);
    let report = || Report::of_outcomes(heading, &objects, &plan.findings);
    Answer::new(exit, text).report(pages, report).objects(objects).findings(plan.findings.clone())
}
