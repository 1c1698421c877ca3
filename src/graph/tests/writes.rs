//! Writing: what may be sent twice, and what must not.

use serde_json::{Value, json};

use super::canned::{Server, error_answer, json_answer, raw_answer};
use crate::graph::{Api, GraphError, Method, Write, WriteKind};

const PATH: &str = "deviceManagement/configurationPolicies";

fn write<'a>(method: Method, path: &'a str, body: Option<&'a Value>, kind: WriteKind) -> Write<'a> {
    Write { method, api: Api::Beta, path, body, kind, approval: None }
}

async fn create(server: &Server) -> Result<Option<Value>, GraphError> {
    let body = json!({"name": "ünï"});
    server.client().send(write(Method::POST, PATH, Some(&body), WriteKind::Create)).await
}

#[tokio::test]
async fn a_create_sends_its_body_once_and_gives_the_object() {
    let server = Server::start().await;
    server.graph([json_answer(201, &json!({"id": "n1"}))]);
    assert_eq!(create(&server).await.unwrap(), Some(json!({"id": "n1"})));
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].method.as_str(), asked[0].body.as_str()), (1, "POST", r#"{"name":"ünï"}"#));
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_create_whose_outcome_is_not_known_is_never_repeated() {
    for answer in [
        error_answer(500, "InternalServerError", "oops"),
        error_answer(504, "UnknownError", "late").header("Retry-After", "0"),
        error_answer(503, "serviceNotAvailable", "no time given"),
        raw_answer(201, "{").truncated(),
        raw_answer(201, "{"),
    ] {
        let server = Server::start().await;
        server.graph([answer, json_answer(201, &json!({"id": "second"}))]);
        let error = create(&server).await.unwrap_err();
        assert!(error.is_uncertain(), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_create_is_repeated_after_throttling_and_a_503_that_names_a_time() {
    let server = Server::start().await;
    server.graph([
        error_answer(503, "serviceNotAvailable", "later").header("Retry-After", "0.01"),
        error_answer(429, "TooManyRequests", "slow"),
        json_answer(201, &json!({"id": "n1"})),
    ]);
    assert_eq!(create(&server).await.unwrap(), Some(json!({"id": "n1"})));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_refused_create_is_refused_and_an_approval_is_recognised() {
    let server = Server::start().await;
    server.graph([error_answer(400, "BadRequest", "the header x-msft-approval-justification is required")]);
    let error = create(&server).await.unwrap_err();
    assert!(matches!(error, GraphError::Refused(_)) && error.needs_approval(), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn idempotent_writes_are_repeated_and_may_have_no_body() {
    let server = Server::start().await;
    server.graph([error_answer(500, "InternalServerError", "oops"), raw_answer(204, "")]);
    let client = server.client();
    let path = format!("{PATH}/1/assign");
    let body = json!({"assignments": []});
    let answer = client.send(write(Method::POST, &path, Some(&body), WriteKind::Idempotent)).await.unwrap();
    assert_eq!((answer, client.figures().retried), (None, 1));
}

#[tokio::test]
async fn a_repeated_delete_that_finds_nothing_has_done_its_work() {
    let server = Server::start().await;
    let client = server.client();
    let delete = || client.send(write(Method::DELETE, "deviceManagement/x/1", None, WriteKind::Idempotent));
    server.graph([error_answer(504, "UnknownError", "late"), error_answer(404, "ResourceNotFound", "gone")]);
    assert_eq!(delete().await.unwrap(), None);
    server.graph([error_answer(429, "TooManyRequests", "slow"), error_answer(404, "ResourceNotFound", "never was")]);
    assert!(delete().await.unwrap_err().is_not_found(), "a throttled delete did nothing");
    server.graph([error_answer(404, "ResourceNotFound", "never was")]);
    assert!(delete().await.unwrap_err().is_not_found());
}
