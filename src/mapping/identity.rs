//! How an object of the source is found again in the target: by what is the same on both sides. The
//! first thing that fits decides; only a unique exact fit is sure.

use std::collections::HashMap;

use super::inventory::{Inventory, name, text};
use super::kinds::{GROUP, SERVICE_PRINCIPAL, USER};
use crate::policy::TenantInfo;
use crate::policy::directory::Facts;

/// One way to find an object again.
struct Way {
    /// The words for a mapping's `how`.
    how: &'static str,
    /// What must be equal; none where the object does not have it.
    key: fn(&Facts) -> Option<String>,
    /// The same for an object of the source, where it is not `key`: several that would do.
    guess: Option<fn(&Facts, &TenantInfo) -> Vec<String>>,
    /// A unique fit is taken without asking.
    sure: bool,
}

const fn sure(how: &'static str, key: fn(&Facts) -> Option<String>) -> Way {
    Way { how, key, guess: None, sure: true }
}

const fn weak(how: &'static str, key: fn(&Facts) -> Option<String>) -> Way {
    Way { how, key, guess: None, sure: false }
}

const SAME_ID: Way = sure("same id", |facts| text(facts, "id").map(str::to_ascii_lowercase));
const OTHER_CASE: Way = weak("same name but for case", |facts| Some(typed(facts, &name(facts)?.to_lowercase())));

const GROUPS: &[Way] = &[
    SAME_ID,
    sure("same on-premises SID", |facts| text(facts, "onPremisesSecurityIdentifier").map(str::to_owned)),
    sure("same name", |facts| name(facts).map(str::to_owned)),
    OTHER_CASE,
];
const GROUP_TIE: Way =
    sure("same name and mail nickname", |facts| Some(format!("{}\n{}", name(facts)?, text(facts, "mailNickname")?)));
const USERS: &[Way] = &[
    SAME_ID,
    sure("same user principal name", |facts| text(facts, "userPrincipalName").map(str::to_lowercase)),
    Way {
        how: "same local part",
        key: |facts| text(facts, "userPrincipalName").map(str::to_lowercase),
        guess: Some(in_target_domains),
        sure: false,
    },
];
const SERVICE_PRINCIPALS: &[Way] = &[
    SAME_ID,
    sure("same application id", |facts| text(facts, "appId").map(str::to_ascii_lowercase)),
    weak("same name", |facts| name(facts).map(str::to_owned)),
];
const OTHERS: &[Way] = &[
    SAME_ID,
    sure("same package id", |facts| {
        ["packageId", "bundleId", "packageIdentifier", "appStoreUrl"]
            .iter()
            .find_map(|property| Some(typed(facts, &format!("{property} {}", text(facts, property)?))))
    }),
    sure("same thumbprint", |facts| text(facts, "thumbprint").map(str::to_ascii_lowercase)),
    sure("same name", |facts| Some(typed(facts, name(facts)?))),
    OTHER_CASE,
];

/// All words that can stand in a proposed entry's `how`.
pub const HOWS: [&str; 10] = [
    "same id",
    "same on-premises SID",
    "same name",
    "same name and mail nickname",
    "same name but for case",
    "same user principal name",
    "same local part",
    "same application id",
    "same package id",
    "same thumbprint",
];

/// A key that only objects of one type and platform share.
fn typed(facts: &Facts, key: &str) -> String {
    let part = |property| text(facts, property).unwrap_or_default().to_ascii_lowercase();
    format!("{key}\n{}\n{}", part("@odata.type"), part("platform"))
}

/// The user's name in the target's domains.
fn in_target_domains(facts: &Facts, target: &TenantInfo) -> Vec<String> {
    let Some((local, _)) = text(facts, "userPrincipalName").and_then(|name| name.split_once('@')) else {
        return Vec::new();
    };
    let mut names: Vec<String> = target
        .default_domain
        .iter()
        .chain(&target.domains)
        .map(|domain| format!("{local}@{domain}").to_lowercase())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What was found for an object.
pub(super) struct Fit<'t> {
    /// By what.
    pub(super) how: &'static str,
    /// The objects of the target that fit.
    pub(super) targets: Vec<&'t Facts>,
    /// It is the one, without a doubt.
    pub(super) sure: bool,
    /// Several objects of the source fit as well as this one.
    pub(super) source_ambiguous: bool,
}

/// One way with the target's objects by key, and how many of the source's have each key.
struct Index<'t> {
    way: &'static Way,
    targets: HashMap<String, Vec<&'t Facts>>,
    own: HashMap<String, usize>,
}

/// Finds objects of one kind again in the target.
pub(super) struct Finder<'t> {
    ways: Vec<Index<'t>>,
    tie: Option<&'static Way>,
    tenant: &'t TenantInfo,
}

impl<'t> Finder<'t> {
    /// A finder for a kind, knowing all objects of that kind of the source.
    pub(super) fn new(kind: &str, source: &[&Facts], inventory: &'t Inventory) -> Self {
        let ways: &'static [Way] = match kind {
            GROUP => GROUPS,
            USER => USERS,
            SERVICE_PRINCIPAL => SERVICE_PRINCIPALS,
            _ => OTHERS,
        };
        let index = |way: &'static Way| {
            let mut targets: HashMap<String, Vec<&'t Facts>> = HashMap::new();
            for facts in inventory.of_kind(kind) {
                if let Some(key) = (way.key)(facts) {
                    targets.entry(key).or_default().push(facts);
                }
            }
            let mut own: HashMap<String, usize> = HashMap::new();
            for key in source.iter().filter_map(|facts| (way.key)(facts)) {
                *own.entry(key).or_default() += 1;
            }
            Index { way, targets, own }
        };
        Self {
            ways: ways.iter().map(index).collect(),
            tie: (kind == GROUP).then_some(&GROUP_TIE),
            tenant: &inventory.tenant,
        }
    }

    /// The first way by which something of the target fits.
    pub(super) fn find(&self, facts: &Facts) -> Option<Fit<'t>> {
        self.ways.iter().find_map(|Index { way, targets, own }| {
            let keys = match way.guess {
                Some(guess) => guess(facts, self.tenant),
                None => (way.key)(facts).into_iter().collect(),
            };
            let fitting: Vec<&'t Facts> = keys.iter().filter_map(|key| targets.get(key)).flatten().copied().collect();
            if fitting.is_empty() {
                return None;
            }
            if let Some(fit) = self.tie(facts, &fitting) {
                return Some(fit);
            }
            let source_ambiguous = keys.iter().any(|key| own.get(key).is_some_and(|count| *count > 1));
            let sure = way.sure && fitting.len() == 1 && !source_ambiguous;
            Some(Fit { how: way.how, targets: fitting, sure, source_ambiguous })
        })
    }

    /// Of several that fit, the one that fits in more.
    fn tie(&self, facts: &Facts, fitting: &[&'t Facts]) -> Option<Fit<'t>> {
        let tie = self.tie.filter(|_| fitting.len() > 1)?;
        let wanted = (tie.key)(facts)?;
        let mut better = fitting.iter().filter(|target| (tie.key)(target).as_ref() == Some(&wanted));
        let one = better.next()?;
        better.next().is_none().then(|| Fit { how: tie.how, targets: vec![*one], sure: true, source_ambiguous: false })
    }
}
