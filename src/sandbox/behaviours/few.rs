//! Collections of which a tenant has few: one for each platform, one in all; and terms of use, which need their file.

use super::connected::demand_content;
use crate::odata::call::{Refusal, bad, refuse};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::store::{part, text};

/// Rules that clean up devices.
pub(crate) const CLEANUP: &str = "deviceManagement/managedDeviceCleanupRules";
/// Derived credentials.
pub(crate) const CREDENTIALS: &str = "deviceManagement/derivedCredentials";
/// Terms of use.
pub(crate) const AGREEMENTS: &str = "agreements";

pub(crate) struct CleanupRules;

impl Rules for CleanupRules {
    /// quirk 57: one for each platform, and the answer is a 500.
    fn before_create(&self, service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        let property = "deviceCleanupRulePlatformType";
        let mut all = service.tenant.all(CLEANUP).iter();
        if all.any(|rule| text(&rule.value, property) == text(body, property)) {
            return Err(refuse(500, "InternalServerError", "An error has occurred."));
        }
        Ok(())
    }
}

pub(crate) struct DerivedCredentials;

impl Rules for DerivedCredentials {
    /// portability.md B: one per tenant.
    fn before_create(&self, service: &Service<'_>, _body: &mut Body) -> Result<(), Refusal> {
        if service.tenant.all(CREDENTIALS).is_empty() {
            return Ok(());
        }
        Err(bad("The tenant has derived credential settings already."))
    }

    /// quirk 58.
    fn before_update(&self, _service: &Service<'_>, _current: &Body, _body: &mut Body) -> Result<(), Refusal> {
        Err(bad("Derived credential settings cannot be updated, only deleted and created."))
    }
}

pub(crate) struct Agreements;

impl Rules for Agreements {
    /// object-types.json TermsOfUse: the PDF must be sent with it.
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        let files = part(body, "files");
        if files.is_empty() {
            return demand_content("files", "");
        }
        files.iter().try_for_each(|file| demand_content("fileData", file["fileData"]["data"].as_str().unwrap_or("")))
    }

    fn expands(&self, part: &str, expand: &Expand, _list: bool) -> bool {
        part.is_empty() && ["files", "file"].contains(&expand.name.as_str())
    }
}
