//! Secrets of a policy that a tree never holds: where one would stand, `<property>@ferry.secret` holds the name it
//! is given under. Pure. Sealing them is `catalogue::sealing`', filling them in again `engine::secret`'s.

/// What the name of a property ends with that stands for a secret.
pub const MARK: &str = "@ferry.secret";
