//! Ids that occur nowhere else, planted in every kind of readable text and in every encoding: none of them crosses,
//! whatever the mapping says of them.

use std::collections::HashSet;

use intune_ferry::policy::decode::{Encoding, to_base64, to_bytes};
use intune_ferry::policy::ids::entra_sid;
use intune_ferry::policy::{Marks, sweep};
use serde_json::{Value, json};

use super::{CATALOG, CONFIGURATIONS, OPEN, SCRIPTS, catalog, custom, export_with_secrets, group, oma, script};
use crate::env::{PRODUCTION, tenants};

/// Ways to write an id.
const WRITTEN: usize = 4;
/// Ways to wrap a text.
const WRAPPED: usize = 6;

fn written(id: &str, way: usize) -> String {
    match way {
        0 => id.to_owned(),
        1 => id.to_uppercase(),
        2 => id.replace('-', ""),
        _ => entra_sid(id).unwrap(),
    }
}

fn wrapped(text: &str, way: usize) -> String {
    let line = format!("Use-Group \"{text}\"");
    match way {
        0 => line,
        1 => to_base64(line.as_bytes()),
        2 => to_base64(&to_bytes(&line, Encoding::Utf16Le { mark: true })),
        3 => format!("<a group='{text}'><b>{}</b></a>", to_base64(line.as_bytes())),
        4 => json!({"group": text, "inner": json!({"again": text}).to_string()}).to_string(),
        _ => format!("<data>\n\t{}\n</data>", to_base64(line.as_bytes())),
    }
}

#[test]
fn no_planted_id_crosses_in_any_text_or_encoding() {
    let mut chance = fastrand::Rng::with_seed(13);
    let mut objects = json!({"groups": [], SCRIPTS: [], CONFIGURATIONS: [], CATALOG: []});
    let mut there = json!({"groups": []});
    let mut planted: Vec<String> = Vec::new();
    let mut number = 1000;
    for write in 0..WRITTEN {
        for wrap in 0..WRAPPED {
            for kind in 0..5 {
                number += 2;
                let own = uuid(&mut chance);
                let mut known = group(number, &format!("planted {number}"));
                known["id"] = json!(own);
                objects["groups"].as_array_mut().unwrap().push(known);
                // Every other one has a namesake in the target.
                if number % 4 == 0 {
                    there["groups"]
                        .as_array_mut()
                        .unwrap()
                        .push(group(number + 1_000_000, &format!("planted {number}")));
                }
                let text = wrapped(&written(&own, write), wrap);
                let name = format!("{number} of {write} in {wrap}");
                let (collection, policy) = match kind {
                    0 => (SCRIPTS, script(number, &name, text.as_bytes())),
                    1 => (SCRIPTS, script(number, &name, &to_bytes(&text, Encoding::Utf16Le { mark: true }))),
                    2 => (CATALOG, catalog(number, &name, &[("device_vendor_msft_policy_config_x", &text)])),
                    3 => (CONFIGURATIONS, custom(number, &name, &[oma("omaSettingString", "./Device/x", &text)])),
                    _ => (CONFIGURATIONS, custom(number, &name, &[oma("omaSettingStringXml", "./Device/x", &text)])),
                };
                objects[collection].as_array_mut().unwrap().push(policy);
                planted.push(own);
            }
        }
    }
    let env = tenants(&objects, &there);
    // Every OMA value is a secret in the service.
    export_with_secrets(&env);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let document = env.import(&OPEN);
    let done = |word: &str| {
        let objects = document["objects"].as_array().unwrap().iter();
        objects.filter(|object| object["action"] == word).count()
    };
    // Those with a namesake arrive as it; of the others nothing is sent.
    assert_eq!((done("created"), done("blocked")), (planted.len() / 2, planted.len() / 2), "{:#}", document["counts"]);
    let marks = Marks { ids: planted.into_iter().collect::<HashSet<_>>(), ..Marks::default() };
    let crossed = || {
        [
            sweep(&env.sandbox().state(PRODUCTION), &marks, &|_, _| false),
            sweep(&json!(env.sandbox().secrets(PRODUCTION)), &marks, &|_, _| false),
        ]
        .concat()
    };
    assert_eq!(crossed(), []);

    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(0);
    let document: Value = env.import(&OPEN);
    let blocked = document["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "blocked").count();
    assert_eq!(blocked, 0, "{document:#}");
    assert_eq!(crossed(), []);
}

fn uuid(chance: &mut fastrand::Rng) -> String {
    let digits: String = (0..32).map(|_| char::from_digit(chance.u32(0..16), 16).unwrap()).collect();
    let parts = [
        &digits[..8],
        &digits[8..12],
        &format!("4{}", &digits[13..16]),
        &format!("a{}", &digits[17..20]),
        &digits[20..],
    ];
    parts.join("-")
}
