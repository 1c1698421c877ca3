//! POST of an action: checks its parameters against the model and sends it to the module that knows its kind.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    call::{Outcome, Reply, bad, refuse},
    defaults::complete,
    route::{Route, Tail},
    service::Service,
    store::{id_of, type_of},
    validate,
};

impl Service<'_> {
    pub(super) fn action(&mut self, route: &Route, name: &str) -> Outcome {
        let on_collection = matches!(route.tail, Tail::Action { on_collection: true, .. });
        let collection = self.collection(route)?;
        let action = collection.action(name, on_collection).ok_or_else(|| super::call::no_route(&self.call.path))?;
        let mut body = match &self.call.body {
            None | Some(Value::Null) if action.params.is_empty() => Map::new(),
            _ => self.call.object()?,
        };
        // evidence "OData library rule": what is not a parameter is refused, with its exact spelling.
        validate::action(self.model, action, &Value::Object(body.clone()))?;
        if on_collection {
            return self.collection_action(route, name, &body);
        }
        for (param, ty) in &action.params {
            let element = super::model::element_of(ty);
            if let Some(Value::Array(items)) = body.get_mut(param) {
                for item in items {
                    if let Value::Object(item) = item {
                        self.take_links(element, item)?;
                    }
                }
            }
        }
        if super::content::is_below(route) {
            return self.content_action(route, name, &body);
        }
        let id = id_of(self.object(route)?).to_owned();
        let root = route.root.clone();
        match (root.as_str(), name) {
            (_, "assign") => self.assign(&root, &id, &body),
            ("deviceManagement/deviceCompliancePolicies", "scheduleActionsForRules") => {
                self.schedule_actions(&id, &body)
            }
            ("deviceManagement/compliancePolicies", "setScheduledActions") => self.set_scheduled_actions(&id, &body),
            (super::admx::ROOT, "updateDefinitionValues") => self.update_definition_values(&id, &body),
            ("deviceManagement/templates", "createInstance") => self.create_intent(&id, &body),
            ("deviceManagement/intents", "updateSettings") => self.update_intent(&id, &body),
            (_, "setPriority") => self.set_priority(&root, &id, &body),
            (_, "targetApps") => self.target_apps(&root, &id, &body),
            ("deviceAppManagement/mobileApps", "updateRelationships") => self.update_relationships(&id, &body),
            (super::protection::SETS, "update") => self.update_set(&id, &body),
            ("identity/conditionalAccess/authenticationStrength/policies", "updateAllowedCombinations") => {
                self.update_combinations(&id, &body)
            }
            ("identity/conditionalAccess/deletedItems/policies", "restore") => self.restore_policy(&id),
            ("deviceManagement/deviceConfigurations", "windowsPrivacyAccessControls") => {
                self.set_privacy_controls(&id, &body)
            }
            (_, "setEnrollmentTimeDeviceMembershipTarget") => self.set_membership(&root, &id, &body),
            (_, "retrieveEnrollmentTimeDeviceMembershipTarget") => self.membership(&root, &id),
            (_, "clearEnrollmentTimeDeviceMembershipTarget") => self.clear_membership(&root, &id),
            (_, "changeSettings") => self.change_settings(&root, &id, &body),
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        }
    }

    /// quirk 21: a separate POST after the create, which replaces the list.
    fn set_privacy_controls(&mut self, id: &str, body: &Map<String, Value>) -> Outcome {
        const ROOT: &str = "deviceManagement/deviceConfigurations";
        let mut controls = super::write::list_of(body, "windowsPrivacyAccessControls")?.clone();
        for control in controls.iter_mut().filter_map(Value::as_object_mut) {
            control.retain(|name, _| !name.contains('@'));
            control.insert("id".into(), json!(Uuid::new_v4().to_string()));
            complete(self.model, "windowsPrivacyDataAccessControlItem", control);
        }
        let object = self.tenant.find_mut(ROOT, id).ok_or_else(|| super::call::missing(ROOT, id))?;
        if !self.model.is_a(type_of(object, ""), "windows10GeneralConfiguration") {
            return Err(bad("Privacy access controls belong to 'microsoft.graph.windows10GeneralConfiguration' only."));
        }
        object.insert("privacyAccessControls".into(), Value::Array(controls));
        Ok(Reply::empty(204))
    }

    fn collection_action(&mut self, route: &Route, name: &str, body: &Map<String, Value>) -> Outcome {
        match name {
            "getByIds" => self.get_by_ids(body),
            "getRoleScopeTagsById" => {
                let wanted = super::write::list_of(body, "roleScopeTagIds")?;
                let tags = wanted.iter().filter_map(Value::as_str).filter_map(|id| self.tenant.find(&route.root, id));
                let tags: Vec<Value> = tags.cloned().map(Value::Object).collect();
                Ok(Reply::new(200, json!({"value": tags})))
            }
            "hasPayloadLinks" | "getPolicySets" => Ok(Reply::new(200, json!({"value": []}))),
            "validateFilter" => Err(bad("The filter cannot be validated here.")),
            _ => Err(refuse(501, "NotImplemented", format!("This sandbox does not emulate the action '{name}'."))),
        }
    }
}
