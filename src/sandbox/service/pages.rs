//! Pages of a list with links that only the service understands.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::odata::call::{Refusal, bad, encode};
use crate::service::core::Service;

/// Settings of a policy come by 25 (quirk 8, evidence "settings page 25").
pub(crate) const SETTINGS_PER_PAGE: usize = 25;

impl Service<'_> {
    /// One page of `items` as an answer body. `most` is the service's page size; `$top` can only make it smaller,
    /// because Intune caps it silently (api 3). Only what the page holds is shown: `show` makes an item's JSON.
    pub(crate) fn page<T>(
        &self,
        context: &str,
        items: Vec<T>,
        most: usize,
        show: impl Fn(T) -> Result<Value, Refusal>,
    ) -> Result<Value, Refusal> {
        let most = most.max(1);
        let size = self.query.top.map_or(most, |top| top.min(most)).max(1);
        let total = items.len();
        let mut starts: Vec<(usize, usize)> =
            (0..total.max(1)).step_by(size).map(|start| (start, (start + size).min(total))).collect();
        // api 3: a page may be empty and still have a next link. Not every list shows it, but the same ones always do.
        let salt = context.bytes().map(u64::from).sum::<u64>() + self.behaviour.seed;
        if starts.len() > 1 && salt.is_multiple_of(3) {
            let (start, _) = starts[1];
            starts.insert(1, (start, start));
        }
        let index = self.query.skip_token;
        let (start, end) = *starts.get(index).ok_or_else(|| bad("Skip token is not valid."))?;
        let mut body = Map::new();
        body.insert("@odata.context".into(), json!(self.context(context)));
        if self.query.count && index == 0 {
            body.insert("@odata.count".into(), json!(total));
        }
        if index + 1 < starts.len() {
            body.insert("@odata.nextLink".into(), json!(self.next_link(index + 1)));
        }
        let page = items.into_iter().skip(start).take(end - start).map(show).collect::<Result<_, _>>()?;
        body.insert("value".into(), Value::Array(page));
        Ok(Value::Object(body))
    }

    fn next_link(&self, index: usize) -> String {
        let mut link = format!("{}/{}/{}?", self.call.origin, self.call.version, self.call.path);
        for (name, value) in &self.query.kept {
            let _ = write!(link, "{name}={}&", encode(value));
        }
        let _ = write!(link, "$skiptoken={index}");
        link
    }

    /// The `@odata.context` of an answer.
    pub(crate) fn context(&self, what: &str) -> String {
        format!("{}/{}/$metadata#{what}", self.call.origin, self.call.version)
    }
}
