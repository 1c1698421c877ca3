//! Says what becomes of one reference: by the mapping, else by the tree. Changes nothing.

use super::file::{Decision, Entry};
use super::kinds::{DIRECTORY_OBJECT, can_create, is_supported};
use super::rewritten::Need;
use super::source::{Context, NOT_LOOKED_UP, lower};
use crate::catalogue::Found;
use crate::finding::{Finding, codes};

/// What becomes of a reference.
pub(super) enum Outcome<'a> {
    /// It stays as it is.
    Stays,
    /// It becomes this id of the target.
    Becomes(&'a str),
    /// Its id is learned later.
    Awaits(Need),
    /// It goes.
    Dropped(&'a Entry),
    /// It cannot be decided; the policy is blocked.
    Open(Finding),
}

impl Outcome<'_> {
    /// What the place will refer to, comparable within one policy.
    pub(super) fn identity(&self, found: &Found) -> String {
        match self {
            Self::Becomes(id) => format!("{} {}", found.kind, lower(id)),
            Self::Awaits(Need::TargetName { name, .. }) => format!("{} named {name}", found.kind),
            Self::Awaits(_) => format!("{} of the source {}", found.kind, lower(&found.id)),
            _ => format!("{} {}", found.kind, lower(&found.id)),
        }
    }
}

/// What becomes of a reference of the policy that `subject` names.
pub(super) fn decide<'a>(context: &Context<'a>, subject: &str, found: &Found) -> Outcome<'a> {
    let (kind, id) = (found.kind.as_str(), found.id.as_str());
    if context.is_constant(id) {
        return Outcome::Stays;
    }
    let open = |code, problem: &str| {
        let message = format!("{} {problem}", context.describe(kind, id));
        let finding = Finding::new(code, subject, message).at(&found.pointer);
        let fix = context.source.catalogue.directory_kind(kind).and_then(|kind| kind.fix.as_ref());
        Outcome::Open(match fix {
            Some(fix) => finding.fix(fix),
            None => finding,
        })
    };
    let entry = context.entry(kind, id);
    let in_tree = || {
        context.policy(kind, id).map(|policy| Need::Policy { type_name: policy.type_name.clone(), key: policy.key() })
    };
    if context.source.already_rewritten && context.is_target(kind, id) {
        let also_source = match entry {
            Some(entry) => {
                entry.decision == Decision::Create || (entry.decision == Decision::Map && entry.target_id().is_none())
            }
            None => in_tree().is_some(),
        };
        if also_source {
            return open(&codes::AMBIGUOUS_REFERENCE, "is an ID in the target as well as in the source");
        }
        return Outcome::Stays;
    }
    let Some(entry) = entry else {
        return match in_tree() {
            Some(need) => Outcome::Awaits(need),
            None if context.source.same_tenant => Outcome::Stays,
            None if kind == DIRECTORY_OBJECT && context.is_stranger(&lower(id)) => {
                open(&codes::UNKNOWN_REFERENCE, &format!("in a text is unknown: {NOT_LOOKED_UP}"))
            }
            None if is_supported(kind, context.source.catalogue) => {
                open(&codes::UNKNOWN_REFERENCE, "is neither in the tree nor in the mapping")
            }
            None => open(&codes::UNSUPPORTED_REFERENCE, "is of a kind that cannot be mapped"),
        };
    };
    match entry.decision {
        Decision::Keep => Outcome::Stays,
        Decision::Drop => Outcome::Dropped(entry),
        Decision::Undecided => {
            let why = entry.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
            open(&codes::MAPPING_UNDECIDED, &format!("is undecided in the mapping{why}"))
        }
        Decision::Map => match (entry.target_id(), entry.target.as_ref().and_then(|target| target.name.clone())) {
            (Some(id), _) => Outcome::Becomes(id),
            (None, Some(name)) => Outcome::Awaits(Need::TargetName { kind: kind.to_owned(), name }),
            (None, None) => open(&codes::MAPPING_UNDECIDED, "is mapped to nothing"),
        },
        Decision::Create => match in_tree() {
            Some(need) => Outcome::Awaits(need),
            None if can_create(kind, context.source.catalogue) => {
                Outcome::Awaits(Need::Create { kind: kind.to_owned(), source_id: found.id.clone() })
            }
            None => open(&codes::UNKNOWN_REFERENCE, "should be created but is not in the tree"),
        },
    }
}
