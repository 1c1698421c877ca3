//! Which parameter of an action takes what. Graph's metadata says it, so no type's file does. Pure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::entities::Entities;
use super::model::PolicyType;

const TEXT: &str = include_str!("../../policies-schema/graph-collections.json");

#[derive(Default, Deserialize)]
struct Collections {
    collections: BTreeMap<String, Collection>,
}

#[derive(Deserialize)]
struct Collection {
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Action {
    name: String,
    #[serde(rename = "boundTo")]
    bound_to: String,
    #[serde(rename = "params")]
    parameters: BTreeMap<String, String>,
}

/// The collections built into the program; read when they are first asked for, which only an import and an adoption do.
fn built_in() -> &'static Collections {
    // The text is the program's own: that it can be read is a test's to say.
    static BUILT_IN: LazyLock<Collections> = LazyLock::new(|| serde_json::from_str(TEXT).unwrap_or_default());
    &BUILT_IN
}

/// The parameter by which an action of the type's objects takes a property; `also` are parameters that take other
/// properties. It is called as the property, or it is the only one, or the one that is declared as the property is
/// (`assign` of scripts takes two lists). A name that Graph does not know is the property's.
pub fn parameter<'a>(policy_type: &PolicyType, action: &str, property: &'a str, also: &[String]) -> &'a str {
    known_parameter(policy_type, action, property, also).unwrap_or(property)
}

fn known_parameter(policy_type: &PolicyType, action: &str, property: &str, also: &[String]) -> Option<&'static str> {
    let name = action.rsplit('/').next()?;
    let mut actions = built_in().collections.get(&policy_type.path)?.actions.iter();
    let action = actions.find(|action| action.name == name && action.bound_to == "item")?;
    let open: Vec<(&str, &str)> = action
        .parameters
        .iter()
        .map(|(name, declared)| (name.as_str(), declared.as_str()))
        .filter(|(name, _)| !also.iter().any(|other| other == name))
        .collect();
    if let Some((name, _)) = open.iter().find(|(name, _)| *name == property) {
        return Some(*name);
    }
    if let [(name, _)] = open[..] {
        return Some(name);
    }
    let declared = Entities::built_in().declared_below(&policy_type.entity, property)?;
    let mut alike = open.into_iter().filter(|(_, own)| *own == declared);
    let (name, _) = alike.next()?;
    alike.next().is_none().then_some(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_parameter_is_the_propertys_or_the_only_one_or_of_its_type() {
        let catalogue = Catalogue::built_in().unwrap();
        for (type_name, action, property, wanted) in [
            ("settings-catalog", "assign", "assignments", "assignments"),
            ("policy-sets", "update", "assignments", "assignments"),
            ("apps", "assign", "assignments", "mobileAppAssignments"),
            ("platform-scripts", "assign", "assignments", "deviceManagementScriptAssignments"),
            (
                "app-configurations-devices",
                "microsoft.graph.managedDeviceMobileAppConfiguration/assign",
                "assignments",
                "assignments",
            ),
            ("enrollment-configurations", "setPriority", "rank", "priority"),
            ("settings-catalog", "fly", "wings", "wings"),
        ] {
            assert_eq!(parameter(catalogue.get(type_name).unwrap(), action, property, &[]), wanted, "{type_name}");
        }
        let protection = catalogue.get("app-protection-ios").unwrap();
        assert_eq!(parameter(protection, "targetApps", "x", &[String::from("appGroupType")]), "apps");
        assert_eq!(parameter(protection, "targetApps", "x", &[]), "x");
    }
}
