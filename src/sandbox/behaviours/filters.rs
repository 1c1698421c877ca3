//! Assignment filters: not deleted while they are used, and their list is not filtered.

use serde_json::Value;

use crate::odata::call::{Refusal, bad};
use crate::service::check::mentions;
use crate::service::rules::{Body, Rules};
use crate::service::service::Service;
use crate::tenant::store::{id_of, part};

/// The collection.
pub(crate) const ROOT: &str = "deviceManagement/assignmentFilters";

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
}
