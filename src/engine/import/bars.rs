//! The progress of one phase of an import: a bar for each type that has steps in it.

use std::collections::{BTreeMap, BTreeSet};

use super::importer::Importer;
use crate::event::Event;

/// The bars of a phase.
pub(super) struct Bars<'i> {
    importer: &'i Importer<'i>,
    doing: &'static str,
    all: BTreeSet<String>,
}

impl<'i> Bars<'i> {
    /// Begins a bar for each type that has such steps.
    pub(super) fn begin(importer: &'i Importer<'_>, doing: &'static str, which: impl Fn(usize) -> bool) -> Self {
        let mut bars = Self { importer, doing, all: BTreeSet::new() };
        let mut totals: BTreeMap<String, u64> = BTreeMap::new();
        for index in (0..importer.steps.len()).filter(|index| which(*index)) {
            *totals.entry(bars.name(index)).or_default() += 1;
        }
        for (what, total) in &totals {
            bars.report(Event::Started { what: what.clone(), total: Some(*total) });
        }
        bars.all = totals.into_keys().collect();
        bars
    }

    /// One step more of its type's bar.
    pub(super) fn advance(&self, index: usize) {
        self.report(Event::Advanced { what: self.name(index), count: 1 });
    }

    pub(super) fn finish(self) {
        for what in &self.all {
            self.report(Event::Finished { what: what.clone() });
        }
    }

    fn name(&self, index: usize) -> String {
        let type_name = &self.importer.steps[index].step.type_name;
        let title = self.importer.policy_type(index).map_or(type_name, |policy_type| &policy_type.title);
        format!("{} {title}", self.doing)
    }

    fn report(&self, event: Event) {
        self.importer.run.tenant.reporter.report(event);
    }
}
