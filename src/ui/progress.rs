//! Progress bars from the engine's events, on the stderr of a terminal only, and only where the work takes
//! longer than a moment. Not for results: those are printed when the work is done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::escape::clean;
use super::printer::Printer;
use crate::event::{Event, Reporter};

/// Work that is done sooner than this shows no bar.
const DELAY: Duration = Duration::from_millis(250);
const TICK: Duration = Duration::from_millis(120);

/// Shows what is under way. Ends with its drop; nothing of it stays on the screen.
pub struct Progress<'a> {
    printer: &'a Printer,
    screen: Option<Screen>,
}

struct Screen {
    bars: MultiProgress,
    running: Mutex<BTreeMap<String, Running>>,
    over: Arc<Mutex<bool>>,
}

struct Running {
    bar: ProgressBar,
    /// How often the same phase was begun and not yet ended: several may have one name.
    begun: u32,
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

impl Screen {
    fn new() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let over = Arc::new(Mutex::new(false));
        let (later, seen) = (bars.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            std::thread::sleep(DELAY);
            let over = lock(&seen);
            if !*over {
                later.set_draw_target(ProgressDrawTarget::stderr());
            }
        });
        Self { bars, running: Mutex::default(), over }
    }

    fn begin(&self, what: String, total: Option<u64>) {
        let mut running = lock(&self.running);
        if let Some(known) = running.get_mut(&what) {
            known.begun += 1;
            match (known.bar.length(), total) {
                (None, Some(total)) => {
                    known.bar.set_style(counting());
                    known.bar.set_length(total);
                }
                (Some(_), Some(more)) => known.bar.inc_length(more),
                (_, None) => {}
            }
            return;
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(counting()),
            None => ProgressBar::no_length().with_style(style("{spinner} {msg}")),
        };
        let bar = self.bars.add(bar).with_message(clean(&what).into_owned());
        bar.enable_steady_tick(TICK);
        running.insert(what, Running { bar, begun: 1 });
    }

    fn end(&self, what: &str) {
        let mut running = lock(&self.running);
        let Some(known) = running.get_mut(what) else { return };
        known.begun -= 1;
        if known.begun == 0
            && let Some(known) = running.remove(what)
        {
            known.bar.finish_and_clear();
            self.bars.remove(&known.bar);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        *lock(&self.over) = true;
        for running in lock(&self.running).values() {
            running.bar.finish_and_clear();
        }
        // A bar that cannot be taken off the screen is not a reason to fail.
        let _ = self.bars.clear();
    }
}

impl Reporter for Progress<'_> {
    fn report(&self, event: Event) {
        match (event, &self.screen) {
            (Event::Note(text), None) => self.printer.note(&clean(&text)),
            (Event::Note(text), Some(screen)) => screen.bars.suspend(|| self.printer.note(&clean(&text))),
            (_, None) => {}
            (Event::Started { what, total }, Some(screen)) => screen.begin(what, total),
            (Event::Advanced { what, count }, Some(screen)) => {
                if let Some(running) = lock(&screen.running).get(&what) {
                    running.bar.inc(count);
                }
            }
            (Event::Finished { what }, Some(screen)) => screen.end(&what),
        }
    }
}

fn counting() -> ProgressStyle {
    style("{msg}  {wide_bar:.cyan/dim} {pos}/{len}")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
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

    #[test]
    fn a_phase_that_is_begun_twice_ends_with_its_second_end() {
        let screen = Screen::new();
        screen.begin("reading".into(), Some(2));
        screen.begin("reading".into(), Some(3));
        screen.end("reading");
        assert_eq!(lock(&screen.running).get("reading").and_then(|known| known.bar.length()), Some(5));
        screen.end("reading");
        screen.end("reading");
        assert!(lock(&screen.running).is_empty());
    }
}
