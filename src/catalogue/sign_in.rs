//! Who may read something: a person, an application, or both.

use serde::Deserialize;

/// Who may read a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// A person and an application.
    #[default]
    Any,
    /// A person only: applications are refused whatever they are granted.
    Delegated,
    /// Reports differ: some applications are refused whatever they are granted.
    MaybeDelegated,
}
