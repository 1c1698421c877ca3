//! Secrets that a run is given, with the mapping applied: an OMA value is a text like any other, whatever keeps it.
//! What one names of the source becomes the target's, and what cannot be decided blocks the policy that holds it.
//! Where secrets come from is the caller's business, putting them into a request `shape::secrets`'.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::catalogue::id_form::with_id;
use crate::engine::shape::secrets::{SecretSource, secrets_of};
use crate::mapping::{Await, Mapping, Rewritten, Source, rewrite_beside};
use crate::policy::Policy;
use crate::policy::path::unescape;

/// The secrets of a run that the mapping changed something in, by their names.
#[derive(Debug, Default)]
pub struct OpenedSecrets {
    texts: BTreeMap<String, Opened>,
}

/// One secret with the mapping applied.
#[derive(Debug)]
struct Opened {
    text: SecretString,
    /// Ids in it that only the import learns.
    awaits: Vec<Await>,
}

/// Applies the mapping to the secrets that are given. What there is to say of one is said of the policy that holds it.
pub(crate) fn open(
    policies: &mut [Rewritten],
    secrets: &dyn SecretSource,
    source: &Source<'_>,
    mapping: Option<&Mapping>,
) -> OpenedSecrets {
    let mut opened = OpenedSecrets::default();
    let mut documents = Vec::new();
    let mut holders = Vec::new();
    for (index, item) in policies.iter().enumerate() {
        let mut places = BTreeMap::new();
        let mut body = Map::new();
        for (place, name) in secrets_of(&item.policy.open()) {
            let Some(secret) = secrets.secret(&name) else { continue };
            body.insert(name.clone(), Value::from(secret.expose_secret()));
            places.insert(name, place);
        }
        if !body.is_empty() {
            body.insert(String::from("id"), item.policy.key().into());
            documents.push(Policy::new(&item.policy.type_name, body));
            holders.push((index, places));
        }
    }
    if documents.is_empty() {
        return opened;
    }
    // A secret comes as the source had it, also where the tree's own texts are the target's already.
    let source = Source { already_rewritten: false, ..*source };
    let rewritten = rewrite_beside(&source, mapping, &documents);
    for (((index, places), before), after) in holders.into_iter().zip(documents).zip(rewritten) {
        let item = &mut policies[index];
        let subject = item.policy.subject();
        let place = |pointer: &str| places.get(&unescape(pointer.trim_start_matches('/'))).cloned();
        for mut finding in after.findings {
            finding.subject.clone_from(&subject);
            finding.at = finding.at.as_deref().and_then(place);
            item.findings.push(finding);
        }
        item.blocked |= after.blocked;
        let mut changed = after.policy.open().body;
        for (name, text) in before.body {
            let pointer = format!("/{name}");
            let awaits: Vec<Await> = after.awaits.iter().filter(|own| own.pointer == pointer).cloned().collect();
            let Some(Value::String(changed)) = changed.remove(&name) else { continue };
            if name != "id" && (text != changed.as_str() || !awaits.is_empty()) {
                opened.texts.insert(name, Opened { text: changed.into(), awaits });
            }
        }
        item.awaits
            .extend(after.awaits.into_iter().filter_map(|own| Some(Await { pointer: place(&own.pointer)?, ..own })));
        let hits = after.text_hits.into_iter();
        item.text_hits
            .extend(hits.filter_map(|hit| Some(crate::mapping::TextHit { pointer: place(&hit.pointer)?, ..hit })));
    }
    opened
}

/// What gives the ids that the import learns.
pub(crate) trait KnownIds: Send + Sync {
    /// The target's id of what a place waits for.
    fn id_of(&self, place: &Await) -> Option<String>;
}

/// The secrets of a run as the target gets them.
#[derive(Clone, Copy)]
pub(crate) struct MappedSecrets<'a> {
    /// As they are given.
    pub(crate) given: &'a dyn SecretSource,
    /// With the mapping applied.
    pub(crate) opened: &'a OpenedSecrets,
    /// What the run has learned.
    pub(crate) ids: &'a dyn KnownIds,
}

impl MappedSecrets<'_> {
    fn text(&self, opened: &Opened) -> SecretString {
        let mut text = opened.text.expose_secret().to_owned();
        for place in &opened.awaits {
            // A policy whose ids are not all known is not written.
            if let Some(id) = self.ids.id_of(place) {
                text = with_id(&text, place.form, &place.source_id, &id);
            }
        }
        text.into()
    }
}

impl SecretSource for MappedSecrets<'_> {
    fn secret(&self, key: &str) -> Option<SecretString> {
        let given = self.given.secret(key)?;
        Some(self.opened.texts.get(key).map_or(given, |opened| self.text(opened)))
    }

    fn given(&self) -> Vec<(String, SecretString)> {
        let mapped = self.opened.texts.iter().map(|(name, opened)| (name.clone(), self.text(opened)));
        self.given.given().into_iter().chain(mapped).collect()
    }
}
