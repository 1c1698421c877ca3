//! Lists and items.

use std::{collections::BTreeSet, time::Duration};

use super::*;

fn root_certificate(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows81TrustedRootCertificate", "id": id, "displayName": "Root", "trustedRootCertificate": "AAAA", "certFileName": "root.cer"})
}

#[tokio::test]
async fn lists_come_in_pages_and_are_complete() {
    let groups: Vec<Value> = (0..23).map(|n| json!({"id": format!("g{n}"), "displayName": format!("G{n}")})).collect();
    let client = start(behaviour(), seed(json!({"groups": groups}))).await;
    let (items, pages) = client.all("groups?$select=id,displayName&$top=999").await;
    let ids: BTreeSet<&str> = items.iter().map(|g| g["id"].as_str().unwrap()).collect();
    assert_eq!((items.len(), ids.len()), (23, 23));
    assert!(pages >= 5, "{pages}");
    let first = client.get("groups?$select=id&$top=7").await;
    let link = first.body["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&client.running.url) && link.contains("$select=id"), "{link}");
    assert_eq!(first.body["value"].as_array().unwrap().len(), 5);
    assert_eq!(client.get("groups?$top=1000").await.status, 400);
}

#[tokio::test]
async fn some_lists_hold_an_empty_page_with_a_next_link() {
    let mut empty = 0;
    for number in 0..3 {
        let groups: Vec<Value> = (0..11).map(|n| json!({"id": format!("g{n}"), "displayName": "G"})).collect();
        let client = start(Behaviour { seed: number, ..behaviour() }, seed(json!({"groups": groups}))).await;
        let second = client.get("groups?$skiptoken=1").await;
        if second.body["value"].as_array().unwrap().is_empty() && second.body["@odata.nextLink"].is_string() {
            empty += 1;
        }
        assert_eq!(client.all("groups").await.0.len(), 11);
    }
    assert_eq!(empty, 1);
}

#[tokio::test]
async fn keys_change_their_order_and_volatile_values_change() {
    let client = plain().await;
    let id = client.made(CONFIGURATIONS, root_certificate("x")).await;
    let path = format!("{CONFIGURATIONS}/{id}");
    let mut texts = BTreeSet::new();
    let mut versions = BTreeSet::new();
    for _ in 0..6 {
        let answer = client.get(&path).await;
        let keys: Vec<String> = answer.text.split('"').skip(1).step_by(2).map(ToOwned::to_owned).collect();
        texts.insert(keys);
        versions.insert(answer.body["version"].as_i64().unwrap());
    }
    assert!(texts.len() > 2 && versions.len() == 6);
}

#[tokio::test]
async fn lists_leave_out_what_is_heavy() {
    let client = plain().await;
    let script = json!({"displayName": "S", "fileName": "s.ps1", "scriptContent": "QQ==", "runAsAccount": "system"});
    let id = client.made("deviceManagement/deviceManagementScripts", script).await;
    let (list, _) = client.all("deviceManagement/deviceManagementScripts").await;
    assert_eq!(list[0]["scriptContent"], Value::Null);
    let item = client.get(&format!("deviceManagement/deviceManagementScripts/{id}")).await;
    assert_eq!(item.body["scriptContent"], "QQ==");

    let policy = client.made("deviceManagement/configurationPolicies", catalog_policy("P", 30)).await;
    let (list, _) = client.all("deviceManagement/configurationPolicies").await;
    assert!(list[0].get("settings").is_none() && list[0].get("assignments").is_none());
    assert_eq!(list[0]["settingCount"], 30);
    assert_eq!(client.get("deviceManagement/configurationPolicies?$expand=settings").await.status, 400);
    let path = format!("deviceManagement/configurationPolicies('{policy}')");
    let (settings, pages) = client.all(&format!("{path}/settings?$top=1000")).await;
    assert_eq!(settings.len(), 30);
    assert!(pages == 2 || pages == 3, "25 to a page, perhaps with an empty one");
    assert_eq!(settings[29]["id"], "29");
    let item = client.get(&format!("{path}?$expand=settings")).await;
    assert_eq!(item.body["settings"].as_array().unwrap().len(), 30);
}

#[tokio::test]
async fn new_objects_appear_in_lists_only_later() {
    let behaviour = Behaviour { list_lag: Duration::from_millis(400), ..behaviour() };
    let client = start(behaviour, seed(Value::Null)).await;
    let id = client.made(CONFIGURATIONS, root_certificate("x")).await;
    assert_ne!(id, "x");
    assert!(client.all(CONFIGURATIONS).await.0.is_empty());
    assert_eq!(client.get(&format!("{CONFIGURATIONS}/{id}")).await.status, 200);
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(client.all(CONFIGURATIONS).await.0.len(), 1);
}

#[tokio::test]
async fn new_groups_cannot_be_used_at_once() {
    let behaviour = Behaviour { group_lag: Duration::from_millis(400), ..behaviour() };
    let client = start(behaviour, seed(Value::Null)).await;
    let incomplete = client.post("groups", json!({"displayName": "G"})).await;
    assert_eq!(incomplete.status, 400);
    let body = json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
    let group = client.made("groups", body).await;
    let id = client.made(CONFIGURATIONS, root_certificate("x")).await;
    let assign = json!({"assignments": [to_group(&group)]});
    let path = format!("{CONFIGURATIONS}/{id}/assign");
    assert_eq!(client.post(&path, assign.clone()).await.status, 400);
    assert_eq!(client.get(&format!("groups/{group}")).await.status, 200);
    assert!(client.get("groups?$filter=displayName eq 'g'").await.body["value"].as_array().unwrap().is_empty());
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(client.post(&path, assign).await.status, 200);
    let found = client.get("groups?$filter=displayName eq 'g'").await;
    assert_eq!(found.body["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn certificate_links_show_only_where_they_are_asked_for() {
    let scep = json!({
        "@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile", "id": "scep", "displayName": "SCEP",
        "rootCertificate@odata.bind": format!("{CONFIGURATIONS}('root')")
    });
    let alone =
        json!({"@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile", "id": "alone", "displayName": "A"});
    let client = start(behaviour(), seed(json!({CONFIGURATIONS: [root_certificate("root"), scep, alone]}))).await;
    let item = client.get(&format!("{CONFIGURATIONS}/scep")).await;
    assert!(!item.text.contains("rootCertificate"), "{}", item.text);
    let cast = "microsoft.graph.windows81SCEPCertificateProfile/rootCertificate";
    let linked = client.get(&format!("{CONFIGURATIONS}/scep/{cast}")).await;
    assert_eq!((linked.status, linked.body["id"].as_str()), (200, Some("root")));
    assert_eq!(client.get(&format!("{CONFIGURATIONS}/alone/{cast}")).await.status, 404);
    assert_eq!(client.get(&format!("{CONFIGURATIONS}/scep/rootCertificate")).await.status, 400);
    let expanded = client.get(&format!("{CONFIGURATIONS}/scep?$expand={cast}")).await;
    assert_eq!(expanded.body["rootCertificate"]["id"], "root");
    let full =
        client.get_with(&format!("{CONFIGURATIONS}/scep"), "accept", "application/json;odata.metadata=full").await;
    let link = full.body["rootCertificate@odata.navigationLink"].as_str().unwrap();
    assert_eq!(client.get(link).await.body["id"], "root");
    assert!(full.body["#microsoft.graph.assign"].is_object());
}

#[tokio::test]
async fn queries_that_graph_refuses_are_refused() {
    let client = plain().await;
    for path in [
        "nowhere",
        "deviceManagement/nothing",
        "groups?$filter=displayName ne 'x'",
        "groups?$filter=contains(displayName,'x')",
        "groups?$search=\"displayName:x\"",
        "groups?$count=true",
        "groups?$skip=5",
        "groups?$top=0",
        "deviceManagement/assignmentFilters?$filter=displayName eq 'x'",
        "deviceManagement/termsAndConditions?$expand=assignments",
        "deviceManagement/deviceCompliancePolicies?$expand=scheduledActionsForRule",
        "deviceManagement/deviceConfigurations?$select=nothing",
        "deviceManagement/intents?$select=nothing",
    ] {
        let refused = client.get(path).await;
        assert_eq!(refused.status, 400, "{path}: {}", refused.text);
    }
    let v1 = client.get(&format!("{}/v1.0/deviceManagement/configurationPolicies", client.running.url)).await;
    assert_eq!(v1.status, 400);
    let bare = client.get(&format!("{}/deviceManagement/intents", client.running.url)).await;
    assert!(bare.message().contains("Invalid version"), "{}", bare.text);
    let advanced =
        client.get_with("groups?$count=true&$filter=displayName ne 'x'", "consistencylevel", "eventual").await;
    assert_eq!(advanced.body["@odata.count"], 1);
}

#[tokio::test]
async fn types_stand_only_where_they_say_something() {
    let client = plain().await;
    let id = client.made("deviceManagement/configurationPolicies", catalog_policy("P", 1)).await;
    let policy = client.get(&format!("deviceManagement/configurationPolicies/{id}?$expand=settings")).await.body;
    assert!(policy.get("@odata.type").is_none() && policy["@odata.context"].is_string());
    assert!(policy["settings"][0].get("@odata.type").is_none());
    assert!(policy["settings"][0]["settingInstance"]["@odata.type"].is_string());
    let id = client.made(CONFIGURATIONS, root_certificate("x")).await;
    assert!(client.get(&format!("{CONFIGURATIONS}/{id}")).await.body["@odata.type"].is_string());
}

#[tokio::test]
async fn later_members_of_an_enumeration_are_named_only_to_who_asks_for_them() {
    let client = plain().await;
    let mut policy = catalog_policy("Mac and headset", 1);
    policy["platforms"] = json!("macOS,visionOS");
    let id = client.made("deviceManagement/configurationPolicies", policy).await;
    let path = format!("deviceManagement/configurationPolicies/{id}");
    assert_eq!(client.get(&path).await.body["platforms"], "unknownFutureValue");
    let asked = client.get_with(&path, "prefer", "include-unknown-enum-members").await;
    assert_eq!(asked.body["platforms"], "macOS,visionOS");
    let list = client.get("deviceManagement/configurationPolicies").await;
    assert_eq!(list.body["value"][0]["platforms"], "unknownFutureValue");
}

#[tokio::test]
async fn an_expanded_collection_of_the_directory_stops_at_twenty() {
    let members: Vec<Value> = (0..23).map(|n| json!({"id": format!("m{n}")})).collect();
    let group = json!({"id": GROUP, "displayName": "Many", "securityEnabled": true, "members": members});
    let client = start(behaviour(), seed(json!({"groups": [group]}))).await;
    let answer = client.get(&format!("groups/{GROUP}?$expand=members")).await;
    assert_eq!(answer.body["members"].as_array().unwrap().len(), 20, "{}", answer.text);
    assert!(!answer.text.contains("nextLink"), "{}", answer.text);
    assert_eq!(client.all(&format!("groups/{GROUP}/members")).await.0.len(), 23);
}
