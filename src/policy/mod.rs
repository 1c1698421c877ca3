//! One policy as a value. Pure: no input or output.
//!
//! Start with [`document`] (what a policy is), [`kept`] (one that is kept for later) and [`path`] (how the catalogue points into it);
//! [`canonical`] makes two readings of one object equal byte for byte; [`compare`] says where one is not what
//! the other demands, [`changes`] what lies between two.

pub mod assignment;
pub mod audience;
pub mod called;
pub mod canonical;
pub mod changes;
pub mod compare;
pub mod decode;
pub mod directory;
pub mod document;
pub mod file_name;
pub mod fingerprint;
pub mod ids;
pub mod kept;
mod object_key;
pub mod packed;
pub mod path;
pub mod payloads;
mod pointer;
pub mod sealed;
pub mod setting;
pub mod sweep;
pub mod trail;
pub mod unread;

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
