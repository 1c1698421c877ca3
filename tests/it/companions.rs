//! What the service makes together with a policy: the message templates of an enrollment notification.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};

const CONFIGURATIONS: &str = "deviceManagement/deviceEnrollmentConfigurations";
const TEMPLATES: &str = "deviceManagement/notificationMessageTemplates";
const POLICIES: &str = "deviceManagement/deviceCompliancePolicies";
const TEMPLATE: &str = "a1000000-0000-4000-8000-000000000051";

/// A notification whose template a compliance policy sends as well.
fn tenants() -> Env {
    let mut trial = empty(TRIAL, "Contoso Trial");
    // Ids are compared without regard to case.
    let named = format!("Email_{}", TEMPLATE.to_uppercase());
    trial.objects = json!({
        TEMPLATES: [{"id": TEMPLATE, "displayName": "Welcome", "brandingOptions": "includeCompanyName",
            "localizedNotificationMessages": [
                {"locale": "en-us", "isDefault": true, "subject": "Hello", "messageTemplate": "Your device is here."}
            ]}],
        CONFIGURATIONS: [{"@odata.type": "#microsoft.graph.deviceEnrollmentNotificationConfiguration",
            "id": "a1000000-0000-4000-8000-000000000052_EnrollmentNotificationsConfiguration", "priority": 1,
            "displayName": "Enrolled", "platformType": "ios", "notificationTemplates": [named]}],
        POLICIES: [{"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "Phones",
            "scheduledActionsForRule": [{"ruleName": null, "scheduledActionConfigurations": [
                {"actionType": "block", "gracePeriodHours": 0, "notificationTemplateId": "", "notificationMessageCCList": []},
                {"actionType": "notification", "gracePeriodHours": 2, "notificationTemplateId": TEMPLATE,
                    "notificationMessageCCList": []}
            ]}]}],
    });
    let env = Env::start(vec![trial, empty(PRODUCTION, "Fabrikam Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env
}

fn own(env: &Env, collection: &str) -> Vec<Value> {
    let state = env.sandbox().state(PRODUCTION);
    let list = state[collection].as_array().cloned().unwrap_or_default();
    list.into_iter().filter(|object| object["priority"] != 0).collect()
}

#[test]
fn the_template_that_the_service_makes_is_the_trees() {
    let env = tenants();
    env.ferry(&["import", "tree", "--to", "production", "--journal", "j", YES]).exits(0);
    let (templates, configurations) = (own(&env, TEMPLATES), own(&env, CONFIGURATIONS));
    // There is one, the service's, filled with what the tree says; everyone names it.
    assert_eq!(templates.len(), 1, "{templates:#?}");
    let id = templates[0]["id"].as_str().unwrap();
    assert_eq!(
        (&templates[0]["displayName"], &templates[0]["brandingOptions"]),
        (&json!("Welcome"), &json!("includeCompanyName"))
    );
    assert_eq!(templates[0]["localizedNotificationMessages"][0]["subject"], "Hello");
    assert_eq!(configurations[0]["notificationTemplates"], json!([format!("Email_{id}")]));
    assert!(own(&env, POLICIES)[0]["scheduledActionsForRule"].to_string().contains(id));

    let writes = env.writes(PRODUCTION);
    env.ferry(&["import", "tree", "--to", "production", YES]).exits(0);
    assert_eq!(env.writes(PRODUCTION), writes);
    env.ferry(&["undo", "j", YES]).exits(0);
    for collection in [TEMPLATES, CONFIGURATIONS, POLICIES] {
        assert!(own(&env, collection).is_empty(), "{collection}");
    }
}
