//! A service that means harm, or is broken: what it answers is refused or bounded with a clear error, and the
//! token goes nowhere else.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::env::{CLIENT, Env, Ran, SECRET, TRIAL, empty, quick};

const TOKEN: &str = "the-token-that-must-not-leave";
const TOKEN_ANSWER: &str =
    "{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"the-token-that-must-not-leave\"}";

type Answer = Arc<dyn Fn(&str, &mut TcpStream) + Send + Sync>;

/// A listener that answers each request by a function, and remembers what it was sent.
struct Listener {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
    ends: Arc<AtomicBool>,
}

impl Listener {
    fn start(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (heard, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stop, answer): (_, _, Answer) = (heard.clone(), ends.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answer) = (log.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &log, &answer));
            }
        });
        Self { address, heard, ends }
    }

    /// One that no one should ever talk to.
    fn foreign() -> Self {
        Self::start(|_, stream| json(stream, "200 OK", "", "{\"value\":[]}"))
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
    }
}

/// One request per connection.
fn serve(mut stream: TcpStream, log: &Mutex<Vec<String>>, answer: &Answer) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let complete = |request: &[u8]| {
        let text = String::from_utf8_lossy(request).to_lowercase();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        (body.len() >= length.unwrap_or(0)).then_some(())
    };
    while complete(&request).is_none() {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    log.lock().unwrap().push(request.clone());
    answer(&request, &mut stream);
}

fn json(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// Gives a token, and answers Graph's requests by the function.
fn service(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Listener {
    Listener::start(move |request, stream| {
        if request.contains("/oauth2/v2.0/token") {
            json(stream, "200 OK", "", TOKEN_ANSWER);
        } else {
            answer(request, stream);
        }
    })
}

/// A folder with a profile for these two addresses.
fn folder(graph_url: &str, login_url: &str) -> Env {
    let env = Env::start(vec![empty(TRIAL, "Contoso Trial")], quick());
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nclient_id = \"{CLIENT}\"\nclient_secret_env = \"SANDBOX_SECRET\"\n\
         graph_url = \"{graph_url}\"\nlogin_url = \"{login_url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    env
}

#[track_caller]
fn export(env: &Env, code: i32) -> Ran {
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--only", "settings-catalog"]).exits(code);
    assert!(!ran.err.contains(TOKEN) && !ran.out.contains(TOKEN), "the token was printed");
    ran
}

/// What `GET /organization` gives, so that the export goes on to the policies.
fn organization(request: &str, stream: &mut TcpStream) -> bool {
    let asked = request.starts_with("GET /v1.0/organization");
    if asked {
        let body = format!("{{\"value\":[{{\"id\":\"{TRIAL}\",\"displayName\":\"Contoso\",\"verifiedDomains\":[]}}]}}");
        json(stream, "200 OK", "", &body);
    }
    asked
}

#[test]
fn a_next_link_to_a_foreign_host_is_a_finding_and_is_not_followed() {
    let foreign = Listener::foreign();
    let link = format!("{}/beta/deviceManagement/configurationPolicies?$skiptoken=1", foreign.url());
    let service = service(move |request, stream| {
        if !organization(request, stream) {
            json(stream, "200 OK", "", &format!("{{\"value\":[],\"@odata.nextLink\":\"{link}\"}}"));
        }
    });
    let env = folder(&service.url(), &service.url());
    let ran = export(&env, 5);
    assert!(ran.out.contains("next page") && ran.out.contains("read-failed"), "{}", ran.out);
    assert!(service.heard().iter().any(|request| request.contains(TOKEN)), "the test sends a token");
    assert_eq!(foreign.heard(), Vec::<String>::new());
}

#[test]
fn a_redirect_is_not_followed_neither_with_the_token_nor_with_the_secret() {
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let foreign = Listener::foreign();
        let location = format!("location: {}/v1.0/organization\r\n", foreign.url());
        let to_graph = location.clone();
        let graph = service(move |_, stream| json(stream, status, &to_graph, ""));
        let ran = export(&folder(&graph.url(), &graph.url()), 1);
        assert!(ran.err.contains("redirected") && ran.err.contains("fix:"), "{}", ran.err);
        let login = Listener::start(move |_, stream| json(stream, status, &location, ""));
        let ran = export(&folder(&graph.url(), &login.url()), 1);
        assert!(ran.err.contains("redirect, which is not followed"), "{}", ran.err);
        assert!(login.heard().iter().any(|request| request.contains(SECRET)), "the test sends a secret");
        assert_eq!(foreign.heard(), Vec::<String>::new(), "{status}");
    }
}

#[test]
fn plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    let service = service(|_, stream| json(stream, "200 OK", "", "{\"value\":[]}"));
    for (graph, login) in [
        ("http://graph.elsewhere.example", service.url().as_str()),
        (service.url().as_str(), "http://login.elsewhere.example"),
        ("http://127.0.0.1.elsewhere.example", service.url().as_str()),
    ] {
        let ran = export(&folder(graph, login), 2);
        assert!(ran.err.contains("use https"), "{}", ran.err);
    }
    assert_eq!(service.heard(), Vec::<String>::new());
}

#[test]
fn a_retry_after_of_a_year_is_not_waited_for() {
    let started = Instant::now();
    let year = "retry-after: 31536000\r\n";
    let graph = service(move |_, stream| json(stream, "429 Too Many Requests", year, "{}"));
    let ran = export(&folder(&graph.url(), &graph.url()), 7);
    assert!(ran.err.contains("retry after 31536000 s"), "{}", ran.err);
    let login = Listener::start(move |_, stream| json(stream, "503 Service Unavailable", year, "{}"));
    let ran = export(&folder(&graph.url(), &login.url()), 7);
    assert!(ran.err.contains("retry after 31536000 s"), "{}", ran.err);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn an_answer_of_two_gigabytes_is_read_to_its_bound_only() {
    let sent = Arc::new(AtomicU64::new(0));
    let counted = sent.clone();
    let service = service(move |request, stream| {
        if organization(request, stream) {
            return;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
        let block = vec![b' '; 1 << 20];
        let _ = stream.write_all(head.as_bytes());
        for _ in 0..2048 {
            let written = write!(stream, "{:x}\r\n", block.len())
                .and_then(|()| stream.write_all(&block))
                .and_then(|()| stream.write_all(b"\r\n"));
            if written.is_err() {
                break;
            }
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let env = folder(&service.url(), &service.url());
    let ran = export(&env, 5);
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the body is larger than 256 MiB"), "{}", ran.out);
    let megabytes = sent.load(Ordering::SeqCst);
    assert!((200..400).contains(&megabytes), "{megabytes} MiB were taken");
    let requests = service.heard().iter().filter(|request| request.contains("configurationPolicies")).count();
    assert_eq!(requests, 1, "it is not asked for again");
}

#[test]
fn a_json_nested_ten_thousand_deep_is_an_error_at_once() {
    let deep = format!("{{\"value\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let service = service(move |request, stream| {
        if !organization(request, stream) {
            json(stream, "200 OK", "", &deep);
        }
    });
    let env = folder(&service.url(), &service.url());
    let ran = export(&env, 5);
    assert!(ran.out.contains("nested too deeply"), "{}", ran.out);
    let deep = Listener::start(|_, stream| json(stream, "200 OK", "", &"[".repeat(10_000)));
    export(&folder(&deep.url(), &deep.url()), 6);
}

/// A TLS listener whose certificate no one has vouched for; it counts what is said inside.
fn untrusted(said: Arc<AtomicU64>) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (config, said) = (config.clone(), said.clone());
            std::thread::spawn(move || {
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let mut tls = rustls::ServerConnection::new(config).unwrap();
                let mut bytes = [0; 4096];
                let read = rustls::Stream::new(&mut tls, &mut stream).read(&mut bytes).unwrap_or(0);
                said.fetch_add(read as u64, Ordering::SeqCst);
            });
        }
    });
    address
}

#[test]
fn a_certificate_that_is_not_trusted_gets_nothing() {
    let started = Instant::now();
    let said = Arc::new(AtomicU64::new(0));
    let tls = untrusted(said.clone());
    let service = service(|_, stream| json(stream, "200 OK", "", "{\"value\":[]}"));
    for (graph, login) in [(tls.as_str(), service.url().as_str()), (service.url().as_str(), tls.as_str())] {
        let ran = export(&folder(graph, login), 7);
        assert!(ran.err.contains("certificate is not trusted") && ran.err.contains(&tls), "{}", ran.err);
        assert!(ran.err.contains("trust store"), "{}", ran.err);
    }
    assert_eq!(said.load(Ordering::SeqCst), 0);
    assert!(started.elapsed() < Duration::from_secs(20), "it is not tried again: {:?}", started.elapsed());
}
