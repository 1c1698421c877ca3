//! What an account may not read: whether that is a failure, or how a backup with few permissions is meant to
//! be. Microsoft lets some things be read only with a permission to write; an account without it is right, so
//! that what it leaves out is reported and nothing fails. Everything else that is refused is a failure: a consent
//! that was taken back must not pass for a backup.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::model::{Part, SignIn};
use crate::catalogue::permissions::{missing, writes};
use crate::catalogue::{Catalogue, PolicyType};
use crate::finding::{self, Finding, codes};
use crate::graph::{Claims, GraphError};
use crate::policy::{Kept, unread};

/// The part that was refused, where its file says that reading it needs more than the type does.
pub(crate) fn part<'a>(policy_type: &'a PolicyType, property: &str, error: &GraphError) -> Option<(&'a Part, &'a str)> {
    let part = policy_type.parts.iter().find(|part| part.name == property)?;
    let permission = part.read_permission.as_deref()?;
    error.is_forbidden().then_some((part, permission))
}

/// The permissions that reading a type needs and that the sign-in lacks; all, where nobody knows what it has.
pub fn lacking(policy_type: &PolicyType, catalogue: &Catalogue, claims: Option<&Claims>) -> Vec<String> {
    let nothing = BTreeSet::new();
    missing(catalogue, claims.map_or(&nothing, |claims| &claims.permissions), &policy_type.permissions.read)
}

/// Why a type is left out without that being a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// This account may not read it, as is meant.
    NotRead(String),
    /// The tenant does not have what it takes.
    NotAvailable(String),
}

/// Why a type is not even asked for: it is for persons, and an application signed in.
pub fn not_for(policy_type: &PolicyType, claims: Option<&Claims>) -> Option<LeftOut> {
    let is_application = claims.is_some_and(|claims| !claims.is_delegated);
    (policy_type.sign_in == SignIn::Delegated && is_application).then(|| LeftOut::NotRead(BY_A_PERSON.to_owned()))
}

const BY_A_PERSON: &str = "only a signed-in user can read this, not an application";

const MAYBE_BY_A_PERSON: &str =
    "the service refused this to the application, and Microsoft documents it for signed-in users only";

/// Why a type that was refused is left out without that being a failure; none where it is one.
pub fn left_out(
    policy_type: &PolicyType,
    lacking: &[String],
    claims: Option<&Claims>,
    error: &GraphError,
) -> Option<LeftOut> {
    if error.is_forbidden() && lacking.iter().any(|permission| writes(permission)) {
        return Some(LeftOut::NotRead(format!(
            "the service refused the request; reading it needs {}",
            lacking.join(" and ")
        )));
    }
    // Microsoft documents it for persons only, whatever the application has: some are answered, and a refusal is meant.
    if policy_type.sign_in == SignIn::MaybeDelegated
        && error.is_forbidden()
        && claims.is_some_and(|claims| !claims.is_delegated)
    {
        return Some(LeftOut::NotRead(MAYBE_BY_A_PERSON.to_owned()));
    }
    // Whoever has the permissions and is an application is refused for what it is. Nobody knows what an application
    // has whose token cannot be read.
    let by_kind = policy_type.sign_in != SignIn::Any && claims.is_none_or(|claims| !claims.is_delegated);
    if by_kind && error.is_for_others() && (lacking.is_empty() || claims.is_none()) {
        return Some(LeftOut::NotRead(BY_A_PERSON.to_owned()));
    }
    // A missing permission is not a missing feature.
    let refused = matches!(error.status(), Some(400 | 404 | 500 | 501)) || (error.is_forbidden() && lacking.is_empty());
    let with = policy_type.available_with.as_ref().filter(|_| refused && !error.is_for_others())?;
    Some(LeftOut::NotAvailable(format!("it requires {with}")))
}

impl LeftOut {
    /// Why, in words that are the same every night.
    pub fn why(&self) -> &str {
        match self {
            Self::NotRead(why) | Self::NotAvailable(why) => why,
        }
    }

    /// The finding for a type that is left out; of what a tenant does not have, with what the service said.
    pub fn finding(&self, policy_type: &PolicyType, said: Option<&GraphError>) -> Finding {
        let name = &policy_type.name;
        match (self, said) {
            (Self::NotAvailable(why), Some(said)) => {
                Finding::new(&codes::NOT_AVAILABLE, name, format!("not available in this tenant: {why} ({said})"))
            }
            (Self::NotAvailable(why) | Self::NotRead(why), _) => {
                Finding::new(&codes::NOT_READ, name, format!("not read: {why}"))
            }
        }
    }
}

/// What to do about a type that was refused: grant what is missing, or sign in as somebody who may read it.
pub fn how_to_read(policy_type: &PolicyType, lacking: &[String], error: &GraphError) -> Option<String> {
    let name = &policy_type.name;
    if error.is_forbidden() && !lacking.is_empty() {
        let permissions = lacking.join(" and ");
        return Some(format!("Grant {permissions} and run again, or leave the type out with --skip {name}."));
    }
    let refused = policy_type.sign_in != SignIn::Any && error.is_for_others();
    refused.then(|| format!("Sign in as a user (auth = \"device-code\"), or leave the type out with --skip {name}."))
}

/// One finding for each part of a type that was not read, however many policies have it.
pub fn parts<'a>(policies: impl Iterator<Item = &'a Kept>) -> Vec<Finding> {
    let mut count: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for policy in policies {
        for (part, permission) in unread::parts(&policy.open().body) {
            let place = (policy.type_name.clone(), part.to_owned(), permission.to_owned());
            *count.entry(place).or_default() += 1;
        }
    }
    let tell = |((type_name, part, permission), count): ((String, String, String), usize)| {
        let message = format!(
            "the service refused to show the {part} of {}: reading them needs {permission}",
            finding::count(count, "policy", "policies")
        );
        Finding::new(&codes::NOT_READ, type_name, message).at(format!("/{part}"))
    };
    count.into_iter().map(tell).collect()
}
