//! Settings that several group policy objects give different values. Which one applies where depends on the links, so a
//! person decides.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::convert::{Conversion, Verdict};
use crate::gpo::{Gpo, Scope};

/// A definition with several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The definition.
    pub definition: String,
    /// What the setting is called.
    pub name: String,
    /// The objects that set it, by their place in the list, with the value of each.
    pub sides: Vec<(usize, String)>,
}

/// The conflicts between objects.
pub fn conflicts(all: &[(&Gpo, &Conversion)]) -> Vec<Conflict> {
    let mut by_definition: BTreeMap<(Scope, String), Vec<(usize, &Value)>> = BTreeMap::new();
    for (at, (gpo, conversion)) in all.iter().enumerate() {
        for policy in conversion.policies.iter().filter(|policy| !gpo.disabled.contains(&policy.scope)) {
            let settings = policy.body.get("settings").and_then(Value::as_array).into_iter().flatten();
            for setting in settings.filter_map(|setting| setting.get("settingInstance")) {
                let Some(id) = setting.get("settingDefinitionId").and_then(Value::as_str) else { continue };
                by_definition.entry((policy.scope, id.to_owned())).or_default().push((at, setting));
            }
        }
    }
    by_definition.retain(|_, sides| sides.iter().any(|(_, value)| Some(*value) != sides.first().map(|first| first.1)));
    let each = by_definition.into_iter().map(|((scope, definition), sides)| {
        let shown = |at: usize| shown(all.get(at).map(|own| own.1), scope, &definition);
        let name = sides.first().map(|(at, _)| shown(*at).0).unwrap_or_default();
        let sides = sides.iter().map(|(at, _)| (*at, shown(*at).1)).collect();
        Conflict { definition, name, sides }
    });
    each.collect()
}

/// What a definition's setting is called in the object, and its value.
fn shown(conversion: Option<&Conversion>, scope: Scope, definition: &str) -> (String, String) {
    let judged = conversion.into_iter().flat_map(|own| &own.judged).filter(|own| own.setting.scope == scope);
    let is = |id: &str| id == definition;
    let found = judged.into_iter().find(|own| match &own.verdict {
        Verdict::Converted(id) | Verdict::OtherForm(id) => is(id),
        _ => false,
    });
    found.map_or_else(
        || (definition.to_owned(), String::from("another value")),
        |own| (own.setting.name.clone(), own.value.clone()),
    )
}
