//! Collections, page by page. A list is whole or an error, never a part. The link to the next page is
//! opaque, and followed only on the configured host.

use std::collections::HashSet;

use futures_util::stream::{self, Stream};
use serde_json::{Map, Value};
use url::Url;

use super::call::{Call, Core};
use super::envelope::readable;
use super::error::{Facts, GraphError};
use super::host;

/// The key of the link to the next page.
pub(super) const NEXT_LINK: &str = "@odata.nextLink";
/// More pages than any tenant has; a service that never ends is stopped here.
const MOST_PAGES: usize = 50_000;

/// A collection, page by page; an error ends it.
pub(super) fn pages(core: &Core, first: Url) -> impl Stream<Item = Result<Vec<Value>, GraphError>> {
    let seen = HashSet::from([first.to_string()]);
    stream::try_unfold((Some(first), seen), move |(next, mut seen)| async move {
        let Some(here) = next else { return Ok(None) };
        let (values, next) = page(core, &here, &mut seen).await?;
        Ok(Some((values, (next, seen))))
    })
}

/// Appends all further pages, beginning at the link that the page at `from` gave.
pub(super) async fn follow(
    core: &Core,
    from: &Url,
    link: Option<Value>,
    values: &mut Vec<Value>,
) -> Result<(), GraphError> {
    let mut seen = HashSet::from([from.to_string()]);
    let mut next = following(core, from, link, &mut seen)?;
    while let Some(here) = next {
        let (mut more, following) = page(core, &here, &mut seen).await?;
        values.append(&mut more);
        next = following;
    }
    Ok(())
}

/// One page, and where the next one is.
async fn page(core: &Core, here: &Url, seen: &mut HashSet<String>) -> Result<(Vec<Value>, Option<Url>), GraphError> {
    let facts = || Call::get(here.clone()).facts();
    let Some(Value::Object(mut page)) = core.run(&Call::get(here.clone())).await? else {
        return Err(no_list(facts()));
    };
    let values = take_values(&mut page, facts)?;
    Ok((values, following(core, here, page.remove(NEXT_LINK), seen)?))
}

/// Where the link of a page leads, unless it has been there before.
fn following(
    core: &Core,
    from: &Url,
    link: Option<Value>,
    seen: &mut HashSet<String>,
) -> Result<Option<Url>, GraphError> {
    let Some(next) = link_target(core, from, link)? else { return Ok(None) };
    if !seen.insert(next.to_string()) || seen.len() > MOST_PAGES {
        let message = "the pages of this collection go round in a circle".to_owned();
        return Err(GraphError::Answer(Box::new(Facts { message, ..Call::get(next).facts() })));
    }
    Ok(Some(next))
}

/// Where the link leads, if there is one and it stays on the configured host.
fn link_target(core: &Core, from: &Url, link: Option<Value>) -> Result<Option<Url>, GraphError> {
    let facts = |message: String| Box::new(Facts { message, ..Call::get(from.clone()).facts() });
    let text = match link {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(GraphError::Answer(facts("the link to the next page is no text".to_owned()))),
    };
    match from.join(&text) {
        Ok(next) if host::same_origin(&core.graph_url, &next) => Ok(Some(next)),
        Ok(next) => {
            let place = format!("{}://{}", next.scheme(), readable(next.host_str().unwrap_or_default()));
            Err(GraphError::ForeignLink(facts(format!("it leads to {place}"))))
        }
        Err(error) => Err(GraphError::Answer(facts(format!("the link to the next page is no URL: {error}")))),
    }
}

fn take_values(page: &mut Map<String, Value>, facts: impl Fn() -> Facts) -> Result<Vec<Value>, GraphError> {
    match page.remove("value") {
        Some(Value::Array(values)) => Ok(values),
        _ => Err(no_list(facts())),
    }
}

fn no_list(facts: Facts) -> GraphError {
    GraphError::Answer(Box::new(Facts { message: "the answer holds no list of values".to_owned(), ..facts }))
}
