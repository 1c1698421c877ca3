//! Flags that several commands share, with their help.

pub mod browser;
pub mod content;
pub mod crossing;
pub mod import_options;
pub mod pages;
pub mod removals;
pub mod secrets;
pub mod selection;
pub mod tenant;

pub use browser::BrowserArgs;
pub use content::ContentArg;
pub use crossing::{Crossing, TreeToTenant};
pub use import_options::{ImportOptions, assignments, template};
pub use pages::PageArgs;
pub use removals::RemovalsArg;
pub use secrets::SecretsArgs;
pub use selection::SelectionArgs;
pub use tenant::{SourceArg, TargetArg};
