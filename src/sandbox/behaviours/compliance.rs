//! Compliance policies: the actions for noncompliance, which nothing but a create and one action can write.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::settings;
use crate::odata::call::{Outcome, Refusal, Reply, bad};
use crate::odata::query::Expand;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::service::write::list_of;
use crate::tenant::constants::ZERO;
use crate::tenant::store::{part, text};

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/deviceCompliancePolicies";

pub(crate) struct CompliancePolicies;

impl Rules for CompliancePolicies {
    fn before_create(&self, _service: &Service<'_>, body: &mut Body) -> Result<(), Refusal> {
        refuse_default(body)?;
        demand_block(body)
    }

    fn arrange(&self, _service: &mut Service<'_>, _ty: &str, body: &mut Body) -> Result<(), Refusal> {
        arrange(body);
        Ok(())
    }

    /// quirk 25.
    fn before_update(&self, _service: &Service<'_>, _current: &Body, body: &mut Body) -> Result<(), Refusal> {
        body.remove("scheduledActionsForRule");
        Ok(())
    }

    fn updates_silently(&self) -> bool {
        true
    }

    fn before_delete(&self, _service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        refuse_default(current)
    }

    /// evidence: microsoft-graph-docs#4104: no such route, only $expand on the item.
    fn has_route(&self, part: &str) -> bool {
        part != "scheduledActionsForRule"
    }

    fn act(&self, service: &mut Service<'_>, name: &str, id: &str, body: &Body) -> Option<Outcome> {
        (name == "scheduleActionsForRules").then(|| schedule_actions(service, id, body))
    }

    fn expands(&self, _part: &str, expand: &Expand, list: bool) -> bool {
        expand.name == "assignments" || (!list && expand.name == "scheduledActionsForRule")
    }
}

/// The tenant's own policy is neither made nor deleted (portability.md B, class D).
pub(crate) fn refuse_default(body: &Map<String, Value>) -> Result<(), Refusal> {
    match text(body, "@odata.type") {
        "#microsoft.graph.defaultDeviceCompliancePolicy" => {
            Err(bad("The default compliance policy is the tenant's own: it is neither created nor deleted."))
        }
        _ => Ok(()),
    }
}

/// quirk 24, api 9: exactly one rule, called `PasswordRequired`, with a block action.
pub(crate) fn demand_block(body: &Map<String, Value>) -> Result<(), Refusal> {
    let rules = body
        .get("scheduledActionsForRule")
        .and_then(Value::as_array)
        .ok_or_else(|| bad("A compliance policy must have at least one scheduled action of type block."))?;
    check_rules(rules)
}

fn check_rules(rules: &[Value]) -> Result<(), Refusal> {
    let [rule] = rules else {
        return Err(bad("A compliance policy must have exactly one element of scheduledActionsForRule."));
    };
    // quirk 25.
    if rule["ruleName"] != json!("PasswordRequired") {
        return Err(bad("The ruleName must be 'PasswordRequired'."));
    }
    check_actions(rule)
}

fn check_actions(rule: &Value) -> Result<(), Refusal> {
    let actions = rule["scheduledActionConfigurations"].as_array().map_or(&[][..], Vec::as_slice);
    let blocks = actions.iter().filter(|action| action["actionType"] == json!("block")).count();
    if blocks != 1 {
        return Err(bad("A compliance policy must have exactly one scheduled action of type block."));
    }
    Ok(())
}

/// Gives ids, and forgets what reading never returns: quirk 25, 27; evidence "ruleName null".
fn stored_rules(rules: &[Value]) -> Value {
    let rules = rules.iter().map(|rule| {
        let actions = rule["scheduledActionConfigurations"].as_array().cloned().unwrap_or_default();
        let actions: Vec<Value> = actions
            .into_iter()
            .filter_map(|action| match action {
                Value::Object(action) => Some(Value::Object(stored_action(action))),
                _ => None,
            })
            .collect();
        json!({"id": Uuid::new_v4().to_string(), "ruleName": null, "scheduledActionConfigurations": actions})
    });
    Value::Array(rules.collect())
}

fn stored_action(mut action: Map<String, Value>) -> Map<String, Value> {
    action.retain(|name, _| !name.contains('@'));
    action.insert("id".into(), json!(Uuid::new_v4().to_string()));
    action.entry("gracePeriodHours").or_insert(json!(0));
    if text(&action, "notificationTemplateId").is_empty() {
        action.insert("notificationTemplateId".into(), json!(ZERO));
    }
    if !action.get("notificationMessageCCList").is_some_and(Value::is_array) {
        action.insert("notificationMessageCCList".into(), json!([]));
    }
    action
}

pub(crate) fn arrange(body: &mut Map<String, Value>) {
    let rules = stored_rules(part(body, "scheduledActionsForRule"));
    body.insert("scheduledActionsForRule".into(), rules);
}

/// evidence "compliancePolicies always have one rule".
pub(crate) fn default_rule(body: &mut Map<String, Value>) {
    let rules = part(body, "scheduledActionsForRule").to_vec();
    let rules = if rules.is_empty() {
        vec![json!({"scheduledActionConfigurations": [{"actionType": "block", "gracePeriodHours": 0}]})]
    } else {
        rules
    };
    body.insert("scheduledActionsForRule".into(), stored_rules(&rules));
}

/// `scheduleActionsForRules` replaces all actions.
pub(crate) fn schedule_actions(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let rules = list_of(body, "deviceComplianceScheduledActionForRules")?;
    check_rules(rules)?;
    put_rules(service, ROOT, id, rules)?;
    Ok(Reply::empty(204))
}

/// `setScheduledActions` of compliance by settings (quirk 29).
pub(crate) fn set_scheduled_actions(service: &mut Service<'_>, id: &str, body: &Map<String, Value>) -> Outcome {
    let rules = list_of(body, "scheduledActions")?;
    let [rule] = rules.as_slice() else {
        return Err(bad("Exactly one scheduled action rule is expected."));
    };
    check_actions(rule)?;
    put_rules(service, settings::COMPLIANCE, id, rules)?;
    Ok(Reply::new(200, json!({"value": []})))
}

fn put_rules(service: &mut Service<'_>, root: &str, id: &str, rules: &[Value]) -> Result<(), Refusal> {
    service.check_references(&Value::Array(rules.to_vec()))?;
    if let Some(object) = service.tenant.find_mut(root, id) {
        object.insert("scheduledActionsForRule".into(), stored_rules(rules));
    }
    Ok(())
}
