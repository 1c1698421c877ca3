//! Contents of apps: every step is refused where it comes too early, twice, or with wrong figures.

use std::time::Duration;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, hmac, iv::FixedLength};
use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::*;

const ROOT: &str = "deviceAppManagement/mobileApps";

fn text(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A sealed content and what its commit says.
fn sealed(plain: &[u8]) -> (Vec<u8>, Value) {
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &[1; 32]).unwrap()).unwrap();
    let mut cipher = plain.to_vec();
    key.less_safe_encrypt(&mut cipher, EncryptionContext::Iv128(FixedLength::from([2; 16]))).unwrap();
    let rest = [vec![2; 16], cipher].concat();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[3; 32]), &rest);
    let info = json!({"encryptionKey": text(&[1; 32]), "initializationVector": text(&[2; 16]), "mac": text(mac.as_ref()),
        "macKey": text(&[3; 32]), "profileIdentifier": "ProfileVersion1",
        "fileDigest": text(digest::digest(&digest::SHA256, plain).as_ref()), "fileDigestAlgorithm": "SHA256"});
    ([mac.as_ref(), &rest].concat(), info)
}

struct Uploading {
    client: Client,
    app: String,
    versions: String,
}

async fn begun(kind: &str, more: Value) -> Uploading {
    let client = start(
        Behaviour { content_lag: Duration::from_millis(200), ..behaviour() },
        seed(json!({"groups": [{"id": GROUP, "displayName": "All", "securityEnabled": true}]})),
    )
    .await;
    let mut body = json!({"@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "A", "publisher": "P"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let app = client.made(ROOT, body).await;
    let versions = format!("{ROOT}/{app}/microsoft.graph.{kind}/contentVersions");
    Uploading { client, app, versions }
}

async fn dmg() -> Uploading {
    let more = json!({"fileName": "a.dmg", "primaryBundleId": "b", "primaryBundleVersion": "1", "includedApps": []});
    begun("macOSDmgApp", more).await
}

impl Uploading {
    async fn put(&self, address: &str, query: &str, body: &[u8]) -> u16 {
        let request = self.client.http.put(format!("{address}&{query}")).body(body.to_vec());
        request.send().await.unwrap().status().as_u16()
    }

    /// The file once its state does not wait any more.
    async fn settled(&self, file: &str) -> Value {
        loop {
            let told = self.client.get(file).await.body;
            if !told["uploadState"].as_str().unwrap().ends_with("Pending") {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn announced(&self, size: usize, sealed: usize) -> (String, String) {
        let version = self.client.made(&self.versions, json!({})).await;
        let files = format!("{}/{version}/files", self.versions);
        let file = json!({"@odata.type": "#microsoft.graph.mobileAppContentFile", "name": "a.dmg", "size": size,
            "sizeEncrypted": sealed, "manifest": null, "isDependency": false});
        let made = self.client.post(&files, file).await;
        assert_eq!(made.status, 201, "{}", made.text);
        // The address comes later.
        assert_eq!(
            (&made.body["uploadState"], &made.body["azureStorageUri"]),
            (&json!("azureStorageUriRequestPending"), &json!(null))
        );
        let file = format!("{files}/{}", made.id());
        let told = self.settled(&file).await;
        assert_eq!(told["uploadState"], "azureStorageUriRequestSuccess");
        (file, told["azureStorageUri"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn a_content_becomes_the_apps_step_by_step() {
    let it = dmg().await;
    let (content, info) = sealed(b"the content");
    let (file, address) = it.announced(11, content.len()).await;
    assert_eq!(it.client.post(&it.versions, json!({})).await.status, 400, "a second open version");
    assert_eq!(
        it.client
            .patch(
                &format!("{ROOT}/{}", it.app),
                json!({"@odata.type": "#microsoft.graph.macOSDmgApp", "committedContentVersion": "1"})
            )
            .await
            .status,
        400
    );

    let ids = [text(b"0000"), text(b"0001")].map(|id| id.replace('=', "%3D"));
    assert_eq!(it.put(&address, &format!("comp=block&blockid={}", ids[0]), &content[..60]).await, 201);
    assert_eq!(it.put(&address, "comp=block&blockid=AA%3D%3D", &content[60..]).await, 400, "another length");
    assert_eq!(it.put(&address, "comp=block&blockid=!", &content[60..]).await, 400, "no base64");
    assert_eq!(it.put(&address, &format!("comp=block&blockid={}", ids[1]), &content[60..]).await, 201);
    assert_eq!(it.put(&address, "comp=blocklist", b"<BlockList><Latest>none</Latest></BlockList>").await, 400);
    let list = format!("<BlockList><Latest>{}</Latest><Latest>{}</Latest></BlockList>", text(b"0000"), text(b"0001"));
    assert_eq!(it.put(&address, "comp=blocklist", list.as_bytes()).await, 201);

    let commit = format!("{file}/commit");
    assert_eq!(it.client.post(&commit, json!({"fileEncryptionInfo": {}})).await.status, 400);
    assert_eq!(it.client.post(&commit, json!({"fileEncryptionInfo": info})).await.status, 204);
    assert_eq!(it.client.get(&file).await.body["uploadState"], "commitFilePending");
    assert_eq!(it.client.post(&commit, json!({"fileEncryptionInfo": info})).await.status, 400, "twice");
    let told = it.settled(&file).await;
    assert_eq!((&told["uploadState"], &told["isCommitted"]), (&json!("commitFileSuccess"), &json!(true)));

    let mut assignment = to_group(GROUP);
    assignment["intent"] = json!("required");
    let assign = json!({"mobileAppAssignments": [assignment]});
    let item = format!("{ROOT}/{}", it.app);
    assert_eq!(it.client.post(&format!("{item}/assign"), assign.clone()).await.status, 400);
    let body = json!({"@odata.type": "#microsoft.graph.macOSDmgApp", "committedContentVersion": "1"});
    assert_eq!(it.client.patch(&item, body).await.status, 204);
    assert_eq!(it.client.get(&item).await.body["publishingState"], "processing");
    assert_eq!(it.client.post(&format!("{item}/assign"), assign.clone()).await.status, 400);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(it.client.get(&item).await.body["publishingState"], "published");
    assert_eq!(it.client.post(&format!("{item}/assign"), assign).await.status, 204);
    assert_eq!(it.client.delete(&format!("{}/1", it.versions)).await.status, 400, "committed");
    assert_eq!(it.client.post(&it.versions, json!({})).await.id(), "2");
}

#[tokio::test]
async fn what_a_commit_says_is_held_against_what_was_uploaded() {
    let (content, good) = sealed(b"the content");
    let wrong = |name: &str| {
        let mut info = good.clone();
        info[name] = json!(text(&vec![9; if name == "initializationVector" { 16 } else { 32 }]));
        info
    };
    for info in ["encryptionKey", "initializationVector", "mac", "macKey", "fileDigest"].map(wrong) {
        let it = dmg().await;
        let (file, address) = it.announced(11, content.len()).await;
        let id = text(b"0000").replace('=', "%3D");
        assert_eq!(it.put(&address, &format!("comp=block&blockid={id}"), &content).await, 201);
        let list = format!("<BlockList><Latest>{}</Latest></BlockList>", text(b"0000"));
        assert_eq!(it.put(&address, "comp=blocklist", list.as_bytes()).await, 201);
        assert_eq!(it.client.post(&format!("{file}/commit"), json!({"fileEncryptionInfo": info})).await.status, 204);
        assert_eq!(it.settled(&file).await["uploadState"], "commitFileFailed", "{info}");
    }
}

#[tokio::test]
async fn storage_takes_no_token_no_other_signature_and_nothing_after_its_end() {
    let it = dmg().await;
    let (file, address) = it.announced(11, 64).await;
    let url = format!("{address}&comp=block&blockid=AAAA");
    assert_eq!(it.client.request(Method::PUT, &url).body("x").send().await.unwrap().status(), 400, "a token");
    assert_eq!(it.put(&address.replace("sig=", "sig=0"), "comp=block&blockid=AAAA", b"x").await, 403);
    assert_eq!(it.put(&address, "comp=block&blockid=AAAA", b"x").await, 201);
    assert_eq!(it.client.send(Method::POST, &format!("{file}/renewUpload"), json!({})).await.status, 204);
    assert_eq!(it.put(&address, "comp=block&blockid=AAAA", b"x").await, 403, "the old address");
    let told = it.settled(&file).await;
    assert_eq!(told["uploadState"], "azureStorageUriRenewalSuccess");
    assert_eq!(it.put(told["azureStorageUri"].as_str().unwrap(), "comp=block&blockid=AAAA", b"x").await, 201);
}

#[tokio::test]
async fn a_file_needs_its_sizes_and_the_manifest_of_its_kind() {
    let file = |manifest: Value| {
        json!({"@odata.type": "#microsoft.graph.mobileAppContentFile", "name": "a", "size": 5, "sizeEncrypted": 64,
            "manifest": manifest})
    };
    let msi = begun("windowsMobileMSI", json!({"fileName": "a.msi", "productCode": "{x}"})).await;
    let version = msi.client.made(&msi.versions, json!({})).await;
    let files = format!("{}/{version}/files", msi.versions);
    let refused = msi.client.post(&files, file(Value::Null)).await;
    assert!(refused.status == 400 && refused.message().contains("must not be null"), "{}", refused.text);
    assert_eq!(msi.client.post(&files, file(json!(text(b"<Other/>")))).await.status, 400);
    assert_eq!(msi.client.post(&files, file(json!(text(b"<MobileMsiData/>")))).await.status, 201);
    let dmg = dmg().await;
    let version = dmg.client.made(&dmg.versions, json!({})).await;
    let files = format!("{}/{version}/files", dmg.versions);
    assert_eq!(dmg.client.post(&files, file(json!(text(b"<plist/>")))).await.status, 400, "none is wanted");
    let mut small = file(Value::Null);
    small["sizeEncrypted"] = json!(5);
    assert_eq!(dmg.client.post(&files, small).await.status, 400);
}
