//! Every path, method and action that the policy types name is there: the code must not read the type files, but
//! this test may, so that nothing the client needs is missing here unnoticed.

use std::path::Path;

use super::*;
use crate::metadata::model::Model;

/// Ids of what is asked for; the types' own objects are numbered below it.
const ABSENT: &str = "99999999-0000-4000-8000-000000000000";

fn files() -> Vec<(String, toml::Table)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/types");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap().parse().unwrap()))
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

fn text<'a>(table: &'a toml::Table, name: &str) -> &'a str {
    table.get(name).and_then(toml::Value::as_str).unwrap_or("")
}

fn tables<'a>(table: &'a toml::Table, name: &str) -> Vec<&'a toml::Table> {
    let list = table.get(name).and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_table).collect()
}

fn table<'a>(table: &'a toml::Table, name: &str) -> Option<&'a toml::Table> {
    table.get(name).and_then(toml::Value::as_table)
}

/// `#microsoft.graph.TYPE` of the objects of a type file's collection that a link or a cast part leads from.
fn on(rules: &toml::Table, property: &str) -> Vec<String> {
    let (model, entity) = (Model::load(), text(rules, "entity"));
    let leads = |name: &str| model.property(name, property).is_some_and(|known| known.nav);
    let has = |name: &&str| model.is_a(name, entity) && !model.is_abstract(name) && leads(name);
    model.type_names().filter(has).map(|name| format!("#microsoft.graph.{name}")).collect()
}

/// A body that names every parameter of an action of the collection's objects, or the one that takes what the objects'
/// `assignments` are: the service takes no other lists of them.
fn parameters(rules: &toml::Table, action: &str) -> Value {
    let name = action.rsplit('/').next().unwrap_or(action);
    let collection = Model::load().collection(text(rules, "path")).unwrap();
    let action = collection.action(name, false).unwrap_or_else(|| panic!("no {action} of {}", collection.element));
    let model = Model::load();
    let mut own = model.type_names().filter(|name| model.is_a(name, &collection.element));
    let assignments = own.find_map(|name| model.property(name, "assignments")).map(|known| known.ty.as_str());
    let takes_them = action.params.values().any(|declared| Some(declared.as_str()) == assignments);
    let empty = |declared: &str| if declared.starts_with("collection:") { json!([]) } else { Value::Null };
    let named = action.params.iter().filter(|(_, declared)| !takes_them || Some(declared.as_str()) == assignments);
    named.map(|(name, declared)| (name.clone(), empty(declared))).collect()
}

/// A type that objects of the collection can have.
fn concrete(model: &Model, entity: &str) -> String {
    if !model.is_abstract(entity) {
        return entity.to_owned();
    }
    model.type_names().find(|name| model.is_a(name, entity) && !model.is_abstract(name)).unwrap().to_owned()
}

/// The id of the object of type `number`, whose `@odata.type` is that of `variant`.
fn object_id(number: usize, variant: usize) -> String {
    format!("{number:08x}-0000-4000-8000-{variant:012x}")
}

/// One type file with the object types that it needs in the tenant.
struct Case {
    file: String,
    rules: toml::Table,
    number: usize,
    types: Vec<String>,
}

impl Case {
    fn path(&self) -> &str {
        text(&self.rules, "path")
    }

    fn single(&self) -> bool {
        self.rules.get("single").and_then(toml::Value::as_bool).unwrap_or(false)
    }

    fn item(&self, odata_type: &str) -> String {
        if self.single() {
            return self.path().to_owned();
        }
        let variant = self.types.iter().position(|known| known == odata_type).unwrap_or(0);
        let path = self.path().replace("{id}", ABSENT);
        format!("{path}/{}", object_id(self.number, variant))
    }

    /// One object for every type, with one element in every part.
    fn objects(&self) -> Value {
        let objects = self.types.iter().enumerate().map(|(variant, ty)| {
            let mut object = json!({
                "@odata.type": ty, "id": object_id(self.number, variant), "displayName": "X", "name": "X",
                "templateId": ABSENT, "policyType": "custom"
            });
            for part in
                tables(&self.rules, "parts").into_iter().filter(|part| text(part, "name") != "allowedCombinations")
            {
                object[text(part, "name")] = json!([{}]);
            }
            object
        });
        Value::Array(objects.collect())
    }
}

fn cases() -> Vec<Case> {
    let model = Model::load();
    let cases = files().into_iter().enumerate().map(|(number, (file, rules))| {
        let mut types = vec![format!("#microsoft.graph.{}", concrete(model, text(&rules, "entity")))];
        types.extend(tables(&rules, "links").into_iter().flat_map(|link| on(&rules, text(link, "property"))));
        types.extend(tables(&rules, "cast-parts").into_iter().flat_map(|part| on(&rules, text(part, "name"))));
        types.dedup();
        Case { file, rules, number, types }
    });
    cases.collect()
}

/// What an answer says where the path, the method or a parameter is not there at all.
fn gap(answer: &Answer) -> Option<&'static str> {
    if matches!(answer.status, 405 | 501) || answer.status >= 500 {
        return Some("status");
    }
    [
        "No OData route",
        "Resource not found for the segment",
        "is not a valid parameter",
        "Could not expand",
        "Could not find a property",
        "does not emulate",
    ]
    .into_iter()
    .find(|words| answer.text.contains(words))
}

struct Probe<'a> {
    client: &'a Client,
    gaps: Vec<String>,
}

impl Probe<'_> {
    /// Reads what must be there.
    async fn read(&mut self, case: &Case, path: &str, query: &str) {
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let answer = self.client.get(&path).await;
        if answer.status != 200 {
            self.gaps.push(format!("{}: GET {path}: {} {}", case.file, answer.status, answer.text));
        }
    }

    /// Sends a body that may well be refused, but by something that is there.
    async fn reach(&mut self, case: &Case, method: Method, path: &str, body: Value) {
        let answer = self.client.send(method.clone(), path, body).await;
        if gap(&answer).is_some() {
            self.gaps.push(format!("{}: {method} {path}: {} {}", case.file, answer.status, answer.text));
        }
    }

    async fn part_writes(&mut self, case: &Case, item: &str, part: &toml::Table) {
        for when in ["write", "create", "update"] {
            let Some(write) = table(part, when) else { continue };
            match text(write, "step") {
                "inline" | "none" => {}
                "action" => {
                    let body = parameters(&case.rules, text(write, "action"));
                    self.reach(case, Method::POST, &format!("{item}/{}", text(write, "action")), body).await;
                }
                "post-each" => {
                    let path = format!("{item}/{}", text(part, "name"));
                    self.reach(case, Method::POST, &path, json!({})).await;
                    self.reach(case, Method::PATCH, &format!("{path}/{ABSENT}"), json!({})).await;
                    self.reach(case, Method::DELETE, &format!("{path}/{ABSENT}"), json!({})).await;
                }
                "delta" => {
                    let body =
                        json!({text(write, "added"): [], text(write, "updated"): [], text(write, "deleted"): []});
                    self.reach(case, Method::POST, &format!("{item}/{}", text(write, "action")), body).await;
                }
                "definition-values" => {
                    let body = json!({"added": [], "updated": [], "deletedIds": []});
                    self.reach(case, Method::POST, &format!("{item}/updateDefinitionValues"), body).await;
                }
                other => self.gaps.push(format!("{}: the step {other} is not tested", case.file)),
            }
        }
    }

    async fn parts(&mut self, case: &Case) {
        let item = case.item("");
        for part in tables(&case.rules, "parts") {
            let path = format!("{item}/{}", text(part, "name"));
            if text(part, "read") == "request" {
                self.read(case, &path, text(part, "query")).await;
            }
            for child in tables(part, "children") {
                let elements = self.client.get(&path).await;
                let id = elements.body["value"][0]["id"].as_str().unwrap_or("none").to_owned();
                self.read(case, &format!("{path}/{id}/{}", text(child, "name")), text(child, "query")).await;
            }
            self.part_writes(case, &item, part).await;
        }
        for part in tables(&case.rules, "cast-parts") {
            for ty in on(&case.rules, text(part, "name")) {
                let item = case.item(&ty);
                let path = format!("{item}/{}/{}", ty.trim_start_matches('#'), text(part, "name"));
                self.read(case, &path, text(part, "query")).await;
                self.part_writes(case, &item, part).await;
            }
        }
    }

    async fn links(&mut self, case: &Case) {
        for link in tables(&case.rules, "links") {
            let many = link.get("many").and_then(toml::Value::as_bool).unwrap_or(false);
            for ty in on(&case.rules, text(link, "property")) {
                let path = format!("{}/{}/{}", case.item(&ty), ty.trim_start_matches('#'), text(link, "property"));
                let read = self.client.get(&path).await;
                if gap(&read).is_some() || (many && read.status != 200) {
                    self.gaps.push(format!("{}: GET {path}: {} {}", case.file, read.status, read.text));
                }
                let write = if many { Method::POST } else { Method::PUT };
                let target = json!({"@odata.id": format!("https://graph.microsoft.com/beta/{}/{ABSENT}", case.path())});
                self.reach(case, write, &format!("{path}/$ref"), target).await;
                let one = if many { format!("{path}/{ABSENT}/$ref") } else { format!("{path}/$ref") };
                self.reach(case, Method::DELETE, &one, json!({})).await;
            }
        }
    }

    async fn assignments(&mut self, case: &Case) {
        let Some(assignments) = table(&case.rules, "assignments") else { return };
        let item = case.item("");
        self.read(case, &format!("{item}/assignments"), "").await;
        let write = table(assignments, "write");
        if write.is_some_and(|write| text(write, "step") == "each") {
            let path = format!("{item}/assignments");
            self.reach(case, Method::POST, &path, json!({})).await;
            self.reach(case, Method::DELETE, &format!("{path}/{ABSENT}"), json!({})).await;
            return;
        }
        let action = write.map_or("assign", |write| text(write, "action"));
        let path = format!("{item}/{action}");
        let answer = self.client.post(&path, parameters(&case.rules, action)).await;
        if answer.status >= 300 {
            self.gaps.push(format!("{}: POST {path}: {} {}", case.file, answer.status, answer.text));
        }
    }

    async fn whole(&mut self, case: &Case) {
        let rules = &case.rules;
        let empty = toml::Table::new();
        let read = table(rules, "read").unwrap_or(&empty);
        let path = case.path().replace("{id}", ABSENT);
        self.read(case, &path, text(read, "list")).await;
        for alias in rules.get("also-at").and_then(toml::Value::as_array).into_iter().flatten() {
            self.read(case, alias.as_str().unwrap(), text(read, "list")).await;
        }
        for ty in &case.types {
            self.read(case, &case.item(ty), text(read, "item")).await;
        }
        // What is the tenant's own is never written (`is_only_listed`).
        if path.starts_with("organization/") {
            return;
        }
        let create = table(rules, "create").unwrap_or(&empty);
        let template = format!("{ABSENT}_1");
        let filled =
            |path: &str| path.replace("{templateReference/templateId}", &template).replace("{templateId}", ABSENT);
        let path = if text(create, "path").is_empty() { &path } else { text(create, "path") };
        if !case.single() {
            self.reach(case, Method::POST, &filled(path), json!({})).await;
        }
        if let Some(requires) = table(create, "requires") {
            self.read(case, &filled(text(requires, "path")), "").await;
        }
        match table(rules, "update").map_or("", |update| text(update, "method")) {
            "none" => {}
            "put" => self.reach(case, Method::PUT, &case.item(""), json!({})).await,
            _ => self.reach(case, Method::PATCH, &case.item(""), json!({})).await,
        }
        for secret in tables(rules, "secrets").into_iter().filter_map(|secret| table(secret, "reveal")) {
            let call = format!("{}({}='{ABSENT}')", text(secret, "function"), text(secret, "parameter"));
            let answer = self.client.get(&format!("{}/{call}", case.item(""))).await;
            if gap(&answer).is_some() {
                self.gaps.push(format!("{}: {call}: {} {}", case.file, answer.status, answer.text));
            }
        }
    }
}

fn more(objects: &mut Value, path: &str, list: Value) {
    let Value::Array(list) = list else { unreachable!("a list") };
    match &mut objects[path] {
        Value::Array(known) => known.extend(list),
        none => *none = Value::Array(list),
    }
}

#[tokio::test]
async fn everything_that_the_types_name_is_emulated() {
    let cases = cases();
    assert!(cases.len() > 20, "{}", cases.len());
    let mut objects = json!({});
    for case in &cases {
        match case.path().split_once("/{id}/") {
            None => more(&mut objects, case.path(), case.objects()),
            Some((parent, below)) => {
                let mut above = below.rsplit('/').fold(case.objects(), |below, step| json!({step: below}));
                above["id"] = json!(ABSENT);
                above["displayName"] = json!("T");
                more(&mut objects, parent, json!([above]));
            }
        }
    }
    more(&mut objects, "deviceManagement/templates", json!([{"id": ABSENT, "displayName": "T"}]));
    let client = start(behaviour(), seed(objects)).await;
    let mut probe = Probe { client: &client, gaps: Vec::new() };
    for case in &cases {
        probe.whole(case).await;
        probe.parts(case).await;
        probe.links(case).await;
        probe.assignments(case).await;
    }
    assert!(probe.gaps.is_empty(), "not emulated:\n{}", probe.gaps.join("\n"));
}
