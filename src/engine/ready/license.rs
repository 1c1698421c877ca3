//! Licenses: which of the tenant's subscriptions have a service plan, whether they are alive, and how many seats are
//! free. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{CheckState, Item, Judged};
use crate::catalogue::prerequisite::Prerequisite;
use crate::finding::count;

/// A row about the subscriptions that have one of the plans whose names the prerequisite tests.
pub(super) fn judge(prerequisite: &Prerequisite, answer: &Value, with_seats: bool, now: Timestamp) -> Judged {
    let having: Vec<&Value> = list(answer).filter(|sku| plans(prerequisite, sku, now).next().is_some()).collect();
    if having.is_empty() {
        return Judged::new(CheckState::Missing, "no subscription of the tenant includes it");
    }
    let items: Vec<Item> = having.iter().map(|sku| item(sku)).collect();
    let Some(best) = items.iter().map(|item| item.state).max().filter(|best| *best != CheckState::Missing) else {
        return Judged { items, ..Judged::new(CheckState::Missing, "no subscription that includes it is active") };
    };
    let seats = |name: &str| having.iter().filter_map(|sku| number(sku, name)).sum::<i64>();
    let enabled = having.iter().filter_map(|sku| sku["prepaidUnits"]["enabled"].as_i64()).sum::<i64>();
    let free = enabled - seats("consumedUnits");
    let free_words = count(usize::try_from(free).unwrap_or_default(), "seat is free", "seats are free");
    let (state, says) = match best {
        CheckState::Ready if with_seats && free <= 0 => (CheckState::Soon, format!("none of {enabled} seats is free")),
        CheckState::Ready if with_seats => (CheckState::Ready, format!("{free_words} of {enabled}")),
        CheckState::Ready => (CheckState::Ready, String::from("included in an active subscription")),
        _ => (CheckState::Soon, String::from("the subscription has ended and is in its grace period")),
    };
    Judged { items, ..Judged::new(state, says) }
}

/// The ids of the plans whose names the prerequisite tests, in all of the tenant's subscriptions.
pub(super) fn plan_ids(prerequisite: &Prerequisite, answer: &Value, now: Timestamp) -> BTreeSet<String> {
    let plans = list(answer).flat_map(|sku| plans(prerequisite, sku, now).collect::<Vec<_>>());
    plans.filter_map(|plan| plan["servicePlanId"].as_str()).map(str::to_ascii_lowercase).collect()
}

fn list(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["value"].as_array().into_iter().flatten()
}

/// The plans of a subscription that are meant and usable.
fn plans<'a>(prerequisite: &'a Prerequisite, sku: &'a Value, now: Timestamp) -> impl Iterator<Item = &'a Value> {
    let is_meant = move |plan: &&Value| prerequisite.is_met(&json!({"value": [{"servicePlans": [plan]}]}), now);
    let is_usable = |plan: &&Value| plan["provisioningStatus"] != "Disabled" && plan["provisioningStatus"] != "Error";
    sku["servicePlans"].as_array().into_iter().flatten().filter(is_usable).filter(is_meant)
}

fn number(sku: &Value, name: &str) -> Option<i64> {
    sku[name].as_i64()
}

fn item(sku: &Value) -> Item {
    let name = sku["skuPartNumber"].as_str().unwrap_or_default().to_owned();
    let (state, says) = match sku["capabilityStatus"].as_str() {
        Some("Enabled") | None => (CheckState::Ready, "active"),
        Some("Warning") => (CheckState::Soon, "ended, in its grace period"),
        Some(_) => (CheckState::Missing, "ended"),
    };
    let seats = match (sku["prepaidUnits"]["enabled"].as_i64(), number(sku, "consumedUnits")) {
        (Some(enabled), Some(used)) => format!(", {used} of {enabled} seats used"),
        _ => String::new(),
    };
    Item { name, state, says: format!("{says}{seats}"), date: None, people: Vec::new() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;
    use crate::catalogue::Catalogue;

    fn judged(status: &str, enabled: i64, used: i64, plan: &str) -> (CheckState, String) {
        let catalogue = Catalogue::built_in().unwrap();
        let prerequisite = catalogue.shared.prerequisites.iter().find(|it| it.name == "intune-license").unwrap();
        let answer = json!({"value": [{"skuPartNumber": "EMS", "capabilityStatus": status, "consumedUnits": used,
            "prepaidUnits": {"enabled": enabled}, "servicePlans": [
                {"servicePlanName": plan, "servicePlanId": "C1", "provisioningStatus": "Success"}]}]});
        let judged = judge(prerequisite, &answer, true, Timestamp::now());
        (judged.state, judged.says)
    }

    #[test]
    fn a_subscription_counts_while_it_is_alive_and_has_the_plan() {
        assert_eq!(judged("Enabled", 10, 4, "INTUNE_A"), (CheckState::Ready, String::from("6 seats are free of 10")));
        assert_eq!(judged("Enabled", 10, 10, "INTUNE_A").0, CheckState::Soon);
        assert_eq!(judged("Warning", 10, 4, "INTUNE_A").0, CheckState::Soon);
        assert_eq!(judged("Suspended", 10, 4, "INTUNE_A").0, CheckState::Missing);
        // Entra ID P1 is not a license for Intune.
        assert_eq!(judged("Enabled", 10, 4, "AAD_PREMIUM").0, CheckState::Missing);
    }
}
