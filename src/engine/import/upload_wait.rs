//! Waits for what the service does by itself: an address, a commit, a publication. Bounded, and ended where the run
//! is stopped.

use tokio_util::sync::CancellationToken;

use super::request::WriteError;
use crate::finding::{Finding, codes};
use crate::graph::Client;

/// The waits between the questions, in units of the client's first wait after a failure; the last one is repeated.
pub(crate) const UNITS: [u32; 6] = [1, 1, 2, 2, 4, 5];
/// How many units are waited in all: ten minutes at a real tenant.
const MOST: u32 = 600;

/// Asks until there is an answer; none where it takes too long.
pub(crate) async fn until<T>(
    client: &Client,
    stop: &CancellationToken,
    subject: &str,
    ask: impl AsyncFn() -> Result<Option<T>, WriteError>,
) -> Result<Option<T>, WriteError> {
    let mut waited = 0;
    let mut units = UNITS.iter().chain(std::iter::repeat(&UNITS[UNITS.len() - 1]));
    while waited < MOST {
        goes_on(stop, subject)?;
        match ask().await {
            Ok(Some(answer)) => return Ok(Some(answer)),
            Ok(None) => {}
            // What is new cannot be read everywhere at once.
            Err(WriteError::Graph(error)) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        let unit = units.next().copied().unwrap_or(1);
        waited += unit;
        tokio::time::sleep(client.backoff() * unit).await;
    }
    Ok(None)
}

/// An error where the run is to end.
pub(crate) fn goes_on(stop: &CancellationToken, subject: &str) -> Result<(), WriteError> {
    if !stop.is_cancelled() {
        return Ok(());
    }
    Err(Finding::new(&codes::STOPPED, subject, "not all of its parts are written yet").into())
}
