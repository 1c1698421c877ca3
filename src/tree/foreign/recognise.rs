//! Says what an object is, from what is in it: the path it was read from, its `@odata.type`, its
//! properties. Names of folders only break ties. Not for cleaning it.

use serde_json::{Map, Value};

use super::{names, people};
use crate::catalogue::entities::bare_name;
use crate::catalogue::{Catalogue, Entities, PolicyType};
use crate::policy::directory::Facts;

/// How many property names a message shows.
const SHOWN: usize = 8;

/// What an object is.
#[derive(Debug)]
pub(super) enum Recognized<'a> {
    /// A policy of this type.
    Policy(&'a PolicyType),
    /// A group, user or other object that policies refer to, of this directory kind.
    Person(&'static str),
    /// IntuneCD's report of who is assigned what, as the facts of a group.
    Report(Facts),
    /// IntuneManagement's table of tenant and groups.
    MigrationTable,
    /// Nothing that is known; what was seen.
    Nothing(String),
}

/// What is known of types.
#[derive(Clone, Copy)]
pub(super) struct Knowledge<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) entities: &'a Entities,
}

/// Where an object was found: the key and context of its list, its folders (nearest first).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings<'a> {
    pub(super) wrapper: Option<&'a str>,
    pub(super) context: Option<&'a str>,
    pub(super) folders: &'a [&'a str],
}

impl<'a> Surroundings<'a> {
    /// Names that hint at a type, the strongest first.
    fn hints(self) -> impl Iterator<Item = &'a str> {
        self.wrapper.into_iter().chain(self.folders.iter().copied())
    }
}

/// Says what an object is.
pub(super) fn recognise<'a>(
    object: &Map<String, Value>,
    around: Surroundings<'_>,
    knowledge: Knowledge<'a>,
) -> Recognized<'a> {
    if has(object, "TenantId") && has(object, "Objects") {
        return Recognized::MigrationTable;
    }
    if let Some(facts) = names::reported_group(object) {
        return Recognized::Report(facts);
    }
    let paths = paths(object, around.context);
    let odata_type = object.get("@odata.type").and_then(Value::as_str).map(bare_name);
    let types = || knowledge.catalogue.iter();
    for path in &paths {
        if let Some(kind) = people::kind_of_collection(path) {
            return Recognized::Person(kind);
        }
        let fits: Vec<_> = types().filter(|t| t.path == *path || t.also_at.iter().any(|also| also == path)).collect();
        if !fits.is_empty() {
            return decide(&narrow_by_type(fits, odata_type, knowledge), object, around);
        }
    }
    if let Some(odata_type) = odata_type {
        if let Some(kind) = people::kind_of_entity(odata_type) {
            return Recognized::Person(kind);
        }
        let fits = narrow_by_type(types().collect(), Some(odata_type), knowledge);
        if !fits.is_empty() {
            return decide(&fits, object, around);
        }
        return Recognized::Nothing(unsupported(odata_type, knowledge.entities));
    }
    if let Some(path) = paths.first() {
        return Recognized::Nothing(format!("objects of {path} are not supported by this version"));
    }
    if let Some(kind) = people::kind_by_hint(object, around.hints()) {
        return Recognized::Person(kind);
    }
    let fits: Vec<_> = types().filter(|t| longest_set(t, object) > 0).collect();
    if !fits.is_empty() {
        return decide(&fits, object, around);
    }
    match people::kind_by_shape(object) {
        Some(kind) => Recognized::Person(kind),
        None => Recognized::Nothing(format!("no @odata.context and no @odata.type; it has {}", shown(object))),
    }
}

/// The one type of several that fits best: by the largest set of properties, then by the nearest
/// folder. Where that leaves more than one, none is taken.
fn decide<'a>(fits: &[&'a PolicyType], object: &Map<String, Value>, around: Surroundings<'_>) -> Recognized<'a> {
    let best = fits.iter().map(|t| longest_set(t, object)).max().unwrap_or(0);
    let fits: Vec<_> = fits.iter().copied().filter(|t| longest_set(t, object) == best).collect();
    if let [only] = fits[..] {
        return Recognized::Policy(only);
    }
    for hint in around.hints() {
        let named = |t: &&PolicyType| t.adopt.folders.iter().any(|folder| folder.eq_ignore_ascii_case(hint));
        if let [only] = fits.iter().copied().filter(named).collect::<Vec<_>>()[..] {
            return Recognized::Policy(only);
        }
    }
    let names: Vec<_> = fits.iter().map(|t| t.name.as_str()).collect();
    Recognized::Nothing(format!("it may be one of {}", names.join(", ")))
}

/// Of several types, those whose entity is the nearest to an `@odata.type` in what it derives from;
/// all of them where it is not given or says nothing about them.
fn narrow_by_type<'a>(
    fits: Vec<&'a PolicyType>,
    odata_type: Option<&str>,
    knowledge: Knowledge<'_>,
) -> Vec<&'a PolicyType> {
    let Some(odata_type) = odata_type else { return fits };
    for ancestor in knowledge.entities.lineage(odata_type) {
        let near: Vec<_> = fits.iter().copied().filter(|t| t.entity == ancestor).collect();
        if !near.is_empty() {
            return near;
        }
    }
    // The path said what it is; an unknown or foreign type does not take that back.
    if fits.len() == 1 { fits } else { Vec::new() }
}

/// The size of the type's largest property set that the object has in full; PowerShell does not care
/// about case, so neither does this.
fn longest_set(policy_type: &PolicyType, object: &Map<String, Value>) -> usize {
    let full = |set: &&Vec<String>| set.iter().all(|property| has(object, property));
    policy_type.adopt.properties.iter().filter(full).map(Vec::len).max().unwrap_or(0)
}

fn has(object: &Map<String, Value>, property: &str) -> bool {
    object.contains_key(property) || object.keys().any(|key| key.eq_ignore_ascii_case(property))
}

fn unsupported(odata_type: &str, entities: &Entities) -> String {
    if !entities.knows(odata_type) {
        return format!("{odata_type} is not a known type of Graph");
    }
    match entities.lineage(odata_type).skip(1).find(|base| *base != "entity") {
        Some(base) => format!("{odata_type} ({base}) is not supported by this version"),
        None => format!("{odata_type} is not supported by this version"),
    }
}

fn shown(object: &Map<String, Value>) -> String {
    let names: Vec<_> = object.keys().take(SHOWN).map(String::as_str).collect();
    match (names.len(), object.len()) {
        (0, _) => String::from("no properties"),
        (shown, all) if shown < all => format!("{} and {} more", names.join(", "), all - shown),
        _ => names.join(", "),
    }
}

/// The collection paths an object says it comes from, without ids.
fn paths(object: &Map<String, Value>, context: Option<&str>) -> Vec<String> {
    let own = |key: &str| object.get(key).and_then(Value::as_str);
    [own("@odata.context"), own("@odata.id"), own("@odata.editLink"), context]
        .into_iter()
        .flatten()
        .map(collection_path)
        .filter(|path| !path.is_empty())
        .collect()
}

/// `…/beta/$metadata#deviceManagement/intents(assignments())/$entity` → `deviceManagement/intents`.
fn collection_path(address: &str) -> String {
    let path = match (address.split_once("$metadata#"), address.split_once("://")) {
        (Some((_, path)), _) => path,
        // https://host/version/path
        (None, Some((_, rest))) => rest.splitn(3, '/').nth(2).unwrap_or_default(),
        (None, None) => address,
    };
    let mut depth = 0_usize;
    let mut bare = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let plain = |part: &&str| !part.is_empty() && !part.starts_with('$') && !part.starts_with("microsoft.graph.");
    bare.split('/').filter(plain).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_collection_is_found_in_every_address() {
        for (address, path) in [
            (
                "https://graph.microsoft.com/beta/$metadata#deviceManagement/intents(assignments(),settings(x('1')))/$entity",
                "deviceManagement/intents",
            ),
            ("https://graph.microsoft.com/beta/$metadata#deviceManagement/intents", "deviceManagement/intents"),
            (
                "deviceManagement/deviceConfigurations('a1')/microsoft.graph.iosCustomConfiguration",
                "deviceManagement/deviceConfigurations",
            ),
            ("https://graph.microsoft.us/beta/deviceManagement/intents('a1')", "deviceManagement/intents"),
            ("deviceManagement/intents('a1')/settings('b2')", "deviceManagement/intents/settings"),
            ("https://graph.microsoft.com/v1.0/$metadata#groups/$entity", "groups"),
            ("", ""),
            (")))", ""),
        ] {
            assert_eq!(collection_path(address), path);
        }
    }
}
