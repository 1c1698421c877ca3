//! Whether the account at hand may write what the tree holds. Pure: the token says what it may do.

use std::collections::BTreeSet;

use super::demand::Demand;
use super::state::{CheckState, Item, Judged, Row};
use crate::catalogue::Catalogue;
use crate::catalogue::check::Area;
use crate::catalogue::permissions::{missing, to_import};
use crate::finding::count;
use crate::graph::Claims;

/// The row about the account's own permissions.
pub(super) fn row(catalogue: &Catalogue, demand: &Demand, claims: Option<&Claims>) -> Row {
    let judged = judge(catalogue, demand, claims);
    Row {
        check: String::from("own-permissions"),
        title: String::from("permissions of this account to import the policies"),
        area: Area::Access.title().to_owned(),
        platforms: Vec::new(),
        fix: (judged.state != CheckState::Ready).then(|| {
            String::from("Grant the permissions that are named to the application, or sign in as someone who has them.")
        }),
        state: judged.state,
        says: judged.says,
        date: None,
        hint: false,
        expected: false,
        policies: demand.policies,
        items: judged.items,
        place: String::from("Microsoft Entra admin center, App registrations, API permissions"),
        who: String::from("Privileged Role Administrator"),
        permission: None,
    }
}

fn judge(catalogue: &Catalogue, demand: &Demand, claims: Option<&Claims>) -> Judged {
    let Some(claims) = claims else {
        return Judged::new(CheckState::NotKnown, "the token does not show the account's permissions");
    };
    let types = demand.types.iter().filter_map(|name| catalogue.get(name));
    let needed: BTreeSet<&String> = types.flat_map(to_import).collect();
    let needed: Vec<String> = needed.into_iter().cloned().collect();
    let missing = missing(catalogue, &claims.permissions, &needed);
    if missing.is_empty() {
        return Judged::new(CheckState::Ready, "the account has all of them");
    }
    let item = |name: &String| Item {
        name: name.clone(),
        state: CheckState::Missing,
        says: String::from("not granted"),
        date: None,
        people: Vec::new(),
    };
    let says = format!("{} missing", count(missing.len(), "permission is", "permissions are"));
    Judged { items: missing.iter().map(item).collect(), ..Judged::new(CheckState::Missing, says) }
}
