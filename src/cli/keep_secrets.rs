//! `--secrets FILE --recipient KEY` of an export: the secrets that Graph shows, in an encrypted file beside the tree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::answer::Answer;
use super::connect::Connected;
use super::context::Context;
use super::error::CliError;
use super::files::check::real;
use super::files::check_place;
use crate::catalogue::Catalogue;
use crate::config::secrets_file::{self, Recipients};
use crate::engine::export::secret_values;
use crate::engine::export::secret_values::Revealed;
use crate::finding::{Finding, codes, count};
use crate::policy::Kept;
use crate::ui::{Look, Progress};

/// Whether and how secrets are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct KeepArgs {
    /// Also export the secrets that Graph returns to this file, encrypted with age; must be outside the tree. An existing
    /// file is replaced
    #[arg(long, value_name = "FILE", requires = "recipient", conflicts_with = "layout", help_heading = "Secrets")]
    pub secrets: Option<PathBuf>,
    /// Who can decrypt the file: an age recipient (`age1…`), or a file with one per line; can be repeated
    #[arg(long, value_name = "KEY", requires = "secrets", help_heading = "Secrets")]
    pub recipient: Vec<String>,
}

/// Secrets about to be kept.
pub struct Keeping<'a> {
    file: &'a Path,
    recipients: Recipients,
}

impl KeepArgs {
    /// What is to be kept where. Called before anything is read, so that nobody waits for a refusal.
    pub fn check(&self, out: &Path) -> Result<Option<Keeping<'_>>, CliError> {
        let Some(file) = self.secrets.as_deref() else { return Ok(None) };
        let recipients = Recipients::parse(&self.recipient)?;
        if is_inside(file, out)? {
            let message = format!("{} would be inside the tree {}", file.display(), out.display());
            let why = "A tree is meant to be shared and committed, and the encrypted file changes every time. Name a file outside the tree.";
            return Err(CliError::usage(message).hint(why));
        }
        check_place(file)?;
        secrets_file::check_target(file)?;
        Ok(Some(Keeping { file, recipients }))
    }
}

impl Keeping<'_> {
    /// Reads them.
    pub async fn read(
        &self,
        connected: &Connected,
        catalogue: &Catalogue,
        policies: &[Kept],
        context: &Context,
    ) -> Result<Revealed, CliError> {
        let progress = Progress::new(&context.printer);
        secret_values::reveal(connected.tenant(catalogue, &progress), policies)
            .await
            .map_err(|error| connected.failed(error))
    }

    /// Why the file stays as it is, where it does: after a reading with gaps it might lose what it has.
    pub fn stays(&self, findings: &[Finding]) -> Option<Finding> {
        let gaps = findings.iter().any(|finding| finding.is(&codes::READ_FAILED));
        let message = "not everything could be read, so the file was not replaced";
        (gaps && self.file.exists())
            .then(|| Finding::new(&codes::SECRETS_FILE_KEPT, self.file.display().to_string(), message))
    }

    /// Writes the file, and says so in the answer.
    pub fn write(&self, revealed: &Revealed, mut answer: Answer, look: Look) -> Answer {
        let kept = revealed.secrets.len();
        let missing = revealed.findings.len();
        let stays = answer.findings.iter().any(|finding| finding.is(&codes::SECRETS_FILE_KEPT));
        if !stays {
            if let Err(error) = secrets_file::save(self.file, &self.recipients, &revealed.secrets) {
                return answer.not_recorded(self.file, &error.into(), None, look);
            }
            let secrets = count(kept, "secret is", "secrets are");
            let _ = write!(answer.text, "\n{secrets} in {}, encrypted", self.file.display());
            let _ = match missing {
                0 => writeln!(answer.text),
                _ => writeln!(answer.text, "; {missing} could not be exported, see the findings"),
            };
        }
        if let Some(Value::Object(details)) = &mut answer.details {
            let about = json!({"file": self.file, "kept": if stays { 0 } else { kept }, "missing": missing});
            details.insert(String::from("secrets"), about);
        }
        answer
    }
}

/// Whether a file lies in a folder or would, whatever links lead there. Neither has to exist.
pub(super) fn is_inside(file: &Path, folder: &Path) -> Result<bool, CliError> {
    Ok(real(file)?.starts_with(real(folder)?))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_file_inside_a_tree_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        assert!(is_inside(&tree.join("new/s.age"), &tree).unwrap());
        assert!(!is_inside(&folder.path().join("tree.age"), &tree).unwrap());
        std::fs::create_dir(&tree).unwrap();
        assert!(is_inside(&tree.join("s.age"), &tree).unwrap());
        assert!(!is_inside(&tree.join("../s.age"), &tree).unwrap());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&tree, folder.path().join("link")).unwrap();
            assert!(is_inside(&folder.path().join("link/s.age"), &tree).unwrap());
        }
    }
}
