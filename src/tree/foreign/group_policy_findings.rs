//! What a person should know of converted group policy objects: settings that did not come along, values of another form,
//! conflicts, links and filters.

use intune_ferry_convert::conflicts::conflicts;
use intune_ferry_convert::convert::{Judged, Verdict};
use intune_ferry_convert::gpo::{Gpo, Link, Scope, Trustee};

use super::group_policy::Converted;
use crate::finding::{Finding, codes};

/// The findings of all objects.
pub(super) fn of(all: &[Converted]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for converted in all {
        findings.extend(converted.conversion.judged.iter().filter_map(|own| of_setting(&converted.file, own)));
        findings.extend(of_links(converted));
    }
    let pairs: Vec<_> = all.iter().map(|own| (&own.gpo, &own.conversion)).collect();
    for conflict in conflicts(&pairs) {
        let each = conflict.sides.iter().filter_map(|(at, value)| {
            let own = all.get(*at)?;
            Some(format!("\"{}\" ({}) sets: {value}", own.gpo.name, linked(&own.gpo.links)))
        });
        let message = format!("{}: {}", conflict.name, each.collect::<Vec<_>>().join("; "));
        let first = conflict.sides.first().and_then(|(at, _)| all.get(*at));
        let file = first.map_or("", |own| own.file.as_str());
        findings.push(Finding::new(&codes::GPO_CONFLICT, file, message).at(conflict.definition));
    }
    findings
}

/// What became of a setting, where a person should know.
pub(super) fn of_setting(file: &str, own: &Judged) -> Option<Finding> {
    let place = format!("{}/{}", own.setting.scope.title(), own.setting.place);
    let value = if own.value.is_empty() { String::new() } else { format!(" ({})", own.value) };
    let subject = format!("{}{value}", own.setting.name);
    of_verdict(file, &subject, &own.verdict, place)
}

/// What a verdict means, where a person should know.
pub(super) fn of_verdict(file: &str, subject: &str, verdict: &Verdict, place: String) -> Option<Finding> {
    let finding = match verdict {
        Verdict::Converted(_) | Verdict::NotConfigured => return None,
        Verdict::OtherForm(id) => Finding::new(&codes::SETTING_OTHER_FORM, file, format!("{subject}: now {id}")),
        Verdict::NoCounterpart { why, instead } => {
            Finding::new(&codes::SETTING_NOT_CONVERTED, file, format!("{subject}: {why}")).fix(instead)
        }
        Verdict::Superseded { why, instead } => {
            Finding::new(&codes::SETTING_SUPERSEDED, file, format!("{subject}: {why}")).fix(instead)
        }
        Verdict::NotRecognized(why) => Finding::new(&codes::SETTING_NOT_RECOGNIZED, file, format!("{subject}: {why}")),
    };
    Some(finding.at(place))
}

fn of_links(converted: &Converted) -> Vec<Finding> {
    let (file, gpo) = (converted.file.as_str(), &converted.gpo);
    let mut findings = Vec::new();
    let narrowed = narrowed(gpo);
    if !gpo.links.is_empty() && narrowed.is_empty() {
        let message = format!("\"{}\" is linked to {}", gpo.name, linked(&gpo.links));
        findings.push(Finding::new(&codes::GPO_LINKED, file, message));
    }
    if !narrowed.is_empty() {
        let message = format!(
            "\"{}\" ({}) {}; its policies are not assigned",
            gpo.name,
            linked(&gpo.links),
            narrowed.join(" and ")
        );
        findings.push(Finding::new(&codes::GPO_FILTERED, file, message));
    }
    let has_policy = |scope: &&Scope| converted.conversion.policies.iter().any(|policy| policy.scope == **scope);
    for scope in gpo.disabled.iter().filter(has_policy) {
        let message = format!("the {scope} settings of \"{}\" are disabled; their policy is not assigned", gpo.name);
        findings.push(Finding::new(&codes::GPO_FILTERED, file, message));
    }
    findings
}

/// What makes the object apply to less than what it is linked to.
fn narrowed(gpo: &Gpo) -> Vec<String> {
    let names = |all: &[Trustee]| {
        let each = all.iter().map(|own| if own.name.is_empty() { own.sid.as_str() } else { own.name.as_str() });
        each.collect::<Vec<_>>().join(", ")
    };
    let mut facts = Vec::new();
    if !gpo.filter.is_empty() {
        facts.push(format!("applies only to {}", names(&gpo.filter)));
    }
    if !gpo.denied.is_empty() {
        facts.push(format!("is denied to {}", names(&gpo.denied)));
    }
    if let Some(filter) = &gpo.wmi_filter {
        facts.push(format!("has the WMI filter \"{filter}\""));
    }
    facts
}

/// Where an object is linked, in words.
fn linked(links: &[Link]) -> String {
    if links.is_empty() {
        return String::from("the files contain no links");
    }
    let each = links.iter().map(|link| {
        let mut words = link.path.clone();
        if link.enforced {
            words.push_str(", enforced");
        }
        if !link.enabled {
            words.push_str(", link disabled");
        }
        words
    });
    each.collect::<Vec<_>>().join("; ")
}
