//! The values of a policy's elements, as a report shows them in words.

use super::model::{ControlKind, ElementKind};
use super::templates::{PolicyRef, Templates};
use crate::gpo::{Part, PartValue};
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
/// presentation and gives each its label. An error is the label of a value that fits no element.
pub fn from_report(
    templates: &Templates,
    own: PolicyRef,
    parts: &[Part],
) -> Result<Vec<(usize, ElementValue)>, String> {
    let mut failed = String::from("the policy has no elements");
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    for controls in templates.presentations(own) {
        match fit(templates, own, parts, controls) {
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
    controls: &[super::model::Control],
) -> Result<Vec<(usize, ElementValue)>, String> {
    let Some(policy) = templates.policy(own) else { return Ok(Vec::new()) };
    let mut used = vec![false; controls.len()];
    let mut values = Vec::new();
    for part in parts {
        let kind = match part.value {
            PartValue::Choice(_) => ControlKind::DropDown,
            PartValue::Tick(_) => ControlKind::CheckBox,
            PartValue::Number(_) => ControlKind::Decimal,
            PartValue::Text(_) => ControlKind::Line,
            PartValue::Lines(_) => ControlKind::Lines,
            PartValue::List(_) => ControlKind::List,
        };
        let label = folded(&part.label);
        let free = |at: &usize| !used[*at] && controls[*at].kind == kind;
        let places = || (0..controls.len()).filter(free);
        let same = places().find(|at| folded(&controls[*at].label) == label);
        let at = same.or_else(|| places().next()).ok_or_else(|| part.label.clone())?;
        used[at] = true;
        let wanted = &controls[at].element;
        let element = policy.elements.iter().position(|element| element.id.eq_ignore_ascii_case(wanted));
        let element = element.ok_or_else(|| part.label.clone())?;
        let value = value(templates, own, &policy.elements[element].kind, &part.value);
        values.push((element, value.ok_or_else(|| part.label.clone())?));
    }
    Ok(values)
}

fn value(templates: &Templates, own: PolicyRef, kind: &ElementKind, shown: &PartValue) -> Option<ElementValue> {
    Some(match (kind, shown) {
        (ElementKind::Enum(items), PartValue::Choice(text)) => {
            let wanted = folded(text);
            let is = |item: &super::model::Item| templates.texts(own, &item.display).any(|text| folded(text) == wanted);
            ElementValue::Item(items.iter().position(is)?)
        }
        (ElementKind::Boolean { .. }, PartValue::Tick(on)) => ElementValue::Tick(*on),
        (ElementKind::Decimal, PartValue::Number(number)) => ElementValue::Number(number.trim().parse().ok()?),
        (ElementKind::Text, PartValue::Text(text)) => ElementValue::Text(text.clone()),
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
