//! Query options: `$select`, `$expand`, `$filter`, `$top` and their like, with what Graph refuses.

use crate::odata::call::{Call, Refusal, bad, decode};

/// The options of a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub select: Option<Vec<String>>,
    pub expand: Vec<Expand>,
    pub filter: Option<String>,
    pub search: Option<String>,
    pub order_by: Option<String>,
    pub top: Option<usize>,
    pub count: bool,
    pub skip_token: usize,
    /// All system options but the skip token, decoded, for the next link.
    pub kept: Vec<(String, String)>,
}

/// One expansion: `assignments`, `microsoft.graph.TYPE/rootCertificate`, `scheduledActionsForRule($expand=…)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expand {
    pub cast: Option<String>,
    pub name: String,
    pub select: Option<Vec<String>>,
    pub inner: Vec<Expand>,
}

impl Query {
    /// Reads the options. The `$` may be missing on beta and a second `?` does no harm (api 3, evidence "ICD relies on it").
    pub(crate) fn parse(call: &Call) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for pair in call.query.trim_start_matches('?').split('&').filter(|p| !p.is_empty()) {
            let (raw, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(raw).to_lowercase();
            let value = decode(&value.replace('+', " "));
            let plain = match name.strip_prefix('$') {
                Some(plain) => plain,
                None if call.version == "beta" => name.as_str(),
                None => continue,
            };
            query.take(plain, &value)?;
            if plain != "skiptoken" {
                query.kept.push((format!("${plain}"), value));
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        match name {
            "select" => self.select = Some(names(value)),
            "expand" => self.expand = expansions(value)?,
            "filter" => self.filter = Some(value.to_owned()),
            "search" => self.search = Some(value.to_owned()),
            "orderby" => self.order_by = Some(value.to_owned()),
            "count" => self.count = value.eq_ignore_ascii_case("true"),
            "top" => {
                let top = value.parse().ok().filter(|top| *top > 0);
                self.top = Some(top.ok_or_else(|| {
                    bad(format!("Invalid page size specified: '{value}'. Must be between 1 and 999 inclusive."))
                })?);
            }
            "skiptoken" => {
                self.skip_token = value.parse().map_err(|_| bad("Skip token is not valid."))?;
            }
            "format" => {}
            other => {
                return Err(bad(format!("The query parameter '${other}' is not supported.")));
            }
        }
        Ok(())
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn expansions(text: &str) -> Result<Vec<Expand>, Refusal> {
    split(text, ',')?.into_iter().map(expansion).collect()
}

fn expansion(text: &str) -> Result<Expand, Refusal> {
    let text = text.trim();
    let (path, options) = match text.split_once('(') {
        Some((path, rest)) => {
            let inner = rest.strip_suffix(')').ok_or_else(|| bad("Found an unbalanced bracket expression."))?;
            (path, inner)
        }
        None => (text, ""),
    };
    let (cast, name) = match path.rsplit_once('/') {
        Some((cast, name)) => {
            let ty = cast
                .strip_prefix("microsoft.graph.")
                .ok_or_else(|| bad(format!("Could not find a property named '{path}'.")))?;
            (Some(ty.to_owned()), name)
        }
        None => (None, path),
    };
    let mut found = Expand { cast, name: name.to_owned(), ..Expand::default() };
    for option in split(options, ';')? {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        match key.trim().trim_start_matches('$').to_lowercase().as_str() {
            "expand" => found.inner = expansions(value)?,
            "select" => found.select = Some(names(value)),
            "" => {}
            other => {
                return Err(bad(format!("The query option '${other}' is not supported inside $expand.")));
            }
        }
    }
    Ok(found)
}

/// Splits at a separator outside of brackets.
fn split(text: &str, separator: char) -> Result<Vec<&str>, Refusal> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.checked_sub(1).ok_or_else(|| bad("Found an unbalanced bracket expression."))?;
            }
            c if c == separator && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(bad("Found an unbalanced bracket expression."));
    }
    if !text[start..].trim().is_empty() {
        parts.push(&text[start..]);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn nested_expansions_are_read() {
        let read = expansions("assignments,scheduledActionsForRule($expand=scheduledActionConfigurations;$select=id),microsoft.graph.x/rootCertificate").unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[1].inner[0].name, "scheduledActionConfigurations");
        assert_eq!(read[1].select, Some(vec!["id".to_owned()]));
        assert_eq!(read[2].cast.as_deref(), Some("x"));
        assert!(expansions("a(").is_err());
        assert!(expansions("a)").is_err());
    }
}
