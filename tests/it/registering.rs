//! `login --register` and `--unregister`: what is granted is what the selected types need, it signs in, nothing is made
//! twice, nothing foreign is touched, and removing it leaves the tenant as it was.

use std::collections::BTreeSet;

use intune_ferry::sandbox::{Answer, Behaviour, Failure, Fault, Field, Moment, TenantSeed};
use serde_json::{Value, json};

use crate::browser_sign_in::{Person, Waiting};
use crate::env::{Env, Ran, TRIAL, empty, quick};

const ADMIN: &str = "admin@contoso-trial.onmicrosoft.com";
const NEW: [&str; 3] = ["--register", "--certificate", "ferry.pem"];

fn start(seed: TenantSeed, behaviour: Behaviour) -> Env {
    let env = Env::start(vec![seed], behaviour);
    let url = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nauth = \"browser\"\nkeep_sign_in = false\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    env
}

fn trial() -> Env {
    start(empty(TRIAL, "Contoso Trial"), quick())
}

/// Waits for the browser; the tenant is confirmed by its ID.
fn waiting(env: &Env, more: &[&str]) -> Waiting {
    let mut words = more.to_vec();
    words.extend(["--yes", TRIAL, "--format", "json"]);
    Waiting::start(env, &words)
}

/// Runs `login trial` with these words, while an administrator signs in.
fn login(env: &Env, more: &[&str]) -> Ran {
    let waiting = waiting(env, more);
    Person::new(env).comes_back(&waiting.address, ADMIN);
    waiting.ends()
}

fn details(ran: &Ran) -> Value {
    ran.json()["details"].clone()
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap_or_else(|| panic!("{list}")).iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// What the directory holds of applications.
fn registered(env: &Env) -> (Vec<Value>, Vec<Value>) {
    let state = env.sandbox().state(TRIAL);
    let all = |root: &str| state[root].as_array().cloned().unwrap_or_default();
    (all("applications"), all("servicePrincipals"))
}

/// Adds the table that was shown to the file, and gives its name.
fn add_table(env: &Env, details: &Value) -> String {
    let file = env.path("ferry.toml");
    let text = std::fs::read_to_string(&file).unwrap() + details["table"].as_str().unwrap();
    std::fs::write(file, text).unwrap();
    details["tableName"].as_str().unwrap().to_owned()
}

/// The least that these types need, by what `types` says of each of them.
fn needed(env: &Env, key: &str, types: &[&str]) -> BTreeSet<String> {
    let permissions = |name: &&str| {
        let shown = env.ferry(&["types", name, "--format", "json"]).exits(0).json();
        strings(&shown["details"]["permissions"][key])
    };
    types.iter().flat_map(permissions).collect()
}

/// Whether holding one is as good as holding the other: to write is to read, and what Microsoft documents to be wider.
fn gives(held: &str, needed: &str) -> bool {
    let shared: toml::Table = crate::evidence::file("shared.toml").parse().unwrap();
    let wider = shared["implied-permissions"].as_array().unwrap().iter();
    let wider = wider.filter(|it| it["permission"].as_str() == Some(needed));
    let given = |it: &toml::Value| it["given-by"].as_array().unwrap().iter().any(|by| by.as_str() == Some(held));
    held == needed || held == needed.replace(".Read.", ".ReadWrite.") || wider.into_iter().any(given)
}

#[test]
fn what_is_granted_is_what_the_types_need_and_it_signs_in() {
    let env = trial();
    let before = registered(&env);
    let made = login(&env, &NEW).exits(0);
    let made = details(&made);
    let granted = strings(&made["granted"]);
    assert_eq!(granted, strings(&made["permissions"]), "everything that is wanted is granted");
    assert!(!granted.iter().any(|name| name.contains(".ReadWrite.")), "only to read: {granted:?}");

    // What an export needs by what each type says, and nothing beside what is read with them.
    let names = env.ferry(&["types", "--format", "json"]).exits(0).json();
    let names: Vec<&str> = names["objects"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    let name = add_table(&env, &made);
    let signed_in = env.ferry(&["login", &name, "--require", "read", "--format", "json"]).exits(0).json();
    let signed_in = &signed_in["details"];
    let by_persons = strings(&signed_in["readableByPersonsOnly"]);
    // Some types are there on request only; what the selection has is what an application is held against.
    let selected: BTreeSet<&str> =
        signed_in["needs"].as_array().unwrap().iter().map(|need| need["what"].as_str().unwrap()).collect();
    let is_selected = |name: &&str| selected.contains(*name) && !by_persons.contains(*name);
    let types: Vec<&str> = names.into_iter().filter(is_selected).collect();
    assert!(types.len() > 50, "{types:?}");
    let of_types = needed(&env, "read", &types);
    let readable: BTreeSet<&String> = of_types.iter().filter(|name| !name.contains(".ReadWrite.")).collect();
    for name in &readable {
        assert!(granted.iter().any(|held| gives(held, name)), "{name} is needed and not granted");
    }
    assert_eq!(strings(&signed_in["permissions"]), granted, "the token holds exactly these");
    assert!(granted.is_subset(&strings(&signed_in["leastToRead"])), "nothing beside the least: {granted:?}");
    assert_eq!(signed_in["delegated"], false);
    env.ferry(&["export", &name, "--out", "tree"]).exits(0);

    // Repeated, it changes nothing and asks nothing.
    let (applications, principals) = registered(&env);
    let again = details(&login(&env, &NEW).exits(0));
    assert_eq!(
        (again["changed"].clone(), again["applicationId"].clone()),
        (json!(false), made["applicationId"].clone())
    );
    assert_eq!(registered(&env), (applications, principals));

    // To import, permissions are added; a selection takes away what it does not need.
    let more = details(&login(&env, &[&NEW[..], &["--write"]].concat()).exits(0));
    assert!(strings(&more["granted"]).contains("DeviceManagementConfiguration.ReadWrite.All"), "{more}");
    env.ferry(&["login", &name, "--require", "write"]).exits(0);
    let few = details(&login(&env, &[&NEW[..], &["--only", "platform-scripts"]].concat()).exits(0));
    let few = strings(&few["granted"]);
    assert!(few.contains("DeviceManagementScripts.Read.All") && !few.contains("Policy.Read.All"), "{few:?}");
    env.ferry(&["login", &name, "--only", "platform-scripts", "--require", "read"]).exits(0);
    env.ferry(&["login", &name, "--require", "read"]).exits(6);

    let removed = details(&login(&env, &["--unregister"]).exits(0));
    assert_eq!(removed["removed"], true);
    assert_eq!(registered(&env), before, "the tenant is as before");
    let ran = env.ferry(&["login", &name]).exits(6);
    assert!(ran.err.contains("AADSTS700016"), "{}", ran.err);
    assert_eq!(details(&login(&env, &["--unregister"]).exits(0))["removed"], false);
}

#[test]
fn a_pipeline_signs_in_without_a_secret() {
    let env = trial();
    let issuer = "https://vstoken.dev.azure.com/contoso";
    let trusted = ["--register", "--issuer", issuer, "--subject", "sc://contoso/intune/c-1"];
    let made = details(&login(&env, &trusted).exits(0));
    let name = add_table(&env, &made);
    let at = |subject: &str| {
        let token = env.sandbox().outside_token(issuer, subject, "api://AzureADTokenExchange", 300);
        std::fs::write(env.path("token"), token).unwrap();
        let path = env.path("token").display().to_string();
        env.ferry_with(&["login", &name, "--only", "platform-scripts"], &[("AZURE_FEDERATED_TOKEN_FILE", &path)])
    };
    at("sc://contoso/intune/c-1").exits(0);
    assert!(at("sc://contoso/intune/c-2").exits(6).err.contains("700213"));
    // Another one is added to it; the same one is not.
    let other = ["--register", "--github", "contoso/intune:environment:production"];
    login(&env, &other).exits(0);
    assert_eq!(details(&login(&env, &other).exits(0))["changed"], false);
    at("sc://contoso/intune/c-1").exits(0);
    let (applications, _) = registered(&env);
    let credentials = applications[0]["federatedIdentityCredentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 2, "{credentials:?}");
    assert_eq!(credentials[1]["subject"], "repo:contoso/intune:environment:production");
}

#[test]
fn nothing_is_sent_before_it_is_confirmed_and_nothing_foreign_is_touched() {
    let own = json!({"id": "11111111-0000-4000-8000-000000000001", "appId": "a-1", "displayName": "intune-ferry", "tags": []});
    let objects = json!({"applications": [own]});
    let env = start(TenantSeed { objects, ..empty(TRIAL, "Contoso Trial") }, quick());
    let before = registered(&env);
    for words in [&NEW[..], &["--unregister"]] {
        let ran = login(&env, words).exits(2);
        assert!(ran.err.contains("did not register") || ran.out.contains("did not register"), "{ran:?}");
    }
    assert!(!env.path("ferry.pem").exists());
    // Without a confirmation, it is shown and refused.
    let named = [&NEW[..], &["--app-name", "Ferry's own"]].concat();
    let waiting = Waiting::start(&env, &named);
    Person::new(&env).comes_back(&waiting.address, ADMIN);
    let ran = waiting.ends().exits(2);
    assert!(ran.err.contains("Ferry's own (new)") && ran.err.contains(&format!("--yes={TRIAL}")), "{}", ran.err);
    assert!(!env.path("ferry.pem").exists());
    assert_eq!((env.writes(TRIAL), registered(&env)), (0, before.clone()));
    login(&env, &named).exits(0);
    assert!(env.path("ferry.pem").exists());
    login(&env, &["--unregister", "--app-name", "Ferry's own"]).exits(0);
    assert_eq!(registered(&env), before);
    // What it is to sign in with has to be said.
    let ran = login_without_browser(&env, &["--register"]);
    assert!(ran.exits(2).err.contains("something to sign in with"));
    let ran = login_without_browser(&env, &["--register", "--github", "contoso/intune"]);
    assert!(ran.exits(2).err.contains("which jobs"));
}

fn login_without_browser(env: &Env, more: &[&str]) -> Ran {
    env.ferry(&[&["login", "trial", "--no-browser"], more].concat())
}

#[test]
fn a_refused_consent_is_left_to_an_administrator_with_a_link() {
    let refused = Fault {
        method: Some("POST".into()),
        path: "appRoleAssignments".into(),
        status: Failure::Status(403),
        ..Fault::default()
    };
    let env = start(empty(TRIAL, "Contoso Trial"), Behaviour { faults: vec![refused], ..quick() });
    let ran = login(&env, &NEW).exits(4);
    let made = details(&ran);
    assert_eq!((strings(&made["granted"]).len(), strings(&made["notGranted"])), (0, strings(&made["permissions"])));
    let name = add_table(&env, &made);
    env.ferry(&["login", &name, "--require", "read"]).exits(6);
    // An administrator opens the link.
    let person = Person::new(&env);
    let page = person.get(made["adminConsent"].as_str().unwrap());
    person.fills(&page, &[("answer", "accept")]);
    env.ferry(&["login", &name, "--require", "read"]).exits(0);
    let again = details(&login(&env, &NEW).exits(0));
    assert_eq!((again["changed"].clone(), strings(&again["granted"])), (json!(false), strings(&made["permissions"])));
    // It can be left to one from the beginning.
    let later = login(&env, &[&NEW[..], &["--app-name", "later", "--no-grant"]].concat()).exits(0);
    assert!(!strings(&details(&later)["notGranted"]).is_empty());
}

#[test]
fn a_refusal_says_what_to_do_and_leaves_nothing_behind() {
    let field = Field::from_iter([Answer::KeyLifetimeLimited]);
    let env = start(empty(TRIAL, "Contoso Trial"), Behaviour { field, ..quick() });
    let ran = login(&env, &NEW).exits(5);
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("credential lifetime exceeds") && said.contains("--days"), "{said}");
    assert_eq!(registered(&env).0, Vec::<Value>::new());
    // The file of the first attempt is there with its certificate, so a shorter one gets another.
    login(&env, &["--register", "--certificate", "short.pem", "--days", "90"]).exits(0);
    let forbidden = Fault {
        method: Some("POST".into()),
        path: "/v1.0/applications".into(),
        status: Failure::Status(403),
        ..Fault::default()
    };
    let env = start(empty(TRIAL, "Contoso Trial"), Behaviour { faults: vec![forbidden], ..quick() });
    let ran = login(&env, &NEW).exits(6);
    assert!(format!("{}{}", ran.out, ran.err).contains("Application Administrator"), "{ran:?}");
    assert_eq!(registered(&env).0, Vec::<Value>::new());
}

#[test]
fn what_is_not_known_yet_is_waited_for() {
    let field = Field::from_iter([Answer::NewNotYetKnown]);
    let env = start(empty(TRIAL, "Contoso Trial"), Behaviour { field, ..quick() });
    login(&env, &[&NEW[..], &["--only", "platform-scripts"]].concat()).exits(0);
    login(&env, &["--register", "--only", "platform-scripts", "--github", "contoso/intune:environment:x"]).exits(0);
    assert_eq!(registered(&env).0.len(), 1);
}

/// Killed at every write, before, processed and answered, and repeated: the end is the same, and nothing is there twice.
#[test]
fn killed_at_every_write_and_repeated_nothing_is_made_twice() {
    let words = ["--register", "--only", "platform-scripts", "--certificate", "ferry.pem"];
    let whole = trial();
    let meant = strings(&details(&login(&whole, &words).exits(0))["granted"]);
    let writes = whole.writes(TRIAL);
    assert!(writes >= 4, "an application, a service principal, several grants: {writes}");
    let mut killed = 0;
    for write in 1..=u64::try_from(writes).unwrap() {
        // The grants are alike.
        let moments = [Moment::Processed, Moment::Before, Moment::Answered];
        for moment in moments.into_iter().take(if write <= 3 { 3 } else { usize::from(write % 3 == 0) }) {
            let env = trial();
            let waiting = waiting(&env, &words);
            // The pages of the sign-in are posted as well, so only what Graph gets is counted.
            env.sandbox().halt_at_such(write, "POST /v1.0/", moment);
            Person::new(&env).comes_back(&waiting.address, ADMIN);
            killed += usize::from(waiting.dies_in_silence(&env));
            std::thread::sleep(quick().list_lag * 2);
            let made = details(&login(&env, &words).exits(0));
            assert_eq!(strings(&made["granted"]), meant, "killed at write {write}, {moment:?}");
            let (applications, principals) = registered(&env);
            let own = |it: &&Value| it["appId"] == made["applicationId"];
            assert_eq!((applications.len(), principals.iter().filter(own).count()), (1, 1));
            assert_eq!(applications[0]["keyCredentials"].as_array().unwrap().len(), 1);
            let grants = principals.iter().find(own).unwrap()["appRoleAssignments"].as_array().unwrap().clone();
            assert_eq!(grants.len(), meant.len(), "{grants:?}");
            let name = add_table(&env, &made);
            env.ferry(&["login", &name, "--only", "platform-scripts", "--require", "read"]).exits(0);
        }
    }
    assert!(killed >= 9, "{killed} times, of {writes} writes");
}
