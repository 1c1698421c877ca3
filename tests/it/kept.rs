//! A user's sign-in is kept in the system's keyring between two commands, and asked for again once it ends.

use intune_ferry::sandbox::{SignInSeed, TenantSeed};

use crate::browser_sign_in::{Person, Waiting};
use crate::env::{Env, Ran, TRIAL, empty, quick};

const ADMIN: &str = "admin@contoso-trial.onmicrosoft.com";

fn start(keep: &str) -> Env {
    let sign_in = SignInSeed { public_client: true, ..SignInSeed::default() };
    let env = Env::start(vec![TenantSeed { sign_in, ..empty(TRIAL, "Contoso Trial") }], quick());
    let url = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nauth = \"browser\"\n{keep}graph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    env
}

const LOGIN: [&str; 4] = ["login", "trial", "--only", "platform-scripts"];

/// Signs in, where somebody is asked.
fn asked(env: &Env, person: &Person) -> Ran {
    let waiting = Waiting::start(env, &["--only", "platform-scripts"]);
    person.comes_back(&waiting.address, ADMIN);
    waiting.ends().exits(0)
}

/// Nobody is there to sign in.
fn alone(env: &Env) -> Ran {
    env.ferry(&[&LOGIN[..], &["--no-browser", "--sign-in-timeout", "1"]].concat())
}

#[test]
fn one_sign_in_is_enough_until_it_expires_is_revoked_or_forgotten() {
    let env = start("");
    let person = Person::new(&env);
    let first = asked(&env, &person);
    if first.err.contains("keyring cannot be used") {
        assert_eq!(first.err.matches("keyring cannot be used").count(), 1, "{}", first.err);
        println!("skipped: this system has no keyring: {}", first.err);
        return;
    }
    let second = alone(&env).exits(0);
    assert!(second.out.contains(ADMIN) && !second.err.contains("To sign in"), "{second:?}");

    // Nobody used it for too long.
    let url = format!("{}/_sandbox/expire-sign-ins", env.sandbox().url);
    person.admin(&url, &env.sandbox().admin_secret);
    assert!(alone(&env).exits(6).err.contains("not finished within 1 s"));
    asked(&env, &person);
    alone(&env).exits(0);
    // An administrator revoked it.
    env.sandbox().revoke_tokens();
    alone(&env).exits(6);
    asked(&env, &person);
    alone(&env).exits(0);
    // The user does not want it kept any longer.
    let forgotten = env.ferry(&["login", "trial", "--forget"]).exits(0);
    assert!(forgotten.out.contains("was removed"), "{}", forgotten.out);
    alone(&env).exits(6);
    env.ferry(&["login", "trial", "--forget"]).exits(0);
}

#[test]
fn a_sign_in_that_is_not_to_be_kept_is_asked_for_each_time() {
    let env = start("keep_sign_in = false\n");
    let person = Person::new(&env);
    asked(&env, &person);
    alone(&env).exits(6);
    let ran = env.ferry(&["login", "trial", "--forget"]).exits(2);
    assert!(ran.err.contains("keep_sign_in = false"), "{}", ran.err);
}
