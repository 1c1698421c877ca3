//! One policy as a value. Pure: no input or output.
//!
//! Start with [`document`] (what a policy is), [`kept`] (one that is kept for later) and [`path`] (how the catalogue points into it);
//! [`canonical`] makes two readings of one object equal byte for byte; [`compare`] says where one is not what
//! the other demands, [`changes`] what lies between two.

pub(crate) mod assignment;
pub(crate) mod audience;
mod binary_ids;
pub(crate) mod called;
pub mod canonical;
pub(crate) mod changes;
pub(crate) mod compare;
pub mod decode;
pub(crate) mod directory;
pub(crate) mod document;
pub(crate) mod file_name;
pub(crate) mod fingerprint;
pub mod ids;
pub(crate) mod kept;
mod object_key;
pub(crate) mod packed;
pub(crate) mod path;
pub(crate) mod payloads;
mod pointer;
pub(crate) mod sealed;
pub(crate) mod setting;
pub mod sweep;
pub(crate) mod trail;
pub(crate) mod unread;

pub use called::Called;
pub use canonical::{Rules, SortRule};
pub use changes::{Change, Guide, changes};
pub use compare::{Difference, differences};
pub use directory::{Directory, TenantInfo};
pub use document::Policy;
pub use fingerprint::{fingerprint, sha256_hex};
pub use kept::Kept;
pub use object_key::{ObjectKey, Subject};
pub use packed::Packed;
pub use path::JsonPath;
pub use sweep::{Hit, Marks, Search, sweep};
pub use trail::Trail;
