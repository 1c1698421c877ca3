//! Exit codes, each with its sentence. Not for deciding outcomes: a command says what happened,
//! this file says which number a shell sees.

/// How a command ended. The first that applies wins, in the order of [`Exit::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done, nothing to report.
    Done,
    /// Something unexpected happened: a defect, or an answer no one foresaw.
    Unexpected,
    /// The command line, the configuration or an input file cannot be used.
    Usage,
    /// There are differences: a plan has changes to make, a comparison found drift.
    Differences,
    /// Something is blocked or held and must be decided by a person.
    Blocked,
    /// Some objects failed; the rest went on.
    SomeFailed,
    /// Sign-in failed or a permission is missing.
    SignIn,
    /// The service could not be reached, or throttled us out.
    Unreachable,
    /// Stopped by Ctrl-C or SIGTERM.
    Interrupted,
}

impl Exit {
    /// All codes, the one that wins first.
    pub const ALL: [Self; 9] = [
        Self::Interrupted,
        Self::SignIn,
        Self::Unreachable,
        Self::Unexpected,
        Self::Usage,
        Self::SomeFailed,
        Self::Blocked,
        Self::Differences,
        Self::Done,
    ];

    /// The number a shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Differences => 3,
            Self::Blocked => 4,
            Self::SomeFailed => 5,
            Self::SignIn => 6,
            Self::Unreachable => 7,
            Self::Interrupted => 130,
        }
    }

    /// One sentence for the documentation.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Done => "done, nothing to report",
            Self::Unexpected => "an unexpected error occurred",
            Self::Usage => "the command line, the configuration or an input file cannot be used",
            Self::Differences => "there are differences: changes to make, or drift",
            Self::Blocked => "something is blocked or held back, and a decision is needed",
            Self::SomeFailed => "some objects failed; the rest was processed",
            Self::SignIn => "sign-in failed or a permission is missing",
            Self::Unreachable => "the service could not be reached, or throttled too many requests",
            Self::Interrupted => "interrupted",
        }
    }

    /// Smaller wins when several apply.
    fn precedence(self) -> usize {
        Self::ALL.iter().position(|e| *e == self).unwrap_or(Self::ALL.len())
    }

    /// The one of the two that wins.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.precedence() < self.precedence() { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_outcome_wins() {
        assert_eq!(Exit::Done.or(Exit::Blocked), Exit::Blocked);
        assert_eq!(Exit::SomeFailed.or(Exit::Blocked), Exit::SomeFailed);
        assert_eq!(Exit::Interrupted.or(Exit::SignIn), Exit::Interrupted);
    }
}
