//! What policies name one by one and the target must have: definitions of settings, for instance. Each is asked for
//! once, whoever names it, and only where a policy that is written names it and the target's own object does not:
//! what stands there already is there. What is asked for by its id costs a request each, twenty of them in a batch.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::prepared::PlannedStep;
use super::prerequisites::{missing, unknown};
use crate::catalogue::Catalogue;
use crate::catalogue::prerequisite::{EACH, Prerequisite};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::addresses::{encode, version};
use crate::engine::tenant::answers;
use crate::finding::Finding;
use crate::graph::{Client, GraphError};

/// How many are named in a message.
const NAMED: usize = 5;

/// By the index of a step: the texts that it names, each with its place.
type Named = BTreeMap<usize, BTreeMap<String, String>>;

/// Asks the target, and gives the findings of a step, by its index.
pub(crate) async fn check(tenant: Tenant<'_>, steps: &[PlannedStep]) -> Vec<(usize, Finding)> {
    let mut told = Vec::new();
    for prerequisite in tenant.catalogue.shared.prerequisites.iter().filter(|prerequisite| prerequisite.is_each()) {
        let named = named(tenant.catalogue, prerequisite, steps);
        let new = new(&named, steps);
        let asked = named.values().flat_map(BTreeMap::keys).filter(|text| !new.contains(text.as_str()));
        let mut absent = absent(tenant.client, prerequisite, asked.collect()).await;
        absent.extend(new.iter().map(|text| (*text, None)));
        for (index, texts) in &named {
            let found = of_step(prerequisite, texts, &absent);
            told.extend(found.map(|finding| (*index, Finding { subject: steps[*index].step.subject(), ..finding })));
        }
    }
    told
}

/// What the steps that write name and the target's own objects do not.
fn named(catalogue: &Catalogue, prerequisite: &Prerequisite, steps: &[PlannedStep]) -> Named {
    let mut named = Named::new();
    let written = steps.iter().enumerate().filter(|(_, planned)| planned.step.writes());
    for (index, PlannedStep { step, work }) in written {
        let Some(policy_type) = catalogue.get(&step.type_name) else { continue };
        let mut texts = BTreeMap::new();
        for need in policy_type.needs.iter().filter(|need| need.what == prerequisite.name) {
            texts.extend(need.each_of(&work.rewritten.policy.open().body));
            let there = work.before.as_ref().map(|before| need.each_of(&before.open().body)).unwrap_or_default();
            texts.retain(|text, _| !there.contains_key(text));
        }
        if !texts.is_empty() {
            named.insert(index, texts);
        }
    }
    named
}

/// What the import makes first: it is nowhere yet, so there is nothing to ask.
fn new<'n>(named: &'n Named, steps: &[PlannedStep]) -> BTreeSet<&'n str> {
    let texts = named.iter().flat_map(|(index, texts)| texts.iter().map(move |(text, place)| (index, text, place)));
    let awaits = |index: &usize| steps[*index].work.rewritten.awaits.iter();
    let is_new = |index: &usize, place: &str| awaits(index).any(|wait| wait.pointer == place);
    texts.filter(|(index, _, place)| is_new(index, place)).map(|(_, text, _)| text.as_str()).collect()
}

/// What the target does not have, or cannot be asked for.
async fn absent<'t>(
    client: &Client,
    prerequisite: &Prerequisite,
    texts: BTreeSet<&'t String>,
) -> BTreeMap<&'t str, Option<GraphError>> {
    let mut open: BTreeMap<&str, Option<GraphError>> = texts.into_iter().map(|text| (text.as_str(), None)).collect();
    for template in prerequisite.paths() {
        let asked: Vec<&str> = open.keys().copied().collect();
        let paths: Vec<String> = asked.iter().map(|text| template.replace(EACH, &encode(text))).collect();
        let is_collection = |_: &str| prerequisite.is_collection(template);
        let answers = answers::batch(client, version(prerequisite.api), &paths, is_collection).await;
        for (text, answer) in asked.into_iter().zip(answers) {
            match answer {
                Ok(answer) if prerequisite.is_met(&answer, Timestamp::now()) => drop(open.remove(text)),
                // One place that cannot be read is enough for not knowing.
                Err(error) if !error.is_not_found() => drop(open.insert(text, Some(error))),
                _ => {}
            }
        }
    }
    open
}

fn of_step(
    prerequisite: &Prerequisite,
    texts: &BTreeMap<String, String>,
    absent: &BTreeMap<&str, Option<GraphError>>,
) -> Option<Finding> {
    let of_own = || texts.iter().filter_map(|(text, place)| Some((text, place, absent.get(text.as_str())?)));
    let lacking: Vec<(&String, &String)> =
        of_own().filter(|(.., error)| error.is_none()).map(|(text, place, _)| (text, place)).collect();
    let Some((_, place)) = lacking.first() else {
        let (text, place, error) = of_own().next()?;
        let finding = unknown(prerequisite, error.as_ref()?).at(place);
        let fix = finding.fix.replace(EACH, text);
        return Some(finding.fix(fix));
    };
    let names: Vec<&str> = lacking.iter().take(NAMED).map(|(text, _)| text.as_str()).collect();
    let more = lacking.len() - names.len();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("the target does not have {}: {}{rest}", prerequisite.title, names.join(", "));
    let finding = missing(prerequisite, &message).at(*place);
    // The first stands for all in what there is to do.
    let fix = finding.fix.replace(EACH, names.first().copied().unwrap_or_default());
    Some(finding.fix(fix))
}
