//! An upload that an earlier part of a run began: what of it whoever goes on need not send again. Nothing of it is
//! secret: the keys follow from the salt and from the content together, and the content is not in a journal.

use std::collections::BTreeSet;

use aws_lc_rs::rand;
use base64::Engine as _;

/// As many bytes make a salt.
pub(crate) const SALT: usize = 32;

/// An upload that was begun.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// The path of the file of the service that it fills.
    pub file: String,
    /// What the keys follow from, beside the content; in base64.
    pub salt: String,
    /// What tells the sealed content from any other.
    pub print: String,
    /// The places of the blocks that have arrived; the place after the last one is their list.
    pub blocks: BTreeSet<u64>,
}

impl Begun {
    /// The bytes of its salt; none where they are not one.
    pub(crate) fn salt(&self) -> Option<[u8; SALT]> {
        base64::engine::general_purpose::STANDARD.decode(&self.salt).ok()?.try_into().ok()
    }
}

/// A salt that no one else has, and as a journal holds it.
pub(crate) fn new_salt() -> Result<([u8; SALT], String), String> {
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| String::from("the system provides no random numbers"))?;
    Ok((salt, base64::engine::general_purpose::STANDARD.encode(salt)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_salt_goes_to_text_and_back() {
        let ((salt, text), (_, other)) = (new_salt().unwrap(), new_salt().unwrap());
        assert_ne!(text, other);
        assert_eq!(Begun { salt: text, ..Begun::default() }.salt(), Some(salt));
        for salt in ["", "AAAA", "no base64!"] {
            assert_eq!(Begun { salt: salt.into(), ..Begun::default() }.salt(), None);
        }
    }
}
