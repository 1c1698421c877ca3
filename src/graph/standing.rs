//! What a 401 means. It can say that the token has ended; but Graph also answers so where a token is good and one
//! resource is not for it: MDM and MAM scope refuse applications ("Unsupported app-only call.", mondoohq/mql#6082,
//! 2026-02), and Intune's inner services answer 401 with Forbidden inside (microsoft-graph-docs-contrib#237, 2023-01).
//! So the token is renewed once, and if Graph takes the same token elsewhere, the 401 is a refusal of that resource.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use url::Url;

use super::answer;
use super::call::Call;
use super::core::Core;
use super::error::{Facts, GraphError};
use super::figures::count;
use super::retry::{self, Outcome};
use super::sign_in::Token;

/// What is known of how Graph takes the tokens of this client.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Which token was taken last, and when.
    taken: Option<(u64, Instant)>,
    /// What was answered first of all: a question that shows whether a token is taken.
    question: Option<Url>,
    /// A token was renewed for a resource that refuses the new one as well: such renewals are in vain.
    in_vain: bool,
}

/// What a 401 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unaccepted {
    /// Perhaps the token has ended: ask again with a new one.
    Renew,
    /// The resource is not for this sign-in.
    Resource,
    /// Graph does not take the token.
    SignIn,
}

impl Standing {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Graph took the token for this question.
    pub(super) fn taken(&self, token: &Token, question: Option<&Url>) {
        let mut known = self.known();
        known.taken = Some((token.generation, Instant::now()));
        if known.question.is_none() {
            known.question = question.cloned();
        }
    }

    fn taken_since(&self, token: &Token, when: Instant) -> bool {
        self.known().taken.is_some_and(|(generation, at)| generation == token.generation && at >= when)
    }
}

/// What the 401 to a question means that was put with this token. `renewed` says whether the question was put
/// before, with an older token.
pub(super) async fn unaccepted(core: &Core, url: &Url, token: &Token, sent: Instant, renewed: bool) -> Unaccepted {
    if !renewed && !core.standing.known().in_vain {
        return Unaccepted::Renew;
    }
    if core.standing.taken_since(token, sent) || is_taken_elsewhere(core, url, token).await {
        core.standing.known().in_vain = true;
        return Unaccepted::Resource;
    }
    if renewed { Unaccepted::SignIn } else { Unaccepted::Renew }
}

/// Puts the question that Graph answered before. Whatever it says but 401, it took the token.
async fn is_taken_elsewhere(core: &Core, refused: &Url, token: &Token) -> bool {
    let question = core.standing.known().question.clone().filter(|question| question != refused);
    let Some(question) = question else { return false };
    let call = Call::get(question);
    for tries in 1..=retry::MAX_TRIES {
        let pass = core.budget.admit(&call.paths, false).await;
        count(&core.counters.sent, 1);
        let answered = answer::attempt(&core.http, &call, token, &core.counters).await;
        drop(pass);
        match answered.map_err(|failure| failure.outcome) {
            Err(Outcome::Status { status: 401, .. }) => return false,
            Ok(_) | Err(Outcome::Status { .. } | Outcome::Unreadable | Outcome::TooLarge) => {
                core.standing.taken(token, None);
                return true;
            }
            Err(Outcome::NotConnected | Outcome::Untrusted | Outcome::Broken) => {
                let Some(wait) = core.wait(tries, None) else { return false };
                tokio::time::sleep(wait).await;
            }
        }
    }
    false
}

/// The error for a resource that is not for this sign-in.
pub(super) fn not_for_this_sign_in(mut facts: Facts) -> GraphError {
    facts.message = format!("{} (Graph accepts this sign-in, but not for this request)", facts.message);
    GraphError::Forbidden(Box::new(facts))
}
