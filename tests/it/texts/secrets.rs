//! OMA values that are kept as secrets are texts like all others: what they name is mapped, and no value of them is
//! seen anywhere.

use intune_ferry::policy::decode::to_base64;
use intune_ferry::policy::ids::entra_sid;
use serde_json::{Value, json};

use super::{CONFIGURATIONS, OPEN, action, custom, entry, export_with_secrets, group, id, oma};
use crate::env::{Env, PRODUCTION, YES, shows, tenants};

const LAPTOPS: u32 = 1;
const WORKERS: u32 = 2;
const GONE: u32 = 3;
/// Occurs nowhere but in the value.
const HIDDEN: &str = "Zq7-hidden-phrase-of-the-value";

fn value(number: u32) -> String {
    format!("<enabled/><data member=\"{}\" id=\"{}\" note=\"{HIDDEN}\"/>", entra_sid(&id(number)).unwrap(), id(number))
}

fn source() -> Value {
    let hidden = |number: u32, name: &str, kind: &str, of: u32| {
        let mut setting = oma(kind, "./Device/x", &value(of));
        setting["isEncrypted"] = json!(true);
        custom(number, name, &[setting])
    };
    json!({
        "groups": [group(LAPTOPS, "All laptops"), group(WORKERS, "Field workers")],
        CONFIGURATIONS: [
            hidden(50, "laptops", "omaSettingString", LAPTOPS),
            hidden(51, "workers", "omaSettingStringXml", WORKERS),
            hidden(52, "gone", "omaSettingString", GONE),
        ],
    })
}

fn exported() -> Env {
    let env = tenants(&source(), &json!({"groups": [group(101, "All laptops")]}));
    export_with_secrets(&env);
    env
}

/// What the target keeps of secrets, as clear text.
fn kept(env: &Env) -> String {
    use base64::Engine as _;
    let clear = |secret: &Value| {
        let text = secret.as_str().unwrap_or_default().to_owned();
        let inner = base64::engine::general_purpose::STANDARD.decode(&text).ok();
        inner.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text)
    };
    env.sandbox().secrets(PRODUCTION).iter().map(clear).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_secret_names_is_mapped_and_the_plan_says_what_becomes_of_it() {
    let env = exported();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    assert_eq!(entry(&env, &id(LAPTOPS))["target"]["id"], id(101));
    assert_eq!(entry(&env, &id(WORKERS))["decision"], "undecided");
    assert_eq!(entry(&env, &id(GONE))["kind"], "directory-object");
    // Without the secrets they are what is missing; with them, what they name decides.
    let plan = env.plan(&["--mapping", "mapping.json"]);
    shows(&plan, &["needs-secret"]);
    let plan = env.plan(&OPEN);
    let actions = ["laptops", "workers", "gone"].map(|name| action(&plan, name));
    assert_eq!(actions, ["create", "blocked", "blocked"], "{plan:#}");
    shows(&plan, &["mapping-undecided"]);

    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(4);
    let document = env.import(&[&OPEN[..], &["--journal", "run.ndjson"]].concat());
    let actions = ["laptops", "workers", "gone"].map(|name| action(&document, name));
    assert_eq!(actions, ["created", "created", "blocked"], "{document:#}");
    let kept = kept(&env);
    for number in [LAPTOPS, WORKERS, GONE] {
        assert!(!kept.contains(&id(number)) && !kept.contains(&entra_sid(&id(number)).unwrap()), "{kept}");
    }
    let workers = super::of_target(&env, "groups", "Field workers")["id"].as_str().unwrap().to_owned();
    for target in [id(101), workers] {
        assert!(kept.contains(&target) && kept.contains(&entra_sid(&target).unwrap()), "{target}: {kept}");
    }
    for (name, bytes) in env.files(".") {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(HIDDEN), "{name} holds a secret's value");
    }
    assert!(!document.to_string().contains(HIDDEN));
}

#[test]
fn text_pairs_apply_inside_secrets_and_open_ones_block() {
    let env = exported();
    let entries = [LAPTOPS, WORKERS, GONE].map(|number| {
        let kind = if number == GONE { "directory-object" } else { "group" };
        json!({"kind": kind, "source": {"id": id(number)}, "decision": "map", "target": {"id": id(101)}})
    });
    env.write_mapping(&entries, &[json!({"find": "hidden-phrase"})]);
    let plan = env.plan(&OPEN);
    assert_eq!(action(&plan, "laptops"), "blocked", "{plan:#}");
    env.write_mapping(&entries, &[json!({"find": "hidden-phrase", "replace": "shown-phrase"})]);
    let import = [&["import", "tree", "--to", "production", YES], &OPEN[..]].concat();
    env.ferry(&import).exits(0);
    let kept = kept(&env);
    assert!(kept.contains("Zq7-shown-phrase") && !kept.contains("hidden"), "{kept}");
}

/// The service gives an XML value as text, and what is not UTF-8 loses characters on the way.
#[test]
fn an_xml_value_in_utf_16_is_not_kept_and_never_crosses() {
    let bytes: Vec<u8> = value(LAPTOPS).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut setting = oma("omaSettingStringXml", "./Device/x", "");
    setting["value"] = json!(to_base64(&[b"\xff\xfe", bytes.as_slice()].concat()));
    setting["isEncrypted"] = json!(true);
    let source = json!({"groups": [group(LAPTOPS, "All laptops")], CONFIGURATIONS: [custom(50, "wide", &[setting])]});
    let env = tenants(&source, &json!({"groups": [group(101, "All laptops")]}));
    export_with_secrets(&env);
    env.write_mapping(&[], &[]);
    let plan = env.plan(&OPEN);
    assert_eq!(action(&plan, "wide"), "blocked", "{plan:#}");
    shows(&plan, &["needs-secret"]);
    assert!(env.sandbox().secrets(PRODUCTION).is_empty());
}

#[test]
fn a_foreign_export_with_values_in_clear_is_judged_alike_by_map_and_plan() {
    let env = tenants(&json!({}), &json!({"groups": [group(101, "All laptops")]}));
    env.write(
        "other/DeviceConfiguration/a.json",
        &custom(60, "clear", &[oma("omaSettingString", "./Device/x", &value(LAPTOPS))]),
    );
    env.ferry(&["adopt", "other", "--out", "tree"]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let mut open = entry(&env, &id(LAPTOPS));
    assert_eq!(open["decision"], "undecided");
    assert_eq!(action(&env.plan(&["--mapping", "mapping.json"]), "clear"), "blocked");
    open["decision"] = json!("map");
    open["target"] = json!({"id": id(101)});
    env.write_mapping(&[open], &[]);
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(action(&plan, "clear"), "create", "{plan:#}");
}
