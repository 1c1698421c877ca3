//! What an account may not read: whether that is a failure, or how a backup with few permissions is meant to
//! be. Microsoft lets some things be read only with a permission to write; an account without it is right, so
//! that what it leaves out is told and nothing fails. Everything else that is refused is a failure: a consent
//! that was taken back must not pass for a backup.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::model::Part;
use crate::catalogue::permissions::writes;
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{Finding, codes};
use crate::graph::{Claims, GraphError};
use crate::policy::{Policy, unread};

/// The part that was refused, where its file says that reading it needs more than the type does.
pub(crate) fn part<'a>(policy_type: &'a PolicyType, property: &str, error: &GraphError) -> Option<(&'a Part, &'a str)> {
    let part = policy_type.parts.iter().find(|part| part.name == property)?;
    let permission = part.read_permission.as_deref()?;
    error.is_forbidden().then_some((part, permission))
}

/// The permissions that reading a type needs and that the sign-in lacks; all, where nobody knows what it has.
pub fn lacking(policy_type: &PolicyType, catalogue: &Catalogue, claims: Option<&Claims>) -> Vec<String> {
    let nothing = BTreeSet::new();
    catalogue.missing(claims.map_or(&nothing, |claims| &claims.permissions), &policy_type.permissions.read)
}

/// Why a type that was refused is left out without that being a failure; none where it is one.
pub fn left_out(lacking: &[String], error: &GraphError) -> Option<String> {
    let by_writing = error.is_forbidden() && lacking.iter().any(|permission| writes(permission));
    by_writing.then(|| format!("reading it needs {}", lacking.join(" and ")))
}

/// The finding for a type that is left out.
pub fn not_read(policy_type: &PolicyType, why: &str) -> Finding {
    Finding::new(&codes::NOT_READ, &policy_type.name, format!("not read: {why}"))
}

/// One finding for each part of a type that was not read, however many policies have it.
pub fn parts<'a>(policies: impl Iterator<Item = &'a Policy>) -> Vec<Finding> {
    let mut count: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for policy in policies {
        for (part, permission) in unread::parts(&policy.body) {
            *count.entry((&policy.type_name, part, permission)).or_default() += 1;
        }
    }
    let tell = |((type_name, part, permission), count): ((&str, &str, &str), usize)| {
        let message = format!("the {part} of {count} not read: reading them needs {permission}");
        Finding::new(&codes::NOT_READ, type_name, message).at(format!("/{part}"))
    };
    count.into_iter().map(tell).collect()
}
