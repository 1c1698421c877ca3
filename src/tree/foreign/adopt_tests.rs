//! Small folders of each shape that other tools write, read with a small catalogue.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::tests_fixture::{catalogue, messages, only, read, read_bytes};
use super::*;
use crate::finding::codes;
use crate::policy::Kept;

#[test]
fn a_secret_is_sealed_and_shapes_no_id() {
    let key = |id: Option<&str>, secret: &str| json!({"@odata.type": "#microsoft.graph.iosWiFiConfiguration", "id": id, "displayName": "W", "preSharedKey": secret});
    let alone = |secret: &str| only(&read(&[("1.json", key(None, secret))])).id().unwrap().to_owned();
    assert_eq!(alone("one"), alone("two"));
    let adopted =
        read(&[("1.json", key(None, "one")), ("2.json", key(None, "two")), ("3.json", key(Some("x"), "three"))]);
    assert_eq!(adopted.counts.adopted, 3);
    for policy in adopted.policies.iter().map(Kept::open) {
        assert!(policy.text("preSharedKey").is_none() && policy.text("preSharedKey@ferry.secret").is_some());
    }
    let ids: std::collections::BTreeSet<_> = adopted.policies.iter().map(Kept::key).collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn full_metadata_in_utf16_becomes_what_graph_answers_with() {
    let export = json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/deviceConfigurations(assignments())/$entity",
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "@odata.editLink": "deviceManagement/deviceConfigurations('11111111-1111-4111-8111-111111111111')/microsoft.graph.windows10CustomConfiguration",
        "id": "11111111-1111-4111-8111-111111111111", "displayName": "Custom", "version": 3,
        "createdDateTime@odata.type": "#DateTimeOffset", "createdDateTime": "2024-01-01T00:00:00Z",
        "roleScopeTagIds@odata.type": "#Collection(String)", "roleScopeTagIds": "0",
        "omaSettings": {"@odata.type": "microsoft.graph.omaSettingString", "omaUri": "./x", "value": "%OrganizationId%"},
        "assignments@odata.context": "x", "deviceStatuses@odata.navigationLink": "x",
        "assignments": [{"@odata.type": "#microsoft.graph.deviceConfigurationAssignment", "id": "1", "source": "direct",
            "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}}],
        "#microsoft.graph.assign": {"title": "microsoft.graph.assign", "target": "x"}
    });
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend(export.to_string().encode_utf16().flat_map(u16::to_le_bytes));
    let table = json!({"TenantId": "tenant-1", "Organization": "Contoso", "Objects": [
        {"Id": "g", "DisplayName": "Laptops", "Type": "Group"}]});
    let adopted = read_bytes(&[
        ("A/DeviceConfiguration/Custom.json", bytes),
        ("A/MigrationTable.json", table.to_string().into_bytes()),
    ]);
    assert_eq!(only(&adopted).type_name, "profiles");
    assert_eq!(
        only(&adopted).to_value(),
        json!({
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": "11111111-1111-4111-8111-111111111111",
            "displayName": "Custom", "roleScopeTagIds": ["0"],
            "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "omaUri": "./x", "value": "tenant-1"}],
            "assignments": [{"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": "g"}}]
        })
    );
    assert_eq!(adopted.tenant.as_ref().unwrap().display_name.as_deref(), Some("Contoso"));
    assert_eq!(adopted.directory.name("group", "g"), Some("Laptops"));
    assert_eq!(adopted.findings, []);
}

#[test]
fn side_files_join_their_policy_and_a_policy_of_that_name_stays_one() {
    let adopted = read(&[
        (
            "AT/Office.json",
            json!({"@odata.type": "#microsoft.graph.groupPolicyConfiguration", "id": "a", "displayName": "Office"}),
        ),
        (
            "AT/Office_Settings.json",
            json!([{"enabled": true, "#Definition_displayName": "Mode",
            "definition@odata.bind": "https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions('d1')"}]),
        ),
        (
            "ES/Disk.json",
            json!({"@odata.type": "#microsoft.graph.deviceManagementIntent", "id": "b", "displayName": "Disk"}),
        ),
        ("ES/Disk_Settings.json", json!({"definitionId": "x", "valueJson": "true"})),
        ("ES/Disk_Settings_Settings.json", json!([{"definitionId": "y"}])),
        ("SC/Base.json", json!({"name": "Base", "platforms": "macOS", "settings": []})),
        ("SC/Base_Settings.json", json!({"name": "Base_Settings", "platforms": "linux", "settings": []})),
    ]);
    let of = |id: &str| adopted.policies.iter().find(|policy| policy.id() == Some(id)).unwrap().to_value();
    assert_eq!(
        of("a")["definitionValues"],
        json!([{"enabled": true, "definition": {"id": "d1", "displayName": "Mode"}}])
    );
    assert_eq!(of("b")["settings"], json!([{"definitionId": "x", "valueJson": "true"}]));
    assert_eq!(adopted.counts.adopted, 2, "{:?}", adopted.findings);
    assert_eq!(adopted.counts.helpers, 2);
    // The owner of the third side file is itself a side file; the two catalog policies may be either type.
    assert_eq!(messages(&adopted, &codes::NOT_RECOGNIZED).len(), 3, "{:?}", adopted.findings);
}

#[test]
fn the_folder_breaks_a_tie_and_nothing_is_guessed_without_one() {
    let policy = json!({"name": "A", "platforms": "linux", "settings": [{}]});
    let adopted = read(&[("Compliance/x.json", policy.clone())]);
    assert_eq!(only(&adopted).type_name, "linux");
    let adopted = read(&[("x/Compliance/y/SettingsCatalog/x.json", policy.clone())]);
    assert_eq!(only(&adopted).type_name, "catalog");
    let adopted = read(&[("x.json", policy)]);
    assert_eq!(messages(&adopted, &codes::NOT_RECOGNIZED), ["x.json: it may be one of catalog, linux"]);
}

#[test]
fn the_part_may_stand_under_the_name_it_is_sent_by() {
    let adopted =
        read(&[("x.json", json!({"displayName": "A", "TemplateId": "t", "settingsDelta": [{"definitionId": "d"}]}))]);
    let policy = only(&adopted).to_value();
    assert_eq!((&policy["templateId"], &policy["settings"][0]["definitionId"]), (&json!("t"), &json!("d")));
    assert!(uuid::Uuid::try_parse(policy["id"].as_str().unwrap()).is_ok());
}

fn wifi(id: &str, links: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windowsWifiEnterpriseEAPConfiguration", "id": id, "displayName": "Wi-Fi",
        "#CustomRef_rootCertificatesForServerValidation": links})
}

fn root(id: &str, name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows81TrustedRootCertificate", "id": id, "displayName": name})
}

#[test]
fn links_are_found_by_name_and_never_lost_silently() {
    let adopted = read(&[
        ("1.json", root("r1", "Root, old")),
        ("2.json", root("r2", "Root")),
        ("3.json", root("r3", "Twice")),
        ("4.json", root("r4", "Twice")),
        ("5.json", wifi("w1", "Root, old|:|#microsoft.graph.windows81TrustedRootCertificate")),
        ("6.json", wifi("w2", "Root,Twice,None")),
        (
            "7.json",
            json!({"@odata.type": "#microsoft.graph.windowsWifiEnterpriseEAPConfiguration", "id": "w3", "displayName": "X"}),
        ),
    ]);
    let of = |id: &str| adopted.policies.iter().find(|policy| policy.id() == Some(id)).map(Kept::to_value);
    let bind = "rootCertificatesForServerValidation@odata.bind";
    assert_eq!(of("w1").unwrap()[bind], json!(["deviceManagement/deviceConfigurations('r1')"]));
    assert_eq!(
        of("w2").unwrap()[bind],
        json!(["deviceManagement/deviceConfigurations('r2')", "deviceManagement/deviceConfigurations('r3')"])
    );
    assert_eq!(
        messages(&adopted, &codes::LINK_UNRESOLVED),
        ["profiles/Wi-Fi: no policy, or more than one, is named `None`"]
    );
    // The two that are called the same are the same, so the name is clear.
    assert_eq!(messages(&adopted, &codes::DUPLICATE_OBJECT).len(), 1);
}

#[test]
fn a_link_to_nothing_or_to_several_is_said() {
    let mut other = root("r4", "Twice");
    other["description"] = json!("another");
    let adopted = read(&[("3.json", root("r3", "Twice")), ("4.json", other), ("6.json", wifi("w", "Twice,None"))]);
    assert_eq!(
        messages(&adopted, &codes::LINK_UNRESOLVED),
        ["profiles/Wi-Fi: no policy, or more than one, is named `Twice`, `None`"]
    );
    let adopted = read(&[("7.json", {
        let mut silent = wifi("w", "");
        silent.as_object_mut().unwrap().remove("#CustomRef_rootCertificatesForServerValidation");
        silent
    })]);
    assert_eq!(messages(&adopted, &codes::LINK_NOT_EXPORTED).len(), 1);
}

#[test]
fn copies_are_dropped_and_what_pointed_at_them_points_at_the_kept_one() {
    let filter =
        |id: &str, rule: &str| json!({"id": id, "displayName": "F", "platform": "iOS", "rule": rule, "version": id});
    let mut pointing = filter("C", "b");
    pointing["about"] = json!({"filter": "b"});
    let adopted = read(&[
        ("1.json", filter("A", "a")),
        ("2.json", filter("B", "a")),
        ("3.json", filter("a", "other")),
        ("4.json", pointing),
    ]);
    assert_eq!(
        messages(&adopted, &codes::DUPLICATE_OBJECT),
        ["2.json: filters/F is identical to the one in 1.json, which was used"]
    );
    assert_eq!(adopted.policies[2].to_value()["about"]["filter"], "A");
    assert_eq!(messages(&adopted, &codes::ID_SHARED).len(), 1);
    assert_ne!(adopted.policies[1].id(), Some("a"));
    assert_eq!(adopted.counts.adopted, 3);
}

#[test]
fn lists_hold_policies_and_groups() {
    let adopted = read(&[
        (
            "f.json",
            json!({"filters": [{"displayName": "F", "platform": "iOS", "rule": "r"}, {"displayName": "G"}, {"displayName": "H"}]}),
        ),
        (
            "g.json",
            json!({"groups": [{"displayName": "Static", "description": "x"}, {"displayName": "Dyn", "membershipRule": "r"}]}),
        ),
        (
            "Groups/All.json",
            json!({"id": "g1", "displayName": "All", "mailEnabled": false, "securityEnabled": true, "organizationId": "%OrganizationId%"}),
        ),
        (
            "v.json",
            json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/intents", "value": [{"id": "1", "displayName": "I"}]}),
        ),
    ]);
    assert_eq!(
        adopted.policies.iter().map(|policy| policy.type_name.as_str()).collect::<Vec<_>>(),
        ["filters", "intents"]
    );
    assert_eq!(adopted.directory.iter().count(), 3);
    assert_eq!(adopted.directory.name("group", "g1"), Some("All"));
    assert_eq!(adopted.counts.helpers, 3);
    assert_eq!(
        messages(&adopted, &codes::NOT_RECOGNIZED),
        ["f.json: 2 objects: no @odata.context and no @odata.type; it has displayName"]
    );
}

#[test]
fn what_is_broken_or_unknown_is_said_and_the_rest_goes_on() {
    let texts = [
        ("a.json", "{\n \"a\": }"),
        ("b.json", ""),
        ("c.json", "[]"),
        ("d.json", "3"),
        ("e.txt", "no JSON"),
        ("f.json", r##"{"@odata.type": "#microsoft.graph.winGetApp", "displayName": "App"}"##),
        ("g.json", r##"{"@odata.type": "#microsoft.graph.color"}"##),
        ("h.json", r#"{"name": "A", "name": "B", "platforms": "linux", "settings": "System.Object[]"}"#),
        (
            "SettingsCatalog/i.json",
            r#"{"name": "A", "name": "B", "platforms": "linux", "settings": "System.Object[]"}"#,
        ),
        (".json", r#"{"displayName": "F", "platform": "iOS", "rule": "%OrganizationId%"}"#),
        ("dir.json/k.json", r#"{"x": 1}"#),
        (".git/config.json", "{"),
    ];
    let bytes: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    let adopted = read_bytes(&bytes.into_iter().filter(|(name, _)| !name.starts_with(".git")).collect::<Vec<_>>());
    assert_eq!(only(&adopted).text("displayName"), Some("F"));
    let damaged = messages(&adopted, &codes::DAMAGED_FILE);
    assert_eq!(damaged.len(), 4, "{damaged:?}");
    assert!(damaged.iter().any(|message| message.contains("depth")), "{damaged:?}");
    let first = adopted.findings.iter().find(|finding| finding.subject == "a.json").unwrap();
    assert_eq!(first.at.as_deref(), Some("line 2, column 7"));
    assert_eq!(messages(&adopted, &codes::DUPLICATE_KEY).len(), 2);
    assert_eq!(messages(&adopted, &codes::TENANT_PLACEHOLDER).len(), 1);
    let unknown = messages(&adopted, &codes::NOT_RECOGNIZED);
    assert!(
        unknown.contains(&String::from("f.json: winGetApp (mobileApp) is not supported by this version")),
        "{unknown:?}"
    );
    assert_eq!((adopted.counts.other_files, adopted.counts.not_recognized), (1, 6));
}

#[test]
fn a_folder_of_several_tenants_has_no_source() {
    let table = |id: &str| json!({"TenantId": id, "Objects": []});
    let adopted = read(&[
        ("a/MigrationTable.json", table("1")),
        ("b/MigrationTable.json", table("2")),
        ("c/MigrationTable.json", table("1")),
    ]);
    assert_eq!(adopted.tenant, None);
    assert_eq!(messages(&adopted, &codes::SEVERAL_SOURCE_TENANTS), ["MigrationTable.json: tenants 1, 2"]);
}

#[test]
fn a_tree_and_a_missing_folder_are_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ferry-tree.json"), "{}").unwrap();
    assert!(matches!(adopt(folder.path(), &catalogue(), Options::default()), Err(ForeignError::AlreadyATree { .. })));
    assert!(matches!(
        adopt(&folder.path().join("no"), &catalogue(), Options::default()),
        Err(ForeignError::NotAFolder { .. })
    ));
}

/// JSON made of the words that the readers look for, in any shape.
fn any_json() -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(vec![
        "id",
        "a",
        "%OrganizationId%",
        "@{a=b}",
        "System.Object[]",
        "#microsoft.graph.iosCustomConfiguration",
        "T|:|#t",
        "https://graph.microsoft.com/beta/$metadata#deviceManagement/intents",
        "('')",
        "",
    ]);
    let key = proptest::sample::select(vec![
        "value",
        "groups",
        "id",
        "displayName",
        "name",
        "platforms",
        "settings",
        "rule",
        "platform",
        "TenantId",
        "Objects",
        "@odata.type",
        "@odata.context",
        "@odata.id",
        "definitionValues",
        "definition@odata.bind",
        "presentationValues",
        "assignments",
        "omaSettings",
        "#CustomRef_rootCertificatesForServerValidation",
        "templateId",
        "settingsDelta",
        "é/~",
    ]);
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), word.prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Reading checks by itself that every file and object is accounted for.
    #[test]
    fn nothing_that_a_folder_holds_is_lost_or_stops_the_reading(first in any_json(), second in any_json()) {
        let files = [("x.json", first), ("x_Settings.json", second.clone()), ("Groups/y.json", second)];
        prop_assert_eq!(read(&files).policies, read(&files).policies);
    }
}
