//! Changes one object with its second-phase writes. Making it is `create`'s; assignments are not its business.

use std::collections::BTreeSet;

use super::job::{Job, Manner};
use super::parts::{self, Owner};
use super::request::WriteError;
use super::upload;
use crate::catalogue::model::PartWrite;
use crate::engine::plan::prepared::Earlier;
use crate::engine::shape::comparison;
use crate::engine::shape::comparison::{is_as_before, with_gate};
use crate::engine::shape::request_body;
use crate::engine::shape::request_body::BodyContext;
use crate::engine::shape::secrets;
use crate::engine::tenant::reader;
use crate::policy::path::top;
use crate::policy::{Policy, differences, sealed};

/// Changes it as the plan says, unless somebody else changed it since.
pub(super) async fn update(job: &Job<'_>, wanted: &Policy, context: BodyContext<'_>) -> Result<(), WriteError> {
    let id = job.step.target_id.clone().unwrap_or_default();
    let found = reader::one(job.tenant, job.policy_type, &id).await.map_err(|error| match WriteError::from(error) {
        WriteError::Graph(error) => job.stale(&error.to_string()),
        other => other,
    })?;
    job.is_read(&found)?;
    let Some(before) = &job.before else {
        return Err(job.stale("the object in the target has changed since the plan was made"));
    };
    if let Some(content) = job.content.filter(|_| found.text("committedContentVersion").is_none_or(str::is_empty)) {
        upload::check(content, &job.step.subject()).await?;
    }
    let wanted = with_gate(wanted.clone(), job.policy_type, job.options.gate_state);
    let gate = job.options.gate_state;
    let differences = comparison::compare(&wanted, &found, job.policy_type, job.tenant.catalogue, gate);
    let mut changed: BTreeSet<String> =
        differences.object.iter().map(|difference| top(&difference.at).to_owned()).collect();
    if job.options.send_secrets {
        changed.extend(secrets::secrets_of(&wanted).iter().map(|(place, _)| top(sealed::written_at(place)).to_owned()));
    }
    if !is_as_before(before, &found) && !is_on_its_way(job, before, &found, &changed) {
        return Err(job.stale("the object in the target has changed since the plan was made"));
    }
    let parts: BTreeSet<String> = job
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
    let is_fixed = |property: &str| request_body::is_create_only(&format!("/{property}"), job.policy_type, &wanted);
    changed.retain(|property| !property.ends_with("@odata.bind") && !is_fixed(property));
    change_alone(job, &wanted, &found, &mut changed, context).await?;
    if !changed.is_empty() {
        job.change(&wanted, &id, &changed, context).await?;
    }
    job.write_content(&wanted, &id).await?;
    job.write_parts(&wanted, &id, Manner::Existing, context, |name| parts.contains(name)).await?;
    if job.policy_type.update_of(&wanted).alone.is_empty() {
        change_links(job, &wanted, &found, context).await?;
    }
    Ok(())
}

async fn change_links(
    job: &Job<'_>,
    wanted: &Policy,
    found: &Policy,
    context: BodyContext<'_>,
) -> Result<(), WriteError> {
    let (reference, subject) = (job.step.reference(), job.step.subject());
    let image = job.before.as_ref().map(Policy::to_value);
    let id = found.key();
    let owner = Owner { before: image.as_ref(), ..job.owner(wanted, &id, &reference, &subject) };
    parts::links(job.writer, owner, found, context.absolute).await
}

/// Changes what has to be changed by requests of its own: the links first, because a value may follow from them,
/// then each such property. What has been dealt with is taken out of `changed`.
async fn change_alone(
    job: &Job<'_>,
    wanted: &Policy,
    found: &Policy,
    changed: &mut BTreeSet<String>,
    context: BodyContext<'_>,
) -> Result<(), WriteError> {
    let update = job.policy_type.update_of(wanted);
    if update.alone.is_empty() {
        return Ok(());
    }
    change_links(job, wanted, found, context).await?;
    let id = found.key();
    for property in update.alone.iter().filter(|property| changed.remove(*property)) {
        let follows = update
            .implied_when
            .as_ref()
            .is_some_and(|implied| implied.property.as_str() == property.as_str() && implied.holds_in(&wanted.body));
        // Where it does not follow from the links after all, it is asked for.
        if follows {
            let now = reader::one(job.tenant, job.policy_type, &id).await?;
            if update.implied_when.as_ref().is_some_and(|implied| implied.holds_in(&now.body)) {
                continue;
            }
        }
        job.change(wanted, &id, &BTreeSet::from([property.clone()]), context).await?;
    }
    Ok(())
}

/// Whether an object that an earlier part of this run began to change is between what it was and what
/// it is to be. What is neither was changed by someone else.
fn is_on_its_way(job: &Job<'_>, before: &Policy, found: &Policy, unlike_wanted: &BTreeSet<String>) -> bool {
    let unlike_before = differences(&before.to_value(), &found.to_value());
    *job.earlier == Earlier::Touched
        && unlike_before.iter().map(|difference| top(&difference.at)).all(|property| {
            let is_part = job.policy_type.parts.iter().any(|part| part.name == property);
            is_part || property == "assignments" || !unlike_wanted.contains(property)
        })
}
