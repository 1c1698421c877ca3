//! `$filter`: the few forms that Intune and the directory answer; everything else is refused, as there.

use serde_json::{Map, Value};

use crate::metadata::model::Model;
use crate::odata::call::{Refusal, bad, refuse};
use crate::odata::filter_tokens::{Token, tokens};
use crate::odata::value::type_of;

/// A filter that can be asked of an object.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Equal(String, Value),
    Has(String, String),
    Among(String, Vec<Value>),
    StartsWith(String, String),
    IsOf(String),
    /// A moment that is before (`lt`, `le`) or after (`gt`, `ge`) another.
    Moment(String, Order, jiff::Timestamp),
}

/// How two moments compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Before { equal: bool },
    After { equal: bool },
}

/// How the service behind the collection filters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FilterRules {
    /// Directory objects: case does not matter, and negation is an advanced query (api 3).
    pub directory: bool,
    /// The request is an advanced one: `ConsistencyLevel: eventual` and `$count=true`.
    pub advanced: bool,
}

/// The most values of an `in` (api 3; evidence "in 15").
const MOST_IN: usize = 15;
const MOST_DEPTH: usize = 40;

/// Reads a filter for objects of a type.
pub(crate) fn parse(model: &Model, element: &str, text: &str, rules: FilterRules) -> Result<Filter, Refusal> {
    let mut parser = Parser { model, element, rules, tokens: tokens(text)?, at: 0, depth: 0 };
    let filter = parser.or()?;
    if parser.at < parser.tokens.len() {
        return Err(invalid());
    }
    Ok(filter)
}

fn invalid() -> Refusal {
    bad("Invalid filter clause")
}

struct Parser<'a> {
    model: &'a Model,
    element: &'a str,
    rules: FilterRules,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn word_is(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word)
    }

    fn expect(&mut self, token: &Token) -> Result<(), Refusal> {
        if self.next().as_ref() == Some(token) { Ok(()) } else { Err(invalid()) }
    }

    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.and()?;
        while self.word_is("or") {
            self.at += 1;
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.unary()?;
        while self.word_is("and") {
            self.at += 1;
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(bad("The filter is too complex"));
        }
        let filter = if self.word_is("not") {
            self.at += 1;
            self.advanced("not")?;
            Filter::Not(Box::new(self.unary()?))
        } else if self.tokens.get(self.at) == Some(&Token::Open) {
            self.at += 1;
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, Refusal> {
        let Some(Token::Word(name)) = self.next() else {
            return Err(invalid());
        };
        match name.as_str() {
            "isof" => {
                self.expect(&Token::Open)?;
                let Some(Token::Text(ty)) = self.next() else {
                    return Err(invalid());
                };
                self.expect(&Token::Close)?;
                let ty = ty
                    .strip_prefix("microsoft.graph.")
                    .filter(|ty| self.model.type_named(ty).is_some())
                    .ok_or_else(|| bad(format!("The type '{ty}' is not defined in the model")))?;
                Ok(Filter::IsOf(ty.to_owned()))
            }
            "startswith" | "startsWith" => {
                self.expect(&Token::Open)?;
                let Some(Token::Word(path)) = self.next() else {
                    return Err(invalid());
                };
                self.known(&path)?;
                self.expect(&Token::Comma)?;
                let Some(Token::Text(start)) = self.next() else {
                    return Err(invalid());
                };
                self.expect(&Token::Close)?;
                Ok(Filter::StartsWith(path, start))
            }
            "contains" | "endswith" | "endsWith" | "tolower" | "any" | "all" => Err(unsupported(&name)),
            _ => self.operator(name),
        }
    }

    fn operator(&mut self, path: String) -> Result<Filter, Refusal> {
        self.known(&path)?;
        let Some(Token::Word(operator)) = self.next() else {
            return Err(invalid());
        };
        match operator.as_str() {
            "eq" => Ok(Filter::Equal(path, self.literal()?)),
            "ne" => {
                self.advanced("ne")?;
                Ok(Filter::Not(Box::new(Filter::Equal(path, self.literal()?))))
            }
            "has" => match self.next() {
                Some(Token::Text(flag)) => Ok(Filter::Has(path, flag)),
                _ => Err(invalid()),
            },
            "in" => {
                self.expect(&Token::Open)?;
                let mut values = vec![self.literal()?];
                while self.tokens.get(self.at) == Some(&Token::Comma) {
                    self.at += 1;
                    values.push(self.literal()?);
                }
                self.expect(&Token::Close)?;
                if values.len() > MOST_IN {
                    return Err(bad(format!(
                        "Too many child clauses specified in search filter expression containing 'OR' operators: {}. Max allowed: {MOST_IN}.",
                        values.len()
                    )));
                }
                Ok(Filter::Among(path, values))
            }
            other => self.moment(path, other),
        }
    }

    /// Only moments have an order here: evidence "audit events are read by activityDateTime gt and le".
    fn moment(&mut self, path: String, operator: &str) -> Result<Filter, Refusal> {
        let order = match operator {
            "lt" | "le" => Order::Before { equal: operator == "le" },
            "gt" | "ge" => Order::After { equal: operator == "ge" },
            other => return Err(unsupported(other)),
        };
        match self.next() {
            Some(Token::Word(word)) if path.ends_with("DateTime") => {
                let moment = word.parse().map_err(|_| bad(format!("'{word}' is not a moment")))?;
                Ok(Filter::Moment(path, order, moment))
            }
            _ => Err(unsupported(operator)),
        }
    }

    fn literal(&mut self) -> Result<Value, Refusal> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "null" => Ok(Value::Null),
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => word.parse::<i64>().map(Value::from).map_err(|_| bad(format!("'{word}' is not a literal"))),
            },
            _ => Err(invalid()),
        }
    }

    fn known(&self, path: &str) -> Result<(), Refusal> {
        let mut parts = path.split('/');
        let first = parts.next().unwrap_or("");
        let (ty, name) = match first.strip_prefix("microsoft.graph.") {
            Some(ty) => (ty, parts.next().unwrap_or("")),
            None => (self.element, first),
        };
        if name == "id" || self.model.property(ty, name).is_some() {
            return Ok(());
        }
        Err(bad(format!("Could not find a property named '{name}' on type 'microsoft.graph.{ty}'.")))
    }

    fn advanced(&self, what: &str) -> Result<(), Refusal> {
        if self.rules.directory && !self.rules.advanced {
            return Err(refuse(
                400,
                "Request_UnsupportedQuery",
                format!(
                    "Operator '{what}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header."
                ),
            ));
        }
        Ok(())
    }
}

fn unsupported(what: &str) -> Refusal {
    bad(format!("The operator or function '{what}' is not supported in a filter on this resource."))
}

impl Filter {
    /// Whether the object passes.
    pub(crate) fn passes(&self, model: &Model, element: &str, value: &Map<String, Value>, rules: FilterRules) -> bool {
        let ask = |filter: &Self| filter.passes(model, element, value, rules);
        match self {
            Self::And(a, b) => ask(a) && ask(b),
            Self::Or(a, b) => ask(a) || ask(b),
            Self::Not(inner) => !ask(inner),
            Self::IsOf(ty) => model.is_a(type_of(value, element), ty),
            // evidence "isGlobalScript filter has no effect".
            Self::Equal(path, _) if path == "isGlobalScript" => true,
            Self::Equal(path, wanted) => {
                at(model, element, value, path).is_some_and(|found| same(found, wanted, rules.directory))
            }
            Self::Among(path, wanted) => at(model, element, value, path)
                .is_some_and(|found| wanted.iter().any(|w| same(found, w, rules.directory))),
            Self::Has(path, flag) => at(model, element, value, path)
                .and_then(Value::as_str)
                .is_some_and(|flags| flags.split(',').any(|f| f.trim() == flag)),
            Self::Moment(path, order, moment) => at(model, element, value, path)
                .and_then(Value::as_str)
                .and_then(|text| text.parse::<jiff::Timestamp>().ok())
                .is_some_and(|found| match order {
                    Order::Before { equal } => found < *moment || (*equal && found == *moment),
                    Order::After { equal } => found > *moment || (*equal && found == *moment),
                }),
            Self::StartsWith(path, start) => {
                at(model, element, value, path).and_then(Value::as_str).is_some_and(|text| {
                    if rules.directory {
                        text.to_lowercase().starts_with(&start.to_lowercase())
                    } else {
                        text.starts_with(start)
                    }
                })
            }
        }
    }
}

fn same(found: &Value, wanted: &Value, ignore_case: bool) -> bool {
    match (found, wanted) {
        (Value::String(a), Value::String(b)) if ignore_case => a.to_lowercase() == b.to_lowercase(),
        _ => found == wanted,
    }
}

fn at<'a>(model: &Model, element: &str, value: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('/').peekable();
    if let Some(ty) = parts.peek().and_then(|first| first.strip_prefix("microsoft.graph.")) {
        if !model.is_a(type_of(value, element), ty) {
            return None;
        }
        parts.next();
    }
    let mut here = value.get(parts.next()?).unwrap_or(&Value::Null);
    for part in parts {
        here = here.get(part).unwrap_or(&Value::Null);
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    fn passes(filter: &str, value: &Value) -> bool {
        let rules = FilterRules { directory: false, advanced: false };
        let model = Model::load();
        let parsed = parse(model, "deviceConfiguration", filter, rules).unwrap();
        parsed.passes(model, "deviceConfiguration", value.as_object().unwrap(), rules)
    }

    #[test]
    fn quotes_types_and_logic() {
        let value = serde_json::json!({"@odata.type": "#microsoft.graph.windows10CustomConfiguration", "displayName": "O'Neil (x)"});
        assert!(passes("displayName eq 'O''Neil (x)'", &value));
        assert!(passes("isof('microsoft.graph.windows10CustomConfiguration')", &value));
        assert!(!passes("not isof('microsoft.graph.deviceConfiguration')", &value));
        assert!(passes("displayName in ('a','O''Neil (x)') and startswith(displayName,'O')", &value));
    }

    #[test]
    fn moments_have_an_order_and_nothing_else_has() {
        let value = serde_json::json!({"lastModifiedDateTime": "2026-01-02T03:04:05.123456Z"});
        assert!(passes(
            "lastModifiedDateTime ge 2026-01-02T03:04:05Z and lastModifiedDateTime lt 2026-01-03T00:00:00Z",
            &value
        ));
        assert!(!passes("lastModifiedDateTime gt 2026-01-02T03:04:05.123456Z", &value));
        assert!(passes("lastModifiedDateTime le 2026-01-02T03:04:05.123456Z", &value));
    }

    #[test]
    fn what_graph_does_not_answer_is_refused() {
        let model = Model::load();
        let read = |text: &str, directory| parse(model, "group", text, FilterRules { directory, advanced: false });
        for text in [
            "contains(displayName,'x')",
            "nothing eq 'x'",
            "displayName eq 'x",
            "displayName eq",
            "displayName gt 'x'",
            "createdDateTime gt 5",
        ] {
            assert!(read(text, false).is_err(), "{text}");
        }
        assert!(read("displayName ne 'x'", true).is_err());
        let many = (0..16).map(|i| format!("'{i}'")).collect::<Vec<_>>().join(",");
        assert!(read(&format!("displayName in ({many})"), true).is_err());
        assert!(read(&"(".repeat(5000), false).is_err());
    }
}
