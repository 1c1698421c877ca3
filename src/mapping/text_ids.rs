//! Ids in the texts of policies, whoever they belong to: what a directory may be asked about. Pure. Which of them a
//! mapping speaks of is [`super::embedded`]'s to find.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::parallel;
use crate::policy::canonical::is_transport_annotation;
use crate::policy::ids::{Written, ids};
use crate::policy::path::unescape;
use crate::policy::{Hit, Kept, Policy, Search, path};

/// Ids that stand in texts, in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextIds {
    /// All of them.
    pub ids: BTreeSet<String>,
    /// Those that stand somewhere as a security identifier: they are ids of some directory's objects.
    pub sids: BTreeSet<String>,
}

impl TextIds {
    /// What is sent of a policy, searched; what Microsoft made is still among it.
    fn of(catalogue: &Catalogue, search: &Search<'_>, policy: &Policy) -> Self {
        let mut own = Self::default();
        own.add(sent(catalogue, policy, &policy.body, hits(catalogue, search, policy, &policy.body)));
        own
    }

    fn without_constants(mut self, catalogue: &Catalogue) -> Self {
        for constant in &catalogue.shared.constant_ids {
            self.ids.remove(&constant.to_ascii_lowercase());
        }
        self
    }

    /// Adds what was found somewhere.
    fn add(&mut self, hits: impl IntoIterator<Item = Hit>) {
        for found in hits.into_iter().flat_map(|hit| ids(&hit.what)) {
            if found.written == Written::Sid {
                self.sids.insert(found.id.clone());
            }
            self.ids.insert(found.id);
        }
    }
}

/// The ids in everything of these policies that is sent, but for their own, and what Microsoft made.
pub fn ids_in_texts(catalogue: &Catalogue, policies: &[Kept]) -> TextIds {
    let search = Search::every_id();
    let found = parallel::map(policies, |policy| TextIds::of(catalogue, &search, &policy.open()));
    let mut all = TextIds::default();
    for found in found {
        all.ids.extend(found.ids);
        all.sids.extend(found.sids);
    }
    all.without_constants(catalogue)
}

/// The same of one policy.
pub fn ids_in_texts_of(catalogue: &Catalogue, policy: &Policy) -> TextIds {
    TextIds::of(catalogue, &Search::every_id(), policy).without_constants(catalogue)
}

/// Ids in texts of policies whose tenant nobody can ask, without those that scripts name and security identifiers: what an administrator wrote into a
/// script may be an object of the tenant, and elsewhere most are those of files, products and profiles.
pub fn ids_outside_scripts(catalogue: &Catalogue, policies: &[Kept]) -> BTreeSet<String> {
    let found = parallel::map(policies, |kept| {
        let (mut policy, mut scripts) = (kept.open(), BTreeSet::new());
        let mut document = Value::Object(std::mem::take(&mut policy.body));
        let rules = catalogue.get(&policy.type_name).into_iter().flat_map(|of| &of.sidecars);
        for rule in rules.filter(|rule| SCRIPTS.contains(&rule.extension.as_str())) {
            for pointer in rule.at.find(&document) {
                let script = document.pointer_mut(&pointer).map(Value::take).unwrap_or_default();
                let alone = Map::from_iter([(String::from("script"), script)]);
                scripts.extend(ids_in_texts_of(catalogue, &Policy::new(&policy.type_name, alone)).ids);
            }
        }
        if let Value::Object(body) = document {
            policy.body = body;
        }
        // A security identifier is always an object's.
        let TextIds { ids, sids } = ids_in_texts_of(catalogue, &policy);
        scripts.extend(sids);
        (ids, scripts)
    });
    let mut all = BTreeSet::new();
    let mut scripts = BTreeSet::new();
    for (elsewhere, in_scripts) in found {
        all.extend(elsewhere);
        scripts.extend(in_scripts);
    }
    all.retain(|id| !scripts.contains(id));
    all
}

/// The extensions of sidecars that are scripts.
const SCRIPTS: [&str; 2] = ["ps1", "sh"];

/// What is found of some marks in a document of a policy, but for its own id and for what Microsoft's properties hold.
pub(super) fn hits(
    catalogue: &Catalogue,
    search: &Search<'_>,
    policy: &Policy,
    document: &Map<String, Value>,
) -> Vec<Hit> {
    let own = policy.id().unwrap_or_default().to_ascii_lowercase();
    let constants = &catalogue.shared.constant_properties;
    let exempt = |pointer: &str, what: &str| {
        let property = path::property(pointer);
        (property == "id" && own.contains(what)) || constants.iter().any(|constant| constant == property)
    };
    search.sweep_members(document, &exempt)
}

/// Hits at places that are sent: not what the service makes by itself, and not what described its answer.
pub(super) fn sent(
    catalogue: &Catalogue,
    policy: &Policy,
    document: &Map<String, Value>,
    mut hits: Vec<Hit>,
) -> Vec<Hit> {
    if hits.is_empty() {
        return hits;
    }
    let shared = &catalogue.shared;
    let of_type = catalogue.get(&policy.type_name);
    let own = of_type.into_iter().flat_map(|policy_type| policy_type.volatile.iter().chain(&policy_type.read_only));
    let all = shared.volatile.iter().chain(&shared.read_only).chain(own);
    let never: Vec<String> = all
        .filter(|path| path.as_str() != "assignments")
        .flat_map(|path| path.find_in(document))
        .filter(|pointer| !pointer.is_empty())
        .collect();
    let below = |pointer: &str, place: &String| {
        pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    hits.retain(|hit| {
        let mut segments = hit.pointer.split('/').map(unescape);
        !segments.any(|key| is_transport_annotation(&key)) && !never.iter().any(|place| below(&hit.pointer, place))
    });
    hits
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::policy::decode::to_base64;
    use crate::policy::ids::entra_sid;
    use serde_json::json;

    #[test]
    fn every_readable_text_is_searched_and_nothing_else() {
        let id = |number: u8| format!("0f3c2a{number:02}-1b2c-4d3e-8f40-0123456789ab");
        let sid = entra_sid(&id(2)).unwrap();
        let script = to_base64(format!("Add-LocalGroupMember -SID {sid}\r\n$g = '{}'", id(3)).as_bytes());
        let body = json!({"@odata.type": "#microsoft.graph.deviceManagementScript", "id": id(1), "displayName": id(4),
            "scriptContent": script, "createdBy@odata.context": id(5), "templateId": id(6), "lastModifiedDateTime": id(7),
            "note": "00000003-0000-0000-c000-000000000000"});
        let policy = Policy::new("platform-scripts", body.as_object().unwrap().clone());
        let found = ids_in_texts(&Catalogue::built_in().unwrap(), &[policy.keep()]);
        assert_eq!(found.ids, BTreeSet::from([id(2), id(3), id(4)]));
        assert_eq!(found.sids, BTreeSet::from([id(2)]));
    }
}
