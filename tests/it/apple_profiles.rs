//! Apple's configuration profiles: known keys become settings, the others a custom profile, and secrets stay out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, has_ending, quick, shows};

fn profile(name: &str, payload: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>PayloadDisplayName</key><string>{name}</string>
<key>PayloadIdentifier</key><string>example.{name}</string><key>PayloadContent</key><array><dict><key>PayloadVersion</key><integer>1</integer>{payload}</dict></array></dict></plist>"#
    )
}

#[test]
fn profiles_cross_and_their_secrets_stay_out_of_the_tree() {
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
    assert_eq!([count("adopted"), count("damaged"), count("notRecognized")], [3, 1, 0], "{document:#}");
    let before = env.files("tree");
    assert!(!before.values().any(|bytes| String::from_utf8_lossy(bytes).contains("hunter2")));
    assert!(!document.to_string().contains("hunter2"));
    env.ferry(&adopt).exits(5);
    assert_eq!(before, env.files("tree"));
    assert!(before.keys().any(|name| name.starts_with("settings-catalog/Firewall")), "{:?}", before.keys());

    // Two cross; the third waits for its secret, which the template, lint and the plan name alike.
    let plan = env.plan(&[]);
    assert_eq!([&plan["counts"]["create"], &plan["counts"]["blocked"]], [&json!(2), &json!(1)], "{plan:#}");
    shows(&plan, &["needs-secret"]);
    let import = env.import(&[]);
    assert_eq!(import["counts"]["created"], json!(2), "{import:#}");
    let template = env.run(&["secrets", "template", "tree", "--out", "secrets.json"]);
    let names = template["details"]["secrets"].as_array().unwrap();
    let [name] = names.as_slice() else { panic!("{template:#}") };
    let name = name.as_str().unwrap();
    let held = env.files("tree").into_values().any(|bytes| {
        String::from_utf8_lossy(&bytes).contains(&format!("<key>Password</key>\n\t\t\t<string>{name}</string>"))
    });
    assert!(held, "the name is in the place of the secret");

    // With the secret the profile is what it was, and the target's is the same but for a secret that nobody can see.
    let secret = "p<&>\"ä hunter2-hunter2";
    let given = [(name, secret)];
    let import = ["import", "tree", "--to", "production", YES, "--format", "json"];
    let document = env.ferry_with(&import, &given).exits(0).json();
    assert_eq!(document["counts"]["created"], json!(1), "{document:#}");
    let payload = || {
        let sent = env.sandbox().state(PRODUCTION)["deviceManagement/deviceConfigurations"].clone();
        let sent = sent.as_array().unwrap().iter().find(|own| own["displayName"] == "Wifi").unwrap().clone();
        String::from_utf8(STANDARD.decode(sent["payload"].as_str().unwrap()).unwrap()).unwrap()
    };
    assert!(payload().contains("<string>p&lt;&amp;&gt;\"ä hunter2-hunter2</string>"), "{}", payload());
    env.ferry(&["verify", "tree", "--to", "production"]).exits(0);
    let again = env.ferry(&import).exits(0).json();
    assert_eq!(again["counts"]["unchanged"], json!(3), "{again:#}");
    let same = env.ferry(&["diff", "tree", "production"]);
    assert!(!same.out.contains("hunter2") && !same.out.contains("Wifi"), "{}", same.out);
    let all = env.files(".");
    let spread = all.iter().filter(|(name, _)| !name.starts_with("profiles/"));
    for (file, bytes) in spread {
        assert!(!String::from_utf8_lossy(bytes).contains("hunter2"), "{file}");
    }

    // Another key in the profile is a difference; the secret is needed for it, and goes with it.
    let file = before.keys().find(|name| name.contains("Wifi") && name.ends_with(".mobileconfig")).unwrap();
    let path = env.path("tree").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("<integer>1</integer>", "<integer>2</integer>")).unwrap();
    let update = [&import[..], &["--on-conflict", "update"]].concat();
    let held = env.ferry(&update).exits(4).json();
    shows(&held, &["needs-secret"]);
    let document = env.ferry_with(&update, &[(name, "another <one>")]).exits(0).json();
    assert_eq!(document["counts"]["updated"], json!(1), "{document:#}");
    assert!(payload().contains("another &lt;one&gt;") && payload().contains("<integer>2</integer>"));
}

#[test]
fn signed_profiles_are_unwrapped() {
    let env = Env::start(vec![empty(TRIAL, "Trial")], quick());
    std::fs::create_dir(env.path("profiles")).unwrap();
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/profiles");
    for name in ["signed.mobileconfig", "signed-stream.mobileconfig"] {
        let bytes = std::fs::read(fixtures.join(name)).unwrap();
        std::fs::write(env.path("profiles").join(name), &bytes).unwrap();
        // Cut off, it is damaged and not half a profile.
        std::fs::write(env.path("profiles").join(format!("cut-{name}")), &bytes[..bytes.len() - 40]).unwrap();
    }
    let document = env.run(&["adopt", "profiles", "--out", "tree"]);
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    // Both contain the same profile.
    assert_eq!([count("adopted"), count("duplicates"), count("damaged")], [1, 1, 2], "{document:#}");
    let policies = env.files("tree").into_iter().filter(|(name, _)| name.starts_with("settings-catalog/Signed"));
    for (name, bytes) in policies {
        let policy: Value = serde_json::from_slice(&bytes).unwrap();
        let group = &policy["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0]["children"][0];
        assert_eq!(
            group["choiceSettingValue"]["value"],
            json!("com.apple.security.firewall_enablefirewall_true"),
            "{name}"
        );
    }
}

/// An answer of Jamf Pro's Classic API.
fn of_jamf(root: &str, id: u32, payload: &str, scope: &str) -> String {
    let plain = profile("inside", payload).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}><general><id>{id}</id><name>Jamf {id}</name><description/><level>System</level>\
         <payloads>{plain}</payloads></general><scope>{scope}</scope></{root}>"
    )
}

#[test]
fn profiles_of_jamf_pro_come_with_their_scope() {
    let env = Env::start(vec![empty(TRIAL, "Trial"), empty(PRODUCTION, "Production")], quick());
    let firewall = "<key>PayloadType</key><string>com.apple.security.firewall</string><key>EnableFirewall</key><true/>";
    let group = |name: &str| {
        format!("<computer_groups><computer_group><id>1</id><name>{name}</name></computer_group></computer_groups>")
    };
    let sales = format!("{}<exclusions>{}</exclusions>", group("Sales Macs"), group("Kiosk Macs"));
    let limited = format!(
        "{}<limitations><network_segments><network_segment><name>Office</name></network_segment></network_segments></limitations>",
        group("Lab Macs")
    );
    std::fs::create_dir(env.path("jamf")).unwrap();
    let files = [
        ("1.xml", of_jamf("os_x_configuration_profile", 1, firewall, &sales)),
        ("2.xml", of_jamf("os_x_configuration_profile", 2, firewall, &limited)),
        ("3.xml", of_jamf("configuration_profile", 3, firewall, "<all_mobile_devices>true</all_mobile_devices>")),
        (
            "4.xml",
            String::from("<os_x_configuration_profile><general><id>4</id></general></os_x_configuration_profile>"),
        ),
    ];
    for (name, text) in &files {
        std::fs::write(env.path("jamf").join(name), text).unwrap();
    }
    let document = env.run(&["adopt", "jamf", "--out", "tree"]);
    shows(&document, &["damaged-file", "profile-scoped"]);
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    assert_eq!([count("adopted"), count("damaged"), count("otherFiles")], [3, 1, 0], "{document:#}");
    let policies: Vec<Value> = env
        .files("tree")
        .into_iter()
        .filter(|(name, _)| name.contains("Jamf") && has_ending(name, "json"))
        .map(|(_, bytes)| serde_json::from_slice(&bytes).unwrap())
        .collect();
    let of = |name: &str| {
        policies
            .iter()
            .find(|own| own["name"] == name || own["displayName"] == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(of("Jamf 1")["assignments"].as_array().unwrap().len(), 2);
    assert_eq!(of("Jamf 2")["assignments"], json!([]));
    assert_eq!(of("Jamf 3")["@odata.type"], "#microsoft.graph.iosCustomConfiguration");
    let directory = std::fs::read_to_string(env.path("tree/directory.json")).unwrap();
    assert!(directory.contains("Sales Macs") && directory.contains("Kiosk Macs") && !directory.contains("Lab Macs"));

    // A group that something excludes and that is created empty would let the policy reach more devices: that policy is
    // created without assignments.
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]);
    let mapping = ["--mapping", "mapping.json", "--allow-broad"];
    let plan = env.plan(&mapping);
    assert_eq!(plan["counts"], json!({"create": 3}), "{plan:#}");
    assert!(plan.to_string().contains("exclusion-group-empty"), "{plan:#}");
    let import = env.import(&mapping);
    assert_eq!(import["counts"]["created"].as_u64(), Some(3), "{import:#}");
}
