//! Work of several buckets at once: Graph limits each by itself.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;

/// How many objects of one bucket are written at once. More would only meet its limit (api-behaviour.md section 1).
pub(crate) const AT_ONCE: usize = 8;

/// Does work of several buckets at once, [`AT_ONCE`] pieces of each: what waits for one bucket's limits does not
/// hold up another's.
pub(crate) async fn by_bucket<'a, F: Future>(
    work: impl Iterator<Item = (&'a str, F)>,
    mut done: impl FnMut(F::Output),
) {
    let mut buckets: BTreeMap<&str, Vec<F>> = BTreeMap::new();
    for (bucket, piece) in work {
        buckets.entry(bucket).or_default().push(piece);
    }
    let lines = buckets.into_values().map(|pieces| stream::iter(pieces).buffer_unordered(AT_ONCE));
    let mut running = stream::select_all(lines);
    while let Some(output) = running.next().await {
        done(output);
    }
}
