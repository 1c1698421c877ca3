//! What a tenant remembers to play the answers of the field about writing.

use std::collections::BTreeMap;
use std::time::Instant;

/// Shorter ids say nothing where they are within a text.
const SHORT_ID: usize = 8;

/// What a tenant remembers to play these answers.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// What was made while the sandbox ran: its collection by its id in lower case.
    pub(super) made: BTreeMap<String, String>,
    /// How often a refusal was said.
    pub(super) said: BTreeMap<String, u32>,
    /// When an enrollment configuration was written last.
    pub(super) enrolled: Option<Instant>,
}

impl Memory {
    /// Whether something is refused once more.
    pub(super) fn refuses(&mut self, key: String, times: u32) -> bool {
        let said = self.said.entry(key).or_default();
        *said += 1;
        *said <= times
    }

    /// The id and collection of what is named and was made while the sandbox ran.
    pub(super) fn named(&self, text: &str) -> Vec<(String, String)> {
        let made = self.made.iter().filter(|(id, _)| id.len() >= SHORT_ID && text.contains(id.as_str()));
        made.map(|(id, root)| (id.clone(), root.clone())).collect()
    }
}
