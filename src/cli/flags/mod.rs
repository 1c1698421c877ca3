//! Flags that several commands share, with their help.

pub(crate) mod browser;
pub(crate) mod content;
pub(crate) mod crossing;
pub(crate) mod import_options;
pub(crate) mod pages;
pub(crate) mod removals;
pub(crate) mod secrets;
pub(crate) mod selection;
pub(crate) mod tenant;

pub use browser::BrowserArgs;
pub use content::ContentArg;
pub use crossing::{Crossing, TreeToTenant};
pub use import_options::{ImportOptions, assignments, template};
pub use pages::PageArgs;
pub use removals::RemovalsArg;
pub use secrets::SecretsArgs;
pub use selection::SelectionArgs;
pub use tenant::{SourceArg, TargetArg};
