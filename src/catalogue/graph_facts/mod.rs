//! Tests that every path, action, parameter, property and `@odata.type` the catalogue names is one Graph has,
//! by `policies-schema/graph-types.json` and `graph-collections.json`, which were made without the catalogue.
//!
//! [`facts`] reads those files, [`places`] checks properties and types, [`requests`] paths, actions and queries,
//! [`ids`] that no property with an id or a secret is forgotten.

mod facts;
mod ids;
mod places;
mod requests;
