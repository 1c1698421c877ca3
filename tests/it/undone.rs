//! An undo that is killed at any request is run again, and in the end the target is what it was before the
//! import. The program is really killed, as in `killed`, and the same variable, `FERRY_KILL_EVERY`, says where.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::contents::{Contents, assert_same, contents};
use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, sample};
use crate::killed::{campaign, kill};

/// At how many requests the suite kills.
const SPREAD: u64 = 4;

pub const UNDO: [&str; 3] = ["undo", "run.ndjson", YES];

/// What an import left behind that created, updated and made groups: imported once, undone many times.
pub struct Imported {
    /// The target before the import.
    before: Contents,
    /// The target after it.
    objects: Value,
    journal: String,
    mapping: String,
    /// Where the import ran: its paths are in the journal.
    folder: String,
}

impl Imported {
    fn get() -> &'static Self {
        static IMPORTED: OnceLock<Imported> = OnceLock::new();
        IMPORTED.get_or_init(Self::import)
    }

    fn import() -> Self {
        let trial = sample("contoso-trial", TRIAL, "Contoso Trial");
        let env = Env::start(vec![trial, sample("fabrikam-production", PRODUCTION, "Fabrikam Production")], quick());
        env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
        let decisions = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/demo-decisions.json");
        std::fs::copy(decisions, env.path("mapping.json")).unwrap();
        env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
        let before = contents(&env);
        let import = ["import", "tree", "--to", "production", YES, "--mapping", "mapping.json", "--allow-broad"];
        let update = ["--on-conflict", "update", "--existing-assignments", "replace", "--journal", "run.ndjson"];
        let done = env.ferry(&[&import[..], &update, &["--format", "json"]].concat()).json();
        let count = |word: &str| done["counts"][word].as_u64().unwrap_or(0);
        assert!(count("created") > 30 && count("updated") > 0, "{}", done["counts"]);
        let read = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();
        let mut objects = env.sandbox().state(PRODUCTION);
        // No one is in the groups that were made; a seed that does not say so would put someone in.
        for group in objects["groups"].as_array_mut().unwrap() {
            group.as_object_mut().unwrap().entry("members").or_insert_with(|| serde_json::json!([]));
        }
        Self {
            before,
            objects,
            journal: read("run.ndjson"),
            mapping: read("mapping.json"),
            folder: env.path("").to_str().unwrap().to_owned(),
        }
    }

    /// A sandbox whose production tenant is as the import left it, with the journal.
    pub fn again() -> (Env, &'static Self) {
        let imported = Self::get();
        let mut production = empty(PRODUCTION, "Fabrikam Production");
        production.objects = imported.objects.clone();
        let env = Env::start(vec![empty(TRIAL, "Contoso Trial"), production], quick());
        let here = env.path("");
        let journal = imported.journal.replace(&imported.folder, here.to_str().unwrap());
        std::fs::write(env.path("run.ndjson"), journal).unwrap();
        std::fs::write(env.path("mapping.json"), &imported.mapping).unwrap();
        (env, imported)
    }

    /// Fails unless the target is what it was before the import.
    #[track_caller]
    pub fn is_taken_back(&self, env: &Env, place: &str) {
        assert_same(env, &self.before, place);
    }
}

#[test]
fn a_killed_undo_is_run_again() {
    let (env, imported) = Imported::again();
    env.sandbox().go_on();
    env.ferry(&UNDO).exits(0);
    imported.is_taken_back(&env, "not killed");
    campaign(env.sandbox().seen(), SPREAD, |n, moment| {
        let (env, imported) = Imported::again();
        let place = format!("request {n} {moment:?}, killed {}", kill(&env, &UNDO, n, "", moment));
        let ran = env.ferry(&UNDO);
        assert_eq!(ran.code, 0, "{place}\n{}\n{}", ran.out, ran.err);
        imported.is_taken_back(&env, &place);
    });
}

#[test]
fn an_undo_of_an_import_that_wrote_nothing_says_so() {
    use crate::objects::{FILTERS, filter};
    let env = crate::env::exported(&serde_json::json!({FILTERS: [filter(1, "Laptops")]}), &serde_json::json!({}));
    env.write_mapping(&[], &[]);
    let path = String::from("/beta/deviceManagement/assignmentFilters");
    let method = Some(String::from("POST"));
    let status = intune_ferry::sandbox::Failure::Status(400);
    env.sandbox().fail(intune_ferry::sandbox::Fault {
        method,
        path,
        status,
        ..intune_ferry::sandbox::Fault::default()
    });
    let import = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--journal", "run.ndjson", YES];
    env.ferry(&import).exits(5);
    for words in [&UNDO[..], &["undo", "run.ndjson", "--dry-run"]] {
        let said = env.ferry(words).exits(0).out;
        assert!(said.contains("the import wrote nothing") && !said.contains("selected"), "{said}");
    }
}
