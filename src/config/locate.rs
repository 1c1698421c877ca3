//! Where `ferry.toml` is looked for: `--config`, the current folder, the user's configuration folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::profile::Profile;
use super::surroundings::Surroundings;
use super::{file, variables};

const FILE_NAME: &str = "ferry.toml";
const FOLDER_NAME: &str = "intune-ferry";
/// Far more than any list of tenants.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Finds a tenant: in the file that `--config` names, else in `./ferry.toml`, else in the user's
/// configuration folder; the first file that exists counts. The tenant `env` is described by the
/// `AZURE_*` environment variables.
pub fn find(path: Option<&Path>, tenant: &str) -> Result<Profile, ConfigError> {
    find_in(&Surroundings::real(), path, tenant)
}

/// The names of all tenants that could be meant, `env` among them; of a file that cannot be read, none.
pub fn names(path: Option<&Path>) -> Vec<String> {
    let places = path.map_or_else(|| places(&Surroundings::real()), |path| vec![path.to_owned()]);
    let file = places.iter().find(|place| place.exists()).and_then(|place| read(place).ok());
    let mut names = file.map(|text| file::names(&text)).unwrap_or_default();
    names.push(variables::NAME.to_owned());
    names
}

fn find_in(surroundings: &Surroundings<'_>, path: Option<&Path>, tenant: &str) -> Result<Profile, ConfigError> {
    if tenant == variables::NAME {
        return variables::read(surroundings);
    }
    let looked = match path {
        Some(path) => return file::tenant(path, &read(path)?, tenant, surroundings),
        None => places(surroundings),
    };
    match looked.iter().find(|place| place.exists()) {
        Some(place) => file::tenant(place, &read(place)?, tenant, surroundings),
        None => Err(ConfigError::NoFile { tenant: tenant.to_owned(), looked }),
    }
}

fn places(surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let home = || surroundings.set("HOME").map(|home| Path::new(&home).join(".config"));
    let folder = ["XDG_CONFIG_HOME", "APPDATA"].iter().find_map(|name| surroundings.set(name)).map(PathBuf::from);
    // A relative folder in the variable is invalid by its specification.
    let folder = folder.filter(|folder| folder.is_absolute()).or_else(home);
    let local = surroundings.folder.join(FILE_NAME);
    std::iter::once(local).chain(folder.map(|folder| folder.join(FOLDER_NAME).join(FILE_NAME))).collect()
}

fn read(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut text = String::new();
    file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(unreadable("it is larger than 1 MiB; is it the right file?".to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn write(folder: &Path, tenant: &str) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(FILE_NAME);
        std::fs::write(&path, format!("[tenants.{tenant}]\ntenant_id = \"t.example\"\nclient_id = \"c\"\n")).unwrap();
        path
    }

    #[test]
    fn the_named_file_wins_then_the_folders_then_the_users() {
        let root = tempfile::tempdir().unwrap();
        let (local, user) = (root.path().join("local"), root.path().join("user"));
        std::fs::create_dir_all(&local).unwrap();
        let user_text = user.display().to_string();
        let variable = |name: &str| (name == "XDG_CONFIG_HOME").then(|| user_text.clone());
        let here = Surroundings { variable: &variable, folder: local.clone() };

        let error = find_in(&here, None, "a").unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, ConfigError::NoFile { ref looked, .. } if looked.len() == 2), "{error:?}");
        assert!(message.contains("[tenants.a]") && message.contains("--config"), "{message}");

        let users = write(&user.join(FOLDER_NAME), "a");
        assert_eq!(find_in(&here, None, "a").unwrap().file, Some(users));
        write(&local, "b");
        assert!(matches!(find_in(&here, None, "a"), Err(ConfigError::UnknownTenant { .. })));
        assert_eq!(find_in(&here, None, "b").unwrap().name, "b");
        let named = write(&root.path().join("named"), "c");
        assert_eq!(find_in(&here, Some(&named), "c").unwrap().file, Some(named));
    }

    #[test]
    fn the_home_folder_is_the_last_resort() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/eve".to_owned()),
            "XDG_CONFIG_HOME" => Some("relative".to_owned()),
            _ => None,
        };
        let here = Surroundings { variable: &variable, folder: PathBuf::from(".") };
        assert_eq!(places(&here)[1], Path::new("/home/eve/.config/intune-ferry/ferry.toml"));
    }

    #[test]
    fn a_file_that_is_missing_too_large_or_no_text_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x.toml");
        let message = |path: &Path| find(Some(path), "a").unwrap_err().to_string();
        assert!(message(&path).contains("x.toml"));
        std::fs::write(&path, "#".repeat(1024 * 1024 + 1)).unwrap();
        assert!(message(&path).contains("1 MiB"));
        std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
        assert!(message(&path).contains("x.toml: cannot be read"));
    }
}
