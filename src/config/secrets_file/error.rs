//! What can be wrong with a file of secrets or its keys. Nothing of their content is ever repeated.

use std::path::PathBuf;

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
    #[error("{}: it is no age file, so it is not replaced; name another file", path.display())]
    NotReplaced {
        /// The file.
        path: PathBuf,
    },
    /// The file is not encrypted with age.
    #[error("{}: it is no age file; name the one that `export --secrets` wrote", path.display())]
    NotAge {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted with a passphrase.
    #[error("{}: it is encrypted with a passphrase; encrypt it for a key instead: age -r age1…", path.display())]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// The file was encrypted for others.
    #[error("{}: none of the keys in {} opens it; name the key file that belongs to the recipient it was made for",
        path.display(), identity.display())]
    WrongIdentity {
        /// The file.
        path: PathBuf,
        /// The key file.
        identity: PathBuf,
    },
    /// The file was cut off or changed.
    #[error("{}: it is damaged: it was cut off or changed since it was written; take another copy or export again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// What is inside is no JSON of ours. The parser's words would repeat what it found, so only the place is told.
    #[error("{}: inside, line {line}, column {column}: it is no file of secrets; docs/secrets.md shows its form", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column.
        column: usize,
    },
    /// What is inside is of another format.
    #[error("{}: it has format {found}, and this version reads {}", path.display(), super::file::FORMAT)]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it has.
        found: u32,
    },
    /// A key file without a key.
    #[error("{}: it holds no age key; make one with `age-keygen -o {}`", path.display(), path.display())]
    NoIdentity {
        /// The key file.
        path: PathBuf,
    },
    /// A key file with something else.
    #[error("{}:{line}: it is no age key: one begins with AGE-SECRET-KEY-1", path.display())]
    BadIdentity {
        /// The key file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A secret key where a public one belongs.
    #[error(
        "--recipient got a secret key; give the public one, which begins with age1, and take the secret one out of the shell's history"
    )]
    SecretAsRecipient,
    /// Neither a recipient nor a file of them.
    #[error(
        "`{given}` is no recipient: one begins with age1 and was printed when the key was made; or name a file with one on each line"
    )]
    BadRecipient {
        /// What was given.
        given: String,
    },
    /// A file of recipients with something else.
    #[error("{}:{line}: it is no recipient: one begins with age1", path.display())]
    BadRecipientLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}
