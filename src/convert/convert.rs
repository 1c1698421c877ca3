//! Converts a group policy object: a verdict for every setting, and one policy of the settings catalog for each scope.

use serde_json::{Map, Value, json};

use crate::admx::{ElementValue, PolicyRef, Templates};
use crate::catalog;
use crate::gpo::{Gpo, NativeValue, RegistryData, RegistryItem, Scope, Setting, State, What};
use crate::registry_items::{self, ScriptPair, Step};
use crate::resolve::{Meaning, resolve};
use crate::rules::{Form, Rules, definition};

/// Why a setting that no rule speaks of is not converted.
const NO_RULE: &str = "no counterpart in the settings catalog is known";

/// What became of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is in the policy, under this definition.
    Converted(String),
    /// It is in the policy, in another form of value.
    OtherForm(String),
    /// The settings catalog does not have it.
    NoCounterpart {
        /// Why.
        why: String,
        /// What people do instead.
        instead: String,
    },
    /// Something else has taken its place.
    Superseded {
        /// Why.
        why: String,
        /// What people do instead.
        instead: String,
    },
    /// It is listed without being set.
    NotConfigured,
    /// It is not known what it is.
    NotRecognized(String),
}

impl Verdict {
    /// Its word, as in counts and reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Converted(_) => "converted",
            Self::OtherForm(_) => "otherForm",
            Self::NoCounterpart { .. } => "noCounterpart",
            Self::Superseded { .. } => "superseded",
            Self::NotConfigured => "notConfigured",
            Self::NotRecognized(_) => "notRecognized",
        }
    }
}

/// A setting with its verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The setting.
    pub setting: Setting,
    /// Its value, for people.
    pub value: String,
    /// Whether an administrative template that was given explains it.
    pub by_template: bool,
    /// What became of it.
    pub verdict: Verdict,
}

/// A group policy object, converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversion {
    /// The policies, one for each scope that has settings.
    pub policies: Vec<CatalogPolicy>,
    /// The scripts, one pair for each scope that has registry items which become scripts.
    pub scripts: Vec<ScriptPair>,
    /// Every setting with its verdict.
    pub judged: Vec<Judged>,
}

/// A policy of the settings catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogPolicy {
    /// The scope that it was made from.
    pub scope: Scope,
    /// The policy, as Graph writes it.
    pub body: Map<String, Value>,
}

/// Converts an object.
pub fn convert(gpo: &Gpo, templates: &Templates, rules: &Rules) -> Conversion {
    let (mut policies, mut scripts) = (Vec::new(), Vec::new());
    let mut judged = Vec::new();
    let mut resolved = resolve(gpo, templates);
    for scope in [Scope::Computer, Scope::User] {
        let mut side = ScopeMaking { scope, templates, rules, settings: Vec::new(), steps: Vec::new() };
        resolved.retain(|own| {
            if own.setting.scope == scope {
                judged.push(side.judge(&own.setting, &own.meaning));
            }
            own.setting.scope != scope
        });
        if !side.settings.is_empty() {
            policies.push(CatalogPolicy { scope, body: body(gpo, scope, rules, side.settings) });
        }
        if !side.steps.is_empty() {
            scripts.push(registry_items::pair(scope, &side.steps));
        }
    }
    Conversion { policies, scripts, judged }
}

/// The policy of one scope.
fn body(gpo: &Gpo, scope: Scope, rules: &Rules, mut settings: Vec<Value>) -> Map<String, Value> {
    settings.sort_by_cached_key(|own| own.get("settingDefinitionId").map(Value::to_string));
    let mut body = rules.target.properties.clone();
    body.insert(String::from("name"), Value::from(format!("{} ({scope})", gpo.name)));
    let from = if gpo.domain.is_empty() { String::new() } else { format!(" of {}", gpo.domain) };
    let comment = if gpo.comment.is_empty() { String::new() } else { format!(" {}", gpo.comment) };
    let description = format!("From the group policy object \"{}\"{from}, {}.{comment}", gpo.name, scope.title());
    body.insert(String::from("description"), Value::from(description));
    let setting = |own: Value| json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationSetting", "settingInstance": own});
    body.insert(String::from("settings"), settings.into_iter().map(setting).collect());
    body
}

struct ScopeMaking<'a> {
    scope: Scope,
    templates: &'a Templates,
    rules: &'a Rules,
    settings: Vec<Value>,
    steps: Vec<Step>,
}

impl ScopeMaking<'_> {
    fn judge(&mut self, setting: &Setting, meaning: &Meaning) -> Judged {
        let (value, verdict) = match meaning {
            Meaning::NotConfigured => (String::new(), Verdict::NotConfigured),
            Meaning::Unknown(why) => (String::new(), Verdict::NotRecognized(why.clone())),
            Meaning::Policy { policy, state, values } => self.template(*policy, *state, values),
            Meaning::Itself => match &setting.what {
                What::Native { area, key, value } => {
                    let forms = self.rules.natives(*area, key);
                    let what = format!("{}/{key}", area.name());
                    (value.to_string(), self.native(forms, &what, value))
                }
                What::Registry(entry) => {
                    let path = format!("{}\\{}", entry.key, entry.name);
                    let value = match &entry.data {
                        RegistryData::Number(number) => NativeValue::Number(i64::try_from(*number).unwrap_or(i64::MAX)),
                        RegistryData::Texts(texts) => NativeValue::Lines(texts.clone()),
                        data => NativeValue::Text(data.to_string()),
                    };
                    let verdict =
                        self.native(self.rules.registry("registry", &path), &format!("registry/{path}"), &value);
                    let unknown = matches!(&verdict, Verdict::NoCounterpart { why, .. } if why == NO_RULE);
                    let why = String::from("no template explains this registry value; name its templates with --admx");
                    (value.to_string(), if unknown { Verdict::NotRecognized(why) } else { verdict })
                }
                What::Item { item, detail } if item.off => (detail.clone(), Verdict::NotConfigured),
                What::Item { item, detail } => (detail.clone(), self.item(item)),
                What::Other { kind, detail } => (detail.clone(), self.no_counterpart(kind)),
                What::Template(_) => (String::new(), Verdict::NotConfigured),
            },
        };
        let by_template = matches!(meaning, Meaning::Policy { .. });
        Judged { setting: setting.clone(), value, by_template, verdict }
    }

    fn template(&mut self, own: PolicyRef, state: State, values: &[(usize, ElementValue)]) -> (String, Verdict) {
        let (Some(file), Some(policy)) = (self.templates.file(own), self.templates.policy(own)) else {
            return (String::new(), Verdict::NotRecognized(String::from("the template's policy is gone")));
        };
        let word = if state == State::Enabled { "enabled" } else { "disabled" };
        let details = catalog::shown(policy, values);
        let shown = if details.is_empty() { word.to_owned() } else { format!("{word}; {details}") };
        let what = format!("{}/{}", file.stem, policy.name);
        if self.rules.none(&what).is_some() {
            return (shown, self.no_counterpart(&what));
        }
        let rules = self.rules;
        let forms = rules.forms(&file.stem, &policy.name);
        if !forms.is_empty() {
            let each = forms.iter().map(|form| {
                let id = definition(self.scope, &form.area, &form.is);
                let value = catalog::of_form(policy, form, &id, state, values);
                (form, value.map(|value| (id, value)))
            });
            let each: Vec<(&Form, _)> = each.collect();
            return (shown, self.add_forms(each));
        }
        let categories = self.templates.own_categories(own);
        let Some(place) = rules.place(self.scope, &file.stem, &policy.name, &categories) else {
            let why = format!("the template {}.admx is not part of Intune's settings catalog", file.stem);
            let instead = String::from("Import the ADMX file in the Intune admin center and set the policy there.");
            return (shown, Verdict::NoCounterpart { why, instead });
        };
        let setting = catalog::of_template(policy, &place, state, values);
        let verdict = match self.add(setting) {
            Ok(()) => Verdict::Converted(place.id),
            Err(verdict) => verdict,
        };
        (shown, verdict)
    }

    fn native(&mut self, forms: &[Form], what: &str, value: &NativeValue) -> Verdict {
        if forms.is_empty() {
            return self.no_counterpart(what);
        }
        let each = forms.iter().map(|form| {
            let id = definition(self.scope, &form.area, &form.is);
            let setting = catalog::of_native(form, &id, value);
            (form, setting.map(|setting| (id, setting)))
        });
        let each: Vec<_> = each.collect();
        self.add_forms(each)
    }

    /// Adds what the forms give; a form can have nothing for a state or a value.
    fn add_forms(&mut self, each: Vec<(&Form, Option<(String, Value)>)>) -> Verdict {
        let mut added: Option<Verdict> = None;
        let mut other = None;
        for (form, made) in each {
            let Some((id, setting)) = made else { continue };
            let result = match &form.inside {
                Some(inside) => {
                    let parent = definition(self.scope, &form.area, &inside.is);
                    self.add_inside(&parent, inside.value.as_deref(), setting);
                    Ok(())
                }
                None => self.add(setting),
            };
            match result {
                Ok(()) => added = added.or(Some(Verdict::OtherForm(id))),
                Err(verdict) => other = Some(verdict),
            }
        }
        let nothing = || Verdict::NoCounterpart {
            why: String::from("the settings catalog has this setting, but not this value"),
            instead: String::from("Look at the setting in the Intune admin center, and choose a value that it offers."),
        };
        added.or(other).unwrap_or_else(nothing)
    }

    /// Adds a setting, unless another setting of the object has its definition already.
    fn add(&mut self, setting: Value) -> Result<(), Verdict> {
        let id = |own: &Value| own.get("settingDefinitionId").cloned();
        let Some(known) = self.settings.iter().find(|own| id(own) == id(&setting)) else {
            self.settings.push(setting);
            return Ok(());
        };
        // A choice that was made for what belongs to it is now set itself.
        let value = |own: &Value| own.pointer("/choiceSettingValue/value").cloned();
        let is_parent = known.pointer("/choiceSettingValue/children/0").is_some() && value(known) == value(&setting);
        if is_parent && setting.pointer("/choiceSettingValue/children/0").is_none() {
            return Ok(());
        }
        let same = if *known == setting { "the same value" } else { "another value" };
        Err(Verdict::Superseded {
            why: format!("another setting of the object already gives this definition {same}"),
            instead: String::from("Check the value in the converted policy."),
        })
    }

    /// Adds a setting to the choice or group that it belongs to.
    fn add_inside(&mut self, parent: &str, value: Option<&str>, setting: Value) {
        let is_parent = |own: &Value| own.get("settingDefinitionId").and_then(Value::as_str) == Some(parent);
        if !self.settings.iter().any(is_parent) {
            let made = value.map_or_else(|| catalog::group(parent), |value| catalog::choice(parent, value, Vec::new()));
            self.settings.push(made);
        }
        let place =
            if value.is_some() { "/choiceSettingValue/children" } else { "/groupSettingCollectionValue/0/children" };
        let own = self.settings.iter_mut().find(|own| is_parent(own));
        if let Some(children) = own.and_then(|own| own.pointer_mut(place)).and_then(Value::as_array_mut) {
            children.push(setting);
        }
    }

    /// A registry item: a script where that was asked for and a script can have its effect.
    fn item(&mut self, item: &RegistryItem) -> Verdict {
        let Some(script) = self.rules.registry_items() else { return self.no_counterpart(&item.extension) };
        match registry_items::step(item, self.scope) {
            Ok(step) => {
                self.steps.push(step);
                Verdict::OtherForm(script.policy_type.clone())
            }
            Err(why) => Verdict::NoCounterpart {
                why: why.to_owned(),
                instead: String::from("Write a script that does what the item does, and assign it in the target."),
            },
        }
    }

    fn no_counterpart(&self, what: &str) -> Verdict {
        match self.rules.none(what) {
            Some(rule) if rule.superseded => {
                Verdict::Superseded { why: rule.why.clone(), instead: rule.instead.clone() }
            }
            Some(rule) => Verdict::NoCounterpart { why: rule.why.clone(), instead: rule.instead.clone() },
            None => Verdict::NoCounterpart {
                why: NO_RULE.to_owned(),
                instead: String::from("Look for a setting in the Intune admin center that does the same."),
            },
        }
    }
}
