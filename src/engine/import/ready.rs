//! Waits until an object is ready for what belongs to it: the service goes on working on a new one after it has
//! answered, and refuses parts, links and assignments until it is done. Which property says so is in the type's file.

use std::time::Instant;

use super::parts::Owner;
use super::request::{WriteError, Writer};
use super::upload_wait::{self, UNITS};
use crate::catalogue::model::Ready;
use crate::engine::tenant::addresses::{api, item_path};
use crate::finding::{Finding, codes};

/// How long after its creation an object is waited for, in units of the client's first wait after a failure.
const MOST: u32 = 200;
/// The same for one that the run did not make, and of which the service does not say that it is at work on it.
const IDLE: u32 = 5;

/// Whether this state is the end of the service's work. An object that does not say may be ready.
pub(crate) fn is_ready(rule: &Ready, state: Option<&str>) -> bool {
    state.is_none_or(|state| state.is_empty() || state.eq_ignore_ascii_case(&rule.done))
}

/// Waits until the object is ready, where its type has to be. Whoever asks late waits no longer than who asks early:
/// the time counts from the object's creation.
pub(crate) async fn until_ready(writer: Writer<'_>, owner: Owner<'_>) -> Result<(), WriteError> {
    let Some(rule) = &owner.policy_type.ready else { return Ok(()) };
    let (client, path) = (writer.client, item_path(owner.policy_type, owner.id));
    let made = writer.patience.made_at(owner.id);
    let started = made.unwrap_or_else(Instant::now);
    let mut units = UNITS.iter().copied().chain(std::iter::repeat(UNITS[UNITS.len() - 1]));
    loop {
        let state = match client.get(api(owner.policy_type), &path).await {
            Ok(now) => now.get(&rule.property).and_then(|state| state.as_str()).map(str::to_owned),
            // What is new cannot be read everywhere at once.
            Err(error) if error.is_not_found() && made.is_some() => Some(String::from("not found")),
            Err(error) => return Err(error.into()),
        };
        if is_ready(rule, state.as_deref()) {
            return Ok(());
        }
        let state = state.unwrap_or_default();
        let is_at_work = made.is_some() || rule.soon.iter().any(|soon| soon.eq_ignore_ascii_case(&state));
        if started.elapsed() > client.backoff() * if is_at_work { MOST } else { IDLE } {
            let message = format!(
                "`{}` is still \"{state}\", so its assignments and other parts were not written",
                rule.property
            );
            return Err(Finding::new(&codes::NOT_READY, owner.subject, message).into());
        }
        upload_wait::goes_on(writer.patience.stop(), owner.subject)?;
        tokio::time::sleep(client.backoff() * units.next().unwrap_or(1)).await;
    }
}
