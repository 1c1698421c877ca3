//! What a comparison looks like.

use serde_json::{Value, json};

use super::super::change_lines::{Line, hunks};
use super::super::style::plain;
use super::*;

fn change(at: &str, left: Option<Value>, right: Option<Value>) -> Change {
    Change { at: at.into(), left, right }
}

fn differing(name: &str, fate: Fate, changes: Vec<Change>) -> Differing {
    let id = |wanted: bool| wanted.then(|| String::from("1"));
    Differing {
        type_name: "settings-catalog".into(),
        name: name.into(),
        fate,
        left: id(fate != Fate::Added),
        right: id(fate != Fate::Removed),
        changes,
        made_of: None,
    }
}

fn sample() -> Compared {
    let script = |last: &str| json!(format!("#!/bin/sh\nset -e\none\ntwo\nthree\nfour\n{last}\n"));
    let group =
        |name: &str| json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": name}});
    let setting = json!({"settingInstance": {"settingDefinitionId": "vendor_backup", "choiceSettingValue": {
        "value": "vendor_backup_1",
        "children": [{"settingDefinitionId": "vendor_age", "simpleSettingValue": {"value": 30}}]}}});
    let changes = vec![
        change("/settings/vendor_length/settingInstance/simpleSettingValue/value", Some(json!(6)), Some(json!(12))),
        change("/settings/vendor_backup", None, Some(setting)),
        change("/assignments/groupAssignmentTarget, Pilot", Some(group("Pilot")), None),
        change("/script", Some(script("five")), Some(script("six\u{1b}[31m"))),
        change("/description", Some(json!("word ".repeat(20).trim_end())), Some(json!("other"))),
    ];
    Compared {
        differing: vec![
            differing("Win - Edge", Fate::Changed, changes),
            differing("Win - New", Fate::Added, Vec::new()),
            differing("Win - Old", Fate::Removed, Vec::new()),
        ],
        equal: 83,
        findings: Vec::new(),
    }
}

#[test]
fn what_came_went_and_changed() {
    let look = Look { width: Some(80), verbose: false };
    insta::assert_snapshot!(plain(&diff(["monday", "tuesday"], &sample(), &[], look)), @r#"
    Compared monday with tuesday

      +    1 only in tuesday
      ~    1 changed
      -    1 only in monday
      =   83 the same

    + new  ~ changed  - removed

    settings-catalog
      ~ Win - Edge  (changed)
          ~ vendor_length: 6 → 12
          + vendor_backup: "1"
          + vendor_age: 30
          - assignments: group Pilot
          ~ script:
              ⋮ line 5
                three
                four
              - five
              + six\u{1b}[31m
          ~ description:
              - "word word word word word word word word word word word word word
                word word word word word word word"
              + "other"
      + Win - New  (only in tuesday)
      - Win - Old  (only in monday)

    Compared monday with tuesday

      +    1 only in tuesday
      ~    1 changed
      -    1 only in monday
      =   83 the same
    "#);
}

#[test]
fn nothing_at_all_is_said_in_words() {
    let text = plain(&diff(["a", "b"], &Compared::default(), &[], Look::default()));
    assert!(text.contains("neither side has any"), "{text}");
}

#[test]
fn ends_of_lines_are_seen_only_where_they_changed() {
    let line = |sign: char, text: &str| Line { sign, text: text.into() };
    assert_eq!(hunks("a\r\nb\r\n", "a\r\nc\r\n"), [line(' ', "a"), line('-', "b"), line('+', "c")]);
    assert_eq!(hunks("a\r\n", "a\n"), [line('-', "a\r"), line('+', "a")]);
}
