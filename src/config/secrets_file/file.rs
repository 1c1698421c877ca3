//! Writes and reads the file. Inside is JSON with a format number (`policies-schema/secrets.schema.json`), so that a
//! person with the key can look at it and complete it with age's own tools.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, Encryptor};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use super::Secrets;
use super::error::{FORMAT, SecretsFileError};
use super::keys::{Recipients, identities};
use crate::replace;

/// How files of age begin.
const STARTS: [&[u8]; 2] = [b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED FILE-----"];
/// Far more than the secrets of any tenant.
const LARGEST: u64 = 64 << 20;

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    secrets: BTreeMap<&'a str, &'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    format: u32,
    secrets: BTreeMap<String, SecretString>,
}

/// Only what is ours is replaced. Called before anything is read from a tenant, so that no one waits for a refusal.
pub fn check_target(path: &Path) -> Result<(), SecretsFileError> {
    let mut start = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(SecretsFileError::Unreadable { path: path.to_owned(), reason: error.to_string() }),
        Ok(file) => file.take(64).read_to_end(&mut start),
    }
    .map_err(|error| SecretsFileError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    let ours = start.is_empty() || STARTS.iter().any(|known| start.starts_with(known));
    if ours { Ok(()) } else { Err(SecretsFileError::NotReplaced { path: path.to_owned() }) }
}

/// Encrypts the secrets for the recipients. A file of that name is either the old one or the whole new one, and
/// No one but its owner may read it.
pub fn save(path: &Path, recipients: &Recipients, secrets: &Secrets) -> Result<(), SecretsFileError> {
    let unwritable = |reason: String| SecretsFileError::Unwritable { path: path.to_owned(), reason };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let encryptor = Encryptor::with_recipients(recipients.iter()).map_err(|error| unwritable(error.to_string()))?;
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut inside = encryptor.wrap_output(io::BufWriter::new(file.as_file_mut()))?;
        let secrets = secrets.iter().map(|(name, secret)| (name.as_str(), secret.expose_secret())).collect();
        serde_json::to_writer_pretty(&mut inside, &Written { format: FORMAT, secrets })?;
        inside.write_all(b"\n")?;
        inside.finish()?.flush()?;
        file.as_file().sync_all()?;
        replace::persist(file, path).map(drop)
    };
    write().map_err(|error: io::Error| unwritable(error.to_string()))
}

/// Opens the file with the keys of another one.
pub fn load(path: &Path, identity: &Path) -> Result<Secrets, SecretsFileError> {
    let unreadable =
        |error: &io::Error| SecretsFileError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let damaged = || SecretsFileError::Damaged { path: path.to_owned() };
    let keys = identities(identity)?;
    let mut encrypted = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(LARGEST).read_to_end(&mut encrypted).map_err(|error| unreadable(&error))?;
    if !STARTS.iter().any(|start| encrypted.starts_with(start)) {
        return Err(SecretsFileError::NotAge { path: path.to_owned() });
    }
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(encrypted.as_slice())).map_err(|_| damaged())?;
    if decryptor.is_scrypt() {
        return Err(SecretsFileError::Passphrase { path: path.to_owned() });
    }
    let opened = decryptor.decrypt(keys.iter().map(|key| key as &dyn age::Identity));
    let mut opened = opened.map_err(|error| match error {
        DecryptError::NoMatchingKeys => {
            SecretsFileError::WrongIdentity { path: path.to_owned(), identity: identity.to_owned() }
        }
        _ => damaged(),
    })?;
    // What is inside is shorter than what is around it: the text never moves in memory and leaves no copies.
    let mut clear = Vec::with_capacity(encrypted.len());
    let read = opened.read_to_end(&mut clear);
    let clear = SecretSlice::from(clear);
    read.map_err(|_| damaged())?;
    let content: Content = serde_json::from_slice(clear.expose_secret()).map_err(|error| {
        SecretsFileError::Content { path: path.to_owned(), line: error.line(), column: error.column() }
    })?;
    if content.format != FORMAT {
        return Err(SecretsFileError::Format { path: path.to_owned(), found: content.format });
    }
    Ok(content.secrets)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
