//! Files of a tree that someone edited: an export loses none of them, says so, and does what the options say.

use std::process::Command;

use serde_json::{Value, json};

use crate::env::{Env, TRIAL, exported, has_ending, shows};
use crate::objects::{SCRIPTS, guid, script};

const EXPORT: [&str; 4] = ["export", "trial", "--out", "tree"];

fn export(env: &Env, code: i32, more: &[&str]) -> Value {
    env.ferry(&[&EXPORT, more, &["--format", "json"]].concat()).exits(code).json()
}

fn of_code<'a>(document: &'a Value, code: &str) -> Vec<&'a str> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.filter(|it| it["code"] == code).map(|it| it["subject"].as_str().unwrap()).collect()
}

fn is_json(name: &str) -> bool {
    has_ending(name, "json")
}

/// The files of the only script whose name begins so: its JSON and its payload.
fn files(env: &Env, name: &str) -> [String; 2] {
    let all = env.files("tree").into_keys().filter(|file| file.starts_with(&format!("platform-scripts/{name}.")));
    let (json, payload) = all.partition::<Vec<String>, _>(|file| is_json(file));
    [json[0].clone(), payload[0].clone()]
}

fn text(env: &Env, file: &str) -> String {
    std::fs::read_to_string(env.path("tree").join(file)).unwrap()
}

fn write(env: &Env, file: &str, text: &str) {
    std::fs::write(env.path("tree").join(file), text).unwrap();
}

fn describe(env: &Env, file: &str, text_of_it: &str) {
    write(env, file, &text(env, file).replace("\"description\": \"\"", &format!("\"description\": \"{text_of_it}\"")));
}

fn three() -> Env {
    exported(
        &json!({SCRIPTS: [script(1, "One", "AAAA"), script(2, "Two", "BBBB"), script(3, "Three", "CCCC")]}),
        &json!({}),
    )
}

#[test]
fn edited_files_are_kept_and_said_until_somebody_decides() {
    let env = three();
    let ([one, _], [_, two]) = (files(&env, "One"), files(&env, "Two"));
    describe(&env, &one, "by hand");
    write(&env, &two, "# by hand\n");
    let edited = (text(&env, &one), text(&env, &two));
    // Whatever else there is in the tenant is exported as always.
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(3), &json!({"description": "in the tenant"})));
    for more in [&[][..], &["--incremental"], &["--incremental"]] {
        let held = export(&env, 4, more);
        assert_eq!(of_code(&held, "edited-held"), [one.as_str(), &files(&env, "Two")[0]], "{held:#}");
        shows(&held, &["edited-held"]);
        assert_eq!((text(&env, &one), text(&env, &two)), edited);
        assert!(text(&env, &files(&env, "Three")[0]).contains("in the tenant"));
    }
    // An export of something else does not forget that they were edited.
    export(&env, 0, &["--only", "settings-catalog"]);
    export(&env, 4, &[]);
    let kept = export(&env, 0, &["--keep-edited"]);
    shows(&kept, &["edited-kept"]);
    assert_eq!((of_code(&kept, "edited-kept").len(), &kept["counts"]["edited"]), (2, &json!(4)), "{kept:#}");
    assert_eq!((text(&env, &one), text(&env, &two)), edited);
    let other = export(&env, 0, &["--overwrite-edited"]);
    shows(&other, &["edited-overwritten"]);
    assert_eq!(of_code(&other, "edited-overwritten").len(), 2, "{other:#}");
    assert!(!text(&env, &one).contains("by hand") && !text(&env, &two).contains("by hand"));
    assert_eq!(export(&env, 0, &[])["counts"]["written"], 0, "nothing is left of it");
    env.ferry(&[&EXPORT[..], &["--keep-edited", "--overwrite-edited"]].concat()).exits(2);
}

#[test]
fn an_edit_that_the_tenant_has_by_now_is_none() {
    let env = three();
    let [one, _] = files(&env, "One");
    describe(&env, &one, "both");
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(1), &json!({"description": "both"})));
    let done = export(&env, 0, &[]);
    assert_eq!(of_code(&done, "edited-held"), [""; 0], "{done:#}");
    assert_eq!(export(&env, 0, &[])["counts"]["written"], 0);
}

#[test]
fn what_was_edited_is_not_removed_or_renamed_either() {
    let env = three();
    let ([one, payload], [two, _]) = (files(&env, "One"), files(&env, "Two"));
    write(&env, &payload, "# by hand\n");
    describe(&env, &two, "by hand");
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(1), &Value::Null));
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(2), &json!({"displayName": "Zwei"})));
    let held = export(&env, 4, &[]);
    assert_eq!(of_code(&held, "edited-held"), [one.as_str(), &two], "{held:#}");
    assert_eq!(text(&env, &payload), "# by hand\n");
    assert!(text(&env, &two).contains("by hand"));
    let names: Vec<String> = env.files("tree").into_keys().filter(|name| name.contains("Zwei")).collect();
    assert_eq!(names, [""; 0], "no second file of the same policy");
    let linted = env.run(&["lint", "tree"]);
    assert!(!linted.to_string().contains("duplicate-id"), "{linted:#}");
    export(&env, 0, &["--overwrite-edited"]);
    let left: Vec<String> =
        env.files("tree").into_keys().filter(|name| name.contains("One") || name.contains("Two")).collect();
    assert_eq!(left, [""; 0]);
}

fn git(env: &Env, words: &[&str]) -> String {
    let who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    let done = Command::new("git").args(who).args(words).current_dir(env.path("tree")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Makes the tree a repository that has all of it.
fn committed(env: &Env) {
    git(env, &["init", "--quiet"]);
    git(env, &["config", "user.name", "t"]);
    git(env, &["config", "user.email", "t@example.com"]);
    commit_all(env);
}

fn commit_all(env: &Env) {
    git(env, &["add", "--all"]);
    git(env, &["commit", "--quiet", "-m", "by hand"]);
}

#[test]
fn a_file_that_cannot_be_read_any_more_counts_as_edited() {
    let env = three();
    let ([one, _], [two, _]) = (files(&env, "One"), files(&env, "Two"));
    let broken = [text(&env, &one).replace(',', ""), String::from("my notes")];
    write(&env, &one, &broken[0]);
    write(&env, &two, &broken[1]);
    let are_there = || assert_eq!([text(&env, &one), text(&env, &two)], broken);
    // The tree cannot be read whole, which counts before what is held.
    for more in [&[][..], &["--incremental"], &["--incremental"], &["--keep-edited"]] {
        let held = export(&env, 5, more);
        let code = if more == ["--keep-edited"] { "edited-kept" } else { "edited-held" };
        assert_eq!(of_code(&held, code), [one.as_str(), &two], "{held:#}");
        shows(&held, &["damaged-file"]);
        are_there();
    }
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(1), &json!({"description": "in the tenant"})));
    export(&env, 5, &[]);
    are_there();
    let other = export(&env, 0, &["--overwrite-edited"]);
    assert_eq!(of_code(&other, "edited-overwritten").len(), 2, "{other:#}");
    assert!(text(&env, &one).contains("in the tenant"));
    assert_eq!(export(&env, 0, &[])["counts"]["written"], 0);
}

#[test]
fn an_edit_that_the_last_commit_has_is_not_at_risk() {
    let env = three();
    committed(&env);
    let ([one, payload], [two, notes]) = (files(&env, "One"), files(&env, "Two"));
    describe(&env, &one, "by hand");
    write(&env, &payload, "# by hand\n");
    write(&env, &two, "my notes");
    // Staged is not committed.
    git(&env, &["add", "--all"]);
    export(&env, 5, &[]);
    assert!(text(&env, &one).contains("by hand"));
    // Committed once, and edited since; also where the policy's own file cannot be read.
    commit_all(&env);
    write(&env, &payload, "# by hand, again\n");
    write(&env, &notes, "# my script\n");
    let held = export(&env, 5, &[]);
    assert_eq!(of_code(&held, "edited-held"), [one.as_str(), &two], "{held:#}");
    git(&env, &["checkout", "--quiet", "--", &notes]);
    let held = export(&env, 4, &[]);
    assert_eq!(of_code(&held, "edited-held"), [one.as_str()], "{held:#}");
    assert_eq!(of_code(&held, "edited-overwritten"), [two.as_str()], "{held:#}");
    assert_eq!(text(&env, &payload), "# by hand, again\n");
    commit_all(&env);
    let kept = export(&env, 0, &["--keep-edited"]);
    assert_eq!(of_code(&kept, "edited-kept"), [one.as_str()], "whoever wants to keep it keeps it: {kept:#}");
    let done = export(&env, 0, &["--commit"]);
    assert_eq!(of_code(&done, "edited-overwritten"), [one.as_str()], "{done:#}");
    assert!(done["findings"].to_string().contains("the last commit has the edit"), "{done:#}");
    assert!(!text(&env, &one).contains("by hand"));
    assert!(git(&env, &["show", &format!("HEAD~1:{one}")]).contains("by hand"));
    assert_eq!(
        (git(&env, &["status", "--porcelain"]).as_str(), &export(&env, 0, &[])["counts"]["written"]),
        ("", &json!(0))
    );

    // Nor is one whose policy is gone.
    describe(&env, &one, "by hand");
    commit_all(&env);
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(1), &Value::Null));
    let done = export(&env, 0, &[]);
    assert_eq!(of_code(&done, "edited-overwritten"), [one.as_str()], "{done:#}");
    assert!(!env.path("tree").join(&one).exists());
}

#[test]
fn a_commit_leaves_edited_files_out() {
    let env = three();
    committed(&env);
    let git = |words: &[&str]| git(&env, words);
    let [one, _] = files(&env, "One");
    describe(&env, &one, "by hand");
    git(&["add", "--all"]);
    assert!(env.sandbox().edit(TRIAL, SCRIPTS, &guid(3), &json!({"description": "in the tenant"})));
    export(&env, 4, &["--commit"]);
    let committed = git(&["show", "--name-only", "--format=", "HEAD"]);
    assert!(committed.contains("Three") && !committed.contains("One"), "{committed}");
    assert!(text(&env, &one).contains("by hand"));
    export(&env, 0, &["--commit", "--overwrite-edited"]);
    assert_eq!(git(&["status", "--porcelain"]), "");
}

#[test]
fn a_rewritten_tree_keeps_what_was_edited_too() {
    let env = three();
    env.write_mapping(&[], &[]);
    let rewrite = ["rewrite", "tree", "--mapping", "mapping.json", "--out", "for-production"];
    env.ferry(&rewrite).exits(0);
    let file = env.files("for-production").into_keys().find(|name| name.contains("One") && is_json(name)).unwrap();
    let path = env.path("for-production").join(file);
    let edited =
        std::fs::read_to_string(&path).unwrap().replace("\"description\": \"\"", "\"description\": \"by hand\"");
    std::fs::write(&path, &edited).unwrap();
    let held = env.ferry(&[&rewrite[..], &["--format", "json"]].concat()).exits(4).json();
    assert_eq!(of_code(&held, "edited-held").len(), 1, "{held:#}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), edited);
    env.ferry(&[&rewrite[..], &["--overwrite-edited"]].concat()).exits(0);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("by hand"));
}

/// Whatever keeps the checksums from being read.
fn lose_sums(env: &Env, how: &str) {
    let path = env.path("tree/SHA256SUMS");
    std::fs::remove_file(&path).unwrap();
    match how {
        "deleted" => {}
        "emptied" => std::fs::write(path, "").unwrap(),
        _ => std::fs::write(path, [0xff, 0xfe, 0x00]).unwrap(),
    }
}

#[test]
fn without_checksums_nothing_is_written_over_and_nothing_is_removed() {
    for how in ["deleted", "emptied", "damaged"] {
        let env = three();
        let ([one, _], [two, _]) = (files(&env, "One"), files(&env, "Two"));
        describe(&env, &one, "by hand");
        let added = "platform-scripts/Mine.json";
        let mine: Value = serde_json::from_str(&text(&env, &two)).unwrap();
        let mut mine = mine.as_object().unwrap().clone();
        mine.remove("scriptContent@ferry.file");
        mine.insert("scriptContent".into(), json!("AAAA"));
        mine.insert("id".into(), json!(guid(9)));
        mine.insert("displayName".into(), json!("Mine"));
        write(&env, added, &serde_json::to_string_pretty(&mine).unwrap());
        lose_sums(&env, how);
        // Also after an export of something else has written new checksums.
        export(&env, 0, &["--only", "settings-catalog"]);
        let held = export(&env, 4, &[]);
        let mut subjects = of_code(&held, "edited-held");
        subjects.sort_unstable();
        assert_eq!(subjects, [added, one.as_str()], "{how}: {held:#}");
        assert!(text(&env, &one).contains("by hand") && text(&env, added).contains("Mine"), "{how}");
        export(&env, 4, &[]);
        export(&env, 0, &["--overwrite-edited"]);
        assert!(!text(&env, &one).contains("by hand") && !env.path("tree").join(added).exists(), "{how}");
        assert_eq!(export(&env, 0, &[])["counts"]["written"], 0, "{how}");
    }
}

#[test]
fn a_tree_as_it_was_written_gets_its_checksums_back_without_a_question() {
    let env = three();
    let before = env.files("tree");
    lose_sums(&env, "deleted");
    export(&env, 0, &[]);
    assert_eq!(env.files("tree"), before);
}

#[test]
fn without_checksums_a_rewriting_holds_edits_as_well() {
    let env = three();
    env.write_mapping(&[], &[]);
    let rewrite = ["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"];
    env.ferry(&rewrite).exits(0);
    let name = files(&env, "One")[0].clone();
    let path = env.path("rewritten").join(&name);
    let edited = std::fs::read_to_string(&path).unwrap().replace("\"description\": \"\"", "\"description\": \"mine\"");
    std::fs::write(&path, &edited).unwrap();
    std::fs::remove_file(env.path("rewritten/SHA256SUMS")).unwrap();
    shows(&env.ferry(&[&rewrite[..], &["--format", "json"]].concat()).exits(4).json(), &["edited-held"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), edited);
}
