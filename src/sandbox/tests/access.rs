//! Conditional Access.

use super::*;

const POLICIES: &str = "identity/conditionalAccess/policies";
const LOCATIONS: &str = "identity/conditionalAccess/namedLocations";
const MFA: &str = "00000000-0000-0000-0000-000000000002";

fn policy() -> Value {
    json!({
        "displayName": "CA01", "state": "disabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "users": {"includeUsers": ["All"], "excludeGroups": [GROUP], "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"]},
            "applications": {"includeApplications": ["All"]}
        },
        "grantControls": {"operator": "OR", "authenticationStrength": {"id": MFA}}
    })
}

#[tokio::test]
async fn every_id_is_checked() {
    let client = plain().await;
    client.made(POLICIES, policy()).await;
    let with = |pointer: &str, value: Value| {
        let mut policy = policy();
        *policy.pointer_mut(pointer).unwrap() = value;
        policy
    };
    for (pointer, value) in [
        ("/conditions/users/excludeGroups", json!([FOREIGN_GROUP])),
        ("/conditions/users/includeUsers", json!([FOREIGN_GROUP])),
        ("/conditions/users/includeUsers", json!(["All", "None"])),
        ("/conditions/users/includeRoles", json!([FOREIGN_GROUP])),
        ("/conditions/applications/includeApplications", json!([FOREIGN_GROUP])),
        ("/grantControls/authenticationStrength", json!({"id": FOREIGN_GROUP})),
        ("/grantControls/authenticationStrength", json!({"id": MFA, "displayName": "x"})),
        (
            "/grantControls",
            json!({"operator": "OR", "builtInControls": ["mfa"], "authenticationStrength": {"id": MFA}}),
        ),
        ("/grantControls", Value::Null),
        ("/conditions/users", Value::Null),
    ] {
        let refused = client.post(POLICIES, with(pointer, value.clone())).await;
        assert_eq!(refused.status, 400, "{pointer} {value}: {}", refused.text);
    }
    let mut placed = policy();
    placed["conditions"]["locations"] = json!({"includeLocations": ["All"], "excludeLocations": [FOREIGN_GROUP]});
    assert_eq!(client.post(POLICIES, placed).await.status, 400);
}

#[tokio::test]
async fn reading_shows_the_whole_strength_and_what_only_reading_has() {
    let client = plain().await;
    let id = client.made(POLICIES, policy()).await;
    for path in [format!("{POLICIES}/{id}"), format!("policies/conditionalAccessPolicies/{id}")] {
        let read = client.get(&path).await.body;
        assert_eq!(read["grantControls"]["authenticationStrength"]["displayName"], "Multifactor authentication");
        assert!(
            read["partialEnablementStrategy"].is_null()
                && read["conditions"].as_object().unwrap().contains_key("times")
        );
    }
    let custom = json!({"displayName": "Keys", "allowedCombinations": ["fido2"]});
    let strength = client.made("policies/authenticationStrengthPolicies", custom).await;
    let other = client.get(&format!("identity/conditionalAccess/authenticationStrength/policies/{strength}")).await;
    assert_eq!(other.body["policyType"], "custom");
    let change =
        client.patch(&format!("policies/authenticationStrengthPolicies/{MFA}"), json!({"displayName": "x"})).await;
    assert_eq!(change.status, 400);
}

#[tokio::test]
async fn locations_in_use_stay() {
    let client = plain().await;
    let location = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": false,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]});
    let location = client.made(LOCATIONS, location).await;
    let mut placed = policy();
    placed["conditions"]["locations"] = json!({"includeLocations": ["All"], "excludeLocations": [location]});
    let id = client.made(POLICIES, placed).await;
    let path = format!("{LOCATIONS}/{location}");
    assert_eq!(client.delete(&path).await.status, 400);
    let enabled = client.patch(&format!("{POLICIES}/{id}"), json!({"state": "enabled"})).await;
    assert_eq!(enabled.status, 204, "{}", enabled.text);
    assert_eq!(client.delete(&format!("{POLICIES}/{id}")).await.status, 204);
    assert_eq!(client.delete(&path).await.status, 204);
    let bin = client.get("identity/conditionalAccess/deletedItems/policies").await;
    assert_eq!(bin.body["value"][0]["state"], "enabled");
}
