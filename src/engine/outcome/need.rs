//! What a policy needs to move, as an outcome of looking at it without any tenant.

use serde::Serialize;

use super::words::Outcome;

/// What a policy needs to move, or why it cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A mapping entry.
    NeedsMapping,
    /// A secret.
    NeedsSecret,
    /// A file that Graph does not give.
    NeedsContent,
    /// It cannot exist in another tenant.
    TenantBound,
    /// It exists in every tenant.
    TenantDefault,
    /// Its file must be corrected: Graph refuses it as it is.
    NeedsCorrection,
    /// The service no longer accepts it.
    Retired,
}

impl Need {
    const ALL: [Self; 7] = [
        Self::NeedsMapping,
        Self::NeedsSecret,
        Self::NeedsContent,
        Self::TenantBound,
        Self::TenantDefault,
        Self::NeedsCorrection,
        Self::Retired,
    ];

    /// The word in output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeedsMapping => "needs-mapping",
            Self::NeedsSecret => "needs-secret",
            Self::NeedsContent => "needs-content",
            Self::NeedsCorrection => "needs-correction",
            Self::TenantBound => "tenant-bound",
            Self::TenantDefault => "tenant-default",
            Self::Retired => "retired",
        }
    }

    /// In words that follow a number.
    pub const fn says(self) -> &'static str {
        match self {
            Self::NeedsMapping => "need a mapping",
            Self::NeedsSecret => "need a secret",
            Self::NeedsContent => "need a file",
            Self::NeedsCorrection => "must be corrected",
            Self::TenantBound => "cannot be moved (tenant-specific)",
            Self::TenantDefault => "default objects of every tenant",
            Self::Retired => "cannot be moved (discontinued)",
        }
    }

    /// In words that follow the name of one policy.
    pub const fn says_of_one(self) -> &'static str {
        match self {
            Self::NeedsMapping => "needs a mapping",
            Self::NeedsSecret => "needs a secret",
            Self::NeedsContent => "needs a file",
            Self::TenantDefault => "default object of every tenant",
            Self::NeedsCorrection | Self::TenantBound | Self::Retired => self.says(),
        }
    }
}

/// Several needs of one policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Needs(u8);

impl Needs {
    /// The needs, each once.
    fn list(self) -> impl Iterator<Item = Need> {
        Need::ALL.into_iter().filter(move |need| self.0 & (1 << *need as u8) != 0)
    }

    pub(super) fn joined(self, words: fn(Need) -> &'static str) -> String {
        self.list().map(words).collect::<Vec<_>>().join(", ")
    }

    /// Whether nothing makes it move.
    pub(super) const fn cannot_move(self) -> bool {
        self.0 & (1 << Need::TenantBound as u8 | 1 << Need::Retired as u8) != 0
    }

    /// Whether this is all that it needs.
    pub fn is_only(self, need: Need) -> bool {
        self.0 == 1 << need as u8
    }
}

impl FromIterator<Need> for Outcome {
    /// What a policy with these needs can do.
    fn from_iter<I: IntoIterator<Item = Need>>(needs: I) -> Self {
        match needs.into_iter().fold(0, |all, need| all | 1 << need as u8) {
            0 => Self::Portable,
            some => Self::Needs(Needs(some)),
        }
    }
}
