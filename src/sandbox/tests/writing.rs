//! Creates, updates and deletes.

use super::*;

#[tokio::test]
async fn a_create_gives_an_id_and_fills_in_the_rest() {
    let client = plain().await;
    let answer = client.post("deviceManagement/deviceCompliancePolicies", compliance_policy()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.body["passwordRequired"], false);
    assert_eq!(answer.body["osMinimumVersion"], Value::Null);
    assert_eq!(answer.body["roleScopeTagIds"], json!(["0"]));
    let tag = client.post("deviceManagement/roleScopeTags", json!({"displayName": "Berlin"})).await;
    assert_eq!((tag.status, tag.id().as_str()), (200, "1"));
    let app = json!({"displayName": "P", "apps": [{"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.Example.App"}}]});
    let id = client.made("deviceAppManagement/iosManagedAppProtections", app).await;
    assert!(id.starts_with("T_"));
    let apps = client.get(&format!("deviceAppManagement/iosManagedAppProtections/{id}/apps")).await;
    assert_eq!(apps.body["value"][0]["id"], "com.example.app.ios");
}

#[tokio::test]
async fn compliance_needs_a_block_and_hides_its_schedule() {
    let client = plain().await;
    let root = "deviceManagement/deviceCompliancePolicies";
    let mut without = compliance_policy();
    without["scheduledActionsForRule"][0]["scheduledActionConfigurations"][0]["actionType"] = json!("retire");
    assert_eq!(client.post(root, without).await.status, 400);
    let mut unnamed = compliance_policy();
    unnamed["scheduledActionsForRule"][0]["ruleName"] = json!("Other");
    assert_eq!(client.post(root, unnamed).await.status, 400);

    let id = client.made(root, compliance_policy()).await;
    let path = format!("{root}/{id}");
    assert!(client.get(&path).await.body.get("scheduledActionsForRule").is_none());
    let no_route = client.get(&format!("{path}/scheduledActionsForRule")).await;
    assert_eq!(no_route.status, 400);
    assert!(no_route.message().contains("No OData route"), "{}", no_route.text);
    let expand = format!("{path}?$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)");
    let rule = client.get(&expand).await.body["scheduledActionsForRule"][0].clone();
    assert_eq!(rule["ruleName"], Value::Null);
    assert_eq!(
        rule["scheduledActionConfigurations"][0]["notificationTemplateId"],
        "00000000-0000-0000-0000-000000000000"
    );

    let mut change = compliance_policy();
    change["scheduledActionsForRule"][0]["scheduledActionConfigurations"][0]["gracePeriodHours"] = json!(99);
    change["displayName"] = json!("New");
    assert_eq!(client.patch(&path, change.clone()).await.status, 204);
    let hours = |body: &Value| {
        body["scheduledActionsForRule"][0]["scheduledActionConfigurations"][0]["gracePeriodHours"].clone()
    };
    let read = client.get(&expand).await.body;
    assert_eq!((read["displayName"].as_str(), hours(&read)), (Some("New"), json!(12)), "PATCH ignores the schedule");
    let rules = json!({"deviceComplianceScheduledActionForRules": change["scheduledActionsForRule"]});
    assert_eq!(client.post(&format!("{path}/scheduleActionsForRules"), rules).await.status, 204);
    assert_eq!(hours(&client.get(&expand).await.body), json!(99));
}

#[tokio::test]
async fn settings_are_replaced_by_put_and_by_nothing_else() {
    let client = plain().await;
    let root = "deviceManagement/configurationPolicies";
    let id = client.made(root, catalog_policy("P", 3)).await;
    let path = format!("{root}/{id}");
    let patched = client.patch(&path, json!({"settings": [setting(9)]})).await;
    assert_eq!(patched.status, 400);
    assert_eq!(client.patch(&path, json!({"description": "d"})).await.status, 200);
    let put = client.send(Method::PUT, &path, catalog_policy("Q", 1)).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let read = client.get(&format!("{path}?$expand=settings")).await.body;
    assert_eq!(
        (read["name"].as_str(), read["settingCount"].as_i64(), read["id"].as_str()),
        (Some("Q"), Some(1), Some(id.as_str()))
    );
    let mut moved = catalog_policy("Q", 1);
    moved["platforms"] = json!("macOS");
    assert_eq!(client.send(Method::PUT, &path, moved).await.status, 400);
    let configuration = json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x"});
    let other = client.made(CONFIGURATIONS, configuration.clone()).await;
    assert_eq!(client.send(Method::PUT, &format!("{CONFIGURATIONS}/{other}"), configuration).await.status, 405);
}

#[tokio::test]
async fn templates_must_exist() {
    let mut seed = seed(Value::Null);
    seed.retired_templates = vec!["abcdefab-0000-4000-8000-000000000000_1".into()];
    let client = start(behaviour(), seed).await;
    let with = |id: &str| {
        let mut policy = catalog_policy("P", 1);
        policy["templateReference"] = json!({"templateId": id});
        policy["settings"][0]["settingInstance"]["settingInstanceTemplateReference"] =
            json!({"settingInstanceTemplateId": "abcdefab-0000-4000-8000-000000000009"});
        policy["settings"][0]["settingInstance"]["simpleSettingValue"]["settingValueTemplateReference"] =
            json!({"settingValueTemplateId": "abcdefab-0000-4000-8000-000000000008"});
        policy
    };
    let root = "deviceManagement/configurationPolicies";
    for id in ["abcdefab-0000-4000-8000-000000000000_1", "ABCDEFAB-0000-4000-8000-000000000000_2", "nonsense"] {
        assert_eq!(client.post(root, with(id)).await.status, 400, "{id}");
    }
    let good = with("abcdefab-0000-4000-8000-000000000000_2");
    client.made(root, good.clone()).await;
    let mut half = good.clone();
    half["settings"][0]["settingInstance"]["simpleSettingValue"]["settingValueTemplateReference"] = Value::Null;
    assert_eq!(client.post(root, half).await.status, 400, "a value without its template's reference");
    let mut plain = good;
    plain["settings"][0] = setting(0);
    assert_eq!(client.post(root, plain).await.status, 400, "a setting without its template's reference");
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let client = plain().await;
    let custom = json!({
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x", "omaSettings": [
            {"@odata.type": "#microsoft.graph.omaSettingString", "displayName": "s", "omaUri": "./x", "value": "clear"},
            {"@odata.type": "#microsoft.graph.omaSettingStringXml", "displayName": "x", "omaUri": "./y", "fileName": "f", "value": "PGI+Yzwv"},
            {"@odata.type": "#microsoft.graph.omaSettingInteger", "displayName": "i", "omaUri": "./z", "value": 5}
        ]
    });
    let id = client.made(CONFIGURATIONS, custom.clone()).await;
    let read = client.get(&format!("{CONFIGURATIONS}/{id}")).await;
    assert!(!read.text.contains("clear"));
    let settings = &read.body["omaSettings"];
    assert_eq!(
        (&settings[0]["value"], &settings[1]["value"], &settings[2]["value"]),
        (&json!("****"), &json!("PGEvPg=="), &json!(5))
    );
    let reference = settings[0]["secretReferenceValueId"].as_str().unwrap();
    let call = format!("{CONFIGURATIONS}/{id}/getOmaSettingPlainTextValue(secretReferenceValueId='{reference}')");
    assert_eq!(client.get(&call).await.body["value"], "clear");
    let xml = settings[1]["secretReferenceValueId"].as_str().unwrap();
    let call = format!("{CONFIGURATIONS}/{id}/getOmaSettingPlainTextValue(secretReferenceValueId='{xml}')");
    assert_eq!(client.get(&call).await.body["value"], "<b>c</");
    let mut again = custom;
    again["omaSettings"][0]["secretReferenceValueId"] = json!(reference);
    assert_eq!(client.post(CONFIGURATIONS, again).await.status, 400);

    let mut policy = catalog_policy("P", 1);
    let value = |state: &str, value: &str| json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue", "value": value, "valueState": state});
    policy["settings"][0]["settingInstance"]["simpleSettingValue"] = value("notEncrypted", "pssst");
    let id = client.made("deviceManagement/configurationPolicies", policy.clone()).await;
    let read = client.get(&format!("deviceManagement/configurationPolicies/{id}?$expand=settings")).await;
    let shown = &read.body["settings"][0]["settingInstance"]["simpleSettingValue"];
    assert_eq!(shown["valueState"], "encryptedValueToken");
    assert!(!read.text.contains("pssst"));
    policy["settings"][0]["settingInstance"]["simpleSettingValue"] =
        value("encryptedValueToken", shown["value"].as_str().unwrap());
    assert_eq!(client.post("deviceManagement/configurationPolicies", policy.clone()).await.status, 400);
    let put = client.send(Method::PUT, &format!("deviceManagement/configurationPolicies/{id}"), policy).await;
    assert_eq!(put.status, 200, "the tenant's own token may come back: {}", put.text);
}

#[tokio::test]
async fn a_patch_of_a_derived_type_names_its_type() {
    let client = plain().await;
    let id = client
        .made(
            CONFIGURATIONS,
            json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x"}),
        )
        .await;
    let path = format!("{CONFIGURATIONS}/{id}");
    assert_eq!(client.patch(&path, json!({"displayName": "y"})).await.status, 400);
    assert_eq!(
        client
            .patch(&path, json!({"@odata.type": "#microsoft.graph.iosCustomConfiguration", "displayName": "y"}))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .patch(&path, json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "y"}))
            .await
            .status,
        204
    );
    assert_eq!(client.get(&path).await.body["displayName"], "y");
    assert_eq!(client.delete(&path).await.status, 200);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.delete(&path).await.status, 404);
}

#[tokio::test]
async fn what_is_decided_at_creation_or_published_cannot_be_changed_or_deleted() {
    let client = plain().await;
    let group = format!("groups/{GROUP}");
    assert_eq!(client.patch(&group, json!({"isAssignableToRole": true})).await.status, 400);
    assert_eq!(client.patch(&group, json!({"description": "x"})).await.status, 204);
    let contexts = "identity/conditionalAccess/authenticationContextClassReferences";
    let context = json!({"id": "c7", "displayName": "Strong", "description": "", "isAvailable": true});
    let path = format!("{contexts}/{}", client.made(contexts, context).await);
    assert_eq!(client.delete(&path).await.status, 400);
    client.patch(&path, json!({"isAvailable": false})).await;
    assert_eq!(client.delete(&path).await.status, 204);
}
