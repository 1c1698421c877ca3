//! A request that fails, and how: what a configuration or a test asks for. What comes of it is in `faults`.

use serde::{Deserialize, Serialize};

use crate::http::spoilt::Spoilt;

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FailureText", into = "FailureText")]
pub enum Failure {
    /// An error answer with this status.
    Status(u16),
    /// The connection closes without an answer.
    Drop,
    /// The answer breaks off in the middle.
    Truncate,
    /// No answer ever comes.
    Hang,
    /// The answer comes late.
    Delay,
    /// The answer is a list that contradicts itself.
    List(Spoilt),
}

impl Failure {
    /// Whether the client gets the right answer, changed, cut off or late.
    pub(crate) fn has_answer(self) -> bool {
        matches!(self, Self::Truncate | Self::Delay | Self::List(_))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum FailureText {
    Status(u16),
    Word(String),
    List { list: Spoilt },
}

impl TryFrom<FailureText> for Failure {
    type Error = String;

    fn try_from(text: FailureText) -> Result<Self, Self::Error> {
        match text {
            FailureText::Status(status @ 400..=599) => Ok(Self::Status(status)),
            FailureText::Status(other) => Err(format!("status {other} is not an error status")),
            FailureText::List { list } => Ok(Self::List(list)),
            FailureText::Word(word) => match word.as_str() {
                "drop" => Ok(Self::Drop),
                "truncate" => Ok(Self::Truncate),
                "hang" => Ok(Self::Hang),
                "delay" => Ok(Self::Delay),
                _ => Err(format!("`{word}` is neither a status nor drop, truncate, hang or delay")),
            },
        }
    }
}

impl From<Failure> for FailureText {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Status(status) => Self::Status(status),
            Failure::Drop => Self::Word("drop".into()),
            Failure::Truncate => Self::Word("truncate".into()),
            Failure::Hang => Self::Word("hang".into()),
            Failure::Delay => Self::Word("delay".into()),
            Failure::List(list) => Self::List { list },
        }
    }
}

/// A request that fails.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The method, or any.
    #[serde(default)]
    pub method: Option<String>,
    /// Part of the decoded path and query from the version on (`/beta/groups?$skiptoken=2`); `*` matches anything.
    pub path: String,
    /// How it fails.
    pub status: Failure,
    /// The `Retry-After` header, as is.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// Skip this many matching requests first.
    #[serde(default)]
    pub after: u64,
    /// Fail at most this often; without it, always.
    #[serde(default)]
    pub times: Option<u64>,
    /// What the answer says instead of the usual text.
    #[serde(default)]
    pub message: Option<String>,
    /// Do the write, then fail: "500 although it landed".
    #[serde(default)]
    pub apply_write: bool,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            method: None,
            path: String::new(),
            status: Failure::Status(500),
            retry_after: None,
            after: 0,
            times: None,
            message: None,
            apply_write: false,
        }
    }
}
