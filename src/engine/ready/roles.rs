//! The tenant's own role assignments: whether anyone has each role, whether many have it, and whether it applies to groups
//! that exist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::demand::Use;
use super::group_facts::{self, AllGroups, Number};
use super::people;
use super::state::{CheckState, Item, Judged};
use crate::catalogue::check::Check;
use crate::engine::error::ends_run;
use crate::engine::tenant::addresses::encode;
use crate::finding::count;
use crate::graph::{Api, Client, GraphError};

/// Where the list is; single assignments are below it.
const PATH: &str = "deviceManagement/roleAssignments";

/// What the assignments of the answer say together. `names`: the people are named as well.
pub(super) async fn judge(client: &Client, check: &Check, answer: &Value, names: bool) -> Result<Judged, GraphError> {
    let mut assignments: Vec<Value> = answer["value"].as_array().cloned().unwrap_or_default();
    if assignments.is_empty() {
        return Ok(Judged::new(CheckState::NotNeeded, "the tenant does not have any"));
    }
    complete(client, &mut assignments).await?;
    let ids = assignments.iter().flat_map(|one| members(one).chain(scope(one)));
    let groups: BTreeMap<String, Use> = ids.map(|id| (id, Use { for_roles: 1, ..Use::default() })).collect();
    let all = group_facts::read(client, &groups, &BTreeSet::new(), false).await?;
    let having: BTreeSet<String> =
        assignments.iter().flat_map(members).filter(|id| all.found.contains_key(id)).collect();
    let people = if names { people::of_groups(client, &having, None).await? } else { BTreeMap::new() };
    let mut items: Vec<Item> = assignments.iter().map(|one| item(check, one, &all)).collect();
    for (item, one) in items.iter_mut().zip(&assignments) {
        let named: BTreeSet<String> = members(one).filter_map(|id| people.get(&id)).flatten().cloned().collect();
        item.people = named.into_iter().collect();
    }
    let state = items.iter().map(|item| item.state).min().unwrap_or(CheckState::Ready);
    let open = items.iter().filter(|item| item.state != CheckState::Ready).count();
    let says = match open {
        0 => format!("{} in order", count(items.len(), "assignment is", "assignments are")),
        open => format!("{open} of {} need attention", items.len()),
    };
    Ok(Judged { items, ..Judged::new(state, says) })
}

/// A list may leave out who has the role: those assignments are read one by one.
async fn complete(client: &Client, assignments: &mut [Value]) -> Result<(), GraphError> {
    let open: Vec<usize> = (0..assignments.len()).filter(|at| !assignments[*at]["members"].is_array()).collect();
    let path = |at: &usize| format!("{PATH}/{}", encode(assignments[*at]["id"].as_str().unwrap_or_default()));
    let paths: Vec<String> = open.iter().map(path).collect();
    for (at, answer) in open.into_iter().zip(client.batch(Api::Beta, &paths).await) {
        match answer {
            Ok(whole) => assignments[at] = whole,
            Err(error) if ends_run(&error) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

fn ids<'a>(assignment: &'a Value, property: &str) -> impl Iterator<Item = String> + use<'a> {
    assignment[property].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_ascii_lowercase)
}

/// The groups whose members have the role.
fn members(assignment: &Value) -> impl Iterator<Item = String> + '_ {
    ids(assignment, "members")
}

/// The groups that it applies to: Graph has them under two names.
fn scope(assignment: &Value) -> impl Iterator<Item = String> + '_ {
    ids(assignment, "scopeMembers").chain(ids(assignment, "resourceScopes"))
}

fn item(check: &Check, assignment: &Value, all: &AllGroups) -> Item {
    let text = |name: &str| assignment[name].as_str().unwrap_or_default();
    let made = |state, says: String| Item {
        name: text("displayName").to_owned(),
        state,
        says,
        date: None,
        people: Vec::new(),
    };
    if !assignment["members"].is_array() {
        return made(CheckState::NotKnown, String::from("who has the role could not be read"));
    }
    let having: BTreeSet<String> = members(assignment).collect();
    if having.is_empty() {
        return made(CheckState::Missing, String::from("no group has this role"));
    }
    let gone = |ids: &BTreeSet<String>| ids.iter().filter(|id| all.missing.contains(*id)).count();
    let lost = gone(&having);
    if lost > 0 {
        return made(
            CheckState::Missing,
            format!("{lost} of {} that have the role {}", groups(having.len()), exists(lost)),
        );
    }
    let people = match number(&having, all) {
        Ok(people) => people,
        Err(why) => return made(CheckState::NotKnown, why),
    };
    if people == 0 {
        return made(CheckState::Missing, String::from("no one is in the groups that have this role"));
    }
    let people_words = count(usize::try_from(people).unwrap_or(usize::MAX), "person has", "people have");
    let reached: BTreeSet<String> = scope(assignment).collect();
    let lost = gone(&reached);
    if lost > 0 {
        return made(
            CheckState::Soon,
            format!("{lost} of {} that it applies to {}", groups(reached.len()), exists(lost)),
        );
    }
    if reached.is_empty() && matches!(text("scopeType"), "" | "resourceScope") {
        return made(CheckState::Soon, format!("{people_words} this role, but it applies to no group"));
    }
    if check.most.is_some_and(|most| people > most) {
        return made(CheckState::Soon, format!("{people_words} this role: check whether all of them need it"));
    }
    made(CheckState::Ready, format!("{people_words} this role"))
}

fn groups(number: usize) -> String {
    count(number, "group", "groups")
}

fn exists(number: usize) -> &'static str {
    if number == 1 { "does not exist" } else { "do not exist" }
}

/// The people in groups: who is in several is counted in each.
fn number(ids: &BTreeSet<String>, all: &AllGroups) -> Number {
    let unknown = || all.refused.clone().unwrap_or_else(|| String::from("its members could not be counted"));
    let of = |id: &String| all.found.get(id).and_then(|group| group.users.clone()).unwrap_or_else(|| Err(unknown()));
    ids.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::super::group_facts::GroupFacts;
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_role_that_no_one_or_many_have_and_one_that_reaches_no_one_are_found() {
        let catalogue = Catalogue::built_in().unwrap();
        let check = catalogue.shared.prerequisites.iter().find(|it| it.name == "role-assignments").unwrap();
        let check = check.check.as_ref().unwrap();
        let group = |users: Number| GroupFacts { users: Some(users), ..GroupFacts::default() };
        let found = [("one", Ok(1)), ("many", Ok(300)), ("none", Ok(0)), ("closed", Err(String::from("no")))];
        let all = AllGroups {
            found: found.into_iter().map(|(id, users)| (id.to_owned(), group(users))).collect(),
            missing: BTreeSet::from([String::from("gone")]),
            ..AllGroups::default()
        };
        let judged = |members: &[&str], scope: &[&str], of: &str| {
            let item = item(check, &json!({"members": members, "scopeMembers": scope, "scopeType": of}), &all);
            (item.state, item.says)
        };
        let of = "resourceScope";
        assert_eq!(judged(&["ONE"], &["one"], of), (CheckState::Ready, String::from("1 person has this role")));
        assert_eq!(judged(&["one"], &[], "allDevices").0, CheckState::Ready);
        assert_eq!(judged(&["one"], &[], of).0, CheckState::Soon);
        assert_eq!(judged(&["many"], &["one"], of).0, CheckState::Soon);
        assert_eq!(judged(&["one"], &["gone"], of).1, "1 of 1 group that it applies to does not exist");
        assert_eq!(judged(&["none"], &["one"], of).0, CheckState::Missing);
        assert_eq!(judged(&[], &["one"], of).0, CheckState::Missing);
        assert_eq!(judged(&["gone", "one"], &["one"], of).1, "1 of 2 groups that have the role does not exist");
        assert_eq!(judged(&["closed"], &["one"], of), (CheckState::NotKnown, String::from("no")));
        assert_eq!(item(check, &json!({"displayName": "x"}), &all).state, CheckState::NotKnown);
    }
}
