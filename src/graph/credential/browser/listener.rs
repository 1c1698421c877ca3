//! The port of this computer that waits for the browser. It answers three things: the start, which leads to the sign-in
//! service, the answer of this very sign-in, once, and "no" to all else. Whoever else can reach the port is on this
//! computer, or is a page in its browser.

use std::future::IntoFuture as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::super::refusal::NoToken;
use super::question::{Question, Recognizer};

/// Far more than a code with its state.
const LARGEST: usize = 64 * 1024;
/// How long the page that says "you can close this window" may take to arrive.
const FAREWELL: Duration = Duration::from_secs(2);
/// How many free ports are tried where another program has the same port of IPv6.
const PORTS: usize = 8;

const DONE: &str = "The sign-in has arrived. You can close this window; intune-ferry goes on in its terminal.";
const REFUSED: &str = "The sign-in did not succeed. You can close this window; intune-ferry says why in its terminal.";
const FOREIGN: &str = "This answer does not belong to the sign-in that intune-ferry is waiting for, and was not used. \
                       Close this window, and open the address that intune-ferry shows in its terminal.";
const UNKNOWN: &str = "There is nothing here. Open the address that intune-ferry shows in its terminal.";

/// What the browser brought.
#[derive(Debug)]
pub(super) enum BrowserAnswer {
    /// The code.
    Code(SecretString),
    /// The service's no, or the person's.
    Refused { error: String, description: String },
}

/// An open port.
#[derive(Debug)]
pub(super) struct Listener {
    sockets: Vec<TcpListener>,
    port: u16,
}

impl Listener {
    /// Opens this port, or a free one, on this computer only. `localhost` is an address of IPv4 and one of IPv6: another
    /// program must not have one of them.
    pub(super) async fn open(wanted: Option<u16>) -> Result<Self, NoToken> {
        for _ in 0..PORTS {
            let failed = |error: io::Error| refuse(wanted, &error);
            let v4 = bind(Ipv4Addr::LOCALHOST.into(), wanted.unwrap_or(0)).await.map_err(failed)?;
            let port = v4.local_addr().map_err(failed)?.port();
            match bind(Ipv6Addr::LOCALHOST.into(), port).await {
                Ok(v6) => return Ok(Self { sockets: vec![v4, v6], port }),
                Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Ok(Self { sockets: vec![v4], port }),
                Err(error) if wanted.is_some() => return Err(failed(error)),
                Err(_) => {}
            }
        }
        Err(refuse(wanted, &io::ErrorKind::AddrInUse.into()))
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Where the service answers to. Entra compares it with the registered `http://localhost` without the port.
    /// (learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions, read 2026-11-30)
    pub(super) fn redirect(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the answer of this sign-in, and closes the port.
    pub(super) async fn answer(
        self,
        question: &Question,
        page: Url,
        within: Duration,
    ) -> Result<BrowserAnswer, NoToken> {
        let (answered, answer) = oneshot::channel();
        let desk = Arc::new(Desk {
            authority: format!("localhost:{}", self.port),
            start: format!("/{}", question.start),
            page: page.into(),
            open: Mutex::new(Some(answered)),
            foreign: AtomicBool::new(false),
            own: question.recognizer(),
        });
        let closing = CancellationToken::new();
        let app = Router::new().fallback(serve).with_state(Arc::clone(&desk));
        let served = self.sockets.into_iter().map(|socket| {
            let closed = closing.clone().cancelled_owned();
            tokio::spawn(axum::serve(socket, app.clone()).with_graceful_shutdown(closed).into_future())
        });
        let served = Served(served.collect());
        let Ok(Ok(answer)) = tokio::time::timeout(within, answer).await else {
            return Err(NoToken::Final(too_late(within, desk.foreign.load(Ordering::Relaxed))));
        };
        closing.cancel();
        let _ = tokio::time::timeout(FAREWELL, served.ended()).await;
        Ok(answer)
    }
}

/// The servers of the port; they end with this.
struct Served(Vec<tokio::task::JoinHandle<io::Result<()>>>);

impl Served {
    async fn ended(mut self) {
        for task in &mut self.0 {
            let _ = task.await;
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

async fn bind(address: IpAddr, port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address, port)).await
}

fn refuse(wanted: Option<u16>, error: &io::Error) -> NoToken {
    NoToken::Final(match wanted {
        Some(port) if error.kind() == io::ErrorKind::AddrInUse => {
            format!("another program uses port {port}; name another one with --sign-in-port, or omit it")
        }
        Some(port) => format!("port {port} of this computer cannot be opened: {error}"),
        None => format!("no port of this computer can be opened: {error}"),
    })
}

fn too_late(within: Duration, foreign: bool) -> String {
    let seconds = within.as_secs();
    let time = if seconds.is_multiple_of(60) && seconds > 0 {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    };
    let foreign = if foreign { "; an answer that does not belong to it was refused" } else { "" };
    format!("the sign-in in the browser was not finished within {time}{foreign}; run the command again")
}

/// What the port knows.
struct Desk {
    /// What the browser must call it.
    authority: String,
    start: String,
    page: String,
    /// Taken by the answer.
    open: Mutex<Option<oneshot::Sender<BrowserAnswer>>>,
    /// Whether an answer came that is not this sign-in's.
    foreign: AtomicBool,
    own: Recognizer,
}

async fn serve(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A name that leads here from elsewhere is a trick of a page (DNS rebinding).
    if text(&parts.headers, header::HOST.as_str()) != desk.authority || parts.uri.authority().is_some() {
        return shown(StatusCode::MISDIRECTED_REQUEST, UNKNOWN);
    }
    match (&parts.method, parts.uri.path()) {
        (&Method::GET, path) if path == desk.start && parts.uri.query().is_none() => start(&desk),
        (&Method::GET, "/") => answered(&desk, parts.uri.query().unwrap_or_default().as_bytes()),
        (&Method::POST, "/") => {
            let kind = text(&parts.headers, header::CONTENT_TYPE.as_str());
            if kind.split(';').next().unwrap_or_default().trim() != "application/x-www-form-urlencoded" {
                return shown(StatusCode::UNSUPPORTED_MEDIA_TYPE, UNKNOWN);
            }
            match to_bytes(body, LARGEST).await {
                Ok(form) => answered(&desk, &form),
                Err(_) => shown(StatusCode::PAYLOAD_TOO_LARGE, UNKNOWN),
            }
        }
        (_, "/") => shown(StatusCode::METHOD_NOT_ALLOWED, UNKNOWN),
        _ => shown(StatusCode::NOT_FOUND, UNKNOWN),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Leads to the sign-in service.
fn start(desk: &Desk) -> Response {
    let headers = [
        (header::LOCATION, desk.page.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn answered(desk: &Desk, form: &[u8]) -> Response {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(form).into_owned().collect();
    // RFC 6749: no parameter is there twice.
    let only = |name: &str| {
        let mut values = fields.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    };
    let (code, error) = (only("code").filter(|code| !code.is_empty()), only("error").filter(|error| !error.is_empty()));
    if code.is_none() && error.is_none() {
        return shown(StatusCode::NOT_FOUND, UNKNOWN);
    }
    if !only("state").is_some_and(|state| desk.own.is_own(state)) {
        desk.foreign.store(true, Ordering::Relaxed);
        return shown(StatusCode::BAD_REQUEST, FOREIGN);
    }
    let Some(waiting) = desk.open.lock().unwrap_or_else(PoisonError::into_inner).take() else {
        return shown(StatusCode::CONFLICT, FOREIGN);
    };
    let (answer, says) = match (error, code) {
        (None, Some(code)) => (BrowserAnswer::Code(code.to_owned().into()), DONE),
        (error, _) => {
            let description = only("error_description").unwrap_or_default().to_owned();
            (BrowserAnswer::Refused { error: error.unwrap_or_default().to_owned(), description }, REFUSED)
        }
    };
    // Nobody waits any more: the time was over in this moment.
    let page = if waiting.send(answer).is_ok() { says } else { FOREIGN };
    shown(StatusCode::OK, page)
}

/// A page for a person. Nothing of what was sent is in it.
fn shown(status: StatusCode, says: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (header::CONNECTION, "close"),
    ];
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>intune-ferry</title>\
         <meta name=\"color-scheme\" content=\"light dark\"><style>body{{font:1.1rem/1.5 system-ui,sans-serif;\
         max-width:34rem;margin:4rem auto;padding:0 1rem}}</style></head><body><h1>intune-ferry</h1><p>{says}</p></body></html>"
    );
    (status, headers, Body::from(page)).into_response()
}
