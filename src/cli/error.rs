//! How a command fails: what is wrong, what to do about it, and which number the shell sees. Each room's
//! error becomes one of these here and nowhere else.

use std::path::Path;

use crate::catalogue::{CatalogueError, SelectionError};
use crate::config::ConfigError;
use crate::config::secrets_file::SecretsFileError;
use crate::engine::EngineError;
use crate::exit::Exit;
use crate::graph::GraphError;
use crate::mapping::MappingError;
use crate::misread::of_file;
use crate::nearest::closest;
use crate::sandbox::SandboxError;
use crate::tree::TreeError;
use crate::tree::foreign::ForeignError;

/// Why a command did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// How the program ends.
    pub exit: Exit,
}

impl CliError {
    /// An error with the way the program ends.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, exit }
    }

    /// Something in the command line, the configuration or a file cannot be used.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Stopped by Ctrl-C.
    pub fn interrupted() -> Self {
        Self::new(Exit::Interrupted, "interrupted")
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<SecretsFileError> for CliError {
    fn from(error: SecretsFileError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<CatalogueError> for CliError {
    fn from(error: CatalogueError) -> Self {
        // The catalogue is part of the program: no one else can have spoilt it.
        Self::new(Exit::Unexpected, error.to_string()).hint("This is a bug in the program. Please report it.")
    }
}

impl From<SelectionError> for CliError {
    fn from(error: SelectionError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<GraphError> for CliError {
    fn from(error: GraphError) -> Self {
        let message = error.to_string();
        let (exit, hint) = match &error {
            GraphError::Setup { .. } => (Exit::Usage, None),
            GraphError::SignIn { .. } => (
                Exit::SignIn,
                Some(
                    "Check the tenant's table in ferry.toml, or the environment variables; docs/sign-in.md describes each way to sign in.",
                ),
            ),
            GraphError::Forbidden(_) => (
                Exit::SignIn,
                Some(
                    "Grant the app registration the permission and admin consent; `intune-ferry types TYPE` \
                     shows which permissions a type needs.",
                ),
            ),
            GraphError::Unreachable(_) => {
                (Exit::Unreachable, Some("Check the network and any proxy, then run the command again."))
            }
            GraphError::Untrusted(_) => (
                Exit::Unreachable,
                Some(
                    "Nothing was sent. Check the address. Behind a proxy that inspects TLS, add the proxy's \
                     certificate to the system's trust store.",
                ),
            ),
            GraphError::Redirect(_) | GraphError::ForeignLink(_) => (
                Exit::Unexpected,
                Some(
                    "The token is sent only to the configured host. Check cloud, graph_url and login_url, and \
                     whether a proxy answers instead of the service.",
                ),
            ),
            GraphError::Throttled(_) => (Exit::Unreachable, Some("Wait a few minutes, then run the command again.")),
            _ => (Exit::Unexpected, None),
        };
        Self { message, hint: hint.map(str::to_owned), exit }
    }
}

impl From<MappingError> for CliError {
    fn from(error: MappingError) -> Self {
        let known = Self::usage(error.to_string());
        match error {
            MappingError::Unreadable { .. } => known.hint("`intune-ferry map` creates a mapping."),
            _ => known,
        }
    }
}

impl From<TreeError> for CliError {
    fn from(error: TreeError) -> Self {
        let known = Self::usage(error.to_string());
        match error {
            TreeError::Missing { path } => known.hint(format!("{}{A_TREE}", meant(&path))),
            TreeError::NotADirectory { .. } => known.hint(A_TREE),
            TreeError::Io { path, .. } if path.is_dir() => known.hint(
                "A folder is where a file of the tree must be. Rename or remove the folder, and run the command again.",
            ),
            TreeError::Stopped { .. } => Self::interrupted(),
            _ => known,
        }
    }
}

const A_TREE: &str = "A tree is a folder written by `export`, `adopt` or `rewrite`.";

/// The trees beside a folder that does not exist: the one with a name like it, or all where they are few.
fn meant(path: &Path) -> String {
    let name = path.to_string_lossy();
    if crate::config::names(None).iter().any(|known| *known == name) {
        return format!(
            "`{name}` is a tenant in ferry.toml; export it first: `intune-ferry export {name} --out {name}`. "
        );
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folders = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let trees = folders.filter(|entry| entry.path().join(crate::tree::manifest::FILE).is_file());
    let mut trees: Vec<String> = trees.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    trees.sort();
    let wanted = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = |name: &str| match path.parent() {
        Some(parent) => parent.join(name).display().to_string(),
        None => name.to_owned(),
    };
    match closest(&wanted, trees.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{}`? ", shown(near)),
        None if (1..=FEW_TREES).contains(&trees.len()) => {
            let all: Vec<String> = trees.iter().map(|name| format!("`{}`", shown(name))).collect();
            format!("There {} {}. ", if all.len() == 1 { "is" } else { "are" }, all.join(", "))
        }
        None => String::new(),
    }
}

/// More trees in a folder are not listed.
const FEW_TREES: usize = 5;

impl From<ForeignError> for CliError {
    fn from(error: ForeignError) -> Self {
        match error {
            ForeignError::Catalogue(error) => error.into(),
            ForeignError::AlreadyATree { .. } => Self::usage(error.to_string()).hint("Use the tree as it is."),
            other @ ForeignError::NotAFolder { .. } => Self::usage(other.to_string()),
            other @ ForeignError::Archive { .. } => {
                Self::usage(other.to_string()).hint("Unpack the file yourself, look at it, and name the folder.")
            }
            other @ ForeignError::Rules { .. } => Self::new(Exit::Unexpected, other.to_string()),
        }
    }
}

impl From<SandboxError> for CliError {
    fn from(error: SandboxError) -> Self {
        match &error {
            SandboxError::Model(_) => Self::new(Exit::Unexpected, error.to_string()),
            SandboxError::Listen { .. } => {
                Self::usage(error.to_string()).hint("Name another port with --listen; port 0 picks any free port.")
            }
            _ => Self::usage(error.to_string()),
        }
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Graph(error) => error.into(),
            EngineError::Tree(error) => error.into(),
            EngineError::Catalogue(error) => error.into(),
            EngineError::Refused { message, fix } => Self::usage(message).hint(fix),
            error @ EngineError::Journal { .. } => Self::usage(error.to_string())
                .hint("Name another file with --journal. Nothing is imported without a journal."),
        }
    }
}

/// A file of ours that cannot be written or read.
pub fn file_error(doing: &str, path: &std::path::Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot {doing} {}: {}", path.display(), of_file(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Facts;

    #[test]
    fn each_kind_of_graph_error_has_its_number() {
        let facts = || Box::new(Facts { method: "GET".into(), path: "beta/x".into(), ..Facts::default() });
        for (error, code) in [
            (GraphError::Setup { message: "no".into() }, 2),
            (GraphError::SignIn { code: Some(7_000_215), message: "no".into(), request_id: None }, 6),
            (GraphError::Forbidden(facts()), 6),
            (GraphError::Unreachable(facts()), 7),
            (GraphError::Throttled(facts()), 7),
            (GraphError::Refused(facts()), 1),
            (GraphError::Server(facts()), 1),
        ] {
            let error = CliError::from(error);
            assert_eq!(error.exit.code(), code, "{error}");
        }
    }

    #[test]
    fn what_the_user_wrote_is_a_usage_error() {
        let error = ConfigError::MissingVariable { variable: "X".into(), meaning: "y".into() };
        assert_eq!(CliError::from(error).exit, Exit::Usage);
    }
}
