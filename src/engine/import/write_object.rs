//! Writes one object with all that belongs to it but its assignments: it is made or changed, and the outcome is put into words.

use super::create::create;
use super::error_location;
use super::job::Job;
use super::request::{WriteError, is_refusal};
use super::update::update;
use super::written::{Done, Failure, JobError};
use crate::engine::outcome::Outcome;
use crate::engine::plan::plan_file::Action;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::tenant::addresses::api;
use crate::finding::{Finding, codes};
use crate::policy::Policy;

/// Writes the object as the plan says; `wanted` has every id resolved.
pub async fn write_object(job: &Job<'_>, wanted: &Policy) -> Result<Done, JobError> {
    let client = job.tenant.client;
    let version = api(job.policy_type);
    let absolute = move |relative: &str| client.bind_url(version, relative);
    let context = BodyContext { catalogue: job.tenant.catalogue, secrets: job.secrets, absolute: &absolute };
    let mut id = job.step.target_id.clone();
    let outcome = if job.step.action == Action::Create {
        create(job, wanted, context, &mut id).await
    } else {
        update(job, wanted, context).await.map(|()| Outcome::Updated)
    };
    match outcome {
        Ok(outcome) => Ok(Done { id, outcome }),
        Err(WriteError::Run(error)) => Err(JobError::Run(error)),
        Err(WriteError::Object(finding)) => {
            let stale = finding.is(&codes::STALE_STEP);
            Err(JobError::Object(Box::new(Failure { finding: *finding, stale, refused: false, id })))
        }
        Err(WriteError::Graph(error)) => {
            let mut finding = Finding::new(&codes::WRITE_FAILED, job.step.subject(), error.to_string());
            finding.at = error.facts().and_then(|facts| error_location::place(&facts.message, &wanted.to_value()));
            Err(JobError::Object(Box::new(Failure { finding, stale: false, refused: is_refusal(&error), id })))
        }
    }
}
