//! Every kind of fact that a check can state, held against answers.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::catalogue::Catalogue;

/// Read once: the properties ask for it many times.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn now() -> Timestamp {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn in_days(days: i64) -> String {
    Timestamp::from_second(now().as_second() + days * 24 * 60 * 60).unwrap().to_string()
}

fn judged_for(name: &str, answer: &Value, demanded: bool, platforms: &[&str]) -> Judged {
    let catalogue = &*CATALOGUE;
    let prerequisite = catalogue.shared.prerequisites.iter().find(|it| it.name == name).unwrap();
    let platforms = platforms.iter().map(|name| (*name).to_owned()).collect();
    let wanted = For { demanded, platforms: &platforms, all: &catalogue.shared.platforms, now: now() };
    judge(prerequisite, prerequisite.check.as_ref().unwrap(), answer, wanted)
}

fn state(name: &str, answer: &Value) -> CheckState {
    judged_for(name, answer, true, &[]).state
}

#[test]
fn a_certificate_expires_soon_and_then_has_expired() {
    let apns = |days: i64| json!({"topicIdentifier": "com.apple.mgmt.x", "expirationDateTime": in_days(days)});
    let of = |days| judged_for("apple-push-certificate", &apns(days), true, &[]);
    assert_eq!((of(40).state, of(40).says.as_str()), (CheckState::Ready, "expires on 2027-01-09"));
    assert_eq!((of(12).state, of(12).says.as_str()), (CheckState::Soon, "expires on 2026-12-12, in 12 days"));
    assert_eq!((of(-1).state, of(-1).says.as_str()), (CheckState::Missing, "expired on 2026-11-29"));
    assert_eq!(of(40).date.as_deref(), Some("2027-01-09"));
    assert_eq!(state("apple-push-certificate", &json!({"topicIdentifier": null})), CheckState::Missing);
}

#[test]
fn of_several_tokens_one_that_works_is_enough_and_the_others_are_shown() {
    let token = |name: &str, days: i64, state: &str| {
        json!({"displayName": name, "state": state,
        "expirationDateTime": in_days(days), "lastSyncDateTime": in_days(0), "lastSyncStatus": "completed"})
    };
    let judged =
        judged_for("vpp-token", &json!({"value": [token("A", 90, "valid"), token("B", -5, "expired")]}), true, &[]);
    assert_eq!((judged.state, judged.says.as_str()), (CheckState::Soon, "1 of 2 need attention"));
    let items: Vec<(&str, CheckState)> = judged.items.iter().map(|it| (it.name.as_str(), it.state)).collect();
    assert_eq!(items, [("A", CheckState::Ready), ("B", CheckState::Missing)]);
    let invalid = judged_for("vpp-token", &json!({"value": [token("A", 90, "invalid")]}), true, &[]);
    assert_eq!((invalid.state, invalid.says.as_str()), (CheckState::Missing, "state: invalid"));
    // Nothing is missing that nothing needs.
    assert_eq!(judged_for("vpp-token", &json!({"value": []}), false, &[]).state, CheckState::NotNeeded);
    assert_eq!(judged_for("vpp-token", &json!({"value": []}), true, &[]).state, CheckState::Missing);
}

#[test]
fn a_connector_that_is_silent_degrades_and_is_then_lost() {
    let of = |days: i64| {
        state(
            "ndes-connector",
            &json!({"value": [{"displayName": "ndes01", "state": "active",
        "healthStatus": "noActionRequired", "lastConnectionDateTime": in_days(-days)}]}),
        )
    };
    assert_eq!([of(0), of(1), of(3)], [CheckState::Ready, CheckState::Soon, CheckState::Missing]);
    let ill =
        json!({"value": [{"state": "active", "healthStatus": "actionRequired", "lastConnectionDateTime": in_days(0)}]});
    assert_eq!(state("ndes-connector", &ill), CheckState::Soon);
}

#[test]
fn a_connector_counts_for_the_platforms_that_are_turned_on() {
    let partner = |ios: bool| {
        json!({"value": [{"partnerDisplayName": "Lookout", "partnerState": "enabled", "iosEnabled": ios,
        "androidEnabled": true, "lastHeartbeatDateTime": in_days(0)}]})
    };
    let of = |ios, platform| judged_for("mtd-connector", &partner(ios), true, &[platform]);
    assert_eq!(of(true, "ios").state, CheckState::Ready);
    assert_eq!(
        (of(false, "ios").state, of(false, "ios").says.as_str()),
        (CheckState::Missing, "turned off for iOS and iPadOS")
    );
    assert_eq!(of(false, "android").state, CheckState::Ready);
}

#[test]
fn a_feature_that_is_not_used_is_not_missing_unless_a_policy_needs_it() {
    let unbound = json!({"bindStatus": "notBound"});
    assert_eq!(judged_for("managed-google-play", &unbound, false, &[]).state, CheckState::NotNeeded);
    assert_eq!(judged_for("managed-google-play", &unbound, true, &[]).state, CheckState::Missing);
    // Graph gives a property's value in an object of its own.
    let consent =
        json!({"value": {"areDataProcessorServiceForWindowsFeaturesEnabled": true, "hasValidWindowsLicense": false}});
    assert_eq!(state("windows-data", &consent), CheckState::Soon);
}

#[test]
fn the_connector_status_is_believed_for_what_it_says_and_no_more() {
    let find = |name: &str| CATALOGUE.shared.prerequisites.iter().find(|it| it.name == name).unwrap();
    let check = find("apple-push-certificate").check.as_ref().unwrap();
    let entry = |days: i64, status: &str| {
        json!({"connectorName": "applePushNotificationServiceExpirationDateTime",
        "status": status, "eventDateTime": in_days(days)})
    };
    let of = |days, status| by_status(check, &[entry(days, status)], now()).map(|it| it.state);
    assert_eq!(of(90, "healthy"), Some(CheckState::Ready));
    assert_eq!(of(5, "healthy"), Some(CheckState::Soon), "the date says more than the word");
    assert_eq!(of(90, "unhealthy"), Some(CheckState::Missing));
    assert_eq!(of(90, "unknown"), Some(CheckState::Ready), "a date is a date");
    assert_eq!(by_status(check, &[], now()), None);
}

proptest! {
    /// A later date is never worse.
    #[test]
    fn more_time_is_never_worse(days in -400i64..800, more in 0i64..400) {
        let of = |days: i64| state("apple-push-certificate",
            &json!({"topicIdentifier": "x", "expirationDateTime": in_days(days)}));
        prop_assert!(of(days) <= of(days + more));
    }
}
