//! Stands in for the tree's own reading of text and JSON.
use serde_json::Value;
pub(super) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units: Vec<u16> = rest.chunks(2).map(|p| u16::from_le_bytes([p[0], *p.get(1).unwrap_or(&0)])).collect();
            String::from_utf16_lossy(&units)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        all => String::from_utf8_lossy(all).into_owned(),
    }
}
pub(super) fn parse(text: &str) -> Result<(Value, Vec<String>), serde_json::Error> {
    serde_json::from_str(text).map(|value| (value, Vec::new()))
}
