//! Ids in bodies must belong to this tenant: the one thing a lenient emulator would hide.
//!
//! portability.md F lists the properties that carry ids; each is looked up in the tenant's own objects.

use serde_json::{Map, Value};

use crate::odata::call::{Refusal, bad};
use crate::service::core::Service;
use crate::tenant::constants::ZERO;
use crate::tenant::store::text;

impl Service<'_> {
    /// Refuses a body that names what this tenant does not have.
    pub(crate) fn check_references(&self, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| self.check_references(item)),
            Value::Object(map) => {
                // Tenants, not groups (Microsoft365DSC#4630).
                let of_tenants = text(map, "@odata.type").ends_with("EnumeratedExternalTenants");
                for (name, child) in map {
                    if name == "members" && of_tenants {
                        continue;
                    }
                    if name == "simpleSettingValue" && is_discovery(map) {
                        self.check_discovery(child)?;
                        continue;
                    }
                    self.check_property(name, child)?;
                    self.check_references(child)?;
                }
                self.check_typed(map)
            }
            _ => Ok(()),
        }
    }

    fn check_property(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        let ids = || -> Vec<&str> {
            match value {
                Value::String(id) => vec![id],
                Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            }
        };
        let demand = |root: &str, what: &str| -> Result<(), Refusal> {
            match ids().into_iter().find(|id| !self.tenant.has(root, id)) {
                Some(id) => Err(bad(format!("{what} '{id}' does not exist"))),
                None => Ok(()),
            }
        };
        match name {
            // quirk 6: what a tenant is not offered makes the create fail.
            "settingDefinitionId" => match ids().into_iter().find(|id| self.tenant.unoffered_settings.contains(*id)) {
                Some(id) => Err(bad(format!("The setting definition '{id}' does not exist."))),
                None => Ok(()),
            },
            "roleScopeTagIds" | "roleScopeTags" => demand("deviceManagement/roleScopeTags", "RoleScopeTag"),
            // evidence: Kvikku/IntuneAssignments#16.
            "groupId"
            | "targetGroupId"
            | "notificationMessageCCList"
            | "members"
            | "scopeMembers"
            | "resourceScopes"
            | "approverGroupIds"
            | "enrollmentTimeAzureAdGroupIds" => {
                match ids().into_iter().find(|id| !self.tenant.knows_group(id, self.now)) {
                    Some(id) => Err(bad(format!("Invalid GroupId : {id}. a valid AADGroupId is expected"))),
                    None => Ok(()),
                }
            }
            // portability.md B: the zero id means the standard mail.
            "notificationTemplateId" | "notificationMessageTemplateId" => {
                match ids().into_iter().find(|id| {
                    !id.is_empty()
                        && *id != ZERO
                        && !self.tenant.has("deviceManagement/notificationMessageTemplates", id)
                }) {
                    Some(id) => Err(bad(format!("NotificationMessageTemplate '{id}' does not exist"))),
                    None => Ok(()),
                }
            }
            "deviceComplianceScriptId" => demand("deviceManagement/deviceComplianceScripts", "DeviceComplianceScript"),
            "targetedMobileApps" | "selectedMobileAppIds" => demand("deviceAppManagement/mobileApps", "MobileApp"),
            // portability.md F: what an item of a policy set names must be there.
            "payloadId" => match ids().into_iter().find(|id| !self.anywhere(id)) {
                Some(id) => Err(bad(format!("Payload '{id}' does not exist"))),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check_typed(&self, map: &Map<String, Value>) -> Result<(), Refusal> {
        if text(map, "@odata.type") == "#microsoft.graph.deviceManagementConfigurationReferenceSettingValue" {
            let id = text(map, "value");
            if !self.tenant.has("deviceManagement/reusablePolicySettings", id) {
                return Err(bad(format!("Reusable setting '{id}' referenced by the policy does not exist")));
            }
        }
        self.check_filter(map)
    }

    /// portability.md B, compliance v2; quirks 28, 29: the value of this setting is the id of a script, also where its
    /// type is the one that names a reusable setting elsewhere.
    fn check_discovery(&self, value: &Value) -> Result<(), Refusal> {
        let id = value.get("value").and_then(Value::as_str).unwrap_or("");
        if self.tenant.has("deviceManagement/deviceComplianceScripts", id) {
            return Ok(());
        }
        Err(bad(format!("DeviceComplianceScript '{id}' does not exist")))
    }

    /// portability.md C: a filter id counts where its type is not none.
    fn check_filter(&self, map: &Map<String, Value>) -> Result<(), Refusal> {
        let id = text(map, "deviceAndAppManagementAssignmentFilterId");
        let kind = text(map, "deviceAndAppManagementAssignmentFilterType");
        let set = !id.is_empty() && id != ZERO;
        match (set, kind) {
            (false, "include" | "exclude") => Err(bad("An assignment filter type was given without a filter id")),
            (true, "" | "none") => Err(bad("An assignment filter id was given without a filter type")),
            (true, _) if !self.tenant.has("deviceManagement/assignmentFilters", id) => {
                Err(bad(format!("Assignment filter '{id}' does not exist")))
            }
            _ => Ok(()),
        }
    }

    fn anywhere(&self, id: &str) -> bool {
        self.tenant.everything().any(|(_, value)| crate::tenant::store::has_id(value, id))
    }

    /// Whether any object of a collection mentions the id; used before a delete.
    pub(crate) fn used_in(&self, root: &str, id: &str) -> bool {
        self.tenant.all(root).iter().any(|stored| {
            let mut value = stored.value.clone();
            value.remove("id");
            mentions(&Value::Object(value), id)
        })
    }
}

/// Whether an instance is the setting that names the discovery script of a custom compliance policy.
fn is_discovery(instance: &Map<String, Value>) -> bool {
    text(instance, "settingDefinitionId").to_lowercase().ends_with("customcompliance_discoveryscript")
}

/// Whether a value holds an id anywhere.
pub(crate) fn mentions(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text.eq_ignore_ascii_case(id),
        Value::Array(items) => items.iter().any(|item| mentions(item, id)),
        Value::Object(map) => map.values().any(|item| mentions(item, id)),
        _ => false,
    }
}
