//! The applications that a person can sign in to: the tenant's own, and Microsoft's public client that every tenant
//! knows; and what was consented to for them.

use std::collections::BTreeSet;

use super::desk::Wanted;
use crate::http::world::World;

/// Microsoft Graph Command Line Tools (learn.microsoft.com/troubleshoot/entra/entra-id/governance/
/// verify-first-party-apps-sign-in, read 2026-11-30): public, with `http://localhost` as its address.
const COMMON: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";

pub(super) fn is_known(world: &World, tenant: &str, client: &str) -> bool {
    client == COMMON || world.tenant(tenant).is_some_and(|tenant| tenant.client_id == client)
}

/// Whether it may sign a person in without a secret.
pub(super) fn is_public(world: &World, tenant: &str, client: &str) -> bool {
    client == COMMON
        || world.tenant(tenant).is_some_and(|tenant| tenant.client_id == client && tenant.sign_in.public_client)
}

/// What is asked for and was not consented to. What the tenant's own application may do is granted with it.
pub(super) fn missing(world: &World, tenant: &str, client: &str, wanted: &Wanted) -> BTreeSet<String> {
    let Some(named) = wanted.named.as_ref().filter(|_| client == COMMON) else { return BTreeSet::new() };
    let given = consented(world, tenant, client);
    named.difference(&given).cloned().collect()
}

/// What was consented to so far: the token holds all of it, whatever is asked for.
/// (learn.microsoft.com/entra/identity-platform/scopes-oidc, read 2026-11-30)
pub(super) fn consented(world: &World, tenant: &str, client: &str) -> BTreeSet<String> {
    world.desk.consents.get(&(tenant.to_owned(), client.to_owned())).cloned().unwrap_or_default()
}

pub(super) fn consent(world: &mut World, tenant: &str, client: &str, wanted: &Wanted) {
    let own = world.desk.consents.entry((tenant.to_owned(), client.to_owned())).or_default();
    own.extend(wanted.named.iter().flatten().cloned());
}

/// The permissions of a person's token; none where they are those of the tenant's application.
pub(super) fn of_person(world: &World, tenant: &str, client: &str) -> Option<BTreeSet<String>> {
    (client == COMMON).then(|| consented(world, tenant, client))
}
