//! What cannot be made by a POST: connections to other parties, tokens, devices (portability.md B, class T), and what
//! a new object must bring along.

use serde_json::{Map, Value};

use super::{
    admx,
    call::{Refusal, bad, refuse},
    service::Service,
    store::{part, text},
};

/// Collections whose objects come from somewhere else.
const CONNECTED: [&str; 27] = [
    "deviceAppManagement/managedEBooks",
    "deviceAppManagement/vppTokens",
    "deviceManagement/androidForWorkEnrollmentProfiles",
    "deviceManagement/certificateConnectorDetails",
    "deviceManagement/chromeOSOnboardingSettings",
    "deviceManagement/cloudCertificationAuthority",
    "deviceManagement/complianceManagementPartners",
    "deviceManagement/configurationPolicyTemplates",
    "deviceManagement/dataSharingConsents",
    "deviceManagement/depOnboardingSettings",
    "deviceManagement/deviceManagementPartners",
    "deviceManagement/domainJoinConnectors",
    "deviceManagement/embeddedSIMActivationCodePools",
    "deviceManagement/exchangeConnectors",
    "deviceManagement/importedWindowsAutopilotDeviceIdentities",
    "deviceManagement/microsoftTunnelHealthThresholds",
    "deviceManagement/mobileThreatDefenseConnectors",
    "deviceManagement/ndesConnectors",
    "deviceManagement/remoteAssistancePartners",
    "deviceManagement/serviceNowConnections",
    "deviceManagement/templates",
    "deviceManagement/userPfxCertificates",
    "deviceManagement/virtualEndpoint/deviceImages",
    "deviceManagement/virtualEndpoint/onPremisesConnections",
    "deviceManagement/windowsAutopilotDeviceIdentities",
    "policies/mobileAppManagementPolicies",
    "policies/mobileDeviceManagementPolicies",
];

pub(super) fn before_create(root: &str, body: &Map<String, Value>) -> Result<(), Refusal> {
    if CONNECTED.contains(&root) {
        return Err(bad(
            "Objects of this collection come from a connection, a token or a device; they cannot be created.",
        ));
    }
    match root {
        // quirk 48, metadata `known`.
        admx::FILES => demand_content("content", text(body, "content")),
        // object-types.json TermsOfUse: the PDF must come along.
        "agreements" => {
            let files = part(body, "files");
            if files.is_empty() {
                return demand_content("files", "");
            }
            files
                .iter()
                .try_for_each(|file| demand_content("fileData", file["fileData"]["data"].as_str().unwrap_or("")))
        }
        _ => Ok(()),
    }
}

fn demand_content(name: &str, content: &str) -> Result<(), Refusal> {
    if content.is_empty() { Err(bad(format!("The property '{name}' is required."))) } else { Ok(()) }
}

/// api 9: an assignment of a role names the role and who it applies to.
pub(super) fn demand_role(body: &Map<String, Value>) -> Result<(), Refusal> {
    if text(body, "roleDefinition@odata.bind").is_empty() {
        return Err(bad("The property 'roleDefinition@odata.bind' is required."));
    }
    let scoped = matches!(text(body, "scopeType"), "" | "resourceScope");
    if scoped && part(body, "resourceScopes").is_empty() && part(body, "scopeMembers").is_empty() {
        return Err(refuse(400, "BadRequest", "A role assignment of the type 'resourceScope' needs 'resourceScopes'."));
    }
    Ok(())
}

impl Service<'_> {
    pub(super) fn platform_is_taken(&self, root: &str, body: &Map<String, Value>) -> bool {
        let property = "deviceCleanupRulePlatformType";
        self.tenant.all(root).iter().any(|rule| text(&rule.value, property) == text(body, property))
    }
}
