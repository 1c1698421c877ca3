//! Which objects of an import are written one after another, and which at once. Pure.

use std::collections::BTreeMap;

use crate::catalogue::Catalogue;
use crate::engine::plan::order;
use crate::engine::plan::plan_file::Step;
use crate::engine::plan::prepared::PlannedStep;

/// The places of steps, level by level: everything in one level needs only what is in the levels before. The plan has
/// dependencies first.
pub(super) fn levels(steps: &[PlannedStep], places: &BTreeMap<String, usize>) -> Vec<Vec<usize>> {
    let needs = |step: &Step| step.needs.iter().filter_map(|need| places.get(need).copied()).collect();
    order::levels(&steps.iter().map(|planned| needs(&planned.step)).collect::<Vec<_>>())
}

/// What may run at once: each object by itself, but a type with an order of its own one after another, and
/// so those of one name: after a create of unknown fate, one must not be taken for the other.
pub(super) fn lanes(steps: &[PlannedStep], catalogue: &Catalogue, level: &[usize]) -> Vec<Vec<usize>> {
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for index in level {
        let Step { type_name, name, .. } = &steps[*index].step;
        let in_order = catalogue.get(type_name).is_some_and(|policy_type| policy_type.rank.is_some());
        let lane = *known.entry((type_name, if in_order { "" } else { name })).or_insert(lanes.len());
        if lane == lanes.len() {
            lanes.push(Vec::new());
        }
        lanes[lane].push(*index);
    }
    lanes
}
