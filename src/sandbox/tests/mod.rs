//! The sandbox over real HTTP: what it refuses, leaves out and fills in.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

mod access;
mod batches;
mod bound;
mod catalogue;
mod content;
mod faulty;
mod field;
mod parts;
mod reading;
mod references;
mod sign_in;
mod special;
mod writing;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Behaviour, Config, Running, Sandbox, TenantSeed};

pub(super) const TENANT: &str = "11111111-1111-4111-8111-111111111111";
pub(super) const OTHER: &str = "22222222-2222-4222-8222-222222222222";
pub(super) const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const FOREIGN_GROUP: &str = "bbbbbbbb-0000-4000-8000-000000000001";
pub(super) const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";

/// A client of one tenant.
pub(super) struct Client {
    pub running: Running,
    pub http: reqwest::Client,
    pub token: String,
}

pub(super) struct Answer {
    pub status: u16,
    pub text: String,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    pub(super) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn message(&self) -> String {
        self.body["error"]["message"].as_str().unwrap_or("").to_owned()
    }
}

pub(super) fn behaviour() -> Behaviour {
    Behaviour { list_lag: Duration::ZERO, group_lag: Duration::ZERO, ..Behaviour::default() }
}

pub(super) fn seed(objects: Value) -> TenantSeed {
    TenantSeed {
        tenant_id: TENANT.into(),
        display_name: "Contoso Trial".into(),
        default_domain: "trial.contoso.example".into(),
        client_id: "client".into(),
        client_secret: "secret".into(),
        objects,
        ..TenantSeed::default()
    }
}

pub(super) async fn start(behaviour: Behaviour, seed: TenantSeed) -> Client {
    let other = TenantSeed {
        tenant_id: OTHER.into(),
        default_domain: "contoso.example".into(),
        objects: json!({
            "groups": [{"id": FOREIGN_GROUP, "displayName": "Elsewhere"}],
            "deviceManagement/groupPolicyDefinitions": [
                {"id": "dddddddd-0000-4000-8000-000000000001", "displayName": "Uploaded there", "policyType": "admxIngested"}
            ]
        }),
        ..self::seed(Value::Null)
    };
    let config = Config { tenants: vec![seed, other], behaviour, ..Config::default() };
    let running = Sandbox::start(config).await.unwrap();
    let http = reqwest::Client::new();
    let token = token(&running, &http, TENANT).await.body["access_token"].as_str().unwrap().to_owned();
    Client { running, http, token }
}

/// A tenant with one group.
pub(super) async fn plain() -> Client {
    start(behaviour(), seed(json!({"groups": [{"id": GROUP, "displayName": "All laptops", "securityEnabled": true}]})))
        .await
}

pub(super) async fn token(running: &Running, http: &reqwest::Client, tenant: &str) -> Answer {
    let form = "grant_type=client_credentials&client_id=client&client_secret=secret&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    sign_in(running, http, tenant, form).await
}

pub(super) async fn sign_in(running: &Running, http: &reqwest::Client, tenant: &str, form: &str) -> Answer {
    let response = http
        .post(format!("{}/{tenant}/oauth2/v2.0/token", running.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.to_owned())
        .send()
        .await
        .unwrap();
    answer(response).await
}

pub(super) async fn answer(response: reqwest::Response) -> Answer {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, text, body, headers }
}

impl Client {
    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}/beta/{path}", self.running.url) };
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(super) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        answer(self.request(Method::GET, path).header(name, value).send().await.unwrap()).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json").body(body.to_string());
        answer(request.send().await.unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    /// Creates and gives the id; the answer must be a success.
    pub(super) async fn made(&self, path: &str, body: Value) -> String {
        let answer = self.post(path, body).await;
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.text);
        answer.id()
    }

    /// All objects of a list, page by page, and the number of pages.
    pub(super) async fn all(&self, path: &str) -> (Vec<Value>, usize) {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        let mut pages = 0;
        while let Some(url) = next {
            let page = self.get(&url).await;
            assert_eq!(page.status, 200, "{url}: {}", page.text);
            items.extend(page.body["value"].as_array().unwrap().iter().cloned());
            next = page.body["@odata.nextLink"].as_str().map(ToOwned::to_owned);
            pages += 1;
        }
        (items, pages)
    }
}

/// A setting of the settings catalog.
pub(super) fn setting(index: usize) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting",
        "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": format!("device_vendor_msft_policy_config_setting_{index}"),
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
                "value": index
            }
        }
    })
}

pub(super) fn catalog_policy(name: &str, settings: usize) -> Value {
    json!({
        "name": name, "description": "", "platforms": "windows10", "technologies": "mdm", "roleScopeTagIds": ["0"],
        "settings": (0..settings).map(setting).collect::<Vec<_>>()
    })
}

pub(super) fn compliance_policy() -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "displayName": "Win", "bitLockerEnabled": true,
        "scheduledActionsForRule": [{"ruleName": "PasswordRequired", "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 12, "notificationTemplateId": "", "notificationMessageCCList": []}
        ]}]
    })
}

pub(super) fn to_group(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
}
