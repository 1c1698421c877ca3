//! The content of a policy that Graph does not give: uploaded where there is a file, also to an object that is there
//! without it.

use super::case::Case;
use crate::engine::content::source::{Look, Source};
use crate::engine::plan::plan_file::{Action, AssignmentAction, Step};
use crate::finding::{Finding, codes};
use crate::policy::Policy;

/// The step uploads this file.
pub(super) fn give(step: &mut Step, source: &Source) {
    let message = format!("its content is {} from the content folder, {}", source.file.file, source.file.told_size());
    step.findings.push(Finding::new(&codes::CONTENT_GIVEN, step.subject(), message));
    step.content = Some(source.file.clone());
}

/// An object that is there without its content, as a killed import leaves it, gets it, unless it is not to be
/// touched.
pub(super) fn bring(step: &mut Step, found: &Policy, case: &Case<'_>) {
    let Case { policy_type, policy, .. } = *case;
    let Some(look) = case.content.filter(|_| is_lacking(found)) else { return };
    match look {
        Look::Given(source) if matches!(step.action, Action::Unchanged | Action::Update) => {
            give(step, source);
            step.action = Action::Update;
        }
        Look::Given(source) => {
            let message = format!(
                "the target has the app without its content ({}), and the import does not change it",
                source.file.file
            );
            let finding = Finding::new(&codes::NEEDS_CONTENT, step.subject(), message);
            step.findings
                .push(finding.fix("Import with --on-conflict update to update the app and upload its content."));
        }
        Look::Unusable(finding) => step.findings.push((**finding).clone()),
        Look::Nothing => {
            let portability = policy_type.portability_of(policy);
            let message = format!("The target has the app without its content. {}", portability.reason_for(policy));
            let finding = Finding::new(&codes::NEEDS_CONTENT, step.subject(), message);
            step.findings.push(finding.fix(portability.fix.clone()));
        }
    }
}

/// Whether an object of the target waits for a content that never came (api-behaviour.md section 9).
pub(super) fn is_lacking(found: &Policy) -> bool {
    found.text("publishingState") == Some("notPublished")
        && found.text("committedContentVersion").is_none_or(str::is_empty)
}

/// What is not published cannot be assigned (api-behaviour.md section 9).
pub(super) fn hold_unpublished(mut step: Step) -> Step {
    if step.assignments == AssignmentAction::Write {
        step.assignments = AssignmentAction::Held;
    }
    step
}
