//! Who refers to what an undo would remove. Graph refuses to delete only some of what is in use; the rest
//! would leave policies with ids that lead nowhere, and exclusions that exclude nobody.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::Undo;
use super::undoing::{Undoing, What, going};
use crate::catalogue::{Catalogue, Entities, PolicyType, Unread, references, unread};
use crate::engine::error::{EngineError, ends_run};
use crate::engine::tenant::access_gaps::{self, LeftOut};
use crate::engine::tenant::{lists, reader};
use crate::finding::codes;
use crate::graph::GraphError;
use crate::policy::{Kept, ObjectKey, Policy};

/// Leaves what others refer to, and then what that refers to, until no more follow.
pub async fn leave_what_is_used(undo: Undo<'_>, undoings: &mut [Undoing]) -> Result<(), EngineError> {
    let kinds: BTreeSet<String> = going(undoings).into_keys().map(|object| object.kind().to_owned()).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    let refers =
        |policy_type: &&PolicyType| kinds_used_by(undo.tenant.catalogue, policy_type).any(|kind| kinds.contains(kind));
    let types: Vec<&PolicyType> = undo.tenant.catalogue.iter().filter(refers).collect();
    let read = join_all(types.iter().map(|policy_type| everything(undo, policy_type))).await;
    let mut policies = Vec::new();
    for (policy_type, read) in types.into_iter().zip(read) {
        match read {
            Ok(list) => policies.extend(list),
            Err(error) if ends_run(&error) => return Err(error.into()),
            Err(error) if is_not_there(undo, policy_type, &error).await => {}
            Err(error) => leave_unproven(undo, undoings, policy_type, &error),
        }
    }
    let policies = as_they_will_be(policies, undoings);
    while leave_once(undo, undoings, &policies) {}
    Ok(())
}

async fn everything(undo: Undo<'_>, policy_type: &PolicyType) -> Result<Vec<Kept>, GraphError> {
    let tenant = undo.tenant.quiet();
    let listed = lists::list(tenant, policy_type).await?;
    // One that was deleted in the meantime refers to nothing.
    let read = reader::complete(tenant, policy_type, &listed).await.into_iter();
    read.filter(|policy| !policy.as_ref().is_err_and(GraphError::is_not_found)).collect()
}

/// The kinds of objects that policies of a type can refer to: by a property that Graph's type has. What every policy
/// may have, such as the filter of an assignment, not every type has.
fn kinds_used_by<'c>(catalogue: &'c Catalogue, policy_type: &'c PolicyType) -> impl Iterator<Item = &'c str> {
    let entities = Entities::built_in();
    let can_have = move |root: &str| {
        root.contains('@')
            || (root == "assignments" && policy_type.assignments.is_some())
            || !entities.knows(&policy_type.entity)
            || entities.declared_below(&policy_type.entity, root).is_some()
    };
    let rules = catalogue.reference_rules(&policy_type.name).iter();
    rules.filter(move |rule| rule.at.root().is_none_or(can_have)).map(|rule| rule.kind.as_str())
}

/// Whether the tenant does not have what a type takes, so that no policy of it uses anything. A refusal of the account,
/// or an internal error of the service, does not say so.
async fn is_not_there(undo: Undo<'_>, policy_type: &PolicyType, error: &GraphError) -> bool {
    let claims = undo.tenant.client.claims().await.ok().flatten();
    let lacking = access_gaps::lacking(policy_type, undo.tenant.catalogue, claims.as_ref());
    let left_out = access_gaps::left_out(policy_type, &lacking, claims.as_ref(), error);
    matches!(error.status(), Some(400 | 404 | 501)) && matches!(left_out, Some(LeftOut::NotAvailable(_)))
}

/// What cannot be looked at may use anything it can refer to.
fn leave_unproven(undo: Undo<'_>, undoings: &mut [Undoing], policy_type: &PolicyType, error: &GraphError) {
    for index in going(undoings).into_values() {
        if kinds_used_by(undo.tenant.catalogue, policy_type).any(|kind| kind == undoings[index].kind) {
            let message = format!("cannot check whether any of the {} uses the object: {error}", policy_type.name);
            undoings[index].stay(&codes::IN_USE, message);
        }
    }
}

/// The tenant's policies with what will be put back as it was.
fn as_they_will_be(mut policies: Vec<Kept>, undoings: &[Undoing]) -> Vec<Kept> {
    let back: BTreeMap<(&str, &str), &Policy> = undoings
        .iter()
        .filter_map(|undoing| match &undoing.what {
            What::PutBack(change) => Some(((undoing.kind.as_str(), undoing.target_id.as_deref()?), &change.before)),
            _ => None,
        })
        .collect();
    for policy in &mut policies {
        if let Some(before) = back.get(&(policy.type_name.as_str(), policy.id().unwrap_or_default())) {
            *policy = (*before).clone().keep();
        }
    }
    policies
}

/// Leaves what something that stays refers to, or may refer to in what could not be read; whether there was anything.
fn leave_once(undo: Undo<'_>, undoings: &mut [Undoing], policies: &[Kept]) -> bool {
    let going = going(undoings);
    let own = |policy: &Kept| ObjectKey::new(&policy.type_name, policy.id().unwrap_or_default());
    let is_going = |policy: &Kept| going.contains_key(&own(policy));
    let mut users: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut unproven: BTreeMap<usize, String> = BTreeMap::new();
    for policy in policies.iter().filter(|policy| !is_going(policy)) {
        let open = policy.open();
        for found in references(&open, undo.tenant.catalogue) {
            if let Some(index) = going.get(&found.target()) {
                users.entry(*index).or_default().insert(policy.subject());
            }
        }
        for Unread { part, needs, kinds } in unread(&open, undo.tenant.catalogue) {
            for (_, index) in going.iter().filter(|(object, _)| kinds.contains(object.kind())) {
                unproven.entry(*index).or_insert_with(|| {
                    let subject = policy.subject();
                    format!("cannot check whether {subject} uses the object: its {part} cannot be read without {needs}")
                });
            }
        }
    }
    unproven.retain(|index, _| !users.contains_key(index));
    for (index, users) in &users {
        let mut names: Vec<&str> = users.iter().take(3).map(String::as_str).collect();
        let more = format!("{} more", users.len().saturating_sub(3));
        if users.len() > 3 {
            names.push(&more);
        }
        undoings[*index].stay(&codes::IN_USE, format!("the object is used by {}", names.join(", ")));
    }
    let any = !users.is_empty() || !unproven.is_empty();
    for (index, why) in unproven {
        undoings[index].stay(&codes::IN_USE, why);
    }
    any
}
