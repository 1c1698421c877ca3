//! What the target tenant holds, as far as it was read, and whether a mapping fits it.

use std::collections::{BTreeMap, HashMap};

use super::file::{Decision, Entry, IMPORTED, Mapping};
use crate::finding::{Finding, codes};
use crate::policy::directory::Facts;
use crate::policy::{ObjectKey, TenantInfo};

/// Objects of the target by kind; a kind that was not read is not in it.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The objects, each with its `id` under Graph's property names.
    pub objects: BTreeMap<String, Vec<Facts>>,
    /// The target itself.
    pub tenant: TenantInfo,
}

/// The fact that says what a person signs in with.
pub const SIGN_IN: &str = "userPrincipalName";

/// A text among an object's facts.
pub(super) fn text<'a>(facts: &'a Facts, property: &str) -> Option<&'a str> {
    facts.get(property)?.as_str().filter(|text| !text.is_empty())
}

/// The name among an object's facts.
pub(super) fn name(facts: &Facts) -> Option<&str> {
    ["displayName", "name", "profileName", "tokenName", "fileName", SIGN_IN, "label"]
        .iter()
        .find_map(|property| text(facts, property))
}

impl Inventory {
    /// The objects of a kind; none where the kind was not read.
    pub fn of_kind(&self, kind: &str) -> &[Facts] {
        self.objects.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The object of this id.
    pub fn by_id(&self, kind: &str, id: &str) -> Option<&Facts> {
        self.of_kind(kind).iter().find(|facts| text(facts, "id").is_some_and(|own| own.eq_ignore_ascii_case(id)))
    }

    /// The id of the only object of this name; how many there are where that is not one. What somebody signs in with
    /// is nobody else's, whatever others call themselves.
    pub fn id_by_name(&self, kind: &str, wanted: &str) -> Result<&str, usize> {
        let signs_in = |facts: &&Facts| text(facts, SIGN_IN).is_some_and(|own| own.eq_ignore_ascii_case(wanted));
        if let Some(id) = self.of_kind(kind).iter().find(signs_in).and_then(|facts| text(facts, "id")) {
            return Ok(id);
        }
        let mut fitting = self.of_kind(kind).iter().filter(|facts| name(facts) == Some(wanted));
        match (fitting.next().and_then(|facts| text(facts, "id")), fitting.count()) {
            (Some(id), 0) => Ok(id),
            (Some(_), more) => Err(more + 1),
            (None, more) => Err(more),
        }
    }
}

/// Why a mapping cannot be used between two tenants: it was made for others. A tenant that is not known is not an
/// obstacle.
pub fn made_for_others(mapping: &Mapping, source: Option<&TenantInfo>, target: Option<&TenantInfo>) -> Option<String> {
    let sides = [("source", &mapping.source, source), ("target", &mapping.target, target)];
    let named =
        |(name, id): (Option<&String>, &str)| name.map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"));
    sides.into_iter().find_map(|(word, side, tenant)| {
        let tenant = tenant?;
        let (wanted, found) = (side.tenant_id.as_deref()?, tenant.id.as_deref()?);
        if wanted.eq_ignore_ascii_case(found) {
            return None;
        }
        let [wanted, found] = [(side.name.as_ref(), wanted), (tenant.display_name.as_ref(), found)].map(named);
        Some(format!("the mapping is for a different {word} tenant: {wanted}, not {found}"))
    })
}

/// What does not fit: targets that are missing, ambiguous or have another name. Only kinds in the inventory are looked
/// at. Each with the place of its entry. `can_make` says whether an import could create what an entry speaks of.
pub fn check(mapping: &Mapping, inventory: &Inventory, can_make: &dyn Fn(&Entry) -> bool) -> Vec<(usize, Finding)> {
    let mut findings = Vec::new();
    let ids: HashMap<ObjectKey, &Facts> = inventory
        .objects
        .iter()
        .flat_map(|(kind, list)| list.iter().map(move |facts| (kind.as_str(), facts)))
        .filter_map(|(kind, facts)| Some((ObjectKey::new(kind, text(facts, "id")?), facts)))
        .collect();
    for (place, entry) in mapping.entries.iter().enumerate() {
        let Some(target) = entry.target.as_ref().filter(|_| entry.decision == Decision::Map) else { continue };
        if !inventory.objects.contains_key(&entry.kind) {
            continue;
        }
        let tell = |code, message: String| Finding::new(code, entry.subject(), message);
        let missing = |message: String| {
            let finding = tell(&codes::MAPPING_TARGET_MISSING, message);
            let kind = &entry.kind;
            if can_make(entry) {
                finding.fix(format!(
                    "To have it created again, run map with --create-missing {kind}; or map it to another object."
                ))
            } else {
                finding.fix("Map it to another object of the target, or drop it.")
            }
        };
        match (&target.id, &target.name) {
            (Some(id), wanted) => match ids.get(&ObjectKey::new(&entry.kind, id)) {
                None if entry.how.as_deref() == Some(IMPORTED) => {
                    let message = format!("an earlier import created it as {id}, and the target no longer has it");
                    findings.push((place, missing(message)));
                }
                None => findings.push((place, missing(format!("the target has no {} with the ID {id}", entry.kind)))),
                Some(facts) => {
                    if let (Some(wanted), Some(found)) = (wanted, name(facts))
                        && wanted != found
                        && text(facts, SIGN_IN).is_none_or(|own| !own.eq_ignore_ascii_case(wanted))
                    {
                        let message = format!("{id} is named `{found}` in the target, not `{wanted}`");
                        findings.push((place, tell(&codes::MAPPING_NAME_DIFFERS, message)));
                    }
                }
            },
            (None, Some(wanted)) => match inventory.id_by_name(&entry.kind, wanted) {
                Ok(_) => {}
                Err(0) => {
                    findings.push((place, missing(format!("the target has no {} named `{wanted}`", entry.kind))));
                }
                Err(count) => {
                    let message = format!("{count} objects in the target are named `{wanted}`");
                    let fix = "Enter the ID of the right object as the entry's target.";
                    findings.push((place, tell(&codes::AMBIGUOUS_MATCH, message).fix(fix)));
                }
            },
            (None, None) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::super::file::{Named, Side};
    use super::super::testing::{entry, mapping};
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_the_target_is_told() {
        let group = |id: &str, name: &str| json!({"id": id, "displayName": name}).as_object().unwrap().clone();
        let mut inventory =
            Inventory { tenant: TenantInfo { id: Some("t".into()), ..TenantInfo::default() }, ..Inventory::default() };
        let eve = json!({"id": "u", "displayName": "Eve", "userPrincipalName": "eve@fabrikam.com"});
        inventory.objects.insert("user".into(), vec![eve.as_object().unwrap().clone()]);
        inventory.objects.insert("group".into(), vec![group("g1", "A"), group("g2", "B"), group("g3", "B")]);
        let map = |source: &str, id: Option<&str>, name: Option<&str>| {
            let mut entry = entry("group", source, Decision::Map, None);
            entry.target = Some(Named { id: id.map(str::to_owned), name: name.map(str::to_owned) });
            entry
        };
        let mut mapping = mapping(vec![
            map("1", Some("G1"), Some("A")),
            map("2", Some("g1"), Some("Other")),
            map("3", Some("nowhere"), None),
            map("4", None, Some("A")),
            map("5", None, Some("B")),
            map("6", None, Some("C")),
            entry("user", "7", Decision::Map, Some("u")),
        ]);
        // A person may be called by the name they sign in with.
        let eve = mapping.entries.last_mut().unwrap();
        eve.target = Some(Named { id: Some("u".into()), name: Some("EVE@fabrikam.com".into()) });
        mapping.target = Side { tenant_id: Some("other".into()), name: None };
        assert!(made_for_others(&mapping, None, None).is_none());
        let others = made_for_others(&mapping, None, Some(&inventory.tenant)).unwrap();
        assert!(others.contains("target tenant: other, not t"), "{others}");
        let codes: Vec<_> =
            check(&mapping, &inventory, &|_| true).into_iter().map(|(_, finding)| finding.code).collect();
        assert_eq!(
            codes,
            ["mapping-name-differs", "mapping-target-missing", "ambiguous-match", "mapping-target-missing"]
        );
        assert_eq!(inventory.id_by_name("group", "A"), Ok("g1"));
        assert!(inventory.by_id("group", "G2").is_some());
    }
}
