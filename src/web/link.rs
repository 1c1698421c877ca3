//! An address of a page, and what an address says. A name is one step, whatever is in it. Pure.

use url::form_urlencoded::{byte_serialize, parse};

/// An address under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    path: String,
    query: Vec<(String, String)>,
}

impl Link {
    /// Of these steps.
    pub(super) fn to(steps: &[&str]) -> Self {
        let path = steps.iter().flat_map(|step| [String::from("/"), step_of(step)]).collect();
        Self { path, query: Vec::new() }
    }

    /// With a value, unless it is empty.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.query.retain(|(own, _)| own != name);
        if !value.is_empty() {
            self.query.push((name.to_owned(), value));
        }
        self
    }

    /// As it is in a page.
    pub(super) fn address(&self) -> String {
        let pair = |(name, value): &(String, String)| format!("{}={}", encoded(name), encoded(value));
        let query: Vec<String> = self.query.iter().map(pair).collect();
        let path = if self.path.is_empty() { "/" } else { &self.path };
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The steps of its path.
    pub(super) steps: Vec<String>,
    query: Vec<(String, String)>,
}

impl Asked {
    /// What a path and a query, as they were sent, ask for.
    pub(super) fn of(path: &str, query: &str) -> Self {
        let steps = path.split('/').filter(|step| !step.is_empty()).map(decoded).collect();
        Self { steps, query: pairs(query.as_bytes()) }
    }

    /// A value; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        value(&self.query, name)
    }

    /// A number; the default where there is none.
    pub(super) fn number(&self, name: &str, default: usize) -> usize {
        self.value(name).parse().unwrap_or(default)
    }
}

/// The pairs of a query or of a form.
pub(super) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    parse(bytes).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// The value of a name; empty where there is none.
pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// A step of a path: only in a query is a plus a space. A browser would walk up at `..`, however it is written.
fn step_of(text: &str) -> String {
    encoded(text).replace('+', "%20")
}

fn decoded(step: &str) -> String {
    let literal = step.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    value(&pairs(format!("a={literal}").as_bytes()), "a").to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_short_where_nothing_is_asked() {
        assert_eq!(Link::default().address(), "/");
        let link = Link::to(&["tree", "a/b c"]).with("text", "").with("page", "2").with("text", "x&y=z +");
        assert_eq!(link.address(), "/tree/a%2Fb%20c?page=2&text=x%26y%3Dz+%2B");
        assert_eq!(link.with("page", "").address(), "/tree/a%2Fb%20c?text=x%26y%3Dz+%2B");
    }

    proptest! {
        #[test]
        fn an_address_says_what_was_put_in(step in ".+", name in "[a-z]+", text in ".+") {
            let address = Link::to(&["tree", &step]).with(&name, &text).address();
            let (path, query) = address.split_once('?').unwrap_or((&address, ""));
            let asked = Asked::of(path, query);
            prop_assert_eq!(&asked.steps, &["tree".to_owned(), step]);
            prop_assert_eq!(asked.value(&name), text);
            prop_assert!(address.is_ascii());
        }
    }
}
