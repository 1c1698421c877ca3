//! Scripts: their contents are in no list (api 3, quirk 50); Microsoft's own stay as they are.

use crate::odata::call::Refusal;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::service::service::Service;

/// Scripts of health, which Microsoft has some of.
pub(crate) const HEALTH: &str = "deviceManagement/deviceHealthScripts";

/// Scripts whose contents are in these properties.
pub(crate) struct Scripts(pub &'static [&'static str]);

impl Rules for Scripts {
    fn not_in_lists(&self) -> &'static [&'static str] {
        self.0
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
}
