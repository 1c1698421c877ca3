//! Names from a tenant in the log of a build: no line of the output is a command of Azure Pipelines or GitHub Actions.

use serde_json::json;

use crate::env::{YES, exported};
use crate::objects::{SCRIPTS, script};

const NAMES: [&str; 4] = [
    "##vso[task.setvariable variable=x]y",
    "::error file=x::boom",
    "##[group]a name that is long enough to be wrapped somewhere in the middle of it ::set-output name=x::y",
    "a ##VSO[task.complete result=Succeeded]",
];

/// Whether a build system would obey a line.
fn is_command(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.contains("##vso[") || lower.contains("##[") || line.trim_start().starts_with("::")
}

#[test]
fn no_line_of_the_output_is_a_command() {
    let scripts: Vec<_> = (1..).zip(NAMES).map(|(number, name)| script(number, name, "AAAA")).collect();
    let env = exported(&json!({SCRIPTS: scripts}), &json!({}));
    env.write_mapping(&[], &[]);
    for format in [&[][..], &["-v"], &["--format", "json"]] {
        for words in [
            &["export", "trial", "--out", "tree"][..],
            &["lint", "tree"],
            &["plan", "tree", "--to", "production", "--mapping", "mapping.json"],
            &["diff", "tree", "tenant:production"],
            &["export", "##vso[task.setvariable variable=x]y", "--out", "::error::x"],
            &["import", "tree", "--to", "production", "--mapping", "mapping.json", YES],
            &["verify", "tree", "--to", "production", "--mapping", "mapping.json"],
        ] {
            let ran = env.ferry(&[words, format].concat());
            for line in ran.out.lines().chain(ran.err.lines()) {
                assert!(!is_command(line), "{words:?} {format:?}: {line}");
            }
        }
    }
    // The document still has the names as they are.
    let plan = env.plan(&["--mapping", "mapping.json"]);
    let names: Vec<&str> = plan["objects"].as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(NAMES.iter().all(|name| names.contains(name)), "{names:?}");
}
