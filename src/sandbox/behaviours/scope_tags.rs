//! Scope tags: numbered, of one name each, and for groups only.

use serde_json::{Value, json};

use crate::odata::call::{Outcome, Refusal, Reply, bad};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::service::write::list_of;
use crate::tenant::store::{Tenant, id_of, text};

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/roleScopeTags";

pub(crate) struct ScopeTags;

impl Rules for ScopeTags {
    /// "Not known either way": the strict side.
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        let name = text(body, "displayName");
        let taken = service.tenant.all(ROOT).iter().any(|tag| text(&tag.value, "displayName") == name);
        if name.is_empty() || taken {
            return Err(bad(format!("A scope tag named '{name}' exists already, or the name is empty.")));
        }
        Ok(())
    }

    /// metadata `known`: small decimal numbers.
    fn new_id(&self, service: &Service<'_>, _ty: &str, _chosen: &str) -> Result<String, Refusal> {
        let highest = service.tenant.all(ROOT).iter().filter_map(|s| id_of(&s.value).parse::<u32>().ok()).max();
        Ok(highest.map_or(1, |n| n + 1).to_string())
    }

    /// evidence "POST 200 for scope tags, templates of notifications, roles".
    fn created_status(&self) -> u16 {
        200
    }

    /// quirk 55.
    fn before_update(&self, _service: &Service<'_>, current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        refuse_true(current, "isBuiltIn")
    }

    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        refuse_true(current, "isBuiltIn")
    }

    /// Autopilot and scope tags know groups, and all devices at most.
    fn check_target(&self, kind: &str) -> Result<(), Refusal> {
        if kind == "groupAssignmentTarget" {
            return Ok(());
        }
        Err(bad("A scope tag can be assigned to groups only."))
    }

    fn expands(&self, _part: &str, _expand: &Expand, _list: bool) -> bool {
        false
    }

    fn act_on_collection(&self, service: &mut Service<'_>, name: &str, body: &Body) -> Option<Outcome> {
        (name == "getRoleScopeTagsById").then(|| {
            let wanted = list_of(body, "roleScopeTagIds")?.iter().filter_map(Value::as_str);
            let tags = wanted.filter_map(|id| service.tenant.find(ROOT, id));
            let tags: Vec<Value> = tags.cloned().map(Value::Object).collect();
            Ok(Reply::new(200, json!({"value": tags})))
        })
    }

    fn call_function(
        &self,
        service: &Service<'_>,
        _route: &Route,
        name: &str,
        _args: &[(String, String)],
    ) -> Option<Outcome> {
        let own = service.tenant.all(ROOT).len() > 1;
        (name == "hasCustomRoleScopeTag").then(|| Ok(Reply::new(200, json!({"value": own}))))
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        vec![json!({"id": "0", "displayName": "Default", "description": "Default Role Scope Tag", "isBuiltIn": true})]
    }
}
