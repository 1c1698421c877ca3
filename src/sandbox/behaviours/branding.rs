//! Branding profiles: the default one stays, images are shown only where they are selected.

use serde_json::{Value, json};

use crate::odata::call::Refusal;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules, refuse_true};
use crate::tenant::store::Tenant;

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/intuneBrandingProfiles";

const IMAGES: &[&str] = &["themeColorLogo", "lightBackgroundLogo", "landingPageCustomizedImage"];

/// object-types.json IntuneBranding: the default profile has the same id in every tenant.
const DEFAULT: &str = "c3a59481-1bf2-46ce-94b3-66eec07a8d60";

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

    fn built_in(&self, tenant: &Tenant) -> Vec<Value> {
        let is_default = "isDefaultProfile";
        if tenant.all(ROOT).iter().any(|profile| profile.value.get(is_default) == Some(&json!(true))) {
            return Vec::new();
        }
        vec![json!({
            "id": DEFAULT, "profileName": "Default branding profile", is_default: true,
            "displayName": tenant.display_name
        })]
    }
}
