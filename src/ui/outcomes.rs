//! What came of an import or a verification, for people: the counts first, then what is not simply done.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;

use super::escape::clean;
use super::layout::{Look, named};
use super::results::counts_of;
use super::style::{self, paint};
use super::{differences, findings, plan_view};
use crate::engine::{Action, ObjectOutcome};
use crate::finding::{Finding, Severity, codes};

/// An action word with its sign, the words of the count, and whether it is as planned and needs no line.
struct Word {
    action: &'static str,
    sign: char,
    says: &'static str,
    style: Style,
    silent: bool,
}

const fn word(action: &'static str, sign: char, says: &'static str, style: Style, silent: bool) -> Word {
    Word { action, sign, says, style, silent }
}

/// All words, in the order in which they are counted.
static WORDS: [Word; 22] = [
    word("created", '+', "created", style::GOOD, true),
    word("updated", '~', "changed", style::LOOK, false),
    word("assign", '~', "to assign", style::LOOK, false),
    word("assigned", '~', "assigned", style::LOOK, false),
    word("written", '+', "written", style::GOOD, true),
    word("removed", '-', "removed", style::LOOK, true),
    word("restored", '~', "put back as it was", style::LOOK, false),
    word("remove", '-', "to remove", style::LOOK, false),
    word("restore", '~', "to put back as it was", style::LOOK, false),
    word("gone", '=', "gone, or as it was", style::FAINT, true),
    word("stays", '!', "left as it is", style::BAD, false),
    word("equal", '=', "as they should be", style::GOOD, true),
    word("unchanged", '=', "already as wanted", style::FAINT, true),
    word("differs", '~', "different", style::LOOK, false),
    word("missing", '-', "missing", style::BAD, false),
    word("exists-differs", '-', "different, left alone", style::LOOK, false),
    word("left-behind", '/', "bound to the source tenant or retired, left behind", style::FAINT, false),
    word("blocked", '!', "blocked", style::BAD, false),
    word("pending", '!', "waiting for a second administrator's approval", style::BAD, false),
    word("stale", '!', "changed in the target since the plan", style::BAD, false),
    word("failed", '!', "failed", style::BAD, false),
    word("not-started", '.', "not begun", style::LOOK, false),
];

/// An action word that the table does not know is shown all the same.
static OTHER: Word = word("", '?', "", style::LOOK, false);

/// The outcomes under a heading such as `Imported into "Contoso"`.
pub fn outcomes(heading: &str, objects: &[ObjectOutcome], look: Look) -> String {
    let mut out = format!("{}\n\n", paint(style::STRONG, clean(heading)));
    let counts = counts_of(objects);
    if objects.is_empty() {
        out.push_str("  nothing was selected\n");
    }
    for word in &WORDS {
        if let Some(number) = counts.get(word.action) {
            let _ = writeln!(out, "  {} {number:>4} {}", paint(word.style, word.sign), word.says);
        }
    }
    for (action, number) in &counts {
        if find(action).action.is_empty() {
            let _ = writeln!(out, "  ? {number:>4} {}", clean(action));
        }
    }
    let listed: Vec<&ObjectOutcome> = objects.iter().filter(|object| look.verbose || is_news(object)).collect();
    if listed.len() < objects.len() && counts.contains_key("created") {
        out.push_str("\nBelow is what deserves a look; -v lists every policy.\n");
    }
    let mut by_type: BTreeMap<&str, Vec<&ObjectOutcome>> = BTreeMap::new();
    for object in listed {
        by_type.entry(&object.type_name).or_default().push(object);
    }
    for (type_name, mut list) in by_type {
        let _ = writeln!(out, "\n{}", paint(style::STRONG, clean(type_name)));
        list.sort_by_key(|object| (position(&object.action), &object.name));
        let (bound, rest): (Vec<&ObjectOutcome>, Vec<&ObjectOutcome>) =
            list.into_iter().partition(|object| object.action == Action::LeftBehind.word());
        let shown = look.limit(bound.len(), plan_view::FEW);
        for object in rest.iter().chain(&bound[..shown]) {
            out.push_str(&one(object, look));
        }
        out.push_str(&plan_view::more(bound.len() - shown));
    }
    let reasons = findings::legend(objects.iter().filter(|o| is_news(o)).flat_map(|object| &object.findings), look);
    if !reasons.is_empty() {
        let _ = write!(out, "\n{reasons}");
    }
    out
}

fn one(object: &ObjectOutcome, look: Look) -> String {
    let word = find(&object.action);
    // The sign says which of the counted words it is, except where two words share one.
    let note = match word.action {
        "" => paint(style::FAINT, format!("  ({})", clean(&object.action))),
        _ if matches!(word.sign, '+' | '=') => String::new(),
        _ => paint(style::FAINT, format!("  ({})", word.says)),
    };
    let mut out = format!("  {} {}{note}\n", paint(word.style, word.sign), named(&object.name, look));
    out.push_str(&differences::below(&object.differences, "      ", look));
    // The line itself says already that it differs and is left alone.
    let said = |finding: &&Finding| finding.is(&codes::EXISTS_DIFFERS) && object.action.ends_with("differs");
    let shown = object.findings.iter().filter(|f| look.verbose || (f.severity > Severity::Info && !said(f)));
    out.push_str(&findings::below(&shown.collect::<Vec<_>>(), "      ", look));
    out
}

fn is_news(object: &ObjectOutcome) -> bool {
    !find(&object.action).silent || object.findings.iter().any(|finding| finding.severity > Severity::Info)
}

fn find(action: &str) -> &'static Word {
    WORDS.iter().find(|word| word.action == action).unwrap_or(&OTHER)
}

/// All words with their signs, for other views.
pub(super) fn words() -> impl Iterator<Item = (&'static str, char, &'static str)> {
    WORDS.iter().map(|word| (word.action, word.sign, word.says))
}

fn position(action: &str) -> usize {
    WORDS.iter().position(|word| word.action == action).unwrap_or(WORDS.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::style::plain;
    use super::*;
    use crate::policy::Difference;

    fn object(name: &str, action: &str) -> ObjectOutcome {
        ObjectOutcome {
            type_name: "settings-catalog".into(),
            id: name.to_lowercase(),
            name: name.into(),
            action: action.into(),
            target_id: None,
            differences: Vec::new(),
            findings: Vec::new(),
        }
    }

    #[test]
    fn an_import_says_what_was_done_and_what_failed() {
        let mut failed = object("Win - VPN", "failed");
        failed.findings.push(Finding::new(
            &codes::WRITE_FAILED,
            "settings-catalog/Win - VPN",
            "refused: POST beta/x: 400 BadRequest: the name is taken",
        ));
        let list = [
            object("Win - Firewall", "created"),
            failed,
            object("Win - Edge", "unchanged"),
            object("Win - BitLocker", "not-started"),
        ];
        insta::assert_snapshot!(plain(&outcomes("Imported into \"Contoso\"", &list, Look::default())), @r#"
        Imported into "Contoso"

          +    1 created
          =    1 already as wanted
          !    1 failed
          .    1 not begun

        Below is what deserves a look; -v lists every policy.

        settings-catalog
          ! Win - VPN  (failed)
              write-failed: refused: POST beta/x: 400 BadRequest: the name is taken
          . Win - BitLocker  (not begun)

        Why, and how often (`intune-ferry explain CODE` says more, and what to do):
               1 write-failed  Graph refused a write
        "#);
    }

    #[test]
    fn a_verification_says_where_the_target_differs() {
        let mut differs = object("Win - Firewall", "differs");
        differs.differences.push(Difference { at: "/a".into(), found: Some(json!(1)), wanted: Some(json!(2)) });
        let list = [object("Win - Edge", "equal"), differs, object("Win - VPN", "missing")];
        insta::assert_snapshot!(plain(&outcomes("Verified \"Contoso\"", &list, Look::default())), @r#"
        Verified "Contoso"

          =    1 as they should be
          ~    1 different
          -    1 missing

        settings-catalog
          ~ Win - Firewall  (different)
              a: 1 → 2
          - Win - VPN  (missing)
        "#);
    }

    #[test]
    fn a_word_of_the_future_is_shown() {
        let text = plain(&outcomes("Done", &[object("A", "teleported")], Look::default()));
        assert!(text.contains("?    1 teleported") && text.contains("? A  (teleported)"), "{text}");
    }
}
