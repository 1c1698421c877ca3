//! What became of the settings of converted objects: counts for people, and every setting for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::escape::clean;
use super::layout::{Look, count};
use crate::tree::{Origin, OriginKind, OriginSetting, Origins};

/// The verdicts in their order: the word, how a count is named, what people read, and the tone and sign of a report.
pub(super) const VERDICTS: [Verdict; 6] = [
    Verdict { word: "converted", counted: "settingsConverted", says: "converted", tone: "new", sign: '+' },
    Verdict {
        word: "otherForm",
        counted: "settingsOtherForm",
        says: "converted to another form",
        tone: "changed",
        sign: '~',
    },
    Verdict {
        word: "noCounterpart",
        counted: "settingsNoCounterpart",
        says: "without a counterpart",
        tone: "bad",
        sign: 'x',
    },
    Verdict { word: "superseded", counted: "settingsSuperseded", says: "superseded", tone: "same", sign: '=' },
    Verdict {
        word: "notConfigured",
        counted: "settingsNotConfigured",
        says: "not configured",
        tone: "same",
        sign: '.',
    },
    Verdict {
        word: "notRecognized",
        counted: "settingsNotRecognized",
        says: "not recognized",
        tone: "open",
        sign: '?',
    },
];
/// How many objects the text lists.
const FEW: usize = 20;

/// How a verdict is shown.
pub(super) struct Verdict {
    pub(super) word: &'static str,
    counted: &'static str,
    pub(super) says: &'static str,
    pub(super) tone: &'static str,
    pub(super) sign: char,
}

impl Verdict {
    /// How many of the settings have it.
    pub(super) fn of<'a>(&self, settings: impl Iterator<Item = &'a OriginSetting>) -> usize {
        settings.filter(|own| own.verdict == self.word).count()
    }
}

/// The parts of a profile are payloads, and not counted with settings.
fn objects(origins: &Origins) -> impl Iterator<Item = &Origin> {
    origins.sources.iter().filter(|own| own.kind != OriginKind::ConfigurationProfile)
}

/// How many settings have each verdict, and how many there are; nothing where there is none.
pub fn counts(origins: &Origins) -> Vec<(&'static str, usize)> {
    if objects(origins).next().is_none() {
        return Vec::new();
    }
    let settings = || objects(origins).flat_map(|own| &own.settings);
    let each = VERDICTS.iter().map(|verdict| (verdict.counted, verdict.of(settings())));
    std::iter::once(("settings", settings().count())).chain(each).collect()
}

/// The counts as a line, and how much of each object converts.
pub fn text(origins: &Origins, look: Look) -> String {
    let mut out = String::new();
    let all: Vec<&Origin> = objects(origins).collect();
    if let Some(first) = all.first() {
        let settings = || all.iter().flat_map(|own| &own.settings);
        let words = VERDICTS.iter().map(|verdict| (verdict.of(settings()), verdict.says));
        let words: Vec<String> =
            words.filter(|(number, _)| *number > 0).map(|(number, says)| format!("{number} {says}")).collect();
        let objects = count(all.len(), first.kind.words(), first.kind.plural());
        let settings = count(settings().count(), "setting", "settings");
        let _ = writeln!(out, "{settings} of {objects}: {}", words.join(", "));
    }
    let limit = look.limit(all.len(), FEW);
    for own in all.iter().take(limit) {
        let _ = writeln!(out, "  {:>9}  {}", share(own), clean(&own.name));
    }
    if limit < all.len() {
        let more = count(all.len() - limit, "more object", "more objects");
        let _ = writeln!(out, "  … and {more}; -v lists all");
    }
    out
}

/// How much of an object converts.
pub(super) fn share(own: &Origin) -> String {
    let converted = own.settings.iter().filter(|setting| setting.is_converted()).count();
    format!("{converted} of {}", own.settings.len())
}

/// Every setting with its verdict, by object.
pub fn ledger(origins: &Origins) -> Value {
    json!(origins.sources)
}
