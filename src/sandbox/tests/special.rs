//! Kinds with ways of their own: administrative templates, intents, notifications, enrollment, Autopilot, app protection.

use super::*;

const DEFINITION: &str = "cccccccc-0000-4000-8000-000000000001";
const PRESENTATION: &str = "cccccccc-0000-4000-8000-000000000002";

fn definition_value(definition: &str) -> Value {
    let link = format!("https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions('{definition}')");
    json!({
        "enabled": true, "definition@odata.bind": link,
        "presentationValues": [{
            "@odata.type": "#microsoft.graph.groupPolicyPresentationValueText", "value": "v",
            "presentation@odata.bind": format!("{link}/presentations('{PRESENTATION}')")
        }]
    })
}

#[tokio::test]
async fn administrative_templates_take_their_values_in_a_second_step() {
    let client = plain().await;
    let root = "deviceManagement/groupPolicyConfigurations";
    let id = client.made(root, json!({"displayName": "G", "definitionValues": [definition_value(DEFINITION)]})).await;
    let path = format!("{root}/{id}");
    assert!(client.all(&format!("{path}/definitionValues")).await.0.is_empty(), "inline values are ignored");
    let update = |added: Value, deleted: Value| json!({"added": added, "updated": [], "deletedIds": deleted});
    let call = format!("{path}/updateDefinitionValues");
    let foreign = definition_value("dddddddd-0000-4000-8000-000000000001");
    assert_eq!(
        client.post(&call, update(json!([foreign]), json!([]))).await.status,
        404,
        "uploaded in another tenant only"
    );
    let made = client.post(&call, update(json!([definition_value(DEFINITION)]), json!([]))).await;
    assert_eq!(made.status, 204, "{}", made.text);
    let (values, _) = client.all(&format!("{path}/definitionValues?$expand=definition")).await;
    assert_eq!(values[0]["definition"]["id"], DEFINITION);
    assert!(values[0].get("presentationValues").is_none());
    let value = values[0]["id"].as_str().unwrap();
    let (shown, _) =
        client.all(&format!("{path}/definitionValues/{value}/presentationValues?$expand=presentation")).await;
    assert_eq!((shown[0]["value"].as_str(), shown[0]["presentation"]["id"].as_str()), (Some("v"), Some(PRESENTATION)));
    assert_eq!(client.post(&call, update(json!([definition_value(DEFINITION)]), json!([]))).await.status, 400, "twice");
    assert_eq!(client.post(&call, update(json!([]), json!([value]))).await.status, 204);
    assert_eq!(client.post(&call, update(json!([]), json!([value]))).await.status, 404);
}

#[tokio::test]
async fn intents_are_instances_of_templates() {
    let client = plain().await;
    let delta = json!([{"@odata.type": "#microsoft.graph.deviceManagementBooleanSettingInstance", "definitionId": "a", "value": true, "valueJson": "true"}]);
    let body = json!({"displayName": "I", "description": "", "settingsDelta": delta, "roleScopeTagIds": ["0"]});
    assert_eq!(client.post("deviceManagement/intents", json!({"displayName": "I"})).await.status, 400);
    let old = "deviceManagement/templates/034ccd46-190c-4afc-adf1-ad7cc11262eb/createInstance";
    assert_eq!(client.post(old, body.clone()).await.status, 400);
    let id = client.made("deviceManagement/templates/d1174162-1dd2-4976-affc-6667049ab0ae/createInstance", body).await;
    let path = format!("deviceManagement/intents/{id}");
    let change = json!({"settings": [{"@odata.type": "#microsoft.graph.deviceManagementBooleanSettingInstance", "definitionId": "a", "value": false, "valueJson": "false"}]});
    assert_eq!(client.post(&format!("{path}/updateSettings"), change).await.status, 204);
    let (settings, _) = client.all(&format!("{path}/settings")).await;
    assert_eq!((settings.len(), &settings[0]["valueJson"]), (1, &json!("false")));
    assert_eq!(client.post(&format!("{path}/assign"), json!({"assignments": [to_group(GROUP)]})).await.status, 204);
    assert_eq!(client.get(&path).await.body["isAssigned"], true);
}

#[tokio::test]
async fn messages_come_one_by_one_and_the_default_first() {
    let client = plain().await;
    let root = "deviceManagement/notificationMessageTemplates";
    let made = client.post(root, json!({"displayName": "N", "brandingOptions": "none"})).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let path = format!("{root}/{}/localizedNotificationMessages", made.id());
    let message = |locale: &str, default: bool| json!({"locale": locale, "subject": "s", "messageTemplate": "m", "isDefault": default});
    assert_eq!(client.post(&path, message("de-DE", false)).await.status, 400);
    let first = client.made(&path, message("en-US", true)).await;
    client.made(&path, message("de-DE", false)).await;
    assert_eq!(client.post(&path, message("de-de", false)).await.status, 400);
    assert_eq!(client.patch(&format!("{path}/{first}"), json!({"locale": "fr-fr", "subject": "t"})).await.status, 400);
    assert_eq!(client.patch(&format!("{path}/{first}"), json!({"subject": "t"})).await.status, 200);
    assert_eq!(client.delete(&format!("{path}/{first}")).await.status, 400);
    let list = client.get(&format!("{root}?$expand=localizedNotificationMessages")).await.body;
    assert_eq!(list["value"][0]["localizedNotificationMessages"].as_array().unwrap().len(), 2);
    assert!(client.get(root).await.body["value"][0].get("localizedNotificationMessages").is_none());
}

#[tokio::test]
async fn enrollment_defaults_stay_and_priorities_are_given() {
    let client = plain().await;
    let root = "deviceManagement/deviceEnrollmentConfigurations";
    let (all, _) = client.all(root).await;
    assert_eq!(all.len(), 5);
    let default = format!("{root}/{TENANT}_DefaultWindows10EnrollmentCompletionPageConfiguration");
    assert_eq!(client.delete(&default).await.status, 400);
    let assign = json!({"enrollmentConfigurationAssignments": [to_group(GROUP)]});
    assert_eq!(client.post(&format!("{default}/assign"), assign.clone()).await.status, 400);
    let page =
        json!({"@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration", "displayName": "E"});
    let first = client.made(root, page.clone()).await;
    let second = client.made(root, page.clone()).await;
    assert!(first.ends_with("_Windows10EnrollmentCompletionPageConfiguration"));
    let priority = async |id: &str| client.get(&format!("{root}/{id}")).await.body["priority"].as_i64().unwrap();
    assert_eq!((priority(&first).await, priority(&second).await), (1, 2));
    assert_eq!(client.post(&format!("{root}/{second}/setPriority"), json!({"priority": 1})).await.status, 204);
    assert_eq!((priority(&first).await, priority(&second).await), (2, 1));
    let mut changed = page;
    changed["priority"] = json!(7);
    assert_eq!(client.patch(&format!("{root}/{first}"), changed).await.status, 400);
    assert_eq!(client.post(&format!("{root}/{first}/assign"), assign).await.status, 200);
    let single = json!({"@odata.type": "#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration", "displayName": "R", "platformType": "ios"});
    assert_eq!(client.post(root, single.clone()).await.status, 400);
    let mut whole = single;
    whole["platformRestriction"] = json!({"platformBlocked": true});
    assert!(client.made(root, whole).await.ends_with("_SinglePlatformRestriction"));
}

#[tokio::test]
async fn autopilot_takes_assignments_one_by_one_and_holds_on_to_them() {
    let client = plain().await;
    let root = "deviceManagement/windowsAutopilotDeploymentProfiles";
    let profile = json!({"@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "displayName": "A", "locale": "", "deviceType": "windowsPc"});
    let id = client.made(root, profile).await;
    let path = format!("{root}/{id}");
    assert_eq!(client.post(&format!("{path}/assign"), json!({"assignments": [to_group(GROUP)]})).await.status, 400);
    let assignment = client.made(&format!("{path}/assignments"), to_group(GROUP)).await;
    assert_eq!(client.delete(&path).await.status, 400);
    assert_eq!(client.delete(&format!("{path}/assignments/{assignment}")).await.status, 200);
    assert_eq!(client.delete(&path).await.status, 200);
}

#[tokio::test]
async fn app_protection_is_for_groups_and_for_its_platform() {
    let client = plain().await;
    let body = json!({"@odata.type": "#microsoft.graph.androidManagedAppProtection", "displayName": "P"});
    assert_eq!(client.post("deviceAppManagement/managedAppPolicies", body.clone()).await.status, 400);
    let root = "deviceAppManagement/androidManagedAppProtections";
    let id = client.made(root, body).await;
    let everyone =
        json!({"assignments": [{"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}}]});
    assert_eq!(client.post(&format!("{root}/{id}/assign"), everyone).await.status, 400);
    let group = json!({"assignments": [to_group(GROUP)]});
    assert_eq!(client.post(&format!("{root}('{id}')/assign"), group).await.status, 204);
    let apps = json!({"appGroupType": "selectedPublicApps", "apps": [{"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "com.example"}}]});
    assert_eq!(client.post(&format!("deviceAppManagement/managedAppPolicies/{id}/targetApps"), apps).await.status, 204);
    let (list, _) = client.all("deviceAppManagement/managedAppPolicies").await;
    assert_eq!(list[0]["@odata.type"], "#microsoft.graph.androidManagedAppProtection");
    assert_eq!(list[0]["isAssigned"], true);
    let read = client.get(&format!("{root}/{id}?$expand=apps")).await.body;
    assert_eq!(
        (read["apps"].as_array().unwrap().len(), read["appGroupType"].as_str()),
        (1, Some("selectedPublicApps"))
    );
}

#[tokio::test]
async fn apps_without_content_are_not_published() {
    let client = plain().await;
    let root = "deviceAppManagement/mobileApps";
    let store = json!({"@odata.type": "#microsoft.graph.androidStoreApp", "displayName": "A", "publisher": "P", "appStoreUrl": "https://x.example", "minimumSupportedOperatingSystem": {"v8_0": true}});
    assert_eq!(client.post(root, store).await.status, 400);
    let web = client.made(root, json!({"@odata.type": "#microsoft.graph.webApp", "displayName": "W", "publisher": "P", "appUrl": "https://x.example"})).await;
    let lob = client.made(root, json!({"@odata.type": "#microsoft.graph.win32LobApp", "displayName": "L", "publisher": "P", "fileName": "a.intunewin", "rules": [{"@odata.type": "#microsoft.graph.win32LobAppFileSystemRule", "ruleType": "detection", "operationType": "exists", "path": "C:\\", "fileOrFolderName": "a.exe"}]})).await;
    let mut assignment = to_group(GROUP);
    assignment["@odata.type"] = json!("#microsoft.graph.mobileAppAssignment");
    assignment["intent"] = json!("required");
    let body = json!({"mobileAppAssignments": [assignment]});
    assert_eq!(client.post(&format!("{root}/{web}/assign"), body.clone()).await.status, 204);
    assert_eq!(client.post(&format!("{root}/{lob}/assign"), body).await.status, 400);
    let dependency = json!({"relationships": [{"@odata.type": "#microsoft.graph.mobileAppDependency", "targetId": web, "dependencyType": "autoInstall"}]});
    assert_eq!(client.post(&format!("{root}/{lob}/updateRelationships"), dependency).await.status, 204);
    let (relationships, _) = client.all(&format!("{root}/{lob}/relationships")).await;
    assert_eq!(relationships[0]["targetId"], json!(web));
}
