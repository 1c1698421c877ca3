//! Which hosts may be talked to, and over what. Not for the names of Microsoft's hosts: those are in
//! `clouds.rs`.

use url::{Host, Url};

use super::GraphError;

/// Whether the URL's host is this machine: 127.0.0.0/8, `[::1]` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether both URLs name the same scheme, host and port, so that a token for one may go to the other.
pub fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme()
        && a.host() == b.host()
        && a.port_or_known_default() == b.port_or_known_default()
        && b.username().is_empty()
        && b.password().is_none()
}

/// Refuses a service URL that is more than a host, or plain http to anything but this machine.
pub fn check(url: &Url, what: &'static str) -> Result<(), GraphError> {
    let refuse = |why: &str| {
        // A URL with a user name may hold a password: only the host is repeated.
        let host = url.host_str().unwrap_or_default();
        Err(GraphError::Setup { message: format!("the {what} `{}://{host}` cannot be used: {why}", url.scheme()) })
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => return refuse("plain http is allowed for 127.0.0.0/8, [::1] and localhost only; use https"),
        _ => return refuse("it must begin with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("it must not contain a user name or password");
    }
    if url.host().is_none() || !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return refuse("it must be a bare host, without path or query");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn loopback_is_an_address_or_localhost_and_nothing_that_looks_like_it() {
        for yes in
            ["http://127.0.0.1:8787", "http://127.9.9.9", "http://[::1]:1", "http://LOCALHOST", "http://2130706433"]
        {
            assert!(is_loopback(&url(yes)), "{yes}");
        }
        for no in ["http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://10.0.0.1", "http://[::2]"]
        {
            assert!(!is_loopback(&url(no)), "{no}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(check(&url("https://graph.microsoft.com"), "Graph URL").is_ok());
        assert!(check(&url("http://127.0.0.1:1"), "Graph URL").is_ok());
        for no in [
            "http://graph.microsoft.com",
            "ftp://127.0.0.1",
            "https://u:topsecret@graph.microsoft.com",
            "https://graph.microsoft.com/beta",
            "https://graph.microsoft.com/?a=b",
        ] {
            let error = check(&url(no), "Graph URL").unwrap_err();
            assert!(!error.to_string().contains("topsecret"), "{error}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let base = url("https://graph.microsoft.com");
        assert!(same_origin(&base, &url("https://graph.microsoft.com:443/beta/x")));
        for no in [
            "http://graph.microsoft.com",
            "https://graph.microsoft.com:444",
            "https://graph.microsoft.com.evil.example",
            "https://u@graph.microsoft.com",
        ] {
            assert!(!same_origin(&base, &url(no)), "{no}");
        }
    }
}
