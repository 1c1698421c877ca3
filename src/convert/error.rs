//! Why a file cannot be read. Not for settings without a counterpart: those have verdicts.

use thiserror::Error;

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The file is larger than any real one.
    #[error("larger than {limit} MiB")]
    TooLarge {
        /// The limit in MiB.
        limit: usize,
    },
    /// The bytes are not text.
    #[error("not UTF-8 or UTF-16 text (byte {at})")]
    Encoding {
        /// The first byte that is wrong, from 0.
        at: usize,
    },
    /// The text is not well-formed XML.
    #[error("not valid XML: {problem}")]
    Xml {
        /// What the parser said, with line and column.
        problem: String,
    },
    /// The XML is of another kind.
    #[error("not {expected}: the root element is `{found}`")]
    Root {
        /// What was expected.
        expected: &'static str,
        /// The name of the root element.
        found: String,
    },
    /// A registry.pol file that ends too early or has another form.
    #[error("not a valid registry.pol file at byte {at}: {problem}")]
    RegistryPol {
        /// The byte where it goes wrong, from 0.
        at: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// A property list, or a signed profile, that cannot be read.
    #[error("not a configuration profile: {problem}")]
    Profile {
        /// What is wrong.
        problem: String,
    },
    /// A line of a text file that cannot be read.
    #[error("line {line}: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}
