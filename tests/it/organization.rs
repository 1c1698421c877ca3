//! A tenant that may not be asked for its name and domains: no command ends because of that, everything that keeps tenants
//! apart holds by the id of the sign-in, and what is lost is said.

use intune_ferry::sandbox::{Failure, Fault, Spoilt};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, exported, shows};
use crate::objects::{FILTERS, filter};

const REFUSALS: [Failure; 3] = [Failure::Status(403), Failure::List(Spoilt::NoList), Failure::List(Spoilt::Emptied)];

fn env() -> Env {
    let env = exported(&json!({FILTERS: [filter(1, "Laptops")]}), &json!({}));
    env.write_mapping(&[], &[]);
    env
}

fn refuse(env: &Env, status: Failure) {
    env.sandbox().fail(Fault { path: String::from("/v1.0/organization"), status, ..Fault::default() });
}

fn tenant(env: &Env, tree: &str) -> Value {
    let manifest: Value = serde_json::from_slice(&env.files(tree)["ferry-tree.json"]).unwrap();
    manifest["tenant"].clone()
}

#[test]
fn an_export_goes_on_and_loses_no_more_than_the_name_and_the_domains() {
    for refusal in REFUSALS {
        let env = env();
        let whole = env.files("tree");
        refuse(&env, refusal);
        let document = env.ferry(&["export", "trial", "--out", "new", "--format", "json"]).exits(0).json();
        shows(&document, &["not-read"]);
        assert_eq!(tenant(&env, "new")["id"], TRIAL);
        // Every reader of the tree says that nothing looks for the source's domains.
        shows(&env.run(&["lint", "new"]), &["tree-incomplete"]);
        // What a tree knows already stays.
        shows(&env.run(&["export", "trial", "--out", "tree"]), &["not-read"]);
        assert_eq!(env.files("tree"), whole, "{refusal:?}");
    }
}

#[test]
fn an_import_goes_on_and_its_guards_hold() {
    for refusal in REFUSALS {
        let env = env();
        refuse(&env, refusal);
        let imported = env.import(&["--mapping", "mapping.json", "--journal", "run.ndjson"]);
        shows(&imported, &["not-read"]);
        assert_eq!(imported["counts"]["created"], 1, "{refusal:?}: {imported:#}");
        // The tenant that the tree was exported from is still known as that, and a mapping for others is refused.
        env.ferry(&["plan", "tree", "--to", "trial"]).exits(2);
        let other = json!({"format": 1, "source": {"tenantId": TRIAL}, "target": {"tenantId": TRIAL}, "entries": []});
        env.write("other.json", &other);
        env.ferry(&["import", "tree", "--to", "production", "--mapping", "other.json", YES]).exits(2);
        env.ferry(&["undo", "run.ndjson", YES]).exits(0);
        assert_eq!(env.sandbox().state(PRODUCTION)[FILTERS].as_array().map_or(0, Vec::len), 0);
    }
}
