//! Asks who is in groups, in few requests: facts of fifteen groups at once, numbers of people and devices, and how many
//! of the people have a license. Only numbers: no one's name is read.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::demand::Use;
use crate::engine::error::ends_run;
use crate::engine::tenant::addresses::{IDS_PER_FILTER, encode, with_ids};
use crate::graph::{Api, Client, GraphError};
use crate::policy::ids::is_guid;

/// What is asked for first, to learn whether a form of a request is taken.
const PROBE: usize = 20;
/// The largest group whose members are read one by one, where they cannot be counted: one page.
const READABLE: u64 = 999;

/// A number, or why it is not known.
pub(super) type Number = Result<u64, String>;

/// What is known of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupFacts {
    /// Its name.
    pub(super) name: String,
    /// People in it, in groups in it as well.
    pub(super) users: Option<Number>,
    /// Devices likewise.
    pub(super) devices: Option<Number>,
    /// People with a license.
    pub(super) licensed: Option<Number>,
    /// The names of people without a license, where they are asked for.
    pub(super) without_license: Vec<String>,
    /// Its rule takes members in.
    pub(super) is_dynamic: bool,
    /// Its rule is not applied at the moment.
    pub(super) paused: bool,
    /// Some of its members could not be given the group's licenses.
    pub(super) license_errors: bool,
}

/// What is known of groups, by their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct AllGroups {
    /// Those that were found.
    pub(super) found: BTreeMap<String, GroupFacts>,
    /// Those that do not exist.
    pub(super) missing: BTreeSet<String>,
    /// Why others are not known.
    pub(super) refused: Option<String>,
    /// Of all enabled accounts of the tenant: how many, and how many have a license.
    pub(super) everyone: Option<(Number, Number)>,
    /// The names of those who have no license, where they are asked for.
    pub(super) everyone_without: Vec<String>,
}

/// Which facts of a group are read.
const FACTS: &str =
    "id,displayName,groupTypes,membershipRuleProcessingState,hasMembersWithLicenseErrors,licenseProcessingState";

/// Asks. `everyone` where policies apply to all users. Devices are counted where that can matter: in groups without
/// people, and in those that get policies for devices.
pub(super) async fn read(
    client: &Client,
    groups: &BTreeMap<String, Use>,
    plans: &BTreeSet<String>,
    everyone: bool,
) -> Result<AllGroups, GraphError> {
    let ids: Vec<&String> = groups.keys().collect();
    let mut all = facts(client, &ids).await?;
    let known: Vec<String> = all.found.keys().cloned().collect();
    let members =
        |id: &String, kind: &str| format!("groups/{}/transitiveMembers/microsoft.graph.{kind}/$count", encode(id));
    let paths: Vec<String> = known.iter().map(|id| members(id, "user")).collect();
    for (id, number) in known.iter().zip(numbers(client.batch(Api::V1, &paths).await)?) {
        set(&mut all, id, |group| &mut group.users, Some(number));
    }
    let matters = |id: &&String| {
        let has_people = all.found.get(*id).is_some_and(|group| matches!(group.users, Some(Ok(users)) if users > 0));
        !has_people || groups.get(*id).is_some_and(|how| how.for_devices > 0)
    };
    let open: Vec<&String> = known.iter().filter(matters).collect();
    let paths: Vec<String> = open.iter().map(|id| members(id, "device")).collect();
    for (id, number) in open.into_iter().zip(numbers(client.batch(Api::V1, &paths).await)?) {
        // A cast to what a group cannot hold is refused: a group of Microsoft 365 holds no devices.
        let number = if number == Err(Unknown::Form) { Ok(0) } else { number };
        set(&mut all, id, |group| &mut group.devices, Some(number));
    }
    if !plans.is_empty() {
        licensed(client, &mut all, plans).await?;
    }
    if everyone {
        let enabled = "accountEnabled eq true";
        let with = format!("{enabled} and ({})", having(plans));
        let paths = [enabled, &with].map(|filter| format!("users/$count?$filter={}", encode(filter)));
        let mut numbers = self::numbers(client.batch(Api::V1, &paths).await)?.into_iter();
        let mut next = || numbers.next().unwrap_or(Err(Unknown::Form)).map_err(|why| why.words("User.Read.All"));
        all.everyone = Some((next(), next()));
    }
    Ok(all)
}

/// Why a number is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Unknown {
    /// The request is not taken in this form.
    Form,
    /// It is not allowed.
    Forbidden,
    /// Anything else.
    Other(String),
}

impl Unknown {
    fn of(error: &GraphError) -> Self {
        match error {
            error if error.is_forbidden() => Self::Forbidden,
            error if error.is_of_form() => Self::Form,
            error => Self::Other(error.to_string()),
        }
    }

    fn words(self, permission: &str) -> String {
        match self {
            Self::Form => String::from("the tenant does not count this"),
            Self::Forbidden => format!("reading it needs {permission}"),
            Self::Other(why) => why,
        }
    }
}

fn set(
    all: &mut AllGroups,
    id: &str,
    place: impl Fn(&mut GroupFacts) -> &mut Option<Number>,
    number: Option<Result<u64, Unknown>>,
) {
    if let (Some(group), Some(number)) = (all.found.get_mut(id), number) {
        *place(group) =
            Some(number.map_err(|why| why.words("GroupMember.Read.All, User.Read.All and Device.Read.All")));
    }
}

/// Answers as numbers. An error that ends everything ends this as well.
fn numbers(answers: Vec<Result<Value, GraphError>>) -> Result<Vec<Result<u64, Unknown>>, GraphError> {
    let number = |answer: Result<Value, GraphError>| match answer {
        Ok(value) => Ok(as_number(&value).ok_or_else(|| Unknown::Other(String::from("the answer is not a number")))),
        Err(error) if ends_run(&error) => Err(error),
        Err(error) => Ok(Err(Unknown::of(&error))),
    };
    answers.into_iter().map(number).collect()
}

/// A number as it comes: in a batch, an answer in plain text may be a number, its digits, or those in base64
/// (learn.microsoft.com/graph/json-batching, 2026-11: bodies that are not JSON are encoded).
fn as_number(value: &Value) -> Option<u64> {
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let text = value.as_str()?.trim_matches(['\u{feff}', ' ', '\r', '\n']);
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok()?.trim_matches(['\u{feff}', ' ', '\r', '\n']).parse().ok()
}

/// The facts of the groups.
async fn facts(client: &Client, ids: &[&String]) -> Result<AllGroups, GraphError> {
    let mut all = AllGroups::default();
    let chunks: Vec<&[&String]> = ids.chunks(IDS_PER_FILTER).collect();
    let paths: Vec<String> =
        chunks.iter().map(|chunk| format!("groups?$filter={}&$select={FACTS}", with_ids(chunk))).collect();
    let mut singly: Vec<&String> = Vec::new();
    for (chunk, answer) in chunks.iter().zip(client.lists(Api::V1, &paths).await) {
        match answer {
            Ok(list) => {
                for group in &list {
                    all.take(group);
                }
                let missing = chunk.iter().filter(|id| !all.found.contains_key(id.as_str()));
                all.missing.extend(missing.map(|id| (*id).clone()).collect::<Vec<_>>());
            }
            Err(error) if ends_run(&error) => return Err(error),
            // An id that is not one spoils the list; singly, the others are found.
            Err(error) if error.is_of_form() => singly.extend(*chunk),
            Err(error) => all.refused = Some(Unknown::of(&error).words("Group.Read.All")),
        }
    }
    let paths: Vec<String> = singly.iter().map(|id| format!("groups/{}?$select={FACTS}", encode(id))).collect();
    for (id, answer) in singly.into_iter().zip(client.batch(Api::V1, &paths).await) {
        match answer {
            Ok(group) => all.take(&group),
            Err(error) if ends_run(&error) => return Err(error),
            // A text that is not an ID belongs to no group.
            Err(error) if error.is_not_found() || (error.is_of_form() && !is_guid(id)) => {
                all.missing.insert(id.clone());
            }
            Err(error) => all.refused = Some(Unknown::of(&error).words("Group.Read.All")),
        }
    }
    Ok(all)
}

impl AllGroups {
    fn take(&mut self, group: &Value) {
        let text = |name: &str| group[name].as_str().unwrap_or_default();
        let types = group["groupTypes"].as_array().into_iter().flatten();
        let is_dynamic = types.into_iter().any(|kind| kind == "DynamicMembership");
        let facts = GroupFacts {
            name: text("displayName").to_owned(),
            is_dynamic,
            paused: is_dynamic && text("membershipRuleProcessingState").eq_ignore_ascii_case("paused"),
            license_errors: group["hasMembersWithLicenseErrors"] == true,
            ..GroupFacts::default()
        };
        self.found.insert(text("id").to_ascii_lowercase(), facts);
    }
}

/// The test for people who have one of the plans.
fn having(plans: &BTreeSet<String>) -> String {
    let one =
        |plan: &String| format!("assignedPlans/any(p:p/servicePlanId eq {plan} and p/capabilityStatus eq 'Enabled')");
    plans.iter().map(one).collect::<Vec<_>>().join(" or ")
}

/// How many of the people in each group have a license: counted, or where the tenant does not count so, read without
/// names for those groups that are one page.
async fn licensed(client: &Client, all: &mut AllGroups, plans: &BTreeSet<String>) -> Result<(), GraphError> {
    let of: Vec<(String, u64)> = all
        .found
        .iter()
        .filter_map(|(id, group)| Some((id.clone(), *group.users.as_ref()?.as_ref().ok()?)))
        .filter(|(_, users)| *users > 0)
        .collect();
    let filter = encode(&having(plans));
    let counted =
        |id: &str| format!("groups/{}/transitiveMembers/microsoft.graph.user/$count?$filter={filter}", encode(id));
    let (first, rest) = of.split_at(PROBE.min(of.len()));
    let paths: Vec<String> = first.iter().map(|(id, _)| counted(id)).collect();
    let mut answers = numbers(client.batch(Api::V1, &paths).await)?;
    let is_taken = answers.iter().any(|answer| *answer != Err(Unknown::Form));
    if is_taken {
        let paths: Vec<String> = rest.iter().map(|(id, _)| counted(id)).collect();
        answers.extend(numbers(client.batch(Api::V1, &paths).await)?);
        for ((id, _), number) in of.iter().zip(answers) {
            set(all, id, |group| &mut group.licensed, Some(number));
        }
        return Ok(());
    }
    let readable: Vec<&(String, u64)> = of.iter().filter(|(_, users)| *users <= READABLE).collect();
    let path = |id: &str| {
        format!("groups/{}/transitiveMembers/microsoft.graph.user?$select=id,assignedPlans&$top=999", encode(id))
    };
    let paths: Vec<String> = readable.iter().map(|(id, _)| path(id)).collect();
    for ((id, _), answer) in readable.into_iter().zip(client.lists(Api::V1, &paths).await) {
        let number = match answer {
            Ok(people) => Ok(people.iter().filter(|person| has_plan(person, plans)).count() as u64),
            Err(error) if ends_run(&error) => return Err(error),
            Err(error) => Err(Unknown::of(&error)),
        };
        set(all, id, |group| &mut group.licensed, Some(number));
    }
    for (id, _) in of.iter().filter(|(_, users)| *users > READABLE) {
        set(all, id, |group| &mut group.licensed, Some(Err(Unknown::Form)));
    }
    Ok(())
}

/// Whether a person has one of the plans.
pub(super) fn has_plan(person: &Value, plans: &BTreeSet<String>) -> bool {
    let own = person["assignedPlans"].as_array().into_iter().flatten();
    let id = |plan: &Value| plan["servicePlanId"].as_str().unwrap_or_default().to_ascii_lowercase();
    own.into_iter().any(|plan| plan["capabilityStatus"] == "Enabled" && plans.contains(&id(plan)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_read_in_each_of_its_forms() {
        for (value, number) in [
            (json!(12), Some(12)),
            (json!("12"), Some(12)),
            (json!("\u{feff}12"), Some(12)),
            (json!("77u/MTI="), Some(12)),
            (json!("twelve"), None),
            (json!({"value": 12}), None),
        ] {
            assert_eq!(as_number(&value), number, "{value}");
        }
    }

    #[test]
    fn a_plan_counts_while_it_is_enabled() {
        let plans = BTreeSet::from([String::from("c1")]);
        let person =
            |id: &str, status: &str| json!({"assignedPlans": [{"servicePlanId": id, "capabilityStatus": status}]});
        assert!(has_plan(&person("C1", "Enabled"), &plans));
        assert!(!has_plan(&person("C1", "Suspended"), &plans) && !has_plan(&person("c2", "Enabled"), &plans));
        assert_eq!(having(&plans), "assignedPlans/any(p:p/servicePlanId eq c1 and p/capabilityStatus eq 'Enabled')");
    }
}
