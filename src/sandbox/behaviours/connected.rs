//! What cannot be made by a POST, or not be deleted: connections to other parties, tokens, devices, what every tenant
//! has (portability.md B, classes T and D).

use crate::odata::call::{Refusal, bad, refuse};
use crate::service::rules::{Body, Rules};
use crate::service::service::Service;

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

/// Collections whose objects cannot be deleted either: every tenant has them (portability.md B, class D).
const OWN: [&str; 3] = [
    "deviceManagement/microsoftTunnelHealthThresholds",
    "policies/mobileAppManagementPolicies",
    "policies/mobileDeviceManagementPolicies",
];

/// Whether the objects of a collection come from somewhere else.
pub(crate) fn is_connected(root: &str) -> bool {
    CONNECTED.contains(&root)
}

/// Whether an object of a collection is there from the beginning, and stays.
pub(crate) fn is_own(root: &str) -> bool {
    OWN.contains(&root)
}

pub(crate) struct Connected;

impl Rules for Connected {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(refusal())
    }
}

/// Such as come from somewhere else and cannot be deleted.
pub(crate) struct ConnectedOwn;

impl Rules for ConnectedOwn {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(refusal())
    }

    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(not_deleted())
    }
}

/// portability.md B, class D: every tenant has them.
pub(crate) struct TenantsOwn;

impl Rules for TenantsOwn {
    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(not_deleted())
    }
}

/// The tenant itself.
pub(crate) struct Organization;

impl Rules for Organization {
    fn updates_silently(&self) -> bool {
        true
    }

    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(not_deleted())
    }
}

pub(crate) fn refusal() -> Refusal {
    bad("Objects of this collection come from a connection, a token or a device; they cannot be created.")
}

fn not_deleted() -> Refusal {
    refuse(405, "MethodNotAllowed", "This object cannot be deleted.")
}

pub(crate) fn demand_content(name: &str, content: &str) -> Result<(), Refusal> {
    if content.is_empty() { Err(bad(format!("The property '{name}' is required."))) } else { Ok(()) }
}
