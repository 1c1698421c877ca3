//! Graph's types and collections, as the fact files give them, and walking along properties.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const TYPES: &str = include_str!("../../../policies-schema/graph-types.json");
const COLLECTIONS: &str = include_str!("../../../policies-schema/graph-collections.json");

/// What the fact files know.
pub(super) struct Facts {
    types: Value,
    collections: Value,
    heirs: BTreeMap<String, Vec<String>>,
}

impl Facts {
    pub(super) fn load() -> Self {
        let types: Value = serde_json::from_str(TYPES).unwrap();
        let collections: Value = serde_json::from_str(COLLECTIONS).unwrap();
        let mut facts = Self { types, collections, heirs: BTreeMap::new() };
        let names: Vec<String> = facts.types["types"].as_object().unwrap().keys().cloned().collect();
        for name in &names {
            for base in facts.line(name).into_iter().skip(1) {
                facts.heirs.entry(base).or_default().push(name.clone());
            }
        }
        facts
    }

    /// A type and its bases.
    pub(super) fn line(&self, name: &str) -> Vec<String> {
        let mut line = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next.filter(|name| self.knows(name)) {
            next = self.types["types"][&name]["base"].as_str().map(str::to_owned);
            line.push(name);
        }
        line
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.types["types"].get(name).is_some()
    }

    pub(super) fn is_abstract(&self, name: &str) -> bool {
        let entry = &self.types["types"][name];
        ["abstract", "abstractGuess"].iter().any(|flag| entry[flag] == true)
    }

    /// A type and all that derive from it.
    pub(super) fn family(&self, name: &str) -> Vec<String> {
        let heirs = self.heirs.get(name).into_iter().flatten().cloned();
        std::iter::once(name.to_owned()).chain(heirs).collect()
    }

    /// A property of exactly this type or its bases.
    pub(super) fn own(&self, name: &str, property: &str) -> Option<&Value> {
        self.line(name).iter().find_map(|name| self.types["types"][name]["properties"].get(property))
    }

    /// A property of a type, its bases or its heirs: what an object of the declared type may have.
    pub(super) fn property(&self, name: &str, property: &str) -> Option<&Value> {
        self.family(name).iter().find_map(|name| self.own(name, property))
    }

    /// All properties of a type and its bases: the name, what it is declared as, whether it leads to other objects.
    pub(super) fn properties(&self, name: &str) -> Vec<(String, String, bool)> {
        let all = self.line(name).into_iter().filter_map(|name| self.types["types"][&name]["properties"].as_object());
        let told = |(name, property): (&String, &Value)| {
            Some((name.clone(), property["type"].as_str()?.to_owned(), property["nav"] == true))
        };
        all.flatten().filter_map(told).collect()
    }

    /// Which of a type and its bases has the property.
    pub(super) fn declarer(&self, name: &str, property: &str) -> String {
        let has = |name: &String| self.types["types"][name]["properties"].get(property).is_some();
        self.line(name).into_iter().find(has).unwrap_or_default()
    }

    /// Navigation properties of a type, with what they lead to.
    pub(super) fn navigations(&self, name: &str) -> Vec<(String, String)> {
        let all = self
            .line(name)
            .into_iter()
            .filter_map(|name| self.types["types"][&name]["properties"].as_object().cloned());
        all.flatten()
            .filter(|(_, property)| property["nav"] == true)
            .filter_map(|(name, property)| Some((name, property["type"].as_str()?.to_owned())))
            .collect()
    }

    /// The members of an enumeration.
    pub(super) fn members(&self, name: &str) -> BTreeSet<&str> {
        self.types["enums"][name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub(super) fn collection(&self, path: &str) -> Option<&Value> {
        self.collections["collections"].get(path)
    }

    pub(super) fn element(&self, path: &str) -> Option<&str> {
        self.collection(path)?["element"].as_str()
    }

    pub(super) fn can(&self, path: &str, method: &str) -> bool {
        self.collection(path).is_some_and(|it| it["methods"].as_array().unwrap().iter().any(|own| own == method))
    }

    /// The parameters of an action of the collection's items; a cast before its name is left aside.
    pub(super) fn parameters(&self, path: &str, action: &str) -> Option<BTreeMap<String, String>> {
        let name = action.rsplit('/').next()?;
        let actions = self.collection(path)?["actions"].as_array()?;
        let action = actions.iter().find(|action| action["name"] == name && action["boundTo"] == "item")?;
        let params = action["params"].as_object()?;
        Some(params.iter().map(|(name, kind)| (name.clone(), kind.as_str().unwrap_or_default().to_owned())).collect())
    }

    /// The types that a path of the catalogue leads to from a type; empty where it leads nowhere.
    pub(super) fn reach(&self, from: &str, path: &str) -> BTreeSet<String> {
        let mut here = BTreeSet::from([from.to_owned()]);
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            here = match segment {
                "**" => self.everything_below(here),
                "*" => here.iter().flat_map(|kind| self.children(kind)).collect(),
                key => here.iter().flat_map(|kind| self.step(kind, key)).collect(),
            };
        }
        here
    }

    /// Heirs of one type can have different properties of one name.
    fn step(&self, kind: &str, key: &str) -> BTreeSet<String> {
        if kind == "any" || key == "@odata.type" {
            return BTreeSet::from([String::from("any")]);
        }
        let found =
            self.family(kind).into_iter().filter_map(|name| self.own(&name, key)?["type"].as_str().map(str::to_owned));
        found.collect()
    }

    fn children(&self, kind: &str) -> Vec<String> {
        if let Some(element) = kind.strip_prefix("collection:") {
            return vec![element.to_owned()];
        }
        let all = self.family(kind).into_iter().flat_map(|name| self.line(&name));
        all.flat_map(|name| {
            let properties = self.types["types"][&name]["properties"].as_object().cloned().unwrap_or_default();
            properties.into_iter().filter_map(|(_, property)| property["type"].as_str().map(str::to_owned))
        })
        .collect()
    }

    fn everything_below(&self, mut open: BTreeSet<String>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        while let Some(kind) = open.pop_first() {
            if seen.insert(kind.clone()) {
                open.extend(self.children(&kind));
            }
        }
        seen
    }
}

#[test]
fn paths_lead_where_the_facts_say() {
    let facts = Facts::load();
    let reach = |from, path| facts.reach(from, path).into_iter().collect::<Vec<_>>();
    assert_eq!(reach("deviceConfiguration", "omaSettings/*/omaUri"), ["string"]);
    assert_eq!(reach("deviceConfiguration", "omaSettings/*/color"), Vec::<String>::new());
    assert!(
        reach("deviceManagementConfigurationPolicy", "settings/**/children").iter().any(|it| it.ends_with("Instance"))
    );
    assert_eq!(facts.parameters("deviceManagement/deviceConfigurations", "explode"), None);
}
