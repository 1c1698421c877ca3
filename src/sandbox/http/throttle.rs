//! Graph's documented limits (api 1), counted exactly in sliding windows: per sub-service for the app in its
//! tenant and for all apps of the tenant, resource units for the directory, one per second for Conditional
//! Access. Off unless asked for. Another app can be played that takes its share of what a tenant has.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::odata::call::{Call, Reply, envelope, refuse};

/// Another app of the tenant that takes a part of what the tenant may do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherApp {
    /// Its part of each limit of the whole tenant, evenly over time: 0.5 is half.
    pub share: f64,
    /// It stops so long after the first request; without it, never.
    #[serde(default)]
    pub seconds: Option<f64>,
}

/// What was asked in the last seconds, by limit.
#[derive(Default)]
pub(crate) struct Throttle {
    other: Option<OtherApp>,
    began: Option<Instant>,
    windows: BTreeMap<String, Window>,
}

/// What the limits say to a request.
pub(crate) struct Verdict {
    /// The 429, if it is one too many.
    pub refused: Option<Reply>,
    /// What the directory adds to its answers.
    pub headers: Vec<(&'static str, String)>,
}

#[derive(Default)]
struct Window {
    seen: VecDeque<(Instant, u32)>,
    sum: u32,
    /// When the other app asks next.
    other_next: Option<Instant>,
}

struct Limit {
    name: String,
    most: u32,
    window: Duration,
    cost: u32,
    /// Counted for all apps of the tenant.
    tenant: bool,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Intune,
    /// Conditional Access gives no `Retry-After`.
    ConditionalAccess,
    Units,
    Writes,
}

impl Throttle {
    pub(crate) fn new(other: Option<OtherApp>) -> Self {
        Self { other, ..Self::default() }
    }

    /// Counts the request. Refused requests count as well (api 1).
    pub(crate) fn take(&mut self, tenant: &str, call: &Call, now: Instant) -> Verdict {
        let began = *self.began.get_or_insert(now);
        let mut refused: Option<(Kind, Duration)> = None;
        let mut headers = Vec::new();
        for limit in limits(call) {
            let scope = if limit.tenant { "tenant" } else { "app" };
            let window = self.windows.entry(format!("{tenant} {scope} {}", limit.name)).or_default();
            if let Some(other) = self.other.filter(|_| limit.tenant) {
                window.play(other, &limit, began, now);
            }
            window.count(now, limit.window, limit.cost);
            if window.sum > limit.most {
                let left = window.free_at(&limit).saturating_duration_since(now);
                refused = refused.filter(|(_, longest)| *longest >= left).or(Some((limit.kind, left)));
            }
            if limit.kind == Kind::Units {
                headers.push(("x-ms-resource-unit", limit.cost.to_string()));
                let used = f64::from(window.sum) / f64::from(limit.most);
                if used > 0.8 {
                    headers.push(("x-ms-throttle-limit-percentage", format!("{:.1}", used.min(1.8))));
                }
            }
        }
        let refused = refused.map(|(kind, left)| too_many(call, kind, left));
        Verdict { refused, headers }
    }
}

fn too_many(call: &Call, kind: Kind, left: Duration) -> Reply {
    let refusal = refuse(429, "TooManyRequests", "Please retry after some time.");
    let reply = Reply::new(429, envelope(&refusal, &call.path, ""));
    // A fraction of a second is possible (api 1).
    let tell = |reply: Reply| reply.with("retry-after", format!("{:.3}", left.as_secs_f64()));
    let why = |reply: Reply, what: &str, information: &str| {
        reply
            .with("x-ms-throttle-scope", format!("Tenant_Application/{what}/sandbox"))
            .with("x-ms-throttle-information", information.to_owned())
    };
    match kind {
        Kind::ConditionalAccess => reply,
        Kind::Intune => tell(reply),
        Kind::Units => why(tell(reply), "ReadWrite", "ResourceUnitLimitExceeded"),
        Kind::Writes => why(tell(reply), "Write", "WriteLimitExceeded"),
    }
}

impl Window {
    fn count(&mut self, now: Instant, length: Duration, cost: u32) {
        while let Some((_, old)) = self.seen.front().copied().filter(|(at, _)| now.duration_since(*at) >= length) {
            self.sum -= old;
            self.seen.pop_front();
        }
        self.seen.push_back((now, cost));
        self.sum += cost;
    }

    /// When one more of this kind would pass.
    fn free_at(&self, limit: &Limit) -> Instant {
        let mut over = self.sum + limit.cost - limit.most.max(limit.cost);
        let mut at = Instant::now();
        for (seen, cost) in &self.seen {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*cost);
            at = *seen + limit.window;
        }
        at
    }

    /// The other app's requests since we last looked; of those before the window no one needs to know.
    fn play(&mut self, other: OtherApp, limit: &Limit, began: Instant, now: Instant) {
        let apart = limit.window.div_f64(f64::from(limit.most) * other.share.clamp(0.001, 1.0));
        let end = other.seconds.map(|seconds| began + Duration::from_secs_f64(seconds.max(0.0)));
        let oldest = now.checked_sub(limit.window).unwrap_or(began).max(began);
        let mut next = self.other_next.unwrap_or(began).max(oldest);
        let mut missed = Vec::new();
        while next <= now && end.is_none_or(|end| next < end) {
            missed.push((next, 1));
            self.sum += 1;
            next += apart;
        }
        self.other_next = Some(next);
        if !missed.is_empty() {
            self.seen.extend(missed);
            self.seen.make_contiguous().sort_by_key(|(at, _)| *at);
        }
    }
}

/// The limits that a request counts against.
fn limits(call: &Call) -> Vec<Limit> {
    let mut parts = call.path.split(['/', '(']);
    let (first, second) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let mut all = Vec::new();
    let mut limit = |name: String, most, seconds, cost, tenant, kind| {
        all.push(Limit { name, most, window: Duration::from_secs(seconds), cost, tenant, kind });
    };
    match first {
        "identity" if matches!(parts.next(), Some("policies" | "namedLocations")) => {
            limit("ca".into(), 1, 1, 1, true, Kind::ConditionalAccess);
        }
        "deviceManagement" | "deviceAppManagement" => {
            let service = service_of(second);
            let double = if service == "devices" { 2 } else { 1 };
            for (apps, tenant) in [(1, false), (2, true)] {
                limit(format!("{service} any"), 1000 * double * apps, 20, 1, tenant, Kind::Intune);
                if call.is_write() {
                    limit(format!("{service} writes"), 100 * double * apps, 20, 1, tenant, Kind::Intune);
                }
            }
        }
        _ => {
            // The smallest tenants' quota, and no other app's: the units have no limit of the whole tenant.
            limit("directory units".into(), 3_500, 10, units(call), false, Kind::Units);
            if call.is_write() && !call.path.ends_with("getByIds") {
                limit("directory writes".into(), 3_000, 150, 1, false, Kind::Writes);
                limit("directory writes".into(), 18_000, 300, 1, true, Kind::Writes);
            }
        }
    }
    all
}

/// What a request to the directory costs.
fn units(call: &Call) -> u32 {
    let path = call.path.as_str();
    let base = match path.split(['/', '(']).next().unwrap_or("") {
        _ if path.contains("/transitiveMembers") => 5,
        _ if path.ends_with("/members") || path.ends_with("getByIds") || path.starts_with("subscribedSkus") => 3,
        "users" | "applications" if !call.is_write() => 2,
        _ => 1,
    };
    let query = crate::odata::call::decode(&call.query);
    let value = |name: &str| query.split('&').find_map(|pair| pair.trim_start_matches('$').strip_prefix(name));
    let small = value("top=").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let less = u32::from(value("select=").is_some()) + u32::from(small);
    (base + u32::from(value("expand=").is_some())).saturating_sub(less).max(1)
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
        name if name.starts_with("windows") && name.contains("Update") => "updates",
        name if name.starts_with("groupPolicy") => "gpanalytics",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &str, path: &str) -> Call {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Call {
            method: method.into(),
            version: "beta".into(),
            path: path.into(),
            query: query.into(),
            headers: BTreeMap::default(),
            body: None,
            origin: String::new(),
        }
    }

    fn refused(throttle: &mut Throttle, call: &Call, times: usize, now: Instant) -> usize {
        (0..times).filter(|_| throttle.take("t", call, now).refused.is_some()).count()
    }

    #[test]
    fn the_hundred_and_first_write_is_refused_and_reads_and_other_tenants_go_on() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let write = call("POST", "deviceManagement/intents/x/assign");
        assert_eq!(refused(&mut throttle, &write, 101, now), 1);
        assert_eq!(refused(&mut throttle, &call("GET", "deviceManagement/intents"), 899, now), 0);
        assert_eq!(refused(&mut throttle, &call("GET", "deviceManagement/templates"), 1, now), 1);
        assert!(throttle.take("other", &write, now).refused.is_none());
        // A refused one counts too: the window is full for as long as it is asked.
        let later = now + Duration::from_secs(20);
        assert_eq!(refused(&mut throttle, &write, 100, later), 0);
        assert_eq!(refused(&mut throttle, &write, 1, later), 1);
        assert_eq!(refused(&mut throttle, &call("POST", "deviceManagement/deviceShellScripts"), 201, now), 1);
    }

    #[test]
    fn conditional_access_is_one_per_second_and_does_not_say_when() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let read = call("GET", "identity/conditionalAccess/policies/1");
        assert!(throttle.take("t", &read, now).refused.is_none());
        let late = throttle.take("t", &call("POST", "identity/conditionalAccess/namedLocations"), now);
        assert!(late.refused.is_some_and(|reply| reply.headers.is_empty()));
        assert!(throttle.take("t", &read, now + Duration::from_secs(1)).refused.is_none());
        let strengths = call("GET", "identity/conditionalAccess/authenticationStrength/policies");
        assert_eq!(refused(&mut throttle, &strengths, 9, now), 0);
    }

    #[test]
    fn the_directory_counts_units_and_says_so() {
        let (mut throttle, now) = (Throttle::default(), Instant::now());
        let members = call("GET", "groups/1/members");
        let first = throttle.take("t", &members, now);
        assert_eq!(first.headers, [("x-ms-resource-unit", "3".to_owned())]);
        assert_eq!(refused(&mut throttle, &members, 1_165, now), 0);
        let last = throttle.take("t", &call("GET", "users?$expand=x"), now);
        let reply = last.refused.map(|reply| reply.headers).unwrap_or_default();
        assert!(reply.iter().any(|(_, value)| value == "ResourceUnitLimitExceeded"), "{reply:?}");
        assert!(last.headers.iter().any(|(name, _)| *name == "x-ms-throttle-limit-percentage"));
        assert_eq!(units(&call("GET", "groups/1/members?$top=1&$select=id")), 1);
    }

    #[test]
    fn another_app_takes_its_share_of_the_tenant_until_it_stops() {
        let other = OtherApp { share: 0.75, seconds: Some(60.0) };
        let (mut throttle, now) = (Throttle::new(Some(other)), Instant::now());
        let write = call("POST", "deviceManagement/intents");
        assert!(throttle.take("t", &write, now).refused.is_none());
        // 150 of the tenant's 200 in 20 seconds are the other's.
        let soon = now + Duration::from_secs(30);
        let (passed, left) = (99 - refused(&mut throttle, &write, 99, soon), 50);
        assert!((left - 1..=left + 1).contains(&passed), "{passed}");
        let refusal = throttle.take("t", &write, soon).refused;
        let tells = refusal.and_then(|reply| reply.headers.first().map(|(_, wait)| wait.parse::<f64>().ok()));
        assert!(tells.flatten().is_some_and(|wait| wait > 0.0 && wait <= 20.0));
        let after = now + Duration::from_secs(90);
        assert_eq!(refused(&mut throttle, &write, 100, after), 0);
        let ca = call("GET", "identity/conditionalAccess/policies");
        assert!((0..60).map(|s| throttle.take("t", &ca, after + Duration::from_secs(s)).refused).all(|r| r.is_none()));
    }
}
