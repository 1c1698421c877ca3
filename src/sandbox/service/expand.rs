//! `$expand`: which parts and links can be asked for where, and what comes then.

use serde_json::{Map, Value, json};

use crate::odata::call::{Refusal, bad};
use crate::odata::query::Expand;
use crate::service::present::View;
use crate::service::reference::Link;
use crate::service::service::Service;
use crate::tenant::store::{id_of, part, type_of};

/// What an object leads to.
pub(crate) enum Related {
    Many(Vec<Map<String, Value>>),
    One(Option<Map<String, Value>>),
}

/// What can be expanded: in lists, and further ones on items. Source: metadata `known`; where a collection is not
/// listed, only assignments. A tool's finding that terms and conditions do not support it (quirk 59) wins.
const EXPANDABLE: [(&str, &[&str], &[&str]); 26] = [
    ("deviceAppManagement/androidManagedAppProtections", &["apps", "assignments"], &[]),
    ("deviceAppManagement/iosManagedAppProtections", &["apps", "assignments"], &[]),
    ("deviceAppManagement/windowsManagedAppProtections", &["apps", "assignments"], &[]),
    ("deviceAppManagement/targetedManagedAppConfigurations", &["apps", "assignments"], &["settings"]),
    (
        "deviceAppManagement/mdmWindowsInformationProtectionPolicies",
        &["protectedAppLockerFiles", "exemptAppLockerFiles", "assignments"],
        &[],
    ),
    ("deviceAppManagement/managedAppPolicies", &[], &[]),
    ("deviceAppManagement/mobileApps", &["assignments"], &["categories"]),
    ("deviceAppManagement/policySets", &[], &["items", "assignments"]),
    ("deviceManagement/compliancePolicies", &["assignments", "settings", "scheduledActionsForRule"], &[]),
    ("deviceManagement/configurationPolicies", &["assignments"], &["settings"]),
    ("deviceManagement/inventoryPolicies", &["assignments"], &["settings"]),
    ("deviceManagement/deviceCompliancePolicies", &["assignments"], &["scheduledActionsForRule"]),
    ("deviceManagement/assignmentFilters", &[], &[]),
    ("deviceManagement/roleScopeTags", &[], &[]),
    ("deviceManagement/termsAndConditions", &[], &[]),
    ("deviceManagement/notificationMessageTemplates", &["localizedNotificationMessages"], &[]),
    ("deviceManagement/roleAssignments", &[], &["roleDefinition", "roleScopeTags"]),
    ("deviceManagement/roleDefinitions", &["roleAssignments"], &[]),
    ("agreements", &["files", "file"], &[]),
    (crate::tenant::roots::STRENGTHS, &[crate::tenant::roots::COMBINATIONS], &[]),
    ("groups", &["members", "owners"], &[]),
    ("deviceManagement/groupPolicyConfigurations/{id}/definitionValues", &["definition"], &[]),
    (
        "deviceManagement/groupPolicyConfigurations/{id}/definitionValues/{id}/presentationValues",
        &["presentation"],
        &[],
    ),
    ("deviceManagement/configurationPolicies/{id}/settings", &["settingDefinitions"], &[]),
    ("deviceManagement/compliancePolicies/{id}/settings", &["settingDefinitions"], &[]),
    ("deviceManagement/compliancePolicies/{id}/scheduledActionsForRule", &["scheduledActionConfigurations"], &[]),
];

impl Service<'_> {
    /// Refuses expansions that the collection does not answer.
    pub(crate) fn demand_expandable(&self, template: &str, list: bool) -> Result<(), Refusal> {
        let expansions = &self.query.expand;
        // api 3: one navigation per request on many APIs.
        if list && expansions.len() > 1 {
            return Err(bad("Only one navigation property can be expanded in a list."));
        }
        let row = EXPANDABLE.iter().find(|(path, ..)| *path == template);
        for expand in expansions {
            let name = expand.name.as_str();
            let fits = match row {
                Some((_, everywhere, item)) => everywhere.contains(&name) || (!list && item.contains(&name)),
                None => name == "assignments",
            };
            let has_links =
                ["deviceManagement/deviceConfigurations", "deviceManagement/windowsAutopilotDeploymentProfiles"];
            let link = has_links.contains(&template) && !list && expand.cast.is_some();
            if !fits && !link {
                return Err(bad(format!(
                    "Parsing OData Select and Expand failed: Could not expand '{name}' on '{template}'{}.",
                    if list { " in a list" } else { "" }
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn expand_into(
        &self,
        shown: &mut Map<String, Value>,
        value: &Map<String, Value>,
        view: &View<'_>,
        expand: &Expand,
    ) -> Result<(), Refusal> {
        let ty = type_of(value, view.declared);
        if expand.cast.as_deref().is_some_and(|cast| !self.model.is_a(ty, cast)) {
            // The cast does not fit this object: nothing to show.
            return Ok(());
        }
        let property = self.model.property(ty, &expand.name).filter(|p| p.nav);
        let Some(property) = property else {
            return Err(bad(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{}' on type 'microsoft.graph.{ty}'.",
                expand.name
            )));
        };
        let path = format!("{}('{}')/{}", view.path, id_of(value), expand.name);
        let inner = View {
            root: "",
            path: &path,
            declared: property.element(),
            list: false,
            select: expand.select.as_deref(),
            expand: &expand.inner,
        };
        let found = match self.related(value, ty, &expand.name) {
            Related::Many(items) => {
                let items = items.iter().map(|item| self.present(item, inner).map(Value::Object));
                shown.insert(format!("{}@odata.context", expand.name), json!(self.context(&path)));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Related::One(Some(item)) => Value::Object(self.present(&item, inner)?),
            Related::One(None) => Value::Null,
        };
        shown.insert(expand.name.clone(), found);
        Ok(())
    }

    /// What a navigation property of a stored object leads to.
    pub(crate) fn related(&self, value: &Map<String, Value>, ty: &str, name: &str) -> Related {
        let many = self.model.property(ty, name).is_none_or(crate::metadata::model::Property::is_collection);
        let links: Vec<&str> = match value.get(&format!("{name}@odata.bind")) {
            Some(Value::String(link)) => vec![link],
            Some(Value::Array(links)) => links.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !links.is_empty() {
            let mut targets = links.iter().filter_map(|link| self.target(link));
            return if many { Related::Many(targets.collect()) } else { Related::One(targets.next_back()) };
        }
        match (ty, name) {
            (role, "roleAssignments") if self.model.is_a(role, "roleDefinition") => {
                let me = id_of(value).to_owned();
                let mine = self
                    .tenant
                    .all("deviceManagement/roleAssignments")
                    .iter()
                    .filter(|a| crate::tenant::store::text(&a.value, "roleDefinition@odata.bind").contains(&me));
                return Related::Many(mine.map(|a| a.value.clone()).collect());
            }
            ("groupPolicyDefinition", "definitionFile") => return Related::One(self.file_of(id_of(value))),
            ("deviceManagementReusablePolicySetting", "referencingConfigurationPolicies") => {
                let me = id_of(value).to_owned();
                let using = self.tenant.all("deviceManagement/configurationPolicies").iter();
                let using = using.filter(|p| {
                    crate::service::check::mentions(&Value::Array(part(&p.value, "settings").to_vec()), &me)
                });
                return Related::Many(using.map(|p| p.value.clone()).collect());
            }
            _ => {}
        }
        match value.get(name) {
            Some(Value::Array(items)) => Related::Many(items.iter().filter_map(Value::as_object).cloned().collect()),
            Some(Value::Object(item)) => Related::One(Some(item.clone())),
            _ if many => Related::Many(Vec::new()),
            _ => Related::One(None),
        }
    }

    /// The object that a stored link names.
    fn target(&self, link: &str) -> Option<Map<String, Value>> {
        let link = Link::parse(link)?;
        if let Some(definition) = self.definition(&link) {
            return Some(definition);
        }
        self.tenant.find(&link.root, &link.id).cloned()
    }
}
