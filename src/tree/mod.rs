//! A folder of exported policies on disk: [`read()`] and [`write()`]. Not for what policies mean (the
//! catalogue's) nor for tenants (the engine's).
//!
//! [`manifest`] says what a tree is of, [`account`] who read it, `layout` what a type's folder should hold, `removal` what may
//! go; `fill` brings it there. `overviews` writes for people who a folder's policies are for. [`origin`] says what adopted policies were made of. [`secrets`] takes declared secrets out, [`credentials`] finds what looks like one.
//! [`crate::text`] and [`json`] read what people's editors and other tools write; [`foreign`] reads other tools' folders.

pub(crate) mod account;
mod checksums;
pub(crate) mod credentials;
mod directory;
mod disk;
mod edits;
mod error;
mod fill;
#[cfg(test)]
mod fixture;
mod folder;
pub(crate) mod foreign;
pub(crate) mod json;
mod layout;
pub(crate) mod manifest;
mod names;
pub(crate) mod origin;
mod overviews;
mod read;
#[cfg(test)]
mod read_tests;
mod removal;
mod sidecars;
mod snapshot;
mod write;
#[cfg(test)]
mod write_tests;

pub use account::{Account, AccountKind};
pub use checksums::file_names;
pub use edits::Edited;
pub use error::TreeError;
pub use manifest::{Completeness, Manifest, TypeStatus};
pub use names::{MAPPING, OWN, is_overview, overview_of};
pub use origin::{Origin, OriginKind, OriginSetting, Origins};
pub use overviews::write_overviews;
pub use read::{Checksums, Loader, Tree, read, read_heads, read_outline, read_unlike, sums};
pub use snapshot::{Snapshot, TypeRead, Written};
pub use write::{Consent, record_mapping, write, write_each};
