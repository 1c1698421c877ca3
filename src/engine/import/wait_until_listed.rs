//! Waits until the target's lists show what an import made. Graph's lists lag behind its writes
//! (api-behaviour.md section 9, quirks.md 36), and whoever imports again a moment later matches by them: an
//! object that is not listed yet would be made twice. Not for reading objects back: that is `read_back`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::importer::Importer;
use super::status::Status;
use super::written::Done;
use crate::engine::plan::plan_file::Action;
use crate::engine::tenant::lists;
use crate::event::Event;
use crate::finding::count;

/// What is waited between the looks, about half a minute in all.
const WAITS: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(15),
];

/// Comes back when every object that was created is in the list of its type; bounded, and where the
/// lists stay behind, said. One request per type and look.
pub(super) async fn until_listed(importer: &Importer<'_>) {
    let tenant = importer.quiet();
    let mut open = created(importer);
    let all: usize = open.values().map(BTreeSet::len).sum();
    let what = format!("waiting for {} to appear", count(all, "new policy", "new policies"));
    if all > 0 {
        importer.run.tenant.reporter.report(Event::Started { what: what.clone(), total: Some(all as u64) });
    }
    let mut late = all;
    for wait in WAITS {
        if open.is_empty() || importer.is_ending() {
            break;
        }
        tokio::time::sleep(wait).await;
        let looks = open.iter().filter_map(|(name, ids)| {
            let policy_type = importer.catalogue().get(name)?;
            Some(async move { (*name, ids, lists::list(tenant, policy_type).await) })
        });
        let looked = futures_util::future::join_all(looks).await;
        open = looked
            .into_iter()
            // What cannot be listed cannot be waited for either.
            .filter_map(|(name, ids, list)| {
                let listed: BTreeSet<String> = list.ok()?.iter().map(crate::policy::Kept::key).collect();
                let missing: BTreeSet<String> = ids.difference(&listed).cloned().collect();
                (!missing.is_empty()).then_some((name, missing))
            })
            .collect();
        let left: usize = open.values().map(BTreeSet::len).sum();
        let arrived = late.saturating_sub(left) as u64;
        importer.run.tenant.reporter.report(Event::Advanced { what: what.clone(), count: arrived });
        late = left;
    }
    if all > 0 {
        importer.run.tenant.reporter.report(Event::Finished { what });
    }
    if late > 0 && !importer.is_ending() {
        importer.run.tenant.reporter.report(Event::Note(format!(
            "{late} of the new objects do not appear in the target's lists yet; wait a few minutes before importing again"
        )));
    }
}

/// The ids of what this run created, by type.
fn created<'i>(importer: &Importer<'i>) -> BTreeMap<&'i str, BTreeSet<String>> {
    let state = importer.state();
    let mut created: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (index, step) in
        importer.steps.iter().map(|planned| &planned.step).enumerate().filter(|(_, step)| step.action == Action::Create)
    {
        if let Some(Status::Done(Done { id: Some(id), .. })) = state.status.get(&index) {
            created.entry(&step.type_name).or_default().insert(id.clone());
        }
    }
    created
}
