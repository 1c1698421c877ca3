//! Where a type's policies hold secrets, what a service shows instead, and who may read them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::predicate::Predicate;
use crate::policy::JsonPath;

/// A place that holds a secret, or the mask that Graph shows instead of one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SecretRule {
    /// The property that holds the secret or its mask.
    pub at: JsonPath,
    /// Only where the object that holds the place passes.
    #[serde(default)]
    pub when: Option<Predicate>,
    /// Further properties of the same object that belong to the mask and go with it.
    #[serde(default)]
    pub with: Vec<String>,
    /// What is set beside the secret when it is sent as clear text (`isEncrypted = false`).
    #[serde(default)]
    pub send_with: Map<String, Value>,
    /// Objects whose secret is sent as base64 of what was given: Graph takes XML as binary.
    #[serde(default)]
    pub base64_when: Option<Predicate>,
    /// Objects that have a secret although the value is empty; without it an empty value means that there is none.
    #[serde(default)]
    set_when: Option<SetWhen>,
    /// A property beside the secret that is filled in only where there is one.
    #[serde(default)]
    pub set_with: Option<String>,
    /// Objects in which something else stands in the secret's place, such as a token that only its own tenant
    /// understands.
    #[serde(default)]
    pub masked_when: Option<Predicate>,
    /// It belongs to its tenant: in another one it would be wrong, so it is never read to be kept.
    #[serde(default)]
    pub tenant_own: bool,
    /// How the clear text can be read, by who may.
    #[serde(default)]
    pub reveal: Option<Reveal>,
}

/// Objects that have a secret although none is shown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum SetWhen {
    /// The rule's own test says it.
    Same(Same),
    /// Another test says it.
    Test(Predicate),
}

/// The word `same`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Same {
    Same,
}

impl SecretRule {
    /// The test that says of an object that it has a secret although none is shown.
    pub fn set_when(&self) -> Option<&Predicate> {
        match self.set_when.as_ref()? {
            SetWhen::Same(Same::Same) => self.when.as_ref(),
            SetWhen::Test(when) => Some(when),
        }
    }

    /// Whether what stands at the place is the secret itself, as far as can be seen: no mask, no token.
    pub fn shows(&self, holder: &Value, value: &str) -> bool {
        !value.is_empty() && !is_mask(value) && !self.masked_when.as_ref().is_some_and(|when| when.holds(holder))
    }
}

/// How a template begins the words that stand in a secret's place.
pub const PLACEHOLDER: &str = "REPLACE THIS: ";

/// Whether a text is what services show instead of a secret: stars, dots, or an XML without content (quirks.md 13);
/// or the words of a template that nobody has replaced.
pub fn is_mask(value: &str) -> bool {
    const SIGNS: [char; 4] = ['*', '•', '●', '·'];
    let value = value.trim();
    // One star or two mean something in many settings.
    let stars = value.chars().count() > 2 && value.chars().all(|c| SIGNS.contains(&c));
    stars || value.contains("****") || value == EMPTY_XML || value.starts_with(PLACEHOLDER.trim_end())
}

/// `<a/>` in base64, which stands for an XML that is not shown.
const EMPTY_XML: &str = "PGEvPg==";

/// A function of the object that returns a secret as clear text: `GET {id}/{function}({parameter}='…')`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reveal {
    /// The function's name.
    pub function: String,
    /// Its parameter, and the property beside the secret that holds the parameter's value.
    pub parameter: String,
    /// The least privileged permission for it.
    pub permission: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_no_secret() {
        for mask in [
            "****",
            "********",
            "***",
            "•••",
            " ●●● ",
            "PGEvPg==",
            "*****-*****-*****-*****-7XK9Q",
            "REPLACE THIS: preSharedKey",
            " REPLACE THIS:",
        ] {
            assert!(is_mask(mask), "{mask}");
        }
        for secret in ["", "hunter2", "a*b", "*", "**", "PGEvPg", "**bold**"] {
            assert!(!is_mask(secret), "{secret}");
        }
    }
}
