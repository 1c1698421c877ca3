//! A file that becomes the content of an object, as a plan names it.

use serde::{Deserialize, Serialize};

/// A file that becomes the content of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContentFile {
    /// Where it is in the folder that was given.
    pub file: String,
    /// How many bytes the content has.
    pub size: u64,
}

impl ContentFile {
    /// The size for people.
    pub fn told_size(&self) -> String {
        const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
        if self.size < 1000 {
            return crate::finding::count(usize::try_from(self.size).unwrap_or_default(), "byte", "bytes");
        }
        let (mut tenths, mut unit) = (self.size / 100, 0);
        while tenths >= 10_000 && unit + 1 < UNITS.len() {
            (tenths, unit) = (tenths / 1000, unit + 1);
        }
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}
