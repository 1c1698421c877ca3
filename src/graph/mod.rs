//! Microsoft Graph and sign-in: requests, retries, pages, batches, errors, national clouds.
//!
//! Knows nothing of policies: bodies are raw JSON, paths come from the caller. It sends a request and waits where Graph
//! throttles (`core`, with the limits of `budget`), decides what may be sent again and what must be looked for first
//! ([`retry`]), keeps the token on the configured host
//! ([`host`]), signs in (`credential`, `sign_in`), and turns answers into facts ([`GraphError`]).
//! Start at [`Client`]; for what is read and written with it, see `engine`.

pub(crate) mod aadsts;
mod answer;
pub(crate) mod approval;
mod batch;
mod buckets;
mod budget;
mod call;
mod claims;
mod client;
pub(crate) mod clouds;
pub(crate) mod consent;
mod core;
mod credential;
mod ended;
mod envelope;
mod error;
mod figures;
pub(crate) mod host;
mod http;
pub(crate) mod log;
mod pages;
mod plain_forms;
pub(crate) mod retry;
mod settings;
mod sign_in;
mod standing;
mod storage;
#[cfg(test)]
mod tests;
mod window;

pub use approval::Approval;
pub use claims::Claims;
pub use client::{Client, Write, values};
pub use credential::{
    Auth, Browser, BrowserPrompt, Certificate, DeviceCode, DevicePrompt, Federation, InMemory, Keep, Signature,
    StorePlace,
};
pub use error::{Facts, GraphError};
pub use figures::{BucketFigures, Figures};
pub use plain_forms::PlainForms;
pub use reqwest::Method;
pub use settings::{Api, Scopes, Settings, WriteKind};
pub use storage::{Storage, StorageAddress};
