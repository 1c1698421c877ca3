//! Batches: order, single failures, pages within parts.

use serde_json::{Value, json};

use super::canned::{Canned, Server, error_answer, json_answer};
use crate::graph::{Api, GraphError};

fn part(id: usize, status: u16, body: &Value) -> Value {
    json!({"id": id.to_string(), "status": status, "headers": {"Content-Type": "application/json"}, "body": body})
}

fn answer(parts: &[Value]) -> Canned {
    json_answer(200, &json!({ "responses": parts }))
}

fn throttled(id: usize) -> Value {
    let mut part = part(id, 429, &json!({"error": {"code": "TooManyRequests", "message": "slow"}}));
    part["headers"]["Retry-After"] = json!("0.02");
    part
}

fn paths(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("deviceManagement/x/{n}/assignments")).collect()
}

#[tokio::test]
async fn answers_come_in_any_order_and_only_a_throttled_part_is_sent_again() {
    let server = Server::start().await;
    let missing = json!({"error": {"code": "ResourceNotFound", "message": "gone"}});
    server.graph([
        answer(&[part(2, 404, &missing), throttled(1), part(0, 200, &json!({"n": 0}))]),
        answer(&[part(0, 200, &json!({"n": 1}))]),
    ]);
    let client = server.client();
    let answers = client.batch(Api::Beta, &paths(3)).await;
    assert_eq!(answers[0], Ok(json!({"n": 0})));
    assert_eq!(answers[1], Ok(json!({"n": 1})));
    assert!(answers[2].as_ref().unwrap_err().is_not_found());
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].target.as_str()), (2, "/beta/$batch"));
    let again: Value = serde_json::from_str(&asked[1].body).unwrap();
    let headers = json!({"Prefer": "include-unknown-enum-members"});
    let part = json!({"id": "0", "method": "GET", "url": "/deviceManagement/x/1/assignments", "headers": headers});
    assert_eq!(again["requests"], json!([part]));
    let figures = client.figures();
    assert_eq!((figures.sent, figures.batched, figures.throttled, figures.retried), (2, 4, 1, 1));
}

#[tokio::test]
async fn more_than_twenty_go_in_several_batches() {
    let server = Server::start().await;
    let whole: Vec<Value> = (0..20).map(|id| part(id, 200, &json!({"id": id}))).collect();
    server.graph([answer(&whole), answer(&whole), answer(&whole)]);
    let answers = server.client().batch(Api::Beta, &paths(45)).await;
    assert!(answers.len() == 45 && answers.iter().all(Result::is_ok));
    let mut sizes: Vec<usize> = server.asked().iter().map(|asked| asked.body.matches("GET").count()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 20, 20]);
}

#[tokio::test]
async fn a_part_that_is_only_a_first_page_is_read_to_its_end() {
    let server = Server::start().await;
    let first = json!({"value": [1, 2], "@odata.nextLink": format!("{}beta/deviceManagement/x/0/assignments?$skip=2", server.url)});
    server.graph([answer(&[part(0, 200, &first)]), json_answer(200, &json!({"value": [3]}))]);
    assert_eq!(server.client().batch(Api::Beta, &paths(1)).await, [Ok(json!({"value": [1, 2, 3]}))]);
    let foreign = json!({"value": [1], "@odata.nextLink": "https://elsewhere.example/x"});
    server.graph([answer(&[part(0, 200, &foreign)])]);
    let answers = server.client().batch(Api::Beta, &paths(1)).await;
    assert!(matches!(answers[0], Err(GraphError::ForeignLink(_))));
}

#[tokio::test]
async fn a_collection_is_a_list_or_an_error_and_its_beginning_is_enough_to_know_that_it_holds_something() {
    let server = Server::start().await;
    for odd in [json!({}), json!({"value": null}), json!({"value": {}}), json!([1])] {
        server.graph([answer(&[part(0, 200, &odd)])]);
        let lists = server.client().lists(Api::Beta, &paths(1)).await;
        assert!(matches!(lists[0], Err(GraphError::Answer(_))), "{odd}");
    }
    let link = format!("{}beta/deviceManagement/x/0/assignments?$skip=2", server.url);
    let first = json!({"value": [1], "@odata.nextLink": link});
    server.graph([answer(&[part(0, 200, &first)])]);
    assert_eq!(server.client().beginnings(Api::Beta, &paths(1)).await, [Ok(vec![json!(1)])]);
    // An empty page may have a next one.
    let empty = json!({"value": [], "@odata.nextLink": link});
    server.graph([answer(&[part(0, 200, &empty)]), json_answer(200, &json!({"value": [3]}))]);
    assert_eq!(server.client().beginnings(Api::Beta, &paths(1)).await, [Ok(vec![json!(3)])]);
}

#[tokio::test]
async fn a_part_without_an_answer_is_asked_for_again_and_then_an_error() {
    let server = Server::start().await;
    server.graph(std::iter::repeat_n(
        answer(&[part(0, 200, &json!({})), json!("odd"), json!({"id": "99", "status": 200})]),
        1,
    ));
    server.graph(std::iter::repeat_n(answer(&[]), 5));
    let answers = server.client().batch(Api::Beta, &paths(2)).await;
    assert!(answers[0].is_ok() && matches!(answers[1], Err(GraphError::Answer(_))), "{answers:?}");
}

#[tokio::test]
async fn a_malformed_batch_is_asked_singly_and_a_failed_one_fails_its_parts() {
    let server = Server::start().await;
    server.graph([
        error_answer(400, "BadRequest", "malformed"),
        json_answer(200, &json!({"n": 0})),
        error_answer(404, "ResourceNotFound", "no"),
    ]);
    let answers = server.client().batch(Api::Beta, &paths(2)).await;
    assert!(answers[0] == Ok(json!({"n": 0})) && answers[1].as_ref().unwrap_err().is_not_found());
    server.graph([error_answer(403, "Forbidden", "no")]);
    let answers = server.client().batch(Api::Beta, &paths(2)).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().is_forbidden()));
    assert!(server.client().batch(Api::Beta, &[]).await.is_empty());
}

#[tokio::test]
async fn a_part_whose_token_has_run_out_gets_a_fresh_one() {
    let server = Server::start().await;
    let stale = json!({"error": {"code": "InvalidAuthenticationToken", "message": "expired"}});
    server.graph([answer(&[part(0, 401, &stale)]), answer(&[part(0, 200, &json!({"n": 0}))])]);
    assert_eq!(server.client().batch(Api::Beta, &paths(1)).await, [Ok(json!({"n": 0}))]);
    assert_eq!(server.asked()[1].header("authorization"), Some("Bearer token-2"));
}
