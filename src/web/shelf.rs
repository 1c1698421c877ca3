//! The trees that were read, each with what pages look for in it. A tree is read again when one of its files changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use walkdir::WalkDir;

use crate::catalogue::{Catalogue, PolicyType, references};
use crate::cli::error::CliError;
use crate::cli::source;
use crate::engine::describe::audience::{Audience, How};
use crate::engine::describe::tree_summary::{Described, describe};
use crate::engine::shape::display_names::Names;
use crate::parallel;
use crate::policy::{Kept, ObjectKey};
use crate::tree::Tree;

/// More trees are not kept at a time: the memory is the user's.
const MOST: usize = 3;
/// How long a tree is taken to be as it was.
const TRUST: Duration = Duration::from_secs(2);

/// A policy in a list.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Its place in the tree.
    pub(super) at: usize,
    /// The place of its type among the types.
    pub(super) of: usize,
    /// Its name.
    pub(super) name: String,
    /// What the admin center calls it within its type: the name for `--only`, and the title.
    pub(super) group: Option<(String, String)>,
    /// The platforms it is for.
    pub(super) platforms: Vec<String>,
    /// Who gets it.
    pub(super) reaches: Vec<(Audience, How)>,
    /// What a search looks into, in small letters.
    text: String,
}

/// A type of which there are policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownType {
    /// Its name.
    pub(super) name: String,
    /// Its title.
    pub(super) title: String,
    /// How many policies of it there are.
    pub(super) count: usize,
    /// Its groups by name, with their titles.
    pub(super) groups: BTreeMap<String, String>,
}

/// What a list shows; what is empty selects everything.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Filter<'a> {
    /// Words that all have to be in the policy.
    pub(super) text: &'a str,
    /// A type, or a group of one.
    pub(super) of: &'a str,
    /// A platform.
    pub(super) platform: &'a str,
    /// Who gets it, in words.
    pub(super) who: &'a str,
}

/// A tree that was read.
#[derive(Debug)]
pub(super) struct Shelved {
    /// The tree.
    pub(super) tree: Tree,
    /// What its objects are called.
    pub(super) names: Names,
    /// The types of its policies, as the admin center orders them.
    pub(super) types: Vec<KnownType>,
    /// Its policies by type and name.
    pub(super) rows: Vec<Row>,
    /// The platforms that its policies are for.
    pub(super) platforms: Vec<String>,
    /// Who gets something, with how many policies name them.
    pub(super) audiences: BTreeMap<Audience, usize>,
    /// The places of the rows that refer to an object; made once somebody asks.
    users: OnceLock<HashMap<ObjectKey, Vec<usize>>>,
}

impl Shelved {
    fn of(tree: Tree, catalogue: &Catalogue) -> Self {
        let names = Names::of_tree(&tree.directory, &tree.policies);
        let present = |of: &&PolicyType| tree.policies.iter().any(|policy| policy.type_name == of.name);
        let of_types: Vec<&PolicyType> = catalogue.iter().filter(present).collect();
        let numbered: Vec<(usize, &Kept)> = tree.policies.iter().enumerate().collect();
        let row = |(at, kept): &(usize, &Kept)| {
            let of = of_types.iter().position(|of| of.name == kept.type_name)?;
            Some(row(*at, of, kept, of_types[of], catalogue, &names))
        };
        let mut rows: Vec<Row> = parallel::map(&numbered, row).into_iter().flatten().collect();
        rows.sort_by_cached_key(|row| (row.of, row.name.to_lowercase(), row.at));
        let known = |of: &&PolicyType| KnownType {
            name: of.name.clone(),
            title: of.title.clone(),
            count: 0,
            groups: BTreeMap::new(),
        };
        let mut types: Vec<KnownType> = of_types.iter().map(known).collect();
        let mut audiences: BTreeMap<Audience, usize> = BTreeMap::new();
        for row in &rows {
            types[row.of].count += 1;
            types[row.of].groups.extend(row.group.clone());
            for (who, _) in &row.reaches {
                *audiences.entry(who.clone()).or_default() += 1;
            }
        }
        let platforms = catalogue.shared.platforms.iter().map(|platform| platform.title.clone());
        let platforms = platforms.filter(|title| rows.iter().any(|row| row.platforms.contains(title))).collect();
        Self { tree, names, types, rows, platforms, audiences, users: OnceLock::new() }
    }

    /// The policies that a filter shows.
    pub(super) fn find(&self, filter: Filter<'_>) -> Vec<&Row> {
        let text = filter.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_shown = |row: &&Row| {
            (filter.of.is_empty()
                || self.types[row.of].name == filter.of
                || row.group.as_ref().is_some_and(|(name, _)| name == filter.of))
                && (filter.platform.is_empty() || row.platforms.iter().any(|own| own == filter.platform))
                && (filter.who.is_empty() || row.reaches.iter().any(|(who, _)| who.words() == filter.who))
                && words.iter().all(|word| row.text.contains(word))
        };
        self.rows.iter().filter(is_shown).collect()
    }

    /// The policy of a list.
    pub(super) fn policy(&self, row: &Row) -> &Kept {
        &self.tree.policies[row.at]
    }

    /// The policies that refer to an object.
    pub(super) fn users(&self, object: &ObjectKey, catalogue: &Catalogue) -> Vec<&Row> {
        let users = self.users.get_or_init(|| {
            let found = parallel::map(&self.rows, |row| {
                let found = references(&self.policy(row).open(), catalogue);
                found.into_iter().map(|one| ObjectKey::new(&one.kind, &one.id)).collect::<BTreeSet<ObjectKey>>()
            });
            let mut users: HashMap<ObjectKey, Vec<usize>> = HashMap::new();
            for (place, objects) in found.into_iter().enumerate() {
                for object in objects {
                    users.entry(object).or_default().push(place);
                }
            }
            users
        });
        users.get(object).into_iter().flatten().map(|place| &self.rows[*place]).collect()
    }

    /// The policy of this type that is identified so.
    pub(super) fn row(&self, type_name: &str, key: &str) -> Option<&Row> {
        let is_it = |policy: &Kept| policy.type_name == type_name && policy.key() == key;
        self.rows.iter().find(|row| is_it(self.policy(row)))
    }
}

fn row(at: usize, of: usize, kept: &Kept, policy_type: &PolicyType, catalogue: &Catalogue, names: &Names) -> Row {
    let Described { name, description, reaches, settings, .. } = describe(kept, policy_type, catalogue, names);
    let open = kept.open();
    let group = policy_type.group_of(&open).map(|group| (group.name.clone(), group.title.clone()));
    let platforms = catalogue.shared.platforms.iter().filter(|platform| platform.is_of(&open));
    let platforms: Vec<String> = platforms.map(|platform| platform.title.clone()).collect();
    let who = reaches.iter().map(|(who, _)| who.words());
    let said = [name.as_str(), &description, &policy_type.title, kept.id().unwrap_or_default()].into_iter();
    let said = said.chain(group.iter().map(|(_, title)| title.as_str())).chain(who);
    let said = said.chain(platforms.iter().map(String::as_str));
    let set = settings.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
    let text = said.chain(set).collect::<Vec<_>>().join("\n").to_lowercase();
    Row { at, of, name, group, platforms, reaches, text }
}

/// A tree with when it was last held against its files.
#[derive(Debug)]
struct OnShelf {
    path: PathBuf,
    stamp: u64,
    checked: Instant,
    shelved: Arc<Shelved>,
}

/// The trees that were read last.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: Mutex<Vec<OnShelf>>,
}

impl Shelf {
    /// The tree in a folder. Who asks while another reads waits for that one's result.
    pub(super) fn tree(&self, path: &Path, catalogue: &Catalogue) -> Result<Arc<Shelved>, CliError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|one| one.path == path).map(|place| kept.remove(place));
        let current = found.and_then(|mut one| {
            if one.checked.elapsed() > TRUST {
                if stamp(path) != one.stamp {
                    return None;
                }
                one.checked = Instant::now();
            }
            Some(one)
        });
        let one = if let Some(one) = current {
            one
        } else {
            // Room is made before it is needed.
            kept.truncate(MOST - 1);
            let stamp = stamp(path);
            let shelved = Arc::new(Shelved::of(source::load_for_people(path, catalogue)?, catalogue));
            OnShelf { path: path.to_owned(), stamp, checked: Instant::now(), shelved }
        };
        let shelved = Arc::clone(&one.shelved);
        kept.insert(0, one);
        Ok(shelved)
    }
}

/// Differs once a file of the tree came, went or was written.
fn stamp(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let entries = WalkDir::new(path).max_depth(2).follow_links(false).sort_by_file_name();
    for entry in entries.into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        entry.path().hash(&mut hasher);
        if let Ok(about) = entry.metadata() {
            (about.len(), about.modified().ok()).hash(&mut hasher);
        }
    }
    hasher.finish()
}
