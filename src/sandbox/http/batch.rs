//! `$batch` (api 2): up to 20 requests in one, each with its own status, answered in any order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::http::fault::Failure;
use crate::http::world::World;
use crate::odata::call::{Call, Outcome, Refusal, Reply, bad};

struct Part {
    id: String,
    after: Vec<String>,
    call: Call,
}

/// Does all parts of a batch.
pub(crate) fn run(world: &mut World, tenant: &str, call: &Call) -> Outcome {
    if call.method != "POST" {
        return Err(crate::odata::call::refuse(405, "MethodNotAllowed", "A batch is a POST."));
    }
    let parts = parts(call)?;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let mut answers = Vec::new();
    for part in parts {
        let failed = part.after.iter().any(|id| statuses.get(&id.to_lowercase()).is_none_or(|status| *status >= 400));
        let reply = if failed {
            Reply::new(
                424,
                json!({"error": {"code": "FailedDependency", "message": "A request that this one depends on failed."}}),
            )
        } else {
            let served = world.exchange(tenant, &part.call, true);
            match served.failure {
                // Inside a batch nothing can break off: the gateway says so.
                Some(Failure::Drop | Failure::Truncate | Failure::Hang) => {
                    Reply::new(504, json!({"error": {"code": "UnknownError", "message": ""}}))
                }
                _ => served.reply,
            }
        };
        statuses.insert(part.id.to_lowercase(), reply.status);
        answers.push(answer(&part.id, reply));
    }
    // The order of answers is free.
    world.rng.shuffle(&mut answers);
    Ok(Reply::new(200, json!({"responses": answers})))
}

fn answer(id: &str, reply: Reply) -> Value {
    let mut headers = Map::new();
    for (name, value) in reply.headers {
        let name = if name == "retry-after" { "Retry-After" } else { name };
        headers.insert(name.to_owned(), json!(value));
    }
    if reply.body.is_some() {
        headers.insert("Content-Type".into(), json!("application/json"));
    }
    let mut answer = Map::new();
    answer.insert("id".into(), json!(id));
    answer.insert("status".into(), json!(reply.status));
    answer.insert("headers".into(), Value::Object(headers));
    if let Some(body) = reply.body {
        answer.insert("body".into(), body);
    }
    Value::Object(answer)
}

fn parts(call: &Call) -> Result<Vec<Part>, Refusal> {
    let body = call.object()?;
    let requests =
        body.get("requests").and_then(Value::as_array).ok_or_else(|| bad("Invalid batch payload format."))?;
    if requests.is_empty() || requests.len() > 20 {
        return Err(bad(format!(
            "Number of batch request steps exceeds the maximum value of 20, or there is none: {}.",
            requests.len()
        )));
    }
    let parts = requests.iter().map(|request| part(call, request)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = BTreeSet::new();
    for part in &parts {
        for id in &part.after {
            // A part can only wait for one before it.
            if !ids.contains(&id.to_lowercase()) {
                return Err(bad(format!(
                    "The request '{}' depends on '{id}', which does not come before it.",
                    part.id
                )));
            }
        }
        if !ids.insert(part.id.to_lowercase()) {
            return Err(bad(format!("Request ID '{}' has to be unique in a batch.", part.id)));
        }
    }
    Ok(parts)
}

fn part(outer: &Call, request: &Value) -> Result<Part, Refusal> {
    let id = match &request["id"] {
        Value::String(id) if !id.is_empty() => id.clone(),
        // evidence "numeric batch ids".
        Value::Number(id) => id.to_string(),
        _ => return Err(bad("Every request of a batch needs an id.")),
    };
    let method =
        request["method"].as_str().ok_or_else(|| bad(format!("Request '{id}' needs a method.")))?.to_uppercase();
    let url = request["url"].as_str().ok_or_else(|| bad(format!("Request '{id}' needs a url.")))?;
    if url.contains("://") {
        return Err(bad(format!("The url of request '{id}' must be relative.")));
    }
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    if let Some(given) = request["headers"].as_object() {
        for (name, value) in given {
            headers.insert(name.to_lowercase(), value.as_str().unwrap_or("").to_owned());
        }
    }
    // A part without a token of its own is asked for with the batch's.
    if let Some(token) = outer.headers.get("authorization") {
        headers.entry("authorization".into()).or_insert_with(|| token.clone());
    }
    let body = request.get("body").filter(|body| !body.is_null()).cloned();
    let typed = headers.get("content-type").is_some_and(|ty| ty.to_lowercase().starts_with("application/json"));
    let writes = matches!(method.as_str(), "POST" | "PATCH" | "PUT");
    if (writes && (body.is_none() || !typed)) || (body.is_some() && !typed) {
        return Err(bad(format!("Write request id : {id} does not contain Content-Type header or body.")));
    }
    let after = request["dependsOn"]
        .as_array()
        .map(|ids| ids.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect());
    Ok(Part {
        id,
        after: after.unwrap_or_default(),
        call: Call {
            method,
            version: outer.version.clone(),
            path: path.trim_start_matches('/').to_owned(),
            query: query.to_owned(),
            headers,
            body,
            origin: outer.origin.clone(),
        },
    })
}
