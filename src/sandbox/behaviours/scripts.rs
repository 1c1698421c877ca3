//! Scripts: their contents are in no list (api 3, quirk 50); Microsoft's own stay as they are.

use serde_json::{Value, json};

use crate::odata::call::Refusal;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::tenant::store::Tenant;

/// Scripts of PowerShell.
pub(crate) const POWERSHELL: &str = "deviceManagement/deviceManagementScripts";
/// Scripts of shells.
pub(crate) const SHELL: &str = "deviceManagement/deviceShellScripts";
/// Scripts of health, which Microsoft has some of.
pub(crate) const HEALTH: &str = "deviceManagement/deviceHealthScripts";

/// Scripts whose contents are in these properties.
pub(crate) struct Scripts(pub &'static [&'static str]);

impl Rules for Scripts {
    fn not_in_lists(&self) -> &'static [&'static str] {
        self.0
    }
}

/// Scripts of PowerShell.
pub(crate) struct PowerShellScripts;

impl Rules for PowerShellScripts {
    fn not_in_lists(&self) -> &'static [&'static str] {
        &["scriptContent"]
    }

    /// evidence: "shell scripts can be assigned through deviceManagementScripts".
    fn held_in(&self, is_action: bool) -> &'static [&'static str] {
        if is_action { &[POWERSHELL, SHELL] } else { &[] }
    }
}

pub(crate) struct HealthScripts;

impl Rules for HealthScripts {
    /// quirk 50.
    fn before_update(&self, _service: &Service<'_>, current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        refuse_true(current, "isGlobalScript")
    }

    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        refuse_true(current, "isGlobalScript")
    }

    fn not_in_lists(&self) -> &'static [&'static str] {
        &["detectionScriptContent", "remediationScriptContent"]
    }

    fn built_in(&self, _tenant: &Tenant) -> Vec<Value> {
        vec![json!({
            "id": "4cc27ed5-e70b-4db7-9bc8-9b1ccd4f8a54", "displayName": "Restart stopped Office C2R svc",
            "publisher": "Microsoft", "isGlobalScript": true, "version": "1.0", "highestAvailableVersion": "1.0",
            "detectionScriptContent": "", "remediationScriptContent": ""
        })]
    }
}
