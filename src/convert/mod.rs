//! Reads policies of other kinds (group policy, Apple profiles) and converts their settings to Intune's settings catalog.
//!
//! Everything here is pure: bytes in, values out. It knows nothing of a tenant, of a tree on disk, or of policy types;
//! what a setting is called in Intune is data, the [`rules`]. The way of a group policy object: [`gpo`] reads it into a neutral value, and
//! [`resolve`] says with the templates of [`admx`] what each setting means, and [`convert`] gives each a verdict and makes
//! policies of them, with the shapes of [`catalog`], and scripts of [`registry_items`]. [`definition_values`] reads policies of Intune's own for the same way.
//! [`mobility`] makes policies of the rules of Basic Mobility and Security. [`apple`] does all of it for Apple's configuration profiles.

pub mod admx;
pub mod apple;
pub mod catalog;
pub mod conflicts;
pub mod convert;
pub mod definition_values;
pub mod error;
pub mod gpo;
pub mod mobility;
pub mod registry_items;
pub mod resolve;
pub mod rules;
pub mod text;
mod xml;

#[cfg(test)]
mod convert_tests;
#[cfg(test)]
mod resolve_tests;
#[cfg(test)]
mod sources_tests;
#[cfg(test)]
mod testing;

pub use error::ReadError;
