//! Which permission a request needs: api 8 and the least permissions in the facts about Graph's paths.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::metadata::model::Model;
use crate::odata::call::{Call, Refusal, refuse};
use crate::odata::route::{Route, Tail};

/// What whoever asks was granted: a token may hold less than the tenant's application; an empty list is everything.
pub(crate) fn granted(of_application: &[String], call: &Call) -> Vec<String> {
    let token = call.header("authorization").trim_start_matches("Bearer ");
    match consented(token) {
        Some(own) if own.is_empty() => vec!["nothing".to_owned()],
        Some(own) => own,
        None => of_application.to_vec(),
    }
}

/// The permissions that a token holds, where it says by `consented` that they are all there is.
fn consented(token: &str) -> Option<Vec<String>> {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())?;
    let claims: Value = serde_json::from_slice(&claims).ok().filter(|claims: &Value| claims["consented"] == true)?;
    let scopes = claims["scp"].as_str().unwrap_or_default().split_whitespace();
    let roles = claims["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Some(scopes.chain(roles).map(ToOwned::to_owned).collect())
}

/// Refuses a request that the granted permissions do not cover; an empty list grants everything.
pub(crate) fn check(model: &Model, granted: &[String], route: &Route, call: &Call) -> Result<(), Refusal> {
    if granted.is_empty() {
        return Ok(());
    }
    let Some(collection) = model.collection(&route.template) else {
        return Ok(());
    };
    // getByIds and its like read, although they are POSTs.
    let reads = !call.is_write()
        || matches!(&route.tail, Tail::Action { name, .. } if name.starts_with("getByIds") || name.starts_with("validate"));
    let listed = if reads { &collection.permissions.read } else { &collection.permissions.write };
    let Some(needed) = listed else { return Ok(()) };
    let needed = actual(&route.root, needed);
    if granted.iter().any(|have| covers(have, &needed, &route.template)) {
        return Ok(());
    }
    let code =
        if crate::service::core::is_directory(&route.root) { "Authorization_RequestDenied" } else { "Forbidden" };
    Err(refuse(
        403,
        code,
        format!(
            "Application is not authorized to perform this operation. Application must have one of the following scopes: {needed}"
        ),
    ))
}

/// quirk 65: the published table still lists the configuration permission for scripts; the service asks for another.
fn actual(root: &str, needed: &str) -> String {
    let scripts = [
        "deviceManagementScripts",
        "deviceShellScripts",
        "deviceHealthScripts",
        "deviceComplianceScripts",
        "deviceCustomAttributeShellScripts",
    ];
    if root.rsplit('/').next().is_some_and(|leaf| scripts.contains(&leaf)) {
        return needed.replace("DeviceManagementConfiguration.", "DeviceManagementScripts.");
    }
    needed.to_owned()
}

fn covers(have: &str, needed: &str, template: &str) -> bool {
    if have == needed || have == needed.replace(".Read.", ".ReadWrite.") {
        return true;
    }
    if template == "organization" {
        // api 8: Intune's service permissions also pass.
        return have.starts_with("DeviceManagement")
            || have.starts_with("Organization.")
            || have.starts_with("Directory.");
    }
    // The published permission table, 2026-08: the least that gives the licenses; none of Intune's does.
    if template == "subscribedSkus" && have.starts_with("LicenseAssignment.Read") {
        return true;
    }
    let wider: &[&str] = match needed {
        "Group.ReadBasic.All" | "GroupMember.ReadBasic.All" => &[
            "Group.Read.All",
            "Group.ReadWrite.All",
            "GroupMember.Read.All",
            "GroupMember.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        "Group.Read.All" | "GroupMember.Read.All" => {
            &["Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"]
        }
        "Group.Create" => &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
        // api 8: authentication strengths are read with it.
        "Policy.Read.AuthenticationMethod" => &["Policy.Read.All"],
        "User.Read.All"
        | "User.ReadBasic.All"
        | "Application.Read.All"
        | "Device.Read.All"
        | "Directory.Read.All"
        | "RoleManagement.Read.Directory" => &["Directory.Read.All", "Directory.ReadWrite.All"],
        _ => &[],
    };
    wider.contains(&have)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_permissions_cover_narrower_ones_and_not_the_reverse() {
        let read = "DeviceManagementApps.Read.All";
        assert!(covers("DeviceManagementApps.ReadWrite.All", read, "x"));
        assert!(!covers(read, "DeviceManagementApps.ReadWrite.All", "x"));
        assert!(covers("Directory.Read.All", "Group.ReadBasic.All", "groups"));
        assert!(covers("LicenseAssignment.Read.All", "Organization.Read.All", "subscribedSkus"));
        assert!(!covers("DeviceManagementApps.Read.All", "Organization.Read.All", "subscribedSkus"));
        assert!(!covers(
            "DeviceManagementConfiguration.Read.All",
            &actual("deviceManagement/deviceHealthScripts", "DeviceManagementConfiguration.Read.All"),
            "x"
        ));
    }
}
