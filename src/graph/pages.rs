//! Collections, page by page. A list is whole or an error, never a part. The link to the next page is
//! opaque, and followed only on the configured host.

use std::collections::HashSet;

use futures_util::stream::{self, Stream};
use serde_json::Value;
use url::Url;

use super::call::Call;
use super::core::Core;
use super::envelope::readable;
use super::error::{Facts, GraphError};
use super::host;

/// The key of the link to the next page.
pub(super) const NEXT_LINK: &str = "@odata.nextLink";
/// More pages than any tenant has; a service that never ends is stopped here.
const MOST_PAGES: usize = 20_000;
/// So many pages in a row may hold nothing and still have a next one.
const MOST_EMPTY: usize = 200;

/// How far a collection is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    ToTheEnd,
    /// Up to the first page that holds an object: a page may be empty and have a next one.
    ToAnObject,
}

/// A collection, page by page; an error ends it.
pub(super) fn pages(core: &Core, first: Url) -> impl Stream<Item = Result<Vec<Value>, GraphError>> {
    let seen = Seen::new(&first);
    stream::try_unfold((Some(first), seen), move |(next, mut seen)| async move {
        let Some(here) = next else { return Ok(None) };
        let (values, next) = page(core, &here, &mut seen).await?;
        Ok(Some((values, (next, seen))))
    })
}

/// Checks the first page of a collection, which was read from `from`, and appends the further ones that are wanted.
pub(super) async fn follow(
    core: &Core,
    from: &Url,
    link: Option<Value>,
    values: &mut Vec<Value>,
    extent: Extent,
) -> Result<(), GraphError> {
    let mut seen = Seen::new(from);
    seen.take(from, values)?;
    let mut next = seen.next(core, from, link)?;
    while let Some(here) = next {
        if extent == Extent::ToAnObject && !values.is_empty() {
            break;
        }
        let (mut more, following) = page(core, &here, &mut seen).await?;
        values.append(&mut more);
        next = following;
    }
    Ok(())
}

/// One page, and where the next one is.
async fn page(core: &Core, here: &Url, seen: &mut Seen) -> Result<(Vec<Value>, Option<Url>), GraphError> {
    let facts = || Call::get(here.clone()).facts();
    let mut page = core.run(&Call::get(here.clone())).await?.unwrap_or_default();
    let link = page.get_mut(NEXT_LINK).map(Value::take);
    let values = list_in(page).ok_or_else(|| no_list(facts()))?;
    seen.take(here, &values)?;
    Ok((values, seen.next(core, here, link)?))
}

/// What of a collection has arrived. Not every service keeps its order between two pages, and some have
/// links that lead nowhere (github.com/microsoftgraph/microsoft-graph-docs/issues/8186,
/// github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2108): what comes twice says that something may be missing.
struct Seen {
    links: HashSet<String>,
    ids: HashSet<String>,
    /// How many pages in a row held nothing.
    empty: usize,
}

impl Seen {
    fn new(first: &Url) -> Self {
        Self { links: HashSet::from([first.to_string()]), ids: HashSet::new(), empty: 0 }
    }

    /// Takes a page, unless it cannot be a part of a sound list.
    fn take(&mut self, here: &Url, values: &[Value]) -> Result<(), GraphError> {
        for value in values {
            if value.is_null() {
                return Err(unsound(here, String::from("an entry is null")));
            }
            if let Some(id) = value.get("id").and_then(Value::as_str)
                && !id.is_empty()
                && !self.ids.insert(id.to_ascii_lowercase())
            {
                return Err(unsound(here, format!("it contains {} twice", readable(id))));
            }
        }
        self.empty = if values.is_empty() { self.empty + 1 } else { 0 };
        Ok(())
    }

    /// Where the link of a page leads, unless it has been there before or never ends.
    fn next(&mut self, core: &Core, from: &Url, link: Option<Value>) -> Result<Option<Url>, GraphError> {
        let Some(next) = link_target(core, from, link)? else { return Ok(None) };
        if !self.links.insert(next.to_string()) {
            return Err(unsound(&next, String::from("its pages form a loop")));
        }
        if self.links.len() > MOST_PAGES || self.empty > MOST_EMPTY {
            return Err(unsound(&next, String::from("its pages do not end")));
        }
        Ok(Some(next))
    }
}

fn unsound(here: &Url, message: String) -> GraphError {
    GraphError::Unsound(Box::new(Facts { message, ..Call::get(here.clone()).facts() }))
}

/// Where the link leads, if there is one and it stays on the configured host.
fn link_target(core: &Core, from: &Url, link: Option<Value>) -> Result<Option<Url>, GraphError> {
    let facts = |message: String| Box::new(Facts { message, ..Call::get(from.clone()).facts() });
    let text = match link {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(GraphError::Answer(facts("the link to the next page is not a string".to_owned()))),
    };
    match from.join(&text) {
        Ok(next) if host::same_origin(&core.graph_url, &next) => Ok(Some(next)),
        Ok(next) => {
            let place = format!("{}://{}", next.scheme(), readable(next.host_str().unwrap_or_default()));
            Err(GraphError::ForeignLink(facts(format!("it points to {place}"))))
        }
        Err(error) => Err(GraphError::Answer(facts(format!("the link to the next page is not a URL: {error}")))),
    }
}

/// The list that an answer is, if it is one.
pub(super) fn list_in(mut answer: Value) -> Option<Vec<Value>> {
    match answer.get_mut("value").map(Value::take) {
        Some(Value::Array(values)) => Some(values),
        _ => None,
    }
}

pub(super) fn no_list(facts: Facts) -> GraphError {
    GraphError::Answer(Box::new(Facts { message: "the answer does not contain a list of values".to_owned(), ..facts }))
}
