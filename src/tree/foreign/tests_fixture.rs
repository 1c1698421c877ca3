//! A small catalogue and small folders for the tests of the readers.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::{Adopted, Options, adopt};
use crate::catalogue::Catalogue;
use crate::finding::Code;
use crate::policy::Policy;

const SHARED: &str = r#"
version = 1
volatile = ["createdDateTime", "lastModifiedDateTime", "version"]
read-only = ["id"]
unordered = []
sort = []
references = []
constant-ids = []
constant-properties = []
[[tenant-placeholders]]
text = "%OrganizationId%"
stands-for = "id"
anywhere = true
"#;

fn head(name: &str, path: &str, entity: &str) -> String {
    format!(
        "name = \"{name}\"\ntitle = \"x\"\nabout = \"x\"\nsources = []\npath = \"{path}\"\nentity = \"{entity}\"\nbucket = \"x\"\n\
         [permissions]\nread = []\nwrite = []\n[assignments]\nwrite = {{ step = \"each\" }}\n"
    )
}

pub(super) fn catalogue() -> Catalogue {
    let profiles = head("profiles", "deviceManagement/deviceConfigurations", "deviceConfiguration")
        + r#"
        [[links]]
        property = "rootCertificatesForServerValidation"
        many = true
        kind = "profiles"
        [[secrets]]
        at = "preSharedKey"
        "#;
    let templates = head("templates", "deviceManagement/groupPolicyConfigurations", "groupPolicyConfiguration")
        + "[[parts]]\nname = \"definitionValues\"\ncreate = { step = \"definition-values\" }\n";
    let intents = head("intents", "deviceManagement/intents", "deviceManagementIntent")
        + "[[parts]]\nname = \"settings\"\n\
           [create]\nrename = { settings = \"settingsDelta\" }\n[adopt]\nproperties = [[\"templateId\", \"settingsDelta\"]]\n";
    let catalog = head("catalog", "deviceManagement/configurationPolicies", "deviceManagementConfigurationPolicy")
        + "[adopt]\nfolders = [\"SettingsCatalog\"]\nproperties = [[\"name\", \"platforms\", \"settings\"]]\n";
    let linux = head("linux", "deviceManagement/compliancePolicies", "deviceManagementCompliancePolicy")
        + "[adopt]\nfolders = [\"Compliance\"]\nproperties = [[\"name\", \"platforms\", \"settings\"]]\n";
    let filters = head("filters", "deviceManagement/assignmentFilters", "deviceAndAppManagementAssignmentFilter")
        + "[[references]]\nat = \"about/filter\"\nkind = \"filters\"\n[adopt]\nproperties = [[\"rule\", \"platform\"]]\n";
    let files = [
        ("profiles.toml", profiles.as_str()),
        ("templates.toml", &templates),
        ("intents.toml", &intents),
        ("catalog.toml", &catalog),
        ("linux.toml", &linux),
        ("filters.toml", &filters),
    ];
    Catalogue::from_files(SHARED, files).unwrap()
}

pub(super) fn read(files: &[(&str, Value)]) -> Adopted {
    let texts: Vec<_> = files.iter().map(|(name, value)| (*name, value.to_string().into_bytes())).collect();
    read_bytes(&texts)
}

pub(super) fn read_bytes(files: &[(&str, Vec<u8>)]) -> Adopted {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let adopted = adopt(folder.path(), &catalogue(), Options::default()).unwrap();
    let counts = adopted.counts;
    let sum = counts.adopted + counts.duplicates + counts.helpers + counts.damaged + counts.not_recognized;
    assert_eq!(counts.objects, sum);
    assert_eq!(counts.adopted, adopted.policies.len());
    let json = |name: &&str| Path::new(name).extension().is_some_and(|extension| extension == "json");
    for name in files.iter().map(|(name, _)| *name).filter(json) {
        assert!(adopted.outcomes.iter().any(|outcome| outcome.file == name), "nothing is said of {name}");
    }
    adopted
}

pub(super) fn messages(adopted: &Adopted, code: &Code) -> Vec<String> {
    adopted
        .findings
        .iter()
        .filter(|finding| finding.is(code))
        .map(|f| format!("{}: {}", f.subject, f.message))
        .collect()
}

pub(super) fn only(adopted: &Adopted) -> Policy {
    assert_eq!(adopted.policies.len(), 1, "{:?}", adopted.findings);
    adopted.policies[0].open()
}
