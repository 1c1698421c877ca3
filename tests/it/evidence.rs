//! The requests that tests see the program send, held against `policies-schema/evidence.toml`. Each
//! [`crate::env::Env`] hands its requests over when it stops. None may be one that the field contradicts without a note
//! of what was done, and none may lack a row, unless Graph's own description covers it ([`crate::described`]).
//! `FERRY_EVIDENCE=1` wants a row for each.
//!
//! A shape is method, path with `{id}` for ids and `{cast}` for a type, the query with `…` for values, and for actions
//! and links the top-level keys of the body. `FERRY_SHAPES=FILE` writes the shapes to a file instead of checking them:
//! that is how new rows are begun.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use intune_ferry::sandbox::Request;
use serde_json::Value;

use crate::described::is_covered;

/// The words of paths that are not ids: those of Graph's collections, actions, functions and navigation properties.
pub static WORDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let collections: Value = serde_json::from_str(&file("graph-collections.json")).unwrap();
    let types: Value = serde_json::from_str(&file("graph-types.json")).unwrap();
    let mut words: BTreeSet<String> = ["beta", "v1.0", "$batch", "$ref", "getByIds"].map(String::from).into();
    for (path, known) in collections["collections"].as_object().unwrap() {
        words.extend(path.split('/').map(str::to_owned));
        for kind in ["actions", "functions"] {
            let named = known[kind].as_array().into_iter().flatten();
            words.extend(named.filter_map(|one| one["name"].as_str()).map(str::to_owned));
        }
    }
    for known in types["types"].as_object().unwrap().values() {
        words.extend(known["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
    words
});

/// The rows by shape: whether the field contradicts it, and nothing was done about that.
static ROWS: LazyLock<BTreeMap<String, bool>> = LazyLock::new(|| {
    let table: toml::Table = file("evidence.toml").parse().unwrap();
    let rows = table["shape"].as_array().unwrap().iter();
    let text = |row: &toml::Value, key: &str| row.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let open = |row: &toml::Value| text(row, "verdict") == "contradicted" && text(row, "done").is_empty();
    rows.map(|row| (text(row, "request"), open(row))).collect()
});

pub fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies-schema").join(name)).unwrap()
}

/// The shapes of all rows.
pub fn rows() -> impl Iterator<Item = &'static String> {
    ROWS.keys()
}

/// The shape of a request.
fn shape(request: &Request) -> String {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let segments: Vec<String> = path.split('/').filter(|it| !it.is_empty()).map(segment).collect();
    let mut shape = format!("{} /{}", request.method, segments.join("/"));
    let mut options: Vec<String> = options(query).into_iter().map(option).collect();
    options.sort();
    if !options.is_empty() {
        shape = format!("{shape}?{}", options.join("&"));
    }
    let last = segments.last().map(String::as_str).unwrap_or_default();
    let is_action = segments.len() > 3 && !is_collection(&segments[1..]) && last != "{id}";
    if let Some(body) =
        request.body.as_ref().and_then(Value::as_object).filter(|_| is_action && request.method != "GET")
    {
        let keys: Vec<&str> = body.keys().map(String::as_str).collect();
        shape = format!("{shape} {{{}}}", keys.join(", "));
    }
    shape
}

fn is_collection(segments: &[String]) -> bool {
    static PATHS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let collections: Value = serde_json::from_str(&file("graph-collections.json")).unwrap();
        collections["collections"].as_object().unwrap().keys().cloned().collect()
    });
    PATHS.contains(&segments.join("/"))
}

fn segment(text: &str) -> String {
    if text.starts_with("microsoft.graph.") {
        return String::from("{cast}");
    }
    if let Some((name, _)) = text.split_once('(') {
        return format!("{name}(…)");
    }
    if WORDS.contains(text) { text.to_owned() } else { String::from("{id}") }
}

/// The options of a decoded query: what is between quotes is a value, whatever is in it.
fn options(query: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = query.split(|c| {
        quoted ^= c == '\'';
        c == '&' && !quoted
    });
    parts.filter(|it| !it.is_empty()).collect()
}

/// One query option, with `…` for literals and for what continues a list.
fn option(text: &str) -> String {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    if key.contains("skip") {
        return format!("{key}=…");
    }
    let mut out = String::new();
    let mut quoted = false;
    for c in value.chars() {
        if c == '\'' {
            quoted = !quoted;
            if quoted {
                out.push_str("'…'");
            }
        } else if !quoted {
            out.push(c);
        }
    }
    // A doubled quote is a quote inside of a value.
    let mut out = out.replace("'…''…'", "'…'").replace("'…''…'", "'…'");
    // Several values, as in `id in ('…','…')` or `a eq '…' or a eq '…'`, are one shape.
    while out.contains("'…','…'") {
        out = out.replace("'…','…'", "'…'");
    }
    // A moment is a value too, and so is an ID.
    let is_value = |word: &str| is_moment(word) || uuid::Uuid::try_parse(word).is_ok();
    let mut out: String =
        out.split(' ').map(|word| if is_value(word) { "…" } else { word }).collect::<Vec<_>>().join(" ");
    if let Some((first, _)) = out.split_once(" or ") {
        out = format!("{first} or …");
    }
    format!("{key}={out}")
}

fn is_moment(word: &str) -> bool {
    word.len() > 10 && word.starts_with("20") && word.contains('T') && word.ends_with('Z')
}

/// Fails for a shape without a row, and for one that the field contradicts.
pub fn check<'a>(requests: impl IntoIterator<Item = &'a Request>) {
    // A refused request may be hostile on purpose; what matters is what the program sends in earnest.
    let shapes: BTreeSet<String> = requests.into_iter().filter(|it| it.status < 300).map(shape).collect();
    if let Some(path) = std::env::var_os("FERRY_SHAPES") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        let text: String = shapes.iter().flat_map(|shape| [shape.as_str(), "\n"]).collect();
        return file.write_all(text.as_bytes()).unwrap();
    }
    let is_strict = std::env::var_os("FERRY_EVIDENCE").is_some();
    let wrong: Vec<String> = shapes
        .iter()
        .filter_map(|shape| match ROWS.get(shape) {
            None if is_strict || !is_covered(shape) => Some(format!("no row in evidence.toml: {shape}")),
            Some(true) => Some(format!("contradicted, and still sent: {shape}")),
            None | Some(false) => None,
        })
        .collect();
    assert!(wrong.is_empty() || std::thread::panicking(), "{}", wrong.join("\n"));
}

#[test]
fn rows_have_known_verdicts_and_sources() {
    let table: toml::Table = file("evidence.toml").parse().unwrap();
    let rows = ["shape", "topic"].iter().flat_map(|kind| table[*kind].as_array().unwrap());
    for row in rows {
        let verdict = row["verdict"].as_str().unwrap();
        let known = ["confirmed", "path-only", "contradicted", "no-evidence", "not-checked"];
        assert!(known.contains(&verdict), "{row}");
        assert!(!row["sources"].as_str().unwrap().is_empty(), "{row}");
    }
}

#[test]
fn shapes_hide_what_differs() {
    let request = |method: &str, path: &str| Request {
        method: method.into(),
        path: path.into(),
        status: 200,
        body: Some(serde_json::json!({"b": 1, "a": 2})),
        batched: false,
    };
    let path = "/beta/deviceManagement/intents/0f3c2a91-1111-4222-8333-444455556666/assign";
    assert_eq!(shape(&request("POST", path)), "POST /beta/deviceManagement/intents/{id}/assign {a, b}");
    let path = "/v1.0/groups?$filter=displayName eq 'A ''b''' or displayName eq 'c'&$top=5";
    assert_eq!(shape(&request("GET", path)), "GET /v1.0/groups?$filter=displayName eq '…' or …&$top=5");
}
