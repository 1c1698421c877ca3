//! Where a mapping is needed and none was given, one sentence says so and names the command that makes one.

use serde_json::json;

use crate::env::{PRODUCTION, TRIAL, YES, exported};
use crate::objects::{SCRIPTS, group, guid, script, to, with_assignments};

#[test]
fn one_sentence_names_map() {
    let many: Vec<_> =
        (1..60).map(|n| with_assignments(script(n, &format!("S {n}"), "AAAA"), &[to(&guid(900 + n % 7))])).collect();
    let groups: Vec<_> = (0..7).map(|n| group(&guid(900 + n), &format!("G {n}"))).collect();
    let env = exported(&json!({"groups": groups, SCRIPTS: many}), &json!({}));
    let map = "intune-ferry map tree --to production --out mapping.json";
    for command in [&["plan"][..], &["verify"], &["import", YES]] {
        let words = [&command[..1], &["tree", "--to", "production"], &command[1..]].concat();
        let stopped = env.ferry(&words).exits(4);
        let lines: Vec<&str> = stopped.err.lines().chain(stopped.out.lines()).filter(|line| !line.is_empty()).collect();
        assert!(lines.len() <= 6, "{words:?}: {lines:#?}");
        assert!(stopped.err.contains("59 policies refer to 7 groups, users and other objects"), "{}", stopped.err);
        assert!(stopped.err.contains(map), "{}", stopped.err);
        let error = env.ferry(&[&words[..], &["--format", "json"]].concat()).exits(4).json()["error"].clone();
        assert!(error["fix"].as_str().unwrap().contains(map), "{error}");
    }
    assert_eq!(env.writes(PRODUCTION), 0);
    // The command works as it is shown, and the selection goes along.
    let some = env.ferry(&["plan", "tree", "--to", "production", "--name", "S 1"]).exits(4).err;
    assert!(some.contains("1 policy refers to 1 group") && some.contains(&format!("{map} --name 'S 1'")), "{some}");
    env.ferry(&map.split(' ').skip(1).collect::<Vec<_>>()).exits(4);
    env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json"]).exits(4);
    // A comparison goes on, and says it at its end.
    let compared = env.ferry(&["diff", "tree", "tenant:production"]).exits(3);
    assert!(compared.err.contains("compare with --mapping FILE") && compared.err.contains(map), "{}", compared.err);
}

#[test]
fn what_needs_none_goes_on_without() {
    let assigned = with_assignments(script(2, "Two", "AAAA"), &[to(&guid(901))]);
    let env = exported(
        &json!({"groups": [group(&guid(901), "Staff")], SCRIPTS: [script(1, "One", "AAAA"), assigned]}),
        &json!({}),
    );
    env.ferry(&["plan", "tree", "--to", "production", "--name", "One"]).exits(3);
    env.ferry(&["plan", "tree", "--to", "production", "--assignments", "none"]).exits(3);
    env.ferry(&["verify", "tree", "--to", "trial"]).exits(0);
    let same = env.ferry(&["diff", "tree", "tenant:trial"]).exits(0);
    assert!(!same.err.contains("--mapping"), "{}", same.err);
    assert_eq!(env.writes(TRIAL), 0);
}
