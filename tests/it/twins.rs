//! A create whose answer was lost, in a tenant whose lists lag for longer than the import looks: what was made twice is
//! named, never left for somebody to find.

use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, Failure, Fault};
use serde_json::json;

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};
use crate::objects::{FILTERS, filter};

#[test]
fn an_object_that_was_made_twice_is_named() {
    let slow = Behaviour { list_lag: Duration::from_millis(2500), ..quick() };
    let mut source = empty(TRIAL, "Contoso Trial");
    source.objects = json!({FILTERS: [filter(1, "Corporate devices"), filter(2, "Own devices")]});
    let env = Env::start(vec![source, empty(PRODUCTION, "Fabrikam Production")], slow);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let path = String::from("/beta/deviceManagement/assignmentFilters");
    let method = Some(String::from("POST"));
    let lost = Fault { method, path, status: Failure::Drop, times: Some(1), apply_write: true, ..Fault::default() };
    env.sandbox().fail(lost);
    let import = ["import", "tree", "--to", "production", YES, "--journal", "run.ndjson", "--format", "json"];
    let imported = env.ferry(&import).exits(5).json();
    shows(&imported, &["ambiguous-match"]);
    let made = env.sandbox().state(PRODUCTION)[FILTERS].as_array().unwrap().clone();
    assert_eq!(made.len(), 3, "the fault did not make a twin: {made:#?}");
    // Both are named: one as the object of the step, the other by the finding.
    let told = imported["objects"].to_string();
    assert!(made.iter().all(|object| told.contains(object["id"].as_str().unwrap())), "{imported:#}");
}
