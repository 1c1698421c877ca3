//! Which shapes of requests Graph's own description covers: a path and a method of it, with query options and body keys
//! that some row of `evidence.toml` has. What chance draws (which object is undone, which app has a category) is of such
//! shapes; anything else that is new wants a row with its source.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::evidence::{WORDS, file, rows};

static COLLECTIONS: LazyLock<Value> = LazyLock::new(|| {
    let facts: Value = serde_json::from_str(&file("graph-collections.json")).unwrap();
    facts["collections"].clone()
});

/// Query options of rows, and the body keys of their actions and links.
static KNOWN: LazyLock<(BTreeSet<String>, BTreeSet<String>)> = LazyLock::new(|| {
    let (mut options, mut bodies) = (BTreeSet::new(), BTreeSet::new());
    for parts in rows().filter_map(|row| Parts::of(row)) {
        options.extend(parts.options.iter().map(|option| (*option).to_owned()));
        bodies.extend(parts.body.map(|body| format!("{} {body}", parts.path.last().unwrap_or(&""))));
    }
    (options, bodies)
});

/// A shape, taken apart.
struct Parts<'s> {
    method: &'s str,
    /// Below the version, without casts.
    path: Vec<&'s str>,
    options: Vec<&'s str>,
    body: Option<&'s str>,
}

impl<'s> Parts<'s> {
    fn of(shape: &'s str) -> Option<Self> {
        let (method, rest) = shape.split_once(" /")?;
        let (rest, body) = match rest.find(" {") {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (_, path) = path.split_once('/')?;
        let path = path.split('/').filter(|segment| *segment != "{cast}").collect();
        Some(Self { method, path, options: query.split('&').filter(|it| !it.is_empty()).collect(), body })
    }

    /// Whether Graph's description has the path with the method.
    fn is_described(&self) -> bool {
        let (last, above) = match self.path.as_slice() {
            [above @ .., "$ref"] => return is_link(above),
            [above @ .., last] => (*last, above),
            [] => return false,
        };
        let can = |path: &[&str], words: &[&str]| {
            let methods = COLLECTIONS[path.join("/")]["methods"].as_array();
            methods.is_some_and(|methods| methods.iter().any(|method| words.iter().any(|word| method == word)))
        };
        let of_item = |word: &str| last == "{id}" && can(above, &[word]);
        match self.method {
            "GET" => can(&self.path, &["list", "get"]) || of_item("get") || is_property(last, above),
            "POST" => can(&self.path, &["create"]) || is_action(last, above),
            "PATCH" | "PUT" => can(&self.path, &["update"]) || of_item("update"),
            "DELETE" => of_item("delete"),
            _ => false,
        }
    }
}

/// A property below an object, which may be one of the object's concrete type.
fn is_property(last: &str, above: &[&str]) -> bool {
    let is_object = above.last() == Some(&"{id}") && COLLECTIONS.get(above[..above.len() - 1].join("/")).is_some();
    is_object && last != "{id}" && WORDS.contains(last)
}

/// `$ref` below a property, or one of several there.
fn is_link(above: &[&str]) -> bool {
    let above = if above.last() == Some(&"{id}") { &above[..above.len() - 1] } else { above };
    let Some((last, object)) = above.split_last() else { return false };
    is_property(last, object) || COLLECTIONS.get(above.join("/")).is_some()
}

fn is_action(last: &str, above: &[&str]) -> bool {
    let of = if above.last() == Some(&"{id}") { &above[..above.len() - 1] } else { above };
    let actions = COLLECTIONS[of.join("/")]["actions"].as_array().into_iter().flatten();
    actions.clone().any(|action| action["name"] == last)
}

/// Whether a query option expands by a property that Graph's types have.
fn is_expansion(option: &str) -> bool {
    let is_known = |step: &str| step.starts_with("microsoft.graph.") || WORDS.contains(step);
    option.strip_prefix("$expand=").is_some_and(|steps| steps.split('/').all(is_known))
}

/// Whether a shape without a row is covered all the same.
pub fn is_covered(shape: &str) -> bool {
    let Some(parts) = Parts::of(shape) else { return false };
    let (options, bodies) = &*KNOWN;
    let body = parts.body.map(|body| format!("{} {body}", parts.path.last().unwrap_or(&"")));
    parts.is_described()
        && parts.options.iter().all(|option| options.contains(*option) || is_expansion(option))
        && body.is_none_or(|body| bodies.contains(&body))
}

#[test]
fn what_is_new_in_path_method_query_or_body_is_not_covered() {
    for shape in [
        "GET /beta/deviceManagement/intents/{id}?$expand=assignments",
        "DELETE /beta/deviceManagement/ndesConnectors/{id}",
        "POST /beta/deviceManagement/intents/{id}/assign {assignments}",
        "GET /beta/deviceManagement/deviceConfigurations/{id}/{cast}/rootCertificate",
        "PUT /beta/deviceManagement/deviceConfigurations/{id}/{cast}/identityCertificate/$ref {@odata.id}",
    ] {
        assert!(is_covered(shape), "{shape}");
    }
    for shape in [
        "GET /beta/deviceManagement/teapots",
        "DELETE /beta/deviceManagement/intents/{id}/assign",
        "GET /beta/deviceManagement/intents?$orderby=displayName",
        "GET /beta/deviceManagement/intents/{id}?$expand=teapots",
        "POST /beta/deviceManagement/intents/{id}/assign {groups}",
        "POST /beta/deviceManagement/intents/{id}/boil",
        "PUT /{id}/{id}?comp=block",
    ] {
        assert!(!is_covered(shape), "{shape}");
    }
}
