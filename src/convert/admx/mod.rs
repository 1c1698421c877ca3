//! Administrative templates: ADMX files say which registry values a policy sets, ADML files what it is called. Not for
//! what a policy is in Intune: that is the rules'.
//!
//! [`Templates`] holds a folder of them; `find` says which policy a report or a set of registry values means.

mod adml;
mod evidence;
mod model;
mod read;
mod templates;
mod values;

pub use evidence::{Evidence, RegistryValues, evidence};
pub use model::{AdmxFile, Class, Control, ControlKind, Data, Element, ElementKind, Item, Policy};
pub use templates::{Found, PolicyRef, Templates};
pub use values::{ElementValue, from_report};
