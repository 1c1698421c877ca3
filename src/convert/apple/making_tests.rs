//! Tests of what profiles become.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests may fail loudly and show figures")]
use std::path::Path;

use super::*;
use crate::apple::read;

fn rules() -> AppleRules {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/convert/apple.toml");
    AppleRules::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn profile(payload: &str) -> String {
    format!(
        r#" <?xml version="1.0" encoding="UTF-8"?><!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>PayloadDisplayName</key><string>Firewall</string><key>PayloadIdentifier</key><string>a.b</string>
<key>PayloadContent</key><array><dict><key>PayloadVersion</key><integer>1</integer>{payload}</dict></array></dict></plist>"#
    )
}

const FIREWALL: &str = "<key>PayloadType</key><string>com.apple.security.firewall</string><key>EnableFirewall</key><true/>
    <key>Applications</key><array><dict><key>BundleID</key><string>com.a</string><key>Allowed</key><false/></dict></array>";

#[test]
fn a_payload_whose_keys_are_known_becomes_settings() {
    let made = made(&read(profile(FIREWALL).as_bytes()).unwrap());
    assert_eq!(made.from, MadeFrom::Known(1));
    let id = "com.apple.security.firewall";
    let children = &made.body["settings"][0]["settingInstance"]["groupSettingCollectionValue"][0]["children"];
    assert_eq!(children[0]["choiceSettingValue"]["value"], format!("{id}_enablefirewall_true"));
    let item = &children[1]["groupSettingCollectionValue"][0]["children"];
    assert_eq!(item[0]["settingDefinitionId"], format!("{id}_applications_item_bundleid"));
    assert_eq!(item[1]["choiceSettingValue"]["value"], format!("{id}_applications_item_allowed_false"));
}

#[test]
fn an_unknown_key_keeps_the_profile_as_it_is() {
    let text = profile(&FIREWALL.replace("EnableFirewall", "EnableMagic"));
    let profile = read(text.as_bytes()).unwrap();
    let made = made(&profile);
    assert!(matches!(&made.from, MadeFrom::Unknown(why) if why.contains("EnableMagic")));
    assert_eq!(STANDARD.decode(made.body["payload"].as_str().unwrap()).unwrap(), profile.plain);
    assert_eq!(made.body["deploymentChannel"], "deviceChannel");
}

fn made(profile: &Profile) -> Made {
    let mut count = 0;
    let name = |_: &str| {
        count += 1;
        format!("FERRY_{count}")
    };
    make(profile, "f.mobileconfig", &rules(), name).unwrap()
}

const SECRETS: &str = "<key>PayloadType</key><string>com.apple.wifi.managed</string><key>Password</key><string>hunter2</string>
    <key>EAPClientConfiguration</key><dict><key>UserPassword</key><string>hunter2</string><key>OneTimeUserPassword</key><false/></dict></dict>
    <dict><key>PayloadType</key><string>com.apple.security.pkcs12</string><key>PayloadContent</key><data>aHVudGVyMg==</data><key>Password</key><string/></dict>
    <dict><key>PayloadType</key><string>com.apple.security.scep</string><key>PayloadContent</key><dict><key>Challenge</key><string>hunter2</string></dict></dict>
    <dict><key>PayloadType</key><string>com.apple.wifi.managed</string><key>Password</key><string>hunter2</string>";

#[test]
fn secrets_are_taken_out_and_their_names_are_in_their_places() {
    let text = profile(SECRETS);
    let own = read(text.as_bytes()).unwrap();
    let made = made(&own);
    let found: Vec<(&str, bool)> = made.secrets.iter().map(|own| (own.at.as_str(), own.binary)).collect();
    let wanted = [
        ("com.apple.wifi.managed/Password", false),
        ("com.apple.wifi.managed/EAPClientConfiguration/UserPassword", false),
        ("com.apple.security.pkcs12/PayloadContent", true),
        ("com.apple.security.scep/PayloadContent/Challenge", false),
        ("com.apple.wifi.managed/Password (2)", false),
    ];
    assert_eq!(found, wanted);
    assert!(matches!(&made.from, MadeFrom::Unknown(why) if why.contains("a secret")));
    let plain = String::from_utf8(STANDARD.decode(made.body["payload"].as_str().unwrap()).unwrap()).unwrap();
    assert!(!plain.contains("hunter2") && !plain.contains("aHVudGVyMg"), "{plain}");
    assert!(plain.contains("<data>FERRY_3</data>"), "{plain}");
    // With the secrets in their places it is the profile that it was.
    let secrets = ["hunter2", "hunter2", "aHVudGVyMg==", "hunter2", "hunter2"];
    let put_back =
        |text: String, (at, secret): (usize, &str)| text.replace(&format!("FERRY_{at}<"), &format!("{secret}<"));
    let back = (1..).zip(secrets).fold(plain, put_back);
    assert_eq!(read(back.as_bytes()).unwrap().payloads, own.payloads);
}

#[test]
fn binary_and_broken_profiles() {
    let mut binary = Vec::new();
    let text = profile(FIREWALL);
    Plist::from_reader(std::io::Cursor::new(text.trim().as_bytes())).unwrap().to_writer_binary(&mut binary).unwrap();
    assert_eq!(read(&binary).unwrap().payloads, read(text.as_bytes()).unwrap().payloads);
    // A binary list whose only object is an array that holds itself.
    let cycle = b"bplist00\xA1\x00\x08\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0A";
    let deep = format!(
        "<plist><dict><key>PayloadContent</key>{}{}</dict></plist>",
        "<array>".repeat(300),
        "</array>".repeat(300)
    );
    for bytes in [&b""[..], b"\x30\x03\x02\x01", b"<plist><dict></plist>", b"bplist00", cycle, deep.as_bytes()] {
        assert!(read(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn profiles_of_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/sources/mobileconfig");
    if !root.is_dir() {
        println!("skipped: {} is absent", root.display());
        return;
    }
    let mut files = vec![root];
    let (mut known, mut custom, mut broken) = (0, 0, 0);
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        match read(&std::fs::read(&path).unwrap()) {
            Ok(profile) => match make(&profile, "x", &rules(), str::to_owned).map(|made| made.from) {
                Ok(MadeFrom::Known(_)) => known += 1,
                Ok(MadeFrom::Unknown(why)) => {
                    custom += 1;
                    println!("  {}: {why}", profile.name);
                }
                Err(error) => panic!("{}: {error}", path.display()),
            },
            Err(error) => {
                broken += 1;
                println!("  {}: {error}", path.display());
            }
        }
    }
    println!("{known} to the settings catalog, {custom} custom profiles, {broken} broken");
    assert!(known > 0 && custom > known && broken <= 2);
}
