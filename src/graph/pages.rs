//! Collections, page by page. A list is whole or an error, never a part. The link to the next page is
//! opaque, and followed only on the configured host.

use std::collections::HashSet;

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

/// Reads a collection to its end.
pub(super) async fn list(core: &Core, first: Url) -> Result<Vec<Value>, GraphError> {
    let page = core.run(&Call::get(first.clone())).await?;
    let facts = || Call::get(first.clone()).facts();
    let Some(Value::Object(mut page)) = page else { return Err(no_list(facts())) };
    let mut values = take_values(&mut page, facts)?;
    follow(core, &first, page.remove(NEXT_LINK), &mut values).await?;
    Ok(values)
}

/// Appends all further pages, beginning at the link that the page at `from` gave.
pub(super) async fn follow(
    core: &Core,
    from: &Url,
    link: Option<Value>,
    values: &mut Vec<Value>,
) -> Result<(), GraphError> {
    let mut seen = HashSet::from([from.to_string()]);
    let mut from = from.clone();
    let mut link = link;
    while let Some(next) = link_target(core, &from, link.take())? {
        let facts = || Call::get(next.clone()).facts();
        if !seen.insert(next.to_string()) || seen.len() > MOST_PAGES {
            let message = "the pages of this collection go round in a circle".to_owned();
            return Err(GraphError::Answer(Box::new(Facts { message, ..facts() })));
        }
        let Some(Value::Object(mut page)) = core.run(&Call::get(next.clone())).await? else {
            return Err(no_list(facts()));
        };
        values.append(&mut take_values(&mut page, facts)?);
        link = page.remove(NEXT_LINK);
        from = next;
    }
    Ok(())
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
