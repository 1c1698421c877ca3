//! Reads a catalogue from the texts of its files. Not for checking it, nor for the one that is built into the program:
//! that is [`super::built_in`].

use std::collections::BTreeMap;

use thiserror::Error;

use super::kind::DirectoryKind;
use super::meaning::Meaning;
use super::model::{PARENT, PolicyType, Shared};
use super::rule::{Form, OnDrop, ReferenceRule};

/// A type's file cannot be used.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// It is not TOML, or holds something the model does not know.
    #[error("{file}: {source}")]
    Parse {
        /// The file's name.
        file: String,
        /// What is wrong, with the place.
        source: Box<toml::de::Error>,
    },
    /// It is well-formed but contradicts itself or another file.
    #[error("{file}: {problem}")]
    Invalid {
        /// The file's name.
        file: String,
        /// What is wrong.
        problem: String,
    },
}

/// All policy types, by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    types: BTreeMap<String, PolicyType>,
    /// Of each type, all that apply: made once, since every policy is looked at with them.
    references: BTreeMap<String, Vec<ReferenceRule>>,
    /// The indices of those of one place, so that a document is walked once for all of them.
    places: BTreeMap<String, Vec<Vec<usize>>>,
    /// What every type shares.
    pub shared: Shared,
}

impl Catalogue {
    /// A catalogue from texts: the shared facts, and each type's file name with its text. Whether it
    /// makes sense is for [`super::validate::problems`].
    pub fn from_files<'a>(
        shared: &str,
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CatalogueError> {
        let shared: Shared = parse("shared.toml", shared)?;
        let mut types = BTreeMap::new();
        for (file, text) in files {
            let policy_type: PolicyType = parse(file, text)?;
            let invalid = |problem: String| CatalogueError::Invalid { file: file.to_owned(), problem };
            if file.strip_suffix(".toml") != Some(policy_type.name.as_str()) {
                return Err(invalid(format!("the name `{}` is not the file's name", policy_type.name)));
            }
            types.insert(policy_type.name.clone(), policy_type);
        }
        let references: BTreeMap<String, Vec<ReferenceRule>> =
            types.values().map(|own: &PolicyType| (own.name.clone(), rules_of(own, &shared))).collect();
        let places = references.iter().map(|(name, rules)| (name.clone(), by_place(rules))).collect();
        Ok(Self { types, references, places, shared })
    }

    /// The reference rules of a type, the shared ones included.
    pub fn reference_rules(&self, name: &str) -> &[ReferenceRule] {
        self.references.get(name).map_or(&[], Vec::as_slice)
    }

    /// Their indices, together those of one place.
    pub(super) fn rules_by_place(&self, name: &str) -> &[Vec<usize>] {
        self.places.get(name).map_or(&[], Vec::as_slice)
    }

    /// The type of this name.
    pub fn get(&self, name: &str) -> Option<&PolicyType> {
        self.types.get(name)
    }

    /// All types, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyType> {
        self.types.values()
    }

    /// What says what objects of a kind mean; nothing where they are compared by no more than their identity.
    pub fn meanings(&self, kind: &str) -> &[Meaning] {
        match (self.get(kind), self.directory_kind(kind)) {
            (Some(policy_type), _) => &policy_type.meaning,
            (None, Some(kind)) => &kind.meaning,
            (None, None) => &[],
        }
    }

    /// The directory kind of this name.
    pub fn directory_kind(&self, name: &str) -> Option<&DirectoryKind> {
        self.shared.directory_kinds.iter().find(|kind| kind.name == name)
    }

    /// The kind of the directory's objects that are of a Graph type, such as `#microsoft.graph.group`.
    pub fn kind_of_type(&self, odata_type: &str) -> Option<&DirectoryKind> {
        let name = odata_type.rsplit('.').next().unwrap_or_default();
        self.shared.directory_kinds.iter().find(|kind| kind.by_ids.iter().any(|own| own == name))
    }

    /// Collections with the throttling sub-service that their requests count against.
    pub fn buckets(&self) -> Vec<(String, String)> {
        let own = self.types.values().flat_map(|t| {
            let path = t.parent_path().unwrap_or(&t.path);
            let paths = std::iter::once(path).chain(t.also_at.iter().map(String::as_str));
            paths.map(move |path| (path.to_owned(), t.bucket.clone()))
        });
        own.chain(self.shared.buckets.iter().map(|(path, bucket)| (path.clone(), bucket.clone()))).collect()
    }
}

/// All reference rules that apply, the shared ones included; links as bind references.
fn rules_of(policy_type: &PolicyType, shared: &Shared) -> Vec<ReferenceRule> {
    let links = policy_type.links.iter().map(|link| {
        let (at, on_drop) = if link.many {
            (format!("{}/*", link.bind()), OnDrop::RemoveElement)
        } else {
            (link.bind(), OnDrop::RemoveProperty)
        };
        let on_drop = link.on_drop.unwrap_or(on_drop);
        ReferenceRule { narrows: link.narrows, on_drop, ..ReferenceRule::new(&at, &link.kind, Form::Bind) }
    });
    let parent = policy_type
        .parent
        .iter()
        .map(|kind| ReferenceRule { on_drop: OnDrop::Refuse, ..ReferenceRule::new(PARENT, kind, Form::Bind) });
    let mut rules: Vec<_> = policy_type.references.iter().cloned().chain(links).chain(parent).collect();
    // A type's own rule for a place replaces the shared one.
    for rule in &shared.references {
        if !rules.iter().any(|own| own.at == rule.at && own.when == rule.when) {
            rules.push(rule.clone());
        }
    }
    rules
}

fn by_place(rules: &[ReferenceRule]) -> Vec<Vec<usize>> {
    let mut places: Vec<Vec<usize>> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        match places.iter_mut().find(|together| together.first().is_some_and(|first| rules[*first].at == rule.at)) {
            Some(together) => together.push(index),
            None => places.push(vec![index]),
        }
    }
    places
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogueError> {
    toml::from_str(text).map_err(|source| CatalogueError::Parse { file: file.to_owned(), source: Box::new(source) })
}
