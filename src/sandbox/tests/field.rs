//! The answers of the field: each one that is about reading, played alone.

use super::super::{Answer, Field};
use super::*;

const APP: &str = "cccccccc-0000-4000-8000-000000000001";

/// A client of a tenant that plays one answer.
async fn of(answer: Answer) -> Client {
    let objects = json!({
        "groups": [{"id": GROUP, "displayName": "All laptops"}],
        "deviceAppManagement/mobileApps": [
            {"@odata.type": "#microsoft.graph.winGetApp", "id": APP, "displayName": "Terminal", "publisher": "M"}
        ],
        "deviceAppManagement/policySets": [{"id": "set-1", "displayName": "Set"}],
        "deviceAppManagement/targetedManagedAppConfigurations": [{"id": "conf-1", "displayName": "Mail", "settings": [setting(0)]}],
        "deviceManagement/configurationPolicies": [catalog_policy("Win", 1)],
        "deviceManagement/virtualEndpoint/userSettings": [{"id": "user-1", "displayName": "Users"}],
    });
    let tenant = TenantSeed { field: Field::from_iter([answer]), ..seed(objects) };
    start(behaviour(), tenant).await
}

async fn refused(client: &Client, path: &str, status: u16, words: &str) {
    let answer = client.get(path).await;
    assert_eq!(answer.status, status, "{path}: {}", answer.text);
    assert!(answer.text.contains(words), "{path}: {}", answer.text);
}

async fn answered(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.body
}

#[tokio::test]
async fn scopes_are_not_for_applications_alone_or_in_a_batch() {
    let client = of(Answer::ScopeAppOnly).await;
    refused(&client, "policies/mobileDeviceManagementPolicies", 401, "Unsupported app-only call.").await;
    let parts = json!({"requests": [
        {"id": "1", "method": "GET", "url": "/policies/mobileAppManagementPolicies"},
        {"id": "2", "method": "GET", "url": "/organization"},
    ]});
    let batch = client.post("$batch", parts).await;
    let mut statuses: Vec<(String, u64)> = batch.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (part["id"].as_str().unwrap().to_owned(), part["status"].as_u64().unwrap()))
        .collect();
    statuses.sort();
    assert_eq!(statuses, [("1".into(), 401), ("2".into(), 200)]);
}

#[tokio::test]
async fn a_person_reads_what_an_application_may_not() {
    let field = Field::from_iter([Answer::ScopeAppOnly, Answer::ForbiddenUnauthorized]);
    let mut client = start(Behaviour { field, ..behaviour() }, seed(json!({}))).await;
    refused(&client, "deviceManagement/intuneBrandingProfiles", 401, "urn:intune:service").await;
    client.token = client.running.issue_token_for(TENANT, "eve@trial.contoso.example");
    answered(&client, "policies/mobileDeviceManagementPolicies").await;
    answered(&client, "deviceManagement/intuneBrandingProfiles").await;
}

#[tokio::test]
async fn casts_and_navigation_lists_may_have_no_route() {
    let client = of(Answer::NoODataRoute).await;
    let app = format!("deviceAppManagement/mobileApps/{APP}");
    refused(&client, &format!("{app}/microsoft.graph.winGetApp/categories"), 400, "No OData route").await;
    answered(&client, &format!("{app}/categories")).await;
    refused(&client, "deviceAppManagement/policySets/set-1/items", 400, "No OData route").await;
    answered(&client, "deviceAppManagement/policySets/set-1?$expand=items,assignments").await;
}

#[tokio::test]
async fn expand_top_and_select_may_be_refused_and_the_plain_form_is_not() {
    let policies = "deviceManagement/configurationPolicies";
    for (answer, path) in [
        (Answer::ExpandRefused, "deviceManagement/configurationPolicies?$expand=assignments"),
        (Answer::TopRefused, "deviceManagement/configurationPolicies?$top=1000"),
        (Answer::SelectRefused, "deviceManagement?$select=id,settings"),
    ] {
        let client = of(answer).await;
        refused(&client, path, 400, "").await;
        answered(&client, path.split('?').next().unwrap()).await;
        answered(&client, policies).await;
    }
}

#[tokio::test]
async fn features_may_not_be_there() {
    let client = of(Answer::CloudPcUnlicensed).await;
    refused(&client, "deviceManagement/virtualEndpoint/userSettings", 403, "AccessDenied").await;
    let client = of(Answer::FeatureNotAvailable).await;
    for (path, status) in [
        ("deviceManagement/derivedCredentials", 501),
        ("deviceManagement/resourceAccessProfiles", 400),
        ("deviceManagement/exchangeOnPremisesPolicies", 500),
        ("deviceAppManagement/managedEBooks", 404),
    ] {
        refused(&client, path, status, "").await;
    }
    answered(&client, "deviceManagement/configurationPolicies").await;
}

#[tokio::test]
async fn the_list_of_apps_may_hold_microsofts_own() {
    let client = of(Answer::BuiltInApps).await;
    let (apps, _) = client.all("deviceAppManagement/mobileApps").await;
    let global: Vec<&Value> = apps.iter().filter(|app| app["appAvailability"] == "global").collect();
    assert_eq!((apps.len(), global.len()), (4, 3));
}

#[tokio::test]
async fn types_may_be_named_without_a_hash() {
    let client = of(Answer::TypesWithoutHash).await;
    let app = answered(&client, &format!("deviceAppManagement/mobileApps/{APP}")).await;
    assert_eq!(app["@odata.type"], "microsoft.graph.winGetApp");
}

#[tokio::test]
async fn settings_of_an_app_configuration_may_come_by_expanding_only() {
    let client = of(Answer::SettingsByExpandOnly).await;
    let configuration = "deviceAppManagement/targetedManagedAppConfigurations/conf-1";
    refused(&client, &format!("{configuration}/settings"), 400, "No OData route").await;
    let whole = answered(&client, &format!("{configuration}?$expand=apps,assignments,settings")).await;
    assert_eq!(whole["settings"].as_array().unwrap().len(), 1);
}
