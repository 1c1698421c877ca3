//! What people notice of the policies of a tree, and what they do to enroll: by platform, with the number of settings in
//! each area. For a letter and a worksheet. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::catalogue::check::{Platform, SettingArea};
use crate::catalogue::model::TypeVerdict;
use crate::policy::{JsonPath, Kept, Policy};

/// What a tree is for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    /// By platform.
    pub platforms: Vec<OfPlatform>,
    /// The titles of all areas.
    pub areas: Vec<String>,
}

/// What a platform has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfPlatform {
    /// Its title.
    pub title: String,
    /// How many policies.
    pub policies: usize,
    /// What a person does to enroll.
    pub steps: Vec<String>,
    /// What a person notices.
    pub noticed: Vec<String>,
    /// How many settings each area has, in the order of the areas; the last number is of other settings.
    pub settings: Vec<usize>,
}

/// Properties that say what a policy is and not what it does.
const SILENT: [&str; 11] = [
    "@odata.type",
    "assignments",
    "description",
    "displayName",
    "id",
    "name",
    "platforms",
    "roleScopeTagIds",
    "technologies",
    "templateReference",
    "settingCount",
];

/// Collects what the policies mean for people.
pub fn announce<'a>(catalogue: &Catalogue, policies: impl IntoIterator<Item = &'a Kept>) -> Announcement {
    let shared = &catalogue.shared;
    let mut by_platform: BTreeMap<&str, (usize, Vec<usize>, BTreeSet<usize>)> = BTreeMap::new();
    let mut everywhere: BTreeSet<usize> = BTreeSet::new();
    for policy in policies.into_iter().map(Kept::open) {
        let verdict = catalogue.get(&policy.type_name).map(|of| of.verdict_of(&policy));
        let is_default = catalogue.get(&policy.type_name).is_some_and(|of| of.default_rule(&policy).is_some());
        if is_default || matches!(verdict, None | Some(TypeVerdict::Retired | TypeVerdict::TenantBound)) {
            continue;
        }
        let areas: Vec<usize> = settings(&policy).iter().map(|name| area(&shared.areas, &policy, name)).collect();
        let own: Vec<&Platform> = shared.platforms.iter().filter(|platform| platform.is_of(&policy)).collect();
        if own.is_empty() {
            everywhere.extend(areas.iter().filter(|area| is_for_all(&shared.areas, **area, &policy)));
        }
        for platform in own {
            let (policies, numbers, noticed) = by_platform.entry(platform.name.as_str()).or_default();
            *policies += 1;
            numbers.resize(shared.areas.len() + 1, 0);
            for area in &areas {
                numbers[*area] += 1;
            }
            noticed.extend(areas.iter().copied());
        }
    }
    let platform = |(name, (policies, settings, noticed)): (&str, (usize, Vec<usize>, BTreeSet<usize>))| {
        let known = shared.platforms.iter().find(|platform| platform.name == name)?;
        let areas = noticed.union(&everywhere).filter_map(|area| shared.areas.get(*area)?.says.clone());
        Some(OfPlatform {
            title: known.title.clone(),
            policies,
            steps: known.steps.clone(),
            noticed: areas.collect(),
            settings,
        })
    };
    let areas = shared.areas.iter().map(|area| area.title.clone()).chain([String::from("Other settings")]).collect();
    Announcement { platforms: by_platform.into_iter().filter_map(platform).collect(), areas }
}

/// Policies without a platform that people notice on all of them, such as Conditional Access: those of a type that an
/// area names.
fn is_for_all(areas: &[SettingArea], area: usize, policy: &Policy) -> bool {
    areas.get(area).is_some_and(|area| area.policy_types.contains(&policy.type_name))
}

/// The place of a setting's area; one behind the last where no area has it.
fn area(areas: &[SettingArea], policy: &Policy, setting: &str) -> usize {
    areas.iter().position(|area| area.is_of(&policy.type_name, setting)).unwrap_or(areas.len())
}

/// The names of what a policy sets: definitions of the settings catalog, else properties that hold something.
fn settings(policy: &Policy) -> Vec<String> {
    let document = policy.to_value();
    let definitions = JsonPath::new("settings/**/settingDefinitionId");
    let found: BTreeSet<&str> =
        definitions.find(&document).iter().filter_map(|place| document.pointer(place)?.as_str()).collect();
    if !found.is_empty() {
        return found.into_iter().map(str::to_owned).collect();
    }
    let kind = policy.odata_type().unwrap_or_default();
    let properties = policy.body.iter().filter(|(name, value)| !SILENT.contains(&name.as_str()) && holds(value));
    // A profile for Wi-Fi is about Wi-Fi, whatever its properties are called.
    properties.map(|(name, _)| format!("{kind} {name}")).collect()
}

/// Whether a property says anything.
fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(set) => *set,
        Value::String(text) => !text.is_empty() && text != "notConfigured" && text != "deviceDefault",
        Value::Array(list) => !list.is_empty(),
        Value::Number(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use serde_json::json;

    use super::*;

    fn policy(type_name: &str, body: &Value) -> Kept {
        Policy::new(type_name, body.as_object().unwrap().clone()).keep()
    }

    #[test]
    fn people_are_told_what_they_notice_on_their_platform() {
        let catalogue = Catalogue::built_in().unwrap();
        let setting = |id: &str| json!({"settingInstance": {"settingDefinitionId": id}});
        let windows = json!({"name": "BitLocker", "platforms": "windows10", "settings": [
            setting("device_vendor_msft_bitlocker_requiredeviceencryption"), setting("device_vendor_msft_policy_config_devicelock_x")]});
        let ios = json!({"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "displayName": "iOS", "cameraBlocked": true, "passcodeRequired": false});
        let access = json!({"displayName": "CA", "state": "enabled", "conditions": {}});
        let policies = [
            policy("settings-catalog", &windows),
            policy("device-configurations", &ios),
            policy("conditional-access", &access),
        ];
        let announcement = announce(&catalogue, &policies);
        let titles: Vec<&str> = announcement.platforms.iter().map(|it| it.title.as_str()).collect();
        assert_eq!(titles, ["iOS and iPadOS", "Windows"]);
        let [ios, windows] = &announcement.platforms[..] else { panic!("two platforms") };
        let of = |platform: &OfPlatform, area: &str| {
            platform.settings[announcement.areas.iter().position(|title| title == area).unwrap()]
        };
        assert_eq!([of(windows, "Encryption"), of(windows, "Passwords and PINs"), of(windows, "Email")], [1, 1, 0]);
        assert_eq!([of(ios, "Camera, ports and sharing"), of(ios, "Passwords and PINs")], [1, 0]);
        assert!(windows.noticed.iter().any(|says| says.contains("encrypted")));
        assert!(ios.noticed.iter().any(|says| says.contains("second factor")) && !ios.steps.is_empty());
    }
}
