//! XML that others wrote: no document types (so no entities of its own), a limit of nodes, and short ways to what is in it.

use roxmltree::{Document, Node, ParsingOptions};

use crate::error::ReadError;

/// More nodes than any real file has.
const MOST_NODES: u32 = 4_000_000;
/// Elements inside each other; real files have less than 20.
const DEEPEST: usize = 200;

/// Parses XML that is already text.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, ReadError> {
    check_depth(text)?;
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| ReadError::Xml { problem: error.to_string() })
}

/// The parser goes into elements by calling itself, so that a hostile file could use up the stack.
fn check_depth(text: &str) -> Result<(), ReadError> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(open) = text[at..].find('<').map(|found| at + found) {
        let skip_to = |end: &str| text[open..].find(end).map_or(text.len(), |found| open + found + end.len());
        at = match bytes.get(open + 1) {
            Some(b'!') if text[open..].starts_with("<!--") => skip_to("-->"),
            Some(b'!') if text[open..].starts_with("<![CDATA[") => skip_to("]]>"),
            Some(b'!' | b'?') => open + 2,
            Some(b'/') => {
                depth = depth.saturating_sub(1);
                open + 2
            }
            _ => {
                let end = end_of_tag(text, open);
                if bytes.get(end.saturating_sub(1)) != Some(&b'/') {
                    depth += 1;
                }
                if depth > DEEPEST {
                    return Err(ReadError::Xml { problem: format!("more than {DEEPEST} elements inside each other") });
                }
                end
            }
        };
        at = at.min(text.len());
    }
    Ok(())
}

/// The place of the `>` that ends the tag, which may be in no quoted value.
fn end_of_tag(text: &str, open: usize) -> usize {
    let mut quote = None;
    for (place, byte) in text.bytes().enumerate().skip(open + 1) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(own), byte) if own == byte => quote = None,
            (None, b'>') => return place,
            _ => {}
        }
    }
    text.len()
}

/// The element children of this local name, in any namespace.
pub(crate) fn children<'a, 'i: 'a>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> + 'a {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The first element child of this local name.
pub(crate) fn child<'a, 'i: 'a>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The text of the first child of this name, without white space around it.
pub(crate) fn text_of<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name).and_then(|child| child.text()).map(str::trim)
}

/// The same as an owned string; empty where there is none.
pub(crate) fn string_of(node: Node<'_, '_>, name: &str) -> String {
    text_of(node, name).unwrap_or_default().to_owned()
}

/// All texts inside an element, one after the other.
pub(crate) fn inner_text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_is_refused() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"#;
        assert!(matches!(parse(bomb), Err(ReadError::Xml { .. })));
        let deep = format!("{}x{}", "<a>".repeat(300_000), "</a>".repeat(300_000));
        assert!(matches!(parse(&deep), Err(ReadError::Xml { problem }) if problem.contains("inside each other")));
    }

    #[test]
    fn many_elements_beside_each_other_are_not_deep() {
        let wide = format!("<a>{}</a>", "<b c='>'/><!-- <x> --><![CDATA[<y>]]><d></d>".repeat(2000));
        assert!(parse(&wide).is_ok());
    }
}
