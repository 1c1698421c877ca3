//! A JSON Schema of a type's policies as they are in a tree, made from Graph's own types, so that an editor
//! completes and checks them. Draft 7, which editors know. Pure. Not for judging what is sent: that is
//! [`super::schema`]'s, which knows the same facts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::entities::{Entities, Property};
use super::{Catalogue, PolicyType};

/// Our own forms and Graph's annotations, which may be in any object.
const ANNOTATIONS: [(&str, &str, &str); 6] = [
    ("@ferry\\.file$", "string", "A file in the same folder that contains the payload."),
    ("@ferry\\.secret$", "string", "The environment variable that provides the secret when importing."),
    (
        "@ferry\\.secrets$",
        "object",
        "The secrets in a text: for each a property that ends with @ferry.secret and gives the name that the text contains in its place.",
    ),
    (
        "@ferry\\.unread$",
        "string",
        "What reading this part requires: a permission that the export did not have, or a call that the service refused.",
    ),
    ("@odata\\.type$", "string", "Graph's type of the object."),
    (
        "@odata\\.bind$",
        "",
        "What it is linked to: a relative reference such as deviceManagement/deviceConfigurations('id').",
    ),
];

/// The schema of a type's policies.
pub fn of(policy_type: &PolicyType, catalogue: &Catalogue, entities: &Entities) -> Value {
    let parts = Parts::of(policy_type);
    let mut maker = Maker { entities, parts: &parts, done: BTreeMap::new(), open: BTreeSet::new() };
    let mut root = maker.reference(&policy_type.entity);
    while let Some(name) = maker.open.pop_first() {
        // It may lead back to itself.
        maker.done.insert(name.clone(), Value::Null);
        let definition =
            if let Some(base) = name.strip_suffix(FAMILY) { maker.family(base) } else { maker.object(&name) };
        maker.done.insert(name, definition);
    }
    let mut definitions = maker.done;
    // What is linked and what may stand for a payload is offered by name; links are the type's own.
    for link in &policy_type.links {
        for name in entities.leading(&policy_type.entity, &link.property) {
            let offered = definitions.get_mut(name).and_then(|own| own.pointer_mut("/properties"));
            if let Some(Value::Object(properties)) = offered {
                properties.insert(link.bind(), bind(link.many, &link.kind, catalogue));
            }
        }
    }
    let map = root.as_object_mut().map(std::mem::take).unwrap_or_default();
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": policy_type.title,
        "description": policy_type.about,
        "type": "object",
        "required": policy_type.create.required,
        "allOf": [map],
        "definitions": definitions,
    });
    if policy_type.create.required.is_empty()
        && let Value::Object(map) = &mut schema
    {
        map.remove("required");
    }
    schema
}

/// The names of what belongs to a policy beside its own properties: other navigation properties are not part of it.
struct Parts<'a> {
    names: BTreeSet<&'a str>,
    /// Objects of their own that Graph gives whole and takes only in part: whatever is in them.
    whole: BTreeSet<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(policy_type: &'a PolicyType) -> Self {
        let parts = || policy_type.all_parts();
        let queries = [&policy_type.read.list].into_iter().chain(&policy_type.read.item);
        let queries = queries.chain(
            parts().flat_map(|part| std::iter::once(&part.query).chain(part.children.iter().map(|child| &child.query))),
        );
        let words = queries.flat_map(|query| query.split(|c: char| !c.is_ascii_alphanumeric()));
        let names = parts().flat_map(|part| {
            std::iter::once(part.name.as_str()).chain(part.children.iter().map(|child| child.name.as_str()))
        });
        // What the catalogue speaks of is in policies, also where it is an object of its own.
        let rules = policy_type.references.iter().map(|rule| &rule.at);
        let rules = rules.chain(policy_type.sidecars.iter().map(|rule| &rule.at));
        let rules = rules.chain(policy_type.secrets.iter().map(|rule| &rule.at));
        let steps = rules.flat_map(|path| path.as_str().split('/'));
        let whole = policy_type.send_only.iter().filter_map(|rule| rule.at.as_str().rsplit('/').next()).collect();
        let names = words.chain(names).chain(steps).chain(["assignments"]).filter(|word| !word.is_empty()).collect();
        Self { names, whole }
    }
}

/// What the name of a definition ends with that chooses among a type and its heirs.
const FAMILY: &str = " or what derives from it";

struct Maker<'a> {
    entities: &'a Entities,
    parts: &'a Parts<'a>,
    done: BTreeMap<String, Value>,
    open: BTreeSet<String>,
}

impl Maker<'_> {
    /// A reference to the definition of a type, with its heirs where it has some.
    fn reference(&mut self, name: &str) -> Value {
        let concrete = self.entities.concrete(name);
        let is_alone = concrete.len() <= 1 && concrete.first().is_none_or(|only| *only == name);
        self.named(if is_alone { name.to_owned() } else { format!("{name}{FAMILY}") })
    }

    fn named(&mut self, name: String) -> Value {
        let reference = json!({"$ref": format!("#/definitions/{}", name.replace(' ', "%20"))});
        if !self.done.contains_key(&name) {
            self.open.insert(name);
        }
        reference
    }

    /// Which of the heirs an object is, its `@odata.type` says; without one it is of the declared type.
    fn family(&mut self, name: &str) -> Value {
        let concrete: Vec<String> = self.entities.concrete(name).into_iter().map(str::to_owned).collect();
        let own = |name: &str| format!("#microsoft.graph.{name}");
        let mut choices: Vec<Value> = concrete
            .iter()
            .map(|heir| {
                let then = self.named(heir.clone());
                let is = json!({"properties": {"@odata.type": {"const": own(heir)}}, "required": ["@odata.type"]});
                json!({"if": is, "then": then})
            })
            .collect();
        // A declared type of which there can be objects goes without saying; else any heir's properties may stand.
        if concrete.iter().any(|heir| heir == name) {
            let implied = self.named(name.to_owned());
            choices.push(json!({"if": {"not": {"required": ["@odata.type"]}}, "then": implied}));
        }
        let types: Vec<String> = concrete.iter().map(|heir| own(heir)).collect();
        json!({"type": "object", "properties": {"@odata.type": {"enum": types}}, "allOf": choices})
    }

    /// One type: its properties and those it inherits, and nothing else.
    fn object(&mut self, name: &str) -> Value {
        let entities = self.entities;
        let mut properties = Map::new();
        for (property, facts) in entities.properties(name) {
            if self.parts.whole.contains(property) {
                properties.insert(property.to_owned(), json!({"type": ["object", "null"]}));
            } else if !facts.nav || self.parts.names.contains(property) {
                properties.insert(property.to_owned(), self.property(facts));
            }
        }
        let patterns: Map<String, Value> = ANNOTATIONS
            .iter()
            .map(|(pattern, kind, says)| {
                let mut rule = json!({"description": says});
                if !kind.is_empty() {
                    rule["type"] = json!(kind);
                }
                ((*pattern).to_owned(), rule)
            })
            .collect();
        json!({
            "type": "object", "properties": properties, "patternProperties": patterns, "additionalProperties": false,
        })
    }

    fn property(&mut self, facts: &Property) -> Value {
        let one = |declared: &str| declared.strip_prefix("collection:").map(str::to_owned);
        match one(&facts.declared) {
            Some(element) => {
                // The metadata does not say of lists whether their words are flags.
                let items = self.value(&element, true, false);
                json!({"type": ["array", "null"], "items": items})
            }
            None => self.value(&facts.declared, facts.flags, true),
        }
    }

    /// A value of a declared type; Graph gives null for whatever is not set.
    fn value(&mut self, declared: &str, flags: bool, nullable: bool) -> Value {
        let plain = |kind: &str| if nullable { json!({"type": [kind, "null"]}) } else { json!({"type": kind}) };
        match declared {
            "string" | "guid" | "datetime" | "date" | "time" | "duration" | "binary" => plain("string"),
            "boolean" => plain("boolean"),
            "int" | "int64" => plain("integer"),
            "double" => plain("number"),
            _ => match declared.strip_prefix("enum:").map(|name| self.entities.members(name)) {
                Some(Some(members)) => words(members, flags, nullable),
                Some(None) => plain("string"),
                None if self.entities.knows(declared) => {
                    let object = self.reference(declared);
                    if nullable { json!({"anyOf": [object, {"type": "null"}]}) } else { object }
                }
                // Graph does not say more.
                None => json!({}),
            },
        }
    }
}

/// The words of an enumeration.
fn words(members: &[String], flags: bool, nullable: bool) -> Value {
    let mut list: Vec<Value> = members.iter().map(|member| json!(member)).collect();
    if nullable {
        list.push(Value::Null);
    }
    if flags {
        let one = members.join("|");
        return json!({"anyOf": [{"enum": list}, {"type": "string", "pattern": format!("^({one})(, ?({one}))+$")}]});
    }
    json!({"enum": list})
}

/// A link by name, with what it leads to.
fn bind(many: bool, kind: &str, catalogue: &Catalogue) -> Value {
    let path = catalogue.get(kind).map_or(kind, |of| of.path.as_str());
    let one = json!({"type": "string", "description": format!("{path}('id')")});
    if many { json!({"type": "array", "items": one}) } else { one }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn errors(type_name: &str, policy: &Value) -> Vec<String> {
        let (catalogue, entities) = (Catalogue::built_in().unwrap(), Entities::built_in());
        let schema = of(catalogue.get(type_name).unwrap(), &catalogue, entities);
        let validator = jsonschema::draft7::new(&schema).unwrap();
        validator.iter_errors(policy).map(|error| error.instance_path().to_string()).collect()
    }

    #[test]
    fn every_type_has_a_schema_that_is_one() {
        let (catalogue, entities) = (Catalogue::built_in().unwrap(), Entities::built_in());
        for policy_type in catalogue.iter() {
            let schema = of(policy_type, &catalogue, entities);
            jsonschema::draft7::meta::validate(&schema).unwrap_or_else(|error| panic!("{}: {error}", policy_type.name));
        }
    }

    #[test]
    fn a_slip_is_found_at_its_place_and_our_own_forms_pass() {
        let good = json!({
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": "1", "displayName": "x",
            "passwordRequiredType": "numeric", "description": null, "passwordMinimumLength": 8, "roleScopeTagIds": ["0"],
            "assignments": [{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}}],
        });
        assert_eq!(errors("compliance-policies", &good), Vec::<String>::new());
        for (key, value, at) in [
            ("passwordRequiredType", json!("sometimes"), "/passwordRequiredType"),
            ("passwordMinimumLength", json!("8"), "/passwordMinimumLength"),
            ("color", json!(1), ""),
            (
                "assignments",
                json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "id": 1}}]),
                "/assignments/0/target",
            ),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(errors("compliance-policies", &bad).iter().any(|error| error == at), "{key}");
        }
        let scep = json!({
            "@odata.type": "#microsoft.graph.iosScepCertificateProfile", "displayName": "x",
            "rootCertificate@odata.bind": "deviceManagement/deviceConfigurations('1')",
        });
        assert_eq!(errors("device-configurations", &scep), Vec::<String>::new());
        let own = json!({
            "displayName": "x", "scriptContent@ferry.file": "x.ps1", "fileName": "x.ps1", "runAsAccount": "user",
            "secret@ferry.secret": "FERRY_X",
        });
        assert_eq!(errors("platform-scripts", &own), Vec::<String>::new());
    }

    #[test]
    fn links_are_offered_where_they_may_stand() {
        let (catalogue, entities) = (Catalogue::built_in().unwrap(), Entities::built_in());
        let schema = of(catalogue.get("device-configurations").unwrap(), &catalogue, entities);
        let scep = &schema["definitions"]["iosScepCertificateProfile"]["properties"];
        assert!(scep.get("rootCertificate@odata.bind").is_some(), "{scep:#}");
    }
}
