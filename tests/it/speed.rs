//! Few requests, within Graph's limits, and a record of them: what can be seen of it on a small tenant. The
//! figures are the benchmark's (`cargo bench --bench crossing`).

use intune_ferry::sandbox::Behaviour;
use serde_json::{Value, json};

use crate::env::{Env, SECRET, TRIAL, quick, sample};

fn trial(behaviour: Behaviour) -> Env {
    Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], behaviour)
}

/// What counts against limits: each part of a batch.
fn counted(document: &Value) -> u64 {
    let buckets = document["requests"]["buckets"].as_array().unwrap();
    buckets.iter().map(|bucket| bucket["requests"].as_u64().unwrap()).sum()
}

#[test]
fn an_incremental_export_reads_what_has_changed_and_nothing_else() {
    let env = trial(Behaviour { restless: false, page_size: 1_000, ..quick() });
    let whole = ["export", "trial", "--out", "whole", "--format", "json"];
    let some = ["export", "trial", "--out", "tree", "--incremental", "--format", "json"];
    let all = counted(&env.ferry(&whole).exits(0).json());
    assert_eq!(counted(&env.ferry(&some).exits(0).json()), all);
    assert_eq!(env.files("tree"), env.files("whole"));

    let again = counted(&env.ferry(&some).exits(0).json());
    // The lists are asked for again, one for each type; the details of 60 policies are not.
    assert!(again + 60 < all, "{again} of {all}");
    assert_eq!(env.files("tree"), env.files("whole"));
    assert!(!env.files("tree").keys().any(|name| name.contains("cache")), "the cache is not a part of the tree");

    let collection = "deviceManagement/deviceManagementScripts";
    let script = env.sandbox().state(TRIAL)[collection][0].clone();
    let id = script["id"].as_str().unwrap();
    assert!(env.sandbox().edit(TRIAL, collection, id, &json!({"scriptContent": "ZWNobyBjaGFuZ2Vk"})));
    let third = counted(&env.ferry(&some).exits(0).json());
    assert!(third > again && third < all, "{third}");
    env.ferry(&whole).exits(0);
    assert_eq!(env.files("tree"), env.files("whole"));
}

#[test]
fn within_the_documented_limits_nothing_is_throttled() {
    let env = trial(Behaviour { throttle: true, page_size: 1_000, ..quick() });
    let file = env.path("ferry.toml");
    let profiles = std::fs::read_to_string(&file).unwrap().replace("auth =", "limits = true\nauth =");
    std::fs::write(&file, profiles).unwrap();
    let document = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(0).json();
    assert_eq!(document["requests"]["throttled"], json!(0), "{document}");
    let buckets = document["requests"]["buckets"].as_array().unwrap();
    let ca = buckets.iter().find(|bucket| bucket["name"] == "identity-protection-ca").unwrap();
    assert!(ca["requests"].as_u64().unwrap() >= 2 && ca["fullest"] == json!(1.0), "{ca}");
}

#[test]
fn without_keeping_to_the_limits_a_throttled_request_waits_and_comes_through() {
    let env = trial(Behaviour { throttle: true, page_size: 1_000, ..quick() });
    let document = env.ferry(&["export", "trial", "--out", "tree", "--format", "json"]).exits(0).json();
    let requests = &document["requests"];
    assert!(requests["throttled"].as_u64().unwrap() > 0, "{requests}");
    assert!(!document.to_string().contains("read-failed"), "{document}");
}

#[test]
fn the_log_file_has_a_line_per_request_and_no_id_or_secret() {
    let env = trial(quick());
    let ran = env.ferry(&["export", "trial", "--out", "tree", "--log-file", "requests.log"]).exits(0);
    assert!(ran.err.contains(" requests to Graph, ") && ran.err.contains(" in batches"), "{}", ran.err);
    let log = std::fs::read_to_string(env.path("requests.log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_sign_in = |line: &&Value| line["path"].as_str().unwrap().starts_with("sign-in/");
    let sign_ins: Vec<&Value> = lines.iter().filter(is_sign_in).collect();
    assert_eq!(sign_ins.len(), 1, "{sign_ins:?}");
    assert_eq!((&sign_ins[0]["path"], &sign_ins[0]["status"]), (&"sign-in/{id}/oauth2/v2.0/token".into(), &200.into()));
    let lines: Vec<&Value> = lines.iter().filter(|line| !is_sign_in(line)).collect();
    let sent = lines.iter().filter(|line| line.get("batched").is_none()).count();
    let received = env.sandbox().requests(TRIAL).iter().filter(|request| !request.batched).count();
    assert_eq!(sent, received);
    for line in &lines {
        let path = line["path"].as_str().unwrap();
        assert!(path.starts_with("beta/") || path.starts_with("v1.0/"), "{line}");
        assert!([200, 404].contains(&line["status"].as_u64().unwrap()), "{line}");
        assert!(line["method"].is_string() && line["request_id"].is_string(), "{line}");
    }
    assert!(lines.iter().any(|line| line["path"].as_str().unwrap().contains("/{id}/")));
    let tree = env.files("tree");
    let ids = tree.keys().filter_map(|name| name.rsplit('.').nth(1)).filter(|part| part.len() == 8);
    for secret in ids.chain([SECRET, "Bearer", "eyJ", TRIAL]) {
        assert!(!log.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in the log");
    }
}

/// Graph's sub-services (api-behaviour.md section 1), and Cloud PC, whose limits are not documented. A name that
/// is none of them would be taken for one of Intune's with the usual limits.
const SUB_SERVICES: &[&str] = &[
    "android-for-work",
    "applications",
    "books",
    "bundles",
    "chromebook-sync",
    "cloud-pc",
    "company-terms",
    "device-config-v2",
    "device-configuration",
    "device-enrollment",
    "device-intent",
    "devices",
    "gpanalytics",
    "identity-and-access",
    "identity-protection-ca",
    "managed-applications",
    "notifications",
    "odj",
    "partner-integration",
    "rbac",
    "remote-assistance",
    "telephony",
    "tunnel",
    "updates",
    "wip",
];

#[test]
fn every_type_names_a_sub_service_of_graphs() {
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let wrong: Vec<_> =
        catalogue.buckets().into_iter().filter(|(_, bucket)| !SUB_SERVICES.contains(&bucket.as_str())).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
