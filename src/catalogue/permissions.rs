//! Which permissions give which, and what is missing: from the facts in the catalogue. Pure.

use std::collections::BTreeSet;

use super::load::Catalogue;
use super::model::{PolicyType, Portability, TypeVerdict};

/// Whether a permission allows to write. Some things can be read only with such a one; a backup does better
/// without them than with it.
pub fn writes(permission: &str) -> bool {
    permission.contains(".ReadWrite.")
}

/// What an import needs: what is bound to its tenant is only looked for in the target, unless it is assigned.
pub fn to_import(policy_type: &PolicyType) -> &[String] {
    let verdicts = policy_type.variants.iter().filter_map(|variant| variant.portability.as_ref());
    let is_bound = |own: &Portability| own.verdict == TypeVerdict::TenantBound;
    let is_written = policy_type.assignments.is_some() || !verdicts.chain([&policy_type.portability]).all(is_bound);
    if is_written { &policy_type.permissions.write } else { &policy_type.permissions.read }
}

/// What only a permission to write allows to read: the type, or parts of it (`apps (relationships)`).
pub fn read_by_writing(policy_type: &PolicyType) -> Option<String> {
    if policy_type.permissions.read.iter().any(|permission| writes(permission)) {
        return Some(policy_type.name.clone());
    }
    let needs = |part: &&super::model::Part| part.read_permission.as_deref().is_some_and(writes);
    let parts: Vec<&str> = policy_type.parts.iter().filter(needs).map(|part| part.name.as_str()).collect();
    (!parts.is_empty()).then(|| format!("{} ({})", policy_type.name, parts.join(", ")))
}

/// The least that reads these types and what is read with them. What only a permission to write allows to read is
/// not in it.
pub fn to_read<'a>(catalogue: &'a Catalogue, types: impl Iterator<Item = &'a PolicyType>) -> Vec<String> {
    let beside = catalogue.shared.other_permissions.iter().flat_map(|it| &it.read);
    least(catalogue, types.flat_map(|it| &it.permissions.read).chain(beside).filter(|name| !writes(name)))
}

/// The least that writes these types and what is written with them, and reads both.
pub fn to_write<'a>(catalogue: &'a Catalogue, types: impl Iterator<Item = &'a PolicyType>) -> Vec<String> {
    let beside = catalogue.shared.other_permissions.iter().flat_map(|it| it.read.iter().chain(&it.write));
    least(catalogue, types.flat_map(|it| it.permissions.read.iter().chain(to_import(it))).chain(beside))
}

/// These permissions by the names that they have where a user signs in.
pub fn delegated(catalogue: &Catalogue, permissions: &[String]) -> Vec<String> {
    let other = |name: &String| catalogue.shared.delegated_permissions.iter().find(|it| it.permission == *name);
    permissions.iter().map(|name| other(name).map_or_else(|| name.clone(), |it| it.delegated.clone())).collect()
}

/// The chosen types, and all that they may refer to.
pub fn with_referenced(catalogue: &Catalogue, chosen: impl Fn(&PolicyType) -> bool) -> BTreeSet<&str> {
    let mut open: Vec<&PolicyType> = catalogue.iter().filter(|it| chosen(it)).collect();
    let mut all = BTreeSet::new();
    while let Some(policy_type) = open.pop() {
        if all.insert(policy_type.name.as_str()) {
            let rules = policy_type.references.iter().chain(&catalogue.shared.references);
            open.extend(rules.filter_map(|rule| catalogue.get(&rule.kind)));
        }
    }
    all
}

/// Whether holding one permission is as good as holding the other.
fn gives(catalogue: &Catalogue, held: &str, needed: &str) -> bool {
    let reads_too = |held: &str, needed: &str| held == needed || held == needed.replace(".Read.", ".ReadWrite.");
    let wider = catalogue.shared.implied_permissions.iter().filter(|wider| wider.permission == needed);
    reads_too(held, needed) || wider.flat_map(|wider| &wider.given_by).any(|other| reads_too(held, other))
}

/// Whether a permission is one that something here needs, or that gives one.
pub fn is_known(catalogue: &Catalogue, name: &str) -> bool {
    let of_types = catalogue.iter().flat_map(|it| it.permissions.read.iter().chain(&it.permissions.write));
    let beside = catalogue.shared.other_permissions.iter().flat_map(|it| it.read.iter().chain(&it.write));
    let wider = catalogue.shared.implied_permissions.iter().flat_map(|it| &it.given_by);
    of_types.chain(beside).chain(wider).any(|known| known == name || known.replace(".Read.", ".ReadWrite.") == name)
}

/// Those of the needed permissions that nothing held gives.
pub fn missing(catalogue: &Catalogue, held: &BTreeSet<String>, needed: &[String]) -> Vec<String> {
    needed.iter().filter(|needed| !held.iter().any(|held| gives(catalogue, held, needed))).cloned().collect()
}

/// The needed permissions without those that another one gives that is kept itself: what one gives is not
/// passed on by what it gives.
pub fn least<'a>(catalogue: &Catalogue, needed: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut open: BTreeSet<&String> = needed.into_iter().collect();
    let mut kept: BTreeSet<&String> = BTreeSet::new();
    while !open.is_empty() {
        let given = |one: &&String| open.iter().any(|other| other != one && gives(catalogue, other, one));
        let top: Vec<&String> = open.iter().filter(|one| !given(one)).copied().collect();
        // Two that give each other: both.
        kept.extend(if top.is_empty() { open.iter().copied().collect() } else { top });
        open.retain(|one| !kept.iter().any(|kept| gives(catalogue, kept, one)));
    }
    kept.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn writing_gives_reading_and_the_directory_gives_its_parts() {
        let catalogue = Catalogue::built_in().unwrap();
        let held: BTreeSet<String> =
            strings(&["DeviceManagementApps.ReadWrite.All", "Directory.Read.All"]).into_iter().collect();
        let needed = strings(&[
            "DeviceManagementApps.Read.All",
            "DeviceManagementScripts.Read.All",
            "Group.Read.All",
            "Group.Create",
            "Organization.Read.All",
        ]);
        assert_eq!(missing(&catalogue, &held, &needed), ["DeviceManagementScripts.Read.All", "Group.Create"]);
    }

    #[test]
    fn a_selection_asks_for_itself_and_what_it_refers_to_and_no_more() {
        let catalogue = Catalogue::built_in().unwrap();
        let scripts = with_referenced(&catalogue, |it| it.name == "platform-scripts");
        assert!(scripts.contains("platform-scripts") && !scripts.contains("conditional-access"), "{scripts:?}");
        let types = || catalogue.iter().filter(|it| scripts.contains(it.name.as_str()));
        let read = to_read(&catalogue, types());
        assert!(read.contains(&"DeviceManagementScripts.Read.All".to_owned()), "{read:?}");
        assert!(!read.iter().any(|name| writes(name) || name == "Policy.Read.All"), "{read:?}");
        let write = delegated(&catalogue, &to_write(&catalogue, types()));
        assert!(write.contains(&"DeviceManagementScripts.ReadWrite.All".to_owned()), "{write:?}");
        assert!(
            write.contains(&"Group.ReadWrite.All".to_owned()) && !write.contains(&"Group.Create".to_owned()),
            "{write:?}"
        );
    }

    #[test]
    fn the_least_holds_nothing_twice() {
        let catalogue = Catalogue::built_in().unwrap();
        let needed = strings(&["Policy.Read.AuthenticationMethod", "Policy.Read.All", "X.Read.All", "X.ReadWrite.All"]);
        assert_eq!(least(&catalogue, &needed), ["Policy.Read.All", "X.ReadWrite.All"]);
        // The first gives the last, which gives the second; the first does not.
        let needed = strings(&["DeviceManagementApps.Read.All", "LicenseAssignment.Read.All", "Organization.Read.All"]);
        assert_eq!(least(&catalogue, &needed), ["DeviceManagementApps.Read.All", "LicenseAssignment.Read.All"]);
    }
}
