//! What the settings of a group policy object mean: which policy of which template, with which values. A report names
//! policies in one language and `registry.pol` names values in none, so each fills the gaps of the other.

use std::collections::{HashMap, HashSet};

use crate::admx::{ElementValue, Evidence, Found, PolicyRef, RegistryValues, Templates, evidence, from_report};
use crate::gpo::{Gpo, Scope, Setting, State, Template, What, backup};

/// A setting, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The setting.
    pub setting: Setting,
    /// What it means.
    pub meaning: Meaning,
}

/// What a setting means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A template's policy.
    Policy {
        /// Which.
        policy: PolicyRef,
        /// Whether it is enabled.
        state: State,
        /// Its elements' values, by their place in the policy.
        values: Vec<(usize, ElementValue)>,
    },
    /// The report lists it without a state.
    NotConfigured,
    /// It is not known which policy this is.
    Unknown(String),
    /// A setting with a key of its own, a registry value, or one of another extension.
    Itself,
}

/// Says what each setting means.
pub fn resolve(gpo: &Gpo, templates: &Templates) -> Vec<Resolved> {
    let mut resolved = Vec::new();
    for scope in [Scope::Computer, Scope::User] {
        let settings: Vec<&Setting> = gpo.settings.iter().filter(|setting| setting.scope == scope).collect();
        resolved.extend(Half::new(scope, &settings, templates, gpo.has_report).resolve(settings));
    }
    resolved
}

struct Half<'a> {
    scope: Scope,
    templates: &'a Templates,
    values: RegistryValues,
    has_report: bool,
    /// The values that a policy explains.
    explained: HashSet<(String, String)>,
}

impl<'a> Half<'a> {
    fn new(scope: Scope, settings: &[&Setting], templates: &'a Templates, has_report: bool) -> Self {
        let entries = settings.iter().filter_map(|setting| match &setting.what {
            What::Registry(entry) => Some(entry),
            _ => None,
        });
        Self { scope, templates, values: RegistryValues::new(entries), has_report, explained: HashSet::new() }
    }

    fn resolve(mut self, settings: Vec<&Setting>) -> Vec<Resolved> {
        let shown: Vec<(&Setting, &Template)> = settings
            .iter()
            .filter_map(|setting| match &setting.what {
                What::Template(template) => Some((*setting, template)),
                _ => None,
            })
            .collect();
        let mut resolved: Vec<Resolved> = shown
            .iter()
            .map(|(setting, template)| Resolved { setting: (*setting).clone(), meaning: self.shown(setting, template) })
            .collect();
        let lost = resolved.iter().filter(|own| is_lost(own)).count();
        let by_values =
            self.by_values(&settings, |setting| shown.is_empty() || lost > 0 || setting.place != backup::IN_FILE);
        let (extra, hidden): (Vec<_>, Vec<_>) = by_values.into_iter().partition(|(place, _)| place != backup::IN_FILE);
        let hidden: Vec<Resolved> = hidden.into_iter().map(|(_, own)| own).collect();
        // In another language, or with templates of another version, the report's names say nothing; the registry says
        // everything. Where both have as many, they are the same policies.
        let other_language = lost * 2 > resolved.len() && hidden.len() >= lost;
        if shown.is_empty() || other_language || hidden.len() == lost {
            resolved.retain(|own| !is_lost(own));
            resolved.extend(hidden);
        } else {
            pair(&mut resolved, hidden);
        }
        resolved.extend(extra.into_iter().map(|(_, own)| own));
        for setting in settings {
            match &setting.what {
                What::Template(_) => {}
                // A report lists what no template explains; the other values belong to what it lists by other names.
                What::Registry(entry) => {
                    let explained = self.is_explained(&entry.key, value_name(entry));
                    let listed = !self.has_report || setting.place != backup::IN_FILE;
                    if !explained && listed {
                        resolved.push(Resolved { setting: setting.clone(), meaning: Meaning::Itself });
                    }
                }
                _ => resolved.push(Resolved { setting: setting.clone(), meaning: Meaning::Itself }),
            }
        }
        resolved
    }

    /// What a policy of the report means.
    fn shown(&mut self, setting: &Setting, template: &Template) -> Meaning {
        if template.state == State::NotConfigured {
            return Meaning::NotConfigured;
        }
        let found = match self.templates.find(self.scope, &setting.name, &template.category) {
            Found::One(policy) if !template.exact || self.title_path_is(policy, &template.category) => vec![policy],
            Found::One(_) => {
                return Meaning::Unknown(String::from("no template has a policy of this name and category"));
            }
            Found::Several(policies) => policies,
            Found::Nothing => return Meaning::Unknown(String::from("no template has a policy of this name")),
        };
        let same = |own: &PolicyRef| Some((*own, self.evidence(*own).filter(|own| own.state == template.state)?));
        let proven: Vec<(PolicyRef, Evidence)> = found.iter().filter_map(same).collect();
        if let [(policy, evidence)] = proven.as_slice() {
            self.explain(evidence);
            let values = evidence.values.clone();
            return Meaning::Policy { policy: *policy, state: template.state, values };
        }
        let candidates: Vec<PolicyRef> =
            if proven.is_empty() { found } else { proven.iter().map(|own| own.0).collect() };
        // Policies of one name in several files set the same values; the one whose elements fit is taken.
        let fits =
            |own: &PolicyRef| Some((*own, from_report(self.templates, *own, &template.parts, template.exact).ok()?));
        let mut fitting: Vec<_> = candidates.iter().filter_map(fits).collect();
        if candidates.len() > 1 {
            fitting.retain(|(own, _)| self.title_path_is(*own, &template.category));
        }
        match fitting.as_slice() {
            [(policy, values)] => {
                if let Some((_, evidence)) = proven.iter().find(|(own, _)| own == policy) {
                    self.explain(evidence);
                }
                Meaning::Policy { policy: *policy, state: template.state, values: values.clone() }
            }
            [] if candidates.len() == 1 => {
                let label = candidates
                    .first()
                    .map(|own| from_report(self.templates, *own, &template.parts, template.exact).err());
                let label = label.flatten().unwrap_or_default();
                Meaning::Unknown(format!("the value of `{label}` fits no element of the template's policy"))
            }
            _ => Meaning::Unknown(format!("{} policies of the templates have this name", candidates.len())),
        }
    }

    fn title_path_is(&self, own: PolicyRef, category: &[String]) -> bool {
        self.templates.is_path(own, category)
    }

    fn evidence(&self, own: PolicyRef) -> Option<Evidence> {
        evidence(self.templates.policy(own)?, &self.values)
    }

    fn explain(&mut self, evidence: &Evidence) {
        self.explained.extend(evidence.places.iter().cloned());
    }

    /// The policies that explain registry values which no policy of the report explains, each with the place of the value.
    fn by_values(&mut self, settings: &[&Setting], which: impl Fn(&Setting) -> bool) -> Vec<(String, Resolved)> {
        let mut resolved = Vec::new();
        let mut seen: HashMap<PolicyRef, Option<Evidence>> = HashMap::new();
        for setting in settings {
            let What::Registry(entry) = &setting.what else { continue };
            let name = value_name(entry);
            if !which(setting) || self.is_explained(&entry.key, name) {
                continue;
            }
            let candidates: Vec<PolicyRef> = self.templates.setting(self.scope, &entry.key, name).collect();
            let mut best: Option<(PolicyRef, Evidence)> = None;
            for policy in candidates {
                let evidence = seen.entry(policy).or_insert_with(|| self.evidence(policy)).clone();
                let Some(evidence) = evidence else { continue };
                if best.as_ref().is_none_or(|(_, known)| evidence.places.len() > known.places.len()) {
                    best = Some((policy, evidence));
                }
            }
            let Some((policy, evidence)) = best else { continue };
            self.explain(&evidence);
            let (at, place) =
                (setting.place.clone(), format!("Administrative Templates/{}", self.templates.path(policy)));
            let setting = Setting { place, name: self.templates.title(policy), ..(*setting).clone() };
            let meaning = Meaning::Policy { policy, state: evidence.state, values: evidence.values };
            resolved.push((at, Resolved { setting, meaning }));
        }
        resolved
    }

    fn is_explained(&self, key: &str, name: &str) -> bool {
        self.explained.contains(&place(key, name)) || self.explained.contains(&place(key, "*"))
    }
}

fn is_lost(resolved: &Resolved) -> bool {
    matches!(resolved.meaning, Meaning::Unknown(_))
}

/// A policy that is called a little differently in the templates than in the report: the policy that explains values
/// and has the most words in common, at least half.
fn pair(resolved: &mut [Resolved], mut hidden: Vec<Resolved>) {
    for own in resolved.iter_mut().filter(|own| is_lost(own)) {
        let likeness = |other: &Resolved| alike(&own.setting.name, &other.setting.name);
        let best = (0..hidden.len()).max_by_key(|at| hidden.get(*at).map(likeness));
        if let Some(at) = best.filter(|at| hidden.get(*at).is_some_and(|other| likeness(other) >= 50)) {
            own.meaning = hidden.swap_remove(at).meaning;
        }
    }
}

/// The words that two names have in common, of a hundred.
fn alike(left: &str, right: &str) -> usize {
    let words = |text: &str| {
        let text = text.to_lowercase();
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<HashSet<_>>()
    };
    let (left, right) = (words(left), words(right));
    let all = left.union(&right).count().max(1);
    left.intersection(&right).count() * 100 / all
}

/// The name of the value that an entry is about.
fn value_name(entry: &crate::gpo::Entry) -> &str {
    if entry.deletes_all() { "*" } else { entry.deletes().unwrap_or(&entry.name) }
}

fn place(key: &str, name: &str) -> (String, String) {
    (key.to_lowercase(), name.to_lowercase())
}
