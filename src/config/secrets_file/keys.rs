//! Who may open a file of secrets, and what opens it: age's X25519 keys. A recipient is public and is on the
//! command line; an identity is a secret and only ever is in a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use age::x25519::{Identity, Recipient};
use secrecy::{ExposeSecret, SecretString};

use super::error::SecretsFileError;

/// Far more than any file of keys.
const LARGEST: u64 = 1 << 20;

/// Who may open a file: one public key, or those of a file.
#[derive(Clone)]
pub struct Recipients(Vec<Recipient>);

impl Recipients {
    /// From what was given on the command line: `age1…`, or a file with one on each line.
    pub fn parse(given: &[String]) -> Result<Self, SecretsFileError> {
        let mut all = Vec::new();
        for one in given {
            if is_identity(one) {
                return Err(SecretsFileError::SecretAsRecipient);
            }
            match one.trim().parse() {
                Ok(recipient) => all.push(recipient),
                Err(_) if Path::new(one).is_file() => all.extend(of_file(Path::new(one))?),
                Err(_) => return Err(SecretsFileError::BadRecipient { given: one.clone() }),
            }
        }
        Ok(Self(all))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|recipient| recipient as &dyn age::Recipient)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(ToString::to_string)).finish()
    }
}

fn of_file(path: &Path) -> Result<Vec<Recipient>, SecretsFileError> {
    let text = read(path)?;
    lines(&text, |line| {
        if is_identity(line.0) {
            return Err(SecretsFileError::SecretAsRecipient);
        }
        parse(line).ok_or(SecretsFileError::BadRecipientLine { path: path.to_owned(), line: line.1 })
    })
}

/// The keys of a file, and whether others than its owner may read it.
pub(super) fn identities(path: &Path) -> Result<Vec<Identity>, SecretsFileError> {
    let text = read(path)?;
    let bad = |line: (&str, usize)| SecretsFileError::BadIdentity { path: path.to_owned(), line: line.1 };
    let found = lines(&text, |line| parse(line).ok_or_else(|| bad(line)))?;
    if found.is_empty() { Err(SecretsFileError::NoIdentity { path: path.to_owned() }) } else { Ok(found) }
}

fn is_identity(text: &str) -> bool {
    text.trim().get(..14).is_some_and(|start| start.eq_ignore_ascii_case("AGE-SECRET-KEY"))
}

fn parse<T: FromStr>(line: (&str, usize)) -> Option<T> {
    line.0.parse().ok()
}

/// Each line that says something, with its number.
fn lines<T>(
    text: &SecretString,
    each: impl Fn((&str, usize)) -> Result<T, SecretsFileError>,
) -> Result<Vec<T>, SecretsFileError> {
    let text = text.expose_secret().lines().map(str::trim).zip(1..);
    text.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')).map(each).collect()
}

fn read(path: &Path) -> Result<SecretString, SecretsFileError> {
    let unreadable = |reason: String| SecretsFileError::Unreadable { path: PathBuf::from(path), reason };
    crate::text::read(path, LARGEST).map(SecretString::from).map_err(|error| unreadable(error.to_string()))
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    /// A new pair: the content of a key file, and its recipient.
    pub(in crate::config::secrets_file) fn pair() -> (String, String) {
        let identity = Identity::generate();
        let public = identity.to_public().to_string();
        (format!("# public key: {public}\n{}\n", identity.to_string().expose_secret()), public)
    }

    #[test]
    fn recipients_are_given_one_by_one_or_in_a_file() {
        let (_, one) = pair();
        let (_, two) = pair();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recipients.txt");
        std::fs::write(&file, format!("# us\n{two}\r\n\n{one}\n")).unwrap();
        let file_name = file.display().to_string();
        assert_eq!(Recipients::parse(&[one.clone(), file_name.clone()]).unwrap().0.len(), 3);
        std::fs::write(&file, format!("{one}\nnothing\n")).unwrap();
        assert!(Recipients::parse(&[file_name]).unwrap_err().to_string().contains(":2:"));
        let error = Recipients::parse(&["age1abc".into()]).unwrap_err().to_string();
        assert!(error.contains("`age1abc` is not a recipient"), "{error}");
    }

    #[test]
    fn a_secret_key_on_the_command_line_is_never_repeated() {
        let (text, _) = pair();
        let secret = text.lines().last().unwrap();
        for given in [secret.to_owned(), secret.to_ascii_lowercase(), format!(" {secret} "), "AGE-SECRET-KEY-1X".into()]
        {
            let error = Recipients::parse(&[given]).unwrap_err();
            assert_eq!(error, SecretsFileError::SecretAsRecipient);
            assert!(!error.to_string().contains("KEY-1"));
        }
    }

    #[test]
    fn a_key_file_that_is_none_is_named_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.txt");
        let (text, _) = pair();
        std::fs::write(&file, &text).unwrap();
        assert_eq!(identities(&file).unwrap().len(), 1);
        std::fs::write(&file, "# nothing\n").unwrap();
        assert!(matches!(identities(&file), Err(SecretsFileError::NoIdentity { .. })));
        std::fs::write(&file, format!("{text}hunter2-is-no-key\n")).unwrap();
        let error = identities(&file).err().unwrap().to_string();
        assert!(error.contains(":3:") && !error.contains("hunter2"), "{error}");
        std::fs::write(&file, vec![b'x'; 2 << 20]).unwrap();
        assert!(identities(&file).err().unwrap().to_string().contains("right file"));
        assert!(matches!(identities(&folder.path().join("none")), Err(SecretsFileError::Unreadable { .. })));
    }
}
