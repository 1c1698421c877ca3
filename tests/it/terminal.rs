//! At a terminal: what asks for confirmation, what is shown there, and what a shell completes. A terminal is made by
//! `script` of util-linux; where that, or a shell, is missing, a test says so and is skipped.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, exported};
use crate::objects::{SCRIPTS, script};

fn is_there(program: &str) -> bool {
    let found =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|it| it.join(program).exists()));
    if !found {
        println!("skipped: there is no {program} here");
    }
    found
}

/// Runs the program at a terminal, where somebody types this.
fn at_a_terminal(env: &Env, words: &[&str], typed: &str) -> Ran {
    let program = env!("CARGO_BIN_EXE_intune-ferry");
    let line = std::iter::once(&program).chain(words).map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let own = env.command(&[]);
    let variables = own.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    command
        .env_clear()
        .envs(variables)
        .env("TERM", "dumb")
        .env("MANPAGER", "cat")
        .env("PAGER", "cat")
        .env("SHELL", "/bin/sh");
    command.current_dir(env.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

fn scripts(env: &Env) -> usize {
    env.sandbox().state(PRODUCTION)[SCRIPTS].as_array().map_or(0, Vec::len)
}

fn journal(document: &Value) -> String {
    document["details"]["journal"].as_str().unwrap().to_owned()
}

#[test]
fn a_rehearsal_asks_at_a_terminal_as_a_real_tenant_does() {
    if !is_there("script") {
        return;
    }
    let env = exported(&json!({SCRIPTS: [script(1, "One", "AAAA")]}), &json!({}));
    let import = ["import", "tree", "--to", "production"];
    let asked = at_a_terminal(&env, &import, "Contoso\n");
    assert!(asked.out.contains("Type the tenant's name"), "{}", asked.out);
    assert_eq!((asked.code, scripts(&env)), (2, 0), "another name writes nothing: {}", asked.out);
    let done = at_a_terminal(&env, &import, "Fabrikam Production\n");
    assert_eq!((done.code, scripts(&env)), (0, 1), "{}", done.out);
    let file = std::fs::read_dir(env.path("ferry-runs")).unwrap().map(|entry| entry.unwrap().path());
    let file = file.filter(|path| path.extension().is_some_and(|it| it == "ndjson")).max().unwrap();
    let undo = ["undo", file.to_str().unwrap()];
    let asked = at_a_terminal(&env, &undo, "\n");
    assert_eq!((asked.code, scripts(&env)), (2, 1), "{}", asked.out);
    assert_eq!(at_a_terminal(&env, &undo, "Fabrikam Production\n").code, 0);
    assert_eq!(scripts(&env), 0);
}

#[test]
fn an_undo_can_be_looked_at_first() {
    let env = exported(&json!({SCRIPTS: [script(1, "One", "AAAA"), script(2, "Two", "AAAA")]}), &json!({}));
    let record = journal(&env.import(&[]));
    let writes = env.writes(PRODUCTION);
    let before = std::fs::read(env.path(&record)).unwrap();
    let looked = env.ferry(&["undo", &record, "--dry-run", "--format", "json"]).exits(3).json();
    assert_eq!(looked["counts"], json!({"remove": 2}), "{looked:#}");
    let text = env.ferry(&["undo", &record, "--dry-run"]).exits(3);
    assert!(text.out.contains("nothing is written") && text.err.contains(&format!("undo {record}")), "{text:?}");
    assert_eq!((env.writes(PRODUCTION), std::fs::read(env.path(&record)).unwrap()), (writes, before));
    // What stays is counted as undo itself would.
    let id = env.sandbox().state(PRODUCTION)[SCRIPTS][0]["id"].as_str().unwrap().to_owned();
    assert!(env.sandbox().edit(PRODUCTION, SCRIPTS, &id, &json!({"description": "by somebody"})));
    let looked = env.ferry(&["undo", &record, "--dry-run", "--format", "json"]).exits(4).json();
    assert_eq!(looked["counts"], json!({"remove": 1, "stays": 1}), "{looked:#}");
    env.ferry(&["undo", &record, crate::env::YES, "--force"]).exits(0);
    env.ferry(&["undo", &record, "--dry-run"]).exits(0);
    env.ferry(&["undo", &record, "--dry-run", crate::env::YES]).exits(2);
}

#[test]
fn man_shows_a_page_at_a_terminal_and_gives_its_source_to_a_pipe() {
    let env = exported(&json!({}), &json!({}));
    let source = env.ferry(&["man", "import"]).exits(0).out;
    assert!(source.contains(".TH intune-ferry-import 1"), "{source}");
    if !is_there("script") {
        return;
    }
    let page = at_a_terminal(&env, &["man", "import"], "").exits(0).out;
    assert!(page.contains("EXAMPLES") && page.contains("--on-conflict") && !page.contains(".TH"), "{page}");
}

/// What a shell makes of a line that is typed so far.
fn completed(env: &Env, shell: &str, line: &str) -> Option<String> {
    if !is_there(shell) {
        return None;
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_intune-ferry")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path))).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let (last, array) = (words.len() - 1, words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "));
    let own = words[last];
    let asks = match shell {
        "bash" => format!(
            "source <(intune-ferry completions bash); COMP_WORDS=({array}); COMP_CWORD={last}; COMP_TYPE=9; \
             _clap_complete_intune_ferry intune-ferry '{own}' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        ),
        "fish" => format!("intune-ferry completions fish | source; complete --do-complete '{line}'"),
        // The widget that shows the words is taken away: they are printed.
        "zsh" => format!(
            "compdef() {{ :; }}; source <(intune-ferry completions zsh); \
             _describe() {{ print -l -- ${{(P)3}}; }}; words=({array}); CURRENT={}; _clap_dynamic_completer_intune_ferry",
            last + 1
        ),
        _ => format!(
            "intune-ferry completions powershell | Out-String | Invoke-Expression; \
             (TabExpansion2 '{line}' {}).CompletionMatches.CompletionText",
            line.chars().count()
        ),
    };
    let given: &[&str] = match shell {
        "pwsh" => &["-NoProfile", "-NonInteractive", "-Command"],
        "bash" => &["--norc", "-c"],
        "zsh" => &["-f", "-c"],
        _ => &["-c"],
    };
    let mut command = Command::new(shell);
    command.args(given).arg(asks).current_dir(env.path("")).env("PATH", path).env("HOME", env.path(""));
    let output = command.output().unwrap();
    Some(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn every_shell_completes_commands_flags_types_codes_and_tenants() {
    let env = exported(&json!({}), &json!({}));
    for shell in ["bash", "zsh", "fish", "pwsh"] {
        for (line, wanted) in [
            ("intune-ferry exp", "export"),
            ("intune-ferry export --accept-r", "--accept-removals"),
            ("intune-ferry export trial --only settings-c", "settings-catalog"),
            ("intune-ferry export trial --only apps,settings-c", "settings-catalog"),
            ("intune-ferry explain needs-s", "needs-secret"),
            ("intune-ferry plan tree --to prod", "production"),
            ("intune-ferry export tri", "trial"),
            ("intune-ferry plan tree --on-conflict up", "update"),
        ] {
            if let Some(offered) = completed(&env, shell, line) {
                assert!(offered.contains(wanted), "{shell}: {line}: {offered}");
            }
        }
    }
}
