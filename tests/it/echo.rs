//! A service that answers what Graph never should: it repeats the request, or gives numbers that no calendar has.
//! Nothing of a token or a secret is shown then, and no command ends in the middle.

use std::net::TcpListener as Listener;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use intune_ferry::sandbox::{Failure, Fault};
use serde_json::{Value, json};

use crate::env::{CLIENT, Env, PRODUCTION, Ran, SECRET, TRIAL, YES, empty, exported, quick};
use crate::objects::{CONFIGURATIONS, guid};

/// A token as Entra's look: three parts, the first of which begins as all do.
const TOKEN: &str =
    "eyJ0eXAiOiJKV1QiLCJub25jZSI6IjEifQ.eyJhcHBpZCI6ImFwcCIsIm5hbWUiOiJ3aG8ifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

/// What is answered to a request for a token.
type SignIn = fn(&str) -> (StatusCode, Value);

/// A service that signs in so, and to everything else answers 400 with what it was sent.
fn service(sign_in: SignIn) -> Env {
    let env = Env::start(vec![empty(TRIAL, "Trial")], quick());
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
        if uri.path().ends_with("/oauth2/v2.0/token") {
            let (status, answer) = sign_in(&String::from_utf8_lossy(&body));
            return (status, axum::Json(answer)).into_response();
        }
        let asked = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let long = "x ".repeat(980);
        let message = format!("{asked} is refused; {} {long}{asked}", asked.trim_start_matches("Bearer eyJ0eXAi"));
        (StatusCode::BAD_REQUEST, axum::Json(json!({"error": {"code": asked, "message": message}}))).into_response()
    };
    env.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, Router::new().fallback(answer)).await.unwrap();
    });
    let profile = format!(
        "[tenants.odd]\ntenant_id = \"{TRIAL}\"\nclient_id = \"{CLIENT}\"\nauth = \"client-secret\"\n\
         client_secret_env = \"SANDBOX_SECRET\"\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), profile).unwrap();
    env
}

/// All that a run showed and wrote.
fn shown(env: &Env, ran: &Ran) -> String {
    let files: Vec<String> =
        env.files("").into_values().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    format!("{}\n{}\n{}", ran.out, ran.err, files.join("\n"))
}

#[test]
fn nothing_of_a_token_that_is_repeated_is_shown() {
    let env = service(|_| (StatusCode::OK, json!({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})));
    for words in [
        &["export", "odd", "--out", "tree", "--only", "assignment-filters", "-vv", "--log-file", "log"][..],
        &["export", "odd", "--out", "tree2", "--only", "assignment-filters", "--format", "json"],
        &["login", "odd", "-v"],
    ] {
        let ran = env.ferry(words);
        assert_ne!(ran.code, 0);
        let all = shown(&env, &ran);
        for piece in TOKEN.as_bytes().windows(12).map(|piece| String::from_utf8_lossy(piece)) {
            assert!(!all.contains(piece.as_ref()), "{piece} of the token is in:\n{all}");
        }
        assert!(all.contains("***"), "{all}");
    }
}

#[test]
fn nothing_of_a_client_secret_that_is_repeated_is_shown() {
    let env = service(|form| {
        let text = format!("AADSTS7000215: not good: {form}");
        (
            StatusCode::UNAUTHORIZED,
            json!({"error": form, "error_description": text, "error_codes": [1], "trace_id": "t"}),
        )
    });
    let ran = env.ferry(&["login", "odd", "--format", "json"]).exits(6);
    let all = shown(&env, &ran);
    assert!(all.contains("client_secret=***") && !all.contains(SECRET), "{all}");
}

#[test]
fn absurd_lifetimes_end_no_command() {
    fn of(life: &Value) -> (StatusCode, Value) {
        (
            StatusCode::OK,
            json!({"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": TOKEN}),
        )
    }
    let lives: [SignIn; 6] = [
        |_| of(&json!(i64::MAX)),
        |_| of(&json!(u64::MAX)),
        |_| of(&json!(i64::MIN)),
        |_| of(&json!(1e300)),
        |_| of(&json!("99999999999999999999")),
        |_| of(&json!(null)),
    ];
    for (index, life) in lives.into_iter().enumerate() {
        let env = service(life);
        let ran = env.ferry(&["export", "odd", "--out", "tree", "--format", "json"]);
        // Either the token is taken and the service then refuses, or the answer is not one.
        assert!([1, 5, 6].contains(&ran.code), "{index}: {}{}", ran.out, ran.err);
        assert!(!ran.out.contains("internal-error"), "{index}: {}", ran.out);
        assert_eq!(ran.json()["exitCode"], json!(ran.code));
    }
}

#[test]
fn a_secret_of_a_policy_is_shown_in_no_writing() {
    let secret = "p\u{e4}ss+w\u{f6}rd & \"more\"/\\";
    let wifi = json!({"@odata.type": "#microsoft.graph.windowsWifiConfiguration", "id": guid(7), "description": "",
        "displayName": "Wi-Fi", "ssid": "x", "networkName": "x", "connectAutomatically": true,
        "connectWhenNetworkNameIsHidden": false, "roleScopeTagIds": ["0"], "wifiSecurityType": "wpa2Personal",
        "preSharedKey": "of the source"});
    let env = exported(&json!({CONFIGURATIONS: [wifi]}), &json!({}));
    let told = env.plan(&[]).to_string();
    let is_key = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let key: String = told[told.find("FERRY_").unwrap()..].chars().take_while(is_key).collect();
    let escaped: Vec<String> = secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
    let percent: Vec<String> = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let writings = [
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        percent.concat(),
        json!({"preSharedKey": secret}).to_string(),
        escaped.concat(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(format!("{{\"preSharedKey\":\"{secret}\"}}")),
    ];
    for (index, writing) in writings.iter().enumerate() {
        env.sandbox().fail(Fault {
            method: Some("POST".into()),
            path: "/beta/deviceManagement/deviceConfigurations".into(),
            status: Failure::Status(400),
            message: Some(format!("no: {writing} is odd")),
            times: Some(1),
            ..Fault::default()
        });
        let journal = format!("{index}.ndjson");
        let words = [
            "import",
            "tree",
            "--to",
            "production",
            YES,
            "--format",
            "json",
            "--journal",
            &journal,
            "--html",
            "x.html",
        ];
        let ran = env.ferry_with(&words, &[(key.as_str(), secret)]).exits(5);
        let all = shown(&env, &ran);
        assert!(all.contains("is odd") && all.contains(&format!("no: {key}")) || all.contains("***"), "{all}");
        let quoted = json!(writing).to_string();
        for form in [writing.as_str(), quoted.trim_matches('"')] {
            assert!(!all.contains(form), "{form} is in:\n{all}");
        }
    }
    assert_eq!(env.writes(PRODUCTION), writings.len());
}
