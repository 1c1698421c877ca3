//! Where converted policies come from: of each object of another kind what it sets and what became of it.

use intune_ferry_convert::apple::{Made, MadeFrom, Profile};
use intune_ferry_convert::convert::{Conversion, Judged, Verdict};
use intune_ferry_convert::gpo::Gpo;
use intune_ferry_convert::mobility::MadeRule;

use super::group_policy::Converted;
use super::ledger::{Fate, Outcome};
use crate::finding::count;
use crate::tree::origin::{Origin, OriginKind, OriginLink, OriginSetting, Origins, origin_key};

/// The origin of the policies of a group policy object.
pub(super) fn of_object(own: &Converted) -> Origin {
    let gpo = &own.gpo;
    let link = |link: &intune_ferry_convert::gpo::Link| OriginLink {
        path: link.path.clone(),
        enabled: link.enabled,
        enforced: link.enforced,
    };
    Origin {
        kind: OriginKind::GroupPolicyObject,
        file: own.file.clone(),
        name: gpo.name.clone(),
        id: gpo.id.clone(),
        links: gpo.links.iter().map(link).collect(),
        policies: Vec::new(),
        settings: settings(&own.conversion),
    }
}

/// The origin of a policy that was a policy of another type.
pub(super) fn of_policy(file: &str, id: &str, gpo: &Gpo, conversion: &Conversion) -> Origin {
    let problem = |(place, problem): &(String, String)| OriginSetting {
        scope: String::from("computer"),
        place: place.clone(),
        name: String::from("a value that cannot be read"),
        ..judged(&Verdict::NotRecognized(problem.clone()))
    };
    Origin {
        kind: OriginKind::Policy,
        file: file.to_owned(),
        name: gpo.name.clone(),
        id: id.to_owned(),
        links: Vec::new(),
        policies: Vec::new(),
        settings: settings(conversion).into_iter().chain(gpo.problems.iter().map(problem)).collect(),
    }
}

/// Every setting with what became of it.
pub(super) fn settings(conversion: &Conversion) -> Vec<OriginSetting> {
    conversion.judged.iter().map(setting).collect()
}

/// The origin of the policies of a rule of Basic Mobility and Security.
pub(super) fn of_rule(file: &str, name: &str, id: &str, made: &MadeRule) -> Origin {
    let setting = |own: &intune_ferry_convert::mobility::JudgedProperty| OriginSetting {
        scope: String::from("computer"),
        place: name.to_owned(),
        name: own.name.clone(),
        value: own.value.clone(),
        ..judged(&own.verdict)
    };
    Origin {
        kind: OriginKind::BasicMobilityRule,
        file: file.to_owned(),
        name: name.to_owned(),
        id: id.to_owned(),
        links: Vec::new(),
        policies: Vec::new(),
        settings: made.judged.iter().map(setting).collect(),
    }
}

fn setting(own: &Judged) -> OriginSetting {
    OriginSetting {
        scope: own.setting.scope.to_string(),
        place: own.setting.place.clone(),
        name: own.setting.name.clone(),
        value: own.value.clone(),
        ..judged(&own.verdict)
    }
}

/// What a verdict says of a setting.
fn judged(verdict: &Verdict) -> OriginSetting {
    let (definition, why, instead) = match verdict {
        Verdict::Converted(id) | Verdict::OtherForm(id) => (Some(id), None, None),
        Verdict::NoCounterpart { why, instead } | Verdict::Superseded { why, instead } => {
            (None, Some(why), Some(instead))
        }
        Verdict::NotRecognized(why) => (None, Some(why), None),
        Verdict::NotConfigured => (None, None, None),
    };
    OriginSetting {
        scope: String::new(),
        place: String::new(),
        name: String::new(),
        value: String::new(),
        verdict: verdict.word().to_owned(),
        definition: definition.cloned(),
        why: why.cloned(),
        instead: instead.cloned(),
    }
}

/// The origin of the policy of a configuration profile: what became of each payload.
pub(super) fn of_profile(file: &str, profile: &Profile, made: &Made) -> Origin {
    let payload = |own: &intune_ferry_convert::apple::Payload| {
        let id = own.of_type.to_lowercase();
        let (verdict, definition, why) = match &made.from {
            MadeFrom::Known(_) => ("converted", Some(format!("{id}_{id}")), None),
            MadeFrom::Unknown(why) => ("otherForm", None, Some(format!("it is in a custom profile, because {why}"))),
        };
        OriginSetting {
            scope: String::from(if profile.for_device { "computer" } else { "user" }),
            place: profile.identifier.clone(),
            name: own.of_type.clone(),
            value: count(own.keys.len(), "key", "keys"),
            verdict: verdict.to_owned(),
            definition,
            why,
            instead: None,
        }
    };
    Origin {
        kind: OriginKind::ConfigurationProfile,
        file: file.to_owned(),
        name: profile.name.clone(),
        id: profile.identifier.clone(),
        links: Vec::new(),
        policies: Vec::new(),
        settings: profile.payloads.iter().map(payload).collect(),
    }
}

/// All of them, each with the policies that were made of it. With each comes what the places of its policies begin with.
pub(super) fn with_policies(all: Vec<(String, Origin)>, outcomes: &[Outcome]) -> Origins {
    let policy = |own: &Outcome| match &own.fate {
        Fate::Adopted { policy_type, id } | Fate::Duplicate { policy_type, of: id } => {
            Some(origin_key(policy_type, id))
        }
        _ => None,
    };
    let each = all.into_iter().map(|(place, origin)| {
        let own = outcomes.iter().filter(|own| own.file == origin.file && own.pointer.starts_with(place.as_str()));
        Origin { policies: own.filter_map(policy).collect(), ..origin }
    });
    Origins::of(each.collect())
}
