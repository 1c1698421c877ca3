//! Device configurations: privacy access controls have a call of their own (quirk 21).

use serde_json::{Value, json};
use uuid::Uuid;

use crate::odata::call::{Outcome, Reply, bad, missing};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::write::list_of;
use crate::tenant::defaults::complete;
use crate::tenant::store::type_of;

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/deviceConfigurations";

pub(crate) struct DeviceConfigurations;

impl Rules for DeviceConfigurations {
    /// evidence "PATCH 204 for device configurations, compliance, apps, CA".
    fn updates_silently(&self) -> bool {
        true
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "windowsPrivacyAccessControls").then(|| set_privacy_controls(service, id, body))
    }

    /// On the item, links of single types by their cast (quirk 18).
    fn expands(&self, part: &str, expand: &Expand, list: bool) -> bool {
        expand.name == "assignments" || (part.is_empty() && !list && expand.cast.is_some())
    }

    fn call_function(
        &self,
        service: &Service<'_>,
        route: &Route,
        name: &str,
        args: &[(String, String)],
    ) -> Option<Outcome> {
        (name == "getOmaSettingPlainTextValue").then(|| service.plain_text(route, args))
    }
}

/// quirk 21: a separate POST after the create, which replaces the list.
fn set_privacy_controls(service: &mut Service<'_>, id: &str, body: &Body) -> Outcome {
    let mut controls = list_of(body, "windowsPrivacyAccessControls")?.clone();
    for control in controls.iter_mut().filter_map(Value::as_object_mut) {
        control.retain(|name, _| !name.contains('@'));
        control.insert("id".into(), json!(Uuid::new_v4().to_string()));
        complete(service.model, "windowsPrivacyDataAccessControlItem", control);
    }
    let object = service.tenant.find_mut(ROOT, id).ok_or_else(|| missing(ROOT, id))?;
    if !service.model.is_a(type_of(object, ""), "windows10GeneralConfiguration") {
        return Err(bad("Privacy access controls belong to 'microsoft.graph.windows10GeneralConfiguration' only."));
    }
    object.insert("privacyAccessControls".into(), Value::Array(controls));
    Ok(Reply::empty(204))
}
