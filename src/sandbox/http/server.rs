//! The HTTP server: turns requests into calls, answers into responses, and faults into broken connections.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request as HttpRequest, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::config::{Config, Failure, Fault, SandboxError};
use crate::http::admin;
use crate::http::connection::{Cut, Door, origin};
use crate::http::halt::{Halt, Moment};
use crate::http::storage;
use crate::http::storm::{Blowing, Place, Storm};
use crate::http::world::{Served, World};
use crate::odata::call::{Call, Reply, bad, envelope, refuse};
use crate::odata::render;
use crate::sign_in::{self, Ask, outside};
use crate::tenant::blob;
use crate::tenant::store::Request;

/// No request of a real client is larger.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// Late, and not too late.
const LATE: Duration = Duration::from_millis(300);
/// Longer than any client waits.
const NEVER: Duration = Duration::from_hours(24);

/// Emulated tenants, not yet started.
#[derive(Debug)]
pub struct Sandbox;

/// A running sandbox; it ends when this is dropped.
pub struct Running {
    /// Where it listens: the base of both sign-in and Graph.
    pub url: String,
    /// What the header `x-sandbox-admin` must hold for paths below `/_sandbox/`.
    pub admin_secret: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
    closed: Cut,
}

struct Shared {
    world: Mutex<World>,
    halt: Halt,
    admin_secret: String,
    url: String,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts serving.
    pub async fn start(config: Config) -> Result<Running, SandboxError> {
        if !config.listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(config.listen));
        }
        let mut world = World::new(&config)?;
        let refused = |source| SandboxError::Listen { listen: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address: SocketAddr = listener.local_addr().map_err(refused)?;
        let url = format!("http://{address}");
        let admin_secret = uuid::Uuid::new_v4().to_string();
        world.desk.secret.clone_from(&admin_secret);
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            halt: Halt::default(),
            admin_secret: admin_secret.clone(),
            url: url.clone(),
        });
        let closed = Cut::default();
        let door = Door::new(listener, closed.clone());
        let app =
            Router::new().fallback(serve).with_state(Arc::clone(&shared)).into_make_service_with_connect_info::<Cut>();
        let task = tokio::spawn(async move {
            // It ends only by being aborted.
            let _ = axum::serve(door, app).await;
        });
        Ok(Running { url, admin_secret, shared, task, closed })
    }
}

impl Running {
    /// The whole state of a tenant, by collection.
    pub fn state(&self, tenant_id: &str) -> Value {
        self.shared.world().tenant(tenant_id).map_or(Value::Null, crate::tenant::store::Tenant::state)
    }

    /// What a tenant keeps and never shows: the values of its policies' secrets.
    pub fn secrets(&self, tenant_id: &str) -> Vec<Value> {
        self.shared
            .world()
            .tenant(tenant_id)
            .map(|tenant| tenant.secrets.values().cloned().collect())
            .unwrap_or_default()
    }

    /// All requests that a tenant received until now.
    pub fn requests(&self, tenant_id: &str) -> Vec<Request> {
        self.shared.world().tenant(tenant_id).map(|tenant| tenant.log.clone()).unwrap_or_default()
    }

    /// The requests that every tenant received until now.
    pub fn all_requests(&self) -> Vec<Request> {
        self.shared.world().tenants.values().flat_map(|tenant| tenant.log.iter().cloned()).collect()
    }

    /// Changes an object as another admin would: the patch's properties replace the object's; null deletes it; an
    /// unknown id adds one. False where there is nothing to change.
    pub fn edit(&self, tenant_id: &str, collection: &str, id: &str, patch: &Value) -> bool {
        self.shared.world().edit(tenant_id, collection, id, patch)
    }

    /// Adds a fault.
    pub fn fail(&self, fault: Fault) {
        self.shared.world().faults.add(fault);
    }

    /// Lets a storm blow, or be calm.
    pub fn blow(&self, storm: Option<Storm>) {
        self.shared.world().storm = storm.map(Blowing::new);
    }

    /// A second administrator approves every write that waits for it; how many that were.
    pub fn approve(&self) -> usize {
        self.shared.world().approvals.approve()
    }

    /// Falls silent at the n-th request from now on, beginning with 1.
    pub fn halt_at(&self, n: u64, moment: Moment) {
        self.shared.halt.set(n, "", moment);
    }

    /// Falls silent at the n-th request that begins so, `DELETE /beta/deviceManagement`, from now on.
    pub fn halt_at_such(&self, n: u64, only: &str, moment: Moment) {
        self.shared.halt.set(n, only, moment);
    }

    /// Falls silent at the n-th request from now on that changes something.
    pub fn halt_at_write(&self, n: u64, moment: Moment) {
        self.shared.halt.set_at_writes(n, moment);
    }

    /// Comes back when silence has begun.
    pub async fn halted(&self) {
        self.shared.halt.silence().await;
    }

    /// Ends the silence and counts again; what was not answered never will be.
    pub fn go_on(&self) {
        self.shared.halt.clear();
    }

    /// How many requests came since counting began.
    pub fn seen(&self) -> u64 {
        self.shared.halt.seen()
    }

    /// How many requests were under way at once, at most, since counting began.
    pub fn most_at_once(&self) -> usize {
        self.shared.halt.most()
    }

    /// Makes every token worthless, as a revoked session does.
    pub fn revoke_tokens(&self) {
        let mut world = self.shared.world();
        world.tokens.clear();
        world.desk.refresh.clear();
    }

    /// A token for the tenant's application, as another program would have got it.
    pub fn issue_token(&self, tenant_id: &str) -> String {
        sign_in::issue(&mut self.shared.world(), tenant_id, None)
    }

    /// The same for a person who uses the application.
    pub fn issue_token_for(&self, tenant_id: &str, user: &str) -> String {
        sign_in::issue(&mut self.shared.world(), tenant_id, Some(user))
    }

    /// A token from outside Entra, good for so many seconds.
    pub fn outside_token(&self, issuer: &str, subject: &str, audience: &str, seconds: i64) -> String {
        outside::give(&mut self.shared.world().desk, issuer, subject, audience, seconds)
    }

    /// Stops serving and cuts all connections.
    pub async fn stop(mut self) {
        self.closed.pull();
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closed.pull();
        self.task.abort();
    }
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: HttpRequest,
) -> Response {
    let (parts, body) = request.into_parts();
    let _under_way = shared.halt.enter();
    let latency = shared.world().latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return finish(&shared, Reply::empty(413), "");
    };
    let method = parts.method.as_str();
    let path = parts.uri.path().trim_start_matches('/');
    let origin = origin(&parts.headers, &shared.url);
    let mine = parts.headers.get("client-request-id").and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    if let Some(below) = path.strip_prefix("_sandbox/") {
        let secret = parts.headers.get("x-sandbox-admin").and_then(|v| v.to_str().ok());
        if secret != Some(shared.admin_secret.as_str()) {
            return finish(&shared, Reply::empty(403), &mine);
        }
        let body = serde_json::from_slice(&bytes).ok();
        let reply = admin::answer(&mut shared.world(), method, below, body.as_ref());
        return finish(&shared, reply, &mine);
    }
    let number = shared.halt.count(method, path);
    shared.halt.pass(number, Moment::Before).await;
    let served = {
        let mut world = shared.world();
        let query = parts.uri.query().unwrap_or_default();
        let ask = Ask { method, path, query, headers: &parts.headers, origin: &origin, body: &bytes };
        if let Some(name) = path.strip_prefix(blob::PREFIX) {
            storage::serve(&mut world, method, name, query, &parts.headers, &bytes)
        } else {
            sign_in(&mut world, &ask)
                .unwrap_or_else(|| graph(&mut world, method, path, &parts.uri, &parts.headers, &bytes, origin.clone()))
        }
    };
    shared.halt.pass(number, Moment::Processed).await;
    // The answer itself is still sent.
    shared.halt.is_due(number, Moment::Answered);
    match served.failure {
        Some(Failure::Drop) => {
            cut.pull();
            finish(&shared, served.reply, &mine)
        }
        Some(Failure::Hang) => {
            tokio::time::sleep(NEVER).await;
            finish(&shared, served.reply, &mine)
        }
        Some(Failure::Delay) => {
            tokio::time::sleep(LATE).await;
            finish(&shared, served.reply, &mine)
        }
        Some(Failure::Truncate) => truncated(&shared, &served.reply),
        Some(Failure::Status(_) | Failure::List(_)) | None => finish(&shared, served.reply, &mine),
    }
}

/// Sign-in paths can fail as well: their faults match the plain path.
fn sign_in(world: &mut World, ask: &Ask<'_>) -> Option<Served> {
    let reply = sign_in::answer(world, ask)?;
    let Some(fault) = world.trouble(ask.method, &format!("/{}", ask.path), Place::SignIn) else {
        return Some(Served { reply, failure: None });
    };
    // What is late or cut is the answer itself.
    let reply = match fault.status {
        Failure::Truncate | Failure::Delay => reply,
        _ => crate::http::faults::answer(&fault, ask.path),
    };
    Some(Served { reply, failure: Some(fault.status) })
}

fn graph(
    world: &mut World,
    method: &str,
    path: &str,
    uri: &axum::http::Uri,
    headers: &HeaderMap,
    bytes: &[u8],
    origin: String,
) -> Served {
    let plain = |reply| Served { reply, failure: None };
    let (version, below) = path.split_once('/').unwrap_or((path, ""));
    if version != "beta" && version != "v1.0" {
        // api 4: the version segment is missing.
        let refusal = refuse(400, "ResourceNotFound", format!("Invalid version: {}", version.to_lowercase()));
        return plain(Reply::new(400, envelope(&refusal, "", "")));
    }
    let headers: BTreeMap<String, String> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_lowercase(), value.to_str().ok()?.to_owned())))
        .collect();
    let json = headers.get("content-type").is_some_and(|ty| ty.to_lowercase().starts_with("application/json"));
    let body = match (bytes.is_empty(), serde_json::from_slice::<Value>(bytes)) {
        (true, _) => None,
        (false, _) if !json => {
            let refusal =
                refuse(415, "UnsupportedMediaType", "Entity only allows writes with a JSON Content-Type header.");
            return plain(Reply::new(415, envelope(&refusal, "", "")));
        }
        (false, Ok(body)) => Some(body),
        (false, Err(error)) => {
            let refusal = bad(format!("Unable to read JSON request payload. {error}"));
            return plain(Reply::new(400, envelope(&refusal, "", "")));
        }
    };
    world.graph(&Call {
        method: method.to_owned(),
        version: version.to_owned(),
        path: below.trim_matches('/').to_owned(),
        query: uri.query().unwrap_or("").to_owned(),
        headers,
        body,
        origin,
    })
}

fn text(shared: &Shared, body: &Value) -> String {
    let mut world = shared.world();
    let shuffle = world.behaviour.shuffle;
    render::text(body, shuffle.then_some(&mut world.rng))
}

fn finish(shared: &Shared, reply: Reply, client_request_id: &str) -> Response {
    let mut response = Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .header("odata-version", "4.0")
        .header("request-id", uuid::Uuid::new_v4().to_string())
        .header("x-ms-ags-diagnostic", "{\"ServerInfo\":{\"DataCenter\":\"Sandbox\",\"Slice\":\"E\",\"Ring\":\"1\"}}");
    if !client_request_id.is_empty() {
        response = response.header("client-request-id", client_request_id);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = match &reply.body {
        None => Body::empty(),
        // `$count` answers plain text.
        Some(Value::Number(number)) => {
            response = response.header("content-type", "text/plain");
            Body::from(number.to_string())
        }
        Some(Value::String(page)) => {
            // Pages for people, and what storage says.
            let kind = if page.starts_with("<?xml") { "application/xml" } else { "text/html; charset=utf-8" };
            response = response.header("content-type", kind);
            Body::from(page.clone())
        }
        Some(body) => {
            response = response.header(
                "content-type",
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
            );
            Body::from(text(shared, body))
        }
    };
    response.body(body).unwrap_or_default()
}

/// Announces the whole body, sends half of it and breaks off.
fn truncated(shared: &Shared, reply: &Reply) -> Response {
    let whole = reply.body.as_ref().map(|body| text(shared, body)).unwrap_or_default();
    let half = Bytes::copy_from_slice(&whole.as_bytes()[..whole.len() / 2]);
    let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    // The first half must be on its way before the rest fails, or nothing at all is sent.
    let rest = futures_util::stream::once(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(broken)
    });
    let stream = futures_util::stream::iter([Ok(half)]).chain(rest);
    Response::builder()
        .status(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK))
        .header("content-type", "application/json")
        .body(Body::from_stream(stream))
        .unwrap_or_default()
}
