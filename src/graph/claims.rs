//! What a token says of itself: its audience, its issuer, its permissions. Read for messages and for an early "this
//! permission is missing"; never trusted for anything else, and nothing fails where a token cannot be read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::envelope::readable;

/// What a token says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The tenant it was given by.
    pub tenant_id: Option<String>,
    /// The application that asked.
    pub app_id: Option<String>,
    /// That application's name.
    pub app_name: Option<String>,
    /// The person who signed in; none where the application acts for itself.
    pub user: Option<String>,
    /// What the holder may do, whether as an application or for a person.
    pub permissions: BTreeSet<String>,
    /// Whether a person's own rights limit it further.
    pub is_delegated: bool,
    /// The id of the person or application that holds it.
    pub object_id: Option<String>,
    /// The directory roles of the holder, by their template ids.
    pub directory_roles: BTreeSet<String>,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audience: String,
    /// What the one who asked for it put into the question, where it is an identity token.
    pub(super) nonce: String,
}

impl Claims {
    /// Reads a JSON Web Token; none where it is something else.
    pub(super) fn of(token: &str) -> Option<Self> {
        let claims = part(token, 1)?;
        let text = |name: &str| claims[name].as_str().map(readable).filter(|text| !text.is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| text(name));
        let roles = claims["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let scopes = claims["scp"].as_str().unwrap_or_default().split_whitespace();
        let is_delegated = claims["scp"].is_string();
        let directory_roles = claims["wids"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            tenant_id: text("tid"),
            app_id: first(&["appid", "azp"]),
            app_name: text("app_displayname"),
            user: first(&["upn", "preferred_username", "unique_name", "name"]).filter(|_| is_delegated),
            permissions: roles.chain(scopes).map(readable).collect(),
            is_delegated,
            object_id: text("oid"),
            directory_roles: directory_roles.map(readable).collect(),
            issuer: text("iss").unwrap_or_default(),
            subject: text("sub").unwrap_or_default(),
            audience: text("aud").unwrap_or_default(),
            nonce: text("nonce").unwrap_or_default(),
        })
    }
}

/// The SHA-256 thumbprint of the certificate that an assertion names, as portals show it.
pub(super) fn thumbprint(assertion: &str) -> Option<String> {
    let header = part(assertion, 0)?;
    let bytes = URL_SAFE_NO_PAD.decode(header["x5t#S256"].as_str()?).ok()?;
    Some(bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    }))
}

fn part(token: &str, index: usize) -> Option<Value> {
    let part = token.split('.').nth(index)?;
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn an_application_has_roles_and_a_person_has_scopes() {
        let app =
            Claims::of(&token(&json!({"tid": "t", "appid": "a", "app_displayname": "Ferry", "roles": ["B", "A"]})))
                .unwrap();
        assert_eq!(app.permissions, ["A", "B"].map(String::from).into());
        assert_eq!((app.is_delegated, app.user), (false, None));
        let person = json!({"azp": "a", "scp": "A B", "upn": "eve@contoso.example", "oid": "o", "wids": ["w"]});
        let person = Claims::of(&token(&person)).unwrap();
        assert_eq!((person.is_delegated, person.user.as_deref()), (true, Some("eve@contoso.example")));
        assert_eq!(person.permissions.len(), 2);
        assert_eq!((person.object_id.as_deref(), person.directory_roles), (Some("o"), ["w".to_owned()].into()));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*", a in "[A-Za-z0-9_=-]{0,40}") {
            let _ = Claims::of(&text);
            let _ = Claims::of(&format!("{a}.{a}.{a}"));
            let _ = thumbprint(&format!("{a}.{a}.{a}"));
        }
    }
}
