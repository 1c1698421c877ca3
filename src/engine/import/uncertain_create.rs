//! Creates whose fate is not known: whatever may have been made is looked for before it is sent again. Lists
//! lag behind writes (api-behaviour.md section 3), so absence counts only after several complete reads over
//! a while.

use super::request::WriteError;
use crate::graph::Client;

/// The waits before each look, in units of the client's first wait after a failure.
pub(crate) const LOOKS: [u32; 4] = [0, 1, 2, 4];

/// How often something is sent and, being absent, sent again.
const ROUNDS: u32 = 4;

/// Sends a create until it certainly happened or certainly did not.
pub(crate) async fn until_certain<T>(
    client: &Client,
    send: impl AsyncFn() -> Result<T, WriteError>,
    find: impl AsyncFn() -> Result<Option<T>, WriteError>,
) -> Result<T, WriteError> {
    let mut left = ROUNDS;
    loop {
        let error = match send().await {
            Err(WriteError::Graph(error)) if error.is_uncertain() => error,
            other => return other,
        };
        if let Some(found) = several_times(client, &find).await? {
            return Ok(found);
        }
        left -= 1;
        if left == 0 {
            return Err(WriteError::Graph(error));
        }
    }
}

/// Looks until it is there, or has been absent often enough.
pub(crate) async fn several_times<T>(
    client: &Client,
    find: impl AsyncFn() -> Result<Option<T>, WriteError>,
) -> Result<Option<T>, WriteError> {
    for units in LOOKS {
        tokio::time::sleep(client.backoff() * units).await;
        if let Some(found) = find().await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
