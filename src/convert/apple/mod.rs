//! Apple's configuration profiles (`.mobileconfig`): read, and converted to a settings catalog policy where every key of
//! every payload is known, else kept as a custom profile without its secrets. What is known is data. `jamf` reads the same
//! profiles from Jamf Pro, with who they are for.

mod jamf;
mod making;
mod profile;
mod rules;
mod secrets;

pub use jamf::{JamfProfile, JamfScope, is_jamf, read_jamf};
pub use making::{Made, MadeFrom, make};
pub use profile::{Payload, Profile, read};
pub use rules::AppleRules;
pub use secrets::Secret;
