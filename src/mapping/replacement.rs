//! Where every id of the source is replaced: [`put`] writes the target's into one place. Also how places are read that hold
//! the name of an account instead of its id. Not for what a place becomes: that is [`super::decide`]'s.

use serde_json::Value;

use super::source::Context;
use crate::catalogue::id_form::with_id;
use crate::catalogue::{self, Form, Found};
use crate::policy::Policy;

/// What Windows puts before the name of an account of the tenant.
const ACCOUNT: &str = "AzureAD\\";

/// Puts another id, or for an account another name, into the text at a place.
pub(super) fn put(context: &Context<'_>, document: &mut Value, found: &Found, id: &str) {
    let Some(Value::String(text)) = document.pointer_mut(&found.pointer) else { return };
    let names_it = || context.name(&found.kind, &found.id).is_some_and(|name| name == bare_name(text));
    if found.rule.form != Form::Account || !names_it() {
        *text = with_id(text, found.rule.form, &found.id, id);
        return;
    }
    let entry = context.entry(&found.kind, &found.id);
    if let Some(name) = entry.and_then(|entry| entry.target.as_ref()).and_then(|target| target.name.as_deref()) {
        let length = text.len() - bare_name(text).len();
        text.replace_range(length.., name);
    }
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
