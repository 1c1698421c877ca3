//! A tenant of large policies: some 10 KB of JSON each on average, or as many as are asked for, as Graph sends it. Most are settings catalog
//! policies, the others are scripts and device configurations. Each is assigned to two groups and excludes a third.

use std::fmt::Write as _;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::tenant;

/// What people write in scripts, often enough to look like one.
const WORDS: [&str; 16] = [
    "Get-ItemProperty",
    "-Path",
    "'HKLM:\\SOFTWARE\\Policies'",
    "if",
    "($null -eq $value)",
    "{",
    "}",
    "Set-Content",
    "-Force",
    "Write-Output",
    "\"done\"",
    "$env:ProgramData",
    "New-Item",
    "foreach",
    "($entry in $list)",
    "return",
];

/// The source: this many policies, and the groups that they are assigned to. The target: groups of the same names.
pub fn tenants(policies: usize) -> (Map<String, Value>, Map<String, Value>) {
    of_size(policies, 10)
}

/// The same with so many KB for each policy on average.
pub fn of_size(policies: usize, kilobytes: usize) -> (Map<String, Value>, Map<String, Value>) {
    let groups = tenant::groups();
    let ids: Vec<&str> = groups.iter().map(String::as_str).collect();
    let configuration = tenant::sample_of("deviceManagement/deviceConfigurations", "iosGeneralDeviceConfiguration");
    let script = tenant::sample_of("deviceManagement/deviceManagementScripts", "deviceManagementScript");
    let mut source = Map::new();
    let mut add = |collection: &str, policy: Value| {
        let list = source.entry(collection.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().expect("a list").push(policy);
    };
    for number in 0..policies {
        match number % 10 {
            7 | 8 => {
                let mut policy = copy(&script, number, "Script", &ids);
                let text = script_text(number, (3_000 + number % 7 * 1_500) * kilobytes / 10);
                policy["scriptContent"] = base64::engine::general_purpose::STANDARD.encode(text).into();
                add("deviceManagement/deviceManagementScripts", policy);
            }
            9 => add("deviceManagement/deviceConfigurations", copy(&configuration, number, "Configuration", &ids)),
            _ => add(tenant::CATALOGUE, tenant::policy_of(number, &ids, (5 + number % 16) * kilobytes / 10)),
        }
    }
    let named = |prefix: char| -> Value {
        let group = |(place, id): (usize, &String)| {
            let id = id.replacen('9', &prefix.to_string(), 1);
            json!({"id": id, "displayName": format!("Group {place:02}"), "groupTypes": [], "securityEnabled": true,
                   "mailEnabled": false, "mailNickname": format!("group{place}")})
        };
        groups.iter().enumerate().map(group).collect()
    };
    source.insert(String::from("groups"), named('9'));
    let target = Map::from_iter([(String::from("groups"), named('7'))]);
    (source, target)
}

/// The model once more, as another policy.
fn copy(model: &Value, number: usize, called: &str, groups: &[&str]) -> Value {
    let id = format!("{number:08x}-0000-4000-8000-00000000beef");
    let mut policy = model.clone();
    policy["id"] = id.clone().into();
    policy["displayName"] = format!("{called} {number:05}").into();
    policy["description"] = "Made for the benchmark".into();
    policy["assignments"] = tenant::assignments(&id, number, groups);
    policy
}

/// Text of about this many bytes, another one for each number.
fn script_text(number: usize, size: usize) -> String {
    let mut text = String::new();
    let mut state = number as u64 + 1;
    while text.len() < size {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[(state >> 60) as usize]);
        text.push_str(if (state >> 40).is_multiple_of(8) { "\r\n" } else { " " });
        if (state >> 32).is_multiple_of(8) {
            let _ = write!(text, "$v{:x} = 0x{:x} ", state >> 52, state >> 33);
        }
    }
    text
}
