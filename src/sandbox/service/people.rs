//! Who is in a group, directly or through groups in it, by kind; and who has a license. Numbers and lists
//! (learn.microsoft.com/graph/api/group-list-transitivemembers and graph/aad-advanced-queries, 2026-11).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Refusal, Reply, refuse};
use crate::odata::route::{Route, Tail};
use crate::service::core::Service;
use crate::tenant::store::{id_of, part, text};

/// The part of a group that is all of its members.
const MEMBERS: &str = "transitiveMembers";
/// How a test for a license begins.
const PLANS: &str = "assignedPlans/any(";

impl Service<'_> {
    /// The answer, where the request is one of these.
    pub(crate) fn people(&self, route: &Route) -> Option<Outcome> {
        let is_count = route.tail == Tail::Count;
        let filter = self.query.filter.as_deref().unwrap_or_default();
        if route.root == "users" && route.subs.is_empty() && is_count && filter.contains(PLANS) {
            let users = self.tenant.all("users").iter().map(|stored| &stored.value);
            return Some(
                self.eventual().map(|()| Reply::new(200, json!(users.filter(|user| passes(user, filter)).count()))),
            );
        }
        let is_members = route.root == "groups" && route.subs.len() == 1 && route.subs[0].name == MEMBERS;
        (is_members && route.subs[0].key.is_none()).then(|| self.members(route, is_count, filter))
    }

    fn members(&self, route: &Route, is_count: bool, filter: &str) -> Outcome {
        let group = self.object(route)?;
        let cast = self.call.path.split('/').find_map(|segment| segment.strip_prefix("microsoft.graph."));
        let is_unified = part(group, "groupTypes").contains(&json!("Unified"));
        if is_unified && matches!(cast, Some("device" | "group")) {
            return Err(refuse(400, "Request_UnsupportedQuery", "The specified cast is not supported for this group."));
        }
        if is_count || !filter.is_empty() {
            self.eventual()?;
        }
        let licenses = filter.contains(PLANS) || self.selects("assignedPlans");
        if licenses && !self.may_read_users() {
            return Err(refuse(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ));
        }
        let mut found = Vec::new();
        self.collect(group, &mut BTreeSet::new(), &mut found);
        found.retain(|(kind, member)| cast.is_none_or(|cast| cast == *kind) && passes(member, filter));
        if is_count {
            return Ok(Reply::new(200, json!(found.len())));
        }
        let show = |(kind, member): (&str, Map<String, Value>)| {
            let mut shown = member;
            if let Some(select) = &self.query.select {
                shown.retain(|name, _| name == "id" || select.iter().any(|one| one == name));
            }
            shown.insert("@odata.type".into(), json!(format!("#microsoft.graph.{kind}")));
            Ok(Value::Object(shown))
        };
        let context = format!("groups('{}')/{MEMBERS}", id_of(group));
        let page = self.page(&context, found, self.query.top.unwrap_or(100).min(999), show)?;
        Ok(Reply::new(200, page))
    }

    /// Everyone in a group, each once.
    fn collect(
        &self,
        group: &Map<String, Value>,
        seen: &mut BTreeSet<String>,
        found: &mut Vec<(&'static str, Map<String, Value>)>,
    ) {
        for member in part(group, "members").iter().filter_map(Value::as_object) {
            let id = id_of(member).to_ascii_lowercase();
            if !seen.insert(id.clone()) {
                continue;
            }
            let known = [("users", "user"), ("devices", "device"), ("groups", "group")];
            let stored = known.iter().find_map(|(root, kind)| Some((*kind, self.tenant.find(root, &id)?)));
            match stored {
                Some((kind, object)) => {
                    found.push((kind, object.clone()));
                    if kind == "group" {
                        self.collect(object, seen, found);
                    }
                }
                // A member that the seed does not describe is a person without a license.
                None => found.push(("user", member.clone())),
            }
        }
    }

    /// api 3: counting and testing members are advanced queries.
    fn eventual(&self) -> Result<(), Refusal> {
        if self.call.header("consistencylevel").eq_ignore_ascii_case("eventual") {
            return Ok(());
        }
        Err(refuse(400, "Request_UnsupportedQuery", "The request requires the header ConsistencyLevel: eventual."))
    }

    fn selects(&self, name: &str) -> bool {
        self.query.select.as_ref().is_some_and(|select| select.iter().any(|one| one == name))
    }

    fn may_read_users(&self) -> bool {
        let granted = &self.tenant.permissions;
        let gives = |one: &String| one.starts_with("User.Read") || one.starts_with("Directory.Read");
        granted.is_empty() || granted.iter().any(gives)
    }
}

/// Whether someone passes: only the tests for an enabled account and for an enabled plan are understood.
fn passes(person: &Map<String, Value>, filter: &str) -> bool {
    let is_enabled = person.get("accountEnabled") != Some(&json!(false));
    let wanted: BTreeSet<String> = filter
        .split("servicePlanId eq ")
        .skip(1)
        .filter_map(|rest| rest.split([' ', ')']).next())
        .map(str::to_ascii_lowercase)
        .collect();
    let has = |plan: &Value| {
        let plan = plan.as_object();
        let id = plan.map(|plan| text(plan, "servicePlanId").to_ascii_lowercase()).unwrap_or_default();
        plan.is_some_and(|plan| text(plan, "capabilityStatus") == "Enabled") && wanted.contains(&id)
    };
    (!filter.contains("accountEnabled eq true") || is_enabled)
        && (wanted.is_empty() || part(person, "assignedPlans").iter().any(has))
}
