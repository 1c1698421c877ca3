//! Which version of Graph something is asked for by.

use serde::Deserialize;

/// Which version of Graph a type is read and written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// `/beta`.
    #[default]
    Beta,
    /// `/v1.0`.
    #[serde(rename = "v1.0")]
    V1,
}
