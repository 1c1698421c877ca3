//! Who may come in. The port is open to every program of this computer and to every page in its browsers, so a request
//! has to show that it is from the browser that opened the start address (a cookie), that it means this address (Host),
//! that a page of this program made it (Origin, Sec-Fetch-Site), and, where it changes something, that this page was made
//! for it (a token). Pure: no input or output.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

/// Which site made a request (<https://www.w3.org/TR/fetch-metadata/>, read 2026-11-30).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It means another address: a name that somebody made lead here.
    Host,
    /// Another page made it.
    Origin,
    /// The start address is wrong.
    Key,
    /// The start address was opened before.
    UsedKey,
    /// The browser did not open the start address.
    Stranger,
    /// The page that asks for a change was not made for it.
    Token,
}

impl Refused {
    /// The status of the answer.
    pub(super) fn status(self) -> StatusCode {
        if self == Self::Host { StatusCode::MISDIRECTED_REQUEST } else { StatusCode::FORBIDDEN }
    }

    /// What the answer says.
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Host => "This address does not belong to intune-ferry.",
            Self::Origin => "Another page made this request, so it is refused.",
            Self::Key => "This is not the start address. Open the address that intune-ferry shows in its terminal.",
            Self::UsedKey => {
                "The start address was already opened, and works once. Use the browser that opened it, or stop \
                 intune-ferry and start it again. If you did not open it, another user of this computer did: stop \
                 intune-ferry."
            }
            Self::Stranger => "This browser did not open the start address that intune-ferry shows in its terminal.",
            Self::Token => "This page is from an earlier start of intune-ferry. Load it again.",
        }
    }
}

/// What one start of the program knows.
#[derive(Debug)]
pub(super) struct Door {
    authority: String,
    cookie: String,
    key: SecretString,
    session: SecretString,
    token: SecretString,
    is_used: AtomicBool,
}

impl Door {
    /// For a server on this port; none where the computer gives no random numbers.
    pub(super) fn new(port: u16) -> Option<Self> {
        Some(Self {
            authority: format!("127.0.0.1:{port}"),
            // Cookies do not tell ports apart.
            cookie: format!("intune-ferry-{port}"),
            key: random()?,
            session: random()?,
            token: random()?,
            is_used: AtomicBool::new(false),
        })
    }

    /// Where the browser starts.
    pub(super) fn start(&self) -> String {
        format!("http://{}/start?key={}", self.authority, self.key.expose_secret())
    }

    /// Whether a request means this address, and no other site made it.
    pub(super) fn is_meant(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if one(headers, &header::HOST)? != Some(self.authority.as_str()) {
            return Err(Refused::Host);
        }
        match one(headers, &header::ORIGIN)? {
            Some(origin) if !self.is_own(origin) => Err(Refused::Origin),
            _ => Ok(()),
        }
    }

    /// Opens the door for whoever has the key, once: the cookie to set. Who is inside already needs none.
    pub(super) fn enter(&self, key: &str, headers: &HeaderMap) -> Result<Option<String>, Refused> {
        if !same(&self.key, key) {
            return Err(Refused::Key);
        }
        if self.has_cookie(headers) {
            return Ok(None);
        }
        if self.is_used.swap(true, Ordering::SeqCst) {
            return Err(Refused::UsedKey);
        }
        Ok(Some(format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie, self.session.expose_secret())))
    }

    /// Whether a request is from the browser that has the cookie, and from a page of this program or a person who typed.
    pub(super) fn knows(&self, headers: &HeaderMap) -> Result<(), Refused> {
        if !matches!(one(headers, &FETCH_SITE)?, None | Some("same-origin" | "none")) {
            return Err(Refused::Origin);
        }
        if self.has_cookie(headers) { Ok(()) } else { Err(Refused::Stranger) }
    }

    /// Whether a request may change something.
    pub(super) fn may_change(&self, headers: &HeaderMap, token: &str) -> Result<(), Refused> {
        if !one(headers, &header::ORIGIN)?.is_some_and(|origin| self.is_own(origin)) {
            return Err(Refused::Origin);
        }
        if same(&self.token, token) { Ok(()) } else { Err(Refused::Token) }
    }

    /// What a page that asks for a change shows.
    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    fn is_own(&self, origin: &str) -> bool {
        origin.strip_prefix("http://") == Some(self.authority.as_str())
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie && same(&self.session, value))
    }
}

/// The value of a header that may be there once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refused> {
    let refused = if *name == header::HOST { Refused::Host } else { Refused::Origin };
    let mut values = headers.get_all(name).iter();
    let value = values.next().map(|value| value.to_str().map_err(|_| refused)).transpose()?;
    if values.next().is_some() { Err(refused) } else { Ok(value) }
}

/// Takes as long whatever the difference is. The length is known to all.
fn same(own: &SecretString, given: &str) -> bool {
    verify_slices_are_equal(own.expose_secret().as_bytes(), given.as_bytes()).is_ok()
}

fn random() -> Option<SecretString> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes).into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_the_own_address_is_meant() {
        let door = Door::new(4711).unwrap();
        let own = ("host", "127.0.0.1:4711");
        assert_eq!(door.is_meant(&headers(&[own])), Ok(()));
        assert_eq!(door.is_meant(&headers(&[own, ("origin", "http://127.0.0.1:4711")])), Ok(()));
        for host in ["localhost:4711", "evil.example:4711", "127.0.0.1", "127.0.0.1:47110", "[::1]:4711", ""] {
            assert_eq!(door.is_meant(&headers(&[("host", host)])), Err(Refused::Host), "{host}");
        }
        assert_eq!(door.is_meant(&headers(&[])), Err(Refused::Host));
        assert_eq!(door.is_meant(&headers(&[own, own])), Err(Refused::Host));
        for origin in ["null", "http://127.0.0.1:8080", "https://127.0.0.1:4711", "http://evil.example", ""] {
            assert_eq!(door.is_meant(&headers(&[own, ("origin", origin)])), Err(Refused::Origin), "{origin}");
        }
    }

    #[test]
    fn the_key_works_once_and_the_cookie_afterwards() {
        let door = Door::new(4711).unwrap();
        let key = door.start().rsplit_once('=').unwrap().1.to_owned();
        assert_eq!(door.enter("guess", &headers(&[])), Err(Refused::Key));
        let cookie = door.enter(&key, &headers(&[])).unwrap().unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
        assert_eq!(door.enter(&key, &headers(&[])), Err(Refused::UsedKey));
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(door.enter(&key, &headers(&[("cookie", pair)])), Ok(None));
        assert_eq!(door.knows(&headers(&[("cookie", &format!("a=b; {pair}"))])), Ok(()));
        assert_eq!(door.knows(&headers(&[])), Err(Refused::Stranger));
        assert_eq!(door.knows(&headers(&[("cookie", "intune-ferry-4711=guess")])), Err(Refused::Stranger));
        for site in ["cross-site", "same-site"] {
            assert_eq!(door.knows(&headers(&[("cookie", pair), ("sec-fetch-site", site)])), Err(Refused::Origin));
        }
        let other = Door::new(4711).unwrap();
        assert_eq!(other.knows(&headers(&[("cookie", pair)])), Err(Refused::Stranger));
    }

    #[test]
    fn a_change_needs_the_token_and_the_own_page() {
        let door = Door::new(4711).unwrap();
        let own = headers(&[("origin", "http://127.0.0.1:4711")]);
        assert_eq!(door.may_change(&own, door.token()), Ok(()));
        assert_eq!(door.may_change(&own, ""), Err(Refused::Token));
        assert_eq!(door.may_change(&headers(&[]), door.token()), Err(Refused::Origin));
    }
}
