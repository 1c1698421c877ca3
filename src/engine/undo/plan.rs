//! What would become of each object that a run touched: removed, put back, or left as it is and why. Reads
//! the tenant and writes nothing.

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::undoing::{PutBack, Undoing, What};
use super::{Undo, orphans, usage};
use crate::catalogue::PolicyType;
use crate::engine::error::{EngineError, ends_run};
use crate::engine::journal::{Does, Record, RequestOutcome};
use crate::engine::plan::plan_file::GateState;
use crate::engine::plan::ranking;
use crate::engine::plan::{difference_labels, scope};
use crate::engine::shape::comparison;
use crate::engine::shape::secrets;
use crate::engine::tenant::addresses::encode;
use crate::engine::tenant::reader;
use crate::finding::codes;
use crate::graph::{Api, GraphError};
use crate::mapping::GROUP;
use crate::policy::path::top;
use crate::policy::{Policy, unread};

/// What a run did with an object.
enum Made {
    Created(String),
    /// It was about to be created, and no answer says whether it was.
    Lost,
    Changed(Policy),
}

/// What would become of everything that the run touched, in the order in which it would be done.
pub async fn judge(undo: Undo<'_>) -> Result<Vec<Undoing>, EngineError> {
    let mut undoings = Vec::new();
    let mut made = Vec::new();
    for reference in touched(undo.record).into_iter().rev() {
        let Some((kind, key)) = reference.split_once('/') else { continue };
        let Some(what) = what_was_made(undo.record, reference, kind) else { continue };
        let name = undo.name_of(kind, key);
        let (kind, key) = (kind.to_owned(), key.to_owned());
        undoings.push(Undoing {
            kind,
            key,
            name,
            target_id: None,
            what: What::Nothing,
            differences: Vec::new(),
            findings: Vec::new(),
        });
        made.push(what);
    }
    let looks = undoings.iter_mut().zip(made).map(|(undoing, made)| look(undo, undoing, made));
    let mut changes = Vec::new();
    for (index, outcome) in join_all(looks).await.into_iter().enumerate() {
        changes.extend(outcome?.map(|change| (index, change)));
    }
    put_into_words(undo, &mut undoings, changes).await?;
    // What may have been moved and was not does not belong to it.
    undoings.retain(|undoing| {
        !matches!(undoing.what, What::Nothing) || undo.record.writes_of(&undoing.reference()).next().is_some()
    });
    if !undo.force {
        usage::leave_what_is_used(undo, &mut undoings).await?;
    }
    // Groups last: what is assigned to them goes before.
    let (groups, mut rest): (Vec<_>, Vec<_>) = undoings.into_iter().partition(|undoing| undoing.kind == GROUP);
    rest.extend(groups);
    Ok(rest)
}

/// The steps that the run sent anything for, in the order of their first request, and what it moved otherwise.
fn touched(record: &Record) -> Vec<&str> {
    let mut list: Vec<&str> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let sent = record.writes.iter().map(|write| write.intent.step.as_str());
    for step in sent.chain(record.placed()) {
        if seen.insert(step) {
            list.push(step);
        }
    }
    list
}

fn what_was_made(record: &Record, reference: &str, kind: &str) -> Option<Made> {
    if let Some(id) = record.created(reference) {
        return Some(Made::Created(id.to_owned()));
    }
    let mut creates = record.writes_of(reference).filter(|write| write.intent.does == Does::Create).peekable();
    if creates.peek().is_some() {
        return creates.any(|write| write.outcome() == RequestOutcome::Unknown).then_some(Made::Lost);
    }
    let body = record.before(reference)?.as_object()?.clone();
    Some(Made::Changed(Policy::new(kind, body)))
}

/// Judges one object. Gives what it was and is, where the run changed it and that differs.
async fn look(undo: Undo<'_>, undoing: &mut Undoing, made: Made) -> Result<Option<PutBack>, EngineError> {
    let made = match made {
        Made::Lost => match orphans::find(undo, undoing).await? {
            Some(id) => Made::Created(id),
            None => return Ok(None),
        },
        other => other,
    };
    let id = match &made {
        Made::Created(id) => id.clone(),
        Made::Changed(before) => before.key(),
        Made::Lost => return Ok(None),
    };
    undoing.target_id = Some(id.clone());
    if undoing.kind == GROUP {
        return look_at_group(undo, undoing, &id).await.map(|()| None);
    }
    let Some(policy_type) = undo.tenant.catalogue.get(&undoing.kind) else {
        undoing.stay(&codes::READ_FAILED, "this version does not know the policy type");
        return Ok(None);
    };
    let found = match reader::one(undo.tenant.quiet(), policy_type, &id).await {
        Ok(found) => found,
        Err(error) if ends_run(&error) => return Err(error.into()),
        Err(error) if error.is_not_found() => {
            if let Made::Changed(_) = made {
                undoing.stay(
                    &codes::CHANGED_SINCE,
                    "the object was deleted after the import; the journal contains its earlier content",
                );
            }
            return Ok(None);
        }
        Err(error) => {
            undoing.stay(&codes::READ_FAILED, format!("the object cannot be read: {error}"));
            return Ok(None);
        }
    };
    if let Some((part, permission)) = unseen(undo, undoing, &made, &found) {
        let message = format!("its {part} cannot be read without {permission}");
        undoing.stay(&codes::READ_FAILED, message);
        return Ok(None);
    }
    match made {
        Made::Created(_) => {
            if let Some(why) = changed(undo, undoing, policy_type, &found, true) {
                undoing.stay(&codes::CHANGED_SINCE, why);
            } else {
                undoing.what = What::Remove(Some(Box::new(found)));
            }
        }
        Made::Changed(before) => return Ok(judge_change(undo, undoing, policy_type, before, found)),
        Made::Lost => {}
    }
    Ok(None)
}

/// What cannot be read now, and has to be: what the run made is held against how the run left it, as far as that is
/// known, and what it changed against how it was.
fn unseen<'f>(undo: Undo<'_>, undoing: &Undoing, made: &Made, found: &'f Policy) -> Option<(&'f str, &'f str)> {
    let nothing = Map::new();
    match made {
        Made::Changed(before) => unread::only_in(&found.body, &before.body),
        _ if undo.force || undo.record.left(&undoing.reference()).object.is_none() => None,
        _ => unread::only_in(&found.body, &nothing),
    }
}

fn judge_change(
    undo: Undo<'_>,
    undoing: &mut Undoing,
    policy_type: &PolicyType,
    before: Policy,
    found: Policy,
) -> Option<PutBack> {
    let mut differences =
        comparison::compare(&before, &found, policy_type, undo.tenant.catalogue, Some(GateState::Keep));
    if undo.record.is_placed(&undoing.reference()) {
        differences.object.extend(ranking::moved(&before, &found, policy_type));
    }
    // A secret cannot be compared: where the run sent it again, it is another one now.
    let again = undo.record.header.plan.options.send_secrets && !secrets::secrets_of(&before).is_empty();
    if differences.object.is_empty() && differences.assignments.is_empty() && !again {
        return None;
    }
    let change = PutBack { before, found, differences, again };
    if let Some(why) = changed(undo, undoing, policy_type, &change.found, false) {
        undoing.stay(
            &codes::CHANGED_SINCE,
            format!("{why}; the list shows the current value → the value before the import"),
        );
        return Some(change);
    }
    if again || !change.differences.object.is_empty() {
        let places = change.differences.object.iter().map(|difference| top(&difference.at)).collect();
        let missing = secrets::missing_to_change(&change.before, policy_type, &places, again, undo.secrets);
        if !missing.is_empty() {
            undoing.findings.extend(missing);
            undoing.what = What::Stays;
            return Some(change);
        }
    }
    undoing.what = What::PutBack(Box::new(change.clone()));
    Some(change)
}

/// Says how what the run changed differs from what it was.
async fn put_into_words(
    undo: Undo<'_>,
    undoings: &mut [Undoing],
    changes: Vec<(usize, PutBack)>,
) -> Result<(), EngineError> {
    let known = |kind: &str, id: &str| scope::mapped_name(undo.record.header.mapping.as_ref(), kind, id);
    let pairs: Vec<difference_labels::Pair> =
        changes.iter().map(|(_, change)| [change.before.clone().keep(), change.found.clone().keep()]).collect();
    let names = difference_labels::names(undo.tenant, &pairs, known).await?;
    for ((index, change), pair) in changes.iter().zip(&pairs) {
        let told = difference_labels::in_words(
            &change.differences,
            pair,
            undo.tenant.catalogue,
            Some(GateState::Keep),
            &names,
        );
        undoings[*index].differences = told.object.into_iter().chain(told.assignments).collect();
    }
    Ok(())
}

/// Why the object is not as the run left it. Where the run was killed before it read the object back, only
/// its name can be held against what the run knew.
fn changed(
    undo: Undo<'_>,
    undoing: &Undoing,
    policy_type: &PolicyType,
    found: &Policy,
    created: bool,
) -> Option<&'static str> {
    if undo.force {
        return None;
    }
    let left = undo.record.left(&undoing.reference());
    let now = comparison::prints(found, policy_type, undo.tenant.catalogue);
    if left.object.is_some_and(|left| left != now.object) {
        return Some("its content was changed after the import");
    }
    if left.assignments.is_some_and(|left| left != now.assignments) {
        return Some("its assignments were changed after the import");
    }
    let renamed = created && !undoing.name.is_empty() && policy_type.name_of(found) != undoing.name;
    renamed.then_some("its name was changed after the import")
}

/// A group that the run made goes only while nobody is in it.
async fn look_at_group(undo: Undo<'_>, undoing: &mut Undoing, id: &str) -> Result<(), EngineError> {
    let path = format!("groups/{}", encode(id));
    let (group, members) = futures_util::future::join(
        undo.tenant.client.get(Api::V1, &format!("{path}?$select=id,displayName")),
        undo.tenant.client.first(Api::V1, &format!("{path}/members?$top=1&$select=id")),
    )
    .await;
    let unreadable = |undoing: &mut Undoing, error: GraphError| {
        if ends_run(&error) {
            return Err(error.into());
        }
        undoing.stay(&codes::READ_FAILED, format!("the object cannot be read: {error}"));
        Ok(())
    };
    let group = match group {
        Ok(group) => group,
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return unreadable(undoing, error),
    };
    undoing.what = What::Remove(None);
    if undo.force {
        return Ok(());
    }
    let member = match members {
        Ok(member) => member,
        Err(error) => return unreadable(undoing, error),
    };
    if member.is_some() {
        undoing.stay(&codes::IN_USE, "the group now has members");
    } else if !undoing.name.is_empty() && group.get("displayName").and_then(Value::as_str) != Some(&undoing.name) {
        undoing.stay(&codes::CHANGED_SINCE, "its name was changed after the import");
    }
    Ok(())
}
