//! Tenants of any size, grown from the sample tenant: its objects again and again, each with an id and a name
//! of its own, so that settings, payloads and references are as real as the sample's.

use std::path::Path;

use intune_ferry::catalogue::{Catalogue, Selection};
use intune_ferry::mapping::Mapping;
use intune_ferry::policy::{Directory, Policy, TenantInfo};
use intune_ferry::tree::{Snapshot, TypeRead};
use serde_json::{Map, Value, json};

use super::lab::TENANT;

pub const CATALOGUE: &str = "deviceManagement/configurationPolicies";

/// The collections that hold what is not settings catalog, in equal parts.
const OTHERS: [&str; 20] = [
    "deviceAppManagement/androidManagedAppProtections",
    "deviceAppManagement/iosManagedAppProtections",
    "deviceAppManagement/mobileAppConfigurations",
    "deviceAppManagement/targetedManagedAppConfigurations",
    "deviceManagement/assignmentFilters",
    "deviceManagement/compliancePolicies",
    "deviceManagement/deviceCompliancePolicies",
    "deviceManagement/deviceComplianceScripts",
    "deviceManagement/deviceConfigurations",
    "deviceManagement/deviceCustomAttributeShellScripts",
    "deviceManagement/deviceHealthScripts",
    "deviceManagement/deviceManagementScripts",
    "deviceManagement/deviceShellScripts",
    "deviceManagement/groupPolicyConfigurations",
    "deviceManagement/intents",
    "deviceManagement/notificationMessageTemplates",
    "deviceManagement/windowsAutopilotDeploymentProfiles",
    "deviceManagement/windowsDriverUpdateProfiles",
    "deviceManagement/windowsFeatureUpdateProfiles",
    "deviceManagement/windowsQualityUpdateProfiles",
];

/// The sample tenant's objects by collection.
fn sample() -> Map<String, Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/tenants/contoso-trial");
    let mut objects = Map::new();
    for entry in std::fs::read_dir(root).expect("the sample tenant").map(|entry| entry.expect("a file")) {
        let name = entry.file_name().into_string().expect("a plain name");
        if let Some(stem) = name.strip_suffix(".json") {
            let text = std::fs::read_to_string(entry.path()).expect("a readable file");
            objects.insert(stem.replace('.', "/"), serde_json::from_str(&text).expect("JSON"));
        }
    }
    objects
}

/// A tenant with this many policies: half of them settings catalog, the rest over twenty types.
pub fn of_size(policies: usize) -> Map<String, Value> {
    let mut objects = sample();
    grow(&mut objects, CATALOGUE, policies / 2);
    for (index, collection) in OTHERS.iter().enumerate() {
        let rest = policies - policies / 2;
        let share = rest / OTHERS.len() + usize::from(index < rest % OTHERS.len());
        grow(&mut objects, collection, share);
    }
    objects
}

/// The sample tenant without policies of its own, but with all that policies refer to, and this many settings
/// catalog policies, each with assignments to two groups and an exclusion.
pub fn assigned(policies: usize) -> (Map<String, Value>, Map<String, Value>) {
    let sample = sample();
    let base: Map<String, Value> = ["groups", "users", "organization", "servicePrincipals"]
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), sample.get(*name)?.clone())))
        .collect();
    let groups: Vec<&str> =
        base["groups"].as_array().expect("groups").iter().filter_map(|group| group["id"].as_str()).collect();
    let list: Vec<Value> = (0..policies).map(|number| policy(number, &groups)).collect();
    let mut full = base.clone();
    full.insert(CATALOGUE.to_owned(), Value::Array(list));
    (full, base)
}

/// An object of the sample tenant, by its collection and type.
pub fn sample_of(collection: &str, type_name: &str) -> Value {
    let mut sample = sample();
    let Some(Value::Array(list)) = sample.remove(collection) else { panic!("the sample has no {collection}") };
    let is_it = |object: &Value| object["@odata.type"] == format!("#microsoft.graph.{type_name}");
    list.into_iter().find(is_it).unwrap_or_else(|| panic!("the sample has no {type_name}"))
}

/// A settings catalog policy of about 11 KB, as it is in a tree.
pub fn policy(number: usize, groups: &[&str]) -> Value {
    policy_of(number, groups, 10)
}

/// A settings catalog policy with this many settings, each of some 800 bytes as Graph sends it.
pub fn policy_of(number: usize, groups: &[&str], settings: usize) -> Value {
    let id = format!("{number:08x}-0000-4000-8000-00000000beef");
    let setting = |index: usize| {
        let definition = format!("device_vendor_msft_policy_config_area{}_setting{index}", number % 40);
        json!({"id": index.to_string(), "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": definition, "settingInstanceTemplateReference": null,
            "choiceSettingValue": {
                "settingValueTemplateReference": null, "value": format!("{definition}_{}", number % 3),
                "children": [{
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                    "settingDefinitionId": format!("{definition}_child"), "settingInstanceTemplateReference": null,
                    "simpleSettingValue": {
                        "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                        "settingValueTemplateReference": null, "value": format!("value {number} of {index}")
                    }
                }]
            }
        }})
    };
    json!({
        "id": id, "name": format!("Policy {number:05}"), "description": "Made for the benchmark",
        "platforms": "windows10", "technologies": "mdm", "roleScopeTagIds": ["0"], "templateReference": {
            "templateId": "", "templateFamily": "none", "templateDisplayName": null, "templateDisplayVersion": null
        },
        "createdDateTime": "2026-01-01T00:00:00Z", "lastModifiedDateTime": "2026-01-01T00:00:00Z",
        "settings": (0..settings).map(setting).collect::<Vec<_>>(),
        "assignments": assignments(&id, number, groups),
    })
}

/// Assignments to two of the groups, and an exclusion of a third.
pub fn assignments(id: &str, number: usize, groups: &[&str]) -> Value {
    let target = |kind: &str, group: usize| {
        json!({"id": format!("{id}_{group}"), "source": "direct", "sourceId": id, "target": {
            "@odata.type": format!("#microsoft.graph.{kind}"), "groupId": groups[group % groups.len()],
            "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none"
        }})
    };
    json!([
        target("groupAssignmentTarget", number),
        target("groupAssignmentTarget", number + 1),
        target("exclusionGroupAssignmentTarget", number + 2),
    ])
}

/// Makes a collection this large.
fn grow(objects: &mut Map<String, Value>, collection: &str, size: usize) {
    let Some(Value::Array(list)) = objects.get_mut(collection) else { panic!("the sample has no {collection}") };
    let models: Vec<Value> = list.clone();
    list.truncate(size);
    for number in list.len()..size {
        list.push(again(&models[number % models.len()], number));
    }
}

/// The object once more, as another one.
fn again(model: &Value, number: usize) -> Value {
    let old = model["id"].as_str().expect("an id");
    // File names begin with the first eight digits, which must differ.
    let (prefix, rest) =
        old.split_at(old.find(|c: char| c.is_ascii_hexdigit() && old.len() > 36).map_or(0, |_| old.len() - 36));
    let new = format!("{prefix}{number:08x}{}", rest.get(8..).unwrap_or_default());
    let mut object: Value = serde_json::from_str(&model.to_string().replace(old, &new)).expect("JSON");
    for name in ["displayName", "name"] {
        if let Some(Value::String(text)) = object.get_mut(name) {
            *text = format!("{} {number:05}", text.trim());
        }
    }
    object
}

/// Ids of groups that policies are assigned to.
pub fn groups() -> Vec<String> {
    (0..40).map(|number| format!("9{number:07x}-1111-4222-8333-444455556666")).collect()
}

/// What an export of a tenant with this many settings catalog policies reads.
pub fn snapshot(policies: usize, groups: &[&str], changed: &dyn Fn(usize) -> bool) -> Snapshot {
    let mut directory = Directory::default();
    for id in groups {
        let facts = json!({"displayName": format!("Group {id}"), "securityEnabled": true});
        directory.insert("group", id, facts.as_object().expect("an object").clone());
    }
    let one = |number: usize| {
        let Value::Object(mut body) = policy(number, groups) else { panic!("an object") };
        if changed(number) {
            body.insert("description".into(), json!("Changed since"));
        }
        body.retain(|name, _| !name.ends_with("DateTime"));
        for assignment in body["assignments"].as_array_mut().expect("a list") {
            assignment.as_object_mut().expect("an object").retain(|name, _| name == "target");
        }
        Policy::new("settings-catalog", body).keep()
    };
    Snapshot {
        tenant: Some(TenantInfo {
            id: Some(TENANT.to_owned()),
            display_name: Some("Contoso Trial".to_owned()),
            default_domain: Some("contoso-trial.onmicrosoft.com".to_owned()),
            domains: vec!["contoso-trial.onmicrosoft.com".to_owned()],
        }),
        account: None,
        cloud: Some("global".to_owned()),
        selection: Selection::default(),
        types: [("settings-catalog".to_owned(), TypeRead::Complete)].into(),
        policies: (0..policies).map(one).collect(),
        directory,
        rewritten_for: None,
        origins: None,
        mapping: None,
    }
}

/// A mapping for all of these groups, and a text.
pub fn mapping(groups: &[&str]) -> Mapping {
    let entry = |id: &&str| {
        let name = format!("Group {id}");
        let target = id.replacen('9', "7", 1);
        json!({"kind": "group", "source": {"id": id, "name": name}, "decision": "map", "target": {"id": target, "name": name}})
    };
    let mapping = json!({
        "format": 1,
        "source": {"tenantId": TENANT, "name": "Contoso Trial"},
        "target": {"tenantId": "d83a6e14-907b-4f25-8e3c-61b5a2f7c049", "name": "Fabrikam"},
        "entries": groups.iter().map(entry).collect::<Vec<_>>(),
        "text": [{"find": "contoso-trial.onmicrosoft.com", "replace": "fabrikam.onmicrosoft.com"}]
    });
    let catalogue = Catalogue::built_in().expect("the catalogue");
    Mapping::parse(&mapping.to_string(), "mapping.json", &catalogue).expect("a mapping")
}

/// The objects of a target tenant that has every group of the mapping.
pub fn target_groups(mapping: &Mapping) -> Value {
    let groups: Vec<Value> = mapping
        .entries
        .iter()
        .filter_map(|entry| {
            let target = entry.target.as_ref()?;
            Some(json!({
                "id": target.id, "displayName": target.name, "groupTypes": [], "securityEnabled": true,
                "mailEnabled": false, "mailNickname": "g"
            }))
        })
        .collect();
    json!({"groups": groups})
}
