//! Bad input gets one clear message that says what, where and what to do, the documented exit code, and
//! loses nothing.

use crate::env::{Env, PRODUCTION, Ran, TRIAL, empty, quick, sample};

fn exported() -> Env {
    let env =
        Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial"), empty(PRODUCTION, "Production")], quick());
    env.ferry(&["export", "trial", "--out", "tree", "--only", "platform-scripts,assignment-filters"]).exits(0);
    env
}

fn first_file(env: &Env, folder: &str, end: &str) -> std::path::PathBuf {
    let name = env.files("tree").into_keys().find(|name| name.starts_with(folder) && name.ends_with(end)).unwrap();
    env.path("tree").join(name)
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    let all = format!("{}{}", ran.out, ran.err);
    for word in words {
        assert!(all.contains(word), "`{word}` is not in:\n{all}");
    }
}

#[test]
fn a_file_that_is_no_json_is_named_and_the_rest_goes_on() {
    let env = exported();
    let file = first_file(&env, "assignment-filters/", ".json");
    std::fs::write(&file, "this is not json").unwrap();
    let ran = env.ferry(&["lint", "tree"]).exits(4);
    says(&ran, &["damaged-file", file.file_name().unwrap().to_str().unwrap(), "line 1"]);
    let mapping = ["--to", "production", "--mapping", "mapping.json", "--format", "json"];
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let plan = env.ferry(&[&["plan", "tree"][..], &mapping].concat());
    assert!(plan.json()["counts"]["create"].as_u64().unwrap() >= 1, "{}", plan.out);
}

#[test]
fn a_truncated_file_is_named_with_its_place() {
    let env = exported();
    let file = first_file(&env, "assignment-filters/", ".json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    says(&env.ferry(&["lint", "tree"]).exits(4), &["damaged-file", "line"]);
}

#[test]
fn a_directory_where_a_file_should_be() {
    let env = exported();
    std::fs::create_dir(env.path("tree/assignment-filters/x.json")).unwrap();
    says(&env.ferry(&["lint", "tree"]).exits(4), &["x.json"]);
}

#[test]
fn a_tree_of_a_newer_format_is_refused() {
    let env = exported();
    let manifest = env.path("tree/ferry-tree.json");
    let text = std::fs::read_to_string(&manifest).unwrap().replace("\"format\": 1", "\"format\": 99");
    std::fs::write(&manifest, text).unwrap();
    says(&env.ferry(&["plan", "tree", "--to", "production"]).exits(2), &["99", "newer"]);
    says(&env.ferry(&["export", "trial", "--out", "tree"]).exits(2), &["newer"]);
}

#[test]
fn a_sidecar_outside_the_folder_is_refused() {
    let env = exported();
    std::fs::write(env.path("x"), "secret").unwrap();
    let file = first_file(&env, "platform-scripts/", ".json");
    let mut policy: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    policy["scriptContent@ferry.file"] = "../../x".into();
    std::fs::write(&file, policy.to_string()).unwrap();
    says(&env.ferry(&["lint", "tree"]).exits(4), &["sidecar-refused", "../../x"]);
}

#[test]
fn a_mapping_of_an_unknown_kind_is_refused() {
    let env = exported();
    let mapping = format!(
        "{{\"format\":1,\"source\":{{\"tenantId\":\"{TRIAL}\"}},\"target\":{{\"tenantId\":\"{PRODUCTION}\"}},\
         \"entries\":[{{\"kind\":\"gruop\",\"source\":{{\"id\":\"1\"}},\"decision\":\"drop\"}}],\"text\":[]}}"
    );
    std::fs::write(env.path("mapping.json"), mapping).unwrap();
    let ran = env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json"]).exits(2);
    says(&ran, &["mapping.json", "gruop", "group"]);
}

#[test]
fn a_profile_that_does_not_exist_meets_a_suggestion() {
    let env = exported();
    says(&env.ferry(&["export", "trail", "--out", "x"]).exits(2), &["trail", "trial", "ferry.toml"]);
    assert!(!env.path("x").exists());
}

#[test]
fn a_sandbox_that_is_not_running_is_unreachable() {
    let mut env = exported();
    let before = env.files("tree");
    env.stop();
    says(&env.ferry(&["export", "trial", "--out", "tree"]).exits(7), &["127.0.0.1"]);
    assert_eq!(before, env.files("tree"));
}

#[test]
fn a_wrong_secret_is_a_sign_in_error_without_the_secret() {
    let env = exported();
    let ran =
        env.ferry_with(&["export", "trial", "--out", "tree"], &[("SANDBOX_SECRET", "wrong-and-private")]).exits(6);
    assert!(!ran.err.contains("wrong-and-private"), "{}", ran.err);
}

#[test]
fn a_folder_of_another_tool_is_pointed_to_adopt() {
    let env = exported();
    std::fs::create_dir(env.path("other")).unwrap();
    std::fs::write(env.path("other/a.json"), "{}").unwrap();
    says(&env.ferry(&["lint", "other"]).exits(2), &["other", "adopt"]);
}

/// What is not allowed in a file is said in words: where, what is allowed, what was probably meant.
#[test]
fn a_slip_in_a_file_of_settings_is_named_with_what_is_allowed() {
    let env = exported();
    let config = std::fs::read_to_string(env.path("ferry.toml")).unwrap();
    let slip = config.replacen("auth = \"client-secret\"", "auth = \"client_secret\"", 1);
    std::fs::write(env.path("slip.toml"), slip).unwrap();
    let ran = env.ferry(&["login", "trial", "--config", "slip.toml"]).exits(2);
    says(&ran, &["slip.toml:4:8: `client_secret` is not allowed here; did you mean `client-secret`?", "`azure-cli`"]);
    let plan = |more: &[&str]| env.ferry(&[&["plan", "tree", "--to", "production"], more].concat()).exits(2);
    let mapping =
        "{\"format\": 1, \"entries\": [\n {\"kind\": \"group\", \"source\": {\"id\": \"x\"}, \"decision\": \"mapp\"}]}";
    std::fs::write(env.path("m.json"), mapping).unwrap();
    let ran = plan(&["--mapping", "m.json"]);
    says(&ran, &["m.json, line 2, column", "`mapp` is not allowed here; did you mean `map`?"]);
    std::fs::write(env.path("d.json"), "{\"format\": 1, \"decision\": []}").unwrap();
    let ran = plan(&["--decide", "d.json"]);
    says(&ran, &["d.json: line 1, column", "`decision` is not a key that is known here; did you mean `decisions`?"]);
    for said in ["unknown variant", "unknown field", "expected one of"] {
        assert!(!ran.err.contains(said), "{}", ran.err);
    }
}
