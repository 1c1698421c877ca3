//! The back door for tests and rehearsals in another process: state, log, changes behind the client's back, faults,
//! approvals by a second administrator.
//!
//! Open only to who knows the secret that the sandbox printed when it started.

use serde_json::{Value, json};

use crate::http::faults;
use crate::http::world::World;
use crate::odata::call::{Reply, decode};

/// Answers a path below `/_sandbox/`.
pub(crate) fn answer(world: &mut World, method: &str, path: &str, body: Option<&Value>) -> Reply {
    let segments: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let unknown = || Reply::new(404, json!({"error": "there is no such thing in this sandbox"}));
    match (method, segments.as_slice()) {
        ("GET", [tenant, "state"]) => world.tenant(tenant).map_or_else(unknown, |t| Reply::new(200, t.state())),
        ("GET", [tenant, "requests"]) => world.tenant(tenant).map_or_else(unknown, |t| Reply::new(200, json!(t.log))),
        ("POST", ["faults"]) => match faults::parse(body.unwrap_or(&Value::Null)) {
            Ok(fault) => {
                world.faults.add(fault);
                Reply::empty(204)
            }
            Err(detail) => Reply::new(400, json!({"error": detail})),
        },
        ("POST", ["expire-sign-ins"]) => {
            world.desk.expire();
            Reply::empty(204)
        }
        ("POST", ["approve"]) => Reply::new(200, json!({"approved": world.approvals.approve()})),
        ("PATCH" | "DELETE", [tenant, collection @ .., id]) if !collection.is_empty() => {
            let change = if method == "DELETE" { Value::Null } else { body.cloned().unwrap_or(json!({})) };
            if world.edit(tenant, &collection.join("/"), id, &change) { Reply::empty(204) } else { unknown() }
        }
        _ => unknown(),
    }
}
