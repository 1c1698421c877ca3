//! The command line. [`commands`] has a file for each of them; what several need is here.
//!
//! [`program`] reads the command line and ends the process; [`context`] is what every command gets, [`answer`] what it
//! gives back, [`error`] how it fails.

pub mod answer;
pub mod carry_out;
pub mod commands;
pub mod commit;
pub mod confirm;
pub mod connect;
pub mod context;
pub mod decide_file;
mod defect;
pub mod ends;
pub mod error;
mod examples;
pub mod files;
pub mod flags;
pub mod folder;
pub mod git;
pub mod interrupt;
pub mod keep_secrets;
pub mod kept_sign_in;
pub mod layout;
pub mod lock;
mod logs;
pub mod next_step;
pub mod no_mapping;
mod open_browser;
pub mod overviews;
pub mod plan_file;
pub mod program;
pub mod reopen;
pub mod secrets;
pub mod sides;
pub mod source;

pub use commands::Command;
