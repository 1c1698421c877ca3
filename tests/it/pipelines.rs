//! The commands of the pipelines in `samples/pipelines`, taken out of the files and run against the sandbox, in
//! a repository with a remote, as the services run them: bash, stopping at the first error.

use std::path::Path;
use std::process::{Command, Output};

use intune_ferry::sandbox::{Failure, Fault};
use serde_json::json;

use crate::env::{Env, PRODUCTION, SECRET, empty, quick, sample};

const REFUSED: &str = "deviceManagement/deviceManagementScripts";

/// One block of commands of a job, by what it does.
fn block(file: &str, mark: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/pipelines").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks: Vec<String> = Vec::new();
    let mut inside: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if inside.is_some_and(|outer| indent > outer || line.trim().is_empty()) {
            let last = blocks.last_mut().unwrap();
            last.push_str(line.trim_start());
            last.push('\n');
            continue;
        }
        inside = None;
        if ["run: |", "bash: |", "- |"].iter().any(|start| line.trim_end().ends_with(start)) {
            blocks.push(String::new());
            inside = Some(indent);
        }
    }
    let found: Vec<&String> = blocks.iter().filter(|block| block.contains(mark)).collect();
    let [one] = found[..] else { panic!("{file}: {} blocks with `{mark}`", found.len()) };
    one.clone()
}

/// Runs a block in the clone. Options that this build does not have yet are named and left out.
fn run(env: &Env, block: &str) -> Output {
    let mut script = block.to_owned();
    for command in ["diff", "plan", "import"] {
        let html = format!(" --html {}.html", if command == "diff" { "drift" } else { command });
        if script.contains(&html) && !env.ferry(&[command, "--help"]).out.contains("--html") {
            println!("skipped: {command} has no --html");
            script = script.replace(&html, "");
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_intune-ferry")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", &script])
        .current_dir(env.path("clone"))
        .env_clear()
        .env("PATH", path)
        .env("HOME", env.path("."))
        .env("SANDBOX_SECRET", SECRET)
        .env("INTUNE_TENANT_ID", PRODUCTION)
        .output()
        .unwrap();
    for stream in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(stream).contains(SECRET), "the secret was printed");
    }
    output
}

#[track_caller]
fn ends(output: &Output, code: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(code), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn git(env: &Env, folder: &str, words: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
        .args(words)
        .current_dir(env.path(folder))
        .env("HOME", env.path("."))
        .output()
        .unwrap();
    ends(&output, 0)
}

/// A night, a change, a request, a merge.
fn goes_round(file: &str) {
    let production = sample("fabrikam-production", PRODUCTION, "Fabrikam");
    let env = Env::start(vec![empty("5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903", "Trial"), production], quick());
    git(&env, ".", &["init", "--quiet", "--bare", "--initial-branch=main", "remote.git"]);
    git(&env, ".", &["clone", "--quiet", "remote.git", "clone"]);
    std::fs::copy(env.path("ferry.toml"), env.path("clone/ferry.toml")).unwrap();
    git(&env, "clone", &["add", "ferry.toml"]);
    git(&env, "clone", &["commit", "--quiet", "--message=begin"]);
    git(&env, "clone", &["branch", "--move", "--force", "main"]);

    let [backup, drift] = ["export", "diff"].map(|command| block(file, &format!("intune-ferry {command}")));
    let [plan, import] = ["plan", "import"].map(|command| block(file, &format!("intune-ferry {command}")));
    let log = |range: &str| git(&env, "remote.git", &["log", "--format=%an <%ae>%n%B", range, "main"]);

    // The first night: everything is new.
    ends(&run(&env, &backup), 0);
    assert!(log("-1").contains(" added\n"), "{}", log("-1"));
    ends(&run(&env, &drift), 0);
    // A night without a change makes no commit.
    assert!(ends(&run(&env, &backup), 0).contains("nothing was committed"));
    assert_eq!(git(&env, "remote.git", &["rev-list", "--count", "main"]).trim(), "2");

    // Someone changes a policy in the portal: it is drift, and the backup says who.
    let (collection, id, name) = ("deviceManagement/deviceCompliancePolicies", compliance(&env), "Changed by hand");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(env.sandbox().edit(PRODUCTION, collection, &id, &json!({"description": name})));
    ends(&run(&env, &drift), 3);
    ends(&run(&env, &backup), 0);
    let message = log("-1");
    assert!(message.starts_with("admin <admin@fabrikam.onmicrosoft.com>\n"), "{message}");
    assert!(message.contains(": 1 changed\n") && message.contains("\ncompliance-policies\n  ~ "), "{message}");
    ends(&run(&env, &drift), 0);

    // A request changes the policy in the tree: planned, imported, and no drift any more.
    let tree = env.path("clone/tenant/compliance-policies");
    let file = std::fs::read_dir(tree)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| std::fs::read_to_string(path).unwrap().contains(name));
    let file = file.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(name, "Changed by request")).unwrap();
    git(&env, "clone", &["commit", "--quiet", "--all", "--message=Change by request"]);
    let writes = env.writes(PRODUCTION);
    ends(&run(&env, &plan), 0);
    assert_eq!(env.writes(PRODUCTION), writes, "a plan writes nothing");
    assert!(env.path("clone/plan.json").is_file());
    let imported = run(&env, &import);
    // Other policies of the tenant may be held for reasons of their own; the changed one is not.
    assert!([Some(0), Some(4)].contains(&imported.status.code()), "{}", String::from_utf8_lossy(&imported.stdout));
    assert!(env.sandbox().state(PRODUCTION)[collection].to_string().contains("Changed by request"));
    assert!(env.path("clone/import.ndjson").is_file());
    ends(&run(&env, &drift), 0);

    // A type that cannot be read fails the job, and what could be read is kept all the same.
    assert!(env.sandbox().edit(PRODUCTION, collection, &id, &json!({"description": "Again"})));
    env.sandbox().fail(Fault { path: REFUSED.into(), status: Failure::Status(403), ..Fault::default() });
    ends(&run(&env, &backup), 5);
    assert!(log("-1").contains(": 1 changed\n"), "{}", log("-1"));
}

fn compliance(env: &Env) -> String {
    env.sandbox().state(PRODUCTION)["deviceManagement/deviceCompliancePolicies"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn github_actions() {
    goes_round("github.yml");
}

#[test]
fn azure_devops() {
    goes_round("azure-devops.yml");
}

#[test]
fn gitlab() {
    goes_round("gitlab.yml");
}
