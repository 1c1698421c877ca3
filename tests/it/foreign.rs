//! Folders of other tools, each in its own format: how many of their objects are adopted, and that every
//! loss has its name. The folders are in `tests/fixtures/foreign`.

use std::path::Path;

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, empty, quick, sample, shows};

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/foreign").join(name).display().to_string()
}

/// Adopts a folder into `tree`; gives the document.
fn adopt(name: &str) -> (Env, Value) {
    let env = Env::start(vec![empty(TRIAL, "Trial"), empty(PRODUCTION, "Production")], quick());
    let document = env.ferry(&["adopt", &fixture(name), "--out", "tree", "--format", "json"]).json();
    (env, document)
}

/// Counts of what became of the objects: read, adopted, helpers, damaged, not recognized.
fn counts(document: &Value) -> [u64; 5] {
    ["objects", "adopted", "helpers", "damaged", "notRecognized"]
        .map(|word| document["counts"][word].as_u64().unwrap_or_else(|| panic!("{document:#}")))
}

/// The findings by code and subject, sorted.
fn findings(document: &Value) -> Vec<(&str, &str)> {
    let list = document["findings"].as_array().into_iter().flatten();
    let mut all: Vec<(&str, &str)> = list
        .map(|finding| (finding["code"].as_str().unwrap_or_default(), finding["subject"].as_str().unwrap_or_default()))
        .collect();
    all.sort_unstable();
    all
}

/// The policy of the tree with this name.
fn policy(env: &Env, type_name: &str, name: &str) -> Value {
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let tree = intune_ferry::tree::read(&env.path("tree"), &catalogue).unwrap();
    let of_type = catalogue.get(type_name).unwrap();
    let found = tree.policies.iter().find(|policy| policy.type_name == type_name && of_type.name_of(policy) == name);
    found.unwrap_or_else(|| panic!("{type_name}/{name} is not in the tree")).to_value()
}

fn directory(env: &Env) -> Value {
    serde_json::from_slice(&std::fs::read(env.path("tree/directory.json")).unwrap()).unwrap()
}

/// The id under which the directory knows an object of this name.
fn id_of<'a>(directory: &'a Value, kind: &str, name: &str) -> &'a str {
    let of_kind = directory["objects"].get(kind).and_then(Value::as_object);
    let found = of_kind.into_iter().flatten().find(|(_, facts)| facts["displayName"] == name);
    found.unwrap_or_else(|| panic!("{kind} {name} is not in {directory:#}")).0
}

#[test]
fn an_intunecd_backup_in_yaml_with_names_for_ids() {
    let (env, document) = adopt("intunecd-yaml");
    assert_eq!(counts(&document), [10, 9, 1, 0, 0], "{document:#}");
    shows(&document, &["assignments-not-exported", "group-lost", "named-in-part", "payload-not-taken"]);
    assert_eq!(
        findings(&document),
        [
            ("assignments-not-exported", "the folder"),
            ("group-lost", "compliance-policies/Win"),
            ("named-in-part", "app-configurations-devices/OEM"),
            ("named-in-part", "app-configurations-devices/Outlook"),
            ("payload-not-taken", "Scripts/Powershell/Script Data/edited.ps1"),
        ]
    );
    let directory = directory(&env);
    let edge = policy(&env, "settings-catalog", "Win - Edge");
    let filter = policy(&env, "assignment-filters", "Corporate laptops");
    let tag = policy(&env, "scope-tags", "Europe");
    // A text that YAML 1.2 would take for a number.
    assert_eq!(edge["settings"][0]["settingInstance"]["simpleSettingValue"]["value"], "1e3");
    assert_eq!(edge["roleScopeTagIds"], json!([tag["id"]]));
    assert_eq!(filter["roleScopeTags"], json!(["0"]));
    assert_eq!(policy(&env, "scope-tags", "Default")["id"], "0");
    let targets: Vec<&Value> = edge["assignments"].as_array().unwrap().iter().map(|entry| &entry["target"]).collect();
    let laptops = targets.iter().find(|target| target["groupId"] == id_of(&directory, "group", "All laptops")).unwrap();
    assert_eq!(laptops["deviceAndAppManagementAssignmentFilterId"], filter["id"]);
    assert!(laptops.get("groupName").is_none() && laptops.get("membershipRule").is_none());
    let kiosks = id_of(&directory, "group", "Kiosks");
    assert!(
        targets
            .iter()
            .any(|target| target["groupId"] == kiosks && target["@odata.type"].to_string().contains("xclusion"))
    );
    // The dynamic group is known with its rule, and only once although the report names it too.
    let groups = directory.to_string();
    assert_eq!(groups.matches("\"All laptops\"").count(), 1);
    assert!(groups.contains("device.deviceOSType"));
    // A mail's template is found by the name beside its id.
    let template = policy(&env, "notification-templates", "Warn");
    let actions = policy(&env, "compliance-policies", "Win")["scheduledActionsForRule"][0].to_string();
    assert!(actions.contains(template["id"].as_str().unwrap()) && !actions.contains("notificationTemplateName"));
    // An id in a file's name, an app by its name, a payload that was opened.
    assert_eq!(policy(&env, "platform-scripts", "Map drives")["id"], "77ab0c12-3d4e-4f5a-8b6c-1d2e3f405162");
    let outlook = policy(&env, "app-configurations-devices", "Outlook");
    assert_eq!(outlook["targetedMobileApps"], json!([id_of(&directory, "apps", "Microsoft Outlook")]));
    assert_eq!(outlook["settings"][0]["appConfigKeyValue"], "yes");
    assert!(policy(&env, "app-configurations-devices", "OEM")["payloadJson"].is_string());
    // An exclusion that is lost keeps its policy from being imported until someone decides.
    let map = ["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"];
    env.ferry(&map).exits(4);
    let plan = env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--format", "json"]);
    let plan = plan.json();
    let objects = plan["objects"].as_array().unwrap();
    let win = objects.iter().find(|object| object["type"] == "compliance-policies").unwrap();
    assert_eq!(win["action"], "blocked", "{plan:#}");
}

#[test]
fn an_intunebackupandrestore_folder() {
    let (env, document) = adopt("intunebackupandrestore");
    assert_eq!(counts(&document), [10, 6, 3, 0, 1], "{document:#}");
    shows(&document, &["not-recognized", "part-not-exported"]);
    assert_eq!(
        findings(&document),
        [
            ("assignments-not-exported", "the folder"),
            ("not-recognized", "Device Configurations/Assignments/Gone.json"),
            ("part-not-exported", "compliance-policies/Win"),
        ]
    );
    let group = "aa11bb22-0000-4000-8000-000000000001";
    for (type_name, name, assignments) in [
        ("settings-catalog", "Win - Edge", 1),
        ("device-configurations", "Win - Restrictions", 2),
        ("administrative-templates", "Edge", 1),
    ] {
        let policy = policy(&env, type_name, name);
        assert_eq!(policy["assignments"].as_array().unwrap().len(), assignments, "{policy:#}");
        assert!(policy["assignments"].to_string().contains(group));
    }
    let edge = policy(&env, "administrative-templates", "Edge");
    assert_eq!(edge["definitionValues"][0]["definition"]["id"], "d0000000-0000-4000-8000-000000000001");
    let intent = policy(&env, "intents", "BitLocker");
    assert_eq!(intent["templateId"], "d1174162-1dd2-4976-affc-6667049ab0ae");
    assert_eq!(intent["id"], "11111111-aaaa-4bbb-8ccc-000000000003");
    assert_eq!(intent["settings"].as_array().unwrap().len(), 1);
}

#[test]
fn the_output_of_microsofts_samples_and_what_their_depth_cut_off() {
    let (env, document) = adopt("microsoft-samples");
    assert_eq!(counts(&document), [7, 4, 0, 3, 0], "{document:#}");
    let mut damaged = findings(&document);
    damaged.retain(|(code, _)| *code == "damaged-file");
    assert_eq!(
        damaged,
        [
            ("damaged-file", "Win - Firewall_25-11-2025-9-30-04.json"),
            ("damaged-file", "Win - Kiosk_25-11-2025-9-30-03.json"),
            ("damaged-file", "iOS - Restrictions_25-11-2025-9-30-05.json"),
        ]
    );
    assert!(document.to_string().contains("ConvertTo-Json -Depth"));
    // The name comes from the object, not from the file.
    policy(&env, "device-configurations", "Win - Restrictions");
    assert_eq!(policy(&env, "assignment-filters", "Corporate laptops")["roleScopeTags"], json!(["0"]));
    // As the SDK writes it: names in another case, the type's own properties kept apart.
    let win = policy(&env, "compliance-policies", "Win");
    assert_eq!((&win["osMinimumVersion"], &win["passwordRequired"]), (&json!("10.0.22631"), &json!(true)));
    assert_eq!(win["id"], "22222222-aaaa-4bbb-8ccc-000000000003");
    assert!(win.get("AdditionalProperties").is_none() && win.get("DisplayName").is_none());
}

#[test]
fn cipp_templates_with_json_in_texts() {
    let (env, document) = adopt("cipp");
    assert_eq!(counts(&document), [9, 8, 0, 1, 0], "{document:#}");
    shows(&document, &["tenant-placeholder"]);
    assert_eq!(
        findings(&document),
        [
            ("assignments-not-exported", "the folder"),
            ("damaged-file", "broken.IntuneTemplate.json"),
            ("part-not-exported", "app-protection-ios/iOS"),
            ("tenant-placeholder", "catalog.IntuneTemplate.json"),
        ]
    );
    policy(&env, "settings-catalog", "Win - Row");
    policy(&env, "administrative-templates", "admin");
    let directory = directory(&env);
    let access = policy(&env, "conditional-access", "Block elsewhere");
    let users = &access["conditions"]["users"];
    assert_eq!(users["excludeGroups"], json!([id_of(&directory, "group", "Break glass")]));
    assert_eq!(users["excludeUsers"], json!([id_of(&directory, "user", "Eve Adams")]));
    let offices = policy(&env, "named-locations", "Offices");
    assert_eq!(access["conditions"]["locations"]["excludeLocations"], json!([offices["id"]]));
    assert!(access.get("LocationInfo").is_none() && access.get("GUID").is_none(), "{access:#}");
}

/// Every file of a tree that is a policy's.
fn policy_files(env: &Env, tree: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    env.files(tree).into_iter().filter(|(name, _)| name.contains('/')).collect()
}

#[test]
fn an_intunemanagement_folder_comes_back_as_the_same_tree() {
    let env = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]);
    let layout = ["export", "trial", "--out", "folder", "--layout", "intunemanagement", "--format", "json"];
    let document = env.ferry(&layout).json();
    // Some types, such as connectors, have no folder there: each is named.
    let left_out = findings(&document).iter().filter(|(_, subject)| subject.contains('/')).count() as u64;
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    assert!(count("policies") > 70 && count("policies") + left_out >= count("selected"), "{document:#}");
    let folder: Vec<String> = env.files("folder").into_keys().collect();
    for part in ["MigrationTable.json", "Groups/", "SettingsCatalog/", "UpdatePolicies/", "_Settings.json"] {
        assert!(folder.iter().any(|name| name.contains(part)), "{part}: {folder:#?}");
    }
    let text: String = env.files("folder").into_values().map(|bytes| String::from_utf8(bytes).unwrap()).collect();
    assert!(text.contains("%OrganizationId%") && text.contains("#CustomRef_") && !text.contains("@ferry."), "marks");
    let adopted = env.ferry(&["adopt", "folder", "--out", "again", "--format", "json"]).json();
    assert_eq!(adopted["counts"]["adopted"], document["counts"]["policies"], "{:#}", adopted["findings"]);
    let (tree, again) = (policy_files(&env, "tree"), policy_files(&env, "again"));
    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let has_folder = |name: &str| {
        let of_type = name.split('/').next().and_then(|type_name| catalogue.get(type_name));
        of_type.is_some_and(|of_type| !of_type.adopt.folders.is_empty())
    };
    let tree: std::collections::BTreeMap<_, _> = tree.into_iter().filter(|(name, _)| has_folder(name)).collect();
    for (name, bytes) in &tree {
        let other = again.get(name).unwrap_or_else(|| panic!("{name} did not come back"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(bytes), text(other), "{name}");
    }
    assert_eq!(tree.len(), again.len());
    // The folder is of one moment: it is not written over.
    assert_eq!(env.ferry(&layout).code, 2);
}

#[test]
fn files_for_the_admin_centre_have_its_own_shape() {
    let env = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    let layout = ["export", "trial", "--out", "folder", "--layout", "admin-center", "--format", "json"];
    let document = env.ferry(&layout).json();
    let files = env.files("folder");
    assert!(files.len() > 5 && document["counts"]["files"] == files.len(), "{document:#}");
    for (name, bytes) in &files {
        let file: Value = serde_json::from_slice(bytes).unwrap();
        // The members of a file that the admin center writes, no more and no fewer.
        let members = file.as_object().unwrap().keys().map(String::as_str);
        // Newer than the files that are known: the service has it, so it is kept.
        let members: Vec<&str> = members.filter(|name| *name != "disableEntraGroupPolicyAssignment").collect();
        let own = [
            "@odata.context",
            "createdDateTime",
            "creationSource",
            "description",
            "id",
            "lastModifiedDateTime",
            "name",
            "platforms",
            "priorityMetaData",
            "roleScopeTagIds",
            "settingCount",
            "settings",
            "technologies",
            "templateReference",
        ];
        assert_eq!(members, own, "{name}");
        let settings = file["settings"].as_array().unwrap();
        assert_eq!(file["settingCount"], settings.len());
        assert!(settings.iter().all(|setting| setting["id"].is_string() && setting["settingInstance"].is_object()));
        assert!(file["@odata.context"].as_str().unwrap().ends_with("#deviceManagement/configurationPolicies/$entity"));
    }
    // What has no place there is said, by type.
    shows(&document, &["layout-left-out"]);
    let findings = findings(&document);
    assert!(findings.contains(&("layout-left-out", "compliance-policies")), "{findings:?}");
    assert!(findings.contains(&("layout-left-out", "assignments")), "{findings:?}");
    // Such files are adopted again.
    let adopted = env.ferry(&["adopt", "folder", "--out", "again", "--format", "json"]).json();
    assert_eq!(adopted["counts"]["adopted"], files.len());
}

/// Whose the policies of most folders are is not known; they must not take the place of a tenant's own.
#[test]
fn a_tenants_backup_is_no_place_for_what_another_tool_wrote() {
    let env = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let before = env.files("tree");
    std::fs::create_dir(env.path("folder")).unwrap();
    let filter = json!({"@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter", "displayName": "New",
        "platform": "iOS", "rule": "(device.model -eq \"x\")"});
    std::fs::write(env.path("folder/new.json"), filter.to_string()).unwrap();
    let refused = env.ferry(&["adopt", "folder", "--out", "tree"]).exits(2);
    assert!(refused.err.contains("Contoso Trial") && refused.err.contains("fix:"), "{}", refused.err);
    assert_eq!(env.files("tree"), before);
    // Twice into a folder of its own is fine.
    for _ in 0..2 {
        env.ferry(&["adopt", "folder", "--out", "own"]).exits(0);
    }
}
