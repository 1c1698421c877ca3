//! Paths, methods, actions, parameters, queries and permissions that the catalogue names.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::Value;

use super::facts::Facts;
use crate::catalogue::actions::parameter;
use crate::catalogue::model::{AssignWrite, Part, PartRead, PartWrite, PolicyType, UpdateMethod};
use crate::catalogue::{Catalogue, Entities};

fn built_in() -> (Facts, Catalogue) {
    (Facts::load(), Catalogue::built_in().unwrap())
}

#[test]
fn every_collection_exists_and_takes_the_methods() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        for path in it.also_at.iter().chain([&it.path]) {
            assert_eq!(facts.element(path), Some(it.entity.as_str()), "{path}");
        }
        let update = match it.update.method {
            UpdateMethod::Patch => "update",
            UpdateMethod::Put => "put",
            UpdateMethod::None => "get",
        };
        let methods: &[&str] = if it.single { &["get", update] } else { &["list", "get", "delete", update] };
        for method in methods {
            assert!(facts.can(&it.path, method), "{} has no {method}", it.path);
        }
        let kind = if it.single { "single" } else { "collection" };
        assert_eq!(facts.collection(&it.path).unwrap()["kind"], kind, "{}", it.path);
        if it.single {
            continue;
        }
        match &it.create.path {
            None => assert!(facts.can(&it.path, "create"), "{} has no create", it.path),
            Some(path) => creating_action(&facts, it, path),
        }
    }
}

/// `collection/{key}/action`: an action whose parameters are exactly what is sent.
fn creating_action(facts: &Facts, it: &PolicyType, path: &str) {
    let (item, action) = path.rsplit_once('/').unwrap();
    let (collection, key) = item.rsplit_once('/').unwrap();
    let key = key.trim_matches(['{', '}']);
    assert!(facts.own(&it.entity, key).is_some(), "{} has no {key}", it.entity);
    let parameters = facts.parameters(collection, action).unwrap();
    assert!(!it.create.only.is_empty(), "{action} takes parameters only, so what is sent must be listed");
    for property in &it.create.only {
        let sent = it.create.rename.get(property).unwrap_or(property);
        assert!(parameters.contains_key(sent), "{action} has no parameter {sent}");
    }
}

#[test]
fn every_part_can_be_read_and_written_as_described() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        for part in &it.parts {
            check_part(&facts, it, &it.entity, part);
            if part.call.is_some() {
                continue;
            }
            let property = facts.property(&it.entity, &part.name).unwrap();
            let query = it.read.item.as_ref().unwrap_or(&it.read.list);
            let expanded = expands(query).iter().any(|name| name == &part.name);
            if part.read == PartRead::Included {
                assert_eq!(expanded, property["nav"] == true, "{}/{} and its query `{query}`", it.path, part.name);
            } else {
                let path = format!("{}/{{id}}/{}", it.path, part.name);
                assert!(facts.can(&path, "list"), "{path} cannot be listed");
                check_query(&facts, facts.element(&path).unwrap(), &part.query);
                for child in &part.children {
                    let path = format!("{path}/{{id}}/{}", child.name);
                    assert!(facts.can(&path, "list"), "{path} cannot be listed");
                    check_query(&facts, facts.element(&path).unwrap(), &child.query);
                }
            }
        }
        for part in &it.cast_parts {
            for name in Entities::built_in().leading(&it.entity, &part.name) {
                check_part(&facts, it, name, part);
            }
        }
    }
}

/// `owner` is the type that has the part.
fn check_part(facts: &Facts, it: &PolicyType, owner: &str, part: &Part) {
    let below = format!("{}/{{id}}/{}", it.path, part.name);
    for write in [part.create(), part.update()] {
        match write {
            PartWrite::Action { action, also, clear, .. } => {
                let parameter = parameter(it, action, &part.name, also);
                let parameters = facts.parameters(&it.path, action);
                let parameters = parameters.unwrap_or_else(|| panic!("{} has no action {action}", it.path));
                let calls = part.call.iter().map(|call| &call.action).chain(clear);
                assert!(calls.into_iter().all(|call| facts.parameters(&it.path, call).is_some_and(|it| it.is_empty())));
                if part.call.is_none() {
                    let kind = facts.property(owner, &part.name).unwrap()["type"].as_str().unwrap();
                    assert_eq!(parameters.get(parameter).map(String::as_str), Some(kind), "{action} {parameter}");
                }
                let sent: Vec<&str> = also.iter().map(String::as_str).chain([parameter]).collect();
                let all: Vec<&String> = parameters.keys().collect();
                assert!(
                    all.iter().all(|name| sent.contains(&name.as_str())),
                    "{action} takes {all:?}, {sent:?} are sent"
                );
            }
            PartWrite::PostEach { .. } => {
                for method in ["list", "create", "update"] {
                    assert!(facts.can(&below, method), "{below} has no {method}");
                }
            }
            PartWrite::Delta { action, added, updated, deleted, .. } => {
                let parameters = facts.parameters(&it.path, action).unwrap();
                let kind = facts.property(owner, &part.name).unwrap()["type"].as_str().unwrap();
                for (parameter, wanted) in [(added, kind), (updated, kind), (deleted, "collection:string")] {
                    assert_eq!(parameters.get(parameter).map(String::as_str), Some(wanted), "{action} {parameter}");
                }
                assert!(facts.can(&below, "list"), "{below} has no list");
            }
            PartWrite::DefinitionValues => {
                let parameters = facts.parameters(&it.path, "updateDefinitionValues").unwrap();
                let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
                assert_eq!(names, ["added", "deletedIds", "updated"]);
            }
            PartWrite::Inline | PartWrite::None => {}
        }
    }
}

#[test]
fn every_query_names_what_exists() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        check_query(&facts, &it.entity, &it.read.list);
        it.read.item.iter().for_each(|query| check_query(&facts, &it.entity, query));
    }
}

#[test]
fn every_assignment_is_read_and_written_as_described() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        let has = facts.property(&it.entity, "assignments").is_some();
        // Compliance scripts work through a compliance policy (entity-sets.json, known).
        let without = it.name == "compliance-scripts";
        assert_eq!(it.assignments.is_some(), has && !without, "{}", it.name);
        let Some(rule) = &it.assignments else { continue };
        let below = format!("{}/{{id}}/assignments", it.path);
        if rule.read == PartRead::Included {
            // What the list leaves out, the item gives.
            let query = it.read.item.as_ref().unwrap_or(&it.read.list);
            assert!(expands(query).iter().any(|name| name == "assignments"), "{}: {query}", it.name);
        } else {
            assert!(facts.can(&below, "list"), "{below} cannot be listed");
        }
        match &rule.write {
            AssignWrite::Action { action } => {
                let parameter = parameter(it, action, "assignments", &[]);
                let kind = facts.property(&it.entity, "assignments").unwrap()["type"].as_str().unwrap();
                let parameters = facts.parameters(&it.path, action).unwrap_or_else(|| panic!("{} {action}", it.path));
                assert_eq!(parameters.get(parameter).map(String::as_str), Some(kind), "{} {parameter}", it.name);
                if let Some((cast, _)) = action.split_once('/') {
                    let name = cast.trim_start_matches("microsoft.graph.");
                    assert!(facts.line(name).contains(&it.entity), "{cast}");
                }
            }
            AssignWrite::Each => {
                for method in ["list", "create", "delete"] {
                    assert!(facts.can(&below, method), "{below} has no {method}");
                }
            }
        }
    }
}

#[test]
fn what_is_ranked_is_moved_as_described() {
    let (facts, catalogue) = built_in();
    for (it, rank) in catalogue.iter().filter_map(|it| Some((it, it.rank.as_ref()?))) {
        let kind = facts.property(&it.entity, &rank.property).unwrap()["type"].as_str().unwrap();
        let parameters = facts.parameters(&it.path, &rank.action).unwrap();
        let parameter = parameter(it, &rank.action, &rank.property, &[]);
        assert_eq!(parameters.get(parameter).map(String::as_str), Some(kind), "{}", it.name);
    }
}

#[test]
fn contents_are_uploaded_where_graph_takes_them() {
    let (facts, catalogue) = built_in();
    let mut seen = 0;
    for it in catalogue.iter() {
        for variant in &it.variants {
            let Some(upload) = variant.portability.as_ref().and_then(|own| own.upload.as_ref()) else { continue };
            let kinds: Vec<&str> = variant.when.equals.iter().filter_map(Value::as_str).collect();
            for kind in &kinds {
                let versions = format!("{}/{{id}}/{}/contentVersions", it.path, kind.trim_start_matches('#'));
                let files = format!("{versions}/{{id}}/files");
                for (path, method) in [
                    (&versions, "list"),
                    (&versions, "create"),
                    (&files, "list"),
                    (&files, "create"),
                    (&files, "delete"),
                ] {
                    assert!(facts.can(path, method), "{path} has no {method}");
                }
                let parameters = facts.parameters(&files, "commit").unwrap();
                assert!(parameters.contains_key("fileEncryptionInfo"));
                assert!(facts.parameters(&files, "renewUpload").unwrap().is_empty());
                let own = kind.trim_start_matches("#microsoft.graph.");
                for told in
                    upload.told().into_iter().chain(upload.setup_file.iter().map(crate::policy::JsonPath::as_str))
                {
                    assert!(facts.own(own, told).is_some(), "{own} has no {told}");
                }
                seen += 1;
            }
        }
        for rule in &it.alternatives {
            for property in rule.others.iter().chain([&rule.preferred]) {
                assert!(facts.property(&it.entity, property).is_some(), "{} has no {property}", it.name);
            }
        }
    }
    assert_eq!(seen, 11);
}

#[test]
fn a_secrets_function_exists() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        for reveal in it.secrets.iter().filter_map(|rule| rule.reveal.as_ref()) {
            let wanted = format!("{}({}='{{{}}}')", reveal.function, reveal.parameter, reveal.parameter);
            let functions = facts.collection(&it.path).unwrap()["functions"].as_array().unwrap();
            assert!(functions.iter().any(|function| *function == wanted), "{wanted} is none of {functions:?}");
        }
    }
}

#[test]
fn the_permissions_hold_what_the_collection_asks_for() {
    let (facts, catalogue) = built_in();
    for it in catalogue.iter() {
        let asked = &facts.collection(&it.path).unwrap()["permissions"];
        for (way, listed) in [("read", &it.permissions.read), ("write", &it.permissions.write)] {
            let Some(asked) = asked[way].as_str() else {
                let fixed = way == "write" && it.update.method == UpdateMethod::None;
                assert!(fixed, "nobody can {way} {}, and the type says nothing of it", it.path);
                continue;
            };
            assert!(listed.iter().any(|name| name == asked), "{} asks for {asked} to {way}", it.path);
        }
        // What belongs to an object is read with the type's permissions, or names its own.
        let own = |part: &Part| (part.name.clone(), part.read_permission.clone());
        let parts = it.all_parts().map(own);
        let links = it.links.iter().map(|link| (link.property.clone(), None));
        for (name, more) in parts.chain(links) {
            let below = facts.collection(&format!("{}/{{id}}/{name}", it.path));
            let Some(asked) = below.and_then(|below| below["permissions"]["read"].as_str()) else { continue };
            let covered = it.permissions.read.iter().chain(&more).any(|name| name == asked);
            assert!(covered, "{} {name} asks for {asked}", it.name);
            assert!(more.is_none_or(|more| more == asked), "{} {name} asks for no more than {asked}", it.name);
        }
    }
}

#[test]
fn what_the_target_is_asked_for_can_be_read() {
    let (facts, catalogue) = built_in();
    assert!(catalogue.shared.prerequisites.len() >= 10);
    for it in &catalogue.shared.prerequisites {
        for path in it.paths() {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let template = path.replace("{each}/", "{id}/").replace("/{each}", "");
            let Some(collection) = facts.collection(&template) else {
                // A property of an object that every tenant has.
                let (object, property) = template.rsplit_once('/').unwrap();
                let element = facts.element(object).unwrap_or_else(|| panic!("{path}"));
                assert!(facts.property(element, property).is_some(), "{path}");
                continue;
            };
            check_query(&facts, collection["element"].as_str().unwrap(), query);
        }
        let used = catalogue.iter().flat_map(|it| &it.needs).any(|need| need.what == it.name);
        let on_page = it.check.as_ref().is_some_and(|check| {
            check.health || check.always || !check.platforms.is_empty() || !check.policies.is_empty()
        });
        assert!(used || on_page || !it.below.is_empty(), "nothing needs {}", it.name);
    }
}

/// The names a query expands, without their own options.
fn expands(query: &str) -> Vec<String> {
    options(query)
        .into_iter()
        .filter(|(name, _)| name == "$expand")
        .flat_map(|(_, value)| split(&value, ','))
        .map(|item| item.split('(').next().unwrap_or_default().to_owned())
        .collect()
}

fn check_query(facts: &Facts, entity: &str, query: &str) {
    for (name, value) in options(query) {
        match name.as_str() {
            "$top" => assert!(value.parse::<u32>().is_ok(), "{query}"),
            "$select" => {
                for property in split(&value, ',') {
                    assert!(facts.property(entity, &property).is_some(), "{entity} has no {property}: {query}");
                }
            }
            "$expand" => {
                for item in split(&value, ',') {
                    let (property, inner) = item
                        .split_once('(')
                        .map_or((item.as_str(), ""), |(name, rest)| (name, rest.strip_suffix(')').unwrap()));
                    let known = facts.property(entity, property).cloned().unwrap_or(Value::Null);
                    assert!(known["nav"] == true, "{entity} has no navigation {property}: {query}");
                    let target = known["type"].as_str().unwrap().trim_start_matches("collection:").to_owned();
                    check_query(facts, &target, inner);
                }
            }
            // By equality alone.
            "$filter" => {
                let (property, _) = value.split_once(" eq ").unwrap();
                assert!(facts.property(entity, property).is_some(), "{entity} has no {property}: {query}");
            }
            other => panic!("{other} is not used: {query}"),
        }
    }
}

fn options(query: &str) -> Vec<(String, String)> {
    let list = split(query, '&').into_iter().flat_map(|part| split(&part, ';'));
    list.map(|option| {
        let (name, value) = option.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    })
    .collect()
}

/// Splits where no parenthesis is open.
fn split(text: &str, at: char) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if letter == at && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn a_query_is_taken_apart() {
    let query = "$expand=assignments,a($expand=b;$select=c)&$top=5";
    assert_eq!(expands(query), ["assignments", "a"]);
    assert_eq!(options(query).len(), 2);
}
