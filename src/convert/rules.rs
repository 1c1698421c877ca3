//! The rules of conversion: which setting of group policy is which definition of the settings catalog. They are data, one
//! row for each fact and each row with its source, so that anyone can extend them. Not for applying them: see
//! [`crate::catalog`].

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::gpo::{Area, Scope};

/// Rules that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    /// Not the expected form.
    #[error("{0}")]
    Form(String),
    /// A row without a source, or two rows for one thing.
    #[error("{0}")]
    Row(String),
}

/// The rules, ready to be asked.
#[derive(Debug)]
pub struct Rules {
    /// What the policies become.
    pub target: Target,
    remediation: Option<Target>,
    /// Whether registry items of preferences become scripts.
    pub items_as_scripts: bool,
    templates: HashMap<String, Vec<TemplateRule>>,
    forms: HashMap<String, Vec<Form>>,
    natives: HashMap<(String, String), Vec<Form>>,
    none: Vec<NoneRule>,
}

/// What the policies become.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// The policy type.
    #[serde(rename = "type")]
    pub policy_type: String,
    /// Properties that every policy has.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

/// ADMX files whose policies are in the catalog under their own names or others.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TemplateRule {
    /// The files, without their ending.
    files: Vec<String>,
    /// The area of the definitions, where Windows has the files built in; `{file}` is the file's name.
    #[serde(default)]
    area: Option<String>,
    /// The application of the definitions, where the service brings the file.
    #[serde(default)]
    app: Option<String>,
    /// Policies of other applications than `app`, by application: the path of their category and their name.
    #[serde(default)]
    apps: BTreeMap<String, Vec<String>>,
    /// What policies are called there; where this is not empty, the rule is for these alone.
    #[serde(default)]
    policies: BTreeMap<String, String>,
    /// Elements that are called otherwise there.
    #[serde(default)]
    elements: BTreeMap<String, String>,
    source: String,
}

/// Settings whose counterpart has a value form of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Forms {
    area: String,
    source: String,
    rows: Vec<Form>,
}

/// Settings with a key of their own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Natives {
    key: String,
    area: String,
    source: String,
    #[serde(rename = "as")]
    shape: Shape,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    inside: Option<Inside>,
    is: BTreeMap<String, String>,
}

/// A counterpart with a value form of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Form {
    /// `FILE/POLICY`; empty for settings with a key of their own.
    #[serde(default)]
    pub policy: String,
    /// The definition, within the area.
    pub is: String,
    /// The area.
    #[serde(default)]
    pub area: String,
    /// The element whose value it takes; none where enabled and disabled say it all.
    #[serde(default)]
    pub element: Option<String>,
    /// The shape of the value.
    #[serde(default, rename = "as")]
    pub shape: Shape,
    /// The value when the policy is enabled, where no element says it.
    #[serde(default)]
    pub enabled: Option<String>,
    /// The value when it is disabled.
    #[serde(default)]
    pub disabled: Option<String>,
    /// Values that are other ones there.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// The choice that it belongs to.
    #[serde(default)]
    pub inside: Option<Inside>,
}

/// A choice or a group that a setting belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Inside {
    /// The definition of the choice or the group, within the same area.
    pub is: String,
    /// The value of the choice at which the setting counts; none for a group.
    #[serde(default)]
    pub value: Option<String>,
}

/// The shape of a value in the catalog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// One of several options, whose id ends in the value.
    #[default]
    Choice,
    /// A number.
    Integer,
    /// A text.
    Text,
    /// Several texts.
    Texts,
    /// Accounts by security identifier or name.
    Accounts,
}

/// Settings that have no counterpart, or none any longer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoneRule {
    /// `FILE/POLICY`, `AREA/KEY`, or the type of an extension; `*` at the end stands for anything.
    pub what: Vec<String>,
    /// Why.
    pub why: String,
    /// What people do instead.
    pub instead: String,
    /// Whether something newer has taken its place.
    #[serde(default)]
    pub superseded: bool,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RulesFile {
    version: u32,
    target: Target,
    #[serde(default)]
    remediation: Option<Target>,
    #[serde(default)]
    templates: Vec<TemplateRule>,
    #[serde(default)]
    forms: Vec<Forms>,
    #[serde(default)]
    natives: Vec<Natives>,
    #[serde(default)]
    none: Vec<NoneRule>,
}

/// Where a template's policy is in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogPlace<'a> {
    /// What the definition's id begins with.
    pub id: String,
    elements: Option<&'a BTreeMap<String, String>>,
}

impl CatalogPlace<'_> {
    /// The id of an element's definition.
    pub fn element(&self, element: &str) -> String {
        let element = element.to_lowercase();
        let other = self.elements.and_then(|elements| elements.get(&element));
        format!("{}_{}", self.id, other.unwrap_or(&element))
    }
}

/// Reads tables whose version is known.
pub(crate) fn tables<T: DeserializeOwned>(text: &str, version: impl Fn(&T) -> u32) -> Result<T, RulesError> {
    let tables = toml::from_str(text).map_err(|error| RulesError::Form(error.to_string()))?;
    match version(&tables) {
        1 => Ok(tables),
        other => Err(RulesError::Form(format!("version {other} is not known"))),
    }
}

impl Rules {
    /// Reads rules.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let file: RulesFile = tables(text, |file: &RulesFile| file.version)?;
        let mut rules = Self {
            target: file.target,
            remediation: file.remediation,
            items_as_scripts: false,
            templates: HashMap::new(),
            forms: HashMap::new(),
            natives: HashMap::new(),
            none: file.none,
        };
        for rule in file.templates {
            sourced(&rule.source, &rule.files.join(", "))?;
            for name in &rule.files {
                rules.templates.entry(name.to_lowercase()).or_default().push(lowered(&rule));
            }
        }
        // A rule for single policies comes before one for the whole file.
        rules.templates.values_mut().for_each(|list| list.sort_by_key(|rule| rule.policies.is_empty()));
        for group in file.forms {
            sourced(&group.source, &group.area)?;
            for row in group.rows {
                let key = row.policy.to_lowercase();
                let area = if row.area.is_empty() { group.area.clone() } else { row.area.clone() };
                rules.forms.entry(key).or_default().push(Form { area, ..row });
            }
        }
        for group in file.natives {
            sourced(&group.source, &group.area)?;
            for (key, is) in &group.is {
                let form = Form {
                    policy: String::new(),
                    is: is.clone(),
                    area: group.area.clone(),
                    element: None,
                    shape: group.shape,
                    enabled: None,
                    disabled: None,
                    values: group.values.clone(),
                    inside: group.inside.clone(),
                };
                rules.natives.entry((group.key.clone(), key.to_lowercase())).or_default().push(form);
            }
        }
        for rule in &rules.none {
            sourced(&rule.source, &rule.what.join(", "))?;
        }
        Ok(rules)
    }

    /// What registry items of preferences become, where that is wanted.
    pub fn registry_items(&self) -> Option<&Target> {
        self.remediation.as_ref().filter(|_| self.items_as_scripts)
    }

    /// The counterparts of a template's policy that have a value form of their own.
    pub fn forms(&self, file: &str, policy: &str) -> &[Form] {
        self.forms.get(&format!("{file}/{policy}").to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// The counterparts of a setting with a key of its own.
    pub fn natives(&self, area: Area, key: &str) -> &[Form] {
        self.registry(area.name(), key)
    }

    /// The counterparts of a registry value, `registry`, or of another key.
    pub fn registry(&self, kind: &str, key: &str) -> &[Form] {
        self.natives.get(&(kind.to_owned(), key.to_lowercase())).map_or(&[], Vec::as_slice)
    }

    /// Where a template's policy is in the catalog, by the rule of names; none where the file is not in it.
    pub fn place(&self, scope: Scope, file: &str, policy: &str, categories: &[&str]) -> Option<CatalogPlace<'_>> {
        let rules = self.templates.get(&file.to_lowercase())?;
        let lower = policy.to_lowercase();
        rules.iter().find_map(|rule| {
            let name = match rule.policies.get(&lower) {
                Some(name) => name,
                None if rule.policies.is_empty() => &lower,
                None => return None,
            };
            let area = match (&rule.area, &rule.app) {
                (Some(area), _) => area.replace("{file}", file),
                (None, Some(app)) => {
                    let path = categories.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>().join("~");
                    let whole = format!("{path}_{lower}");
                    let other = rule.apps.iter().find(|(_, policies)| policies.contains(&whole)).map(|(app, _)| app);
                    format!("{}~policy~{path}", other.unwrap_or(app))
                }
                (None, None) => return None,
            };
            Some(CatalogPlace { id: definition(scope, &area, name), elements: Some(&rule.elements) })
        })
    }

    /// Why something has no counterpart, where that is known.
    pub fn none(&self, what: &str) -> Option<&NoneRule> {
        let fits = |rule: &&NoneRule| {
            rule.what.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(begin) => {
                    what.split_at_checked(begin.len()).is_some_and(|(own, _)| own.eq_ignore_ascii_case(begin))
                }
                None => pattern.eq_ignore_ascii_case(what),
            })
        };
        self.none.iter().find(fits)
    }
}

/// The id of a definition: `Area` within the Policy CSP, or a whole path such as `./Device/Vendor/MSFT/BitLocker`.
pub fn definition(scope: Scope, area: &str, name: &str) -> String {
    if let Some(path) = area.strip_prefix("./") {
        return format!("{}_{name}", path.replace('/', "_")).to_lowercase();
    }
    let scope = match scope {
        Scope::Computer => "device",
        Scope::User => "user",
    };
    format!("{scope}_vendor_msft_policy_config_{area}_{name}").to_lowercase()
}

fn lowered(rule: &TemplateRule) -> TemplateRule {
    let pairs = |map: &BTreeMap<String, String>| {
        map.iter().map(|(key, value)| (key.to_lowercase(), value.to_lowercase())).collect::<BTreeMap<_, _>>()
    };
    let apps = rule
        .apps
        .iter()
        .map(|(app, policies)| (app.clone(), policies.iter().map(|policy| policy.to_lowercase()).collect::<Vec<_>>()));
    TemplateRule {
        apps: apps.collect(),
        policies: pairs(&rule.policies),
        elements: pairs(&rule.elements),
        ..rule.clone()
    }
}

fn sourced(source: &str, what: &str) -> Result<(), RulesError> {
    if source.trim().is_empty() {
        return Err(RulesError::Row(format!("the rows of {what} name no source")));
    }
    Ok(())
}
