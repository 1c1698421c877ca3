//! Names of people, read only where someone asks for them with `--names`: who is in a group, who has no license.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::group_facts::{AllGroups, Number, has_plan};
use crate::engine::error::ends_run;
use crate::engine::tenant::addresses::encode;
use crate::graph::{Api, Client, GraphError};

/// What is read of a person.
const SELECT: &str = "$select=id,displayName,userPrincipalName,assignedPlans&$top=999";

/// The people in each group, in groups in it as well; with plans, only those who have none of them. A group that may
/// not be read is left out.
pub(super) async fn of_groups(
    client: &Client,
    groups: &BTreeSet<String>,
    without: Option<&BTreeSet<String>>,
) -> Result<BTreeMap<String, Vec<String>>, GraphError> {
    let path = |id: &String| format!("groups/{}/transitiveMembers/microsoft.graph.user?{SELECT}", encode(id));
    let paths: Vec<String> = groups.iter().map(path).collect();
    let mut all = BTreeMap::new();
    for (id, answer) in groups.iter().zip(client.lists(Api::V1, &paths).await) {
        match answer {
            Ok(people) => drop(all.insert(id.clone(), named(&people, without))),
            Err(error) if ends_run(&error) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(all)
}

/// The enabled accounts of the tenant that have none of the plans.
async fn everyone(client: &Client, without: &BTreeSet<String>) -> Result<Vec<String>, GraphError> {
    let paths = [format!("users?$filter={}&{SELECT}", encode("accountEnabled eq true"))];
    match client.lists(Api::V1, &paths).await.pop() {
        Some(Ok(people)) => Ok(named(&people, Some(without))),
        Some(Err(error)) if ends_run(&error) => Err(error),
        _ => Ok(Vec::new()),
    }
}

/// Adds the names of the people without a license to what is known of the groups.
pub(super) async fn name_unlicensed(
    client: &Client,
    all: &mut AllGroups,
    plans: &BTreeSet<String>,
) -> Result<(), GraphError> {
    let lacks = |users: &Number, licensed: &Number| matches!((users, licensed), (Ok(users), Ok(with)) if with < users);
    let open = all.found.iter().filter(|(_, group)| {
        group.users.as_ref().zip(group.licensed.as_ref()).is_some_and(|(users, licensed)| lacks(users, licensed))
    });
    let open: BTreeSet<String> = open.map(|(id, _)| id.clone()).collect();
    for (id, people) in of_groups(client, &open, Some(plans)).await? {
        if let Some(group) = all.found.get_mut(&id) {
            group.without_license = people;
        }
    }
    if all.everyone.as_ref().is_some_and(|(users, licensed)| lacks(users, licensed)) {
        all.everyone_without = everyone(client, plans).await?;
    }
    Ok(())
}

fn named(people: &[Value], without: Option<&BTreeSet<String>>) -> Vec<String> {
    let meant = people.iter().filter(|person| without.is_none_or(|plans| !has_plan(person, plans)));
    let names: BTreeSet<String> = meant.map(name).collect();
    names.into_iter().collect()
}

fn name(person: &Value) -> String {
    let text = |property: &str| person[property].as_str().unwrap_or_default();
    match (text("displayName"), text("userPrincipalName")) {
        ("", "") => text("id").to_owned(),
        (name, "") | ("", name) => name.to_owned(),
        (name, principal) => format!("{name} ({principal})"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_are_named_by_what_is_known_of_them() {
        let page = [
            json!({"displayName": "Eve", "userPrincipalName": "eve@example.com", "assignedPlans": []}),
            json!({"displayName": "Ada", "assignedPlans": [{"servicePlanId": "c1", "capabilityStatus": "Enabled"}]}),
            json!({"id": "1"}),
        ];
        assert_eq!(named(&page, None), ["1", "Ada", "Eve (eve@example.com)"]);
        let plans = BTreeSet::from([String::from("c1")]);
        assert_eq!(named(&page, Some(&plans)), ["1", "Eve (eve@example.com)"]);
    }
}
