//! What the engine tells while it works. Consumers are progress bars, JSON lines and test recorders;
//! the engine never prints.

/// Something that happened during a long operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A phase of an operation begins; `total` where it is known.
    Started {
        /// What is done, as a reader would say it: `reading Settings catalog`.
        what: String,
        /// How many steps it has, where that is known.
        total: Option<u64>,
    },
    /// `count` more steps of the phase are done.
    Advanced {
        /// The same text as in [`Event::Started`].
        what: String,
        /// Steps done since the last event.
        count: u64,
    },
    /// The phase is over.
    Finished {
        /// The same text as in [`Event::Started`].
        what: String,
    },
    /// A line worth keeping, such as one object of an import that is done.
    Note(String),
}

/// Takes events. Called from several tasks at once.
pub trait Reporter: Send + Sync {
    /// Takes one event; must be quick.
    fn report(&self, event: Event);
}

/// Takes events and forgets them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _: Event) {}
}
