//! What settings become: every kind of element, forms of their own, groups, conflicts.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::path::Path;

use serde_json::{Value, json};

use crate::conflicts::conflicts;
use crate::convert::{Conversion, Verdict, convert};
use crate::gpo::{Gpo, report};
use crate::rules::Rules;
use crate::testing::{self, PARTS, policy, templates};

const RULES: &str = r#"
version = 1
target = { type = "catalog", properties = { platforms = "windows10" } }
[[templates]]
files = ["Own"]
app = "ownv2"
apps = { "ownv3" = ["cat_root_plain"] }
elements = { Level = "grade" }
source = "made up"
[[forms]]
area = "Area"
source = "made up"
rows = [{ policy = "Own/Twin_A", is = "Twin", enabled = "0", disabled = "1", inside = { is = "{Id}" } }]
[[none]]
what = ["Own/Twin_B"]
why = "gone"
instead = "nothing"
superseded = true
source = "made up"
"#;

fn converted(settings: &str) -> (Gpo, Conversion) {
    let gpo = report::read(testing::report("A", settings).as_bytes()).unwrap().remove(0);
    let conversion = convert(&gpo, &templates(), &Rules::parse(RULES).unwrap());
    (gpo, conversion)
}

fn settings(conversion: &Conversion) -> Vec<&Value> {
    let all = conversion.policies[0].body["settings"].as_array().unwrap();
    all.iter().map(|own| &own["settingInstance"]).collect()
}

#[test]
fn every_kind_of_element_has_its_shape() {
    let (_, conversion) = converted(&policy("Everything", "Enabled", "Contoso/Inner/Part", PARTS));
    let id = "device_vendor_msft_policy_config_ownv2~policy~cat_root~cat_inner_full";
    assert_eq!(conversion.judged[0].verdict, Verdict::Converted(id.to_owned()));
    let own = settings(&conversion)[0];
    assert_eq!(own["choiceSettingValue"]["value"], format!("{id}_1"));
    let children = own["choiceSettingValue"]["children"].as_array().unwrap();
    let child = |at: usize, pointer: &str| children[at].pointer(pointer).unwrap_or_else(|| panic!("{}", children[at]));
    assert_eq!(child(0, "/simpleSettingValue/value"), 7);
    assert_eq!(child(1, "/choiceSettingValue/value"), &json!(format!("{id}_strict_1")));
    // The element has another name there, and values are in lower case.
    assert_eq!(child(2, "/choiceSettingValue/value"), &json!(format!("{id}_grade_top")));
    assert_eq!(child(3, "/simpleSettingValue/value"), "srv");
    assert_eq!(child(4, "/simpleSettingCollectionValue/1/value"), "two");
    assert_eq!(child(5, "/simpleSettingCollectionValue/0/value"), "a.example");
    let pair = child(6, "/groupSettingCollectionValue/0/children");
    assert_eq!(
        (&pair[0]["settingDefinitionId"], &pair[1]["simpleSettingValue"]["value"]),
        (&json!(format!("{id}_pairs_key")), &json!("v"))
    );
}

#[test]
fn rules_decide_what_a_policy_becomes() {
    let all = [
        policy("Turn it on", "Disabled", "Contoso", ""),
        policy("Twin", "Enabled", "Contoso/Inner/Part", ""),
        policy("Twin", "Enabled", "Contoso/Other", ""),
    ];
    let (_, conversion) = converted(&all.concat());
    let words: Vec<&str> = conversion.judged.iter().map(|own| own.verdict.word()).collect();
    assert_eq!(words, ["converted", "otherForm", "superseded"]);
    let own = settings(&conversion);
    let prefix = "device_vendor_msft_policy_config";
    assert_eq!(own[0]["settingDefinitionId"], format!("{prefix}_area_{{id}}"));
    let inside = &own[0]["groupSettingCollectionValue"][0]["children"][0];
    assert_eq!(inside["choiceSettingValue"]["value"], format!("{prefix}_area_twin_0"));
    assert_eq!(own[1]["choiceSettingValue"]["value"], format!("{prefix}_ownv3~policy~cat_root_plain_0"));
}

#[test]
fn other_values_are_a_conflict_and_equal_ones_are_not() {
    let on = converted(&policy("Turn it on", "Enabled", "Contoso", ""));
    let off = converted(&policy("Turn it on", "Disabled", "Contoso", ""));
    let found = conflicts(&[(&on.0, &on.1), (&off.0, &off.1)]);
    assert_eq!(found[0].sides, [(0, String::from("enabled")), (1, String::from("disabled"))]);
    assert_eq!((found.len(), found[0].name.as_str()), (1, "Turn it on"));
    assert_eq!(conflicts(&[(&on.0, &on.1), (&on.0, &on.1)]), []);
}

#[test]
fn the_rules_of_the_project_can_be_read_and_each_has_a_source() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies-schema/convert/group-policy.toml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(Rules::parse(&text).is_ok());
    let without = RULES.replacen("source = \"made up\"", "source = \"\"", 1);
    assert!(Rules::parse(&without).is_err_and(|error| error.to_string().contains("no source")));
    assert!(Rules::parse("version = 2\ntarget = { type = \"a\", properties = {} }").is_err());
}
