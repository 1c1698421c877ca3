//! What an answer means: the state of a row from the answer, the date and what the tree needs. Pure.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::state::{CheckState, Item, Judged};
use crate::catalogue::check::{Check, Platform};
use crate::catalogue::prerequisite::{IN_LIST, Prerequisite};
use crate::finding::count;
use crate::policy::JsonPath;

/// What a row is judged for.
#[derive(Debug, Clone, Copy)]
pub(super) struct For<'a> {
    /// Whether policies of the tree need it.
    pub(super) demanded: bool,
    /// The platforms of the policies that need it.
    pub(super) platforms: &'a BTreeSet<String>,
    /// All platforms.
    pub(super) all: &'a [Platform],
    /// Now.
    pub(super) now: Timestamp,
}

/// A row by its answer.
pub(super) fn judge(prerequisite: &Prerequisite, check: &Check, answer: &Value, wanted: For<'_>) -> Judged {
    let is_list = answer["value"].is_array();
    let objects: Vec<&Value> = objects(answer)
        .into_iter()
        .filter(|object| check.only.as_ref().is_none_or(|only| only.holds_anywhere(object, wanted.now)))
        .collect();
    if objects.is_empty() {
        return absent(check, wanted.demanded);
    }
    let judged: Vec<Item> = objects.iter().map(|object| item(prerequisite, check, object, wanted.now)).collect();
    // One object that says that a feature is not used: what nothing needs is not missing.
    let unused = !is_list && !wanted.demanded && check.optional;
    if unused && judged.iter().all(|item| item.state == CheckState::Missing && item.date.is_none()) {
        return Judged::new(CheckState::NotNeeded, "the tenant does not use it");
    }
    let working: Vec<&Value> =
        objects.iter().zip(&judged).filter(|(_, item)| item.state != CheckState::Missing).map(|(it, _)| *it).collect();
    if let Some(judged) = switched_off(check, &working, &judged, wanted) {
        return judged;
    }
    together(judged, is_list)
}

/// What an answer holds: the objects of a list, or the one object.
fn objects(answer: &Value) -> Vec<&Value> {
    match &answer["value"] {
        Value::Array(list) => list.iter().collect(),
        Value::Object(_) => vec![&answer["value"]],
        _ => vec![answer],
    }
}

/// Nothing is there.
pub(super) fn absent(check: &Check, demanded: bool) -> Judged {
    if demanded || !check.optional {
        return Judged::new(CheckState::Missing, "the tenant does not have it");
    }
    Judged::new(CheckState::NotNeeded, "the tenant does not have one, and nothing needs it")
}

/// The state of several objects together: one that works is enough, and what is wrong with the others is to be looked at.
fn together(items: Vec<Item>, is_list: bool) -> Judged {
    let of = |state: CheckState| items.iter().filter(move |item| item.state == state).count();
    let all = items.len();
    let works = of(CheckState::Ready) + of(CheckState::Soon);
    let state = match (works, of(CheckState::Ready)) {
        (0, _) => CheckState::Missing,
        (_, ready) if ready == all => CheckState::Ready,
        _ => CheckState::Soon,
    };
    if all == 1 || !is_list {
        let only = items.first().cloned();
        let says = only.as_ref().map(|item| item.says.clone()).unwrap_or_default();
        let date = only.as_ref().and_then(|item| item.date.clone());
        let named = items.into_iter().filter(|item| !item.name.is_empty()).collect();
        return Judged { state, says, date, items: named };
    }
    // The first that is not as it is meant to be says what there is to do.
    let worst = items.iter().filter(|item| item.state != CheckState::Ready).min_by_key(|item| item.state);
    let date = items.iter().filter(|item| item.state != CheckState::Missing).filter_map(|item| item.date.clone()).min();
    let says = match worst {
        Some(_) => format!("{} of {all} need attention", all - of(CheckState::Ready)),
        None => format!("{all} of {all} work"),
    };
    Judged { state, says, date, items }
}

/// The platforms for which everything that works is switched off.
fn switched_off(check: &Check, working: &[&Value], items: &[Item], wanted: For<'_>) -> Option<Judged> {
    let off = wanted.platforms.iter().filter(|platform| {
        let rule = check.off_when.get(*platform);
        let is_off = |object: &&Value| rule.is_some_and(|off| off.holds(object));
        !working.is_empty() && working.iter().all(is_off)
    });
    let titles: Vec<&str> = off.map(|name| title(name, wanted.all)).collect();
    if titles.is_empty() {
        return None;
    }
    let items = items.iter().filter(|item| !item.name.is_empty()).cloned().collect();
    Some(Judged { items, ..Judged::new(CheckState::Missing, format!("turned off for {}", titles.join(", "))) })
}

/// A platform's title.
pub(super) fn title<'a>(name: &'a str, all: &'a [Platform]) -> &'a str {
    all.iter().find(|platform| platform.name == name).map_or(name, |platform| &platform.title)
}

/// One object.
fn item(prerequisite: &Prerequisite, check: &Check, object: &Value, now: Timestamp) -> Item {
    let name = check.named.as_ref().and_then(|at| text(at, object)).unwrap_or_default();
    let made = |state, says: String, date: Option<Timestamp>| Item {
        name: name.clone(),
        state,
        says,
        date: date.map(day),
        people: Vec::new(),
    };
    let expires = check.expires.as_ref().and_then(|rule| date(&rule.at, object));
    if let Some(date) = expires.filter(|date| *date < now) {
        return made(CheckState::Missing, format!("expired on {}", day(date)), Some(date));
    }
    if !is_met(prerequisite, object, now) {
        return made(CheckState::Missing, unmet(prerequisite, check, object), None);
    }
    let weak = check.weak.iter().find(|weak| weak.is_of(object));
    if let Some(weak) = weak.filter(|weak| weak.broken) {
        return made(CheckState::Missing, weak.says.clone(), None);
    }
    let seen = check.seen.as_ref().map(|rule| (rule, date(&rule.at, object)));
    if let Some((rule, Some(last))) = seen
        && days_between(last, now) >= rule.lost_after_days
    {
        return made(CheckState::Missing, silent(last, now), Some(last));
    }
    if let (Some(rule), Some(date)) = (&check.expires, expires) {
        let left = days_between(now, date);
        if left < rule.within_days {
            let says = format!("expires on {}, in {}", day(date), count(as_count(left), "day", "days"));
            return made(CheckState::Soon, says, Some(date));
        }
    }
    if let Some(weak) = weak {
        return made(CheckState::Soon, weak.says.clone(), expires);
    }
    match (seen, expires) {
        (Some((rule, Some(last))), _) if days_between(last, now) >= rule.within_days => {
            made(CheckState::Soon, silent(last, now), Some(last))
        }
        (_, Some(date)) => made(CheckState::Ready, format!("expires on {}", day(date)), Some(date)),
        (Some((_, Some(last))), None) => made(CheckState::Ready, format!("last contact on {}", day(last)), Some(last)),
        _ => made(CheckState::Ready, String::from("in place"), None),
    }
}

/// Whether one object of an answer is as it is meant to be; the test may be of a list.
fn is_met(prerequisite: &Prerequisite, object: &Value, now: Timestamp) -> bool {
    if prerequisite.met_when.property.as_str().starts_with(IN_LIST) {
        return prerequisite.is_met(&json!({"value": [object]}), now);
    }
    prerequisite.is_met(object, now)
}

fn silent(last: Timestamp, now: Timestamp) -> String {
    let days = count(as_count(days_between(last, now)), "day", "days");
    format!("no contact since {}, for {days}", day(last))
}

/// What the answer says instead of what it should say: in the words of the data, else in Graph's as words.
fn unmet(prerequisite: &Prerequisite, check: &Check, object: &Value) -> String {
    if let Some(weak) = check.weak.iter().find(|weak| weak.is_of(object)) {
        return weak.says.clone();
    }
    let path = prerequisite.met_when.property.as_str();
    let property = path.rsplit('/').next().unwrap_or(path);
    let holder = JsonPath::new(path.trim_start_matches("value/*/"));
    match holder.first(object).filter(|value| !value.is_null()) {
        Some(Value::String(value)) => format!("{}: {}", as_words(property), as_words(value)),
        Some(value) => format!("{}: {value}", as_words(property)),
        None => String::from("the tenant does not have it"),
    }
}

/// `notBound` as `not bound`. What is not made of letters alone stays as it is.
fn as_words(name: &str) -> String {
    if !name.chars().all(|letter| letter.is_ascii_alphabetic()) {
        return name.to_owned();
    }
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && words.ends_with(|before: char| before.is_ascii_lowercase()) {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

fn text(at: &JsonPath, object: &Value) -> Option<String> {
    at.first(object)?.as_str().map(str::to_owned)
}

/// A date that means something: Graph says the year 1 where there is none.
fn date(at: &JsonPath, object: &Value) -> Option<Timestamp> {
    moment(at.first(object)?.as_str()?)
}

/// A moment that means something.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let begin = Timestamp::from_second(0).ok()?;
    text.parse::<Timestamp>().ok().filter(|moment| *moment > begin)
}

/// The day of a moment.
pub(super) fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d").to_string()
}

/// Whole days from one moment to another; negative where the other is earlier.
pub(super) fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(24 * 60 * 60)
}

fn as_count(days: i64) -> usize {
    usize::try_from(days).unwrap_or_default()
}

/// A row by what `connectorStatus` says of it, where the object itself could not be read. None where it says nothing.
pub(super) fn by_status(check: &Check, status: &[Value], now: Timestamp) -> Option<Judged> {
    let name = check.connector.as_ref()?;
    let entries = status.iter().filter(|entry| entry["connectorName"] == name.as_str());
    let is_expiry = name.ends_with("ExpirationDateTime");
    let items: Vec<Item> = entries.filter_map(|entry| entry_item(check, entry, is_expiry, now)).collect();
    if items.is_empty() {
        return None;
    }
    let judged = together(items, true);
    let says = format!("{}, as the connector status says", judged.says);
    Some(Judged { says, ..judged })
}

/// What one entry says: it is believed for a date and for a plain word, and for nothing else.
fn entry_item(check: &Check, entry: &Value, is_expiry: bool, now: Timestamp) -> Option<Item> {
    let moment = entry["eventDateTime"].as_str().and_then(moment);
    let by_word = match entry["status"].as_str() {
        Some("healthy") => Some(CheckState::Ready),
        Some("warning") => Some(CheckState::Soon),
        Some("unhealthy") => Some(CheckState::Missing),
        _ => None,
    };
    let soon = check.expires.as_ref().map_or(30, |rule| rule.within_days);
    let by_date = moment.filter(|_| is_expiry).map(|date| match days_between(now, date) {
        left if left < 0 => CheckState::Missing,
        left if left < soon => CheckState::Soon,
        _ => CheckState::Ready,
    });
    let state = by_word.into_iter().chain(by_date).min()?;
    let says = match moment {
        Some(date) if is_expiry && date < now => format!("expired on {}", day(date)),
        Some(date) if is_expiry => format!("expires on {}", day(date)),
        Some(date) => format!("last contact on {}", day(date)),
        None => entry["status"].as_str().unwrap_or_default().to_owned(),
    };
    Some(Item { name: String::new(), state, says, date: moment.map(day), people: Vec::new() })
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
