//! Times as Graph writes them.

/// Now, as Graph writes times.
pub(crate) fn now_text() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
