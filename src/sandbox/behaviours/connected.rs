//! What cannot be made by a POST, or not be deleted: connections to other parties, tokens, devices, what every tenant
//! has (portability.md B, classes T and D).

use serde_json::{Value, json};

use crate::odata::call::{Refusal, bad, refuse};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::store::Tenant;

/// Collections whose objects come from somewhere else, and that have no other rules.
const CONNECTED: [&str; 21] = [
    "deviceAppManagement/managedEBooks",
    "deviceAppManagement/vppTokens",
    "deviceManagement/androidForWorkEnrollmentProfiles",
    "deviceManagement/certificateConnectorDetails",
    "deviceManagement/chromeOSOnboardingSettings",
    "deviceManagement/cloudCertificationAuthority",
    "deviceManagement/complianceManagementPartners",
    "deviceManagement/dataSharingConsents",
    "deviceManagement/deviceManagementPartners",
    "deviceManagement/domainJoinConnectors",
    "deviceManagement/embeddedSIMActivationCodePools",
    "deviceManagement/exchangeConnectors",
    "deviceManagement/importedWindowsAutopilotDeviceIdentities",
    "deviceManagement/mobileThreatDefenseConnectors",
    "deviceManagement/ndesConnectors",
    "deviceManagement/remoteAssistancePartners",
    "deviceManagement/serviceNowConnections",
    "deviceManagement/userPfxCertificates",
    "deviceManagement/virtualEndpoint/deviceImages",
    "deviceManagement/virtualEndpoint/onPremisesConnections",
    "deviceManagement/windowsAutopilotDeviceIdentities",
];

/// Whether the objects of a collection come from somewhere else.
pub(crate) fn is_connected(root: &str) -> bool {
    CONNECTED.contains(&root)
}

pub(crate) struct Connected;

impl Rules for Connected {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(refusal())
    }
}

/// Objects that come from somewhere else and cannot be deleted: every tenant has them (portability.md B, class D).
pub(crate) struct ConnectedOwn {
    /// Where devices look for the service, below its address: part of the one object that is there from the beginning.
    pub discovery: Option<&'static str>,
}

impl Rules for ConnectedOwn {
    fn before_create(&self, _service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        Err(refusal())
    }

    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(not_deleted())
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        let policy = |path| {
            json!({
                "id": "0000000a-0000-0000-c000-000000000000", "displayName": "Microsoft Intune", "appliesTo": "none",
                "isValid": true, "discoveryUrl": format!("https://enrollment.manage.example/{path}")
            })
        };
        self.discovery.map(policy).into_iter().collect()
    }
}

/// What every tenant has one of (portability.md B, class D), with what it is at the beginning.
pub(crate) struct TenantsOwn(fn(&Tenant) -> Value);

pub(crate) static DEVICE_MANAGEMENT: TenantsOwn = TenantsOwn(|tenant| {
    json!({
        "id": tenant.id, "subscriptionState": "active",
        "settings": {"secureByDefault": true, "deviceComplianceCheckinThresholdDays": 30}
    })
});

pub(crate) static APP_MANAGEMENT: TenantsOwn = TenantsOwn(|tenant| json!({"id": tenant.id}));

pub(crate) static CONDITIONAL_ACCESS: TenantsOwn =
    TenantsOwn(|_| json!({"id": "conditionalAccessSettings", "enabled": false}));

pub(crate) static REMOTE_ASSISTANCE: TenantsOwn =
    TenantsOwn(|_| json!({"id": "remoteAssistanceSettings", "remoteAssistanceState": "disabled"}));

impl Rules for TenantsOwn {
    fn before_delete(&self, _service: &Service<'_>, _current: &Body) -> Result<(), Refusal> {
        Err(not_deleted())
    }

    fn built_in(&self, tenant: &Tenant) -> Vec<Value> {
        vec![(self.0)(tenant)]
    }
}

pub(crate) fn refusal() -> Refusal {
    bad("Objects of this collection come from a connection, a token or a device; they cannot be created.")
}

pub(crate) fn not_deleted() -> Refusal {
    refuse(405, "MethodNotAllowed", "This object cannot be deleted.")
}

pub(crate) fn demand_content(name: &str, content: &str) -> Result<(), Refusal> {
    if content.is_empty() { Err(bad(format!("The property '{name}' is required."))) } else { Ok(()) }
}
