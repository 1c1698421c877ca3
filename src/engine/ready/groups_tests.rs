//! What numbers of members say, and that only what needs attention is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn group(name: &str, users: u64, devices: u64, licensed: u64) -> GroupFacts {
    GroupFacts {
        name: name.into(),
        users: Some(Ok(users)),
        devices: Some(Ok(devices)),
        licensed: Some(Ok(licensed)),
        ..GroupFacts::default()
    }
}

fn state(rows: &[Row], check: &str) -> (CheckState, String) {
    let row = rows.iter().find(|row| row.check == check);
    row.map_or((CheckState::NotNeeded, String::new()), |row| (row.state, row.says.clone()))
}

#[test]
fn numbers_say_who_is_missing_and_never_a_name() {
    let included = Use { included: 1, for_users: 1, ..Use::default() };
    let device_policies = Use { included: 1, for_devices: 1, ..Use::default() };
    let mut demand = Demand::default();
    for (id, how) in [("a", &included), ("b", &included), ("c", &device_policies), ("d", &included), ("x", &included)] {
        demand.groups.insert(id.into(), Use { name: id.into(), ..how.clone() });
    }
    let paused = GroupFacts { is_dynamic: true, paused: true, ..group("D", 4, 0, 4) };
    let found = [("a", group("A", 10, 0, 7)), ("b", group("B", 0, 0, 0)), ("c", group("C", 3, 0, 3)), ("d", paused)];
    let all = AllGroups {
        found: found.into_iter().map(|(id, facts)| (id.to_owned(), facts)).collect::<BTreeMap<_, _>>(),
        missing: BTreeSet::from([String::from("x")]),
        everyone: Some((Ok(100), Ok(100))),
        ..AllGroups::default()
    };
    let rows = rows(&demand, &all);
    assert_eq!(state(&rows, "groups-exist"), (CheckState::Missing, String::from("1 of 1: x")));
    assert_eq!(state(&rows, "groups-members"), (CheckState::Missing, String::from("1 of 4: B")));
    assert_eq!(state(&rows, "groups-kinds").0, CheckState::Missing);
    assert_eq!(state(&rows, "groups-dynamic"), (CheckState::Missing, String::from("1 of 1: D")));
    assert_eq!(state(&rows, "groups-license-errors").0, CheckState::Ready);
    let people = rows.iter().find(|row| row.check == "people-licensed");
    let items: Vec<(&str, &str)> =
        people.iter().flat_map(|row| &row.items).map(|it| (it.name.as_str(), it.says.as_str())).collect();
    assert_eq!(items, [("A", "3 of 10 people do not have a license")]);
    assert_eq!(state(&rows, "groups-roles").0, CheckState::NotNeeded);
}

#[test]
fn what_may_not_be_counted_is_not_known() {
    let mut demand = Demand::default();
    demand.groups.insert("a".into(), Use { included: 1, name: "A".into(), ..Use::default() });
    demand.undecided.insert("U".into());
    let why = || Some(Err(String::from("reading it needs X")));
    let facts = GroupFacts { name: "A".into(), users: why(), devices: why(), ..GroupFacts::default() };
    let all = AllGroups { found: BTreeMap::from([(String::from("a"), facts)]), ..AllGroups::default() };
    let rows = rows(&demand, &all);
    for check in ["groups-exist", "groups-members", "people-licensed"] {
        assert_eq!(state(&rows, check).0, CheckState::NotKnown, "{check}");
    }
}
