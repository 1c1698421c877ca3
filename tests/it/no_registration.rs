//! Without a `ferry.toml` and without a registration: a user signs in with a browser through Microsoft's public client,
//! and is asked for what the command needs, reading first.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use intune_ferry::sandbox::{Behaviour, SignInSeed, TenantSeed};
use serde_json::json;

use crate::browser_sign_in::{Person, Waiting};
use crate::env::{Env, PRODUCTION, Ran, TRIAL, empty, quick, sample};
use crate::objects::{SCRIPTS, script};

const SOURCE: &str = "contoso-trial.onmicrosoft.com";
const TARGET: &str = "fabrikam-production.onmicrosoft.com";

fn start(source: TenantSeed, behaviour: Behaviour) -> Env {
    let env = Env::start(vec![source, empty(PRODUCTION, "Fabrikam Production")], behaviour);
    std::fs::remove_file(env.path("ferry.toml")).unwrap();
    env
}

fn has_script() -> bool {
    let found = Command::new("script").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: there is no `script` of util-linux, which makes a terminal");
    }
    found
}

/// Runs a command at a terminal: somebody signs in wherever the program asks for it, and types the tenant's name. How
/// often somebody signed in.
pub fn by_a_person(env: &Env, words: &[&str], user: &str, name: &str) -> (Ran, usize) {
    let program = env!("CARGO_BIN_EXE_intune-ferry");
    let line = std::iter::once(&program).chain(words).map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env_clear();
    command.envs(env.command(&[]).get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));
    command.env("TERM", "dumb").env("SHELL", "/bin/sh").env("AZURE_AUTHORITY_HOST", &env.sandbox().url);
    command.current_dir(env.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut typed, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (person, mut out, mut seen, mut signed_in) = (Person::new(env), String::new(), 0, 0);
    let mut piece = [0; 4096];
    loop {
        let length = shown.read(&mut piece).unwrap_or(0);
        if length == 0 {
            break;
        }
        out.push_str(&String::from_utf8_lossy(&piece[..length]));
        if let Some(at) = out[seen..].find("--sign-in-port keeps") {
            let asked = out[seen..seen + at].to_owned();
            seen += at + 10;
            let address = asked.split_whitespace().find(|word| word.starts_with("http://localhost:")).unwrap();
            person.comes_back(address, user);
            signed_in += 1;
        }
        if let Some(at) = out[seen..].find("Type the tenant's name") {
            seen += at + 10;
            writeln!(typed, "{name}").unwrap();
        }
    }
    drop(typed);
    let output = child.wait_with_output().unwrap();
    (Ran::of(std::process::Output { stdout: out.into_bytes(), ..output }), signed_in)
}

#[test]
fn a_move_takes_four_commands_and_neither_a_file_nor_a_registration() {
    if !has_script() {
        return;
    }
    let env = start(sample("contoso-trial", TRIAL, "Contoso Trial"), quick());
    let (mut typed, mut signed_in, mut has_keyring) = (0, 0, true);
    let mut run = |words: &[&str], codes: &[i32]| {
        let user = if words.contains(&TARGET) {
            "admin@fabrikam-production.onmicrosoft.com"
        } else {
            "admin@contoso-trial.onmicrosoft.com"
        };
        let (ran, times) = by_a_person(&env, words, user, "Fabrikam Production");
        assert!(codes.contains(&ran.code), "{words:?}: {}\n{}", ran.code, ran.out);
        typed += 1;
        signed_in += times;
        has_keyring &= !ran.out.contains("keyring cannot be used");
    };
    run(&["export", SOURCE, "--out", "contoso"], &[0]);
    run(&["map", "contoso", "--to", TARGET, "--out", "mapping.json", "--create-missing", "group"], &[0, 4]);
    run(&["import", "contoso", "--to", TARGET, "--mapping", "mapping.json"], &[0, 3, 4, 5]);
    run(&["verify", "contoso", "--to", TARGET, "--mapping", "mapping.json"], &[0, 3, 4]);
    assert!(env.writes(PRODUCTION) > 0, "something was written");
    println!("a move without ferry.toml and without a registration: {typed} commands typed, {signed_in} sign-ins");
    assert_eq!(typed, 4);
    // The source to read, the target to read, and the target to write.
    if has_keyring {
        assert!(signed_in <= 3, "{signed_in} sign-ins");
    } else {
        println!("skipped: this system has no keyring, so the sign-ins are not held to three");
    }
    assert!(!env.path("ferry.toml").exists());
}

#[test]
fn reading_is_asked_for_first_and_writing_once_something_is_written() {
    if !has_script() {
        return;
    }
    let objects = json!({SCRIPTS: [script(1, "One", "AAAA")]});
    let env = start(TenantSeed { objects, ..empty(TRIAL, "Contoso Trial") }, quick());
    let admin = |domain: &str| format!("admin@{domain}");
    let export = ["export", SOURCE, "--out", "tree", "--only", "platform-scripts"];
    by_a_person(&env, &export, &admin(SOURCE), "").0.exits(0);
    let held = |tenant: &str, only: &str| -> Vec<String> {
        let ran =
            by_a_person(&env, &["login", tenant, "--only", only, "--format", "json"], &admin(tenant), "").0.exits(0);
        let (from, to) = (ran.out.find('{').unwrap(), ran.out.rfind('}').unwrap());
        let document: serde_json::Value = serde_json::from_str(&ran.out[from..=to]).unwrap();
        let names = document["details"]["permissions"].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let read = held(SOURCE, "platform-scripts");
    assert!(read.contains(&"DeviceManagementScripts.Read.All".to_owned()), "{read:?}");
    assert!(!read.iter().any(|name| name.contains("Write") || name == "Policy.Read.All"), "{read:?}");

    let import = ["import", "tree", "--to", TARGET];
    let (ran, times) = by_a_person(&env, &import, &admin(TARGET), "Fabrikam Production");
    assert_eq!((ran.exits(0).code, times), (0, 2), "once to read, once to write");
    let write = held(TARGET, "platform-scripts");
    let written: Vec<&String> = write.iter().filter(|name| name.contains("Write")).collect();
    assert_eq!(written, ["DeviceManagementScripts.ReadWrite.All", "Group.ReadWrite.All"], "{write:?}");
    // An import that has nothing to write asks for nothing more.
    let again = by_a_person(&env, &import, &admin(TARGET), "Fabrikam Production").0;
    assert!(again.out.contains("nothing to") || again.code == 0, "{}", again.out);
}

#[test]
fn a_missing_consent_is_one_sentence_with_the_page_where_it_is_given() {
    let env = start(empty(TRIAL, "Contoso Trial"), quick());
    let url = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nauth = \"browser\"\nkeep_sign_in = false\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    let person = Person::new(&env);
    let eve = format!("eve@{SOURCE}");
    let waiting = Waiting::start(&env, &["--only", "platform-scripts"]);
    person.comes_back(&waiting.address, &eve);
    let ran = waiting.ends().exits(6);
    let (_, link) =
        ran.err.split_once("an administrator can consent for all users at ").unwrap_or_else(|| panic!("{}", ran.err));
    let link = link.split_whitespace().next().unwrap();
    assert!(
        link.contains("/v2.0/adminconsent?client_id=14d82eec-204b-4c2f-b7e8-296a70dab67e") && !link.contains("Write"),
        "{link}"
    );
    assert_eq!(ran.err.matches("consent of an administrator").count(), 1, "{}", ran.err);
    // Somebody who may opens it, and then everybody can sign in.
    let page = person.get(link);
    assert!(page.text.contains("DeviceManagementScripts.Read.All"), "{page:?}");
    person.fills(&page, &[("answer", "accept")]);
    let waiting = Waiting::start(&env, &["--only", "platform-scripts"]);
    person.comes_back(&waiting.address, &eve);
    let ran = waiting.ends().exits(0);
    assert!(ran.out.contains(&eve), "{}", ran.out);
}

#[test]
fn a_device_code_needs_no_registration_either() {
    let behaviour = Behaviour { device_interval: std::time::Duration::from_secs(1), ..quick() };
    let env =
        Env::start(vec![TenantSeed { sign_in: SignInSeed::default(), ..empty(TRIAL, "Contoso Trial") }], behaviour);
    let url = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nauth = \"device-code\"\nkeep_sign_in = false\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    let ran = crate::sign_in::by_code(&env, "answer=accept").exits(0);
    assert!(
        ran.out.contains("14d82eec-204b-4c2f-b7e8-296a70dab67e") || ran.out.contains("Sandbox application"),
        "{}",
        ran.out
    );
}

#[test]
fn init_writes_a_file_that_works_and_adds_to_it() {
    let env = start(empty(TRIAL, "Contoso Trial"), quick());
    let ran = env.ferry(&["init", SOURCE]).exits(0);
    assert!(ran.out.contains("ferry.toml describes the tenant `contoso`"), "{}", ran.out);
    assert!(ran.err.contains("intune-ferry login contoso"), "{}", ran.err);
    let first = std::fs::read_to_string(env.path("ferry.toml")).unwrap();
    assert!(first.starts_with("# Tenants for intune-ferry."), "{first}");
    let client = "11111111-2222-4333-8444-555555555555";
    env.ferry(&["init", TARGET, "--auth", "client-secret", "--client-id", client, "--name", "production"]).exits(0);
    let both = std::fs::read_to_string(env.path("ferry.toml")).unwrap();
    assert!(both.starts_with(first.trim_end()) && both.contains("[tenants.production]"), "{both}");
    // What was written is understood: the secret is what is missing.
    let ran = env.ferry(&["login", "production"]).exits(2);
    assert!(ran.err.contains("AZURE_CLIENT_SECRET"), "{}", ran.err);
    let twice = env.ferry(&["init", SOURCE]).exits(2);
    assert!(twice.err.contains("already a tenant `contoso`"), "{}", twice.err);
    assert_eq!(std::fs::read_to_string(env.path("ferry.toml")).unwrap(), both);
    env.ferry(&["init"]).exits(2);
    assert!(env.ferry(&["init", "x.example", "--auth", "client-certificate"]).exits(2).err.contains("--client-id"));
    // A file that is broken is not written to.
    std::fs::write(env.path("ferry.toml"), "[tenants.a\n").unwrap();
    env.ferry(&["init", SOURCE]).exits(2);
    assert_eq!(std::fs::read_to_string(env.path("ferry.toml")).unwrap(), "[tenants.a\n");
}
