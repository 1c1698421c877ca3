//! Emulated Entra and Intune tenants served over HTTP on loopback, for rehearsal and tests.
//!
//! Strict on purpose: where Microsoft Graph refuses, leaves out, fills in or lags, so does this. It is not a
//! reference of Graph, and it knows nothing of this project's catalogue, so that client and emulator cannot
//! share one mistake: what it knows of types and paths comes from [`metadata`], what it does beyond that from
//! rules that name their source (`api` = facts about Graph's behaviour by section, `quirk` = a numbered
//! finding about Intune, `evidence` = the list of refusals with their evidence).
//!
//! Start with [`Sandbox`]. Data goes one way:
//!
//! ```text
//! http ─▶ handle ─▶ behaviours ─▶ service ─▶ tenant ─▶ odata, metadata
//! ```
//!
//! A request comes in by `http`, `handle` finds its route and its rules, `service` does what is the same for all
//! collections, and `behaviours` has a type for each collection that does something otherwise: a new rule is one method
//! there. `field` plays what has been seen in some tenants only, `sign_in` gives out tokens.

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
