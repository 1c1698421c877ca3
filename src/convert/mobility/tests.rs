//! Tests with objects that are made up of the documented parameters: no real export is published.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::objects::minutes;
use super::*;
use crate::convert::Verdict;

const RULES: &str = include_str!("../../../policies-schema/convert/basic-mobility.toml");
const GROUP: &str = "5bff73eb-0ba7-461b-b7c9-9b4c173cc266";

fn rules() -> MobilityRules {
    MobilityRules::parse(RULES).unwrap()
}

fn made(properties: &Value, access: Access) -> MadeRule {
    let mut all = json!({"TargetGroups": [GROUP], "Policy": "p", "Name": "Phones{1a}"});
    all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    make(&read_json(&all)[0], "Phones", access, true, &rules())
}

fn body<'a>(made: &'a MadeRule, key: &str) -> &'a serde_json::Map<String, Value> {
    &made.policies.iter().find(|own| own.key == key).unwrap_or_else(|| panic!("{key}: {made:#?}")).body
}

#[test]
fn what_blocks_becomes_compliance_and_access_and_what_allows_restrictions() {
    let rule = json!({
        "PasswordRequired": true, "AllowSimplePassword": false, "PasswordMinComplexChars": 3, "PasswordMinimumLength": 6,
        "MaxPasswordAttemptsBeforeWipe": 8, "PasswordTimeout": "00:12:00", "PhoneMemoryEncrypted": true,
        "AllowJailbroken": false, "RequireEmailProfile": true, "AllowScreenshot": false, "PasswordHistoryCount": 0,
        "AppsRating": "Rating9plus", "PasswordExpirationDays": null, "NewOne": 1, "WhenChanged": "today",
    });
    let blocking = made(&rule, Access::Block);
    let keys: Vec<&str> = blocking.policies.iter().map(|own| own.key.as_str()).collect();
    let expected = [
        "windows-compliance",
        "ios-compliance",
        "android-compliance",
        "windows",
        "ios",
        "android",
        "ios-email",
        "access",
    ];
    assert_eq!(keys, expected);
    let windows = body(&blocking, "windows-compliance");
    assert_eq!(
        (&windows["displayName"], &windows["passwordMinutesOfInactivityBeforeLock"]),
        (&json!("Phones_O365_W"), &json!(5))
    );
    assert_eq!(
        (&windows["passwordMinimumCharacterSetCount"], &windows["passwordBlockSimple"]),
        (&json!(3), &json!(true))
    );
    let ios = body(&blocking, "ios-compliance");
    assert_eq!(
        (&ios["passcodeMinutesOfInactivityBeforeLock"], &ios["managedEmailProfileRequired"]),
        (&json!(10), &json!(true))
    );
    // Of simple, complex and long, the strongest demand counts, in whatever order they come.
    assert_eq!(body(&blocking, "android-compliance")["passwordRequiredType"], "alphanumericWithSymbols");
    assert_eq!(body(&blocking, "android-compliance")["securityBlockJailbrokenDevices"], true);
    assert_eq!(body(&blocking, "ios")["passcodeSignInFailureCountBeforeWipe"], 8);
    assert_eq!(body(&blocking, "ios-email")["hostName"], "outlook.office365.com");
    let access = body(&blocking, "access");
    assert_eq!(
        (&access["state"], &access["conditions"]["users"]["includeGroups"]),
        (&json!("disabled"), &json!([GROUP]))
    );

    let allowing = made(&rule, Access::Allow);
    assert!(allowing.policies.iter().all(|own| own.policy_type == "device-configurations"), "{allowing:#?}");
    assert_eq!(body(&allowing, "windows")["passwordMinutesOfInactivityBeforeScreenTimeout"], 5);
    assert_eq!(body(&allowing, "ios")["assignments"][0]["target"]["groupId"], GROUP);

    let verdict = |name: &str| blocking.judged.iter().find(|own| own.name == name).unwrap().verdict.word();
    let words = [
        "PasswordRequired",
        "PasswordTimeout",
        "AppsRating",
        "PasswordExpirationDays",
        "NewOne",
        "PasswordHistoryCount",
    ];
    assert_eq!(
        words.map(verdict),
        ["converted", "otherForm", "noCounterpart", "notConfigured", "notRecognized", "notConfigured"]
    );
    assert!(blocking.judged.iter().all(|own| !["WhenChanged", "Name", "TargetGroups"].contains(&own.name.as_str())));
    assert_eq!(blocking.judged.len(), 14, "every property has a verdict: {:#?}", blocking.judged);
}

#[test]
fn nobody_and_what_is_off_are_assigned_to_nobody() {
    let rule = json!({"PasswordRequired": true, "TargetGroups": ["00000000-0000-0000-0000-000000000000"]});
    let for_nobody = made(&rule, Access::Block);
    let rule = read_json(&json!({"PasswordRequired": true, "TargetGroups": GROUP}));
    let off = make(&rule[0], "Off", Access::Block, false, &rules());
    for made in [for_nobody, off] {
        assert!(
            made.policies.iter().all(|own| own.key != "access" && own.body["assignments"] == json!([])),
            "{made:#?}"
        );
    }
}

#[test]
fn clixml_gives_the_same_as_json() {
    let text = format!(
        r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><TN RefId="0">
        <T>Deserialized.Microsoft.Office.CompliancePolicy.PowerShell.DeviceConditionalAccessRule</T><T>System.Object</T></TN><ToString>x</ToString>
        <MS><B N="PasswordRequired">true</B><I32 N="PasswordMinimumLength">6</I32><TS N="PasswordTimeout">PT12M</TS><Nil N="AllowAppStore" />
        <Obj N="TargetGroups" RefId="1"><TN RefId="1"><T>x</T></TN><LST><S>{GROUP}</S></LST></Obj><S N="Policy">p</S><S N="Name">Phones{{1a}}</S></MS></Obj></Objs>"#
    );
    assert!(is_clixml(text.as_bytes()));
    let objects = read_clixml(text.as_bytes()).unwrap();
    assert_eq!((objects.len(), objects[0].access("x.xml")), (1, Some(Access::Block)));
    let properties = json!({"PasswordRequired": true, "PasswordMinimumLength": 6, "PasswordTimeout": "00:12:00", "AllowAppStore": null});
    let wanted = made(&properties, Access::Block);
    let found = make(&objects[0], "Phones", Access::Block, true, &rules());
    assert_eq!(found.policies, wanted.policies);
    assert!(read_clixml(b"<Other/>").is_err() && read_clixml(b"<Objs>").is_err());
}

#[test]
fn a_time_span_is_read_in_every_form() {
    for (value, wanted) in [
        (json!("00:15:00"), Some(15)),
        (json!("1.02:03:04"), Some(1563)),
        (json!("PT15M"), Some(15)),
        (json!("P1DT1H1M30S"), Some(1501)),
        (json!({"Ticks": 9_000_000_000_i64, "TotalMinutes": 15}), Some(15)),
        (json!("soon"), None),
        (json!(7), None),
    ] {
        assert_eq!(minutes(&value), wanted, "{value}");
    }
}

#[test]
fn every_property_of_the_tables_becomes_something_or_is_explained() {
    let text: toml::Value = toml::from_str(RULES).unwrap();
    let groups = text["groups"].as_array().unwrap();
    for name in groups.iter().flat_map(|group| group["settings"].as_table().unwrap().keys()) {
        let said = [json!(true), json!(4), json!("00:05:00")].iter().any(|value| {
            let made = made(&json!({name: value}), Access::Block);
            matches!(made.judged[0].verdict, Verdict::Converted(_) | Verdict::OtherForm(_))
        });
        assert!(said, "{name}");
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_every_property_has_one_verdict(names in proptest::collection::vec("[A-Za-z]{1,12}", 0..8), number in any::<i64>(), text in ".{0,20}") {
        let mut all = serde_json::Map::new();
        for (at, name) in names.iter().enumerate() {
            all.insert(name.clone(), if at % 2 == 0 { json!(number) } else { json!(text) });
        }
        all.insert("PasswordTimeout".into(), json!(text));
        let rules = rules();
        let made = make(&Object { types: vec![], properties: all.clone() }, "x", Access::Allow, true, &rules);
        let wanted = all.keys().filter(|name| !rules.is_about(name)).count();
        prop_assert_eq!(made.judged.len(), wanted);
        let _ = read_clixml(text.as_bytes());
    }
}
