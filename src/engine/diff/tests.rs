//! What a comparison of two sides says.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::{Map, Value, json};

use super::*;
use crate::policy::{Directory, Kept, ObjectKey, Policy, TenantInfo};

/// Two types: one with everything that matters here, one that others refer to.
fn catalogue() -> Catalogue {
    let shared = include_str!("../../../policies-schema/shared.toml");
    let head = |name: &str| {
        format!(
            "name = \"{name}\"\ntitle = \"T\"\nabout = \"A.\"\nsources = [\"made up\"]\npath = \"deviceManagement/{name}\"\n\
             entity = \"lamp\"\nbucket = \"b\"\n"
        )
    };
    let permissions = "\n[permissions]\nread = [\"R\"]\nwrite = [\"W\"]\n";
    let lamps = format!(
        "{}read-only = [\"madeBy\"]\n{permissions}\n[assignments]\n\
         \n[[sidecars]]\nat = \"script\"\nextension = \"sh\"\n\n[[references]]\nat = \"shadeId\"\nkind = \"shades\"\n",
        head("lamps")
    );
    let shades = format!("{}{permissions}", head("shades"));
    Catalogue::from_files(shared, [("lamps.toml", lamps.as_str()), ("shades.toml", shades.as_str())]).unwrap()
}

fn body(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("no object") };
    map
}

fn side(tenant: &str, policies: Vec<(&str, Value)>, groups: &[(&str, &str)]) -> Side {
    let mut directory = Directory::default();
    for (id, name) in groups {
        directory.insert("group", id, body(json!({"displayName": name})));
    }
    let info = Some(TenantInfo { id: Some(tenant.to_owned()), ..TenantInfo::default() });
    let mut policies: Vec<Kept> =
        policies.into_iter().map(|(name, value)| Policy::new(name, body(value)).keep()).collect();
    policies.sort_by(|one, other| one.type_name.cmp(&other.type_name));
    Side {
        label: tenant.to_owned(),
        policies,
        directory,
        tenant: info.clone(),
        refers_to: info,
        types: [("lamps".into(), None), ("shades".into(), None)].into(),
        ..Side::default()
    }
}

fn compare(left: &Side, right: &Side, ignore: &[&str]) -> Compared {
    let ignore: Vec<JsonPath> = ignore.iter().map(|path| JsonPath::new(path)).collect();
    let selection = Selection::default();
    let catalogue = catalogue();
    diff(DiffInputs {
        catalogue: &catalogue,
        left,
        right,
        selection: &selection,
        with_dependencies: true,
        ignore: &ignore,
    })
}

fn places(compared: &Compared) -> Vec<(String, Fate, Vec<String>)> {
    let at = |one: &Differing| one.changes.iter().map(|change| change.at.clone()).collect();
    compared.differing.iter().map(|one| (one.name.clone(), one.fate, at(one))).collect()
}

fn to(group: &str) -> Value {
    json!([{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}])
}

#[test]
fn in_one_tenant_the_id_counts_and_a_new_name_is_a_change() {
    let left = side("t", vec![("lamps", json!({"id": "1", "displayName": "Old", "madeBy": 1}))], &[]);
    let right = side("t", vec![("lamps", json!({"id": "1", "displayName": "New", "madeBy": 2}))], &[]);
    assert_eq!(places(&compare(&left, &right, &[])), [("New".into(), Fate::Changed, vec!["/displayName".into()])]);
    let ignored = compare(&left, &right, &["displayName"]);
    assert_eq!((ignored.differing.len(), ignored.equal), (0, 1));
}

#[test]
fn between_tenants_name_and_references_count_and_not_ids() {
    let lamp = |id: &str, group: &str, shade: &str| json!({"id": id, "displayName": "Desk", "assignments": to(group), "shadeId": shade});
    let shade = |id: &str| json!({"id": id, "displayName": "Green"});
    let left = side("a", vec![("lamps", lamp("1", "g1", "s1")), ("shades", shade("s1"))], &[("g1", "All laptops")]);
    let right = side("b", vec![("lamps", lamp("9", "g9", "s9")), ("shades", shade("s9"))], &[("g9", "All laptops")]);
    assert_eq!((compare(&left, &right, &[]).differing, compare(&left, &right, &[]).equal), (vec![], 2));
    let other = side("b", vec![("lamps", lamp("9", "g9", "s9")), ("shades", shade("s9"))], &[("g9", "Pilot")]);
    let found = compare(&left, &other, &[]);
    assert_eq!(
        places(&found),
        [(
            "Desk".into(),
            Fate::Changed,
            vec![
                "/assignments/groupAssignmentTarget, All laptops".into(),
                "/assignments/groupAssignmentTarget, Pilot".into()
            ]
        )]
    );
}

#[test]
fn two_groups_of_one_name_are_two_groups() {
    let lamp = |group: &str| vec![("lamps", json!({"id": "1", "displayName": "Desk", "assignments": to(group)}))];
    let left = side("t", lamp("g1"), &[("g1", "Pilot")]);
    let right = side("t", lamp("g2"), &[("g2", "Pilot")]);
    let found = compare(&left, &right, &[]);
    assert_eq!(found.differing[0].changes[0].at, "/assignments/groupAssignmentTarget, Pilot (g1)");
    assert_eq!(found.differing[0].changes.len(), 2);
    // A group that was only renamed is the same group.
    let renamed = side("t", lamp("g1"), &[("g1", "Pilots")]);
    assert_eq!(compare(&left, &renamed, &[]).equal, 1);
}

#[test]
fn a_script_is_compared_as_its_text() {
    let lamp = |text: &str| {
        vec![(
            "lamps",
            json!({"id": "1", "displayName": "Desk", "script": crate::policy::decode::to_base64(text.as_bytes())}),
        )]
    };
    let found = compare(&side("t", lamp("on\n"), &[]), &side("t", lamp("off\n"), &[]), &[]);
    let change = &found.differing[0].changes[0];
    assert_eq!((change.left.clone(), change.right.clone()), (Some(json!("on\n")), Some(json!("off\n"))));
}

#[test]
fn what_nobody_looked_for_is_not_missing() {
    let left = side("t", vec![("lamps", json!({"id": "1", "displayName": "Desk"}))], &[]);
    let mut right = side("t", vec![], &[]);
    right.types.insert("lamps".into(), Some("could not read them: 403".into()));
    let found = compare(&left, &right, &[]);
    assert!(found.differing.is_empty());
    assert!(found.findings[0].is(&codes::NOT_COMPARED) && found.findings[0].message.contains("403"), "{found:?}");
    right.types.remove("lamps");
    assert!(compare(&left, &right, &[]).findings[0].message.starts_with("does not contain types"));
    right.types.insert("lamps".into(), None);
    assert_eq!(places(&compare(&left, &right, &[])), [("Desk".into(), Fate::Removed, vec![])]);
}

#[test]
fn policies_of_one_name_are_paired_with_the_most_alike() {
    let lamp = |id: &str, watt: u32| ("lamps", json!({"id": id, "displayName": "Desk", "watt": watt, "color": watt}));
    let left = side("a", vec![lamp("1", 10), lamp("2", 20), lamp("3", 30)], &[]);
    let right = side("b", vec![lamp("7", 20), lamp("8", 30), lamp("9", 99)], &[]);
    let found = compare(&left, &right, &[]);
    assert_eq!(found.equal, 2);
    assert_eq!((found.differing[0].left.as_deref(), found.differing[0].right.as_deref()), (Some("1"), Some("9")));
}

#[test]
fn a_mapping_pairs_what_has_another_name() {
    let mut left = side("a", vec![("lamps", json!({"id": "1", "displayName": "Desk"}))], &[]);
    let right = side("b", vec![("lamps", json!({"id": "9", "displayName": "MIG Desk"}))], &[]);
    assert_eq!(compare(&left, &right, &[]).differing.len(), 2);
    left.mapped.insert(ObjectKey::new("lamps", "1"), "9".into());
    assert_eq!(places(&compare(&left, &right, &[])), [("MIG Desk".into(), Fate::Changed, vec!["/displayName".into()])]);
}
