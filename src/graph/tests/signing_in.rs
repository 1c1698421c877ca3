//! Sign-in: fresh tokens, device codes, refusals, and that no secret gets into an error.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::canned::{Canned, SECRET, Server, error_answer, json_answer, raw_answer};
use std::sync::{Arc, Mutex};

use crate::graph::sign_in::SignIn;
use crate::graph::{Api, Auth, Browser, BrowserPrompt, Client, DeviceCode, GraphError, InMemory};

fn refused(number: u32, text: &str) -> Canned {
    let description = format!("AADSTS{number}: {text}\r\nTrace ID: t-1\r\nCorrelation ID: c-1");
    json_answer(
        401,
        &json!({"error": "invalid_client", "error_description": description, "error_codes": [number], "trace_id": "t-1"}),
    )
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_and_not_forever() {
    let server = Server::start().await;
    server.graph([error_answer(401, "InvalidAuthenticationToken", "expired"), json_answer(200, &json!({}))]);
    let client = server.client();
    client.get(Api::Beta, "x").await.unwrap();
    let tokens: Vec<_> = server.asked().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);

    server.graph(std::iter::repeat_n(error_answer(401, "InvalidAuthenticationToken", "revoked"), 2));
    let error = client.get(Api::Beta, "x").await.unwrap_err();
    assert!(error.is_sign_in() && error.to_string().contains("revoked"), "{error}");
    assert_eq!((server.asked().len(), server.sign_ins().len()), (4, 3), "one new token, and no other");
}

#[tokio::test]
async fn a_token_that_ends_under_many_requests_is_replaced_once() {
    let server = Server::start().await;
    let sign_in = SignIn::new(server.settings()).unwrap();
    let ended = sign_in.token().await.unwrap();
    let lanes = (0..8).map(|_| async {
        sign_in.renew(&ended).await;
        sign_in.token().await.unwrap().bearer
    });
    let bearers = futures_util::future::join_all(lanes).await;
    assert!(bearers.iter().all(|bearer| bearer == "Bearer token-2"), "{bearers:?}");
    assert_eq!(server.sign_ins().len(), 2);
}

#[tokio::test]
async fn the_credential_asks_the_configured_tenant_for_graphs_scope() {
    let server = Server::start().await;
    server.client().sign_in().await.unwrap();
    let asked = server.sign_ins();
    assert_eq!(asked[0].target, "/contoso.example/oauth2/v2.0/token");
    assert!(asked[0].body.contains("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"), "{}", asked[0].body);
    assert_eq!(asked[0].header("authorization"), None);
}

#[tokio::test]
async fn a_wrong_secret_is_said_plainly_asked_once_and_never_shown() {
    let server = Server::start().await;
    server.token([refused(7_000_215, &format!("Invalid client secret '{SECRET}'."))]);
    let client = server.client();
    let (first, second) = tokio::join!(client.get(Api::Beta, "x"), client.get(Api::Beta, "y"));
    assert_eq!(server.sign_ins().len(), 1, "asking again with a wrong secret locks accounts");
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(
            matches!(&error, GraphError::SignIn { code: Some(7_000_215), request_id: Some(id), .. } if id == "t-1"),
            "{error:?}"
        );
        assert!(error.to_string().contains("the client secret is wrong"), "{error}");
        assert!(!format!("{error} {error:?} {client:?}").contains(SECRET));
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_unknown_number_keeps_the_services_words_without_the_secret() {
    let server = Server::start().await;
    server.token([refused(4_242, &format!("Odd: {SECRET}"))]);
    let error = server.client().sign_in().await.unwrap_err();
    assert_eq!(error.to_string(), "sign-in failed: AADSTS4242: Odd: ***");
}

#[tokio::test]
async fn passing_trouble_of_the_sign_in_service_is_waited_out() {
    let server = Server::start().await;
    server.token([raw_answer(503, "<html>"), raw_answer(429, "").header("Retry-After", "0.01")]);
    server.client().sign_in().await.unwrap();
    server.token(std::iter::repeat_n(raw_answer(500, ""), 6));
    assert!(server.client().sign_in().await.unwrap_err().is_unreachable());
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_a_sign_in_error() {
    for body in [Value::Null, json!({}), json!({"access_token": "a\nb", "expires_in": 3600})] {
        let server = Server::start().await;
        server.token([json_answer(200, &body)]);
        let error = server.client().sign_in().await.unwrap_err();
        assert!(error.is_sign_in(), "{error}");
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_never_used() {
    let server = Server::start().await;
    // {"tid": "00000000-0000-4000-8000-000000000001"}
    let token = "e30.eyJ0aWQiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEifQ.s";
    server.token([json_answer(200, &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}))]);
    let mut settings = server.settings();
    settings.tenant_id = "00000000-0000-4000-8000-000000000002".to_owned();
    let error = Client::new(settings).unwrap().get(Api::Beta, "x").await.unwrap_err();
    assert!(error.is_sign_in() && error.to_string().contains("correct tenant_id"), "{error}");
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_person_is_asked_once_and_then_the_refresh_token_does_it() {
    let server = Server::start().await;
    let code = json!({"device_code": "d-1", "user_code": "ABC", "verification_uri": "https://x/", "expires_in": 60, "interval": 1});
    let token = |name: &str| {
        let body = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": name, "refresh_token": format!("refresh-of-{name}")});
        json_answer(200, &body)
    };
    let pending = json_answer(400, &json!({"error": "authorization_pending", "error_codes": [70016]}));
    let revoked = json_answer(400, &json!({"error": "invalid_grant", "error_codes": [50173]}));
    let code = || json_answer(200, &code);
    server.token([code(), pending, token("t-1"), token("t-2"), revoked, code(), token("t-3")]);
    let again = || error_answer(401, "InvalidAuthenticationToken", "expired");
    server.graph([again(), json_answer(200, &json!({})), again(), json_answer(200, &json!({}))]);

    let prompts = Arc::new(Mutex::new(Vec::new()));
    let shown = prompts.clone();
    let mut settings = server.settings();
    let way = DeviceCode::new(move |prompt| shown.lock().unwrap().push(prompt.clone()), Arc::new(InMemory::default()));
    settings.auth = Auth::DeviceCode(way);
    let client = Client::new(settings).unwrap();
    client.get(Api::Beta, "x").await.unwrap();
    assert_eq!(prompts.lock().unwrap().len(), 1);
    client.get(Api::Beta, "x").await.unwrap();
    assert_eq!(prompts.lock().unwrap().len(), 2, "the refresh token was revoked");
    let sent: Vec<String> = server.sign_ins().into_iter().map(|asked| asked.body).collect();
    assert!(sent[0].contains("offline_access") && sent[1].contains("device_code=d-1"), "{sent:?}");
    assert!(sent[3].contains("refresh_token=refresh-of-t-1") && sent[4].contains("refresh-of-t-2"), "{sent:?}");
    let tokens: Vec<_> = server.asked().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(tokens, ["Bearer t-1", "Bearer t-2", "Bearer t-2", "Bearer t-3"]);
    assert!(!format!("{client:?}").contains("refresh-of"));
}

#[tokio::test]
async fn a_code_is_shown_again_to_a_service_that_did_not_answer_and_only_then() {
    let server = Server::start().await;
    let (send, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let prompt = move |prompt: &BrowserPrompt| send.send(prompt.address.clone()).unwrap();
    let keep = Arc::new(InMemory::default());
    let mut settings = server.settings();
    let within = std::time::Duration::from_secs(30);
    settings.auth = Auth::Browser(Browser::new(prompt, None, within, keep));
    let client = Client::new(settings).unwrap();
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let person = async {
        let address = asked.recv().await.unwrap();
        let start = browser.get(&address).send().await.unwrap();
        let page = url::Url::parse(start.headers()["location"].to_str().unwrap()).unwrap();
        let of = |name: &str| page.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned();
        let claims = json!({"nonce": of("nonce"), "aud": of("client_id")}).to_string();
        let identity = format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims));
        let body = json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "t-1", "id_token": identity});
        server.token([raw_answer(503, ""), json_answer(200, &body)]);
        let form = format!("code=c-1&state={}", of("state"));
        let home = address.rsplit_once('/').unwrap().0.to_owned();
        let answer = browser.post(home).header("content-type", "application/x-www-form-urlencoded").body(form);
        assert_eq!(answer.send().await.unwrap().status(), 200);
    };
    let (signed_in, ()) = tokio::join!(client.sign_in(), person);
    signed_in.unwrap();
    let sent: Vec<String> = server.sign_ins().into_iter().map(|asked| asked.body).collect();
    assert_eq!(sent.len(), 2);
    assert!(sent[0] == sent[1] && sent[0].contains("code=c-1") && sent[0].contains("code_verifier="), "{sent:?}");
}

#[tokio::test]
async fn a_step_up_is_told_from_a_missing_permission() {
    let server = Server::start().await;
    let challenge = "Bearer error=\"insufficient_claims\", claims=\"e30\"";
    server.graph([error_answer(403, "Forbidden", "No.").header("www-authenticate", challenge)]);
    let error = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(error.is_forbidden() && error.to_string().contains("stronger sign-in"), "{error}");
    server.graph([error_answer(403, "Forbidden", "No.")]);
    let plain = server.client().get(Api::Beta, "x").await.unwrap_err();
    assert!(!plain.to_string().contains("stronger"), "{plain}");
}

fn not_for_applications() -> Canned {
    error_answer(401, "UnknownError", "Unsupported app-only call.")
}

#[tokio::test]
async fn a_401_of_one_resource_is_its_refusal_once_the_token_is_taken_elsewhere() {
    let server = Server::start().await;
    let fine = || json_answer(200, &json!({"value": []}));
    // The refusal, the same with a new token, and the first question again with that token.
    server.graph([fine(), not_for_applications(), not_for_applications(), fine()]);
    let client = server.client();
    client.get(Api::V1, "organization").await.unwrap();
    let error = client.get(Api::Beta, "policies/scope").await.unwrap_err();
    assert!(error.is_forbidden() && error.to_string().contains("Unsupported app-only call."), "{error}");
    assert_eq!(server.sign_ins().len(), 2);

    // The next one needs no new token: one look elsewhere shows that this one is good.
    server.graph([not_for_applications(), fine()]);
    assert!(client.get(Api::Beta, "policies/other").await.unwrap_err().is_forbidden());
    assert_eq!(server.sign_ins().len(), 2);

    // A token that really ends is still replaced.
    let ended = || error_answer(401, "InvalidAuthenticationToken", "expired");
    server.graph([ended(), ended(), fine()]);
    client.get(Api::Beta, "x").await.unwrap();
    assert_eq!(server.sign_ins().len(), 3);
    // And one that no one takes any more ends it all.
    server.graph([ended(), ended(), ended(), ended()]);
    assert!(client.get(Api::Beta, "x").await.unwrap_err().is_sign_in());
}

#[tokio::test]
async fn a_401_inside_a_batch_is_the_refusal_of_that_part() {
    let server = Server::start().await;
    let refused = json!({"error": {"code": "Forbidden", "message": "{\"Message\": \"An error has occurred\"}"}});
    let parts = || {
        json_answer(
            200,
            &json!({"responses": [
                {"id": "0", "status": 401, "body": refused}, {"id": "1", "status": 200, "body": {"id": "b"}}
            ]}),
        )
    };
    let again = json!({"responses": [{"id": "0", "status": 401, "body": refused}]});
    let fine = json_answer(200, &json!({"id": "b"}));
    // The part again with a new token, then the part that was answered, alone.
    server.graph([parts(), json_answer(200, &again), fine]);
    let client = server.client();
    let answers = client.batch(Api::Beta, &["a".to_owned(), "b".to_owned()]).await;
    assert!(answers[0].as_ref().unwrap_err().is_forbidden(), "{:?}", answers[0]);
    assert_eq!(answers[1].as_ref().unwrap()["id"], "b");
    assert_eq!(server.sign_ins().len(), 2);
}
