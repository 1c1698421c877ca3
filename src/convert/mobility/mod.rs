//! Basic Mobility and Security: the rules and policies that its PowerShell commands give, as JSON or CLIXML, read and made
//! into policies of Intune by tables. Not for who is in the groups.

mod making;
mod objects;
mod rules;
#[cfg(test)]
mod tests;

pub use making::{JudgedProperty, MadePolicy, MadeRule, make};
pub use objects::{Access, Object, is_clixml, is_object, read_clixml, read_json};
pub use rules::MobilityRules;
