//! Writes one object with its second-phase writes: here it is changed, in `create` it is made. Assignments
//! are not its business.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Map, Value};

use super::arrivals::Arrivals;
use super::error_location;
use super::parts::{self, Owner};
use super::request::{Request, WriteError, Writer, is_refusal};
use crate::catalogue::PolicyType;
use crate::catalogue::model::{PartWrite, UpdateMethod};
use crate::engine::error::EngineError;
use crate::engine::journal::Does;
use crate::engine::outcome::Outcome;
use crate::engine::plan::plan_file::{Action, Options, Step};
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::{is_as_before, with_gate};
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::shape::secrets;
use crate::engine::shape::secrets::SecretSource;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::{api, item_path};
use crate::finding::{Finding, codes};
use crate::graph::{Method, WriteKind};
use crate::policy::path::top;
use crate::policy::{Policy, differences, sealed, unread};

/// An object that is as the plan wants it.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its id in the target; none where it is blocked.
    pub id: Option<String>,
    /// What was done.
    pub outcome: Outcome,
}

/// An object that is not.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Why.
    pub finding: Finding,
    /// Whether the target changed since the plan.
    pub stale: bool,
    /// Whether the service refused it.
    pub refused: bool,
    /// Its id in the target, where it was created although not all of it could be written.
    pub id: Option<String>,
}

/// What an object's second-phase writes find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// An object that this run has just made: it has nothing yet.
    New,
    /// One that this run made earlier, and perhaps did not finish.
    Unfinished,
    /// One that was there before.
    Existing,
}

/// Why an object could not be written.
#[derive(Debug)]
pub enum JobError {
    /// This object only.
    Object(Box<Failure>),
    /// Nothing can go on.
    Run(EngineError),
}

/// What is needed to write one object.
pub struct Job<'a> {
    /// Reads it back.
    pub tenant: Tenant<'a>,
    /// Writes it.
    pub writer: Writer<'a>,
    /// Its type.
    pub policy_type: &'a PolicyType,
    /// What the plan says.
    pub step: &'a Step,
    /// What was asked for.
    pub options: &'a Options,
    /// Where secrets come from.
    pub secrets: &'a dyn SecretSource,
    /// The object as the plan saw it.
    pub before: Option<Policy>,
    /// What came into the target since the plan.
    pub(crate) arrivals: &'a Arrivals<'a>,
    /// Objects that this run made, or found after an uncertain create: they belong to their steps.
    pub adopted: &'a Mutex<BTreeSet<String>>,
    /// What an earlier part of the run did for it.
    pub earlier: &'a Earlier,
    /// What is uploaded as its content.
    pub content: Option<super::upload::Upload<'a>>,
}

impl Job<'_> {
    /// Writes the object as the plan says; `wanted` has every id resolved.
    pub async fn run(&self, wanted: &Policy) -> Result<Done, JobError> {
        let client = self.tenant.client;
        let version = api(self.policy_type);
        let absolute = move |relative: &str| client.bind_url(version, relative);
        let context = BodyContext { catalogue: self.tenant.catalogue, secrets: self.secrets, absolute: &absolute };
        let create = self.step.action == Action::Create;
        let mut id = self.step.target_id.clone();
        let outcome = if create {
            self.create(wanted, context, &mut id).await
        } else {
            self.update(wanted, context).await.map(|()| Outcome::Updated)
        };
        match outcome {
            Ok(outcome) => Ok(Done { id, outcome }),
            Err(WriteError::Run(error)) => Err(JobError::Run(error)),
            Err(WriteError::Object(finding)) => {
                let stale = finding.is(&codes::STALE_STEP);
                Err(JobError::Object(Box::new(Failure { finding: *finding, stale, refused: false, id })))
            }
            Err(WriteError::Graph(error)) => {
                let mut finding = Finding::new(&codes::WRITE_FAILED, self.step.subject(), error.to_string());
                finding.at = error.facts().and_then(|facts| error_location::place(&facts.message, &wanted.to_value()));
                Err(JobError::Object(Box::new(Failure { finding, stale: false, refused: is_refusal(&error), id })))
            }
        }
    }

    async fn update(&self, wanted: &Policy, context: BodyContext<'_>) -> Result<(), WriteError> {
        let id = self.step.target_id.clone().unwrap_or_default();
        let found = self.tenant.one(self.policy_type, &id).await.map_err(|error| match WriteError::from(error) {
            WriteError::Graph(error) => self.stale(&error.to_string()),
            other => other,
        })?;
        self.is_read(&found)?;
        let Some(before) = &self.before else {
            return Err(self.stale("the object in the target has changed since the plan was made"));
        };
        if let Some(content) = self.content.filter(|_| found.text("committedContentVersion").is_none_or(str::is_empty))
        {
            content.check(&self.step.subject()).await?;
        }
        let wanted = with_gate(wanted.clone(), self.policy_type, self.options.gate_state);
        let gate = self.options.gate_state;
        let differences = comparison::compare(&wanted, &found, self.policy_type, self.tenant.catalogue, gate);
        let mut changed: BTreeSet<String> =
            differences.object.iter().map(|difference| top(&difference.at).to_owned()).collect();
        if self.options.send_secrets {
            changed.extend(
                secrets::secrets_of(&wanted).iter().map(|(place, _)| top(sealed::written_at(place)).to_owned()),
            );
        }
        if !is_as_before(before, &found) && !self.is_on_its_way(before, &found, &changed) {
            return Err(self.stale("the object in the target has changed since the plan was made"));
        }
        let parts: BTreeSet<String> = self
            .policy_type
            .parts_of(wanted.odata_type())
            .filter(|part| match part.update() {
                PartWrite::Inline => false,
                // What goes along with a part changes with it.
                PartWrite::Action { also, .. } => {
                    let mentioned = wanted.body.contains_key(&part.name);
                    let along = also.iter().filter(|property| mentioned && changed.remove(*property)).count();
                    changed.remove(&part.name) || along > 0
                }
                _ => changed.remove(&part.name),
            })
            .map(|part| part.name.clone())
            .collect();
        let is_fixed =
            |property: &str| request_body::is_create_only(&format!("/{property}"), self.policy_type, &wanted);
        changed.retain(|property| !property.ends_with("@odata.bind") && !is_fixed(property));
        self.change_alone(&wanted, &found, &mut changed, context).await?;
        if !changed.is_empty() {
            self.change(&wanted, &id, &changed, context).await?;
        }
        self.write_content(&wanted, &id).await?;
        self.write_parts(&wanted, &id, Manner::Existing, context, |name| parts.contains(name)).await?;
        if self.policy_type.update_of(&wanted).alone.is_empty() {
            self.change_links(&wanted, &found, context).await?;
        }
        Ok(())
    }

    async fn change_links(&self, wanted: &Policy, found: &Policy, context: BodyContext<'_>) -> Result<(), WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let image = self.before.as_ref().map(Policy::to_value);
        let id = found.key();
        let owner = Owner { before: image.as_ref(), ..self.owner(wanted, &id, &reference, &subject) };
        parts::links(self.writer, owner, found, context.absolute).await
    }

    /// Changes what has to be changed by requests of its own: the links first, because a value may follow from them,
    /// then each such property. What has been dealt with is taken out of `changed`.
    async fn change_alone(
        &self,
        wanted: &Policy,
        found: &Policy,
        changed: &mut BTreeSet<String>,
        context: BodyContext<'_>,
    ) -> Result<(), WriteError> {
        let update = self.policy_type.update_of(wanted);
        if update.alone.is_empty() {
            return Ok(());
        }
        self.change_links(wanted, found, context).await?;
        let id = found.key();
        for property in update.alone.iter().filter(|property| changed.remove(*property)) {
            let follows = update.implied_when.as_ref().is_some_and(|implied| {
                implied.property.as_str() == property.as_str() && implied.holds_in(&wanted.body)
            });
            // Where it does not follow from the links after all, it is asked for.
            if follows {
                let now = self.tenant.one(self.policy_type, &id).await?;
                if update.implied_when.as_ref().is_some_and(|implied| implied.holds_in(&now.body)) {
                    continue;
                }
            }
            self.change(wanted, &id, &BTreeSet::from([property.clone()]), context).await?;
        }
        Ok(())
    }

    /// Whether an object that an earlier part of this run began to change is between what it was and what
    /// it is to be. What is neither was changed by someone else.
    fn is_on_its_way(&self, before: &Policy, found: &Policy, unlike_wanted: &BTreeSet<String>) -> bool {
        let unlike_before = differences(&before.to_value(), &found.to_value());
        *self.earlier == Earlier::Touched
            && unlike_before.iter().map(|difference| top(&difference.at)).all(|property| {
                let is_part = self.policy_type.parts.iter().any(|part| part.name == property);
                is_part || property == "assignments" || !unlike_wanted.contains(property)
            })
    }

    pub(crate) async fn change(
        &self,
        wanted: &Policy,
        id: &str,
        changed: &BTreeSet<String>,
        context: BodyContext<'_>,
    ) -> Result<(), WriteError> {
        let update = self.policy_type.update_of(wanted);
        let only = if update.method == UpdateMethod::Put { None } else { Some(changed) };
        let payload = request_body::update(wanted, self.policy_type, only, context)?;
        self.send_change(update.method, id, payload).await
    }

    pub(crate) async fn send_change(&self, how: UpdateMethod, id: &str, payload: Value) -> Result<(), WriteError> {
        let method = if how == UpdateMethod::Put { Method::PUT } else { Method::PATCH };
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let path = item_path(self.policy_type, id);
        let before = self.before.as_ref().map(Policy::to_value);
        let request = Request {
            step: &reference,
            subject: &subject,
            does: Does::Change,
            method,
            api: api(self.policy_type),
            path: &path,
            body: Some(payload),
            kind: WriteKind::Idempotent,
            before: before.as_ref(),
        };
        self.writer.send(request).await.map(drop)
    }

    /// Uploads the content that Graph does not give, or what of it is not there yet.
    pub(crate) async fn write_content(&self, wanted: &Policy, id: &str) -> Result<(), WriteError> {
        let Some(content) = self.content else { return Ok(()) };
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let before = self.before.as_ref().map(Policy::to_value);
        let owner = Owner { before: before.as_ref(), ..self.owner(wanted, id, &reference, &subject) };
        Box::pin(content.run(self.writer, owner)).await
    }

    pub(crate) async fn write_parts(
        &self,
        wanted: &Policy,
        id: &str,
        manner: Manner,
        context: BodyContext<'_>,
        which: impl Fn(&str) -> bool,
    ) -> Result<(), WriteError> {
        let (reference, subject) = (self.step.reference(), self.step.subject());
        let before = self.before.as_ref().filter(|_| manner == Manner::Existing).map(Policy::to_value);
        for part in self.policy_type.parts_of(wanted.odata_type()).filter(|part| which(&part.name)) {
            let how = if manner == Manner::Existing { part.update() } else { part.create() };
            let exists = manner != Manner::New;
            if exists || wanted.body.contains_key(&part.name) {
                let owner = Owner { before: before.as_ref(), ..self.owner(wanted, id, &reference, &subject) };
                parts::write(self.writer, owner, part, how, exists, context).await?;
            }
        }
        Ok(())
    }

    /// An error where a part could not be read that the plan could read: nobody knows then what is to be written.
    pub(crate) fn is_read(&self, found: &Policy) -> Result<(), WriteError> {
        let nothing = Map::new();
        let before = self.before.as_ref().map_or(&nothing, |before| &before.body);
        let Some((part, permission)) = unread::only_in(&found.body, before) else { return Ok(()) };
        let message = format!("its {part} cannot be read without {permission}");
        Err(Finding::new(&codes::READ_FAILED, self.step.subject(), message).into())
    }

    pub(crate) fn owner<'o>(&'o self, policy: &'o Policy, id: &'o str, step: &'o str, subject: &'o str) -> Owner<'o> {
        Owner { policy_type: self.policy_type, policy, id, step, subject, before: None }
    }

    pub(crate) fn stale(&self, why: &str) -> WriteError {
        Finding::new(&codes::STALE_STEP, self.step.subject(), why).into()
    }
}
