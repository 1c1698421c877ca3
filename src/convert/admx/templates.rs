//! A folder of administrative templates: read in parallel, found by what a report calls a policy or by a registry value.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::adml::{self, Strings};
use super::model::{AdmxFile, Control, Policy, Text};
use super::read;
use crate::error::ReadError;
use crate::gpo::Scope;
use crate::text::folded;

/// Categories above each other; real files have less than 10.
const DEEPEST: usize = 32;

/// A policy of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyRef {
    file: usize,
    policy: usize,
}

/// Administrative templates.
#[derive(Debug, Default)]
pub struct Templates {
    files: Vec<AdmxFile>,
    /// The files' texts, by language.
    languages: BTreeMap<String, HashMap<usize, Strings>>,
    by_stem: HashMap<String, usize>,
    by_namespace: HashMap<String, usize>,
    by_name: HashMap<String, Vec<PolicyRef>>,
    by_value: HashMap<(String, String), Vec<PolicyRef>>,
}

/// What a name in a report means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One policy.
    One(PolicyRef),
    /// Several policies have this name.
    Several(Vec<PolicyRef>),
    /// No policy has this name.
    Nothing,
}

enum Parsed {
    Admx(AdmxFile),
    Adml(String, String, Strings),
}

impl Templates {
    /// Reads files by their paths in the folder, `NAME.admx` and `LANGUAGE/NAME.adml`; files that cannot be read are
    /// returned with the reason.
    pub fn add(&mut self, files: &[(String, Vec<u8>)]) -> Vec<(String, ReadError)> {
        let next = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
        let mut parsed: Vec<(usize, Result<Parsed, ReadError>)> = std::thread::scope(|scope| {
            let work = || {
                let mut own = Vec::new();
                while let Some((at, (path, bytes))) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    files.get(at).map(|file| (at, file))
                } {
                    own.extend(parse(path, bytes).map(|parsed| (at, parsed)));
                }
                own
            };
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        parsed.sort_by_key(|(at, _)| *at);
        let mut problems = Vec::new();
        let mut texts = Vec::new();
        for (at, parsed) in parsed {
            match parsed {
                Ok(Parsed::Admx(file)) => self.add_file(file),
                Ok(Parsed::Adml(language, stem, strings)) => texts.push((language, stem, strings)),
                Err(error) => problems.extend(files.get(at).map(|(path, _)| (path.clone(), error))),
            }
        }
        for (language, stem, strings) in texts {
            if let Some(file) = self.by_stem.get(&stem) {
                self.languages.entry(language).or_default().insert(*file, strings);
            }
        }
        self.index();
        problems
    }

    fn add_file(&mut self, file: AdmxFile) {
        let stem = file.stem.to_lowercase();
        if self.by_stem.contains_key(&stem) {
            return;
        }
        let at = self.files.len();
        self.by_stem.insert(stem, at);
        self.by_namespace.entry(file.namespace.to_lowercase()).or_insert(at);
        self.files.push(file);
    }

    fn index(&mut self) {
        let (mut by_name, mut by_value): (HashMap<String, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for (file_at, file) in self.files.iter().enumerate() {
            for (policy_at, policy) in file.policies.iter().enumerate() {
                let own = PolicyRef { file: file_at, policy: policy_at };
                let texts = self.languages.values().filter_map(|files| files.get(&file_at)?.text(&policy.display));
                for name in texts {
                    let all = by_name.entry(folded(name)).or_default();
                    if all.last() != Some(&own) {
                        all.push(own);
                    }
                }
                for place in policy.footprint() {
                    let all = by_value.entry(place).or_default();
                    if all.last() != Some(&own) {
                        all.push(own);
                    }
                }
            }
        }
        (self.by_name, self.by_value) = (by_name, by_value);
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.files.iter().map(|file| file.policies.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// All policies.
    pub fn iter(&self) -> impl Iterator<Item = PolicyRef> {
        let files = self.files.iter().enumerate();
        files.flat_map(|(file, own)| (0..own.policies.len()).map(move |policy| PolicyRef { file, policy }))
    }

    /// The file of a policy.
    pub fn file(&self, own: PolicyRef) -> Option<&AdmxFile> {
        self.files.get(own.file)
    }

    /// The policy.
    pub fn policy(&self, own: PolicyRef) -> Option<&Policy> {
        self.file(own)?.policies.get(own.policy)
    }

    /// What a text of the file is, in each language.
    pub fn texts<'a>(&'a self, own: PolicyRef, text: &'a Text) -> impl Iterator<Item = &'a str> {
        self.languages.values().filter_map(move |files| files.get(&own.file)?.text(text))
    }

    /// What the policy is called; its name in the file where no text is known.
    pub fn title(&self, own: PolicyRef) -> String {
        let Some(policy) = self.policy(own) else { return String::new() };
        self.texts(own, &policy.display).next().unwrap_or(&policy.name).to_owned()
    }

    /// The presentations of the policy, one for each language.
    pub fn presentations(&self, own: PolicyRef) -> impl Iterator<Item = &[Control]> {
        let id = self.policy(own).and_then(|policy| policy.presentation.as_deref());
        let files = self.languages.values().filter_map(move |files| files.get(&own.file));
        files.filter_map(move |strings| strings.presentation(id?))
    }

    /// The categories above a policy, the outermost first: their names, and their texts in each language.
    fn categories(&self, own: PolicyRef) -> Vec<(usize, &super::model::Category)> {
        let mut above = Vec::new();
        let mut file_at = own.file;
        let mut next = self.policy(own).and_then(|policy| policy.parent.as_deref());
        while let (Some(reference), true) = (next, above.len() < DEEPEST) {
            let (prefix, name) = reference.split_once(':').unwrap_or(("", reference));
            let Some(file) = self.files.get(file_at) else { break };
            if let Some(namespace) = file.prefixes.get(prefix) {
                let Some(at) = self.by_namespace.get(&namespace.to_lowercase()) else { break };
                // Several files can share a namespace; the own one comes first.
                if !file.namespace.eq_ignore_ascii_case(namespace) {
                    file_at = *at;
                }
            }
            let found = self.files.get(file_at).and_then(|file| file.categories.get(&name.to_lowercase()));
            let Some(category) = found else { break };
            above.push((file_at, category));
            next = category.parent.as_deref();
        }
        above.reverse();
        above
    }

    /// The names of the categories that are in the policy's own file, the outermost first.
    pub fn own_categories(&self, own: PolicyRef) -> Vec<&str> {
        let all = self.categories(own).into_iter();
        all.filter(|(file, _)| *file == own.file).map(|(_, category)| category.name.as_str()).collect()
    }

    /// The path of the policy's category, in each language.
    fn paths(&self, own: PolicyRef) -> impl Iterator<Item = String> {
        let above = self.categories(own);
        self.languages.values().map(move |files| {
            let names = above.iter().map(|(file, category)| {
                let text = files.get(file).and_then(|strings| strings.text(&category.display));
                text.unwrap_or(&category.name)
            });
            names.collect::<Vec<_>>().join("/")
        })
    }

    /// The policy's category in the first language.
    pub fn path(&self, own: PolicyRef) -> String {
        self.paths(own).next().unwrap_or_default()
    }

    /// Whether the policy's category is this one, in any language.
    pub fn is_path(&self, own: PolicyRef, category: &[String]) -> bool {
        let category = folded(&category.join("/"));
        self.paths(own).any(|path| folded(&path) == category)
    }

    /// The policies that a report may mean by this name and category.
    pub fn find(&self, scope: Scope, name: &str, category: &[String]) -> Found {
        let of_scope = |own: &PolicyRef| self.policy(*own).is_some_and(|policy| policy.class.is_of(scope));
        let named = self.by_name.get(&folded(name)).into_iter().flatten().copied();
        let named: Vec<PolicyRef> = named.filter(of_scope).collect();
        if let [only] = named[..] {
            return Found::One(only);
        }
        let exact: Vec<PolicyRef> = named.iter().copied().filter(|own| self.is_path(*own, category)).collect();
        match (exact.as_slice(), named.as_slice()) {
            ([only], _) => Found::One(*only),
            ([], []) => Found::Nothing,
            ([], _) => Found::Several(named),
            (_, _) => Found::Several(exact),
        }
    }

    /// The policies that set this registry value.
    pub fn setting(&self, scope: Scope, key: &str, value_name: &str) -> impl Iterator<Item = PolicyRef> {
        let exact = self.by_value.get(&(key.to_lowercase(), value_name.to_lowercase()));
        // A list takes every value below its key.
        let lists = self.by_value.get(&(key.to_lowercase(), String::from("*")));
        let all = exact.into_iter().chain(lists).flatten().copied();
        all.filter(move |own| self.policy(*own).is_some_and(|policy| policy.class.is_of(scope)))
    }
}

/// What a file of the folder holds; none for files of another kind.
fn parse(path: &str, bytes: &[u8]) -> Option<Result<Parsed, ReadError>> {
    let path = path.replace('\\', "/");
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let (stem, ending) = name.rsplit_once('.')?;
    match ending.to_lowercase().as_str() {
        "admx" => Some(read::read(stem, bytes).map(Parsed::Admx)),
        "adml" => {
            let language = folder.rsplit('/').next().unwrap_or_default().to_lowercase();
            Some(adml::read(bytes).map(|strings| Parsed::Adml(language, stem.to_lowercase(), strings)))
        }
        _ => None,
    }
}
