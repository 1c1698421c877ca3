//! One line in a plan and an import that says how ready the target is, from what the plan has asked anyway, and which
//! command says more.

use std::collections::BTreeSet;
use std::path::Path;

use super::context::Context;
use super::next_step::CommandLine;
use crate::engine::plan::plan_file::Plan;
use crate::finding::{Code, codes, count};

/// The line; none where the plan changes nothing.
pub fn line(plan: &Plan, tree: &Path, tenant: &str, mapping: Option<&Path>, context: &Context) -> Option<String> {
    if !plan.has_changes() {
        return None;
    }
    let command = CommandLine::new(context, "ready").path(tree).word("--to").word(tenant).file("--mapping", mapping);
    Some(sentence(told(plan, &codes::PREREQUISITE_MISSING), told(plan, &codes::PREREQUISITE_UNKNOWN), &command.text()))
}

/// How many different things findings of a code are about.
fn told(plan: &Plan, code: &Code) -> usize {
    let of_steps = plan.steps.iter().flat_map(|step| &step.findings);
    let of_code = of_steps.chain(&plan.findings).filter(|finding| finding.is(code));
    of_code.map(|finding| finding.message.as_str()).collect::<BTreeSet<_>>().len()
}

fn sentence(missing: usize, unknown: usize, command: &str) -> String {
    let unchecked = match unknown {
        0 => String::new(),
        number => format!("{} could not be checked; ", count(number, "thing", "things")),
    };
    match (missing, unknown) {
        (0, 0) => format!("The target has what the plan checks. Groups, people and expiry dates:\n  {command}"),
        (0, _) => format!("The target has what could be checked; {unchecked}details:\n  {command}"),
        _ => {
            let missing = count(missing, "thing", "things");
            format!("The target lacks {missing} that these policies need; {unchecked}details:\n  {command}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_missing_and_what_is_not_known() {
        assert_eq!(sentence(0, 0, "x"), "The target has what the plan checks. Groups, people and expiry dates:\n  x");
        assert_eq!(
            sentence(2, 1, "x"),
            "The target lacks 2 things that these policies need; 1 thing could not be checked; details:\n  x"
        );
        assert_eq!(
            sentence(0, 1, "x"),
            "The target has what could be checked; 1 thing could not be checked; details:\n  x"
        );
    }
}
