//! Export: a tenant's policies as a snapshot that the tree writes. What cannot be read is a finding,
//! and its type is marked as failed, so that the tree keeps what it has.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use super::incremental_cache::{Cache, Stamp};
use crate::catalogue::permissions;
use crate::catalogue::{Catalogue, PolicyType, Selection, misfits, references};
use crate::engine::error::EngineError;
use crate::engine::tenant::Tenant;
use crate::engine::tenant::lists::REREADS;
use crate::engine::tenant::reader::{PORTIONS, TOGETHER};
use crate::engine::tenant::{access_gaps, group_members, tenant_info};
use crate::engine::tenant::{lists, reader};
use crate::event::Event;
use crate::finding::{Finding, codes};
use crate::graph::{Claims, GraphError};
use crate::policy::{Kept, ObjectKey, sha256_hex};
use crate::tree::manifest::{FORBIDDEN, IN_PART, UNREADABLE};
use crate::tree::{Account, AccountKind, Snapshot, TypeRead};

/// What an export read.
#[derive(Debug)]
pub struct Exported {
    /// For the tree.
    pub snapshot: Snapshot,
    /// What could not be read.
    pub findings: Vec<Finding>,
    /// Policies that are here only because a selected one refers to them: `type/key` of both.
    pub needed_by: BTreeMap<String, String>,
    /// For the next export of the same tree, where a cache was given.
    pub cache: Option<Cache>,
}

/// One type, read.
struct TypeResult<'a> {
    policy_type: &'a PolicyType,
    /// Objects as listed that were not selected, to find dependencies among them.
    listed: Vec<Kept>,
    policies: Vec<Kept>,
    /// What the list said of the policies, where the next export may reuse them.
    stamps: BTreeMap<String, Stamp>,
    /// Names of policies that could not be read, and why.
    failures: Vec<(String, GraphError)>,
    /// Why the list could not be read.
    error: Option<GraphError>,
}

/// Reads what is selected, and what it refers to unless told otherwise. An error of sign-in, or an
/// unreachable service, ends the export; a type that fails is a finding.
pub async fn export(
    tenant: Tenant<'_>,
    selection: &Selection,
    with_dependencies: bool,
    cloud: Option<String>,
    cache: Option<&Cache>,
) -> Result<Exported, EngineError> {
    let details = DetailReader { tenant, cache };
    let info = tenant_info::who(tenant.client).await?;
    // A token that cannot be read says nothing of what it allows.
    let claims = tenant.client.claims().await.ok().flatten();
    let mut findings: Vec<Finding> = tenant_info::unread(&info).into_iter().collect();
    let mut types = BTreeMap::new();
    let mut asked = Vec::new();
    for policy_type in tenant.catalogue.iter().filter(|policy_type| selection.includes_type(policy_type)) {
        // Who asks for a type by its name wants it.
        let not_for = access_gaps::not_for(policy_type, claims.as_ref()).filter(|_| !selection.asks_for(policy_type));
        match not_for {
            None => asked.push(policy_type),
            Some(left_out) => {
                findings.push(left_out.finding(policy_type, None));
                types.insert(policy_type.name.clone(), TypeRead::NotRead(left_out.why().to_owned()));
            }
        }
    }
    let mut results = join_all(asked.into_iter().map(|policy_type| read_type(details, policy_type, selection))).await;
    if with_dependencies && !selection.is_everything() {
        add_dependencies(details, &mut results).await;
    }

    let mut next_cache = cache.map(|_| Cache::new());
    let mut policies = Vec::new();
    for result in results {
        let mut errors = result.error.iter().chain(result.failures.iter().map(|(_, error)| error));
        if let Some(error) = errors.find(|error| error.is_sign_in() || error.is_unreachable()) {
            return Err(error.clone().into());
        }
        let name = result.policy_type.name.clone();
        let (read, told) = result.judge(tenant.catalogue, selection, claims.as_ref());
        types.insert(name, read);
        findings.extend(told);
        if let Some(cache) = &mut next_cache {
            result.remember(cache);
        }
        policies.extend(result.policies);
    }
    findings.extend(access_gaps::parts(policies.iter()));
    findings.extend(tenant.client.plain_forms().all().into_iter().map(|question| {
        let message = "Graph refused the usual form of this request and answered a simpler form";
        Finding::new(&codes::PLAIN_FORM, question, message)
    }));
    let mut excluded = BTreeSet::new();
    for policy in policies.iter().map(Kept::open) {
        findings.extend(misfits(&policy, tenant.catalogue));
        excluded.extend(group_members::excluded(&references(&policy, tenant.catalogue), true));
    }
    let needed_by = needed_by(&policies, tenant.catalogue, selection);
    let mut directory = super::references::look_up(tenant, &info, &policies).await?;
    findings.extend(super::references::unreadable(&directory));
    group_members::note(tenant.client, &mut directory, &excluded).await?;
    let snapshot = Snapshot {
        tenant: Some(info),
        account: Some(account(claims.as_ref(), tenant.catalogue)),
        cloud,
        selection: selection.clone(),
        types,
        policies,
        directory,
        origins: None,
        rewritten_for: None,
        mapping: None,
    };
    Ok(Exported { snapshot, findings, needed_by, cache: next_cache })
}

/// Reads objects whole, or takes them from the cache where the list says that they are as they were.
#[derive(Clone, Copy)]
struct DetailReader<'a> {
    tenant: Tenant<'a>,
    cache: Option<&'a Cache>,
}

/// Lists a type and completes its objects, beginning with the first page; again where the list was not sound.
async fn read_type<'a>(
    details: DetailReader<'_>,
    policy_type: &'a PolicyType,
    selection: &Selection,
) -> TypeResult<'a> {
    for wait in REREADS {
        let result = read_once(details, policy_type, selection).await;
        if !result.error.as_ref().is_some_and(GraphError::is_unsound) {
            return result;
        }
        tokio::time::sleep(wait).await;
    }
    read_once(details, policy_type, selection).await
}

async fn read_once<'a>(
    details: DetailReader<'_>,
    policy_type: &'a PolicyType,
    selection: &Selection,
) -> TypeResult<'a> {
    let mut result = TypeResult::new(policy_type);
    let what = reader::doing(policy_type);
    details.tenant.reporter.report(Event::Started { what: what.clone(), total: None });
    let portions = lists::listed(details.tenant, policy_type).try_chunks(TOGETHER);
    let portions = portions.map(|portion| async {
        let listed = portion.map_err(|stopped| stopped.1)?;
        let is_wanted = |kept: &Kept| selection.is_everything() || selection.includes(policy_type, &kept.open());
        let (wanted, rest): (Vec<Kept>, Vec<Kept>) = listed.into_iter().partition(is_wanted);
        Ok((details.complete(policy_type, wanted).await, rest))
    });
    let mut portions = std::pin::pin!(portions.buffered(PORTIONS));
    while let Some(portion) = portions.next().await {
        match portion {
            Ok((completed, rest)) => {
                result.add(completed);
                result.listed.extend(rest);
            }
            Err(error) => {
                // A part of a list is not a list.
                result = TypeResult { error: Some(error), ..TypeResult::new(policy_type) };
                break;
            }
        }
    }
    details.tenant.reporter.report(Event::Finished { what });
    result
}

/// One object: its name in the list, what the list said, and what became of it.
type Completed = (String, Option<Stamp>, Result<Kept, GraphError>);

impl DetailReader<'_> {
    /// Completes listed objects, in the order given.
    async fn complete(self, policy_type: &PolicyType, listed: Vec<Kept>) -> Vec<Completed> {
        let mut open = Vec::new();
        let mut all: Vec<(String, Option<Stamp>, Option<Kept>)> = Vec::new();
        for policy in listed {
            let stamp = self.cache.and_then(|_| Stamp::of(&policy));
            let known = self.cache.zip(stamp.as_ref()).and_then(|(cache, stamp)| cache.reuse(&policy, stamp));
            let is_open = known.is_none();
            all.push((policy_type.name_of(&policy), stamp, known));
            if is_open {
                open.push(policy);
            }
        }
        let mut read = reader::complete(self.tenant, policy_type, &open).await.into_iter();
        let fill = |(name, stamp, known): (String, Option<Stamp>, Option<Kept>)| {
            Some((name, stamp, known.map(Ok).or_else(|| read.next())?))
        };
        all.into_iter().filter_map(fill).collect()
    }
}

impl<'a> TypeResult<'a> {
    fn new(policy_type: &'a PolicyType) -> Self {
        Self {
            policy_type,
            listed: Vec::new(),
            policies: Vec::new(),
            stamps: BTreeMap::new(),
            failures: Vec::new(),
            error: None,
        }
    }

    /// How the type was read, and what a person should know of it.
    fn judge(&self, catalogue: &Catalogue, selection: &Selection, claims: Option<&Claims>) -> (TypeRead, Vec<Finding>) {
        let policy_type = self.policy_type;
        let mut messages: Vec<(String, Option<String>)> = Vec::new();
        if let Some(error) = &self.error {
            let lacking = access_gaps::lacking(policy_type, catalogue, claims);
            let left_out = access_gaps::left_out(policy_type, &lacking, claims, error);
            if let Some(left_out) = left_out.filter(|_| !selection.asks_for(policy_type)) {
                let finding = left_out.finding(policy_type, Some(error));
                return (TypeRead::NotRead(left_out.why().to_owned()), vec![finding]);
            }
            let fix = access_gaps::how_to_read(policy_type, &lacking, error);
            messages.push((error.to_string(), fix));
        }
        messages.extend(self.failures.iter().map(|(policy, error)| (format!("\"{policy}\": {error}"), None)));
        let read = match (&self.error, self.failures.is_empty()) {
            (Some(error), _) if error.is_forbidden() => TypeRead::Failed(FORBIDDEN),
            (Some(_), _) => TypeRead::Failed(UNREADABLE),
            (None, false) => TypeRead::Failed(IN_PART),
            (None, true) => TypeRead::Complete,
        };
        let tell = |(message, fix): (String, Option<String>)| {
            let finding = Finding::new(&codes::READ_FAILED, &policy_type.name, message);
            if let Some(fix) = fix { finding.fix(fix) } else { finding }
        };
        (read, messages.into_iter().map(tell).collect())
    }

    fn remember(&self, cache: &mut Cache) {
        for policy in &self.policies {
            if let Some(stamp) = policy.id().and_then(|id| self.stamps.get(id)) {
                cache.remember(stamp.clone(), policy);
            }
        }
    }

    fn add(&mut self, completed: Vec<Completed>) {
        for (name, stamp, outcome) in completed {
            match outcome {
                // What is nobody's own is in every tenant.
                Ok(policy) if self.policy_type.is_nobodys_own(&policy) => {}
                Ok(policy) => {
                    if let (Some(stamp), Some(id)) = (stamp, policy.id()) {
                        self.stamps.insert(id.to_owned(), stamp);
                    }
                    self.policies.push(policy);
                }
                Err(error) => self.failures.push((name, error)),
            }
        }
    }
}

/// Adds what the policies refer to, and what that refers to, until nothing is missing.
async fn add_dependencies<'a>(details: DetailReader<'a>, results: &mut Vec<TypeResult<'a>>) {
    let tenant = details.tenant;
    let catalogue = tenant.catalogue;
    loop {
        let have: BTreeSet<ObjectKey> = results.iter().flat_map(|result| &result.policies).map(ObjectKey::of).collect();
        let mut missing: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for found in
            results.iter().flat_map(|result| &result.policies).flat_map(|policy| references(&policy.open(), catalogue))
        {
            let target = found.target();
            if catalogue.get(&found.kind).is_some() && !have.contains(&target) {
                missing.entry(found.kind).or_default().insert(target.id().to_owned());
            }
        }
        let mut progress = false;
        for (kind, ids) in missing {
            let Some(policy_type) = catalogue.get(&kind) else { continue };
            if !results.iter().any(|result| result.policy_type.name == kind) {
                results.push(TypeResult::new(policy_type));
                if let Some(last) = results.last_mut() {
                    match lists::list(tenant, policy_type).await {
                        Ok(listed) => last.listed = listed,
                        Err(error) => last.error = Some(error),
                    }
                }
            }
            let Some(result) = results.iter_mut().find(|result| result.policy_type.name == kind) else { continue };
            // What was tried once and failed is not tried again.
            let (wanted, rest): (Vec<Kept>, Vec<Kept>) = std::mem::take(&mut result.listed)
                .into_iter()
                .partition(|policy| ids.contains(&policy.key().to_ascii_lowercase()));
            result.listed = rest;
            progress |= !wanted.is_empty();
            result.add(details.complete(policy_type, wanted).await);
        }
        if !progress {
            return;
        }
    }
}

/// Who reads, as far as that decides what is seen. Of the permissions only what reading takes: others say nothing.
fn account(claims: Option<&Claims>, catalogue: &Catalogue) -> Account {
    let Some(claims) = claims else { return Account::default() };
    let reads: BTreeSet<String> = catalogue.iter().flat_map(|of| &of.permissions.read).cloned().collect();
    let needed: Vec<String> = reads.iter().cloned().collect();
    let missing = permissions::missing(catalogue, &claims.permissions, &needed);
    let reads = reads.into_iter().filter(|permission| !missing.contains(permission)).collect();
    if !claims.is_delegated {
        return Account { kind: AccountKind::Application, reads, ..Account::default() };
    }
    let tenant = claims.tenant_id.as_deref().unwrap_or_default();
    let id = claims.object_id.as_ref().map(|id| sha256_hex(format!("{tenant} {id}").as_bytes())[..16].to_owned());
    Account { kind: AccountKind::Person, id, reads, roles: claims.directory_roles.clone() }
}

fn needed_by(policies: &[Kept], catalogue: &Catalogue, selection: &Selection) -> BTreeMap<String, String> {
    if selection.is_everything() {
        return BTreeMap::new();
    }
    let selected = |policy: &Kept| {
        catalogue.get(&policy.type_name).is_some_and(|policy_type| selection.includes(policy_type, &policy.open()))
    };
    let unselected: BTreeMap<ObjectKey, &Kept> =
        policies.iter().filter(|policy| !selected(policy)).map(|policy| (ObjectKey::of(policy), policy)).collect();
    let mut needed = BTreeMap::new();
    if unselected.is_empty() {
        return needed;
    }
    for policy in policies {
        for found in references(&policy.open(), catalogue) {
            if let Some(target) = unselected.get(&found.target()) {
                needed.entry(target.subject()).or_insert_with(|| policy.subject());
            }
        }
    }
    needed
}
