//! What the doctor finds, request by request and type by type.

use serde::Serialize;

use crate::finding::Finding;

/// The result of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Probe {
    /// Method, version, path and query, with `{id}` for ids.
    pub request: String,
    /// What came: `answered`, or in which way it failed.
    pub outcome: &'static str,
    /// The HTTP status, where there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Graph's error code, where it is one and no other text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many objects the page held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<usize>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// How a type is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was asked for was answered.
    Answers,
    /// Something was refused in its usual form, and answered more plainly.
    AnswersPlainly,
    /// It is refused, as is known of this account or of tenants without what it takes.
    Refused,
    /// Something is refused or fails that should be answered.
    Fails,
}

impl Verdict {
    /// The word in output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::AnswersPlainly => "answers-plainly",
            Self::Refused => "refused",
            Self::Fails => "fails",
        }
    }
}

/// The results of the requests of one type, or of the requests beside the types.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Examined {
    /// The type's name.
    #[serde(rename = "type")]
    pub name: String,
    /// How it is answered.
    pub verdict: Verdict,
    /// Why it is refused, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Every request, in the order of asking.
    pub requests: Vec<Probe>,
    /// What a person at this tenant should know. It may hold what the service said, and so names of the tenant.
    #[serde(skip)]
    pub findings: Vec<Finding>,
}
