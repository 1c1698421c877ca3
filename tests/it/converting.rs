//! `convert`: administrative templates of a tree become settings catalog policies where every setting converts; the
//! others stay and are named. What was converted goes through lint, plan, import and verify without a difference.

use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

const DEFINITIONS: &str = "deviceManagement/groupPolicyDefinitions";
const POLICIES: &str = "deviceManagement/groupPolicyConfigurations";
const GROUP: &str = "90000000-0000-4000-8000-000000000001";

/// Policies under the name of a file that Windows has built in; the last has fields.
const ADMX: &str = r#"<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions">
<policyNamespaces><target prefix="s" namespace="Microsoft.Policies.Sharing"/></policyNamespaces>
<categories><category name="Net" displayName="$(string.Net)"/></categories><policies>
<policy name="DisableHomeGroup" class="Machine" displayName="$(string.Home)" key="K" valueName="A"><parentCategory ref="Net"/></policy>
<policy name="NoInplaceSharing" class="User" displayName="$(string.NoShare)" key="K" valueName="B"><parentCategory ref="Net"/></policy>
<policy name="Cache" class="Machine" displayName="$(string.Cache)" presentation="$(presentation.Cache)" key="K"><parentCategory ref="Net"/><elements>
<text id="Server" valueName="S"/><text id="Backup" valueName="T"/>
<enum id="Mode" valueName="M"><item displayName="$(string.Low)"><value><decimal value="1"/></value></item><item displayName="$(string.High)"><value><decimal value="2"/></value></item></enum>
</elements></policy></policies></policyDefinitions>"#;
const ADML: &str = r#"<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"><resources><stringTable>
<string id="Net">Network</string><string id="Home">Prevent the homegroup</string><string id="NoShare">Prevent sharing</string>
<string id="Cache">Cache</string><string id="Low">Low</string><string id="High">High</string>
</stringTable><presentationTable><presentation id="Cache"><textBox refId="Server"><label>Server</label></textBox>
<textBox refId="Backup"><label>Backup server</label></textBox><dropdownList refId="Mode">Mode</dropdownList></presentation></presentationTable></resources></policyDefinitionResources>"#;

fn id(number: u32) -> String {
    format!("c7000000-0000-4000-8000-{number:012}")
}

fn definition(number: u32, class: &str, name: &str, category: &str, fields: &[Value]) -> Value {
    json!({"id": id(number), "classType": class, "categoryPath": category, "displayName": name, "policyType": "admxBacked",
        "presentations": fields})
}

fn value(number: u32, enabled: bool, definition: u32, fields: &[Value]) -> Value {
    json!({"id": id(number), "enabled": enabled, "configurationType": "policy", "presentationValues": fields,
        "definition@odata.bind": format!("{DEFINITIONS}('{}')", id(definition))})
}

/// A tenant in which one policy converts whole and two do not.
fn trial() -> TenantSeed {
    let mut seed = empty(TRIAL, "Trial");
    let field = |number: u32, kind: &str, label: &str| json!({"@odata.type": format!("#microsoft.graph.groupPolicyPresentation{kind}"), "id": id(number), "label": label});
    // The order of the ids is not the order of the template.
    let fields =
        [field(19, "TextBox", "Server"), field(12, "TextBox", "Backup server"), field(11, "DropdownList", "Mode")];
    seed.objects[DEFINITIONS] = json!([
        definition(1, "machine", "Prevent the homegroup", "\\Network", &[]),
        definition(2, "user", "Prevent sharing", "\\Network", &[]),
        definition(3, "machine", "Cache", "\\Network", &fields),
        definition(4, "machine", "Beep", "\\Vendor", &[]),
        // Another vendor's setting of the same name.
        definition(5, "machine", "Prevent the homegroup", "\\Vendor", &[]),
    ]);
    let text = |number: u32, field: u32, text: &str| {
        json!({"@odata.type": "#microsoft.graph.groupPolicyPresentationValueText", "id": id(number), "value": text,
            "presentation@odata.bind": format!("{DEFINITIONS}('{}')/presentations('{}')", id(3), id(field))})
    };
    let cache = [text(51, 19, "srv"), text(52, 12, "bak"), text(53, 11, "2")];
    let policy = |number: u32, name: &str, values: &[Value]| {
        json!({"@odata.type": "#microsoft.graph.groupPolicyConfiguration", "id": id(number), "displayName": name,
            "description": "of old", "roleScopeTagIds": ["0"], "definitionValues": values})
    };
    let mut whole =
        policy(21, "Win - Network", &[value(31, true, 1, &[]), value(32, false, 2, &[]), value(33, true, 3, &cache)]);
    whole["assignments"] =
        json!([{"id": "a", "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP}}]);
    seed.objects[POLICIES] = json!([
        whole,
        policy(22, "Win - Half", &[value(34, true, 1, &[]), value(35, true, 4, &[])]),
        policy(23, "Win - Vendor", &[value(36, true, 5, &[])]),
    ]);
    seed.objects["groups"] = json!([{"id": GROUP, "displayName": "All laptops", "securityEnabled": true,
        "mailEnabled": false, "mailNickname": "laptops", "groupTypes": []}]);
    seed
}

fn exported() -> Env {
    let mut target = empty(PRODUCTION, "Production");
    target.objects[DEFINITIONS] = trial().objects[DEFINITIONS].clone();
    target.objects["groups"] = trial().objects["groups"].clone();
    let env = Env::start(vec![trial(), target], quick());
    std::fs::create_dir_all(env.path("admx/en-US")).unwrap();
    std::fs::write(env.path("admx/Sharing.admx"), ADMX).unwrap();
    std::fs::write(env.path("admx/en-US/Sharing.adml"), ADML).unwrap();
    env.ferry(&["export", "trial", "--out", "tree", "--only", "administrative-templates"]).exits(0);
    env
}

const CONVERT: [&str; 8] =
    ["convert", "tree", "--from", "administrative-templates", "--admx", "admx", "--out", "converted"];

#[test]
fn what_converts_whole_crosses_and_the_rest_stays_and_is_named() {
    let env = exported();
    let before = env.files("tree");
    let document = env.run(&[&CONVERT[..], &["--html", "page.html"]].concat());
    assert_eq!(before, env.files("tree"), "the tree that is read does not change");
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    assert_eq!((count("read"), count("converted"), count("stayed")), (3, 1, 2), "{document:#}");
    assert_eq!((count("settings"), count("settingsConverted"), count("settingsNotRecognized")), (6, 4, 2));
    shows(&document, &["policy-not-converted", "setting-not-recognized"]);
    let findings = document["findings"].as_array().unwrap();
    let said: Vec<&str> = findings
        .iter()
        .filter(|own| own["code"] == "policy-not-converted")
        .map(|own| own["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        ["\"Win - Half\": 1 of 2 settings do not convert", "\"Win - Vendor\": 1 of 1 setting does not convert"]
    );
    let page = std::fs::read_to_string(env.path("page.html")).unwrap();
    assert!(page.contains("Win - Half") && page.contains("Win - Network"), "{page}");

    // The policy: settings of both scopes, fields by their labels, who it is for.
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let tree = intune_ferry::tree::read(&env.path("converted"), &catalogue).unwrap();
    let of_type = |name: &str| tree.policies.iter().filter(|own| own.type_name == name).collect::<Vec<_>>();
    assert_eq!(of_type("administrative-templates").len(), 2);
    let [new] = of_type("settings-catalog")[..] else { panic!("one policy was made") };
    let new = new.to_value();
    assert_eq!((&new["name"], &new["description"]), (&json!("Win - Network"), &json!("of old")));
    assert_eq!(new["assignments"][0]["target"]["groupId"], GROUP);
    let instance = |at: usize| &new["settings"][at]["settingInstance"];
    let prefix = "device_vendor_msft_policy_config_admx_sharing";
    assert_eq!(instance(0)["settingDefinitionId"], format!("{prefix}_cache"));
    let children = instance(0)["choiceSettingValue"]["children"].as_array().unwrap();
    let shown = |own: &Value| own["simpleSettingValue"]["value"].clone();
    let texts: Vec<(&Value, Value)> = children.iter().map(|own| (&own["settingDefinitionId"], shown(own))).collect();
    assert_eq!(texts[0], (&json!(format!("{prefix}_cache_backup")), json!("bak")));
    assert_eq!(children[1]["choiceSettingValue"]["value"], format!("{prefix}_cache_mode_2"));
    assert_eq!(texts[2], (&json!(format!("{prefix}_cache_server")), json!("srv")));
    assert_eq!(
        instance(2)["choiceSettingValue"]["value"],
        "user_vendor_msft_policy_config_admx_sharing_noinplacesharing_0"
    );

    // Where it comes from is beside it, and fits the schema.
    let origins: Value =
        serde_json::from_str(&std::fs::read_to_string(env.path("converted/adopted.json")).unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&crate::evidence::file("adopted.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&origins), "{origins:#}");
    assert_eq!(origins["sources"].as_array().unwrap().len(), 1);

    // A second run changes nothing, nor does converting what was converted.
    let first = env.files("converted");
    env.ferry(&CONVERT).exits(0);
    assert_eq!(first, env.files("converted"));
    let again =
        env.run(&["convert", "converted", "--from", "administrative-templates", "--admx", "admx", "--out", "again"]);
    assert_eq!((again["counts"]["read"].as_u64(), again["counts"]["converted"].as_u64()), (Some(2), Some(0)));
    assert_eq!(first, env.files("again"));

    let lint = env.run(&["lint", "converted"]);
    assert_eq!(lint["counts"]["errors"].as_u64().unwrap_or(0), 0, "{lint:#}");
    env.ferry(&["map", "converted", "--to", "production", "--out", "mapping.json"]).exits(0);
    let crossing = ["converted", "--to", "production", "--mapping", "mapping.json"];
    let import = env.run(&[&["import"], &crossing[..], &[YES]].concat());
    assert_eq!(import["counts"]["created"].as_u64(), Some(3), "{import:#}");
    env.ferry(&[&["verify"], &crossing[..]].concat()).exits(0);
}

#[test]
fn without_templates_everything_stays_and_other_types_are_refused() {
    let env = exported();
    let document = env.run(&["convert", "tree", "--from", "administrative-templates", "--out", "converted"]);
    assert_eq!((document["counts"]["converted"].as_u64(), document["counts"]["stayed"].as_u64()), (Some(0), Some(3)));
    let stayed = env.files("converted");
    let of_type = |(name, _): &(&String, &Vec<u8>)| name.starts_with("administrative-templates/");
    assert_eq!(
        stayed.iter().filter(of_type).collect::<Vec<_>>(),
        env.files("tree").iter().filter(of_type).collect::<Vec<_>>()
    );

    let wrong = env.ferry(&["convert", "tree", "--from", "intents", "--out", "other"]).exits(2);
    assert!(
        wrong.err.contains("cannot be converted") && wrong.err.contains("administrative-templates"),
        "{}",
        wrong.err
    );
    env.ferry(&["convert", "tree", "--from", "administrative-templates", "--admx", "nowhere", "--out", "other"])
        .exits(2);
    for own in ["adopted.json", "settings-catalog", "administrative-templates/page.html"] {
        let ran = env.ferry(&[&CONVERT[..], &["--html", &format!("converted/{own}")]].concat()).exits(2);
        assert!(ran.err.contains("among the files of the tree"), "{}", ran.err);
    }
    assert_eq!(stayed, env.files("converted"));
}
