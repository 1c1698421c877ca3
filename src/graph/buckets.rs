//! Whose limits a request counts against: Graph counts by sub-service, app and tenant. For each collection
//! the caller says in which bucket; what a bucket holds is defined here, as Graph documents it
//! (api-behaviour.md section 1). Pure. Not for counting or waiting: that is `budget.rs`.

use std::time::Duration;

/// The bucket of directory objects, which counts resource units.
pub(super) const DIRECTORY: &str = "identity-and-access";
/// The bucket of Conditional Access: one request per second, whatever it does.
const CONDITIONAL_ACCESS: &str = "identity-protection-ca";
/// The one Intune sub-service that is allowed twice as much.
const DEVICES: &str = "devices";

/// At most `most` units in any `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) most: u32,
    pub(super) window: Duration,
}

const fn limit(most: u32, seconds: u64) -> Limit {
    Limit { most, window: Duration::from_secs(seconds) }
}

/// What a bucket allows one app in one tenant: of anything, and of writes. The directory's is that of the
/// smallest tenants, since nothing says how large a tenant is.
pub(super) fn limits(bucket: &str) -> (Limit, Limit) {
    match bucket {
        CONDITIONAL_ACCESS => (limit(1, 1), limit(1, 1)),
        DIRECTORY => (limit(3_500, 10), limit(3_000, 150)),
        DEVICES => (limit(2_000, 20), limit(200, 20)),
        _ => (limit(1_000, 20), limit(100, 20)),
    }
}

/// Which collection is in which bucket.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(Vec<(String, String)>);

impl Buckets {
    /// From collections below the version root and the names of their buckets.
    pub(super) fn new(mut collections: Vec<(String, String)>) -> Self {
        // The longest that fits decides.
        collections.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self(collections)
    }

    /// The bucket of a path, with or without its query. A collection of Intune that no one told of counts as
    /// a bucket of its own; what is not Intune's is the directory's.
    pub(super) fn of<'a>(&'a self, path: &'a str) -> &'a str {
        let path = path.trim_start_matches('/');
        if let Some((_, bucket)) = self.0.iter().find(|(collection, _)| is_within(path, collection)) {
            return bucket;
        }
        let mut segments = path.split(['/', '(', '?']);
        match (segments.next(), segments.next()) {
            (Some("deviceManagement" | "deviceAppManagement"), Some(collection)) if !collection.is_empty() => {
                collection
            }
            (Some(single @ ("deviceManagement" | "deviceAppManagement")), _) => single,
            _ => DIRECTORY,
        }
    }
}

/// Whether a path is this collection, or below it.
fn is_within(path: &str, collection: &str) -> bool {
    let (Some(start), rest) = (path.get(..collection.len()), path.get(collection.len()..)) else { return false };
    start.eq_ignore_ascii_case(collection)
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '(', '?']))
}

/// How many units a request costs: one each, but for the directory, which weighs them.
pub(super) fn cost(bucket: &str, path: &str, write: bool) -> u32 {
    if bucket != DIRECTORY {
        return 1;
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = path.trim_matches('/');
    let base = match path.split('/').next().unwrap_or_default() {
        _ if path.contains("/transitiveMembers") => 5,
        _ if path.ends_with("/members") => 3,
        "directoryObjects" if path.ends_with("getByIds") => 3,
        "subscribedSkus" => 3,
        "users" | "applications" if !write => 2,
        _ => 1,
    };
    let options: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
    let has = |name: &str| options.iter().any(|(key, _)| key.trim_start_matches("%24").trim_start_matches('$') == name);
    let small = |(key, value): &(&str, &str)| key.ends_with("top") && value.parse::<u32>().is_ok_and(|top| top < 20);
    let less = u32::from(has("select")) + u32::from(options.iter().any(small));
    (base + u32::from(has("expand"))).saturating_sub(less).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets() -> Buckets {
        let tell = |path: &str, bucket: &str| (path.to_owned(), bucket.to_owned());
        Buckets::new(vec![
            tell("deviceManagement/configurationPolicies", "device-config-v2"),
            tell("deviceManagement/configurationPolicyTemplates", "device-config-v2"),
            tell("identity/conditionalAccess/policies", "identity-protection-ca"),
            tell("deviceManagement", "device-configuration"),
        ])
    }

    #[test]
    fn the_longest_collection_that_a_path_lies_in_decides() {
        let buckets = buckets();
        for rest in ["", "('1')/c", "/c?$top=1", "?$expand=x(y/z)"] {
            assert_eq!(buckets.of(&format!("/deviceManagement/configurationPolicies{rest}")), "device-config-v2");
        }
        // A next link may spell it otherwise.
        assert_eq!(buckets.of("deviceManagement/ConfigurationPolicies?x"), "device-config-v2");
        assert_eq!(buckets.of("deviceManagement/configurationPoliciesNot"), "device-configuration");
        assert_eq!(buckets.of("identity/conditionalAccess/policies/1"), "identity-protection-ca");
        for path in ["groups", "groups/1/members", "users('1')", "organization?$top=1", "identity/x", ""] {
            assert_eq!(buckets.of(path), DIRECTORY, "{path}");
        }
        let untold = Buckets::default();
        assert_eq!(untold.of("deviceAppManagement/mobileApps/1?$top=2"), "mobileApps");
        assert_eq!(untold.of("deviceManagement"), "deviceManagement");
        assert_eq!(untold.of("deviceAppManagement/"), "deviceAppManagement");
    }

    #[test]
    fn the_directory_weighs_its_requests() {
        for (path, write, units) in [
            ("groups/1", false, 1),
            ("groups", true, 1),
            ("groups/1/members?$top=1&$select=id", false, 1),
            ("groups/1/members", false, 3),
            ("groups/1/transitiveMembers", false, 5),
            ("directoryObjects/getByIds", true, 3),
            ("users?$filter=x", false, 2),
            ("users?%24select=id", false, 1),
            ("users?$expand=manager", false, 3),
            ("groups?$top=999", false, 1),
        ] {
            assert_eq!(cost(DIRECTORY, path, write), units, "{path}");
        }
        assert_eq!(cost("devices", "users", false), 1);
    }
}
