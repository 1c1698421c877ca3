//! Where `ferry.toml` is looked for: `--config`, the current folder, the user's configuration folder.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::profile::{AuthKind, Cloud, Profile, check_tenant_id};
use super::proof::Proof;
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
    let looked = path.map_or_else(|| places(surroundings), |path| vec![path.to_owned()]);
    // A file that is named has to be there.
    let Some(place) = looked.iter().find(|place| path.is_some() || place.exists()) else {
        return match direct(surroundings, tenant)? {
            Some(profile) => Ok(profile),
            None => Err(ConfigError::NoFile { tenant: tenant.to_owned(), looked }),
        };
    };
    let text = read(place)?;
    match file::tenant(place, &text, tenant, surroundings) {
        Err(ConfigError::UnknownTenant { .. }) if is_direct(tenant) => match file::name_of(&text, tenant) {
            Some(name) => file::tenant(place, &text, &name, surroundings),
            None => {
                direct(surroundings, tenant)?.ok_or_else(|| ConfigError::NoFile { tenant: tenant.to_owned(), looked })
            }
        },
        found => found,
    }
}

/// Whether it is a tenant's ID or domain rather than a name.
fn is_direct(tenant: &str) -> bool {
    let is_domain = tenant.contains('.') && !tenant.starts_with('.') && !tenant.ends_with('.');
    (is_domain || uuid::Uuid::try_parse(tenant).is_ok()) && check_tenant_id(tenant).is_ok()
}

/// A tenant by its ID or domain, without any table: a user signs in.
fn direct(surroundings: &Surroundings<'_>, tenant: &str) -> Result<Option<Profile>, ConfigError> {
    if !is_direct(tenant) {
        return Ok(None);
    }
    Ok(Some(Profile {
        name: tenant.to_owned(),
        tenant_id: tenant.to_owned(),
        client_id: None,
        auth: AuthKind::Browser,
        auth_is_named: false,
        cloud: Cloud::Global,
        graph_url: None,
        login_url: variables::authority(surroundings)?,
        secret_env: None,
        limits: None,
        proof: Proof { keep_sign_in: true, ..Proof::default() },
        file: None,
    }))
}

fn places(surroundings: &Surroundings<'_>) -> Vec<PathBuf> {
    let home = || surroundings.set("HOME").map(|home| Path::new(&home).join(".config"));
    let folder = ["XDG_CONFIG_HOME", "APPDATA"].iter().find_map(|name| surroundings.set(name)).map(PathBuf::from);
    // A relative folder in the variable is invalid by its specification.
    let folder = folder.filter(|folder| folder.is_absolute()).or_else(home);
    let local = surroundings.folder.join(FILE_NAME);
    std::iter::once(local).chain(folder.map(|folder| folder.join(FOLDER_NAME).join(FILE_NAME))).collect()
}

/// The text of a file.
pub fn text(path: &Path) -> Result<String, ConfigError> {
    read(path)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    crate::text::read(path, LARGEST_FILE)
        .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() })
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
    fn an_id_or_a_domain_needs_no_table_and_finds_its_own() {
        let root = tempfile::tempdir().unwrap();
        let nothing = |_: &str| None;
        let here = Surroundings { variable: &nothing, folder: root.path().to_owned() };
        for direct in ["contoso.onmicrosoft.com", "3f1d0001-0000-4000-8000-000000000001"] {
            let profile = find_in(&here, None, direct).unwrap();
            assert_eq!((profile.tenant_id.as_str(), profile.auth, profile.file), (direct, AuthKind::Browser, None));
        }
        for name in ["contoso", "env2", ".hidden", "a b.c", "3f1d0001"] {
            assert!(matches!(find_in(&here, None, name), Err(ConfigError::NoFile { .. })), "{name}");
        }
        write(root.path(), "a");
        // The only table of this tenant is meant by its domain.
        assert_eq!(find_in(&here, None, "T.example").unwrap().name, "a");
        assert_eq!(find_in(&here, None, "other.example").unwrap().file, None);
        let text = std::fs::read_to_string(root.path().join(FILE_NAME)).unwrap();
        std::fs::write(root.path().join(FILE_NAME), format!("{text}{}", text.replace("tenants.a", "tenants.b")))
            .unwrap();
        assert_eq!(find_in(&here, None, "t.example").unwrap().name, "t.example", "two tables: neither is meant");
        assert!(matches!(find_in(&here, None, "c"), Err(ConfigError::UnknownTenant { .. })));
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
