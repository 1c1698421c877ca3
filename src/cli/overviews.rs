//! After a tree was written: `assignments.txt` in each type's folder, from the files as they are, so that it does not
//! depend on what this export read. Names of groups and filters are those that the tree knows.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::CliError;
use super::folder;
use crate::catalogue::Catalogue;
use crate::catalogue::references::references;
use crate::engine::describe::audience::{Identity, audience};
use crate::engine::shape::display_names::Names;
use crate::mapping::Mapping;
use crate::parallel;
use crate::policy::file_name::short_id;
use crate::policy::{Kept, unread};
use crate::tree;
use crate::ui::overview_view;

/// Brings the overviews of a tree up to date; gives the paths of files of that name that others wrote, and that stay.
pub fn write(root: &Path, catalogue: &Catalogue) -> Result<Vec<String>, CliError> {
    let mut tree = folder::read_outline(root, catalogue)?;
    let mapping = tree.mapping.as_deref().and_then(|text| Mapping::parse(text, tree::MAPPING, catalogue).ok());
    if let Some(mapping) = mapping {
        mapping.translate(&mut tree.directory);
    }
    let names = Names::of_tree(&tree.directory, &tree.policies);
    let loader = folder::loader(root, catalogue);
    let mut said: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let of_policy = |head: &Kept| {
        // What is wrong with a file is a finding of whoever reads the tree.
        let policy = loader.document(head).ok()?;
        let policy_type = catalogue.get(&policy.type_name)?;
        let identify = |kind: &str, id: &str, _: &str| {
            let known = Identity::known(&names, kind, id);
            // With the digits in every line, no line changes because another object gets the same name.
            let name = known.name.map(|name| format!("{name} ({})", short_id(id)));
            Identity { name, shares_name: false, ..known }
        };
        let list = audience(&policy, policy_type, &references(&policy, catalogue), &identify);
        let not_read = unread::parts(&policy.body).any(|(part, _)| part == "assignments");
        let id = policy.id().map(short_id);
        Some(overview_view::policy(&policy_type.name_of(&policy), id.as_deref(), &list, not_read))
    };
    for (head, text) in tree.policies.iter().zip(parallel::map(&tree.policies, of_policy)) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            said.entry(head.type_name.clone()).or_default().push(text);
        }
    }
    Ok(tree::write_overviews(root, catalogue, &said)?)
}
