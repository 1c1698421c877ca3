//! How other tools call a policy type, so that their exports are recognized; and how its own policies become others.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::predicate::Predicate;

/// How other tools' exports call the type; hints only, the content decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Adopt {
    /// Folder names, such as IntuneManagement's.
    #[serde(default)]
    pub folders: Vec<String>,
    /// Property sets, each of which marks an object without `@odata.type` or context as this type; where
    /// sets of several types fit, the largest counts.
    #[serde(default)]
    pub properties: Vec<Vec<String>>,
    /// Ids of objects that every tenant has, by the name that some tools write instead.
    #[serde(default)]
    pub ids: BTreeMap<String, String>,
    /// Folders of IntuneManagement for some of the type's policies; the others are in the first of `folders`.
    #[serde(default)]
    pub places: Vec<Place>,
    /// Whether IntuneManagement keeps the parts in a file beside the policy's.
    #[serde(default)]
    pub settings_file: bool,
    /// Whether the admin center imports files of this type.
    #[serde(default)]
    pub admin_center: bool,
    /// The property whose value, a GUID, some tools write only at the beginning of the file's name.
    #[serde(default)]
    pub file_name_begins: Option<String>,
    /// The property whose value, a GUID, some tools write only at the end of the file's name.
    #[serde(default)]
    pub file_name_ends: Option<String>,
}

/// How policies of a type are read to be converted to the settings catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConvertStep {
    /// As administrative templates: definitions with the values of their fields.
    DefinitionValues,
}

/// A folder of IntuneManagement for some policies of a type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Place {
    /// The folder's name.
    pub folder: String,
    /// Which policies.
    pub when: Predicate,
}
