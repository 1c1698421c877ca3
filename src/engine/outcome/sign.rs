//! The signs that stand before names in views and reports. Each means one thing, everywhere.

/// What a sign before a name means, in every view and report; one thing each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// It is new.
    New,
    /// It changes.
    Changed,
    /// Its assignments change and nothing else.
    Assigned,
    /// It goes.
    Removed,
    /// It is the same.
    Same,
    /// It differs and is not changed.
    Differs,
    /// It is not there.
    Missing,
    /// It cannot be moved.
    LeftBehind,
    /// Someone has to decide or do something first.
    Blocked,
    /// It failed.
    Failed,
    /// No one came to it yet.
    NotStarted,
    /// It can move.
    Moves,
    /// It needs something to move.
    Needs,
}

impl Sign {
    /// The character.
    pub const fn mark(self) -> char {
        match self {
            Self::New => '+',
            Self::Changed => '~',
            Self::Assigned => '@',
            Self::Removed => '-',
            Self::Same => '=',
            Self::Differs => '≠',
            Self::Missing => '?',
            Self::LeftBehind => '/',
            Self::Blocked => '!',
            Self::Failed => 'x',
            Self::NotStarted => '.',
            Self::Moves => '>',
            Self::Needs => '*',
        }
    }

    /// What it means, for a legend.
    pub const fn means(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Assigned => "assignments only",
            Self::Removed => "removed",
            Self::Same => "the same",
            Self::Differs => "different, not changed",
            Self::Missing => "missing",
            Self::LeftBehind => "cannot be moved",
            Self::Blocked => "needs a decision",
            Self::Failed => "failed",
            Self::NotStarted => "not started",
            Self::Moves => "can be moved",
            Self::Needs => "needs something first",
        }
    }
}
