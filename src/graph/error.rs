//! What can go wrong with Graph, as facts. Not for wording advice: the engine makes findings of these,
//! the command line exit codes.

use std::fmt;

use super::approval;

/// The facts of a request that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// GET, POST, PATCH …
    pub method: String,
    /// Version and path, without the query.
    pub path: String,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Graph's error code, the most specific known one.
    pub code: Option<String>,
    /// Graph's message made readable, or what happened instead of an answer.
    pub message: String,
    /// What the service calls the request for approval that a write opened, or waits for.
    pub approval: Option<String>,
    /// The service's id of the request, for support.
    pub request_id: Option<String>,
    /// Our id of the request, for support.
    pub client_request_id: Option<String>,
}

impl Facts {
    /// What the service said, in other words. Its ids are its own.
    pub(super) fn reword(&mut self, words: impl Fn(&str) -> String) {
        self.message = words(&self.message);
        self.code = self.code.take().map(|code| words(&code));
    }

    /// Whether a second administrator has to approve the write first.
    pub fn needs_approval(&self) -> bool {
        self.approval.is_some() || approval::is_asked_for(self.code.as_deref(), &self.message)
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(status) = self.status {
            write!(f, ": {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request-id {id})")?;
        }
        Ok(())
    }
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The client cannot be made from its settings, or a path cannot be requested.
    #[error("{message}")]
    Setup {
        /// What is wrong and what to do.
        message: String,
    },
    /// No token was given, or the token was refused twice.
    #[error("sign-in failed: {}{message}", code.map(|code| format!("AADSTS{code}: ")).unwrap_or_default())]
    SignIn {
        /// The AADSTS number, where the sign-in service gave one.
        code: Option<u32>,
        /// What it means, in plain words.
        message: String,
        /// The service's id of the request, for support.
        request_id: Option<String>,
    },
    /// 403: a permission, a license or an approval is missing.
    #[error("not allowed: {0}")]
    Forbidden(Box<Facts>),
    /// 404.
    #[error("not found: {0}")]
    NotFound(Box<Facts>),
    /// Still 429 after all tries.
    #[error("throttled: {0}")]
    Throttled(Box<Facts>),
    /// No connection, no answer in time, or the connection broke off, after all tries.
    #[error("not reachable: {0}")]
    Unreachable(Box<Facts>),
    /// The service's certificate is not trusted; nothing was sent.
    #[error("not trusted: {0}")]
    Untrusted(Box<Facts>),
    /// Another 4xx: the request itself is not accepted.
    #[error("refused: {0}")]
    Refused(Box<Facts>),
    /// 5xx after all tries.
    #[error("the service failed: {0}")]
    Server(Box<Facts>),
    /// A successful status with a body that is truncated, too large, no JSON, or not what was asked for.
    #[error("unusable answer: {0}")]
    Answer(Box<Facts>),
    /// A list that contradicts itself: an entry that is nothing, the same object twice, pages without an end. What
    /// it leaves out may be there.
    #[error("the list is inconsistent: {0}")]
    Unsound(Box<Facts>),
    /// A 3xx: redirects are never followed, the token stays where it belongs.
    #[error("redirected: {0}")]
    Redirect(Box<Facts>),
    /// A link to the next page that leads to another scheme, host or port; nothing was sent there.
    #[error("the link to the next page points to another address: {0}")]
    ForeignLink(Box<Facts>),
    /// A create that may or may not have happened: look for the object before sending it again.
    #[error("outcome unknown: {0}")]
    Uncertain(Box<Facts>),
}

/// The errors that are about one request, with its facts.
macro_rules! of_request {
    ($facts:ident) => {
        Self::Forbidden($facts)
            | Self::NotFound($facts)
            | Self::Throttled($facts)
            | Self::Unreachable($facts)
            | Self::Untrusted($facts)
            | Self::Refused($facts)
            | Self::Server($facts)
            | Self::Answer($facts)
            | Self::Unsound($facts)
            | Self::Redirect($facts)
            | Self::ForeignLink($facts)
            | Self::Uncertain($facts)
    };
}

impl GraphError {
    /// The facts of the request, where the error is about one.
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Setup { .. } | Self::SignIn { .. } => None,
            of_request!(facts) => Some(facts),
        }
    }

    /// The same error with what the service said in other words.
    #[must_use]
    pub fn reworded(mut self, words: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Setup { message } | Self::SignIn { message, .. } => *message = words(message),
            of_request!(facts) => facts.reword(words),
        }
        self
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.facts().and_then(|facts| facts.status)
    }

    /// Graph's error code, where it gave one.
    pub fn graph_code(&self) -> Option<&str> {
        self.facts().and_then(|facts| facts.code.as_deref())
    }

    /// The service's id of the request, for support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::SignIn { request_id, .. } => request_id.as_deref(),
            _ => self.facts().and_then(|facts| facts.request_id.as_deref()),
        }
    }

    /// Whether the object or collection does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// Whether a permission, a license or an approval is missing.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Forbidden(_))
    }

    /// Whether the token is good and the resource is not for this kind of sign-in: a 401 although Graph takes it elsewhere.
    pub fn is_for_others(&self) -> bool {
        self.is_forbidden() && self.status() == Some(401)
    }

    /// Whether the service does not take a request in this form; a plainer one may do.
    pub fn is_of_form(&self) -> bool {
        matches!(self.status(), Some(400 | 405 | 501)) && !self.needs_approval()
    }

    /// Whether there is no valid token.
    pub fn is_sign_in(&self) -> bool {
        matches!(self, Self::SignIn { .. })
    }

    /// Whether the service could not be reached, or not be trusted.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Untrusted(_))
    }

    /// Whether the service still said "too many requests" after all tries.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Throttled(_))
    }

    /// Whether a list contradicts itself; read again, it may not.
    pub fn is_unsound(&self) -> bool {
        matches!(self, Self::Unsound(_))
    }

    /// Whether it is not known if a create happened.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain(_))
    }

    /// Whether a second administrator has to approve the write first (Multi Admin Approval).
    pub fn needs_approval(&self) -> bool {
        matches!(self, Self::Forbidden(facts) | Self::Refused(facts) if facts.needs_approval())
    }

    /// What the service calls the request for approval that the write opened, or waits for.
    pub fn approval(&self) -> Option<&str> {
        self.facts().and_then(|facts| facts.approval.as_deref())
    }
}
