//! The values of a policy's elements, as a report shows them in words.

use super::model::{ControlKind, ElementKind};
use super::templates::{PolicyRef, Templates};
use crate::gpo::{Part, PartValue, RegistryData};
use crate::text::folded;

/// The value of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementValue {
    /// A number.
    Number(i64),
    /// A box, ticked or not.
    Tick(bool),
    /// The place of the chosen item.
    Item(usize),
    /// A text.
    Text(String),
    /// Several lines.
    Lines(Vec<String>),
    /// Names and values; the names are empty where the list has only values.
    List(Vec<(String, String)>),
}

/// The values that a report shows, by the element's place in the policy. The report lists them in the order of the
/// presentation and gives each its label; values in any order have their labels `exact`. An error is the label of a value that fits no element.
pub fn from_report(
    templates: &Templates,
    own: PolicyRef,
    parts: &[Part],
    exact: bool,
) -> Result<Vec<(usize, ElementValue)>, String> {
    let mut failed = String::from("the policy has no elements");
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    for controls in templates.presentations(own) {
        match fit(templates, own, parts, (controls, exact)) {
            Ok(values) => return Ok(values),
            Err(label) => failed = label,
        }
    }
    Err(failed)
}

fn fit(
    templates: &Templates,
    own: PolicyRef,
    parts: &[Part],
    (controls, exact): (&[super::model::Control], bool),
) -> Result<Vec<(usize, ElementValue)>, String> {
    let Some(policy) = templates.policy(own) else { return Ok(Vec::new()) };
    let mut used = vec![false; controls.len()];
    let mut values = Vec::new();
    for part in parts {
        let kinds: &[ControlKind] = match part.value {
            PartValue::Choice(_) => &[ControlKind::DropDown],
            PartValue::Tick(_) => &[ControlKind::CheckBox],
            PartValue::Number(_) => &[ControlKind::Decimal],
            PartValue::Text(_) => &[ControlKind::Line],
            PartValue::Plain(_) => &[ControlKind::DropDown, ControlKind::Line],
            PartValue::Lines(_) => &[ControlKind::Lines],
            PartValue::List(_) => &[ControlKind::List],
        };
        let label = folded(&part.label);
        let free = |at: &usize| !used[*at] && kinds.contains(&controls[*at].kind);
        let all = || (0..controls.len()).filter(free);
        let same = || all().filter(|at| folded(&controls[*at].label) == label);
        let at = if exact { only(same()).or_else(|| only(all())) } else { same().next().or_else(|| all().next()) };
        let at = at.ok_or_else(|| part.label.clone())?;
        used[at] = true;
        let wanted = &controls[at].element;
        let element = policy.elements.iter().position(|element| element.id.eq_ignore_ascii_case(wanted));
        let element = element.ok_or_else(|| part.label.clone())?;
        let value = value(templates, own, &policy.elements[element].kind, &part.value);
        values.push((element, value.ok_or_else(|| part.label.clone())?));
    }
    Ok(values)
}

/// The one item; none where there are several.
fn only(mut all: impl Iterator<Item = usize>) -> Option<usize> {
    all.next().filter(|_| all.next().is_none())
}

fn value(templates: &Templates, own: PolicyRef, kind: &ElementKind, shown: &PartValue) -> Option<ElementValue> {
    Some(match (kind, shown) {
        (ElementKind::Enum(items), PartValue::Choice(text)) => {
            let wanted = folded(text);
            let is = |item: &super::model::Item| templates.texts(own, &item.display).any(|text| folded(text) == wanted);
            ElementValue::Item(items.iter().position(is)?)
        }
        (ElementKind::Enum(items), PartValue::Plain(text)) => {
            let data = RegistryData::Text(text.clone());
            ElementValue::Item(items.iter().position(|item| item.data.is(Some(&data)))?)
        }
        (ElementKind::Boolean { .. }, PartValue::Tick(on)) => ElementValue::Tick(*on),
        (ElementKind::Decimal, PartValue::Number(number)) => ElementValue::Number(number.trim().parse().ok()?),
        (ElementKind::Text, PartValue::Text(text) | PartValue::Plain(text)) => ElementValue::Text(text.clone()),
        (ElementKind::MultiText, PartValue::Lines(lines)) => ElementValue::Lines(lines.clone()),
        // A list without own names shows its values; the names are numbers then.
        (ElementKind::List { explicit }, PartValue::List(items)) => {
            let pair = |(name, data): &(String, String)| match (explicit, data.is_empty()) {
                (true, _) => (name.clone(), data.clone()),
                (false, true) => (String::new(), name.clone()),
                (false, false) => (String::new(), data.clone()),
            };
            ElementValue::List(items.iter().map(pair).collect())
        }
        _ => return None,
    })
}
