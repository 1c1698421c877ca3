//! Feature updates: when an offer may begin.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::odata::call::{Refusal, bad};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/windowsFeatureUpdateProfiles";

pub(crate) struct FeatureUpdates;

impl Rules for FeatureUpdates {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        check_rollout(body)
    }

    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        check_rollout(body)
    }
}

/// quirk 46: an offer in the past is refused; with an end it must begin two days from now at the earliest.
fn check_rollout(body: &Map<String, Value>) -> Result<(), Refusal> {
    let rollout = body.get("rolloutSettings");
    let date = |name: &str| -> Result<Option<Timestamp>, Refusal> {
        match rollout.and_then(|r| r.get(name)).and_then(Value::as_str) {
            Some(text) => text.parse().map(Some).map_err(|_| bad(format!("'{name}' is not a date."))),
            None => Ok(None),
        }
    };
    let start = date("offerStartDateTimeInUTC")?;
    let end = date("offerEndDateTimeInUTC")?;
    let now = Timestamp::now();
    let earliest = match end {
        Some(_) => now.checked_add(SignedDuration::from_hours(48)).unwrap_or(now),
        None => now,
    };
    if start.is_some_and(|start| start < earliest) {
        return Err(bad("The start of the offer must lie in the future; with an end, at least two days from now."));
    }
    Ok(())
}
