//! `$batch`.

use super::super::{Failure, Fault};
use super::*;

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

#[tokio::test]
async fn parts_have_their_own_status_and_come_in_any_order() {
    let mut behaviour = behaviour();
    behaviour.faults = vec![Fault {
        path: "servicePrincipals".into(),
        status: Failure::Status(429),
        retry_after: Some("7".into()),
        ..Fault::default()
    }];
    let client = start(behaviour, seed(json!({"groups": [{"id": GROUP, "displayName": "G"}]}))).await;
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let requests = json!([
            get("a", "/groups"),
            get("b", "groups/nobody"),
            get("c", "/servicePrincipals"),
            get("d", "/organization")
        ]);
        let answer = client.post("$batch", json!({"requests": requests})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let responses = answer.body["responses"].as_array().unwrap();
        let of = |id: &str| responses.iter().find(|r| r["id"] == id).unwrap();
        assert_eq!(
            (&of("a")["status"], &of("b")["status"], &of("c")["status"]),
            (&json!(200), &json!(404), &json!(429))
        );
        assert_eq!(of("c")["headers"]["Retry-After"], "7");
        assert_eq!(of("a")["body"]["value"][0]["id"], GROUP);
        orders.insert(responses.iter().map(|r| r["id"].to_string()).collect::<String>());
    }
    assert!(orders.len() > 1);
}

#[tokio::test]
async fn malformed_batches_are_refused_whole() {
    let client = plain().await;
    let many: Vec<Value> = (0..21).map(|n| get(&n.to_string(), "groups")).collect();
    let write = json!({"id": "1", "method": "POST", "url": "groups", "body": {}});
    for requests in [
        json!(many),
        json!([get("x", "groups"), get("X", "groups")]),
        json!([write]),
        json!([]),
        json!([{"id": "1", "url": "groups"}]),
    ] {
        let refused = client.post("$batch", json!({"requests": requests})).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
}

#[tokio::test]
async fn dependents_of_a_failed_part_are_not_done() {
    let client = plain().await;
    let delete = json!({"id": "2", "method": "DELETE", "url": format!("groups/{GROUP}"), "dependsOn": ["1"]});
    let answer = client.post("$batch", json!({"requests": [get("1", "groups/nobody"), delete]})).await;
    let responses = answer.body["responses"].as_array().unwrap();
    assert_eq!(responses.iter().find(|r| r["id"] == "2").unwrap()["status"], 424);
    assert_eq!(client.get(&format!("groups/{GROUP}")).await.status, 200);
}
