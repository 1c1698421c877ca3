//! Which permissions a user is asked for, where nothing was registered for this: those of the policy types that a command
//! is about, to read them first, and to write them once something is written. An application that was registered has
//! what it was granted, and nothing of this applies.

use std::collections::BTreeSet;

use super::connect::Connected;
use crate::catalogue::{Catalogue, PolicyType};

impl Connected {
    /// Before the first request: these policy types will be read, and what they refer to.
    pub async fn will_read(&self, catalogue: &Catalogue, chosen: impl Fn(&PolicyType) -> bool) {
        let names = catalogue.with_referenced(chosen);
        let types = catalogue.iter().filter(|it| names.contains(it.name.as_str()));
        self.client.ask_for(&catalogue.delegated(&catalogue.to_read(types))).await;
    }

    /// Before the first write: objects of these types will be written.
    pub async fn will_write(&self, catalogue: &Catalogue, chosen: &BTreeSet<&str>) {
        let types = catalogue.iter().filter(|it| chosen.contains(it.name.as_str()));
        self.client.ask_for(&catalogue.delegated(&catalogue.to_write(types))).await;
    }
}
