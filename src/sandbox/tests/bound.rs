//! Sign-in, permissions and the borders between tenants.

use super::*;

#[tokio::test]
async fn sign_in_says_what_is_wrong() {
    let client = plain().await;
    let form = |client_id: &str, secret: &str, scope: &str| {
        format!("grant_type=client_credentials&client_id={client_id}&client_secret={secret}&scope={scope}")
    };
    let default = "https%3A%2F%2Fgraph.microsoft.com%2F.default";
    for (tenant, form, code) in [
        (TENANT, form("client", "wrong", default), 7_000_215),
        (TENANT, form("other", "secret", default), 700_016),
        ("nobody.example", form("client", "secret", default), 90_002),
        (TENANT, form("client", "secret", "User.Read"), 1_002_012),
    ] {
        let refused = sign_in(&client.running, &client.http, tenant, &form).await;
        assert!(refused.status >= 400);
        assert_eq!(refused.body["error_codes"][0], code, "{}", refused.text);
        assert!(refused.body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}")));
    }
    let by_domain = token(&client.running, &client.http, "trial.contoso.example").await;
    assert_eq!(by_domain.status, 200);
    let known = client.get(&format!("{}/{TENANT}/v2.0/.well-known/openid-configuration", client.running.url)).await;
    assert!(known.body["token_endpoint"].as_str().unwrap().starts_with(&client.running.url));
}

#[tokio::test]
async fn the_token_decides_the_tenant() {
    let mut client = plain().await;
    assert_eq!(client.get("organization").await.body["value"][0]["id"], TENANT);
    assert_eq!(client.get(&format!("groups/{FOREIGN_GROUP}")).await.status, 404);
    client.token = token(&client.running, &client.http, OTHER).await.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get("organization").await.body["value"][0]["id"], OTHER);
    assert_eq!(client.get(&format!("groups/{FOREIGN_GROUP}")).await.status, 200);
    client.running.revoke_tokens();
    let refused = client.get("organization").await;
    assert_eq!((refused.status, refused.body["error"]["code"].as_str()), (401, Some("InvalidAuthenticationToken")));
}

#[tokio::test]
async fn missing_permissions_are_named() {
    let mut seed = seed(Value::Null);
    seed.permissions = vec!["DeviceManagementConfiguration.Read.All".into(), "Group.Read.All".into()];
    let client = start(behaviour(), seed).await;
    assert_eq!(client.get(CONFIGURATIONS).await.status, 200);
    assert_eq!(client.get("groups").await.status, 200);
    assert_eq!(client.get("organization").await.status, 200);
    let write = client
        .post(
            CONFIGURATIONS,
            json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "x"}),
        )
        .await;
    assert_eq!((write.status, write.body["error"]["code"].as_str()), (403, Some("Forbidden")));
    let scripts = client.get("deviceManagement/deviceHealthScripts").await;
    assert!(
        scripts.status == 403 && scripts.message().contains("DeviceManagementScripts.Read.All"),
        "{}",
        scripts.text
    );
}

#[tokio::test]
async fn state_log_and_edits_are_there_for_tests() {
    let client = plain().await;
    assert!(client.running.edit(TENANT, "groups", GROUP, &json!({"displayName": "Renamed"})));
    assert_eq!(client.get(&format!("groups/{GROUP}")).await.body["displayName"], "Renamed");
    assert!(client.running.edit(TENANT, "groups", GROUP, &Value::Null));
    assert_eq!(client.get(&format!("groups/{GROUP}")).await.status, 404);
    assert!(client.running.state(TENANT)["deviceManagement/roleScopeTags"].is_array());
    assert_eq!(client.running.requests(TENANT).len(), 2);

    let admin = format!("{}/_sandbox/{TENANT}/requests", client.running.url);
    assert_eq!(client.get(&admin).await.status, 403);
    let log = client.get_with(&admin, "x-sandbox-admin", &client.running.admin_secret).await;
    assert_eq!(log.body.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn unknown_members_of_the_directory_are_left_out() {
    let client = plain().await;
    let found =
        client.post("directoryObjects/getByIds", json!({"ids": [GROUP, FOREIGN_GROUP], "types": ["group"]})).await;
    assert_eq!(found.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(found.body["value"][0]["@odata.type"], "#microsoft.graph.group");
    let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    assert_eq!(client.post("directoryObjects/getByIds", json!({"ids": many})).await.status, 400);
}

#[tokio::test]
async fn only_loopback_is_served() {
    let config = Config { listen: "0.0.0.0:0".parse().unwrap(), ..Config::default() };
    assert!(Sandbox::start(config).await.is_err());
}

#[tokio::test]
async fn hostile_bodies_are_refused() {
    let client = plain().await;
    for body in
        ["{", "[]", "null", "\"x\"", &"[".repeat(5000), &format!("{{\"a\":{}1{}}}", "[".repeat(120), "]".repeat(120))]
    {
        let response = client
            .request(Method::POST, CONFIGURATIONS)
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{}", &body[..body.len().min(40)]);
    }
    let untyped = client.request(Method::POST, CONFIGURATIONS).body("{}").send().await.unwrap();
    assert_eq!(untyped.status(), 415);
    let odd = client.get("deviceManagement/deviceConfigurations('a')('b')/%00%ff/../../x(('").await;
    assert!(odd.status >= 400 && odd.status < 500);
}
