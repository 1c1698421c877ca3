//! Every example of a command's help, of the README and of the docs is run as it stands: in a folder that has what the
//! examples name, against emulated tenants. None may end as a mistake (1 or 2).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use clap::CommandFactory as _;
use intune_ferry::cli::program::Cli;
use intune_ferry::config::secrets_file::{self, Recipients};
use intune_ferry::sandbox::TenantSeed;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::env::{CLIENT, Env, PRODUCTION, SECRET, TRIAL, YES, empty, quick, tenants};
use crate::no_registration::by_a_person;
use crate::objects::{SCRIPTS, group, guid, script, to, with_assignments};

/// What is longer would break in a terminal, and could not be pasted.
const WIDEST: usize = 96;
/// How a line says that another shell is meant.
const OTHER_SHELLS: [(&str, &str); 6] = [
    ("Out-String", "pwsh"),
    ("Out-File", "pwsh"),
    ("completions zsh", "zsh"),
    ("ConvertFrom-Json", "pwsh"),
    ("cmd /c", "cmd"),
    ("fish | source", "fish"),
];

/// Gives each line below the help of a command and of those inside it.
fn below(command: &clap::Command, add: &mut impl FnMut(&str, &str)) {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    after.lines().for_each(|line| add(line, command.get_name()));
    command.get_subcommands().for_each(|inner| below(inner, add));
}

/// All examples with where they are.
fn examples() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut add = |line: &str, from: &str| {
        // A remark behind a command is not part of it.
        let line = line.trim().trim_start_matches("$ ");
        let line = line.split("  #").next().unwrap_or(line).trim();
        // A line of a loop is not an example by itself.
        let is_whole = !line.contains("$type");
        if is_whole && line.starts_with("intune-ferry ") || line.starts_with("source <(intune-ferry") {
            found.entry(line.to_owned()).or_insert_with(|| from.to_owned());
        }
    };
    below(&Cli::command(), &mut add);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let texts = ["README.md", "docs", "samples"].map(|name| root.join(name));
    for file in texts.iter().flat_map(walkdir::WalkDir::new).map(Result::unwrap) {
        if file.path().extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(file.path()).unwrap();
        let mut is_code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if is_code {
                add(line, &file.path().display().to_string());
            }
        }
    }
    found
}

/// Two tenants and everything that an example names.
fn place() -> Env {
    let source = json!({
        "groups": [group(&guid(901), "Staff")],
        SCRIPTS: [with_assignments(script(1, "One", "AAAA"), &[to(&guid(901))]), script(2, "Two", "AAAA")],
    });
    let target = json!({
        "groups": [group("b2000000-0000-4000-8000-000000000901", "Staff"), group("b2000000-0000-4000-8000-000000000902", "Pilots")],
    });
    let trial = TenantSeed {
        objects: source,
        default_domain: "contoso.onmicrosoft.com".into(),
        ..empty(TRIAL, "Contoso Trial")
    };
    let production = TenantSeed { objects: target, ..empty(PRODUCTION, "Fabrikam Production") };
    let env = Env::start(vec![trial, production], quick());
    // The tenant that the examples name by its domain: an application signs in, so that no one waits for a browser.
    let url = &env.sandbox().url;
    let table = format!(
        "[tenants.by-domain]\ntenant_id = \"contoso.onmicrosoft.com\"\nclient_id = \"{CLIENT}\"\n\
         auth = \"client-secret\"\nclient_secret_env = \"SANDBOX_SECRET\"\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    let profiles = std::fs::read_to_string(env.path("ferry.toml")).unwrap();
    std::fs::write(env.path("ferry.toml"), format!("{profiles}{table}")).unwrap();
    let ferry = |line: &str, code: i32| drop(env.ferry(&line.split(' ').collect::<Vec<_>>()).exits(code));
    ferry("export trial --out trial", 0);
    ferry("export trial --out monday", 0);
    ferry("export trial --out tuesday", 0);
    ferry("export production --out backup", 0);
    ferry("export production --out tenant", 0);
    ferry("map trial --to production --out mapping.json", 0);
    ferry("rewrite trial --mapping mapping.json --out rewritten", 0);
    ferry("plan trial --to production --mapping mapping.json --out plan.json", 3);
    for day in ["monday", "tuesday", "friday"] {
        env.ferry(&["ready", "trial", "--to", "production", "--out", &format!("ready-{day}.json")]);
        assert!(env.path(&format!("ready-{day}.json")).is_file());
    }
    std::fs::create_dir(env.path("packages")).unwrap();
    let identity = age::x25519::Identity::generate();
    std::fs::write(env.path("key.txt"), format!("{}\n", identity.to_string().expose_secret())).unwrap();
    std::fs::write(env.path("recipients.txt"), format!("{}\n", identity.to_public())).unwrap();
    let recipients = Recipients::parse(&[identity.to_public().to_string()]).unwrap();
    let secrets = BTreeMap::from([(String::from("FERRY_A"), "a secret".into())]);
    for name in ["trial.age", "production.age"] {
        secrets_file::save(&env.path(name), &recipients, &secrets).unwrap();
    }
    // Another tool's folder, in the home that `~` names.
    std::fs::create_dir_all(env.path("intune-backup")).unwrap();
    let policy = std::fs::read_dir(env.path("trial/platform-scripts")).unwrap().map(|entry| entry.unwrap().path());
    let policy = policy.filter(|path| path.extension().is_some_and(|it| it == "json")).min().unwrap();
    std::fs::copy(policy, env.path("intune-backup/One.json")).unwrap();
    // A report of a group policy object, and a folder for templates.
    std::fs::create_dir_all(env.path("admx")).unwrap();
    std::fs::create_dir_all(env.path("gpos")).unwrap();
    let report = r#"<GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"><Name>Clients</Name></GPO>"#;
    std::fs::write(env.path("gpos/Clients.xml"), report).unwrap();
    std::fs::create_dir_all(env.path("mobility")).unwrap();
    let rule = json!({"Name": "Phones{1}", "TargetGroups": [guid(901)], "PasswordRequired": true});
    env.write("mobility/DeviceConditionalAccessRule.json", &rule);
    std::fs::create_dir_all(env.path("profiles")).unwrap();
    let profile = "<plist><dict><key>PayloadContent</key><array></array></dict></plist>";
    std::fs::write(env.path("profiles/Own.mobileconfig"), profile).unwrap();
    std::fs::write(env.path("sandbox.toml"), sandbox()).unwrap();
    let git = |words: &[&str]| {
        assert!(Command::new("git").args(words).current_dir(env.path("")).output().unwrap().status.success());
    };
    git(&["init", "--quiet"]);
    git(&["config", "user.email", "a@contoso.example"]);
    git(&["config", "user.name", "A"]);
    env
}

fn sandbox() -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let text = std::fs::read_to_string(samples.join("sandbox.toml")).unwrap_or_default();
    text.replace("tenants/", &format!("{}/tenants/", samples.display()))
}

/// Brings the folder to where the example goes on from.
fn arrange(env: &Env, line: &str) {
    let pilot = line.contains("--wave");
    let ferry = |words: &[&str], codes: &[i32]| {
        let ran = env.ferry(words);
        assert!(codes.contains(&ran.code), "{words:?}: {}", ran.err);
    };
    if line.contains("ferry-runs/move.ndjson") {
        let import = ["import", "trial", "--to", "production", "--mapping", "mapping.json", YES, "--journal"];
        let more: &[&str] = if pilot { &["--assignments", "pilot=Pilots"] } else { &[] };
        std::fs::create_dir_all(env.path("ferry-runs")).unwrap();
        ferry(&[&import[..], &["ferry-runs/move.ndjson"], more].concat(), &[0]);
    }
    // What the line before it has exported.
    if line.contains("report contoso") {
        ferry(&["export", "contoso.onmicrosoft.com", "--out", "contoso"], &[0]);
    }
    // A folder that is filled for the first time.
    if line.starts_with("intune-ferry adopt") {
        std::fs::remove_dir_all(env.path("trial")).unwrap();
    }
    // A file that is written for the first time.
    for new in ["secrets.json", "production.md"] {
        std::fs::remove_file(env.path(new)).ok();
    }
    if line.contains("export") && line.contains("--secrets") {
        std::fs::remove_file(env.path("trial.age")).ok();
    }
    if line.contains("--commit") {
        let out = line.split(' ').skip_while(|word| *word != "--out").nth(1).unwrap();
        std::fs::create_dir_all(env.path(out)).unwrap();
    }
}

/// Runs a line in a shell, as it stands; at a terminal, since some ask. Says how it ended and what it said.
fn run(env: &Env, shell: &str, line: &str) -> (i32, String) {
    // Only a user can register an application.
    if line.contains("register") {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let (ran, _) = by_a_person(env, &words, "admin@contoso.onmicrosoft.com", "Contoso Trial");
        return (ran.code, ran.out + &ran.err);
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_intune-ferry")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path))).unwrap();
    let url = &env.sandbox().url;
    // What goes on until it is stopped is stopped.
    let line = if line.starts_with("intune-ferry sandbox") || line.starts_with("intune-ferry ui") {
        format!("timeout --signal INT 3 {line}")
    } else {
        line.to_owned()
    };
    // As the example says: after compinit.
    let line = if shell == "zsh" { format!("autoload -Uz compinit; compinit -u; {line}") } else { line };
    let mut command = Command::new("script");
    let inner = format!("{shell} -c '{}'", line.replace('\'', "'\\''"));
    command.args(["--quiet", "--return", "--command", &inner, "/dev/null"]);
    command.current_dir(env.path("")).env_clear().env("PATH", path).env("HOME", env.path("")).env("TERM", "dumb");
    command.env("SANDBOX_SECRET", SECRET).env("TRIAL_SECRET", SECRET).env("MANPAGER", "cat").env("SHELL", "/bin/sh");
    command.env("AZURE_TENANT_ID", PRODUCTION).env("AZURE_CLIENT_ID", CLIENT).env("AZURE_CLIENT_SECRET", SECRET);
    command.env("AZURE_AUTHORITY_HOST", url).env("XDG_CACHE_HOME", env.path("cache"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b"Fabrikam Production\n").unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), said)
}

fn is_there(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|it| it.join(program).exists()))
}

#[test]
fn every_example_runs_as_it_stands() {
    let all = examples();
    assert!(all.len() > 60, "{}", all.len());
    if !is_there("script") {
        println!("skipped: there is no script of util-linux here, which makes a terminal");
        return;
    }
    // Whoever changes a tenant, or what others read, gets a place of its own.
    let changes = |line: &str| {
        ["import", "undo", "export", "map", "adopt", "init"].contains(&line.split(' ').nth(1).unwrap_or(""))
    };
    let shared = place();
    let mut wrong = Vec::new();
    let mut skipped = BTreeSet::new();
    for (line, from) in &all {
        let shell = OTHER_SHELLS.iter().find(|(mark, _)| line.contains(mark)).map_or("bash", |(_, shell)| shell);
        if !is_there(shell) {
            skipped.insert(shell);
            continue;
        }
        let own = changes(line).then(place);
        let env = own.as_ref().unwrap_or(&shared);
        arrange(env, line);
        let (code, said) = run(env, shell, line);
        let is_stopped =
            (line.contains("sandbox") || line.starts_with("intune-ferry ui")) && [124, 130].contains(&code);
        if !(is_stopped || [0, 3, 4, 5, 6].contains(&code)) {
            wrong.push(format!("{from}: {line}\n  ended with {code}: {said}"));
        }
    }
    for shell in skipped {
        println!("skipped: the examples for {shell}, which is not here");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_example_is_wider_than_a_terminal() {
    let wide: Vec<String> = examples()
        .into_iter()
        .filter(|(line, _)| line.chars().count() > WIDEST)
        .map(|(line, from)| format!("{from}: {line}"))
        .collect();
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[test]
fn a_help_keeps_its_command_lines_whole_in_a_narrow_terminal() {
    if !is_there("script") {
        println!("skipped: there is no script of util-linux here, which makes a terminal");
        return;
    }
    let env = tenants(&json!({}), &json!({}));
    let (code, said) =
        run(&env, "sh", "stty cols 60; intune-ferry import --help; intune-ferry secrets template --help");
    assert_eq!(code, 0, "{said}");
    let lines: BTreeSet<&str> = said.lines().map(str::trim).collect();
    for whole in [
        "intune-ferry import trial --to production --mapping mapping.json --assignments pilot=Pilots",
        "intune-ferry secrets template trial --out secrets.json",
    ] {
        assert!(lines.contains(whole), "{whole}: {said}");
    }
    assert!(!said.contains('\u{e000}'), "{said}");
}

/// A paragraph that is broken by hand is broken twice where the terminal is narrower, and a description of an example
/// that does not fit goes on at the left edge.
#[test]
fn the_help_wraps_by_itself() {
    let mut wrong = Vec::new();
    let mut before = String::new();
    below(&Cli::command(), &mut |line, from| {
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':');
        if is_prose(line) && is_prose(&before) {
            wrong.push(format!("{from}: goes on in a new line: {line}"));
        }
        if line.starts_with("  ") && !line.starts_with("    ") && line.chars().count() > 78 {
            wrong.push(format!("{from}: longer than 78: {line}"));
        }
        line.clone_into(&mut before);
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
