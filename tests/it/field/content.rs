//! Files of several apps at once: the service refuses a second one while it prepares the first.

use std::time::Duration;

use intune_ferry::sandbox::{Answer, Behaviour, Field};
use serde_json::json;

use crate::app_content::{apps, put, win32};
use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick};
use crate::packages::package;

#[test]
fn files_of_several_apps_are_asked_for_one_after_another() {
    for answers in [&[][..], &[Answer::ContentOneAtATime]] {
        let mut trial = empty(TRIAL, "Contoso Trial");
        let name = |number: usize| format!("Tool {number}");
        let file = |number: usize| format!("tool{number}.intunewin");
        let list: Vec<_> = (1..=4)
            .map(|number| {
                let mut app = win32(number, &name(number), &file(number));
                app["assignments"] = json!([]);
                app
            })
            .collect();
        trial.objects = json!({"deviceAppManagement/mobileApps": list});
        let mut production = empty(PRODUCTION, "Fabrikam Production");
        production.field = answers.iter().copied().collect::<Field>();
        // Long enough for another app to come in between.
        let behaviour = Behaviour { content_lag: Duration::from_millis(400), ..quick() };
        let env = Env::start(vec![trial, production], behaviour);
        env.ferry(&["export", "trial", "--out", "tree", "--only", "apps"]).exits(0);
        (1..=4).for_each(|number| put(&env, &file(number), &package(4000 + number, "setup.exe")));
        let done =
            env.run(&["import", "tree", "--to", "production", "--app-content", "content", "--only", "apps", YES]);
        assert_eq!(done["exitCode"], 0, "{answers:?}: {done:#}");
        let published = apps(&env).iter().filter(|app| app["publishingState"] == "published").count();
        assert_eq!(published, 4, "{answers:?}");
    }
}
