//! Groups and other directory objects.

use serde_json::{Map, Value, json};

use crate::odata::call::{Outcome, Reply, refuse};
use crate::service::core::Service;
use crate::service::write::list_of;
use crate::tenant::roots::COLLECTIONS;

impl Service<'_> {
    /// `directoryObjects/getByIds`: at most 1,000 (evidence), unknown ones are left out.
    pub(crate) fn get_by_ids(&self, body: &Map<String, Value>) -> Outcome {
        let ids = list_of(body, "ids")?;
        if ids.len() > 1000 {
            return Err(refuse(400, "Request_BadRequest", "Too many ids: at most 1000 are possible."));
        }
        let types: Vec<&str> = crate::tenant::store::part(body, "types").iter().filter_map(Value::as_str).collect();
        let mut found = Vec::new();
        for id in ids.iter().filter_map(Value::as_str) {
            for (root, ty) in COLLECTIONS {
                if !types.is_empty() && !types.contains(&ty) {
                    continue;
                }
                if let Some(value) = self.tenant.find(root, id) {
                    let mut value = value.clone();
                    value.insert("@odata.type".into(), json!(format!("#microsoft.graph.{ty}")));
                    found.push(Value::Object(value));
                }
            }
        }
        Ok(Reply::new(200, json!({"@odata.context": self.context("directoryObjects"), "value": found})))
    }
}
