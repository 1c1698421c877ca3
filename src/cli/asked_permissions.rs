//! Which permissions a user is asked for, where nothing was registered for this: those of the policy types that a command
//! is about, to read them first, and to write them once something is written. An application that was registered has
//! what it was granted, and nothing of this applies.

use std::collections::BTreeSet;

use super::connect::Connected;
use crate::catalogue::permissions;
use crate::catalogue::{Catalogue, PolicyType};

/// Before the first request: these policy types will be read, and what they refer to.
pub async fn will_read(connected: &Connected, catalogue: &Catalogue, chosen: impl Fn(&PolicyType) -> bool) {
    let names = permissions::with_referenced(catalogue, chosen);
    let types = catalogue.iter().filter(|it| names.contains(it.name.as_str()));
    connected.client.ask_for(&permissions::delegated(catalogue, &permissions::to_read(catalogue, types))).await;
}

/// Before the first write: objects of these types will be written.
pub async fn will_write(connected: &Connected, catalogue: &Catalogue, chosen: &BTreeSet<&str>) {
    let types = catalogue.iter().filter(|it| chosen.contains(it.name.as_str()));
    connected.client.ask_for(&permissions::delegated(catalogue, &permissions::to_write(catalogue, types))).await;
}
