//! Objects of a tenant, hand-made, for tests that need few of them.

use serde_json::{Value, json};

pub const SCRIPTS: &str = "deviceManagement/deviceManagementScripts";
pub const CONFIGURATIONS: &str = "deviceManagement/deviceConfigurations";
pub const FILTERS: &str = "deviceManagement/assignmentFilters";

/// An id of the source tenant.
pub fn guid(number: u32) -> String {
    format!("a1000000-0000-4000-8000-{number:012}")
}

pub fn script(id: u32, name: &str, content: &str) -> Value {
    json!({"id": guid(id), "displayName": name, "description": "",
        "fileName": "a.ps1", "runAsAccount": "system", "enforceSignatureCheck": false, "runAs32Bit": false,
        "roleScopeTagIds": ["0"], "scriptContent": content})
}

pub fn group(id: &str, name: &str) -> Value {
    json!({"id": id, "displayName": name, "mailEnabled": false, "mailNickname": name.replace(' ', ""),
        "securityEnabled": true, "groupTypes": []})
}

pub fn to(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
}

pub fn not_to(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": id}})
}

pub fn everyone() -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}})
}

pub fn with_assignments(mut object: Value, assignments: &[Value]) -> Value {
    object["assignments"] = json!(assignments);
    object
}

/// Kind and group of each assignment.
pub fn targets(object: &Value) -> Vec<(String, String)> {
    let mut list: Vec<(String, String)> = object["assignments"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            let kind = entry["target"]["@odata.type"].as_str().unwrap_or_default();
            let group = entry["target"]["groupId"].as_str().unwrap_or_default();
            (kind.trim_start_matches("#microsoft.graph.").to_owned(), group.to_owned())
        })
        .collect();
    list.sort();
    list
}

/// A root certificate.
pub fn root(id: u32, name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.iosTrustedRootCertificate", "id": guid(id), "displayName": name,
        "description": "", "certFileName": "root.cer", "trustedRootCertificate": "AAECAw=="})
}

/// A certificate profile that a root certificate is needed for.
pub fn scep(id: u32, name: &str, root: u32) -> Value {
    json!({"@odata.type": "#microsoft.graph.iosScepCertificateProfile", "id": guid(id), "displayName": name,
        "description": "", "scepServerUrls": [], "extendedKeyUsages": [],
        "rootCertificate@odata.bind": format!("{CONFIGURATIONS}('{}')", guid(root))})
}

/// A filter of devices.
pub fn filter(id: u32, name: &str) -> Value {
    json!({"id": guid(id), "displayName": name, "description": "", "platform": "windows10AndLater",
        "rule": "(device.model -eq \"x\")", "roleScopeTags": ["0"], "assignmentFilterManagementType": "devices"})
}

/// Narrows an assignment by a filter.
pub fn filtered(mut assignment: Value, filter: &str) -> Value {
    assignment["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(filter);
    assignment["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    assignment
}
