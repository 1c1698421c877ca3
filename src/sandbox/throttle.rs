//! Graph's documented limits (api 1), counted in sliding windows; off unless asked for.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use super::call::{Call, Reply, envelope, refuse};

/// Requests of the last seconds by tenant and kind.
#[derive(Default)]
pub(super) struct Throttle(BTreeMap<String, VecDeque<Instant>>);

struct Limit {
    name: String,
    most: usize,
    window: Duration,
    /// Conditional Access gives no `Retry-After`.
    tells: bool,
}

impl Throttle {
    /// Counts the request; the 429 if it is one too many. Refused requests count as well (api 1).
    pub(super) fn take(&mut self, tenant: &str, call: &Call) -> Option<Reply> {
        let now = Instant::now();
        let mut refused = None;
        for limit in limits(call) {
            let seen = self.0.entry(format!("{tenant} {}", limit.name)).or_default();
            while seen.front().is_some_and(|first| now.duration_since(*first) >= limit.window) {
                seen.pop_front();
            }
            seen.push_back(now);
            if seen.len() > limit.most {
                let left =
                    seen.front().map_or(limit.window, |first| limit.window.saturating_sub(now.duration_since(*first)));
                refused = Some((limit.tells, left));
            }
        }
        let (tells, left) = refused?;
        let refusal = refuse(429, "TooManyRequests", "Please retry after some time.");
        let reply = Reply::new(429, envelope(&refusal, &call.path, ""));
        // A fraction of a second is possible (api 1).
        Some(if tells { reply.with("retry-after", format!("{:.3}", left.as_secs_f64())) } else { reply })
    }
}

/// The limits that a request counts against.
fn limits(call: &Call) -> Vec<Limit> {
    let mut parts = call.path.split(['/', '(']);
    let (first, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let window = Duration::from_secs(20);
    let limit = |name: String, most: usize| Limit { name, most, window, tells: true };
    match first {
        "identity" => vec![Limit { name: "ca".into(), most: 1, window: Duration::from_secs(1), tells: false }],
        "deviceManagement" | "deviceAppManagement" => {
            let service = service_of(second);
            let double = if service == "devices" { 2 } else { 1 };
            let mut all = vec![limit(format!("{service} any"), 1000 * double)];
            if call.is_write() {
                all.push(limit(format!("{service} writes"), 100 * double));
            }
            all
        }
        // The directory counts resource units; its quota is far above what any test sends.
        _ => Vec::new(),
    }
}

/// The sub-service that a collection belongs to.
fn service_of(collection: &str) -> &str {
    match collection {
        "deviceConfigurations" | "deviceCompliancePolicies" | "ndesConnectors" | "" => "device configuration",
        "configurationPolicies"
        | "configurationPolicyTemplates"
        | "configurationSettings"
        | "configurationCategories"
        | "reusablePolicySettings" => "device config v2",
        "intents" | "templates" | "settingDefinitions" => "device intent",
        "mobileApps" | "mobileAppCategories" | "mobileAppConfigurations" | "iosLobAppProvisioningConfigurations" => {
            "applications"
        }
        "deviceCategories"
        | "deviceEnrollmentConfigurations"
        | "vppTokens"
        | "mobileThreatDefenseConnectors"
        | "deviceManagementPartners" => "device enrollment",
        "deviceManagementScripts"
        | "deviceShellScripts"
        | "deviceHealthScripts"
        | "deviceComplianceScripts"
        | "deviceCustomAttributeShellScripts"
        | "managedDevices" => "devices",
        "assignmentFilters" | "policySets" => "bundles",
        "roleDefinitions" | "roleAssignments" | "resourceOperations" => "rbac",
        name if name.contains("ManagedApp") || name == "managedAppPolicies" => "managed applications",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_and_first_write_is_refused_and_reads_go_on() {
        let mut throttle = Throttle::default();
        let mut call = Call {
            method: "POST".into(),
            version: "beta".into(),
            path: "deviceManagement/intents/x/assign".into(),
            query: String::new(),
            headers: BTreeMap::default(),
            body: None,
            origin: String::new(),
        };
        let refused = (0..101).filter(|_| throttle.take("t", &call).is_some()).count();
        assert_eq!(refused, 1);
        call.method = "GET".into();
        assert!(throttle.take("t", &call).is_none());
        call.method = "POST".into();
        assert!(throttle.take("other", &call).is_none());
    }
}
