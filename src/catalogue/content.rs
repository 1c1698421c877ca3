//! How a file that Graph does not give is uploaded where someone has it: what a type's file says of it. The
//! uploading is the engine's.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::policy::{JsonPath, Policy};

/// How the file of a policy that lacks one is uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Upload {
    /// What the file is.
    #[serde(default)]
    pub form: FileForm,
    /// What is sent about the file when it is announced, sent in base64: `{property}` is the policy's, escaped for XML,
    /// `{{` and `}}` are braces.
    #[serde(default)]
    pub manifest: Option<String>,
    /// Where the policy says which file of a package it starts: the package must say the same.
    #[serde(default)]
    pub setup_file: Option<JsonPath>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileForm {
    /// The content itself: it is encrypted before it is uploaded.
    #[default]
    Plain,
    /// A package of Microsoft's Win32 Content Prep Tool: a ZIP whose content is encrypted already.
    Intunewin,
}

impl Upload {
    /// The manifest of this policy's file.
    pub fn manifest_of(&self, policy: &Policy) -> Option<String> {
        Some(filled(self.manifest.as_ref()?, &policy.body))
    }

    /// The properties that the manifest tells.
    pub fn told(&self) -> Vec<&str> {
        let pieces = self.manifest.as_deref().map(pieces).unwrap_or_default();
        let told = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Property(name) => Some(name),
            Piece::Text(_) => None,
        });
        told.collect()
    }
}

enum Piece<'a> {
    Text(&'a str),
    Property(&'a str),
}

/// A template in its pieces. A brace that is never closed is text.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut list = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        list.push(Piece::Text(before));
        let brace = &from[..1];
        if from[1..].starts_with(brace) {
            list.push(Piece::Text(brace));
            rest = &from[2..];
        } else if let Some((name, after)) = from[1..].split_once('}').filter(|_| brace == "{") {
            list.push(Piece::Property(name));
            rest = after;
        } else {
            list.push(Piece::Text(brace));
            rest = &from[1..];
        }
    }
    list.push(Piece::Text(rest));
    list
}

fn filled(template: &str, body: &Map<String, Value>) -> String {
    let value = |name: &str| match body.get(name) {
        Some(Value::String(text)) => escaped(text),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    };
    let told = pieces(template).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Property(name) => value(name),
    });
    told.collect()
}

/// The text as it is in an element or an attribute; what XML cannot hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn upload(manifest: &str) -> Upload {
        Upload { form: FileForm::Plain, manifest: Some(manifest.to_owned()), setup_file: None }
    }

    fn policy(body: &Value) -> Policy {
        Policy::new("things", body.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_manifest_tells_properties_and_keeps_braces() {
        let upload = upload("<a b='{name}' c='{count}'>{{Place}}{gone}</a>{");
        let policy = policy(&json!({"name": "Tom & \"<Jerry>\"\u{1}", "count": 7}));
        let told = upload.manifest_of(&policy);
        let wanted = "<a b='Tom &amp; &quot;&lt;Jerry&gt;&quot;' c='7'>{Place}</a>{";
        assert_eq!(told.as_deref(), Some(wanted));
        assert_eq!(upload.told(), ["name", "count", "gone"]);
    }
}
