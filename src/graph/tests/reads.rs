//! Reading: pages, links, retries, broken answers.

use serde_json::{Value, json};

use super::canned::{Server, error_answer, json_answer, raw_answer};
use crate::graph::{Api, GraphError, Settings};

const PATH: &str = "deviceManagement/configurationPolicies";

#[tokio::test]
async fn all_pages_are_read_even_past_an_empty_one() {
    let server = Server::start().await;
    let link = |n: u8| format!("{}beta/{PATH}?$skiptoken=a%2Bb{n}", server.url);
    server.graph([
        json_answer(200, &json!({"value": [{"id": "1"}], "@odata.nextLink": link(1)})),
        json_answer(200, &json!({"value": [], "@odata.nextLink": link(2)})),
        json_answer(200, &json!({"value": [{"id": "2"}], "@odata.nextLink": null})),
    ]);
    let values = server.client().list(Api::Beta, PATH).await.unwrap();
    assert_eq!(values, [json!({"id": "1"}), json!({"id": "2"})]);
    let asked = server.asked();
    assert_eq!(asked[1].target, format!("/beta/{PATH}?$skiptoken=a%2Bb1"), "a link is opaque");
    assert_eq!(asked[0].header("authorization"), Some("Bearer token-1"));
    assert_eq!(asked[1].header("prefer"), Some("include-unknown-enum-members"));
    assert!(asked[0].header("user-agent").unwrap().starts_with("NONISV|intune-ferry|intune-ferry/"));
    assert_ne!(asked[0].header("client-request-id"), asked[1].header("client-request-id"));
    assert_eq!(server.sign_ins().len(), 1);
}

#[tokio::test]
async fn links_that_go_round_in_a_circle_are_an_error() {
    let server = Server::start().await;
    let page =
        |n: u8| json_answer(200, &json!({"value": [{}], "@odata.nextLink": format!("{}beta/x?p={n}", server.url)}));
    server.graph([page(1), page(2), page(1), page(2), page(1)]);
    let error = server.client().list(Api::Beta, "x").await.unwrap_err();
    assert!(matches!(&error, GraphError::Unsound(facts) if facts.message.contains("loop")), "{error}");
}

/// Lists that cannot be right, each with a word of what is said of it.
fn contradictions(url: &str) -> Vec<(Vec<Value>, &'static str)> {
    let page = |values: Value, next: Option<usize>| json!({"value": values, "@odata.nextLink": next.map(|next| format!("{url}beta/x?p={next}"))});
    vec![
        (vec![page(json!([{"id": "1"}, null]), None)], "null"),
        (vec![page(json!([{"id": "a"}, {"id": "A"}]), None)], "twice"),
        // Another order on the second page: one comes twice, and another one may not have come at all.
        (vec![page(json!([{"id": "1"}, {"id": "2"}]), Some(1)), page(json!([{"id": "2"}]), None)], "twice"),
        ((0..300).map(|n| page(json!([]), Some(n))).collect(), "do not end"),
    ]
}

#[tokio::test]
async fn a_list_that_contradicts_itself_is_an_error_alone_and_in_a_batch() {
    for case in 0..contradictions("").len() {
        let server = Server::start().await;
        let (pages, word) = contradictions(server.url.as_str()).swap_remove(case);
        server.graph(pages.iter().map(|page| json_answer(200, page)));
        let error = server.client().list(Api::Beta, "x").await.unwrap_err();
        assert!(matches!(&error, GraphError::Unsound(facts) if facts.message.contains(word)), "{word}: {error}");

        let server = Server::start().await;
        let (pages, word) = contradictions(server.url.as_str()).swap_remove(case);
        let first = json!({"responses": [{"id": "0", "status": 200, "body": pages[0]}]});
        server.graph(std::iter::once(&first).chain(&pages[1..]).map(|page| json_answer(200, page)));
        let answers = server.client().batch(Api::Beta, &["x".to_owned()]).await;
        assert!(matches!(&answers[0], Err(GraphError::Unsound(_))), "{word}: {answers:?}");
    }
}

#[tokio::test]
async fn a_link_to_another_place_is_refused_and_gets_no_token() {
    let server = Server::start().await;
    let foreign = Server::start().await;
    let own = server.url.as_str().trim_end_matches('/').to_owned();
    for link in [
        format!("{}beta/x", foreign.url),
        own.replace("http://", "https://"),
        own.replace("http://", "http://user@"),
        "//elsewhere.example/beta".to_owned(),
    ] {
        server.graph([json_answer(200, &json!({"value": [{}], "@odata.nextLink": link}))]);
        let error = server.client().list(Api::Beta, "x").await.unwrap_err();
        assert!(matches!(error, GraphError::ForeignLink(_)), "{link}: {error}");
    }
    assert!(foreign.asked().is_empty());
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list() {
    let server = Server::start().await;
    server.graph([
        json_answer(200, &json!({"value": [{}], "@odata.nextLink": format!("{}beta/x?p=1", server.url)})),
        error_answer(403, "Forbidden", "no"),
    ]);
    assert!(server.client().list(Api::Beta, "x").await.unwrap_err().is_forbidden());
    server.graph([json_answer(200, &json!({"id": "not a list"}))]);
    assert!(matches!(server.client().list(Api::Beta, "x").await, Err(GraphError::Answer(_))));
}

#[tokio::test]
async fn throttling_is_waited_out_with_decimal_seconds() {
    let server = Server::start().await;
    server.graph([
        error_answer(429, "TooManyRequests", "slow down").header("Retry-After", "0.25"),
        json_answer(200, &json!({"id": "1"})),
    ]);
    let client = server.client();
    let started = std::time::Instant::now();
    client.get(Api::V1, PATH).await.unwrap();
    assert!(started.elapsed().as_millis() >= 250, "{:?}", started.elapsed());
    let figures = client.figures();
    assert_eq!((figures.sent, figures.throttled, figures.retried), (2, 1, 1));
    assert!(server.asked()[0].target.starts_with("/v1.0/"));
}

#[tokio::test]
async fn throttling_without_end_gives_up_and_a_wait_of_hours_at_once() {
    let server = Server::start().await;
    server.graph(std::iter::repeat_n(error_answer(429, "TooManyRequests", "slow down"), 6));
    assert!(server.client().get(Api::Beta, "x").await.unwrap_err().is_throttled());
    assert_eq!(server.asked().len(), 6);
    server.graph([error_answer(429, "TooManyRequests", "slow down").header("Retry-After", "7200")]);
    let error = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(error.is_throttled() && error.to_string().contains("7200 s"), "{error}");
}

#[tokio::test]
async fn a_truncated_or_broken_body_is_read_again_and_then_an_error() {
    let server = Server::start().await;
    let cut = raw_answer(200, &b"{\"id\":"[..]);
    server.graph([cut.clone().truncated(), cut.clone(), json_answer(200, &json!({"id": "1"}))]);
    assert_eq!(server.client().get(Api::Beta, "x").await.unwrap()["id"], "1");
    server.graph(std::iter::repeat_n(cut.truncated(), 6));
    let error = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(matches!(&error, GraphError::Answer(facts) if facts.message.contains("incomplete")), "{error}");
    server.graph(std::iter::repeat_n(raw_answer(200, "<html>"), 6));
    let error = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(matches!(&error, GraphError::Answer(facts) if facts.message.contains("not JSON")), "{error}");
}

#[tokio::test]
async fn intunes_nested_message_comes_out_readable_with_its_request_id() {
    let server = Server::start().await;
    let nested = json!({"Message": "Not here. - Operation ID (for customer support): o - Activity ID: act-7 - Url: https://internal.invalid/"});
    server.graph([error_answer(404, "ResourceNotFound", &nested.to_string())]);
    let error = server.client().get(Api::Beta, "x/1?$select=secretive").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(
        (error.status(), error.graph_code(), error.request_id()),
        (Some(404), Some("ResourceNotFound"), Some("act-7"))
    );
    let text = error.to_string();
    assert!(
        text.contains("GET beta/x/1: 404 ResourceNotFound: Not here. (request-id act-7)")
            && !text.contains("secretive"),
        "{text}"
    );
}

#[tokio::test]
async fn a_redirect_is_an_error_and_is_not_followed() {
    let server = Server::start().await;
    let foreign = Server::start().await;
    server.graph([raw_answer(302, "").header("Location", foreign.url.as_str())]);
    assert!(matches!(server.client().get(Api::Beta, "x").await, Err(GraphError::Redirect(_))));
    assert!(foreign.asked().is_empty());
}

#[tokio::test]
async fn nobody_at_home_is_unreachable() {
    let server = Server::start().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut settings = server.settings();
    settings.graph_url = format!("http://{closed}").parse().unwrap();
    let client = crate::graph::Client::new(settings).unwrap();
    let error = client.get(Api::Beta, "x").await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert_eq!(client.figures().sent, 6);
}

#[tokio::test]
async fn a_path_cannot_leave_the_versions_root() {
    let server = Server::start().await;
    let client = server.client();
    for path in ["../v1.0/me", "a/../../x", "%2e%2e/x", "x#y"] {
        assert!(matches!(client.get(Api::Beta, path).await, Err(GraphError::Setup { .. })), "{path}");
    }
    assert!(server.asked().is_empty());
    let relative = "deviceManagement/deviceConfigurations('1')";
    assert_eq!(client.bind_url(Api::Beta, relative), format!("{}beta/{relative}", server.url));
}

#[tokio::test]
async fn advanced_directory_queries_say_that_they_know() {
    let server = Server::start().await;
    server.graph([json_answer(200, &json!({})), json_answer(200, &json!({}))]);
    let client = server.client();
    client.get(Api::V1, "groups?$count=true&$filter=endsWith(mail,'x')").await.unwrap();
    client.get(Api::V1, "groups?$filter=displayName eq 'a'").await.unwrap();
    let asked = server.asked();
    assert_eq!((asked[0].header("consistencylevel"), asked[1].header("consistencylevel")), (Some("eventual"), None));
}

#[tokio::test]
async fn plain_http_elsewhere_and_a_missing_application_are_refused_before_anything_is_sent() {
    let server = Server::start().await;
    for change in [
        |settings: &mut Settings| settings.graph_url = "http://graph.example".parse().unwrap(),
        |settings: &mut Settings| settings.login_url = "http://login.example".parse().unwrap(),
        |settings: &mut Settings| settings.client_id = String::new(),
    ] {
        let mut settings = server.settings();
        change(&mut settings);
        assert!(crate::graph::Client::new(settings).is_err());
    }
}

#[tokio::test]
async fn a_body_nested_without_end_is_refused_at_once() {
    let server = Server::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    server.graph([raw_answer(200, deep.clone()), raw_answer(400, deep)]);
    let error = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(matches!(&error, GraphError::Answer(facts) if facts.message.contains("nested too deeply")), "{error}");
    assert_eq!(server.asked().len(), 1);
    assert!(matches!(server.client().get(Api::Beta, "x").await, Err(GraphError::Refused(_))));
}

#[tokio::test]
async fn a_small_answer_that_unpacks_without_end_is_bounded_too() {
    use std::io::Write as _;

    use crate::graph::http::{BodyError, http_client, read_body};
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&vec![b' '; 4_000_000]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 100_000);
    let server = Server::start().await;
    server.graph([raw_answer(200, packed).header("content-encoding", "gzip")]);
    let mut bomb = http_client(&server.url).unwrap().get(server.url.clone()).send().await.unwrap();
    assert!(matches!(read_body(&mut bomb, 1_000_000).await, Err(BodyError::TooLarge)));
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_no_further() {
    use crate::graph::http::{BodyError, http_client, read_body};
    let server = Server::start().await;
    server.graph(std::iter::repeat_n(raw_answer(200, vec![b'x'; 100_000]), 2));
    let http = http_client(&server.url).unwrap();
    let mut whole = http.get(server.url.clone()).send().await.unwrap();
    assert_eq!(read_body(&mut whole, 100_000).await.unwrap().len(), 100_000);
    let mut large = http.get(server.url.clone()).send().await.unwrap();
    assert!(matches!(read_body(&mut large, 99_999).await, Err(BodyError::TooLarge)));
}
