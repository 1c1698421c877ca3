//! Faults, limits and lost connections.

use std::time::Duration;

use super::super::{Failure, Fault};
use super::*;

async fn with(fault: Fault) -> Client {
    let mut behaviour = behaviour();
    behaviour.faults = vec![fault];
    let groups: Vec<Value> = (0..12).map(|n| json!({"id": format!("g{n}"), "displayName": "G"})).collect();
    start(behaviour, seed(json!({"groups": groups}))).await
}

#[tokio::test]
async fn a_page_can_fail_and_recover() {
    let client = with(Fault {
        path: "/groups?*$skiptoken=1".into(),
        status: Failure::Status(503),
        retry_after: Some("1.5".into()),
        times: Some(1),
        ..Fault::default()
    })
    .await;
    let first = client.get("groups?$top=5").await;
    let link = first.body["@odata.nextLink"].as_str().unwrap().to_owned();
    let failed = client.get(&link).await;
    assert_eq!((failed.status, failed.headers["retry-after"].to_str().unwrap()), (503, "1.5"));
    assert_eq!(client.get(&link).await.status, 200);
}

#[tokio::test]
async fn a_write_can_land_although_it_fails() {
    let client = with(Fault {
        method: Some("POST".into()),
        path: "groups".into(),
        times: Some(1),
        apply_write: true,
        ..Fault::default()
    })
    .await;
    let body = json!({"displayName": "New", "mailEnabled": false, "mailNickname": "n", "securityEnabled": true});
    assert_eq!(client.post("groups", body).await.status, 500);
    let found = client.get("groups?$filter=displayName eq 'New'").await;
    assert_eq!(found.body["value"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn connections_drop_answers_break_off_and_requests_hang() {
    for failure in [Failure::Drop, Failure::Truncate, Failure::Hang] {
        let client =
            with(Fault { path: "organization".into(), status: failure, times: Some(1), ..Fault::default() }).await;
        let sent = client.request(Method::GET, "organization").timeout(Duration::from_millis(300)).send().await;
        match failure {
            Failure::Truncate => assert!(sent.unwrap().text().await.is_err()),
            Failure::Hang => assert!(sent.unwrap_err().is_timeout()),
            _ => assert!(!sent.unwrap_err().is_timeout()),
        }
        assert_eq!(client.get("organization").await.status, 200);
        let log = client.running.requests(TENANT);
        assert_eq!(log.iter().filter(|r| r.path.contains("organization")).count(), 2);
    }
}

#[tokio::test]
async fn limits_hold_when_asked_for() {
    let client = start(Behaviour { throttle: true, ..behaviour() }, seed(Value::Null)).await;
    assert_eq!(client.get("identity/conditionalAccess/policies").await.status, 200);
    let second = client.get("identity/conditionalAccess/policies").await;
    assert_eq!(second.status, 429);
    assert!(!second.headers.contains_key("retry-after"));
    for _ in 0..100 {
        client.post("deviceManagement/deviceCategories", json!({"displayName": "x"})).await;
    }
    let refused = client.post("deviceManagement/deviceCategories", json!({"displayName": "x"})).await;
    assert_eq!(refused.status, 429);
    assert!(refused.headers["retry-after"].to_str().unwrap().contains('.'));
}
