//! The storage address of a file while it is uploaded: it is good for a while, and is renewed before that ends, or
//! when the storage takes it no longer. Several blocks use it at once; it is renewed once for all of them.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Mutex;

use super::request::WriteError;
use super::upload_steps::{Steps, refused};
use crate::graph::{GraphError, Storage, StorageAddress};

/// How often a block is tried with another address.
const RENEWALS: usize = 3;
/// An address that ends sooner than this is renewed (Microsoft's samples do it three minutes before).
const MARGIN: Duration = Duration::from_mins(3);

pub(crate) struct Address<'a> {
    steps: &'a Steps<'a>,
    storage: &'a Storage<'a>,
    file: &'a str,
    now: Mutex<Now>,
}

struct Now {
    address: StorageAddress,
    renew_at: Option<Instant>,
    number: u32,
}

impl<'a> Address<'a> {
    /// The address that the file tells.
    pub(crate) fn new(
        steps: &'a Steps<'a>,
        storage: &'a Storage<'a>,
        file: &'a str,
        told: &Value,
    ) -> Result<Self, WriteError> {
        let now = now(steps, storage, told, 0)?;
        Ok(Self { steps, storage, file, now: Mutex::new(now) })
    }

    /// Does something with an address that is good. What the storage refuses otherwise is [`WriteError::Graph`].
    pub(crate) async fn with(
        &self,
        what: impl AsyncFn(&StorageAddress) -> Result<(), GraphError>,
    ) -> Result<(), WriteError> {
        let (mut address, mut number) = self.get(None).await?;
        let mut left = RENEWALS;
        loop {
            match what(&address).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_forbidden() && left > 0 => {
                    left -= 1;
                    (address, number) = self.get(Some(number)).await?;
                }
                Err(error) => return Err(WriteError::Graph(Box::new(error))),
            }
        }
    }

    /// The address; another one where that of this number was refused, or ends soon.
    async fn get(&self, refused: Option<u32>) -> Result<(StorageAddress, u32), WriteError> {
        let mut now = self.now.lock().await;
        let ends = now.renew_at.is_some_and(|at| at <= Instant::now());
        if ends || refused == Some(now.number) {
            let told = self.steps.renew(self.file).await?;
            *now = self::now(self.steps, self.storage, &told, now.number + 1)?;
        }
        Ok((now.address.clone(), now.number))
    }
}

fn now(steps: &Steps<'_>, storage: &Storage<'_>, told: &Value, number: u32) -> Result<Now, WriteError> {
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let address = storage.address(text("azureStorageUri")).map_err(|error| refused(steps, error.to_string()))?;
    Ok(Now { address, renew_at: renew_at(text("azureStorageUriExpirationDateTime"), jiff::Timestamp::now()), number })
}

/// When an address that ends at this time is renewed. One that has ended already by this machine's clock says
/// nothing: the clock may be wrong, and the storage will tell.
fn renew_at(ends: &str, now: jiff::Timestamp) -> Option<Instant> {
    let ends: jiff::Timestamp = ends.parse().ok()?;
    let left = Duration::try_from(ends.duration_since(now)).ok().filter(|left| !left.is_zero())?;
    // A time that no clock reaches needs no renewal.
    Instant::now().checked_add(left.saturating_sub(MARGIN.min(left / 4)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn an_address_is_renewed_before_its_end() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let left = |ends: &str| renew_at(ends, now).map(|at| at.saturating_duration_since(Instant::now()).as_secs());
        assert!(left("2026-01-01T01:00:00Z").is_some_and(|left| (3400..=3420).contains(&left)));
        assert!(left("2026-01-01T00:00:08Z").is_some_and(|left| left <= 6));
        assert_eq!(left("2025-12-31T23:59:59Z"), None);
        assert_eq!(left("soon"), None);
    }
}
