//! Which collection has which rules: the table that sends a write to the module that knows its kind.
//!
//! Only what depends on a tenant's state is here and there; what a body alone shows to be wrong is refused by
//! [`super::validate`].

use serde_json::{Map, Value, json};

use super::{
    access, admx, apps, bound,
    call::{Refusal, bad, refuse},
    compliance, directory, enrollment, feature_updates, notifications, protection,
    service::Service,
    settings,
    store::{id_of, part, text},
};

type Body = Map<String, Value>;

impl Service<'_> {
    /// Refusals and omissions before a new object is looked at any further.
    pub(super) fn before_create(&self, root: &str, body: &mut Body) -> Result<(), Refusal> {
        if body.contains_key("assignments") && root != protection::SETS {
            // api 3: assignments are an action of their own.
            return Err(bad("Assignments cannot be created together with the object: use the action 'assign'."));
        }
        if body.get("supportsScopeTags") == Some(&json!(true)) {
            // evidence "supportsScopeTags true 400, false ignored".
            return Err(bad("The property 'supportsScopeTags' is read-only."));
        }
        bound::before_create(root, body)?;
        match root {
            "deviceManagement/deviceCompliancePolicies" => {
                compliance::refuse_default(body)?;
                compliance::demand_block(body)
            }
            root if settings::CATALOGUE.contains(&root) => settings::before_create(self, body),
            "deviceManagement/compliancePolicies" => settings::before_compliance(body),
            admx::ROOT => {
                // evidence "inline definitionValues of ADMX policies ignored".
                body.remove("definitionValues");
                Ok(())
            }
            "deviceManagement/intents" => {
                Err(bad("An intent is created with the action 'createInstance' of its template."))
            }
            "deviceManagement/deviceEnrollmentConfigurations" => enrollment::before_create(body),
            "deviceManagement/roleScopeTags" => {
                // "Not known either way": the strict side.
                let name = text(body, "displayName");
                let taken = self.tenant.all(root).iter().any(|tag| text(&tag.value, "displayName") == name);
                if name.is_empty() || taken {
                    Err(bad(format!("A scope tag named '{name}' exists already, or the name is empty.")))
                } else {
                    Ok(())
                }
            }
            "deviceManagement/windowsFeatureUpdateProfiles" => feature_updates::check_rollout(body),
            // quirk 57: one for each platform, and the answer is a 500.
            "deviceManagement/managedDeviceCleanupRules" if self.platform_is_taken(root, body) => {
                Err(refuse(500, "InternalServerError", "An error has occurred."))
            }
            "deviceManagement/roleAssignments" => bound::demand_role(body),
            // portability.md B: one per tenant.
            "deviceManagement/derivedCredentials" if !self.tenant.all(root).is_empty() => {
                Err(bad("The tenant has derived credential settings already."))
            }
            "deviceAppManagement/managedAppPolicies" => {
                // quirk 30.
                Err(bad("A managed app policy is created in the collection of its platform."))
            }
            "deviceAppManagement/mobileApps" => apps::before_create(body),
            "groups" => directory::before_create_group(body),
            "identity/conditionalAccess/policies" => access::check_policy(self, body, true),
            "identity/conditionalAccess/authenticationStrength/policies" => access::before_strength(body),
            _ => Ok(()),
        }
    }

    /// Parts and details of a new object, after its references are known to be good.
    pub(super) fn arrange(&mut self, root: &str, ty: &str, body: &mut Body) -> Result<(), Refusal> {
        match root {
            "deviceManagement/deviceCompliancePolicies" => compliance::arrange(body),
            root if settings::CATALOGUE.contains(&root) => settings::arrange(body),
            "deviceManagement/compliancePolicies" => {
                settings::arrange(body);
                compliance::default_rule(body);
            }
            "deviceManagement/deviceEnrollmentConfigurations" => {
                enrollment::arrange(self, ty, body);
            }
            "deviceManagement/appleUserInitiatedEnrollmentProfiles" => enrollment::rank_last(self, root, body),
            "deviceAppManagement/iosManagedAppProtections"
            | "deviceAppManagement/androidManagedAppProtections"
            | "deviceAppManagement/windowsManagedAppProtections"
            | "deviceAppManagement/targetedManagedAppConfigurations" => {
                protection::arrange(body)?;
            }
            "deviceAppManagement/mobileApps" => apps::arrange(self, ty, body),
            protection::SETS => protection::arrange_set(body),
            _ => {}
        }
        Ok(())
    }

    /// What the service computes once the object is complete.
    pub(super) fn filled_in(&self, root: &str, ty: &str, body: &mut Body) {
        match root {
            root if settings::CATALOGUE.contains(&root) || root == "deviceManagement/compliancePolicies" => {
                body.insert("settingCount".into(), json!(part(body, "settings").len()));
            }
            // api 9: processing ends at once here. quirk 48: what was sent is never given back.
            admx::FILES => {
                body.insert("status".into(), json!("available"));
                body.insert("policyType".into(), json!("admxIngested"));
                body.insert("content".into(), Value::Null);
                let files = body.get_mut("groupPolicyUploadedLanguageFiles").and_then(Value::as_array_mut);
                files.into_iter().flatten().for_each(|file| file["content"] = Value::Null);
            }
            "groups" => directory::fill_group(body),
            "identity/conditionalAccess/authenticationStrength/policies" => {
                body.insert("policyType".into(), json!("custom"));
            }
            _ => {}
        }
        if self.model.property(ty, "isAssigned").is_some() {
            body.insert("isAssigned".into(), json!(false));
        }
    }

    pub(super) fn before_update(&self, root: &str, current: &Body, body: &mut Body) -> Result<(), Refusal> {
        if body.contains_key("assignments") {
            return Err(bad("Assignments cannot be changed by PATCH."));
        }
        match root {
            // quirk 25.
            "deviceManagement/deviceCompliancePolicies" => {
                body.remove("scheduledActionsForRule");
                Ok(())
            }
            root if settings::CATALOGUE.contains(&root) || root == "deviceManagement/compliancePolicies" => {
                // quirk 1.
                refuse_any(body, &["settings", "scheduledActionsForRule"])
            }
            admx::ROOT => {
                body.remove("definitionValues");
                Ok(())
            }
            // quirk 37.
            "deviceManagement/deviceEnrollmentConfigurations" => enrollment::before_update(self, current, body),
            "deviceManagement/windowsFeatureUpdateProfiles" => feature_updates::check_rollout(body),
            apps::ROOT => self.demand_committed(current, body),
            // quirk 48.
            admx::FILES => Err(refuse(405, "MethodNotAllowed", "An uploaded definition file cannot be changed.")),
            // quirk 58.
            "deviceManagement/derivedCredentials" => {
                Err(bad("Derived credential settings cannot be updated, only deleted and created."))
            }
            // quirk 50.
            "deviceManagement/deviceHealthScripts" => refuse_true(current, "isGlobalScript"),
            // quirk 55.
            "deviceManagement/roleScopeTags" | "deviceManagement/roleDefinitions" => refuse_true(current, "isBuiltIn"),
            "identity/conditionalAccess/policies" => access::check_policy(self, body, false),
            "identity/conditionalAccess/authenticationStrength/policies" => {
                access::before_strength_update(current, body)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn before_delete(&self, root: &str, current: &Body) -> Result<(), Refusal> {
        let id = id_of(current);
        match root {
            "deviceManagement/deviceEnrollmentConfigurations" if enrollment::is_default(current) => {
                Err(bad("The default enrollment configuration cannot be deleted."))
            }
            // evidence "delete of an assigned Autopilot profile 400".
            "deviceManagement/windowsAutopilotDeploymentProfiles" if !part(current, "assignments").is_empty() => {
                Err(bad("The Windows Autopilot deployment profile is assigned and cannot be deleted."))
            }
            "deviceManagement/roleScopeTags" | "deviceManagement/roleDefinitions" => refuse_true(current, "isBuiltIn"),
            "deviceManagement/deviceHealthScripts" => refuse_true(current, "isGlobalScript"),
            "deviceManagement/intuneBrandingProfiles" => refuse_true(current, "isDefaultProfile"),
            "deviceManagement/assignmentFilters" => {
                let used = self
                    .tenant
                    .everything()
                    .any(|(_, object)| super::check::mentions(&Value::Array(part(object, "assignments").to_vec()), id));
                // quirk 53: service code 5001.
                if used { Err(bad("5001: the assignment filter is in use and cannot be deleted.")) } else { Ok(()) }
            }
            "deviceManagement/reusablePolicySettings" if self.used_in("deviceManagement/configurationPolicies", id) => {
                Err(bad("The reusable setting is referenced by a policy and cannot be deleted."))
            }
            "identity/conditionalAccess/namedLocations" => access::before_location_delete(self, current),
            "identity/conditionalAccess/authenticationStrength/policies" => {
                access::before_strength_delete(self, current)
            }
            "deviceManagement/deviceCompliancePolicies" => compliance::refuse_default(current),
            // portability.md B, class D: every tenant has them.
            "organization"
            | "deviceManagement"
            | "deviceAppManagement"
            | "deviceManagement/conditionalAccessSettings"
            | "deviceManagement/microsoftTunnelHealthThresholds"
            | "deviceManagement/remoteAssistanceSettings"
            | "policies/mobileAppManagementPolicies"
            | "policies/mobileDeviceManagementPolicies" => {
                Err(refuse(405, "MethodNotAllowed", "This object cannot be deleted."))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn before_part_delete(&self, root: &str, name: &str, key: &str, id: &str) -> Result<(), Refusal> {
        match (root, name) {
            ("deviceManagement/notificationMessageTemplates", "localizedNotificationMessages") => {
                notifications::before_delete(self, key, id)
            }
            (
                "deviceManagement/windowsAutopilotDeploymentProfiles"
                | "deviceManagement/termsAndConditions"
                | "deviceManagement/appleUserInitiatedEnrollmentProfiles",
                "assignments",
            )
            | (admx::ROOT, "definitionValues") => Ok(()),
            (access::STRENGTHS, super::combinations::PART) => access::demand_custom(self, key),
            (root, name) if super::contained::is_contained(root, name) => Ok(()),
            (_, "assignments") => Err(bad("Assignments are written with the action 'assign'.")),
            _ => Err(refuse(501, "NotImplemented", "This sandbox does not emulate this deletion.")),
        }
    }
}

/// Refuses properties that are read-only here.
pub(super) fn refuse_any(body: &Body, names: &[&str]) -> Result<(), Refusal> {
    match names.iter().find(|name| body.contains_key(**name)) {
        Some(name) => Err(bad(format!("The property '{name}' is read-only and cannot be set."))),
        None => Ok(()),
    }
}

fn refuse_true(body: &Body, name: &str) -> Result<(), Refusal> {
    if body.get(name) == Some(&json!(true)) {
        return Err(bad(format!("Built-in objects ({name}) cannot be created, changed or deleted.")));
    }
    Ok(())
}
