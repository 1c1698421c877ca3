//! What an import is given, and what it knows while it goes on: the one value that its phases share. Each phase is a
//! file of functions that take it; the order of the phases is `run`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::approvals::Approvals;
use super::arrivals::Arrivals;
use super::job::Job;
use super::patience::Patience;
use super::request::Writer;
use super::status::{State, Status};
use super::upload_steps::Upload;
use super::written::Done;
use crate::catalogue::{Catalogue, PolicyType};
use crate::engine::error::EngineError;
use crate::engine::journal::Journal;
use crate::engine::options::Options;
use crate::engine::plan::prepared::{Earlier, EarlierWork, Past, PlannedStep};
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::mapping::Resolved;
use crate::policy::{Kept, Search};

/// What an import is carried out with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The target tenant.
    pub tenant: Tenant<'a>,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// The record of the run.
    pub journal: &'a Journal,
    /// What is said about approval.
    pub approvals: &'a Approvals,
    /// Ends the run after the requests in flight.
    pub stop: &'a CancellationToken,
}

/// An import that is going on.
pub(super) struct Importer<'a> {
    pub(super) run: Run<'a>,
    /// What is done, in the plan's order.
    pub(super) steps: &'a [PlannedStep],
    /// The place of each step, by its reference.
    pub(super) index: BTreeMap<String, usize>,
    pub(super) options: &'a Options,
    /// What came into the target since the plan.
    pub(super) arrivals: Arrivals<'a>,
    /// What must not leave for the target.
    pub(super) marks: &'a Search<'a>,
    /// Objects that this run made, or found after an uncertain create: nobody else may take them.
    pub(super) adopted: Mutex<BTreeSet<String>>,
    /// Objects whose creating was sent more than once, since it was not known whether it had been carried out.
    pub(super) sent_again: Mutex<BTreeSet<String>>,
    /// How the run waits for the service.
    pub(super) patience: Patience<'a>,
    /// What an earlier part of the run did.
    pub(super) earlier: EarlierWork,
    pub(super) state: &'a Mutex<State>,
}

impl<'a> Importer<'a> {
    /// What everything is written with.
    pub(super) fn writer(&self) -> Writer<'_> {
        let Run { tenant: Tenant { client, .. }, journal, approvals, secrets, .. } = self.run;
        Writer { client, journal, marks: self.marks, approvals, secrets, patience: &self.patience, learned: self.state }
    }

    /// The target, where no one is shown progress: for what was written.
    pub(super) fn quiet(&self) -> Tenant<'a> {
        self.run.tenant.quiet()
    }

    pub(super) fn catalogue(&self) -> &'a Catalogue {
        self.run.tenant.catalogue
    }

    /// The type of a step's object.
    pub(super) fn policy_type(&self, index: usize) -> Option<&'a PolicyType> {
        self.catalogue().get(&self.steps[index].step.type_name)
    }

    /// Whose limits a step's requests count against.
    pub(super) fn bucket(&self, index: usize) -> &'a str {
        self.policy_type(index).map_or("", |policy_type| &policy_type.bucket)
    }

    /// A step's policy with every id that is known by now.
    pub(super) fn resolved(&self, index: usize) -> Resolved {
        self.state().target_ids.apply(&self.steps[index].work.rewritten, self.catalogue())
    }

    /// The id in the target of a step's object that is as the plan wants it.
    pub(super) fn done_id(&self, index: usize) -> Option<String> {
        match self.state().status.get(&index) {
            Some(Status::Done(Done { id, .. })) => id.clone(),
            _ => None,
        }
    }

    /// What an earlier part of the run did for a step.
    pub(super) fn earlier(&self, step: &str) -> &Earlier {
        self.past(step).map_or(&Earlier::Nothing, |past| &past.did)
    }

    /// What the journal of an earlier part of the run says of a step.
    pub(super) fn past(&self, step: &str) -> Option<&Past> {
        self.earlier.get(step)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writing of a step's object.
    pub(super) fn job<'j>(
        &'j self,
        index: usize,
        policy_type: &'j PolicyType,
        earlier: &'j Earlier,
        content: Option<Upload<'j>>,
    ) -> Job<'j> {
        let PlannedStep { step, work } = &self.steps[index];
        Job {
            tenant: self.quiet(),
            writer: self.writer(),
            policy_type,
            step,
            options: self.options,
            secrets: self.run.secrets,
            before: work.before.as_ref().map(Kept::open),
            arrivals: &self.arrivals,
            adopted: &self.adopted,
            sent_again: &self.sent_again,
            earlier,
            content,
        }
    }

    /// Begins nothing further; what is under way still comes to its end. The first reason counts.
    pub(super) fn end(&self, error: EngineError) {
        self.state().ended.get_or_insert(error);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.run.stop.is_cancelled() || self.state().ended.is_some()
    }
}
