//! Objects that were made twice: where Graph did not answer the request that creates an object, and its lists showed
//! nothing for as long as the import looked, the request was sent again. Lists may lag for longer than that
//! (api-behaviour.md section 3). So when they show the second object, this looks for the first. Looking before anything is
//! sent again is `uncertain_create`'s.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::create::free;
use super::importer::Importer;
use crate::engine::plan::prepared::Earlier;
use crate::finding::{Finding, codes};

/// For each step whose object was sent more than once, and has a twin: which one.
pub(super) async fn find(importer: &Importer<'_>) -> BTreeMap<usize, Vec<Finding>> {
    let sent_again = importer.sent_again.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut looks = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (index, planned) in importer.steps.iter().enumerate() {
        let is_sent_again = importer.done_id(index).is_some_and(|id| sent_again.contains(&id));
        let Some(policy_type) = importer.policy_type(index).filter(|_| is_sent_again) else { continue };
        let subject = planned.step.subject();
        if !looks.contains_key(&policy_type.name) {
            let look = importer.arrivals.asked_now(importer.quiet(), policy_type).await;
            looks.insert(&policy_type.name, look);
        }
        let finding = match &looks[&policy_type.name] {
            Ok(look) => {
                let job = importer.job(index, policy_type, &Earlier::Nothing, None);
                let others = free(&job, look, &importer.resolved(index).policy);
                if others.is_empty() {
                    continue;
                }
                let message = format!(
                    "Graph did not answer the request that creates it, so it was sent again; the target now has another \
                     object of this name: {}",
                    others.join(", ")
                );
                let fix = "Compare the objects in the admin center and delete the one that has no assignments.";
                Finding::new(&codes::AMBIGUOUS_MATCH, subject, message).fix(fix)
            }
            Err(error) => {
                let message = format!("its creating was sent more than once; cannot check for a second one: {error}");
                Finding::new(&codes::READ_FAILED, subject, message)
            }
        };
        found.insert(index, vec![finding]);
    }
    found
}
