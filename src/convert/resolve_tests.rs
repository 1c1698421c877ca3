//! What settings mean, by report, by registry, and by both.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use crate::admx::ElementValue;
use crate::gpo::backup::FileKind;
use crate::gpo::{Backup, Gpo, Scope, State, report};
use crate::resolve::{Meaning, Resolved, resolve};
use crate::testing::{self, PARTS, policy, templates};

/// A policy's name in its file, its state, its values.
type Told = (String, Option<State>, Vec<(usize, ElementValue)>);

fn told(resolved: &[Resolved]) -> Vec<Told> {
    let templates = templates();
    let each = resolved.iter().map(|own| match &own.meaning {
        Meaning::Policy { policy, state, values } => {
            (templates.policy(*policy).unwrap().name.clone(), Some(*state), values.clone())
        }
        _ => (own.setting.name.clone(), None, Vec::new()),
    });
    each.collect()
}

fn all_values() -> Vec<(usize, ElementValue)> {
    vec![
        (0, ElementValue::Number(7)),
        (1, ElementValue::Tick(true)),
        (2, ElementValue::Item(1)),
        (3, ElementValue::Text("srv".into())),
        (4, ElementValue::Lines(vec!["one".into(), "two".into()])),
        (5, ElementValue::List(vec![(String::new(), "a.example".into())])),
        (6, ElementValue::List(vec![("k".into(), "v".into())])),
    ]
}

fn of_report(settings: &str) -> Gpo {
    report::read(testing::report("A", settings).as_bytes()).unwrap().remove(0)
}

#[test]
fn a_report_alone_gives_every_value() {
    let settings = [
        policy("everything ", "Enabled", "Contoso/Inner/Part", PARTS),
        policy("Turn it on", "Disabled", "Contoso", ""),
        policy("Twin", "Enabled", "Contoso/Other", ""),
        policy("Turn it on", "Whatever", "Contoso", ""),
        policy("Never heard of", "Enabled", "Contoso", ""),
    ];
    let gpo = of_report(&settings.concat());
    assert_eq!(
        (gpo.links[0].path.as_str(), gpo.id.as_str()),
        ("contoso.local/Sales", "31b2f340-016d-11d2-945f-00c04fb984f9")
    );
    let resolved = resolve(&gpo, &templates());
    let expected = [
        (String::from("Full"), Some(State::Enabled), all_values()),
        (String::from("Plain"), Some(State::Disabled), Vec::new()),
        (String::from("Twin_B"), Some(State::Enabled), Vec::new()),
        (String::from("Turn it on"), None, Vec::new()),
        (String::from("Never heard of"), None, Vec::new()),
    ];
    assert_eq!(told(&resolved), expected);
    assert_eq!(resolved[3].meaning, Meaning::NotConfigured);
    assert!(matches!(&resolved[4].meaning, Meaning::Unknown(why) if why.contains("no template")));
}

#[test]
fn the_registry_alone_gives_the_same() {
    let mut backup = Backup::default();
    backup.add("registry.pol", FileKind::Pol(Scope::Computer), &testing::pol());
    let mut told = told(&resolve(&backup.finish(), &templates()));
    told.sort_by(|left, right| left.0.cmp(&right.0));
    let expected = [
        (String::from("Full"), Some(State::Enabled), all_values()),
        (String::from("Plain"), Some(State::Disabled), Vec::new()),
        (String::from("Twin_B"), Some(State::Enabled), Vec::new()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn in_another_language_the_registry_decides() {
    let settings = [
        policy("Alles", "Enabled", "Contoso/Innen", ""),
        policy("Einschalten", "Disabled", "Contoso", ""),
        policy("Zwilling", "Enabled", "Contoso/Andere", ""),
    ];
    let mut backup = Backup::default();
    let text = testing::report("A", &settings.concat());
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    backup.add("gpreport.xml", FileKind::Report, &[&[0xFF, 0xFE], utf16.as_slice()].concat());
    backup.add("registry.pol", FileKind::Pol(Scope::Computer), &testing::pol());
    let names: Vec<String> = told(&resolve(&backup.finish(), &templates())).into_iter().map(|own| own.0).collect();
    assert_eq!(names, ["Full", "Plain", "Twin_B"]);
}

#[test]
fn a_report_and_its_registry_are_counted_once() {
    let settings = [
        policy("Everything", "Enabled", "Contoso/Inner/Part", ""),
        policy("Turn it on", "Disabled", "Contoso", ""),
        policy("The twin of today", "Enabled", "Contoso/Other", ""),
    ];
    let mut backup = Backup::default();
    backup.add("gpreport.xml", FileKind::Report, testing::report("A", &settings.concat()).as_bytes());
    backup.add("registry.pol", FileKind::Pol(Scope::Computer), &testing::pol());
    let told = told(&resolve(&backup.finish(), &templates()));
    let names: Vec<&str> = told.iter().map(|own| own.0.as_str()).collect();
    assert_eq!(names, ["Full", "Plain", "Twin_B"]);
    assert_eq!(told[0].2, all_values(), "the registry has the values that the report lacks");
}

#[test]
fn a_report_of_a_computer_or_nonsense_is_refused() {
    for text in ["<Rsop xmlns='x'><GPO/></Rsop>", "<html/>", "<GPO>", ""] {
        assert!(report::read(text.as_bytes()).is_err(), "{text}");
    }
    let two = "<report><GPO><Name>A</Name></GPO><GPO><Name>B</Name></GPO></report>";
    assert_eq!(report::read(two.as_bytes()).unwrap().len(), 2);
}
