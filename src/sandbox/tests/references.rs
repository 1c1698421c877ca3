//! References and assignments: only what the tenant has.

use super::*;

#[tokio::test]
async fn references_of_another_tenant_are_refused() {
    let client = plain().await;
    let id = client
        .made(
            CONFIGURATIONS,
            json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x"}),
        )
        .await;
    let assign = format!("{CONFIGURATIONS}/{id}/assign");
    let refused = client.post(&assign, json!({"assignments": [to_group(FOREIGN_GROUP)]})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("Invalid GroupId"), "{}", refused.text);
    let mut filtered = to_group(GROUP);
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(FOREIGN_GROUP);
    filtered["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    assert_eq!(client.post(&assign, json!({"assignments": [filtered]})).await.status, 400);

    let mut mailed = compliance_policy();
    mailed["scheduledActionsForRule"][0]["scheduledActionConfigurations"][0]["notificationTemplateId"] =
        json!(FOREIGN_GROUP);
    assert_eq!(client.post("deviceManagement/deviceCompliancePolicies", mailed).await.status, 400);
    let mut tagged = compliance_policy();
    tagged["roleScopeTagIds"] = json!(["7"]);
    assert_eq!(client.post("deviceManagement/deviceCompliancePolicies", tagged).await.status, 400);
    let mut reusable = catalog_policy("P", 1);
    reusable["settings"][0]["settingInstance"]["simpleSettingValue"] = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationReferenceSettingValue", "value": FOREIGN_GROUP});
    assert_eq!(client.post("deviceManagement/configurationPolicies", reusable).await.status, 400);
    let page = json!({"@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration", "displayName": "E", "selectedMobileAppIds": [FOREIGN_GROUP]});
    assert_eq!(client.post("deviceManagement/deviceEnrollmentConfigurations", page).await.status, 400);
    let bind = json!({
        "@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile", "displayName": "S",
        "rootCertificate@odata.bind": format!("https://graph.microsoft.com/beta/{CONFIGURATIONS}('{FOREIGN_GROUP}')")
    });
    assert_eq!(client.post(CONFIGURATIONS, bind.clone()).await.status, 404);
    let mut wrong = bind;
    wrong["rootCertificate@odata.bind"] = json!(format!("https://graph.microsoft.com/beta/{CONFIGURATIONS}('{id}')"));
    let refused = client.post(CONFIGURATIONS, wrong).await;
    assert!(
        refused.status == 400 && refused.message().contains("expected"),
        "the type of the target: {}",
        refused.text
    );
}

#[tokio::test]
async fn assign_replaces_everything_and_takes_its_own_parameter() {
    let client = plain().await;
    let script = json!({"displayName": "S", "fileName": "s.ps1", "scriptContent": "QQ==", "runAsAccount": "system"});
    let root = "deviceManagement/deviceManagementScripts";
    let id = client.made(root, script).await;
    let path = format!("{root}/{id}/assign");
    assert_eq!(client.post(&path, json!({"assignments": [to_group(GROUP)]})).await.status, 400);
    let right = json!({"deviceManagementScriptAssignments": [to_group(GROUP)]});
    assert_eq!(client.post(&path, right.clone()).await.status, 200);
    let twice = json!({"deviceManagementScriptAssignments": [to_group(GROUP), to_group(GROUP)]});
    assert_eq!(client.post(&path, twice).await.status, 400);
    let mut excluded = to_group(GROUP);
    excluded["target"]["@odata.type"] = json!("#microsoft.graph.exclusionGroupAssignmentTarget");
    let both = json!({"deviceManagementScriptAssignments": [to_group(GROUP), excluded]});
    assert_eq!(client.post(&path, both).await.status, 400);
    let read = client.get(&format!("{root}/{id}?$expand=assignments")).await.body;
    assert_eq!(read["assignments"][0]["target"]["groupId"], GROUP);
    assert_eq!(read["assignments"].as_array().unwrap().len(), 1);
    assert_eq!(client.post(&path, json!({"deviceManagementScriptAssignments": []})).await.status, 200);
    let (assignments, _) = client.all(&format!("{root}/{id}/assignments")).await;
    assert!(assignments.is_empty());
}

#[tokio::test]
async fn filters_fit_their_platform_only_and_stay_while_used() {
    let client = plain().await;
    let filter = json!({"displayName": "F", "platform": "iOS", "rule": "(device.model -eq \"x\")"});
    let ios = client.made("deviceManagement/assignmentFilters", filter.clone()).await;
    let mut windows = filter;
    windows["platform"] = json!("windows10AndLater");
    let windows = client.made("deviceManagement/assignmentFilters", windows).await;
    let id = client
        .made(
            CONFIGURATIONS,
            json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x"}),
        )
        .await;
    let with = |filter: &str| {
        let mut target = to_group(GROUP);
        target["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(filter);
        target["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("exclude");
        json!({"assignments": [target]})
    };
    let path = format!("{CONFIGURATIONS}/{id}/assign");
    assert_eq!(client.post(&path, with(&ios)).await.status, 400);
    assert_eq!(client.post(&path, with(&windows)).await.status, 200);
    assert_eq!(client.delete(&format!("deviceManagement/assignmentFilters/{windows}")).await.status, 400);
    assert_eq!(client.delete(&format!("deviceManagement/assignmentFilters/{ios}")).await.status, 200);
    assert_eq!(
        client.patch(&format!("deviceManagement/assignmentFilters/{windows}"), json!({"platform": "iOS"})).await.status,
        400
    );
}
