//! Branding profiles: the default one stays, images are shown only where they are selected.

use crate::odata::call::Refusal;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::service::service::Service;

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/intuneBrandingProfiles";

const IMAGES: &[&str] = &["themeColorLogo", "lightBackgroundLogo", "landingPageCustomizedImage"];

pub(crate) struct BrandingProfiles;

impl Rules for BrandingProfiles {
    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        refuse_true(current, "isDefaultProfile")
    }

    fn not_in_lists(&self) -> &'static [&'static str] {
        IMAGES
    }

    fn only_if_selected(&self) -> &'static [&'static str] {
        IMAGES
    }
}
