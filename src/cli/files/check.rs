//! Holds what a command writes against what it reads, before anything is done. However a name is spelt, and whatever
//! links lead there, it is the file that counts.

use std::path::{Path, PathBuf};

use same_file::is_same_file;

use super::kind::Kind;
use super::places::{Place, Role};
use super::write::check_place;
use crate::catalogue::Catalogue;
use crate::cli::error::{CliError, file_error};
use crate::tree;

/// What makes a folder a tree.
const MANIFEST: &str = "ferry-tree.json";

const ANOTHER: &str = "Name another file.";

/// Refuses a command line that would write over what it reads, or over what is of another kind.
pub fn check(places: &[Place]) -> Result<(), CliError> {
    for (index, place) in places.iter().enumerate() {
        let others = || places.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, place)| place);
        match place.role {
            Role::Reads => {}
            Role::Writes(kind) => {
                // A journal brings its folder; whoever keeps secrets looks for it, after where it is.
                if !matches!(kind, Kind::Journal | Kind::Secrets) {
                    check_place(&place.path)?;
                }
                of_kind(&place.flag, &place.path, kind)?;
                apart(place, others())?;
                outside_trees(place, others(), false)?;
            }
            Role::Updates => {
                // What is read and written in one is held against what is only written, or written as well.
                apart(place, others().filter(|other| other.role != Role::Reads))?;
                outside_trees(place, others(), true)?;
            }
            Role::Fills => fills(place, others())?,
        }
    }
    Ok(())
}

/// Only what is of the same kind is written over.
pub fn of_kind(flag: &str, path: &Path, kind: Kind) -> Result<(), CliError> {
    if std::fs::symlink_metadata(path).is_err() || kind.is_kind_of(path) {
        return Ok(());
    }
    let message = format!("{flag} would write over {}, which is not {}", path.display(), kind.noun());
    Err(CliError::usage(message).hint("Name another place, or move that file away."))
}

/// Two arguments do not mean one file.
fn apart<'a>(place: &Place, mut others: impl Iterator<Item = &'a Place>) -> Result<(), CliError> {
    let Some(other) = others.find(|other| same(&place.path, &other.path)) else { return Ok(()) };
    let (flag, path) = (&place.flag, place.path.display());
    let message = match other.role {
        Role::Reads => format!("{flag} would write over {path}, which this command reads"),
        _ => format!("{flag} and {} both name {path}", other.flag),
    };
    Err(CliError::usage(message).hint(ANOTHER))
}

/// A folder that is filled is not one that is read, nor around it or inside of it, and none of its own files is read.
fn fills<'a>(place: &Place, others: impl Iterator<Item = &'a Place>) -> Result<(), CliError> {
    let out = real(&place.path)?;
    for other in others {
        let path = real(&other.path)?;
        let is_read = matches!(other.role, Role::Reads | Role::Updates);
        let meets = if other.path.is_dir() {
            path.starts_with(&out) || out.starts_with(&path)
        } else {
            path == out || (is_read && is_own(&out, &path)?)
        };
        if meets {
            let (flag, out, other) = (&place.flag, place.path.display(), other.path.display());
            let message = format!("{flag} would write into {out}, and this command reads {other}");
            return Err(CliError::usage(message).hint("Name a folder apart from it."));
        }
    }
    Ok(())
}

/// A file that is not a part of a tree is not put among a tree's own.
fn outside_trees<'a>(
    place: &Place,
    others: impl Iterator<Item = &'a Place>,
    may_be_mapping: bool,
) -> Result<(), CliError> {
    let path = real(&place.path)?;
    let filled: Vec<PathBuf> =
        others.filter(|it| it.role == Role::Fills).map(|it| real(&it.path)).collect::<Result<_, _>>()?;
    for folder in path.ancestors().skip(1).filter(|folder| is_tree(folder) || filled.iter().any(|it| it == folder)) {
        let is_mapping = may_be_mapping && path.strip_prefix(folder) == Ok(Path::new("mapping.json"));
        if is_own(folder, &path)? && !is_mapping {
            let (flag, path) = (&place.flag, place.path.display());
            let message = format!("{flag} would write {path} among the files of the tree {}", folder.display());
            return Err(CliError::usage(message).hint(ANOTHER));
        }
    }
    Ok(())
}

fn is_tree(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file()
}

/// Whether a tree in this folder has a file of this path, or might have.
fn is_own(tree: &Path, path: &Path) -> Result<bool, CliError> {
    let Ok(rest) = path.strip_prefix(tree) else { return Ok(false) };
    let Some(first) = rest.iter().next().and_then(|name| name.to_str()) else { return Ok(false) };
    if rest.iter().count() == 1 && tree::OWN.iter().any(|own| own.eq_ignore_ascii_case(first)) {
        return Ok(true);
    }
    let catalogue = Catalogue::built_in()?;
    Ok(catalogue.iter().any(|policy_type| policy_type.name.eq_ignore_ascii_case(first)))
}

/// Whether two names mean one file. Of a file that is not there yet only its name is known: where systems differ
/// about upper and lower case, it may be the same.
fn same(one: &Path, other: &Path) -> bool {
    match (one.exists(), other.exists()) {
        (true, true) => is_same_file(one, other).unwrap_or(true),
        (false, false) => match (real(one), real(other)) {
            (Ok(one), Ok(other)) => one.to_string_lossy().to_lowercase() == other.to_string_lossy().to_lowercase(),
            _ => true,
        },
        _ => false,
    }
}

/// A path without links and `..`, as far as it is there.
pub fn real(path: &Path) -> Result<PathBuf, CliError> {
    let path = std::path::absolute(path).map_err(|error| file_error("find", path, &error))?;
    let mut rest = PathBuf::new();
    for known in path.ancestors() {
        if let Ok(real) = known.canonicalize() {
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
        let name = known.file_name().unwrap_or_default();
        rest = if rest.as_os_str().is_empty() { PathBuf::from(name) } else { Path::new(name).join(rest) };
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn place(flag: &str, path: &Path, role: Role) -> Place {
        Place { flag: flag.into(), path: path.into(), role }
    }

    #[test]
    fn one_file_is_known_by_any_of_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("a"), "").unwrap();
        let mut names = vec![at("a"), at("sub/../a"), at("./a")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a"), at("soft")).unwrap();
            std::fs::hard_link(at("a"), at("hard")).unwrap();
            std::os::unix::fs::symlink(at("sub"), at("linked")).unwrap();
            names.extend([at("soft"), at("hard"), at("linked/../a")]);
        }
        for name in &names {
            let places = [place("--plan", &at("a"), Role::Reads), place("--html", name, Role::Writes(Kind::Page))];
            let error = check(&places).unwrap_err();
            assert!(error.message.contains("which this command reads"), "{}: {error}", name.display());
        }
        let two = [
            place("--out", &at("new"), Role::Writes(Kind::Plan)),
            place("--html", &at("sub/../NEW"), Role::Writes(Kind::Page)),
        ];
        assert!(check(&two).unwrap_err().message.contains("--out and --html both name"));
        let apart = [place("--plan", &at("a"), Role::Reads), place("--html", &at("b"), Role::Writes(Kind::Page))];
        check(&apart).unwrap();
    }

    #[test]
    fn nothing_is_put_among_the_files_of_a_tree() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["tree/settings-catalog", "tree/notes", "other"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        std::fs::write(at("tree/ferry-tree.json"), "{}").unwrap();
        for (name, role, fine) in [
            ("tree/settings-catalog/x.html", Role::Writes(Kind::Page), false),
            ("tree/SHA256SUMS", Role::Writes(Kind::Plan), false),
            ("tree/mapping.json", Role::Writes(Kind::Plan), false),
            ("tree/mapping.json", Role::Updates, true),
            ("tree/directory.json", Role::Updates, false),
            ("tree/compliance-policies", Role::Writes(Kind::Page), false),
            ("tree/adopted.json", Role::Writes(Kind::Page), false),
            ("tree/Adopted.JSON", Role::Writes(Kind::Log), false),
            ("tree/report.html", Role::Writes(Kind::Page), true),
            ("tree/notes/x.html", Role::Writes(Kind::Page), true),
        ] {
            assert_eq!(check(&[place("--x", &at(name), role)]).is_ok(), fine, "{name} {role:?}");
        }
        for (read, out, fine) in [
            ("tree", "tree", false),
            ("tree", "tree/settings-catalog/new", false),
            ("tree", "other/../tree/notes", false),
            ("tree/settings-catalog", "tree", false),
            ("other", "tree", true),
            ("tree", "other/new", true),
        ] {
            let places = [place("TREE", &at(read), Role::Reads), place("--out", &at(out), Role::Fills)];
            assert_eq!(check(&places).is_ok(), fine, "{read} {out}");
        }
        std::fs::write(at("tree/mapping.json"), "{}").unwrap();
        let mapping =
            [place("--mapping", &at("tree/mapping.json"), Role::Reads), place("--out", &at("tree"), Role::Fills)];
        check(&mapping).unwrap_err();
    }
}
