//! What becomes of a panic, in our own code or in that of others: a finding like any other, exit code 1, and a whole
//! JSON document. Without this the program would end with 101, and a pipeline would have nothing to read.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::{Mutex, PoisonError};

use super::answer::Answer;
use super::error::CliError;
use crate::exit::Exit;
use crate::finding::{Finding, codes};
use crate::mask::Mask;
use crate::ui::Look;

/// What the last panic said, and where. Panics of other threads end what waits for them, and come here too.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// Does the work; a panic becomes an answer of a finding alone.
pub(super) fn caught(work: impl FnOnce() -> Result<Answer, CliError>, look: Look) -> Result<Answer, CliError> {
    set_hook(Box::new(keep));
    // What the work leaves behind is not used any more.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).take();
        let message = said.unwrap_or_else(|| String::from("the program stopped without a message"));
        let finding = Finding::new(&codes::INTERNAL_ERROR, "intune-ferry", message);
        Ok(Answer::new(Exit::Unexpected, String::new()).beside(finding, look))
    })
}

fn keep(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    let said = panic.payload_as_str().unwrap_or("no message");
    let said = format!("{}{place}", Mask::default().text(said));
    tracing::error!("{said}");
    *SAID.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
}

/// Lets a test see what becomes of a panic; a program that is built for use has no such thing.
pub(super) fn on_request() {
    #[cfg(debug_assertions)]
    assert!(std::env::var_os("FERRY_TEST_PANIC").is_none(), "a defect that was asked for");
}
