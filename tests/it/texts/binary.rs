//! Ids that stand as sixteen bytes in a value that is not a text: what is known of the source is seen there as well.
//! Nobody but its maker can change such a value, so it blocks until it is replaced, or a person lets it go as it is.

use intune_ferry::policy::decode::to_base64;
use serde_json::{Value, json};

use super::{CONFIGURATIONS, OPEN, SCRIPTS, action, custom, entry, export_with_secrets, group, holds, id, oma, script};
use crate::env::{Env, PRODUCTION, YES, shows, tenants};

const LAPTOPS: u32 = 0x3b5d_92a1;
const THERE: u32 = 101;
const NOBODYS: u32 = 0x7788_99aa;

/// A file that names an id in bytes, as Windows writes it or as it is read.
fn file(number: u32, turned: bool) -> Vec<u8> {
    let id = uuid::Uuid::parse_str(&id(number)).unwrap();
    let own = if turned { id.to_bytes_le() } else { id.into_bytes() };
    [&[8, 0, 0, 0, 255][..], &own, &[0, 1, 254]].concat()
}

fn profile(number: u32, name: &str, bytes: &[u8]) -> Value {
    let mut setting = oma("omaSettingBase64", "./Device/x", &to_base64(bytes));
    setting["fileName"] = json!("p.cip");
    custom(number, name, &[setting])
}

/// The same within a profile for Macs, over several lines.
fn payload(bytes: &[u8]) -> Value {
    let data = to_base64(bytes);
    let (first, second) = data.split_at(20);
    let profile = format!("<plist version=\"1.0\"><dict><data>\n\t{first}\n\t{second}\n</data></dict></plist>");
    json!({"@odata.type": "#microsoft.graph.macOSCustomConfiguration", "id": id(33), "displayName": "payload",
        "description": null, "roleScopeTagIds": ["0"], "payloadName": "Agent", "payloadFileName": "a.mobileconfig",
        "deploymentChannel": "deviceChannel", "payload": to_base64(profile.as_bytes())})
}

fn exported() -> Env {
    let source = json!({
        "groups": [group(LAPTOPS, "All laptops")],
        // A script makes the group known.
        SCRIPTS: [script(20, "by id", format!("$group = '{}'\r\n", id(LAPTOPS)).as_bytes())],
        CONFIGURATIONS: [
            profile(30, "turned", &file(LAPTOPS, true)),
            profile(31, "as read", &file(LAPTOPS, false)),
            profile(32, "of nobody", &file(NOBODYS, true)),
            payload(&file(LAPTOPS, true)),
        ],
    });
    let env = tenants(&source, &json!({"groups": [group(THERE, "All laptops")]}));
    export_with_secrets(&env);
    env
}

/// Whether the target keeps a value.
fn is_there(env: &Env, bytes: &[u8]) -> bool {
    env.sandbox().secrets(PRODUCTION).iter().any(|secret| *secret == to_base64(bytes))
}

const NAMES: [&str; 5] = ["by id", "turned", "as read", "payload", "of nobody"];
const IMPORT: [&str; 5] = ["import", "tree", "--to", "production", YES];

#[test]
fn a_known_id_in_bytes_blocks_and_nothing_of_it_is_sent() {
    let env = exported();
    // What is not kept as a secret is reported at once; what is kept as one, as soon as it is opened.
    shows(&env.run(&["map", "tree", "--to", "production", "--out", "mapping.json"]), &["source-id-left"]);
    assert_eq!(entry(&env, &id(LAPTOPS))["target"]["id"], id(THERE));
    let ran = env.ferry(&[&IMPORT[..], &OPEN, &["--format", "json"]].concat()).exits(4);
    let done = ran.json();
    assert_eq!(NAMES.map(|name| action(&done, name)), ["created", "blocked", "blocked", "blocked", "created"]);
    shows(&done, &["source-id-left"]);
    assert!(ran.out.contains("All laptops") && ran.out.contains("inside base64, binary data"), "{}", ran.out);
    assert!(ran.out.contains("inside base64, base64, binary data"), "{}", ran.out);
    let requests = env.sandbox().requests(PRODUCTION);
    let sent: Vec<&Value> = requests.iter().filter_map(|request| request.body.as_ref()).collect();
    assert!(!sent.is_empty() && sent.iter().all(|body| !holds(body, &id(LAPTOPS))));
    // What could be any sixteen bytes is nobody's.
    assert!(is_there(&env, &file(NOBODYS, true)));
}

#[test]
fn it_goes_as_it_is_where_a_person_says_so() {
    let env = exported();
    env.write_mapping(
        &[json!({"kind": "group", "source": {"id": id(LAPTOPS), "name": "All laptops"}, "decision": "keep",
            "why": "only a label"})],
        &[],
    );
    let done = env.run(&[&IMPORT[..], &OPEN].concat());
    assert_eq!(NAMES.map(|name| action(&done, name)), ["created"; 5], "{done:#}");
    assert!(is_there(&env, &file(LAPTOPS, true)));
}
