//! What the PowerShell commands of Basic Mobility and Security give: objects with properties, from JSON or CLIXML
//! (`Export-Clixml`, the form of [MS-PSRP] 2.2.5). Values are brought into one form.

use roxmltree::Node;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::ReadError;
use crate::xml::{self, child, children};

/// What happens to a device that does not meet a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// It is blocked.
    Block,
    /// It is reported.
    Allow,
}

/// An object that a command gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object {
    /// The names of its types; JSON has none.
    pub types: Vec<String>,
    /// Its properties.
    pub properties: Map<String, Value>,
}

/// Properties of rules and policies of the six commands that nothing else has together.
const MARKS: &[&[&str]] = &[
    &["TargetGroups", "PasswordRequired"],
    &["TargetGroups", "AllowJailbroken"],
    &["TargetGroups", "AllowScreenshot"],
    &["BlockUnsupportedDevices", "Policy"],
    &["Enabled", "Workload", "Type", "Name"],
];

/// Whether a JSON value is such an object.
pub fn is_object(value: &Value) -> bool {
    MARKS.iter().any(|marks| marks.iter().all(|mark| value.get(mark).is_some()))
}

/// Whether a file is CLIXML of such objects, by its beginning.
pub fn is_clixml(begin: &[u8]) -> bool {
    let text: String = begin.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    text.contains("<Objs") && text.contains("Device")
}

/// The objects of a JSON value: one, or a list.
pub fn read_json(value: &Value) -> Vec<Object> {
    let one = |own: &Value| Some(Object { types: Vec::new(), properties: own.as_object()?.clone() });
    match value {
        Value::Array(list) => list.iter().filter_map(one).collect(),
        own => one(own).into_iter().collect(),
    }
}

/// The objects of a CLIXML file.
pub fn read_clixml(bytes: &[u8]) -> Result<Vec<Object>, ReadError> {
    let text = crate::text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    if root.tag_name().name() != "Objs" {
        return Err(ReadError::Root { expected: "CLIXML", found: root.tag_name().name().to_owned() });
    }
    Ok(children(root, "Obj").map(object).collect())
}

fn object(node: Node<'_, '_>) -> Object {
    let types = child(node, "TN").into_iter().flat_map(|names| names.children().filter(Node::is_element));
    let types = types.filter_map(|own| own.text()).map(str::to_owned).collect();
    let places = ["MS", "Props"].into_iter().filter_map(|name| child(node, name));
    let each = places.flat_map(|place| place.children().filter(Node::is_element));
    let properties = each.filter_map(|own| Some((own.attribute("N")?.to_owned(), value(own)))).collect();
    Object { types, properties }
}

fn value(node: Node<'_, '_>) -> Value {
    let text = node.text().unwrap_or_default();
    match node.tag_name().name() {
        "Nil" => Value::Null,
        "B" => Value::Bool(text.trim().eq_ignore_ascii_case("true")),
        "I16" | "I32" | "I64" | "U16" | "U32" | "U64" | "By" => {
            text.trim().parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
        }
        "Obj" => {
            let list = ["LST", "IE", "STK", "QUE"].into_iter().find_map(|name| child(node, name));
            match list {
                Some(list) => list.children().filter(Node::is_element).map(value).collect(),
                None => node.children().find(|own| own.tag_name().name() == "ToString").map_or_else(
                    || {
                        let is_plain = |own: &Node<'_, '_>| own.is_element() && own.attribute("N").is_none();
                        let plain = node.children().filter(is_plain).find(|own| own.tag_name().name().len() <= 3);
                        plain.filter(|own| !["TN", "MS"].contains(&own.tag_name().name())).map_or(Value::Null, value)
                    },
                    |own| Value::from(own.text().unwrap_or_default()),
                ),
            }
        }
        _ => Value::from(text),
    }
}

impl Object {
    /// A property that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Whether it is a rule: what is applied to groups.
    pub fn is_rule(&self) -> bool {
        self.properties.contains_key("TargetGroups") || self.properties.contains_key("BlockUnsupportedDevices")
    }

    /// Whether it is about the whole tenant.
    pub fn is_of_tenant(&self) -> bool {
        self.properties.contains_key("BlockUnsupportedDevices")
    }

    /// What happens to devices that do not meet it, as its types, its own type or the name of its file say.
    pub fn access(&self, file: &str) -> Option<Access> {
        let of_word = |word: &str| {
            let word = word.to_lowercase();
            if word.contains("conditionalaccess") {
                Some(Access::Block)
            } else if word.contains("configuration") || word.contains("devicesettings") {
                Some(Access::Allow)
            } else {
                None
            }
        };
        let own = self.text("Type").and_then(of_word);
        self.types.iter().find_map(|name| of_word(name)).or(own).or_else(|| of_word(file))
    }
}

/// The minutes of a time span: `00:15:00`, `1.02:00:00`, `PT15M`, or the object that JSON has for one.
pub(super) fn minutes(value: &Value) -> Option<i64> {
    if let Some(ticks) = value.get("Ticks").and_then(Value::as_i64) {
        return Some(ticks / 600_000_000);
    }
    let text = value.as_str()?.trim();
    if let Some(rest) = text.strip_prefix('P') {
        let (mut total, mut number, mut in_time) = (0_i64, String::new(), false);
        for letter in rest.chars() {
            let amount = |number: &str| number.split('.').next().and_then(|own| own.parse::<i64>().ok());
            let unit = match letter {
                'T' => {
                    in_time = true;
                    continue;
                }
                'D' => 1440,
                'H' => 60,
                'M' if in_time => 1,
                'S' => 0,
                _ => {
                    number.push(letter);
                    continue;
                }
            };
            total = total.checked_add(amount(&number)?.checked_mul(unit)?)?;
            number.clear();
        }
        return number.is_empty().then_some(total);
    }
    let (days, clock) = text.split_once('.').filter(|(days, _)| !days.contains(':')).unwrap_or(("0", text));
    let mut parts = clock.split(':').map(|part| part.split('.').next().unwrap_or_default().parse::<i64>());
    let (hours, minutes) = (parts.next()?.ok()?, parts.next()?.ok()?);
    days.parse::<i64>().ok()?.checked_mul(1440)?.checked_add(hours.checked_mul(60)?)?.checked_add(minutes)
}
