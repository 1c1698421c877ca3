//! What can be wrong with a file of secrets or its keys. Nothing of their content is ever repeated.

use std::path::PathBuf;

/// The format of what is inside such a file.
pub const FORMAT: u32 = 1;

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsFileError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file cannot be written.
    #[error("{}: cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// There is a file of this name, and it is none of ours.
    #[error("{}: not an age file, so it is not replaced; name another file", path.display())]
    NotReplaced {
        /// The file.
        path: PathBuf,
    },
    /// The file is not encrypted with age.
    #[error("{}: not an age file; name the file that `export --secrets` wrote", path.display())]
    NotAge {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted with a passphrase.
    #[error("{}: encrypted with a passphrase; encrypt it for a key instead: age -r age1…", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// The file was encrypted for others.
    #[error("{}: none of the keys in {} can decrypt it; name the key file of the recipient that it was encrypted for",
        path.display(), identity.display())]
    WrongIdentity {
        /// The file.
        path: PathBuf,
        /// The key file.
        identity: PathBuf,
    },
    /// The file was cut off or changed.
    #[error("{}: damaged: the file was truncated or changed after it was written; use another copy or export again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// What is inside is not JSON of ours. The parser's words would repeat what it found, so only the place is shown.
    #[error("{}: decrypted content, line {line}, column {column}: not a valid secrets file; see docs/secrets.md for its format", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column.
        column: usize,
    },
    /// What is inside is of another format.
    #[error("{}: the file has format {found}; this version reads format {}", path.display(), FORMAT)]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u32,
    },
    /// A key file without a key.
    #[error("{}: the file contains no age key; create one with `age-keygen -o {}`", path.display(), path.display())]
    NoIdentity {
        /// The key file.
        path: PathBuf,
    },
    /// A key file with something else.
    #[error("{}:{line}: not an age key: a key begins with AGE-SECRET-KEY-1", path.display())]
    BadIdentity {
        /// The key file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A secret key where a public one belongs.
    #[error(
        "--recipient received a secret key; use the public key, which begins with age1, and remove the secret key from the shell's history"
    )]
    SecretAsRecipient,
    /// Neither a recipient nor a file of them.
    #[error(
        "`{given}` is not a recipient: a recipient begins with age1 and is printed when the key is created; or name a file with one recipient per line"
    )]
    BadRecipient {
        /// What was given.
        given: String,
    },
    /// A file of recipients with something else.
    #[error("{}:{line}: not a recipient: a recipient begins with age1", path.display())]
    BadRecipientLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}
