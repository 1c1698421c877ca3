//! The port: it asks the door, and answers with a page, a file of the program, or a refusal. Every answer has the same
//! headers: nothing is kept, nothing of another site is loaded, nothing runs but the program's own files.

use std::future::IntoFuture as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use maud::{DOCTYPE, html};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::door::{Door, Refused};
use super::link::{Asked, pairs, value};
use super::site::Site;
use super::{frame, pages};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::exit::Exit;
use crate::ui::web_view;

/// Far more than a form of this program.
const LARGEST: usize = 512 * 1024;
/// How long the last page may take to arrive.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the files of the last page may be asked for.
const LAST_FILES: Duration = Duration::from_millis(500);

/// Nothing comes from elsewhere, nothing goes elsewhere, nothing runs or is styled but the program's own files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Headers of every answer. With `no-referrer` a browser would hide the origin of our own forms as well, which the door
/// has to see (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>, read 2026-11-30).
const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("cache-control", "no-store"),
];

/// A running server.
#[derive(Debug)]
pub(crate) struct Served {
    desk: Arc<Desk>,
    server: JoinHandle<std::io::Result<()>>,
}

/// What every request needs.
#[derive(Debug)]
struct Desk {
    site: Site,
    stop: CancellationToken,
}

impl Served {
    /// Opens the port, on this computer only.
    pub(crate) async fn start(folder: &Path, port: Option<u16>, context: &Context) -> Result<Self, CliError> {
        let failed = |error: std::io::Error| {
            let which = port.map_or_else(|| String::from("a port"), |port| format!("the port {port}"));
            CliError::usage(format!("cannot listen on {which} of this computer: {error}"))
                .hint("Name another port with --port, or omit --port for a free one.")
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        let door =
            Door::new(port).ok_or_else(|| CliError::new(Exit::Unexpected, "this computer gives no random numbers"))?;
        let site = Site::new(folder, context, door)?;
        let desk = Arc::new(Desk { site, stop: context.stop.child_token() });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        let closing = desk.stop.clone().cancelled_owned();
        let server = tokio::spawn(axum::serve(socket, app).with_graceful_shutdown(closing).into_future());
        let early = Arc::clone(&desk);
        tokio::task::spawn_blocking(move || early.site.warm_up());
        Ok(Self { desk, server })
    }

    /// Where the browser starts.
    pub(crate) fn address(&self) -> String {
        self.desk.site.door.start()
    }

    /// Waits for the button or for Ctrl-C.
    pub(crate) async fn until_stopped(mut self) {
        self.desk.stop.cancelled().await;
        if tokio::time::timeout(FAREWELL, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let mut answer = match serve(&desk, request).await {
        Ok(answer) => answer,
        Err(refused) => plain(refused.status(), refused.says()),
    };
    for (name, value) in HEADERS {
        answer.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

async fn serve(desk: &Arc<Desk>, request: Request) -> Result<Response, Refused> {
    let (head, body) = request.into_parts();
    let (method, headers) = (head.method, head.headers);
    desk.site.door.is_meant(&headers)?;
    let asked = Asked::of(head.uri.path(), head.uri.query().unwrap_or_default());
    let steps: Vec<&str> = asked.steps.iter().map(String::as_str).collect();
    if method == Method::GET && steps == ["start"] {
        let entered = desk.site.door.enter(asked.value("key"), &headers);
        if entered == Err(Refused::UsedKey) {
            desk.site.context.printer.note(web_view::USED);
        }
        return Ok(welcome(entered?));
    }
    desk.site.door.knows(&headers)?;
    if method == Method::POST {
        let form = to_bytes(body, LARGEST).await.map(|bytes| pairs(&bytes)).unwrap_or_default();
        desk.site.door.may_change(&headers, value(&form, "token"))?;
        if steps == ["stop"] {
            return Ok(stopped(desk));
        }
        let desk = Arc::clone(desk);
        let done = tokio::task::spawn_blocking(move || match pages::change(&desk.site, &asked, &form) {
            Ok(address) => Ok(address),
            Err(why) => Err((why.status, frame::page(&desk.site.name, desk.site.door.token(), &frame::trouble(&why)))),
        });
        return Ok(match done.await {
            Ok(Ok(address)) => elsewhere(&address),
            Ok(Err((status, page))) => with_status(status, page),
            Err(_) => with_status(500, String::from(FAILED)),
        });
    }
    if method != Method::GET {
        return Ok(plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and POST are answered here."));
    }
    if let [name] = steps[..]
        && let Some((kind, text)) = frame::file(name)
    {
        return Ok(of(StatusCode::OK, kind, text));
    }
    let desk = Arc::clone(desk);
    let made = tokio::task::spawn_blocking(move || {
        let page = pages::page(&desk.site, &asked);
        let status = page.as_ref().err().map_or(200, |trouble| trouble.status);
        (status, frame::page(&desk.site.name, desk.site.door.token(), &page.unwrap_or_else(|why| frame::trouble(&why))))
    });
    let (status, page) = made.await.unwrap_or_else(|_| (500, String::from(FAILED)));
    Ok(with_status(status, page))
}

const HTML: &str = "text/html; charset=utf-8";
const FAILED: &str = "This page could not be made.";

fn of(status: StatusCode, kind: &'static str, text: impl Into<Body>) -> Response {
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn with_status(status: u16, page: String) -> Response {
    of(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), HTML, page)
}

/// What was asked for is done, and another page shows it: to load that again does nothing again.
fn elsewhere(address: &str) -> Response {
    let mut answer = plain(StatusCode::SEE_OTHER, "");
    if let Ok(address) = HeaderValue::try_from(address) {
        answer.headers_mut().insert(header::LOCATION, address);
    }
    answer
}

fn plain(status: StatusCode, says: &'static str) -> Response {
    of(status, "text/plain; charset=utf-8", says)
}

/// Leads on by itself: after a redirect a browser would not send the cookie where another page led to the start.
fn welcome(cookie: Option<String>) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta http-equiv="refresh" content="0; url=/"; title { "intune-ferry" } }
            body { p { a href="/" { "Continue to intune-ferry" } } }
        }
    };
    let mut answer = of(StatusCode::OK, HTML, page.into_string());
    // The address has the key, which nobody else is to see.
    answer.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::try_from(cookie).ok()) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

/// The last page may still load how it looks.
fn stopped(desk: &Desk) -> Response {
    let stop = desk.stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(LAST_FILES).await;
        stop.cancel();
    });
    of(StatusCode::OK, HTML, frame::goodbye())
}
