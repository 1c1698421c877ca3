//! Where the service falls silent: at the n-th request, before it is processed, after it was processed and
//! before the answer, or after the answer. From then on nothing is answered until the silence ends: whoever
//! kills the client meanwhile knows exactly how far it came.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// When, in the life of a request, silence begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It arrived and is not processed.
    Before,
    /// It was processed, and the answer is never sent.
    Processed,
    /// The answer is on its way.
    Answered,
}

/// Counts requests, and falls silent at the right one.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    state: Mutex<HaltState>,
    fell_silent: Notify,
}

#[derive(Debug, Default)]
struct HaltState {
    seen: u64,
    /// What a request must begin with, `DELETE /beta/…`, to be counted towards silence.
    only: String,
    /// Whether only what changes something is counted towards silence.
    writes: bool,
    counted: u64,
    at: Option<(u64, Moment)>,
    silent: bool,
    under_way: usize,
    most: usize,
}

/// A request that is under way.
pub(crate) struct UnderWay<'a>(&'a Halt);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

impl Halt {
    fn state(&self) -> MutexGuard<'_, HaltState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Falls silent at the n-th request from now on, beginning with 1, of those that begin so.
    pub(crate) fn set(&self, n: u64, only: &str, moment: Moment) {
        let mut state = self.state();
        (state.seen, state.counted, state.at, state.silent) = (0, 0, Some((n, moment)), false);
        only.clone_into(&mut state.only);
        state.writes = false;
    }

    /// The same of those that change something.
    pub(crate) fn set_at_writes(&self, n: u64, moment: Moment) {
        self.set(n, "", moment);
        self.state().writes = true;
    }

    /// Counts again and answers everything.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        (state.seen, state.counted, state.at, state.silent, state.most) = (0, 0, None, false, 0);
        state.only.clear();
        state.writes = false;
    }

    /// How many requests came since it was set or cleared.
    pub(crate) fn seen(&self) -> u64 {
        self.state().seen
    }

    /// Whether it fell silent.
    pub(crate) fn is_silent(&self) -> bool {
        self.state().silent
    }

    /// A request is under way as long as the result lives.
    pub(crate) fn enter(&self) -> UnderWay<'_> {
        let mut state = self.state();
        state.under_way += 1;
        state.most = state.most.max(state.under_way);
        UnderWay(self)
    }

    /// How many requests were under way at once, at most, since it was cleared.
    pub(crate) fn most(&self) -> usize {
        self.state().most
    }

    /// Counts a request; its number among those that matter here, from 1, or 0 where it does not.
    pub(crate) fn count(&self, method: &str, path: &str) -> u64 {
        let mut state = self.state();
        state.seen += 1;
        let is_counted = format!("{method} /{path}").starts_with(&state.only);
        if !is_counted || (state.writes && !changes(method, path)) {
            return 0;
        }
        state.counted += 1;
        state.counted
    }

    /// Does not come back while, or from the moment on that, nothing is answered.
    pub(crate) async fn pass(&self, number: u64, moment: Moment) {
        if self.is_due(number, moment) {
            std::future::pending::<()>().await;
        }
    }

    /// Falls silent where this is the moment; whether nothing is answered.
    pub(crate) fn is_due(&self, number: u64, moment: Moment) -> bool {
        let mut state = self.state();
        // What was processed when silence began is not answered either.
        if !state.silent && state.at == Some((number, moment)) {
            state.silent = true;
            self.fell_silent.notify_one();
        }
        state.silent
    }

    /// Comes back when it has fallen silent.
    pub(crate) async fn silence(&self) {
        while !self.is_silent() {
            self.fell_silent.notified().await;
        }
    }
}

/// Whether a request changes something: neither a read, nor a question that is put by POST, nor a sign-in.
fn changes(method: &str, path: &str) -> bool {
    let questions = ["$batch", "getByIds", "/token", "/retrieve"];
    method != "GET" && !questions.iter().any(|question| path.contains(question))
}
