//! Ctrl-C and SIGTERM: the first asks the command to come to an end, the second ends the program at once.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use crate::exit::Exit;

/// Watches for both as long as the runtime lives.
pub fn watch(context: &Arc<Context>, waits: bool) {
    let context = Arc::clone(context);
    tokio::spawn(async move {
        signal().await;
        context.stop.cancel();
        if waits {
            context.printer.note("\nFinishing current requests. Press Ctrl-C again to stop now.");
        }
        signal().await;
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
}

/// Waits for the command, or for the sign to stop.
pub async fn unless_stopped<T>(stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        value = work => Some(value),
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => interrupt().await,
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

/// Where the signal cannot be watched, it never comes.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
