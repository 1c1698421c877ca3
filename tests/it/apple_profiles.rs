//! Apple's configuration profiles: known keys become settings, the others a custom profile, and secrets stay out.

use serde_json::json;

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, shows};

fn profile(name: &str, payload: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>PayloadDisplayName</key><string>{name}</string>
<key>PayloadIdentifier</key><string>example.{name}</string><key>PayloadContent</key><array><dict><key>PayloadVersion</key><integer>1</integer>{payload}</dict></array></dict></plist>"#
    )
}

#[test]
fn profiles_cross_and_secrets_stay_out() {
    let env = Env::start(vec![empty(TRIAL, "Trial"), empty(PRODUCTION, "Production")], quick());
    let files = [
        (
            "Firewall.mobileconfig",
            profile(
                "Firewall",
                "<key>PayloadType</key><string>com.apple.security.firewall</string><key>EnableFirewall</key><true/>",
            ),
        ),
        (
            "Own.mobileconfig",
            profile("Own", "<key>PayloadType</key><string>com.example.own</string><key>Loud</key><true/>"),
        ),
        (
            "Wifi.mobileconfig",
            profile(
                "Wifi",
                "<key>PayloadType</key><string>com.apple.wifi.managed</string><key>Password</key><string>hunter2-hunter2</string>",
            ),
        ),
        ("Broken.mobileconfig", String::from("<plist><dict>")),
    ];
    std::fs::create_dir(env.path("profiles")).unwrap();
    for (name, text) in &files {
        std::fs::write(env.path("profiles").join(name), text).unwrap();
    }
    let adopt = ["adopt", "profiles", "--out", "tree"];
    let document = env.run(&adopt);
    shows(&document, &["damaged-file", "profile-has-secret", "profile-kept-whole"]);
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    assert_eq!([count("adopted"), count("damaged"), count("notRecognized")], [2, 1, 1], "{document:#}");
    let before = env.files("tree");
    assert!(!before.values().any(|bytes| String::from_utf8_lossy(bytes).contains("hunter2")));
    assert!(!document.to_string().contains("hunter2"));
    env.ferry(&adopt).exits(5);
    assert_eq!(before, env.files("tree"));
    assert!(before.keys().any(|name| name.starts_with("settings-catalog/Firewall")), "{:?}", before.keys());

    let import = env.import(&[]);
    assert_eq!(import["counts"]["created"], json!(2), "{import:#}");
    env.ferry(&["verify", "tree", "--to", "production"]).exits(0);
}
