//! A fingerprint: the SHA-256 of canonical compact JSON, as lower-case hex.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The SHA-256 of bytes as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for digit in Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 15]) {
        text.extend(char::from_digit(u32::from(digit), 16));
    }
    text
}

/// The fingerprint of a JSON value whose objects are sorted by key.
pub fn fingerprint(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    sha256_hex(value.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_count() {
        let left: Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).expect("json");
        assert_eq!(fingerprint(&left), fingerprint(&json!({"a":{"c":3,"d":2},"b":1})));
        assert_ne!(fingerprint(&left), fingerprint(&json!({"a":{"c":3,"d":2},"b":2})));
    }
}
