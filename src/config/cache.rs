//! Where what can be made again is kept: the user's cache folder, never the tree.

use std::path::{Path, PathBuf};

use super::surroundings::Surroundings;

/// The program's folder in the user's cache folder; none where the machine has none.
pub fn cache_folder() -> Option<PathBuf> {
    folder_in(&Surroundings::real())
}

fn folder_in(surroundings: &Surroundings<'_>) -> Option<PathBuf> {
    let home = || surroundings.set("HOME").map(|home| Path::new(&home).join(".cache"));
    let folder = ["XDG_CACHE_HOME", "LOCALAPPDATA"].iter().find_map(|name| surroundings.set(name)).map(PathBuf::from);
    // A relative folder in the variable is invalid by its specification.
    folder.filter(|folder| folder.is_absolute()).or_else(home).map(|folder| folder.join("intune-ferry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_cache_folder_comes_first() {
        let with = |set: &[(&str, &str)]| {
            let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            folder_in(&Surroundings { variable: &variable, folder: PathBuf::new() })
        };
        let both = [("XDG_CACHE_HOME", "/var/cache"), ("HOME", "/home/eve")];
        assert_eq!(with(&both), Some(PathBuf::from("/var/cache/intune-ferry")));
        assert_eq!(with(&both[1..]), Some(PathBuf::from("/home/eve/.cache/intune-ferry")));
        let relative = [("XDG_CACHE_HOME", "cache"), ("HOME", "/home/eve")];
        assert_eq!(with(&relative), Some(PathBuf::from("/home/eve/.cache/intune-ferry")));
        assert_eq!(with(&[]), None);
    }
}
