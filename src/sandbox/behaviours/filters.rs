//! Assignment filters: not deleted while they are used, and their list is not filtered.

use serde_json::{Value, json};

use crate::odata::call::{Outcome, Refusal, Reply, bad};
use crate::odata::query::Expand;
use crate::odata::route::Route;
use crate::service::check::mentions;
use crate::service::core::Service;
use crate::service::rules::{Body, Rules};
use crate::tenant::store::{id_of, part};

pub(crate) use crate::tenant::roots::FILTERS as ROOT;

pub(crate) struct Filters;

impl Rules for Filters {
    /// quirk 53: service code 5001.
    fn before_delete(&self, service: &Service<'_>, current: &Body) -> Result<(), Refusal> {
        let id = id_of(current);
        let mut all = service.tenant.everything();
        if all.any(|(_, object)| mentions(&Value::Array(part(object, "assignments").to_vec()), id)) {
            return Err(bad("5001: the assignment filter is in use and cannot be deleted."));
        }
        Ok(())
    }

    /// metadata `known`: filter and search of assignment filters are limited, filter on the client.
    fn takes_filter(&self) -> bool {
        false
    }

    fn expands(&self, _part: &str, _expand: &Expand, _list: bool) -> bool {
        false
    }

    fn act_on_collection(&self, _service: &mut Service<'_>, name: &str, _body: &Body) -> Option<Outcome> {
        (name == "validateFilter").then(|| Err(bad("The filter cannot be validated here.")))
    }

    fn call_function(
        &self,
        _service: &Service<'_>,
        _route: &Route,
        name: &str,
        _args: &[(String, String)],
    ) -> Option<Outcome> {
        (name == "getState").then(|| Ok(Reply::new(200, json!({"value": {"enabled": true}}))))
    }
}
