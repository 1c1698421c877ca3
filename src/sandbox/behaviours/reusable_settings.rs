//! Reusable settings: not deleted while a policy names them; their settings are shown only where they are selected.

use crate::odata::call::{Refusal, bad};
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::store::id_of;

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/reusablePolicySettings";

const SETTINGS: &[&str] = &["settingInstance"];

pub(crate) struct ReusableSettings;

impl Rules for ReusableSettings {
    fn before_delete(&self, service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        if service.used_in("deviceManagement/configurationPolicies", id_of(current)) {
            return Err(bad("The reusable setting is referenced by a policy and cannot be deleted."));
        }
        Ok(())
    }

    fn not_in_lists(&self) -> &'static [&'static str] {
        SETTINGS
    }

    /// metadata `known`; evidence "reusable settings without settingInstance unless selected", the stricter of two
    /// findings about the item.
    fn only_if_selected(&self) -> &'static [&'static str] {
        SETTINGS
    }

    /// Only reusable settings give it for a $select on the list (metadata `known`).
    fn selects_in_lists(&self) -> bool {
        true
    }
}
