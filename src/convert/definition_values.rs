//! Policies of administrative templates that Intune itself has, as Graph writes them: definitions by their scope, category
//! and name, values by the label of their field. Read into the same neutral value as a group policy object, so that the same
//! templates and rules say what becomes of them. Not for tenants' own ids.

use serde_json::{Map, Value};

use crate::convert::{Conversion, Verdict};
use crate::gpo::{Gpo, Part, PartValue, Scope, Setting, State, Template, What};

/// The part of a policy that has its values.
const VALUES: &str = "definitionValues";
/// What the type of a field's value begins with.
const VALUE_TYPE: &str = "groupPolicyPresentationValue";

/// Reads a policy. What cannot be read of it is among the problems.
pub fn read(name: &str, policy: &Map<String, Value>) -> Gpo {
    let mut gpo = Gpo { name: name.to_owned(), has_report: true, ..Gpo::default() };
    for (at, value) in list(policy.get(VALUES)).iter().enumerate() {
        match setting(value) {
            Ok(setting) => gpo.settings.push(setting),
            Err(problem) => gpo.problems.push((format!("/{VALUES}/{at}"), problem.to_owned())),
        }
    }
    gpo
}

/// The settings of the catalog that a policy becomes, of both scopes; none where any of its settings does not convert.
pub fn whole(gpo: &Gpo, conversion: &Conversion) -> Option<Vec<Value>> {
    let converts = |verdict: &Verdict| matches!(verdict, Verdict::Converted(_) | Verdict::OtherForm(_));
    let is_whole = gpo.problems.is_empty()
        && conversion.judged.len() == gpo.settings.len()
        && !conversion.judged.is_empty()
        && conversion.judged.iter().all(|own| converts(&own.verdict));
    let settings = conversion.policies.iter().flat_map(|policy| list(policy.body.get("settings")));
    is_whole.then(|| settings.cloned().collect())
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn setting(value: &Value) -> Result<Setting, &'static str> {
    let definition = value.get("definition").ok_or("the value does not say which definition it is of")?;
    let text = |key: &str| definition.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text("displayName");
    if name.is_empty() {
        return Err("the definition has no name here; export the policy again");
    }
    let scope = match text("classType") {
        class if class.eq_ignore_ascii_case("machine") => Scope::Computer,
        class if class.eq_ignore_ascii_case("user") => Scope::User,
        _ => return Err("the definition does not say whether it is for computers or for users"),
    };
    let state = match value.get("enabled").and_then(Value::as_bool) {
        Some(true) => State::Enabled,
        Some(false) => State::Disabled,
        None => return Err("the value does not say whether the setting is enabled"),
    };
    let path = text("categoryPath").split('\\').map(str::trim).filter(|name| !name.is_empty());
    let category: Vec<String> = path.map(str::to_owned).collect();
    let parts = list(value.get("presentationValues")).iter().map(part);
    let parts = if state == State::Enabled { parts.collect::<Result<_, _>>()? } else { Vec::new() };
    let place = format!("Administrative Templates/{}", category.join("/"));
    let what = What::Template(Template { category, state, parts, exact: true });
    Ok(Setting { scope, place, name: name.to_owned(), what })
}

/// The value of a field. Of a text only the template knows whether it is one or the data of a chosen item.
fn part(own: &Value) -> Result<Part, &'static str> {
    const STRANGE: &str = "a field has a value of an unknown form";
    let of_type = own.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    let (_, kind) = of_type.rsplit_once(VALUE_TYPE).ok_or(STRANGE)?;
    let value = own.get("value");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let value = match kind {
        "Boolean" => PartValue::Tick(value.and_then(Value::as_bool).ok_or(STRANGE)?),
        "Decimal" | "LongDecimal" => PartValue::Number(value.and_then(Value::as_i64).ok_or(STRANGE)?.to_string()),
        "Text" => PartValue::Plain(value.and_then(Value::as_str).ok_or(STRANGE)?.to_owned()),
        "MultiText" => PartValue::Lines(list(own.get("values")).iter().map(|line| text(Some(line))).collect()),
        "List" => {
            let pair = |pair: &Value| (text(pair.get("name")), text(pair.get("value")));
            PartValue::List(list(own.get("values")).iter().map(pair).collect())
        }
        _ => return Err(STRANGE),
    };
    let label = own.pointer("/presentation/label").and_then(Value::as_str).unwrap_or_default();
    Ok(Part { label: label.to_owned(), value })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::*;
    use crate::admx::{ElementValue, from_report};
    use crate::resolve::{Meaning, resolve};
    use crate::testing::templates;

    fn field(kind: &str, label: &str, key: &str, value: &Value) -> Value {
        json!({"@odata.type": format!("#microsoft.graph.groupPolicyPresentationValue{kind}"), key: value,
            "presentation": {"id": "p", "label": label}})
    }

    fn policy(fields: &[Value]) -> Map<String, Value> {
        let definition = json!({"id": "d", "classType": "machine", "categoryPath": "\\Contoso\\Inner/Part", "displayName": "Everything"});
        let value = json!({"enabled": true, "definition": definition, "presentationValues": fields});
        json!({"definitionValues": [value]}).as_object().unwrap().clone()
    }

    /// In another order than that of the presentation, as a tree sorts them.
    fn fields() -> Vec<Value> {
        vec![
            field("List", "Pairs", "values", &json!([{"name": "k", "value": "v"}])),
            field("Text", "Level", "value", &json!("top")),
            field("MultiText", "Notes", "values", &json!(["one", "two"])),
            field("Text", "Server name", "value", &json!("srv")),
            field("List", "Sites", "values", &json!([{"name": "a.example", "value": null}])),
            field("Boolean", "Strict", "value", &json!(true)),
            field("Decimal", "Size:", "value", &json!(7)),
        ]
    }

    #[test]
    fn fields_are_found_by_their_labels_whatever_their_order() {
        let gpo = read("Own", &policy(&fields()));
        assert_eq!(gpo.problems, []);
        let resolved = resolve(&gpo, &templates());
        let Meaning::Policy { values, state, .. } = &resolved[0].meaning else { panic!("{resolved:?}") };
        let mut values = values.clone();
        values.sort_by_key(|(at, _)| *at);
        let pair = |name: &str, value: &str| ElementValue::List(vec![(name.to_owned(), value.to_owned())]);
        let expected = [
            ElementValue::Number(7),
            ElementValue::Tick(true),
            ElementValue::Item(1),
            ElementValue::Text("srv".into()),
            ElementValue::Lines(vec!["one".into(), "two".into()]),
            pair("", "a.example"),
            pair("k", "v"),
        ];
        assert_eq!(values.into_iter().map(|own| own.1).collect::<Vec<_>>(), expected);
        assert_eq!(*state, State::Enabled);
    }

    #[test]
    fn a_field_that_could_be_another_is_not_guessed() {
        let mut several = fields();
        several[0] = field("List", "Unheard of", "values", &json!([]));
        several.swap(0, 6);
        // The other list has its label, so only one is left.
        assert!(matches!(meaning(&several), Meaning::Policy { .. }));
        several[4] = field("List", "Unheard of as well", "values", &json!([]));
        assert!(matches!(meaning(&several), Meaning::Unknown(_)));
        let item = field("Text", "Level", "value", &json!("nothing of the list"));
        assert!(matches!(meaning(&[item]), Meaning::Unknown(_)));
    }

    fn meaning(fields: &[Value]) -> Meaning {
        resolve(&read("Own", &policy(fields)), &templates())[0].meaning.clone()
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (path, value) in [
            ("/definitionValues/0/definition/displayName", json!(null)),
            ("/definitionValues/0/definition/classType", json!("both")),
            ("/definitionValues/0/enabled", json!("yes")),
            ("/definitionValues/0/presentationValues/0/@odata.type", json!(null)),
            ("/definitionValues/0/presentationValues/0/value", json!({})),
        ] {
            let mut own = Value::Object(policy(&fields()[6..]));
            *own.pointer_mut(path).unwrap() = value;
            let gpo = read("Own", own.as_object().unwrap());
            assert_eq!((gpo.settings.len(), gpo.problems.len()), (0, 1), "{path}");
            assert_eq!(gpo.problems[0].0, "/definitionValues/0");
        }
        assert!(from_report(&templates(), templates().iter().next().unwrap(), &[], true).is_ok());
    }
}
