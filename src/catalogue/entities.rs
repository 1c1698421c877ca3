//! What Graph itself says of its types: which one derives from which, and what their properties are
//! declared as. For recognizing and cleaning objects; what a policy type is is in its own file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use crate::policy::assignment::bare_type as bare_name;

const TEXT: &str = include_str!("../../policies-schema/graph-types.json");
/// Graph's own chains are shorter; a chain that is longer goes in a circle.
const LONGEST_CHAIN: usize = 16;

/// Graph's types by name, without `microsoft.graph.`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Entities {
    types: BTreeMap<String, Entity>,
    #[serde(default)]
    enums: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Entity {
    #[serde(default)]
    base: Option<String>,
    #[serde(default, rename = "abstract")]
    is_abstract: bool,
    /// The metadata does not say so, and no export has an object of the type itself.
    #[serde(default, rename = "abstractGuess")]
    seems_abstract: bool,
    #[serde(default)]
    properties: BTreeMap<String, Property>,
}

/// What Graph says of a property.
#[derive(Debug, Clone, Deserialize)]
pub struct Property {
    /// What it is declared as: `string`, `collection:windowsKioskProfile` …
    #[serde(rename = "type")]
    pub declared: String,
    /// It leads to objects of their own.
    #[serde(default)]
    pub nav: bool,
    /// Several words of its enumeration may be in it, separated by commas.
    #[serde(default)]
    pub flags: bool,
    /// It may be null; of a list, its elements may be.
    #[serde(default)]
    pub nullable: bool,
}

impl Entities {
    /// The types built into the program; read when they are first asked for.
    pub fn built_in() -> &'static Self {
        // The text is the program's own: that it can be read is a test's to say.
        static BUILT_IN: LazyLock<Entities> = LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());
        &BUILT_IN
    }

    /// Whether Graph has a type of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    /// The type and what it derives from, nearest first.
    pub fn lineage<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(name), |name| self.types.get(*name)?.base.as_deref()).take(LONGEST_CHAIN)
    }

    /// What a property is declared as: `string`, `collection:windowsKioskProfile` …
    pub fn declared(&self, name: &str, property: &str) -> Option<&str> {
        Some(self.property(name, property)?.declared.as_str())
    }

    /// What Graph says of a property of a type.
    pub fn property(&self, name: &str, property: &str) -> Option<&Property> {
        self.lineage(name).find_map(|name| self.types.get(name)?.properties.get(property))
    }

    /// The type that an object is of: the one it says, where that is known, else the declared one.
    pub fn type_of<'a>(&self, object: &'a Map<String, Value>, declared: &'a str) -> &'a str {
        let own = object.get("@odata.type").and_then(Value::as_str).map(bare_name);
        own.filter(|own| self.knows(own)).unwrap_or(declared)
    }

    /// What the first of a type and its heirs declares a property as that has it.
    pub fn declared_below(&self, name: &str, property: &str) -> Option<&str> {
        let own = self.declared(name, property);
        own.or_else(|| self.concrete(name).into_iter().find_map(|heir| self.declared(heir, property)))
    }

    /// The types of objects of a type that a property leads from to objects of their own; sorted.
    pub fn leading<'a>(&'a self, name: &'a str, property: &str) -> Vec<&'a str> {
        self.concrete(name).into_iter().filter(|heir| self.leads(heir, property)).collect()
    }

    /// Whether there are objects of this `@odata.type`, and the property leads from them to objects of their own.
    pub fn type_leads(&self, odata_type: &str, property: &str) -> bool {
        odata_type.strip_prefix("#microsoft.graph.").is_some_and(|name| self.leads(name, property))
    }

    fn leads(&self, name: &str, property: &str) -> bool {
        !self.is_abstract(name) && self.property(name, property).is_some_and(|known| known.nav)
    }

    /// Whether there are no objects of the type itself, only of what derives from it.
    pub fn is_abstract(&self, name: &str) -> bool {
        self.types.get(name).is_some_and(|entity| entity.is_abstract || entity.seems_abstract)
    }

    /// All properties of a type, with those of what it derives from.
    pub fn properties<'a>(&'a self, name: &'a str) -> BTreeMap<&'a str, &'a Property> {
        let lineage: Vec<&str> = self.lineage(name).collect();
        let own = lineage.into_iter().rev().filter_map(|name| self.types.get(name));
        own.flat_map(|entity| &entity.properties).map(|(name, property)| (name.as_str(), property)).collect()
    }

    /// The type and what derives from it, as far as there can be objects of it; sorted.
    pub fn concrete<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        let names = self.types.iter().filter(|(_, entity)| !entity.is_abstract).map(|(name, _)| name.as_str());
        names.filter(|own| self.lineage(own).any(|base| base == name)).collect()
    }

    /// The members of an enumeration.
    pub fn members(&self, name: &str) -> Option<&[String]> {
        self.enums.get(name).map(Vec::as_slice)
    }

    /// The declared name of a property that is written in another case.
    pub fn spelled<'a>(&'a self, name: &'a str, property: &str) -> Option<&'a str> {
        self.lineage(name)
            .filter_map(|name| self.types.get(name))
            .flat_map(|entity| entity.properties.keys())
            .find(|known| known.eq_ignore_ascii_case(property))
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_type_leads_to_its_base_and_its_inherited_properties() {
        let entities = Entities::built_in();
        let chain: Vec<_> = entities.lineage("windows10CompliancePolicy").collect();
        assert_eq!(chain, ["windows10CompliancePolicy", "deviceCompliancePolicy", "entity"]);
        assert_eq!(entities.declared("windows10CompliancePolicy", "roleScopeTagIds"), Some("collection:string"));
        assert_eq!(entities.declared("windows10CompliancePolicy", "color"), None);
        assert_eq!(entities.spelled("deviceManagementIntent", "TemplateId"), Some("templateId"));
    }

    #[test]
    fn a_circle_of_bases_ends() {
        let entities: Entities = serde_json::from_str(r#"{"types":{"a":{"base":"b"},"b":{"base":"a"}}}"#).unwrap();
        assert_eq!(entities.lineage("a").count(), LONGEST_CHAIN);
        assert_eq!(entities.declared("a", "x"), None);
    }

    #[test]
    fn a_bare_name_has_no_namespace() {
        assert_eq!(bare_name("#microsoft.graph.group"), "group");
        assert_eq!(bare_name("microsoft.graph.group"), "group");
        assert_eq!(bare_name("group"), "group");
    }
}
