//! Reads an ADMX file. Names of elements and attributes are compared without regard to case: some vendors' files write
//! `maxvalue` or `Key`.

use roxmltree::Node;

use super::model::{AdmxFile, Category, Class, Data, Element, ElementKind, Item, ListValue, Policy, Text};
use crate::error::ReadError;
use crate::text;
use crate::xml::{self, child, children};

/// Reads the file of this name.
pub(super) fn read(stem: &str, bytes: &[u8]) -> Result<AdmxFile, ReadError> {
    let text = text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    if root.tag_name().name() != "policyDefinitions" {
        let found = root.tag_name().name().to_owned();
        return Err(ReadError::Root { expected: "an ADMX file", found });
    }
    let mut file = AdmxFile { stem: stem.to_owned(), ..AdmxFile::default() };
    if let Some(namespaces) = child(root, "policyNamespaces") {
        for node in namespaces.children().filter(Node::is_element) {
            let (prefix, namespace) = (attribute(node, "prefix"), attribute(node, "namespace"));
            if node.tag_name().name() == "target" {
                file.namespace.clone_from(&namespace);
            }
            file.prefixes.insert(prefix, namespace);
        }
    }
    for list in children(root, "categories") {
        for node in children(list, "category") {
            let name = attribute(node, "name");
            let display = text_ref(&attribute(node, "displayName"));
            let parent = child(node, "parentCategory").map(|own| attribute(own, "ref"));
            file.categories.insert(name.to_lowercase(), Category { name, display, parent });
        }
    }
    for list in children(root, "policies") {
        file.policies.extend(children(list, "policy").filter_map(policy));
    }
    Ok(file)
}

fn attribute(node: Node<'_, '_>, name: &str) -> String {
    optional(node, name).unwrap_or_default()
}

fn optional(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.attributes().find(|own| own.name().eq_ignore_ascii_case(name));
    found.map(|own| own.value().trim().to_owned()).filter(|value| !value.is_empty())
}

/// `$(string.ID)`, or a text.
fn text_ref(value: &str) -> Text {
    match inside(value, "string") {
        Some(id) => Text::Id(id.to_lowercase()),
        None if value.is_empty() => Text::None,
        None => Text::Itself(value.to_owned()),
    }
}

/// The id in `$(KIND.ID)`.
fn inside<'a>(value: &'a str, kind: &str) -> Option<&'a str> {
    let id = value.trim().strip_prefix("$(")?.strip_suffix(')')?;
    let (begin, id) = id.split_once('.')?;
    begin.trim().eq_ignore_ascii_case(kind).then_some(id.trim())
}

fn policy(node: Node<'_, '_>) -> Option<Policy> {
    let class = match attribute(node, "class").to_lowercase().as_str() {
        "machine" => Class::Machine,
        "user" => Class::User,
        "both" => Class::Both,
        _ => return None,
    };
    let data_of = |name: &str| child(node, name).and_then(data);
    let list_of = |name: &str| child(node, name).map(list).unwrap_or_default();
    Some(Policy {
        name: attribute(node, "name"),
        class,
        display: text_ref(&attribute(node, "displayName")),
        presentation: inside(&attribute(node, "presentation"), "presentation").map(str::to_lowercase),
        key: key(&attribute(node, "key")),
        value_name: optional(node, "valueName"),
        parent: child(node, "parentCategory").map(|own| attribute(own, "ref")),
        enabled: data_of("enabledValue"),
        disabled: data_of("disabledValue"),
        enabled_list: list_of("enabledList"),
        disabled_list: list_of("disabledList"),
        elements: child(node, "elements").map(elements).unwrap_or_default(),
    })
}

fn key(text: &str) -> String {
    text.trim_matches('\\').to_owned()
}

fn list(node: Node<'_, '_>) -> Vec<ListValue> {
    let default = optional(node, "defaultKey").map(|own| key(&own));
    let value = |item: Node<'_, '_>| {
        Some(ListValue {
            key: optional(item, "key").map(|own| key(&own)).or_else(|| default.clone()),
            value_name: attribute(item, "valueName"),
            data: child(item, "value").and_then(data)?,
        })
    };
    children(node, "item").filter_map(value).collect()
}

/// `<decimal value="1"/>`, `<string>x</string>` or `<delete/>` inside.
fn data(node: Node<'_, '_>) -> Option<Data> {
    let own = node.children().find(Node::is_element)?;
    match own.tag_name().name() {
        "delete" => Some(Data::Delete),
        "decimal" | "longDecimal" => attribute(own, "value").parse().ok().map(Data::Number),
        "string" => Some(Data::Text(own.text().unwrap_or_default().to_owned())),
        _ => None,
    }
}

fn elements(node: Node<'_, '_>) -> Vec<Element> {
    node.children().filter(Node::is_element).filter_map(element).collect()
}

fn element(node: Node<'_, '_>) -> Option<Element> {
    let kind = match node.tag_name().name() {
        "decimal" | "longDecimal" => ElementKind::Decimal,
        "boolean" => ElementKind::Boolean {
            on: child(node, "trueValue").and_then(data).unwrap_or(Data::Number(1)),
            off: child(node, "falseValue").and_then(data).unwrap_or(Data::Number(0)),
        },
        "enum" => ElementKind::Enum(
            children(node, "item")
                .filter_map(|item| {
                    let display = text_ref(&attribute(item, "displayName"));
                    Some(Item { display, data: child(item, "value").and_then(data)? })
                })
                .collect(),
        ),
        "text" => ElementKind::Text,
        "multiText" => ElementKind::MultiText,
        "list" => ElementKind::List {
            explicit: optional(node, "explicitValue").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        },
        _ => return None,
    };
    Some(Element {
        id: attribute(node, "id"),
        key: optional(node, "key").map(|own| key(&own)),
        value_name: attribute(node, "valueName"),
        kind,
    })
}
