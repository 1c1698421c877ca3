//! What is under way, as two lines: one for the whole, and one for what takes long. Pure; drawing them is
//! [`super::progress`]'s.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::escape::clean;
use super::layout::{count, thousands};

/// What runs longer than this beside others has a line of its own.
const SLOW: Duration = Duration::from_secs(3);

/// All phases that were begun.
#[derive(Debug, Default)]
pub(super) struct Phases {
    running: BTreeMap<String, Phase>,
    /// By the first word of what is done: reading, creating.
    sums: BTreeMap<String, Sum>,
    /// The first word of what was begun last.
    last: String,
}

#[derive(Debug)]
struct Phase {
    /// How often it was begun and not yet ended: several may have one name.
    begun: u32,
    done: u64,
    total: Option<u64>,
    since: Instant,
}

#[derive(Debug, Default)]
struct Sum {
    done: u64,
    total: u64,
    finished: usize,
}

impl Phases {
    /// A phase begins.
    pub(super) fn begin(&mut self, what: &str, total: Option<u64>, now: Instant) {
        verb(what).clone_into(&mut self.last);
        self.sums.entry(self.last.clone()).or_default().total += total.unwrap_or(0);
        let phase = Phase { begun: 0, done: 0, total: None, since: now };
        let phase = self.running.entry(what.to_owned()).or_insert(phase);
        phase.begun += 1;
        if let Some(more) = total {
            *phase.total.get_or_insert(0) += more;
        }
    }

    /// More of it is done.
    pub(super) fn advance(&mut self, what: &str, count: u64) {
        if let Some(phase) = self.running.get_mut(what) {
            phase.done += count;
            self.sums.entry(verb(what).to_owned()).or_default().done += count;
        }
    }

    /// It is over.
    pub(super) fn end(&mut self, what: &str) {
        let Some(phase) = self.running.get_mut(what) else { return };
        phase.begun -= 1;
        if phase.begun == 0 {
            self.running.remove(what);
            self.sums.entry(verb(what).to_owned()).or_default().finished += 1;
        }
    }

    /// The line for the whole, and the line for what takes long; empty where there is nothing to say.
    pub(super) fn lines(&self, now: Instant) -> [String; 2] {
        let with = |wanted: &str| self.running.iter().filter(|(what, _)| verb(what) == wanted).collect::<Vec<_>>();
        // What was begun last may be over while others go on.
        let mut own = with(&self.last);
        if own.is_empty()
            && let Some(other) = self.running.keys().next()
        {
            own = with(verb(other));
        }
        let Some((what, phase)) = own.first() else { return Default::default() };
        let word = verb(what);
        let sum = self.sums.get(word);
        let whole = match (own.len(), sum) {
            (1, sum) if sum.is_none_or(|sum| sum.finished == 0) => format!("{}{}", clean(what), progress(phase)),
            (lists, Some(sum)) => {
                let policies = if sum.total > 0 {
                    format!(", {} of {} policies", thousands(sum.done), thousands(sum.total))
                } else {
                    String::new()
                };
                let types = count(sum.finished, "type", "types");
                format!("{}: {types} done, {} under way{policies}", clean(word), thousands(lists))
            }
            (_, None) => clean(what).into_owned(),
        };
        let slow = self.running.iter().filter(|(_, phase)| now.duration_since(phase.since) >= SLOW);
        let slow = slow.min_by_key(|(_, phase)| phase.since).filter(|_| self.running.len() > 1);
        let slow = slow.map(|(what, phase)| {
            let seconds = now.duration_since(phase.since).as_secs();
            format!("{}{}, for {seconds} s", clean(what), progress(phase))
        });
        [whole, slow.unwrap_or_default()]
    }
}

fn progress(phase: &Phase) -> String {
    phase.total.map(|total| format!(": {} of {}", thousands(phase.done), thousands(total))).unwrap_or_default()
}

/// The first word, by which phases belong together.
fn verb(what: &str) -> &str {
    what.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_phase_is_said_by_its_name() {
        let (mut phases, now) = (Phases::default(), Instant::now());
        phases.begin("waiting for 12 new policies to appear", None, now);
        assert_eq!(phases.lines(now), ["waiting for 12 new policies to appear", ""]);
        phases.end("waiting for 12 new policies to appear");
        assert_eq!(phases.lines(now), ["", ""]);
    }

    #[test]
    fn many_phases_are_one_line_and_the_slowest_another() {
        let (mut phases, now) = (Phases::default(), Instant::now());
        for number in 0..60 {
            phases.begin(&format!("reading type {number}"), Some(100), now);
        }
        phases.advance("reading type 7", 30);
        for number in 10..60 {
            phases.end(&format!("reading type {number}"));
        }
        phases.begin("reading type 7", Some(20), now);
        let later = now + Duration::from_secs(9);
        assert_eq!(
            phases.lines(later),
            ["reading: 50 types done, 10 under way, 30 of 6,020 policies", "reading type 0: 0 of 100, for 9 s"]
        );
        // Begun twice, it ends with its second end.
        phases.end("reading type 7");
        assert!(phases.running.contains_key("reading type 7"));
        phases.end("reading type 7");
        phases.end("reading type 7");
        assert!(!phases.running.contains_key("reading type 7"));
    }
}
