//! Where every id of the source is replaced: [`put`] writes the target's into one place. Also how places are read that hold
//! the name of an account instead of its id. Not for what a place becomes: that is [`super::decide`]'s.

use serde_json::Value;

use super::decide::Outcome;
use super::rewritten::Need;
use super::source::Context;
use crate::catalogue::id_form::with_id;
use crate::catalogue::{self, Form, Found};
use crate::finding::{Finding, codes};
use crate::policy::Policy;

/// What Windows puts before the name of an account of the tenant.
const ACCOUNT: &str = "AzureAD\\";

/// Puts another id into the text at a place. Where the place has a name instead, [`put_name`] has put in another.
pub(super) fn put(document: &mut Value, found: &Found, id: &str) {
    if let Some(Value::String(text)) = document.pointer_mut(&found.pointer) {
        *text = with_id(text, found.rule.form, &found.id, id);
    }
}

/// Puts the target's name into a place that names an account of the source by its name; a finding that blocks where the
/// mapping does not say that name, so that the source's would be left. What an import makes is called as in the source.
pub(super) fn put_name(
    context: &Context<'_>,
    document: &mut Value,
    found: &Found,
    outcome: &Outcome<'_>,
    subject: &str,
) -> Option<Finding> {
    let text = match document.pointer_mut(&found.pointer) {
        Some(Value::String(text)) if found.rule.form == Form::Account => text,
        _ => return None,
    };
    let is_another = matches!(outcome, Outcome::Becomes(_) | Outcome::Awaits(_));
    if !is_another || context.name(&found.kind, &found.id).is_none_or(|name| name != bare_name(text)) {
        return None;
    }
    let entry = context.entry(&found.kind, &found.id);
    if let Some(name) = entry.and_then(|entry| entry.target.as_ref()).and_then(|target| target.name.as_deref()) {
        let prefix = text.len() - bare_name(text).len();
        text.replace_range(prefix.., name);
        return None;
    }
    let is_made = matches!(outcome, Outcome::Awaits(Need::Create { .. } | Need::Policy { .. }));
    (!is_made).then(|| {
        let who = context.describe(&found.kind, &found.id);
        let message = format!("{who} is named by its name here, and the mapping does not say the target's name");
        Finding::new(&codes::MAPPING_UNDECIDED, subject, message)
            .at(&found.pointer)
            .fix("Add the name of the target's object to the entry (target.name).")
    })
}

/// References to the groups or users whose names are at places of accounts. Names that no one of the source
/// has are those of accounts that are the same on every device.
pub(super) fn accounts(context: &Context<'_>, policy: &Policy) -> Vec<Found> {
    let known = |kind: &str, text: &str| context.by_name(kind, bare_name(text)).map(str::to_owned);
    catalogue::accounts(policy, context.source.catalogue, &known)
}

fn bare_name(text: &str) -> &str {
    match text.get(..ACCOUNT.len()) {
        Some(start) if start.eq_ignore_ascii_case(ACCOUNT) => &text[ACCOUNT.len()..],
        _ => text,
    }
}
