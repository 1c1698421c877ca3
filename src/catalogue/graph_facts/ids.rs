//! Wherever Graph's types have a property that holds an id of its tenant (portability.md, parts C, D and F), the
//! catalogue has a rule for it: what no rule names would leak into another tenant, or be missed there.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::catalogue::Catalogue;
use crate::catalogue::model::PolicyType;

/// The properties of parts C and F, and those of part D that hold an id as it is.
const IDS: [&str; 46] = [
    "activeInstallScript",
    "activeUninstallScript",
    "approverGroupIds",
    "authenticationCertificateId",
    "authenticationStrength",
    "collectionId",
    "companyPortalVppTokenId",
    "deviceAndAppManagementAssignmentFilterId",
    "deviceComplianceScriptId",
    "enrollmentTimeAzureAdGroupIds",
    "excludeApplications",
    "excludeGroups",
    "excludeLocations",
    "excludeServicePrincipals",
    "excludeUsers",
    "groupId",
    "imageId",
    "includeApplications",
    "includeAuthenticationContextClassReferences",
    "includeGroups",
    "includeLocations",
    "includeServicePrincipals",
    "includeUsers",
    "managedGooglePlayInitialScopeTagIds",
    "members",
    "membershipRule",
    "microsoftTunnelSiteId",
    "notificationMessageCCList",
    "notificationMessageTemplateId",
    "notificationTemplateId",
    "notificationTemplates",
    "onPremisesConnectionId",
    "payloadId",
    "resourceScopes",
    "roleScopeTagIds",
    "roleScopeTags",
    "rootCertificateId",
    "scopeIds",
    "scopeMembers",
    "secretReferenceValueId",
    "selectedMobileAppIds",
    "servicePlanId",
    "targetGroupId",
    "targetGroupIds",
    "targetId",
    "termsOfUse",
];
/// The same, of names that other things have as well: only where a type of policies is not merely read.
const MORE_IDS: [&str; 3] = ["targetedMobileApps", "vppTokenId", "userId"];

/// Where such a property stands for something else, by the type that has it.
const OTHERWISE: [(&str, &str, &str); 1] =
    [("conditionalAccessEnumeratedExternalTenants", "members", "tenants of partners: the same seen from anywhere")];

/// Type and property of every such place that an object of the policy type can have.
fn places(facts: &Facts, policy_type: &PolicyType, left_out: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let parts = policy_type.all_parts();
    let followed: BTreeSet<&str> = parts.map(|part| part.name.as_str()).chain(["assignments"]).collect();
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<(String, bool)> = vec![(policy_type.entity.clone(), true)];
    while let Some((kind, whole)) = open.pop() {
        for name in facts.family(&kind) {
            for (property, declared, is_link) in facts.properties(&name) {
                let target = declared.trim_start_matches("collection:").to_owned();
                let out = whole && left_out.contains(&property)
                    || is_link && !(whole && followed.contains(property.as_str()));
                if out {
                    continue;
                }
                if IDS.contains(&property.as_str())
                    || MORE_IDS.contains(&property.as_str()) && declared.contains("string")
                {
                    found.insert((facts.declarer(&name, &property), property));
                }
                if facts.knows(&target) && seen.insert(target.clone()) {
                    open.push((target, false));
                }
            }
        }
    }
    found
}

#[test]
fn no_property_that_holds_an_id_is_without_a_rule() {
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    let mut forgotten = BTreeSet::new();
    let mut used = BTreeSet::new();
    for policy_type in catalogue.iter() {
        // What never leaves a tenant, or is never sent, needs no rule.
        let paths = policy_type.read_only.iter().chain(&policy_type.volatile).chain(&catalogue.shared.volatile);
        let paths = paths.chain(&policy_type.create.strip);
        let left_out: BTreeSet<String> = paths.map(|path| path.as_str().to_owned()).collect();
        let rules = catalogue.reference_rules(&policy_type.name);
        let last = |at: &str| at.trim_end_matches("/*").rsplit('/').next().unwrap_or_default().to_owned();
        let mut ruled: BTreeSet<String> = rules.iter().map(|rule| last(rule.at.as_str())).collect();
        ruled.extend(rules.iter().flat_map(|rule| rule.at.as_str().split('/').map(str::to_owned)));
        ruled.extend(policy_type.links.iter().map(|link| link.property.clone()));
        ruled.extend(policy_type.secrets.iter().flat_map(|rule| rule.with.iter().cloned()));
        for (owner, property) in places(&facts, policy_type, &left_out) {
            if let Some(known) = OTHERWISE.iter().find(|known| (known.0, known.1) == (&owner, &property)) {
                used.insert(known.1);
            } else if !ruled.contains(&property) {
                forgotten.insert(format!("{}: {owner}.{property}", policy_type.name));
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:#?}");
    assert_eq!(used.len(), OTHERWISE.len(), "an exception that nothing needs: {used:?}");
}

/// By its name a property holds a secret; the catalogue says so, or here stands what it holds instead.
#[test]
fn no_property_that_holds_a_secret_is_without_a_rule() {
    const WORDS: [&str; 9] = [
        "password",
        "secret",
        "presharedkey",
        "productkey",
        "workspacekey",
        "boardingblob",
        "passphrase",
        "privatekey",
        "pfxblob",
    ];
    const OTHERWISE: [&str; 2] = ["passwordFormatString", "secretReferenceValueId"];
    let (facts, catalogue) = (Facts::load(), Catalogue::built_in().unwrap());
    let mut forgotten = BTreeSet::new();
    for policy_type in catalogue.iter() {
        let declared: BTreeSet<String> = policy_type
            .secrets
            .iter()
            .filter_map(|rule| rule.at.as_str().rsplit('/').next().map(str::to_owned))
            .collect();
        for name in facts.family(&policy_type.entity) {
            for (property, kind, _) in facts.properties(&name) {
                let lower = property.to_ascii_lowercase();
                let is_text = matches!(kind.as_str(), "string" | "binary");
                if is_text
                    && WORDS.iter().any(|word| lower.ends_with(word))
                    && !declared.contains(&property)
                    && !OTHERWISE.contains(&property.as_str())
                {
                    forgotten.insert(format!("{}: {name}.{property}", policy_type.name));
                }
            }
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:#?}");
}
