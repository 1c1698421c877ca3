//! What the pages say: the same as the commands that they show.

use std::process::Command;

use super::served::{Ui, change, folder};
use crate::env::{Env, YES};

/// The commands that a page shows.
fn commands(page: &super::served::Reply) -> Vec<String> {
    let block = page.body.split("<div class=\"command\">").nth(1).unwrap().split("</div>").next().unwrap();
    let lines = block.split("<code>").skip(1).map(|line| line.split('\n').next().unwrap().to_owned());
    lines.map(|line| line.replace("&amp;", "&")).collect()
}

fn git(env: &Env, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(words).current_dir(env.path("")).env("HOME", env.path("."));
    let who = [
        ("GIT_AUTHOR_NAME", "Ada <b>"),
        ("GIT_AUTHOR_EMAIL", "a@b.c"),
        ("GIT_COMMITTER_NAME", "Ada"),
        ("GIT_COMMITTER_EMAIL", "a@b.c"),
    ];
    let output = command.envs(who).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_folders_page_names_what_is_in_it() {
    let env = folder();
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]);
    env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--out", "plan.json"]);
    env.ferry(&[
        "import",
        "tree",
        "--to",
        "production",
        "--mapping",
        "mapping.json",
        YES,
        "--journal",
        "ferry-runs/a b.ndjson",
    ]);
    let ui = Ui::start(&env, ".");
    let page = ui.get("/").is(200);
    for wanted in ["tree", "Contoso Trial", "plan.json", "ferry-runs/a b.ndjson", "mapping.json", "trial", "production"]
    {
        assert!(page.text().contains(wanted), "{wanted}: {}", page.text());
    }
    assert!(!page.body.contains("SANDBOX_SECRET") && !page.body.contains("client_secret"), "{}", page.body);
    assert_eq!(commands(&page), ["intune-ferry ui ."]);
    // A plan and a run are the reports of their commands.
    let plan = ui.get("/plan/plan.json").is(200);
    assert!(plan.text().contains("Plan for") && plan.text().contains("Fabrikam Production"), "{}", plan.text());
    let run = ui.get("/journal/ferry-runs%2Fa%20b.ndjson").is(200);
    assert!(run.text().contains("Import into") && run.text().contains("Write requests"), "{}", run.text());
    assert_eq!(commands(&run), ["intune-ferry report 'ferry-runs/a b.ndjson' --html run.html"]);
    ui.get("/plan/mapping.json").is(404);
    ui.get("/nothing").is(404);
}

#[test]
fn policies_are_found_by_type_platform_group_and_text() {
    let env = folder();
    let document = env.run(&["lint", "tree"]);
    let objects = document["objects"].as_array().unwrap();
    let ui = Ui::start(&env, ".");
    let shown = |query: &str| {
        let page = ui.get(&format!("/tree/tree/policies?{query}")).is(200);
        page.body.matches("<a href=\"/tree/tree/policy/").count()
    };
    let all = objects.len();
    assert_eq!(shown(""), all.min(50));
    // Each page has its part, and together they have every policy once.
    let mut names: Vec<String> = Vec::new();
    for page in 1..=all.div_ceil(50) {
        let reply = ui.get(&format!("/tree/tree/policies?page={page}"));
        names.extend(
            reply
                .body
                .split("<a href=\"/tree/tree/policy/")
                .skip(1)
                .map(|link| link.split('"').next().unwrap().to_owned()),
        );
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
    for of in ["settings-catalog", "platform-scripts", "conditional-access"] {
        let wanted = objects.iter().filter(|object| object["type"] == of).count();
        assert!(wanted > 0, "{of}");
        assert_eq!(shown(&format!("of={of}")), wanted, "{of}");
    }
    for text in ["window.taken", "WINDOW.TAKEN  write-output", "taken script"] {
        let found = shown(&format!("text={}", text.replace(' ', "+")));
        assert_eq!(found, usize::from(!text.contains("write-output")), "{text}");
    }
    let ios = shown("platform=iOS+and+iPadOS");
    assert!(shown("platform=Windows") > 3 && ios > 0 && ios < 50, "{ios}");
    assert_eq!(shown("text=nobody+is+called+so"), 0);
    // The group of the hostile script has that policy alone, in the list and in the grid.
    let page = ui.get("/tree/tree/who?of=platform-scripts&text=window.taken").is(200);
    assert!(page.body.contains("<table class=\"grid\">") && page.text().contains("●"), "{}", page.text());
}

#[test]
fn a_policy_is_read_with_names_and_its_history() {
    let env = folder();
    git(&env, &["init", "--quiet"]);
    git(&env, &["add", "tree"]);
    git(&env, &["commit", "--quiet", "--message", "Nightly <i>export</i>"]);
    let first = git(&env, &["rev-parse", "HEAD"]);
    let file = change(&env, "tree", "conditional-access/", "Changed since");
    git(&env, &["commit", "--quiet", "--all", "--message", "Describe it"]);
    let policy: serde_json::Value = serde_json::from_slice(&env.files("tree")[&file]).unwrap();
    let id = policy["id"].as_str().unwrap();
    let ui = Ui::start(&env, ".");
    let page = ui.get(&format!("/tree/tree/policy/conditional-access/{id}")).is(200);
    let text = page.text();
    let wanted = [
        policy["displayName"].as_str().unwrap(),
        "Changed since",
        "Assigned to",
        "Settings",
        "History",
        "Nightly <i>export</i>",
        "Describe it",
    ];
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert_eq!(commands(&page), ["intune-ferry report tree --html tenant.html"]);
    // The first commit against now: only this policy, the description before and after.
    let link = page.body.split("href=\"/compare?").skip(1).find(|link| link.contains(&first)).unwrap();
    let link = format!("/compare?{}", link.split('"').next().unwrap().replace("&amp;", "&"));
    let compared = ui.get(&link).is(200);
    assert!(
        compared.text().contains("Changed since") && compared.text().contains("description"),
        "{}",
        compared.text()
    );
    assert_eq!(compared.body.matches("<article class=\"policy").count(), 1);
    // The commands that it shows give the same.
    let shown = commands(&compared);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert!(
        Command::new("sh").args(["-c", &shown[0]]).current_dir(env.path("")).status().unwrap().success(),
        "{shown:?}"
    );
    let words: Vec<&str> = shown[1].split(' ').skip(1).collect();
    let document = env.run(&words);
    assert_eq!(document["counts"]["changed"], 1, "{document}");
    let at = document["details"]["differences"][0]["at"].as_str().unwrap();
    assert!(at.contains("description"), "{document}");
    // A commit that does not exist, and words that git would take for options.
    for word in ["0123456789", "--output=x", "HEAD"] {
        let reply = ui.get(&format!("/compare?left=tree%40{word}&right=tree"));
        assert!([404, 422].contains(&reply.status), "{word}: {}", reply.head);
    }
    assert!(!env.path("x").exists());
}

#[test]
fn check_and_compare_say_what_lint_and_diff_say() {
    let env = folder();
    env.ferry(&["export", "trial", "--out", "later"]);
    change(&env, "later", "settings-catalog/", "Another description");
    let ui = Ui::start(&env, ".");
    let check = ui.get("/tree/tree/check").is(200);
    let shown = commands(&check);
    assert_eq!(shown, ["intune-ferry lint tree"]);
    let document = env.run(&["lint", "tree"]);
    let objects = document["objects"].as_array().unwrap();
    assert_eq!(check.body.matches("<article class=\"policy").count(), objects.len());
    let codes = objects.iter().flat_map(|object| object["findings"].as_array().unwrap());
    let codes: Vec<&str> = codes.filter_map(|finding| finding["code"].as_str()).collect();
    assert!(!codes.is_empty());
    for code in codes {
        assert!(check.text().contains(code), "{code}");
    }
    let compared = ui.get("/compare?left=tree&right=later").is(200);
    assert_eq!(commands(&compared), ["intune-ferry diff tree later"]);
    let document = env.run(&["diff", "tree", "later"]);
    assert_eq!(document["counts"]["changed"], 1);
    assert_eq!(compared.body.matches("<article class=\"policy").count(), 1);
    assert!(compared.text().contains("Another description"), "{}", compared.text());
    assert!(ui.get("/compare?left=tree&right=tree").is(200).text().contains("Nothing differs"));
    // What changes on the disk is seen, and a tree that is gone is gone.
    change(&env, "tree", "settings-catalog/", "Seen at once");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    assert_eq!(ui.get("/tree/tree/policies?text=seen+at+once").is(200).body.matches("/tree/tree/policy/").count(), 1);
    std::fs::rename(env.path("tree"), env.path("moved")).unwrap();
    let gone = ui.get("/tree/tree/policies").is(404);
    assert!(gone.text().contains("there is no such tree in this folder"), "{}", gone.text());
    std::fs::write(env.path("moved/ferry-tree.json"), "{").unwrap();
    assert!(ui.get("/").is(200).text().contains("cannot be read"));
    let broken = ui.get("/tree/moved/policies").is(422);
    assert!(broken.text().contains("ferry-tree.json"), "{}", broken.text());
}
