//! The catalogue that is built into the program: read, and checked.

use include_dir::{Dir, include_dir};

use super::load::{Catalogue, CatalogueError};
use super::validate::problems;
use crate::policy::sha256_hex;

static SCHEMA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/policies-schema/types");
const SHARED: &str = include_str!("../../policies-schema/shared.toml");

impl Catalogue {
    /// The catalogue built into the program.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let files = SCHEMA.files().filter_map(|file| {
            let name = file.path().file_name()?.to_str()?;
            name.strip_suffix(".toml").map(|_| (name, file.contents_utf8().unwrap_or_default()))
        });
        let catalogue = Self::from_files(SHARED, files)?;
        match problems(&catalogue).into_iter().next() {
            Some(problem) => {
                Err(CatalogueError::Invalid { file: format!("{}.toml", problem.type_name), problem: problem.what })
            }
            None => Ok(catalogue),
        }
    }
}

/// Fingerprint of the files that the built-in catalogue is made of.
pub fn fingerprint() -> String {
    let mut files: Vec<(&std::path::Path, &[u8])> = SCHEMA.files().map(|file| (file.path(), file.contents())).collect();
    files.sort();
    let mut all = SHARED.as_bytes().to_vec();
    all.extend(files.into_iter().flat_map(|(_, contents)| contents));
    sha256_hex(&all)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn the_built_in_catalogue_loads() {
        let catalogue = Catalogue::built_in().unwrap();
        assert!(catalogue.iter().count() > 0);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = Catalogue::from_files(SHARED, [("x.toml", "name = \"x\"\ncolor = 1\n")]).unwrap_err();
        assert!(error.to_string().contains("color"), "{error}");
    }
}
