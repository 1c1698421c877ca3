//! Roles: built-in ones stay as they are (quirk 55); an assignment names its role and who it applies to (api 9).

use serde_json::{Value, json};

use crate::odata::call::{Refusal, bad, refuse};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::tenant::store::{Tenant, part, text};

/// The roles.
pub(crate) const DEFINITIONS: &str = "deviceManagement/roleDefinitions";
/// Who has them.
pub(crate) const ASSIGNMENTS: &str = "deviceManagement/roleAssignments";

pub(crate) struct RoleDefinitions;

impl Rules for RoleDefinitions {
    /// evidence "POST 200 for scope tags, templates of notifications, roles".
    fn created_status(&self) -> u16 {
        200
    }

    fn before_update(&self, _service: &Service<'_>, current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        refuse_true(current, "isBuiltIn")
    }

    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        refuse_true(current, "isBuiltIn")
    }

    fn expands(&self, part: &str, expand: &Expand, _list: bool) -> bool {
        part.is_empty() && expand.name == "roleAssignments"
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        vec![json!({
            "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition",
            "id": "9e0cc482-82df-4ab2-a24c-0c23a3f52e1e", "displayName": "Help Desk Operator", "isBuiltIn": true,
            "isBuiltInRoleDefinition": true, "rolePermissions": []
        })]
    }
}

pub(crate) struct RoleAssignments;

impl Rules for RoleAssignments {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        demand_role(body)
    }

    fn expands(&self, _part: &str, expand: &Expand, list: bool) -> bool {
        !list && ["roleDefinition", "roleScopeTags"].contains(&expand.name.as_str())
    }
}

/// api 9: an assignment of a role names the role and who it applies to.
fn demand_role(body: &Body) -> Result<(), Refusal> {
    if text(body, "roleDefinition@odata.bind").is_empty() {
        return Err(bad("The property 'roleDefinition@odata.bind' is required."));
    }
    let scoped = matches!(text(body, "scopeType"), "" | "resourceScope");
    if scoped && part(body, "resourceScopes").is_empty() && part(body, "scopeMembers").is_empty() {
        return Err(refuse(400, "BadRequest", "A role assignment of the type 'resourceScope' needs 'resourceScopes'."));
    }
    Ok(())
}
