//! Microsoft's own table of what can be copied from tenant to tenant (portability.md, part A), row by row: the
//! verdict, reason and fix on export and on import, and that whatever can move does move. And every row of part B
//! that is bound to its tenant, needs a secret or a file, or exists everywhere, with its code.

mod table;

use std::collections::BTreeMap;

use intune_ferry::catalogue::Catalogue;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};
use crate::round_trip::graph::Graph;
use crate::round_trip::samples::made;
use crate::round_trip::{groups, plant};

use table::{APPS, CONFIGURATIONS, ROWS, id, tenants};

/// The tree of the trial, and its objects as `lint` and an import word them.
fn run(env: &Env, args: &[&str], secrets: &[(&str, &str)]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "json"]).collect();
    env.ferry_with(&args, secrets).json()
}

fn object<'a>(document: &'a Value, type_name: &str, name: &str) -> &'a Value {
    let all = document["objects"].as_array().unwrap();
    let found = all.iter().find(|object| object["type"] == type_name && object["name"] == name);
    found.unwrap_or_else(|| panic!("no {type_name}/{name} in {document:#}"))
}

/// The finding of a code, which says why and what to do.
#[track_caller]
fn finding<'a>(object: &'a Value, code: &str) -> (&'a str, &'a str) {
    let found = object["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == code);
    let found = found.unwrap_or_else(|| panic!("no {code} of {object:#}"));
    let text = |key: &str| found[key].as_str().unwrap();
    assert!(!text("message").is_empty() && !text("fix").is_empty(), "{found:#}");
    (text("message"), text("fix"))
}

const IMPORT: [&str; 8] = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--journal"];

#[test]
fn each_row_of_microsofts_table_gives_its_verdict_reason_and_fix() {
    let env = Env::start(tenants(false), quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let lint = run(&env, &["lint", "tree"], &[]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let done = run(&env, &[&IMPORT[..], &["j"]].concat(), &[]);
    for row in &ROWS {
        let exported = object(&lint, row.type_name, row.name);
        assert!(exported["action"].as_str().unwrap().contains(row.verdict), "{}: {exported:#}", row.what);
        if ["needs-content", "needs-secret", "tenant-bound", "retired"].contains(&row.code) {
            let (message, fix) = finding(exported, row.code);
            assert!(message.contains(row.reason) && fix.contains(row.fix), "{}: {message} {fix}", row.what);
        }
        let imported = object(&done, row.type_name, row.name);
        assert_eq!(imported["action"], row.alone, "{}: {imported:#}", row.what);
        if !row.code.is_empty() {
            let (message, fix) = finding(imported, row.code);
            assert!(message.contains(row.reason) && fix.contains(row.fix), "{}: {message} {fix}", row.what);
        }
    }
}

#[test]
fn whatever_of_a_row_can_move_moves_once_its_fix_is_followed() {
    let env = Env::start(tenants(true), quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decided = json!({
        "format": 1,
        "entries": [{"kind": "group", "source": {"id": id('a', 900)}, "decision": "map", "target": {"id": id('b', 900)}}],
        "text": [{"find": "ndes.contoso-trial.example", "replace": "ndes.fabrikam.example"}],
    });
    std::fs::write(env.path("mapping.json"), decided.to_string()).unwrap();
    let plan = run(&env, &["plan", "tree", "--to", "production", "--mapping", "mapping.json"], &[]);
    let edr = object(&plan, "settings-catalog", "Win - EDR onboarding");
    let (message, fix) = finding(edr, "needs-secret");
    let words = [message, fix].join(" ");
    let key = words.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| word.starts_with("FERRY_"));
    let done = run(&env, &[&IMPORT[..], &["j"]].concat(), &[(key.unwrap(), "<onboarding/>")]);
    for row in &ROWS {
        let imported = object(&done, row.type_name, row.name);
        assert_eq!(imported["action"], row.helped, "{}: {imported:#}", row.what);
    }
    assert_eq!(done["exitCode"], 0, "only the old store's app is left behind: {done:#}");

    let state = env.sandbox().state(PRODUCTION);
    let made = |path: &str, name: &str| -> Value {
        let all = state[path].as_array().unwrap();
        all.iter().find(|one| one["displayName"].as_str().is_some_and(|own| own.starts_with(name))).unwrap().clone()
    };
    // Assignments follow the app, whatever became of its content; the required intent with them.
    for row in ROWS.iter().filter(|row| row.helped == "assigned") {
        let app = made(APPS, row.name);
        let assigned = app["assignments"].to_string();
        assert!(assigned.contains(&id('b', 900)) && assigned.contains("required"), "{}: {assigned}", row.what);
    }
    // The mail's template is the new one, and no default action was added.
    let mails = made("deviceManagement/deviceCompliancePolicies", "iOS mails");
    let template = made("deviceManagement/notificationMessageTemplates", "Please repair");
    let actions = mails["scheduledActionsForRule"][0]["scheduledActionConfigurations"].as_array().unwrap();
    let mut told: Vec<(&str, &str)> = actions
        .iter()
        .map(|action| (action["actionType"].as_str().unwrap(), action["notificationTemplateId"].as_str().unwrap_or("")))
        .collect();
    told.sort_unstable();
    assert_eq!((told.len(), told[0].0), (2, "block"), "{told:?}");
    assert_eq!(told[1], ("notification", template["id"].as_str().unwrap()));
    // Certificates are the new ones, and the server is the target's.
    let (root, scep) = (made(CONFIGURATIONS, "Root"), made(CONFIGURATIONS, "SCEP profile"));
    let wifi = made(CONFIGURATIONS, "Wi-Fi with certificates").to_string();
    assert!(wifi.contains(root["id"].as_str().unwrap()) && wifi.contains(scep["id"].as_str().unwrap()), "{wifi}");
    assert!(scep.to_string().contains("https://ndes.fabrikam.example/mscep.dll"), "{scep}");
    assert!(scep.to_string().contains(root["id"].as_str().unwrap()), "{scep}");
    let assigned = made(CONFIGURATIONS, "Assigned root")["assignments"].to_string();
    assert!(assigned.contains(&id('b', 900)), "{assigned}");
}

/// Rows of part B that are bound to their tenant: a type and, where only some of its objects are, which.
#[rustfmt::skip]
const BOUND: [(&str, &str, &str); 37] = [
    ("iosVppApp", "apps", "iosVppApp"), ("macOsVppApp", "apps", "macOsVppApp"), ("VPP tokens", "apple-vpp-tokens", ""),
    ("Managed Google Play", "managed-google-play", ""), ("Android for Work binding", "android-for-work-binding", ""),
    ("Managed Google Play apps", "apps", "androidManagedStoreApp"),
    ("Autopilot devices", "autopilot-devices", ""), ("Autopilot devices, imported", "imported-autopilot-devices", ""),
    ("Apple ADE/DEP tokens", "apple-enrollment-tokens", ""), ("APNs", "apple-push-certificate", ""),
    ("Zebra connector", "zebra-connector", ""), ("Zebra deployments", "zebra-deployments", ""),
    ("Corporate identifiers", "corporate-identifiers", ""), ("NDES", "ndes-connectors", ""),
    ("PFX/PKCS connectors", "certificate-connectors", ""), ("Domain join connectors", "domain-join-connectors", ""),
    ("Exchange connectors", "exchange-connectors", ""), ("Exchange on-premises policy", "exchange-policies", ""),
    ("Tunnel sites", "tunnel-sites", ""), ("Imported PFX", "imported-pfx-certificates", ""),
    ("Cloud PKI", "cloud-certification-authorities", ""), ("MTD connectors", "mtd-connectors", ""),
    ("Compliance partners", "compliance-partners", ""), ("Management partners", "management-partners", ""),
    ("TeamViewer", "remote-assistance-partners", ""), ("ServiceNow", "servicenow-connections", ""),
    ("Chrome OS", "chrome-os-connections", ""), ("eSIM pools", "esim-pools", ""),
    ("Education, carts", "cart-to-class-associations", ""), ("Education, profiles", "device-configurations", "iosEduDeviceConfiguration"),
    ("Code signing", "code-signing-certificates", ""), ("Symantec", "symantec-certificate", ""),
    ("Cloud PC images", "cloud-pc-images", ""), ("Cloud PC network connections", "cloud-pc-network-connections", ""),
    ("Compliant network", "named-locations", "compliantNetworkNamedLocation"), ("Books from VPP", "ebooks", ""),
    ("Organization branding", "organization-branding", ""),
];

/// Rows that need a file that Graph does not give.
#[rustfmt::skip]
const CONTENT: [(&str, &str, &str); 12] = [
    ("Uploaded ADMX", "admx-files", ""), ("Terms of use", "terms-of-use", ""), ("Win32", "apps", "win32LobApp"),
    ("Android LOB", "apps", "androidLobApp"), ("iOS LOB", "apps", "iosLobApp"), ("macOS LOB", "apps", "macOSLobApp"),
    ("macOS PKG", "apps", "macOSPkgApp"), ("macOS DMG", "apps", "macOSDmgApp"), ("MSI", "apps", "windowsMobileMSI"),
    ("Universal AppX", "apps", "windowsUniversalAppX"), ("AppX", "apps", "windowsAppX"), ("Enterprise catalogue", "apps", "win32CatalogApp"),
];

/// Rows that hold a secret: the object's kind and the property that holds it.
#[rustfmt::skip]
const SECRET: [(&str, &str, &str, &str); 4] = [
    ("windowsDefenderAdvancedThreatProtectionConfiguration", "device-configurations",
     "windowsDefenderAdvancedThreatProtectionConfiguration", "advancedThreatProtectionOnboardingBlob"),
    ("Pre-shared key", "device-configurations", "windowsWifiConfiguration", "preSharedKey"),
    ("ADE profiles, macOS", "ade-profiles", "depMacOSEnrollmentProfile", "adminAccountPassword"),
    ("Android device owner profiles", "android-owner-enrollment-profiles", "androidDeviceOwnerEnrollmentProfile", "wifiPassword"),
];

/// Rows that exist in every tenant, by the name of the sandbox's own object; empty for any.
#[rustfmt::skip]
const DEFAULT: [(&str, &str, &str); 9] = [
    ("Compliance settings of the tenant", "tenant-settings", ""), ("Scope tags", "scope-tags", "Default"),
    ("Branding", "branding-profiles", ""), ("Enrollment restrictions, limit, ESP", "enrollment-configurations", ""),
    ("Authentication strengths", "authentication-strengths", ""), ("Remote Help", "remote-help-settings", ""),
    ("MDM scope", "mdm-scope", ""), ("Device registration", "device-registration", ""), ("Remediations", "remediations", "Microsoft's own remediation"),
];

/// Every object of a type and kind, with what was done.
fn all<'a>(document: &'a Value, type_name: &str, name: &str) -> Vec<&'a Value> {
    let objects = document["objects"].as_array().unwrap().iter();
    objects.filter(|object| object["type"] == type_name && (name.is_empty() || object["name"] == name)).collect()
}

#[test]
fn each_row_that_is_bound_needs_something_or_is_everywhere_has_its_code() {
    let (graph, catalogue) = (Graph::load(), Catalogue::built_in().unwrap());
    let mut samples = made(&graph, &catalogue);
    let bound = BOUND.iter().chain(&CONTENT).map(|(_, type_name, concrete)| (*type_name, *concrete));
    let secret = SECRET.iter().map(|(_, type_name, concrete, _)| (*type_name, *concrete));
    let wanted: Vec<(&str, &str)> =
        bound.chain(secret).chain([("remote-help-settings", ""), ("mdm-scope", "")]).collect();
    samples.retain(|sample| {
        let is = |(type_name, concrete): &(&str, &str)| {
            *type_name == sample.type_name && (concrete.is_empty() || *concrete == sample.concrete)
        };
        wanted.iter().any(is)
    });
    for sample in &mut samples {
        // What they refer to is another test's.
        for (property, value) in sample.object.as_object_mut().unwrap() {
            if property.ends_with("@odata.bind") || property == "assignments" {
                *value = json!(if value.is_array() { json!([]) } else { json!(null) });
            }
        }
        let own = SECRET
            .iter()
            .find(|(_, type_name, concrete, _)| sample.type_name == *type_name && sample.concrete == *concrete);
        if let Some((.., property)) = own {
            sample.object[property] = json!("not-a-real-secret");
            // By which a secret that is never read back is known to be there.
            let tells = [
                ("advancedThreatProtectionAutoPopulateOnboardingBlob", json!(false)),
                (
                    "wifiSecurityType",
                    json!(if sample.type_name == "device-configurations" { "wpa2Personal" } else { "wpa" }),
                ),
                ("adminAccountUserName", json!("admin")),
            ];
            for (property, value) in tells {
                if let Some(own) = sample.object.get_mut(property) {
                    *own = value;
                }
            }
            sample.object.as_object_mut().unwrap().remove("enrollmentTimeAzureAdGroupIds");
        }
    }
    let global = json!({"id": id('a', 99), "displayName": "Microsoft's own remediation", "publisher": "Microsoft", "isGlobalScript": true});
    let mut trial = empty(TRIAL, "Contoso Trial");
    trial.objects["groups"] = json!(groups("trial"));
    plant(&catalogue, &samples.iter().collect::<Vec<_>>(), &mut trial);
    let mut target = empty(PRODUCTION, "Production");
    for side in [&mut trial, &mut target] {
        side.objects["deviceManagement/deviceHealthScripts"] = json!([global]);
    }
    let env = Env::start(vec![trial, target], quick());
    let every: Vec<String> = catalogue.iter().map(|policy_type| policy_type.name.clone()).collect();
    env.ferry(&["export", "trial", "--out", "tree", "--only", &every.join(",")]).exits(0);
    let lint = run(&env, &["lint", "tree"], &[]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let done = run(&env, &[&IMPORT[..], &["j"]].concat(), &[]);

    let name = |concrete: &str| if concrete.is_empty() { String::new() } else { format!("Made {concrete}") };
    let mut rows: Vec<(&str, &str, String, &str, &[&str])> = Vec::new();
    rows.extend(BOUND.iter().map(|(what, kind, of)| (*what, *kind, name(of), "tenant-bound", &["left-behind"][..])));
    rows.extend(CONTENT.iter().map(|(what, kind, of)| (*what, *kind, name(of), "needs-content", &["blocked"][..])));
    rows.extend(SECRET.iter().map(|(what, kind, of, _)| (*what, *kind, name(of), "needs-secret", &["blocked"][..])));
    let mut wrong: BTreeMap<&str, String> = BTreeMap::new();
    for (what, type_name, name, code, actions) in &rows {
        for (document, on_import) in [(&lint, false), (&done, true)] {
            let found = all(document, type_name, name);
            let has = |object: &&Value| object["findings"].as_array().unwrap().iter().any(|one| one["code"] == **code);
            let does = |object: &&Value| !on_import || actions.contains(&object["action"].as_str().unwrap());
            if found.is_empty() || !found.iter().all(|object| has(object) && does(object)) {
                wrong.insert(what, format!("{found:#?}").chars().take(1500).collect());
                continue;
            }
            for object in found {
                finding(object, code);
            }
        }
    }
    for (what, type_name, name) in &DEFAULT {
        let found = all(&done, type_name, name);
        let has = |object: &&&Value| {
            object["findings"].as_array().unwrap().iter().any(|one| one["code"] == "matched-default")
        };
        if found.iter().filter(has).count() == 0 {
            wrong.insert(what, format!("{found:#?}").chars().take(800).collect());
        }
        assert!(found.iter().all(|object| object["action"] != "created"), "{what}: {found:#?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
