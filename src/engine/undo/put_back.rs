//! One object as it was before the run: an update like any other, with what it was as what is wanted.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::Undo;
use super::undoing::{PutBack, Undoing};
use crate::catalogue::PolicyType;
use crate::engine::import::arrivals::Arrivals;
use crate::engine::import::assign;
use crate::engine::import::job::Job;
use crate::engine::import::parts::Owner;
use crate::engine::import::request::{WriteError, Writer};
use crate::engine::import::write_object::write_object;
use crate::engine::import::written::JobError;
use crate::engine::plan::plan_file::{Action, ExistingAssignments, GateState, Options, Step};
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::tenant::reader;
use crate::finding::{Finding, codes, count};
use crate::policy::{Policy, unread};

/// Puts it back and reads it again: what is not as it was then is a finding.
pub async fn put_back(
    undo: Undo<'_>,
    writer: Writer<'_>,
    undoing: &Undoing,
    change: &PutBack,
    policy_type: &PolicyType,
) -> Result<(), WriteError> {
    let wanted = with_links_that_go(change, policy_type);
    let id = change.before.key();
    let step = step(undoing, change);
    if change.again || !change.differences.object.is_empty() {
        let gate_state = Some(GateState::Keep);
        let options = Options { gate_state, send_secrets: change.again, ..Options::default() };
        // Nothing is created here.
        let known = BTreeMap::new();
        let arrivals = Arrivals::new(&known, None);
        let job = Job {
            tenant: undo.tenant.quiet(),
            writer,
            policy_type,
            step: &step,
            options: &options,
            secrets: undo.secrets,
            before: Some(change.found.clone()),
            arrivals: &arrivals,
            adopted: &Mutex::default(),
            sent_again: &Mutex::default(),
            earlier: &Earlier::Nothing,
            content: None,
        };
        match write_object(&job, &wanted).await {
            Ok(_) => {}
            Err(JobError::Object(failure)) => return Err(failure.finding.into()),
            Err(JobError::Run(error)) => return Err(WriteError::Run(error)),
        }
    }
    if !change.differences.assignments.is_empty() {
        let (reference, subject) = (step.reference(), step.subject());
        let owner = Owner { policy_type, policy: &wanted, id: &id, step: &reference, subject: &subject, before: None };
        assign::write(writer, owner, None, ExistingAssignments::Replace).await?;
    }
    let now = reader::one(undo.tenant.quiet(), policy_type, &id).await?;
    if let Some((part, permission)) = unread::only_in(&now.body, &change.before.body) {
        let message = format!(
            "restored, but its {part} cannot be read back without {permission}, so it cannot be compared with the \
             earlier content"
        );
        return Err(Finding::new(&codes::READ_FAILED, undoing.subject(), message).into());
    }
    let left = comparison::compare(&change.before, &now, policy_type, undo.tenant.catalogue, Some(GateState::Keep));
    match left.object.iter().chain(&left.assignments).next() {
        None => Ok(()),
        Some(first) => {
            let places = count(left.object.len() + left.assignments.len(), "place differs", "places differ");
            let message = format!("restored, but {places} from the earlier content, the first at {}", first.at);
            Err(Finding::new(&codes::VERIFY_DIFFERS, undoing.subject(), message).into())
        }
    }
}

fn step(undoing: &Undoing, change: &PutBack) -> Step {
    Step {
        action: Action::Update,
        target_id: Some(change.before.key()),
        differences: change.differences.object.clone(),
        ..Step::new(&undoing.kind, undoing.key.clone(), undoing.name.clone())
    }
}

/// What the object was, saying of links that the run set that there were none: what a policy does not
/// mention stays otherwise.
fn with_links_that_go(change: &PutBack, policy_type: &PolicyType) -> Policy {
    let mut wanted = change.before.clone();
    for link in policy_type.links_of(change.found.odata_type()) {
        let property = link.bind();
        if change.found.body.contains_key(&property) {
            wanted.body.entry(property).or_insert(Value::Null);
        }
    }
    wanted
}
