//! Files between a shell and the program: what Windows PowerShell wrote in UTF-16 is read, and what a shell would encode
//! in another way the program writes itself, in UTF-8 without a mark.

use serde_json::{Value, json};

use crate::env::{exported, tenants};
use crate::objects::{SCRIPTS, script};

/// As `>` and `Out-File` of Windows PowerShell 5.1 write it, and as `Out-File -Encoding utf8` there does.
fn encoded(text: &str) -> [Vec<u8>; 2] {
    let text = text.replace('\n', "\r\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [[&[0xFF, 0xFE], &utf16[..]].concat(), [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat()]
}

fn is_plain_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.starts_with('\u{feff}') && !text.contains('\0'))
}

#[test]
fn ferry_toml_a_mapping_and_decisions_are_read_in_utf16_and_with_a_mark() {
    let source = json!({SCRIPTS: [script(1, "Gerät", "AAAA")]});
    let target = json!({SCRIPTS: [script(2, "Gerät", "BBBB")]});
    let env = exported(&source, &target);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(0);
    let config = std::fs::read_to_string(env.path("ferry.toml")).unwrap() + "# Geräte\n";
    let mapping = std::fs::read_to_string(env.path("mapping.json")).unwrap();
    let decide = json!({"format": 1, "decisions": [
        {"type": "platform-scripts", "name": "Gerät", "onConflict": "update"}
    ]});
    let plan = ["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--decide", "decide.json"];
    for which in [0, 1] {
        for (file, text) in [("ferry.toml", &config), ("mapping.json", &mapping), ("decide.json", &decide.to_string())]
        {
            std::fs::write(env.path(file), &encoded(text)[which]).unwrap();
        }
        let planned = env.ferry(&[&plan[..], &["--format", "json"]].concat()).exits(3).json();
        let actions: Vec<&Value> = planned["objects"].as_array().unwrap().iter().map(|it| &it["action"]).collect();
        assert!(actions.contains(&&json!("update")), "{planned:#}");
        // What the program writes to them is UTF-8.
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(0);
        assert!(is_plain_utf8(&std::fs::read(env.path("mapping.json")).unwrap()));
        env.ferry(&["init", "other.example", "--name", &format!("other{which}")]).exits(0);
        let text = std::fs::read(env.path("ferry.toml")).unwrap();
        assert!(is_plain_utf8(&text) && String::from_utf8_lossy(&text).contains("# Geräte"));
        env.ferry(&["login", "trial"]).exits(0);
    }
    // Text in an older code page is refused with the place, and nothing is done.
    std::fs::write(env.path("ferry.toml"), [config.as_bytes(), b"# Ger\xe4te\n"].concat()).unwrap();
    let ran = env.ferry(&["login", "trial"]).exits(2);
    assert!(ran.err.contains("ferry.toml") && ran.err.contains("not UTF-8 text (line"), "{}", ran.err);
}

#[test]
fn every_command_writes_its_result_to_a_file_and_shows_text() {
    let env = exported(&json!({SCRIPTS: [script(1, "Gerät \u{1F512}", "AAAA")]}), &json!({}));
    let results = |words: &[&str], code: i32| -> (Value, String) {
        let ran = env.ferry(&[words, &["--results", "out.json"]].concat()).exits(code);
        let bytes = std::fs::read(env.path("out.json")).unwrap();
        assert!(is_plain_utf8(&bytes) && bytes.ends_with(b"}\n"), "{words:?}");
        (serde_json::from_slice(&bytes).unwrap(), ran.out)
    };
    let same = |words: &[&str], code: i32| {
        let (file, shown) = results(words, code);
        assert!(!shown.starts_with('{') && !shown.is_empty(), "text is shown: {shown}");
        let mut printed = env.ferry(&[words, &["--format", "json"]].concat()).exits(code).json();
        // Only what is measured differs.
        let mut file = file;
        for document in [&mut file, &mut printed] {
            document.as_object_mut().unwrap().remove("elapsedMs");
            document.as_object_mut().unwrap().remove("requests");
        }
        assert_eq!(file, printed, "{words:?}");
    };
    same(&["lint", "tree"], 0);
    same(&["plan", "tree", "--to", "production"], 3);
    same(&["types", "platform-scripts"], 0);
    // With --format json, both.
    let (file, shown) = results(&["lint", "tree", "--format", "json"], 0);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["objects"], file["objects"]);
    // An error is in the file as well.
    let (file, _) = results(&["lint", "nowhere"], 2);
    assert_eq!((file["exitCode"].clone(), file["outcome"].clone()), (json!(2), json!("usage")));
    assert!(file["error"]["message"].as_str().unwrap().contains("nowhere"), "{file}");
    // It is written over its own kind only, and never over what is read.
    std::fs::write(env.path("notes.txt"), "mine").unwrap();
    let ran = env.ferry(&["lint", "tree", "--results", "notes.txt"]).exits(2);
    assert!(ran.err.contains("not the result of a command"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(env.path("notes.txt")).unwrap(), "mine");
    env.ferry(&["lint", "tree", "--results", "no/such/folder.json"]).exits(2);
    env.ferry(&["lint", "tree", "--results", "tree/platform-scripts/x.json"]).exits(2);
}

#[test]
#[cfg(unix)]
fn a_result_that_cannot_be_written_is_reported_and_the_rest_counts() {
    let env = exported(&json!({SCRIPTS: [script(1, "One", "AAAA")]}), &json!({}));
    std::fs::create_dir(env.path("sealed")).unwrap();
    // A folder of that name is in the way once the work is done: a dangling link is none before.
    std::os::unix::fs::symlink(env.path("sealed/gone/out.json"), env.path("out.json")).unwrap();
    let ran = env.ferry(&["lint", "tree", "--results", "out.json", "--format", "json"]);
    // Refused before, or reported after; never silent.
    assert!([2, 5].contains(&ran.code), "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("out.json"), "{}", ran.err);
}

#[test]
fn texts_to_keep_are_written_by_the_program() {
    let env = tenants(&json!({}), &json!({}));
    for (words, printed) in [
        (&["types", "platform-scripts", "--schema"][..], "$schema"),
        (&["completions", "powershell"], "INTUNE_FERRY_COMPLETE"),
        (&["completions", "bash"], "INTUNE_FERRY_COMPLETE"),
    ] {
        let shown = env.ferry(words).exits(0).out;
        let file = format!("{}.txt", words.join("-"));
        for _ in 0..2 {
            let ran = env.ferry(&[words, &["--out", &file]].concat()).exits(0);
            assert!(ran.out.contains(&file) && !ran.out.contains(printed), "{}", ran.out);
            assert_eq!(std::fs::read_to_string(env.path(&file)).unwrap(), shown);
        }
        std::fs::write(env.path("mine.txt"), "mine").unwrap();
        env.ferry(&[words, &["--out", "mine.txt"]].concat()).exits(2);
    }
    env.ferry(&["man", "--out", "pages"]).exits(0);
}
