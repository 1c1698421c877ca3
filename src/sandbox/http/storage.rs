//! The storage that contents of apps are uploaded to: an address with a signature and an end, blocks, and the list
//! that makes them a whole (documentation of Azure Storage: Put Block, Put Block List, service SAS).
//!
//! It is another service than Graph: whoever shows it a token for Graph has told a secret to a stranger, and is
//! refused.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

use crate::http::fault::Failure;
use crate::http::faults;
use crate::http::storm::Place;
use crate::http::world::{Served, World};
use crate::odata::call::{Reply, decode};
use crate::tenant::blob::PREFIX;
use crate::tenant::store::Request;

/// Answers a request below the prefix.
pub(crate) fn serve(
    world: &mut World,
    method: &str,
    name: &str,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Served {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: BTreeMap<String, String> = pairs.map(|(key, value)| (key.to_owned(), decode(value))).collect();
    let kind = query.get("comp").map_or("", String::as_str);
    // The signature is in no log.
    let line = format!("/{PREFIX}{name}?comp={kind}");
    let fault = world.trouble(method, &line, Place::Graph);
    let applied = fault.as_ref().is_none_or(|fault| fault.apply_write || fault.status == Failure::Delay);
    let mut reply = refusal(404, "BlobNotFound");
    for tenant in world.tenants.values_mut() {
        let blob = tenant.contents.blob(name);
        if blob.is_none() {
            continue;
        }
        reply = Reply::empty(201);
        let outcome = match blob {
            _ if headers.contains_key("authorization") => Err((400, "InvalidAuthenticationInfo")),
            _ if method != "PUT" => Err((405, "UnsupportedHttpVerb")),
            Some(blob) if applied => blob.put(&query, body),
            _ => Ok(()),
        };
        if let Err((status, code)) = outcome {
            reply = refusal(status, code);
        }
        let status = fault.as_ref().map_or(reply.status, |fault| faults::answer(fault, "").status);
        let path = line.clone();
        tenant.log.push(Request { method: method.to_owned(), path, status, body: None, batched: false });
    }
    match fault {
        Some(fault) if fault.status == Failure::Delay => Served { reply, failure: Some(fault.status) },
        Some(fault) => {
            let status = faults::answer(&fault, "").status;
            Served { reply: refusal(status, "ServerBusy"), failure: Some(fault.status) }
        }
        None => Served { reply, failure: None },
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    let id = Uuid::new_v4();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>The request was refused.\n\
         RequestId:{id}</Message></Error>"
    );
    Reply::new(status, Value::String(text)).with("x-ms-request-id", id.to_string())
}
