//! The command line. [`commands`] has a file for each of them; what several need is here.
//!
//! [`program`] reads the command line and ends the process; [`context`] is what every command gets, [`answer`] what it
//! gives back, [`error`] how it fails.

pub(crate) mod answer;
mod asked_permissions;
pub(crate) mod carry_out;
pub(crate) mod commands;
pub(crate) mod commit;
pub(crate) mod confirm;
pub(crate) mod connect;
pub(crate) mod context;
pub(crate) mod decide_file;
mod defect;
pub mod ends;
pub(crate) mod error;
mod examples;
pub(crate) mod files;
pub(crate) mod flags;
pub(crate) mod folder;
pub(crate) mod git;
pub(crate) mod git_history;
pub(crate) mod interrupt;
pub(crate) mod keep_secrets;
pub(crate) mod kept_sign_in;
pub(crate) mod layout;
pub(crate) mod lock;
mod logs;
pub(crate) mod next_step;
pub(crate) mod no_mapping;
pub(crate) mod open_browser;
pub(crate) mod overviews;
mod own_certificate;
pub(crate) mod plan_file;
pub mod program;
pub(crate) mod readiness_file;
pub(crate) mod readiness_line;
pub(crate) mod reopen;
pub(crate) mod secrets;
pub(crate) mod sides;
pub(crate) mod source;

pub use commands::Command;
