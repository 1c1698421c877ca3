//! What became of the settings of converted group policy objects: counts for people, and every setting for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use intune_ferry_convert::convert::{Judged, Verdict};
use serde_json::{Value, json};

use crate::tree::foreign::Converted;

/// The verdicts in their order, with the words that people read.
const WORDS: [(&str, &str); 6] = [
    ("converted", "converted"),
    ("otherForm", "converted to another form"),
    ("noCounterpart", "without a counterpart"),
    ("superseded", "superseded"),
    ("notConfigured", "not configured"),
    ("notRecognized", "not recognized"),
];

/// How many settings have each verdict, and how many there are.
pub fn counts(all: &[Converted]) -> Vec<(&'static str, usize)> {
    let judged = || all.iter().flat_map(|own| &own.conversion.judged);
    let mut counts = vec![("settings", judged().count())];
    for (word, _) in WORDS {
        let name = match word {
            "converted" => "settingsConverted",
            "otherForm" => "settingsOtherForm",
            "noCounterpart" => "settingsNoCounterpart",
            "superseded" => "settingsSuperseded",
            "notConfigured" => "settingsNotConfigured",
            _ => "settingsNotRecognized",
        };
        counts.push((name, judged().filter(|own| own.verdict.word() == word).count()));
    }
    counts
}

/// The counts as a line.
pub fn text(counts: &[(&'static str, usize)], objects: usize) -> String {
    let mut out = String::new();
    let settings = counts.first().map_or(0, |own| own.1);
    let words = WORDS.iter().zip(counts.iter().skip(1)).filter(|(_, (_, number))| *number > 0);
    let words: Vec<String> = words.map(|((_, word), (_, number))| format!("{number} {word}")).collect();
    let _ = writeln!(out, "{settings} settings of {objects} group policy objects: {}", words.join(", "));
    out
}

/// Every setting with its verdict, by object.
pub fn ledger(all: &[Converted]) -> Value {
    let object = |own: &Converted| {
        let links = own
            .gpo
            .links
            .iter()
            .map(|link| json!({"path": link.path, "enabled": link.enabled, "enforced": link.enforced}));
        json!({
            "file": own.file,
            "name": own.gpo.name,
            "id": own.gpo.id,
            "links": links.collect::<Vec<_>>(),
            "settings": own.conversion.judged.iter().map(setting).collect::<Vec<_>>(),
        })
    };
    all.iter().map(object).collect()
}

fn setting(own: &Judged) -> Value {
    let mut facts = BTreeMap::from([
        ("scope", own.setting.scope.to_string()),
        ("place", own.setting.place.clone()),
        ("name", own.setting.name.clone()),
        ("value", own.value.clone()),
        ("verdict", own.verdict.word().to_owned()),
    ]);
    match &own.verdict {
        Verdict::Converted(id) | Verdict::OtherForm(id) => {
            facts.insert("definition", id.clone());
        }
        Verdict::NoCounterpart { why, instead } | Verdict::Superseded { why, instead } => {
            facts.insert("why", why.clone());
            facts.insert("instead", instead.clone());
        }
        Verdict::NotRecognized(why) => {
            facts.insert("why", why.clone());
        }
        Verdict::NotConfigured => {}
    }
    json!(facts)
}
