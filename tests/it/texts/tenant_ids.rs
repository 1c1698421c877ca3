//! Settings that hold a tenant's id: another tool's placeholder for it, and the id of a tenant that is neither the
//! source nor the target, as published baselines have it.

use serde_json::{Value, json};

use super::{CATALOG, action, catalog, of_target};
use crate::env::{Env, PRODUCTION, shows, tenants};

const ONEDRIVE: &str =
    "device_vendor_msft_policy_config_onedrivengscv2~policy~onedrivengsc_kfmoptinnowizard_kfmoptinnowizard_textbox";
const ALLOWED: &str =
    "device_vendor_msft_policy_config_onedrivengscv2~policy~onedrivengsc_allowtenantlist_allowtenantlistbox";
const STRANGER: &str = "c0ffee00-3f42-4c6b-9a57-2b8e64d1a9aa";

fn adopted() -> Env {
    let env = tenants(&json!({}), &json!({}));
    for (file, name, definition, value) in [
        ("a", "stranger", ONEDRIVE, STRANGER),
        ("b", "placeholder", ONEDRIVE, "%OrganizationId%"),
        ("c", "target", ONEDRIVE, PRODUCTION),
        ("d", "partners", ALLOWED, STRANGER),
        ("e", "template", ONEDRIVE, "%tenantid%"),
    ] {
        let mut body = catalog(40, name, &[(definition, value)]);
        body["id"] = json!(format!("0000004{file}-71b4-4c5e-9d3a-0123456789ab"));
        env.write(&format!("other/SettingsCatalog/{file}.json"), &body);
    }
    env.ferry(&["adopt", "other", "--out", "tree"]);
    env
}

const NAMES: [&str; 5] = ["stranger", "placeholder", "target", "partners", "template"];

fn actions(document: &Value) -> [&str; 5] {
    NAMES.map(|name| action(document, name))
}

fn pair(mapping: &mut Value, find: &str) -> Value {
    let pairs = mapping["text"].as_array().cloned().unwrap_or_default();
    pairs.into_iter().find(|pair| pair["find"] == find).unwrap_or_else(|| panic!("{find}: {mapping:#}"))
}

#[test]
fn they_block_until_somebody_says_which_tenant_is_meant() {
    let env = adopted();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    let mut mapping: Value = serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap();
    assert_eq!(pair(&mut mapping, "%OrganizationId%")["replace"], PRODUCTION, "{mapping:#}");
    assert_eq!(pair(&mut mapping, "%tenantid%")["replace"], PRODUCTION);
    assert!(pair(&mut mapping, STRANGER)["replace"].is_null());
    // The open pair concerns every place where the stranger's id stands.
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(actions(&plan), ["blocked", "create", "create", "blocked", "create"], "{plan:#}");

    // Without any pair, a list of other tenants is what it says.
    env.write("mapping.json", &json!({"format": 1, "target": {"tenantId": PRODUCTION}, "entries": []}));
    let plan = env.plan(&["--mapping", "mapping.json"]);
    assert_eq!(actions(&plan), ["blocked", "blocked", "create", "create", "blocked"], "{plan:#}");
    shows(&plan, &["mapping-undecided", "source-id-left"]);

    mapping["text"] = json!([{"find": "%OrganizationId%", "replace": PRODUCTION}, {"find": STRANGER, "replace": STRANGER},
        {"find": "%tenantid%", "replace": "%tenantid%"}]);
    env.write("mapping.json", &mapping);
    let document = env.import(&["--mapping", "mapping.json"]);
    assert_eq!(actions(&document), ["created"; 5], "{document:#}");
    let value = |name: &str| of_target(&env, CATALOG, name)["settings"].to_string();
    assert!(value("placeholder").contains(PRODUCTION) && !value("placeholder").contains("OrganizationId"));
    assert!(value("stranger").contains(STRANGER));
}
