//! Group policy objects, read into a neutral value: which settings, in which scope, from where. Not for what a setting
//! means: that is [`crate::admx`]'s and the rules'.
//!
//! [`report`] reads what `Get-GPOReport` and the console write, [`pol`] the registry values of a backup, [`security`]
//! its security template, [`audit`] its audit policy, [`preferences`] its preference files; [`backup`] makes one of them.

pub mod audit;
pub mod backup;
mod model;
mod other;
pub mod pol;
pub mod preferences;
pub mod report;
pub mod security;

pub use backup::Backup;
pub use model::{
    Area, Gpo, Link, NativeValue, Part, PartValue, RegistryItem, Scope, Setting, State, Template, Trustee, What,
};
pub use pol::{Entry, RegistryData};
