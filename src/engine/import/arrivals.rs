//! What came into the target since the plan's lists were read: an object that another import, or a person, made
//! meanwhile must not be made once more. Every create asks here right before it is sent. One list per type answers
//! for a while, and for all who wait for it: looking is to cost a small part of what writing costs.
//! Not for deciding what becomes of an object that is found: that is `create`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::catalogue::PolicyType;
use crate::engine::plan::matching::{NameKey, name_key};
use crate::engine::tenant::Tenant;
use crate::engine::tenant::lists;
use crate::graph::GraphError;
use crate::policy::Kept;

/// How long a list says what is there. What is made within that time is not in Graph's lists yet anyway: they lag
/// (api-behaviour.md section 3).
const FRESH: Duration = Duration::from_secs(5);

/// A list that takes long says so for longer: at most a twentieth of the time goes into looking.
const SHARE: u32 = 20;

/// A type's list, as far as it is news.
#[derive(Debug)]
pub(crate) struct TargetList {
    begun: Instant,
    took: Duration,
    /// The ids of all that is there.
    ids: BTreeSet<String>,
    /// Names and ids of what the plan's lists did not have.
    new: Vec<(NameKey, String)>,
}

impl TargetList {
    /// Whether an object is in the list.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// The new objects that may be this policy.
    pub(crate) fn named<'l>(&'l self, key: &NameKey) -> impl Iterator<Item = &'l str> {
        self.new.iter().filter(move |(name, _)| name == key).map(|(_, id)| id.as_str())
    }

    fn is_fresh(&self) -> bool {
        self.begun.elapsed() < FRESH.max(self.took * SHARE)
    }
}

/// The last look at a type; whoever looks keeps the others waiting for what it finds.
type Last = Arc<tokio::sync::Mutex<Option<Arc<TargetList>>>>;

/// What came into the target since the plan.
pub(crate) struct Arrivals<'a> {
    /// The ids that the plan's lists had, by type.
    known: &'a BTreeMap<String, BTreeSet<String>>,
    /// When these lists were read; none where that is long ago.
    planned: Option<Instant>,
    looks: Mutex<BTreeMap<String, Last>>,
}

impl<'a> Arrivals<'a> {
    pub(crate) fn new(known: &'a BTreeMap<String, BTreeSet<String>>, planned: Option<Instant>) -> Self {
        Self { known, planned, looks: Mutex::new(BTreeMap::new()) }
    }

    /// What is there now, or was a moment ago; nothing where the plan itself saw it a moment ago.
    pub(crate) async fn now(&self, tenant: Tenant<'_>, of: &PolicyType) -> Result<Option<Arc<TargetList>>, GraphError> {
        if self.is_planned_now() {
            return Ok(None);
        }
        self.look(tenant, of, TargetList::is_fresh).await.map(Some)
    }

    /// Whether what the plan saw is there still.
    pub(crate) fn is_planned_now(&self) -> bool {
        self.planned.is_some_and(|planned| planned.elapsed() < FRESH)
    }

    /// What is there, by a list that is asked for after this moment.
    pub(crate) async fn asked_now(&self, tenant: Tenant<'_>, of: &PolicyType) -> Result<Arc<TargetList>, GraphError> {
        let asked = Instant::now();
        self.look(tenant, of, |look| look.begun >= asked).await
    }

    async fn look(
        &self,
        tenant: Tenant<'_>,
        of: &PolicyType,
        is_good: impl Fn(&TargetList) -> bool,
    ) -> Result<Arc<TargetList>, GraphError> {
        let last = {
            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(looks.entry(of.name.clone()).or_default())
        };
        let mut last = last.lock().await;
        if let Some(look) = last.as_ref().filter(|look| is_good(look)) {
            return Ok(Arc::clone(look));
        }
        let begun = Instant::now();
        let listed = lists::list(tenant, of).await?;
        let known = self.known.get(&of.name);
        let ids: BTreeSet<String> = listed.iter().map(Kept::key).collect();
        let is_new = |object: &&Kept| known.is_none_or(|known| !known.contains(&object.key()));
        let new = listed.iter().filter(is_new).map(|object| (name_key(of, &object.open()), object.key())).collect();
        let look = Arc::new(TargetList { begun, took: begun.elapsed(), ids, new });
        *last = Some(Arc::clone(&look));
        Ok(look)
    }
}
