//! Emulated Entra and Intune tenants served over HTTP on loopback, for rehearsal and tests.
//!
//! Strict on purpose: where Microsoft Graph refuses, leaves out, fills in or lags, so does this. It is not a
//! reference of Graph, and it knows nothing of this project's catalogue, so that client and emulator cannot
//! share one mistake: what it knows of types and paths comes from [`metadata`], what it does beyond that from
//! rules that name their source (`api` = facts about Graph's behaviour by section, `quirk` = a numbered
//! finding about Intune, `evidence` = the list of refusals with their evidence).
//!
//! Start with [`Sandbox`]. A request goes from left to right:
//!
//! ```text
//! http ─▶ handle ─▶ behaviours ─▶ service ─▶ tenant ─▶ odata ─▶ metadata
//! ```
//!
//! - `http` takes the request and plays trouble: faults, throttling, storms, silence.
//! - `handle` finds the route, checks the permission and gives the service the rules of the collections.
//! - `behaviours` has a type for each collection that does something others do not.
//! - `service` does what is the same for all collections, and asks their rules (the trait `Rules`, in `service/rules.rs`).
//! - `tenant` holds the objects, `odata` and `metadata` know the protocol and the types.
//! - `field` plays what has been seen in some tenants only, `sign_in` issues tokens, `seed` fills a tenant.
//!
//! **To add a rule**, write one method of `Rules` in the collection's file in `behaviours/`: `before_create` to refuse a new
//! object, `fill_in` to compute a property, `act` for an action, `expands` for `$expand`. Name the source in a comment. A
//! collection without rules gets a type, and a line in `behaviours::of`.

mod behaviours;
mod config;
mod field;
mod handle;
mod http;
pub mod metadata;
mod odata;
mod seed;
mod service;
mod sign_in;
mod tenant;

#[cfg(test)]
mod tests;

pub use config::{Behaviour, Config, ConfigFile, SandboxError, TenantSeed};
pub use field::{Answer, Field, Seen};
pub use http::fault::{Failure, Fault};
pub use http::halt::Moment;
pub use http::server::{Running, Sandbox};
pub use http::spoilt::Spoilt;
pub use http::storm::Storm;
pub use http::throttle::OtherApp;
pub use metadata::{model, validate};
pub use sign_in::{FederatedSeed, SignInSeed};
pub use tenant::store::Request;
