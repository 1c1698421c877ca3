//! What is under way, from the engine's events: at most two lines on the stderr of a terminal, and only where the work
//! takes longer than a moment. Not for results: those are printed when the work is done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::phases::Phases;
use super::printer::Printer;
use crate::event::{Event, Reporter};

/// Work that is done sooner than this shows no line.
const DELAY: Duration = Duration::from_millis(250);
/// How often the lines are looked at again: what takes long has to say so by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(120);

/// Shows what is under way. Ends with its drop; nothing of it stays on the screen.
pub struct Progress<'a> {
    printer: &'a Printer,
    screen: Option<Screen>,
}

struct Screen {
    bars: MultiProgress,
    shared: Arc<Shared>,
}

struct Shared {
    whole: ProgressBar,
    slow: ProgressBar,
    phases: Mutex<Phases>,
    over: Mutex<bool>,
}

impl<'a> Progress<'a> {
    /// Progress on the printer's stderr, where it would be seen.
    pub fn new(printer: &'a Printer) -> Self {
        Self { printer, screen: printer.shows_progress().then(Screen::new) }
    }
}

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("visible", &self.screen.is_some()).finish_non_exhaustive()
    }
}

impl Shared {
    /// Puts the lines as they are now into the bars.
    fn show(&self) {
        let [whole, slow] = lock(&self.phases).lines(Instant::now());
        self.whole.set_message(whole);
        self.slow.set_message(if slow.is_empty() { slow } else { format!("slow: {slow}") });
    }
}

impl Screen {
    fn new() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let line = |template: &str| bars.add(ProgressBar::no_length().with_style(style(template)));
        // A line is as wide as the terminal at most, so that it never wraps.
        let (whole, slow) = (line("{spinner} {wide_msg}"), line("  {wide_msg:.dim}"));
        whole.enable_steady_tick(TICK);
        let shared = Arc::new(Shared { whole, slow, phases: Mutex::default(), over: Mutex::new(false) });
        let (later, seen) = (bars.clone(), Arc::clone(&shared));
        std::thread::spawn(move || {
            std::thread::sleep(DELAY);
            {
                let over = lock(&seen.over);
                if *over {
                    return;
                }
                later.set_draw_target(ProgressDrawTarget::stderr());
            }
            while !*lock(&seen.over) {
                seen.show();
                std::thread::sleep(LOOK_AGAIN);
            }
        });
        Self { bars, shared }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        *lock(&self.shared.over) = true;
        self.shared.whole.finish_and_clear();
        self.shared.slow.finish_and_clear();
        // A line that cannot be taken off the screen is not a reason to fail.
        let _ = self.bars.clear();
    }
}

impl Reporter for Progress<'_> {
    fn report(&self, event: Event) {
        match (event, &self.screen) {
            (Event::Note(text), None) => self.printer.note(&super::escape::clean(&text)),
            (Event::Note(text), Some(screen)) => {
                screen.bars.suspend(|| self.printer.note(&super::escape::clean(&text)));
            }
            (_, None) => {}
            (Event::Started { what, total }, Some(screen)) => {
                lock(&screen.shared.phases).begin(&what, total, Instant::now());
                screen.shared.show();
            }
            (Event::Advanced { what, count }, Some(screen)) => lock(&screen.shared.phases).advance(&what, count),
            (Event::Finished { what }, Some(screen)) => {
                lock(&screen.shared.phases).end(&what);
                screen.shared.show();
            }
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::printer::tests::Kept;
    use super::super::printer::{Format, Verbosity};
    use super::*;

    #[test]
    fn without_a_terminal_only_notes_are_seen() {
        let err = Kept::default();
        let printer = Printer::to(Format::Text, Verbosity::Normal, Box::new(Kept::default()), Box::new(err.clone()));
        let progress = Progress::new(&printer);
        progress.report(Event::Started { what: "reading".into(), total: Some(2) });
        progress.report(Event::Advanced { what: "reading".into(), count: 1 });
        progress.report(Event::Note("one \u{7} done".into()));
        progress.report(Event::Finished { what: "reading".into() });
        assert_eq!(err.text(), "one \\u{7} done\n");
    }
}
