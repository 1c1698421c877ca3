//! Graph's own types, as `policies-schema/graph-types.json` has them: what a sample is made from.

use serde_json::{Map, Value, json};

const TEXT: &str = include_str!("../../../policies-schema/graph-types.json");

/// Types and enumerations.
pub struct Graph {
    types: Map<String, Value>,
    enums: Map<String, Value>,
}

/// How deep values are nested at most: Graph's types are recursive.
const DEEPEST: usize = 5;

/// Properties that the service makes, wherever they stand.
const SERVICE_MADE: &[&str] = &[
    "id",
    "createdDateTime",
    "creationDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "isAssigned",
    "supportsScopeTags",
    "creationSource",
    "priorityMetaData",
    "settingCount",
    "priority",
    "deviceEnrollmentConfigurationType",
    "secretReferenceValueId",
];

impl Graph {
    pub fn load() -> Self {
        let mut text: Value = serde_json::from_str(TEXT).unwrap();
        let mut take = |name: &str| text[name].as_object_mut().map(std::mem::take).unwrap();
        Self { types: take("types"), enums: take("enums") }
    }

    fn is_abstract(&self, name: &str) -> bool {
        ["abstract", "abstractGuess"].iter().any(|flag| self.types[name][flag] == true)
    }

    /// The type and what it derives from.
    pub fn line(&self, name: &str) -> Vec<String> {
        let mut line = vec![name.to_owned()];
        while let Some(base) = self.types.get(line.last().unwrap()).and_then(|it| it["base"].as_str()) {
            line.push(base.to_owned());
        }
        line
    }

    pub fn is_a(&self, name: &str, base: &str) -> bool {
        self.line(name).iter().any(|own| own == base)
    }

    /// All types that objects declared as `name` can have, sorted.
    pub fn concrete(&self, name: &str) -> Vec<String> {
        let mut all: Vec<String> =
            self.types.keys().filter(|own| self.is_a(own, name) && !self.is_abstract(own)).cloned().collect();
        all.sort();
        all
    }

    /// A property as declared; of the type or its bases.
    pub fn property(&self, name: &str, property: &str) -> Option<&Value> {
        self.line(name).iter().find_map(|own| self.types.get(own)?["properties"].get(property))
    }

    /// An object of a type with a value for every property that a client may set.
    pub fn object(&self, name: &str, declared: &str, depth: usize) -> Value {
        let mut object = Map::new();
        if name != declared || depth == 0 {
            object.insert("@odata.type".into(), json!(format!("#microsoft.graph.{name}")));
        }
        for own in self.line(name).iter().filter(|own| self.types.contains_key(*own)) {
            for (property, facts) in self.types[own]["properties"].as_object().unwrap() {
                let settable = facts["nav"] != true && facts["readOnly"] != true;
                if !settable || SERVICE_MADE.contains(&property.as_str()) {
                    continue;
                }
                if let Some(value) = self.value(property, facts["type"].as_str().unwrap(), depth + 1) {
                    object.insert(property.clone(), value);
                }
            }
        }
        Value::Object(object)
    }

    fn value(&self, property: &str, kind: &str, depth: usize) -> Option<Value> {
        if ["roleScopeTagIds", "roleScopeTags", "scopeIds"].contains(&property) {
            return Some(json!(["0"]));
        }
        if let Some(element) = kind.strip_prefix("collection:") {
            return Some(self.value(property, element, depth).map_or_else(|| json!([]), |value| json!([value])));
        }
        if let Some(name) = kind.strip_prefix("enum:") {
            let vague = ["notConfigured", "none", "unknown", "unknownFutureValue", "userDefined", "deviceDefault"];
            let members: Vec<&str> = self.enums.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect();
            let clear = members.iter().find(|member| !vague.contains(*member)).or(members.first())?;
            return Some(json!(clear));
        }
        Some(match kind {
            "string" => json!(format!("text of {property}")),
            "boolean" => json!(true),
            "int" | "int64" => json!(7),
            "double" => json!(1.5),
            "datetime" => json!("2031-05-06T07:08:09Z"),
            "date" => json!("2031-05-06"),
            "time" => json!("07:08:09.0000000"),
            "duration" => json!("PT2H"),
            "guid" => json!("0f0f0f0f-1e1e-4d2d-8c3c-4b4b4b4b4b4b"),
            "binary" => json!("bm90IGEgc2VjcmV0"),
            // Nothing is known of the present state.
            "any" | "json" => return None,
            name if depth < DEEPEST && self.types.contains_key(name) => {
                let own = self.concrete(name);
                self.object(own.iter().find(|own| *own == name).or(own.first())?, name, depth)
            }
            _ => return None,
        })
    }
}
