//! The rows about the target's groups: whether they exist, who is in them, and whether the people in them have a
//! license. Pure; asking is [`super::group_facts`]'s.

use std::collections::BTreeMap;

use super::demand::{Demand, Use};
use super::group_facts::{AllGroups, GroupFacts, Number};
use super::state::{CheckState, Item, Row};
use crate::catalogue::check::Area;
use crate::finding::count;

/// What is fixed of a row.
struct Kind {
    check: &'static str,
    title: &'static str,
    fix: &'static str,
    permission: &'static str,
    area: Area,
    hint: bool,
}

const GROUPS: &str = "Microsoft Entra admin center, Groups";
const GROUP_ADMIN: &str = "Groups Administrator";
const LICENSES: &str = "Microsoft 365 admin center, Billing, Licenses";
const LICENSE_ADMIN: &str = "License Administrator";

const EXIST: Kind = Kind {
    check: "groups-exist",
    title: "the groups that get the policies",
    fix: "Decide in the mapping what each group is in the target, or create the group there.",
    permission: "Group.Read.All",
    area: Area::People,
    hint: false,
};
const MEMBERS: Kind = Kind {
    check: "groups-members",
    title: "members in the groups that get the policies",
    fix: "Add people or devices to the groups that are named, before or soon after the import.",
    permission: "GroupMember.Read.All",
    area: Area::People,
    hint: false,
};
const KINDS: Kind = Kind {
    check: "groups-kinds",
    title: "people where a policy is for users, devices where it is for devices",
    fix: "Assign the policies to a group of the right kind.",
    permission: "GroupMember.Read.All, User.Read.All and Device.Read.All",
    area: Area::People,
    hint: true,
};
const DYNAMIC: Kind = Kind {
    check: "groups-dynamic",
    title: "dynamic groups whose rules are applied",
    fix: "Turn on rule processing for the groups that are named.",
    permission: "Group.Read.All",
    area: Area::People,
    hint: false,
};
const ERRORS: Kind = Kind {
    check: "groups-license-errors",
    title: "groups without license errors",
    fix: "Open the licenses of the groups that are named, and correct what is shown there.",
    permission: "Group.Read.All",
    area: Area::Licenses,
    hint: false,
};
const PEOPLE: Kind = Kind {
    check: "people-licensed",
    title: "an Intune license for everyone who gets the policies",
    fix: "Assign Intune licenses to the people in the groups that are named, before their devices move.",
    permission: "GroupMember.Read.All and User.Read.All",
    area: Area::Licenses,
    hint: false,
};
const ROLES: Kind = Kind {
    check: "groups-roles",
    title: "administrators in the groups of role assignments",
    fix: "Add the administrators to the groups that are named.",
    permission: "GroupMember.Read.All",
    area: Area::Access,
    hint: false,
};

/// The rows.
pub(super) fn rows(demand: &Demand, all: &AllGroups) -> Vec<Row> {
    let used: Vec<(&String, &Use)> = demand.groups.iter().collect();
    let found: Vec<(&Use, &GroupFacts)> =
        used.iter().filter_map(|(id, how)| Some((*how, all.found.get(*id)?))).collect();
    let mut rows = vec![exist(demand, all)];
    if found.is_empty() && all.everyone.is_none() {
        return rows;
    }
    let recipients = || found.iter().filter(|(how, _)| how.included > 0);
    rows.push(row(&MEMBERS, recipients().map(|(_, group)| members(group)).chain(new(demand)).collect()));
    let excluded = found.iter().filter(|(how, _)| how.included == 0 && how.excluded > 0);
    rows.extend(empty_exclusions(excluded.map(|(_, group)| members(group)).collect()));
    rows.push(row(&KINDS, recipients().filter_map(|(how, group)| kind(how, group)).collect()));
    let dynamic: Vec<Item> =
        found.iter().filter(|(_, group)| group.is_dynamic).map(|(_, group)| dynamic(group)).collect();
    if !dynamic.is_empty() {
        rows.push(row(&DYNAMIC, dynamic));
    }
    rows.push(row(&ERRORS, found.iter().map(|(_, group)| errors(group)).collect()));
    let people = recipients().filter_map(|(_, group)| {
        licensed(&group.name, group.users.as_ref()?, group.licensed.as_ref(), &group.without_license)
    });
    let everyone = all.everyone.as_ref();
    let everyone =
        everyone.and_then(|(users, having)| licensed("All users", users, Some(having), &all.everyone_without));
    rows.push(row(&PEOPLE, everyone.into_iter().chain(people).collect()));
    let roles = found.iter().filter(|(how, _)| how.for_roles > 0).map(|(_, group)| members(group));
    let roles: Vec<Item> = roles.collect();
    if !roles.is_empty() {
        rows.push(row(&ROLES, roles));
    }
    rows
}

fn exist(demand: &Demand, all: &AllGroups) -> Row {
    let item = |name: &str, state, says: &str| Item {
        name: name.to_owned(),
        state,
        says: says.to_owned(),
        date: None,
        people: Vec::new(),
    };
    let missing = all.missing.iter().map(|id| {
        let name = demand.groups.get(id).map_or(id.as_str(), |how| how.name.as_str());
        item(name, CheckState::Missing, "the target does not have this group")
    });
    let undecided = demand.undecided.iter();
    let undecided =
        undecided.map(|name| item(name, CheckState::NotKnown, "the mapping does not say what it is in the target"));
    let new = demand.created.iter().map(|name| item(name, CheckState::Ready, "the import creates it"));
    let mut items: Vec<Item> = missing.chain(undecided).chain(new).collect();
    let known = all.found.len();
    if let Some(why) = &all.refused {
        items.push(item("", CheckState::NotKnown, why));
    }
    let mut row = row(&EXIST, items);
    if row.items.iter().all(|item| item.state == CheckState::Ready) {
        row.says = match known + row.items.len() {
            0 => String::from("no policy is assigned to a group"),
            number => format!("{} in the target, or created by the import", count(number, "group is", "groups are")),
        };
    }
    row
}

/// Groups that the import makes are empty at first.
fn new(demand: &Demand) -> impl Iterator<Item = Item> + '_ {
    demand.created.iter().map(|name| Item {
        name: name.clone(),
        state: CheckState::Soon,
        says: String::from("the import creates it without members"),
        date: None,
        people: Vec::new(),
    })
}

/// An excluded group without members leaves no one out: the policy applies to more people than meant.
fn empty_exclusions(items: Vec<Item>) -> Option<Row> {
    let kind = Kind { check: "groups-excluded", title: "members in the groups that are left out", ..MEMBERS };
    let any = items.iter().any(|item| item.state != CheckState::Ready);
    any.then(|| Row {
        fix: Some(String::from("Add the people or devices that are to be left out, before the policies are assigned.")),
        ..row(&kind, items)
    })
}

fn item(group: &GroupFacts, state: CheckState, says: impl Into<String>) -> Item {
    Item { name: group.name.clone(), state, says: says.into(), date: None, people: Vec::new() }
}

fn members(group: &GroupFacts) -> Item {
    match (&group.users, &group.devices) {
        (Some(Ok(0)), Some(Ok(0))) if group.is_dynamic => {
            item(group, CheckState::Soon, "it is empty; its rule adds members")
        }
        (Some(Ok(0)), Some(Ok(0))) => item(group, CheckState::Missing, "the group is empty"),
        (Some(Ok(users)), Some(Ok(devices))) => {
            let number = |number: &u64, one, many| count(usize::try_from(*number).unwrap_or(usize::MAX), one, many);
            item(
                group,
                CheckState::Ready,
                format!("{}, {}", number(users, "user", "users"), number(devices, "device", "devices")),
            )
        }
        (Some(Ok(users)), None) if *users > 0 => item(group, CheckState::Ready, format!("{users} users")),
        (Some(Err(why)), _) | (_, Some(Err(why))) => item(group, CheckState::NotKnown, why.clone()),
        _ => item(group, CheckState::NotKnown, "its members could not be counted"),
    }
}

/// Only what does not fit, and what does.
fn kind(how: &Use, group: &GroupFacts) -> Option<Item> {
    let (Some(Ok(users)), Some(Ok(devices))) = (&group.users, &group.devices) else { return None };
    let policies = |number: usize| count(number, "policy", "policies");
    if how.for_users > 0 && *users == 0 && *devices > 0 {
        let says = format!("only devices are in it, but it gets {} for users", policies(how.for_users));
        return Some(item(group, CheckState::Missing, says));
    }
    if how.for_devices > 0 && *devices == 0 && *users > 0 {
        let says = format!("only people are in it, but it gets {} for devices", policies(how.for_devices));
        return Some(item(group, CheckState::Missing, says));
    }
    Some(item(group, CheckState::Ready, "fits"))
}

fn dynamic(group: &GroupFacts) -> Item {
    if group.paused {
        return item(group, CheckState::Missing, "rule processing is paused");
    }
    item(group, CheckState::Ready, "the rule is applied")
}

fn errors(group: &GroupFacts) -> Item {
    if group.license_errors {
        return item(group, CheckState::Missing, "some members did not get the group's licenses");
    }
    item(group, CheckState::Ready, "none")
}

fn licensed(name: &str, users: &Number, licensed: Option<&Number>, without: &[String]) -> Option<Item> {
    let made = |state, says: String| Some(Item { name: name.to_owned(), state, says, date: None, people: Vec::new() });
    match (users, licensed) {
        (Ok(0), _) => None,
        (Ok(users), Some(Ok(licensed))) if licensed >= users => {
            made(CheckState::Ready, format!("all {users} people have a license"))
        }
        (Ok(users), Some(Ok(licensed))) => {
            let item =
                made(CheckState::Missing, format!("{} of {users} people do not have a license", users - licensed));
            item.map(|item| Item { people: without.to_vec(), ..item })
        }
        (Err(why), _) | (_, Some(Err(why))) => made(CheckState::NotKnown, why.clone()),
        (Ok(_), None) => made(CheckState::NotKnown, String::from("the licenses could not be counted")),
    }
}

/// A row of items: the worst of them says what it is, and only what needs attention is listed.
fn row(kind: &Kind, items: Vec<Item>) -> Row {
    let mut by_state: BTreeMap<CheckState, usize> = BTreeMap::new();
    for item in &items {
        *by_state.entry(item.state).or_default() += 1;
    }
    let all = items.len();
    let state = by_state.keys().next().copied().unwrap_or(CheckState::Ready);
    let says = match (state, all) {
        (_, 0) => String::from("nothing to check"),
        (CheckState::Ready, _) => format!("{all} of {all}"),
        (state, _) => {
            let number = by_state.get(&state).copied().unwrap_or_default();
            let rest: Vec<&Item> = items.iter().filter(|item| item.state == state).take(3).collect();
            let names: Vec<&str> = rest.iter().map(|item| item.name.as_str()).filter(|name| !name.is_empty()).collect();
            let more = if number > names.len() && !names.is_empty() { " …" } else { "" };
            if names.is_empty() {
                rest.first().map(|item| item.says.clone()).unwrap_or_default()
            } else {
                format!("{number} of {all}: {}{more}", names.join(", "))
            }
        }
    };
    let items = items.into_iter().filter(|item| item.state != CheckState::Ready).collect();
    let (place, who) = if kind.area == Area::Licenses { (LICENSES, LICENSE_ADMIN) } else { (GROUPS, GROUP_ADMIN) };
    Row {
        check: kind.check.to_owned(),
        title: kind.title.to_owned(),
        area: kind.area.title().to_owned(),
        platforms: Vec::new(),
        state,
        says,
        date: None,
        hint: kind.hint,
        expected: false,
        policies: 0,
        items,
        fix: (state != CheckState::Ready).then(|| kind.fix.to_owned()),
        place: place.to_owned(),
        who: who.to_owned(),
        permission: (state == CheckState::NotKnown).then(|| kind.permission.to_owned()),
    }
}

#[cfg(test)]
#[path = "groups_tests.rs"]
mod tests;
