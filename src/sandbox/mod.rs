//! Emulated Entra and Intune tenants served over HTTP on loopback, for rehearsal and tests.
//!
//! Strict on purpose: where Microsoft Graph refuses, leaves out, fills in or lags, so does this. It is not a
//! reference of Graph, and it knows nothing of this project's catalogue, so that client and emulator cannot
//! share one mistake: what it knows of types and paths comes from [`model`], what it does beyond that from
//! rules that name their source (`api` = facts about Graph's behaviour by section, `quirk` = a numbered
//! finding about Intune, `evidence` = the list of refusals with their evidence).
//!
//! Start with [`Sandbox`] (server), then `service` (what one request does) and `store` (what a tenant holds).

mod actions;
mod admin;
mod approval;
mod assign;
mod audit;
mod batch;
mod behaviours;
mod blob;
mod call;
mod check;
mod clock;
mod config;
mod contents;
mod fault;
mod value;

mod connection;
mod constants;
mod content;
mod defaults;
mod directory;
mod expand;
mod faults;
mod field;
mod filter;
mod filter_tokens;
mod halt;
mod handle;
pub mod model;
mod opened;
mod pages;
mod paths;
mod permission;
mod present;
mod query;
mod read;
mod reference;
mod render;
mod roots;
mod route;
mod rules;
mod secrets;
mod seed;
mod server;
mod service;
mod sign_in;
mod spoilt;
mod storage;
mod store;
mod storm;
mod throttle;
pub mod validate;
mod world;
mod write;

#[cfg(test)]
mod tests;

pub use config::{Behaviour, Config, ConfigFile, SandboxError, TenantSeed};
pub use fault::{Failure, Fault};
pub use field::{Answer, Field, Seen};
pub use halt::Moment;
pub use server::{Running, Sandbox};
pub use sign_in::{FederatedSeed, SignInSeed};
pub use spoilt::Spoilt;
pub use store::Request;
pub use storm::Storm;
pub use throttle::OtherApp;
