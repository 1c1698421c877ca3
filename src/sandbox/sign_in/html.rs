//! The pages of the sign-in host, for people.

use serde_json::Value;

use crate::odata::call::Reply;

pub(super) fn page(body: &str) -> Reply {
    let text = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sandbox sign-in</title><h1>Sandbox sign-in</h1>{body}</html>"
    );
    Reply::new(200, Value::String(text))
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
