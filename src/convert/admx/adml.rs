//! Reads an ADML file: the texts of one language, and how the elements of a policy are presented.

use std::collections::HashMap;

use roxmltree::Node;

use super::model::{Control, ControlKind, Text};
use crate::error::ReadError;
use crate::text;
use crate::xml::{self, child, children, inner_text};

/// The texts of one file in one language; ids are in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Strings {
    strings: HashMap<String, String>,
    presentations: HashMap<String, Vec<Control>>,
}

impl Strings {
    /// A text in this language.
    pub(super) fn text<'a>(&'a self, text: &'a Text) -> Option<&'a str> {
        match text {
            Text::Id(id) => self.strings.get(id).map(String::as_str),
            Text::Itself(text) => Some(text),
            Text::None => None,
        }
    }

    /// The controls of a presentation, in their order.
    pub(super) fn presentation(&self, id: &str) -> Option<&[Control]> {
        self.presentations.get(id).map(Vec::as_slice)
    }
}

/// Reads the file.
pub(super) fn read(bytes: &[u8]) -> Result<Strings, ReadError> {
    let text = text::decode(bytes)?;
    let document = xml::parse(&text)?;
    let root = document.root_element();
    if root.tag_name().name() != "policyDefinitionResources" {
        let found = root.tag_name().name().to_owned();
        return Err(ReadError::Root { expected: "an ADML file", found });
    }
    let mut strings = Strings::default();
    let Some(resources) = child(root, "resources") else { return Ok(strings) };
    for table in children(resources, "stringTable") {
        for node in children(table, "string") {
            let Some(id) = node.attribute("id") else { continue };
            strings.strings.insert(id.trim().to_lowercase(), inner_text(node).trim().to_owned());
        }
    }
    for table in children(resources, "presentationTable") {
        for node in children(table, "presentation") {
            let Some(id) = node.attribute("id") else { continue };
            let controls = node.children().filter(Node::is_element).filter_map(control).collect();
            strings.presentations.insert(id.trim().to_lowercase(), controls);
        }
    }
    Ok(strings)
}

fn control(node: Node<'_, '_>) -> Option<Control> {
    let kind = match node.tag_name().name() {
        "checkBox" => ControlKind::CheckBox,
        "dropdownList" => ControlKind::DropDown,
        "decimalTextBox" | "longDecimalTextBox" => ControlKind::Decimal,
        "textBox" | "comboBox" => ControlKind::Line,
        "multiTextBox" => ControlKind::Lines,
        "listBox" => ControlKind::List,
        _ => return None,
    };
    let label = child(node, "label").map_or_else(|| inner_text(node), inner_text);
    Some(Control {
        kind,
        element: node.attribute("refId").unwrap_or_default().to_owned(),
        label: label.trim().to_owned(),
    })
}
