//! intune-ferry moves, backs up and reviews Microsoft Intune policies.
//!
//! Data goes one way, and the modules say which:
//!
//! ```text
//! catalogue ─▶ graph ─▶ tree ─▶ mapping ─▶ plan ─▶ import ─▶ verify
//! ```
//!
//! - [`policy`]: one policy as a value: document, paths, canonical form, names, comparison, sweep. Pure.
//! - [`catalogue`]: the policy types, which are data in `policies-schema/types/`.
//! - [`graph`]: Microsoft Graph and sign-in; knows nothing of policies.
//! - [`tree`]: a folder of exported policies on disk, and other tools' folders.
//! - [`mapping`]: what each source id is in the target, and the pure rewriter.
//! - [`engine`]: the long operations: export, plan, import, verify.
//! - [`ui`]: the only place that prints. [`cli`]: one file per command. [`config`]: `ferry.toml`.
//! - `web`: the pages in the browser (`intune-ferry ui`), which show with `ui` what the commands of `cli` read.
//! - [`sandbox`]: emulated tenants for rehearsal and tests, a crate of its own; never reads the catalogue.

pub mod catalogue;
pub mod cli;
pub mod config;
pub mod engine;
pub mod event;
pub mod exit;
pub mod finding;
pub mod graph;
pub mod mapping;
pub(crate) mod mask;
pub(crate) mod misread;
pub(crate) mod nearest;
pub(crate) mod parallel;
pub mod policy;
pub(crate) mod replace;
pub(crate) mod text;
pub mod tree;
pub mod ui;
pub(crate) mod web;

pub use intune_ferry_sandbox as sandbox;
