//! Each way of signing in, through the program, against an emulated Entra that checks what it is shown.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, FederatedSeed, SignInSeed, TenantSeed};
use serde_json::{Value, json};

use crate::env::{CLIENT, Env, PRODUCTION, Ran, SECRET, TRIAL, empty, quick, sample};

const GITHUB: &str = "https://token.actions.githubusercontent.com";
const BRANCH: &str = "repo:contoso/intune:ref:refs/heads/main";
const EXCHANGE: &str = "api://AzureADTokenExchange";
const IDENTITY: &str = "22222222-3333-4444-8555-666666666666";

/// A key with its certificate.
struct Made {
    key: rcgen::KeyPair,
    certificate: rcgen::Certificate,
}

fn made(last_year: i32) -> Made {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(last_year, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    Made { key, certificate }
}

impl Made {
    fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }
}

fn tenant(sign_in: SignInSeed) -> TenantSeed {
    TenantSeed { sign_in, ..empty(TRIAL, "Contoso Trial") }
}

fn start(sign_in: SignInSeed) -> Env {
    Env::start(vec![tenant(sign_in)], quick())
}

/// Puts the lines into the tenant's table, in place of the client secret.
fn profile(env: &Env, lines: &str) {
    let url = &env.sandbox().url;
    let text =
        format!("[tenants.trial]\ntenant_id = \"{TRIAL}\"\n{lines}\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n");
    std::fs::write(env.path("ferry.toml"), text).unwrap();
}

fn login(env: &Env, lines: &str, variables: &[(&str, &str)]) -> Ran {
    profile(env, lines);
    env.ferry_with(&["login", "trial"], variables)
}

fn with_client(auth: &str, more: &str) -> String {
    format!("auth = \"{auth}\"\nclient_id = \"{CLIENT}\"\n{more}")
}

#[test]
fn a_certificate_signs_in_by_both_ways_of_signing_and_both_kinds_of_file() {
    let own = made(2099);
    let env = start(SignInSeed { certificates: vec![own.certificate.pem()], ..SignInSeed::default() });
    std::fs::write(env.path("own.pem"), own.pem()).unwrap();
    let mut store = p12_keystore::KeyStore::new();
    let key = p12_keystore::PrivateKey::from_der(own.key.serialized_der()).unwrap();
    let leaf = p12_keystore::Certificate::from_der(own.certificate.der()).unwrap();
    let chain = p12_keystore::PrivateKeyChain::new("1", key, [leaf]);
    store.add_entry("x", p12_keystore::KeyStoreEntry::PrivateKeyChain(chain));
    std::fs::write(env.path("own.pfx"), store.writer("geheim").encryption_iterations(10).write().unwrap()).unwrap();

    for more in ["certificate_path = \"own.pem\"", "certificate_path = \"own.pem\"\ncertificate_signature = \"RS256\""]
    {
        let ran = login(&env, &with_client("client-certificate", more), &[]).exits(0);
        assert!(ran.out.contains("Contoso Trial") && ran.out.contains("client-certificate"), "{}", ran.out);
    }
    let pfx = with_client("client-certificate", "certificate_path = \"own.pfx\"\ncertificate_password_env = \"PFX\"");
    login(&env, &pfx, &[("PFX", "geheim")]).exits(0);
    let wrong = login(&env, &pfx, &[("PFX", "falsch")]).exits(2);
    assert!(wrong.err.contains("own.pfx: its password is wrong") && !wrong.err.contains("falsch"), "{}", wrong.err);
}

#[test]
fn a_certificate_that_is_not_registered_or_expired_is_named() {
    let (own, other, old) = (made(2099), made(2099), made(2021));
    let env = start(SignInSeed { certificates: vec![own.certificate.pem()], ..SignInSeed::default() });
    std::fs::write(env.path("other.pem"), other.pem()).unwrap();
    std::fs::write(env.path("old.pem"), old.pem()).unwrap();
    let ran = login(&env, &with_client("client-certificate", "certificate_path = \"other.pem\""), &[]).exits(6);
    assert!(ran.err.contains("AADSTS700027") && ran.err.contains("SHA-256 thumbprint"), "{}", ran.err);
    let ran = login(&env, &with_client("client-certificate", "certificate_path = \"old.pem\""), &[]).exits(2);
    assert!(ran.err.contains("old.pem: the certificate expired on"), "{}", ran.err);
}

#[test]
fn a_token_file_is_exchanged_and_read_anew_and_a_wrong_one_says_what_it_holds() {
    let trusted = FederatedSeed { issuer: "https://k8s".into(), subject: "sa".into(), audience: EXCHANGE.into() };
    let env = start(SignInSeed { federated: vec![trusted], ..SignInSeed::default() });
    let file = env.path("token");
    let lines = with_client("workload-identity", "federated_token_file = \"token\"");
    let give = |issuer: &str, subject: &str, audience: &str, seconds: i64| {
        let token = env.sandbox().outside_token(issuer, subject, audience, seconds);
        std::fs::write(&file, format!("{token}\n")).unwrap();
    };
    give("https://k8s", "sa", EXCHANGE, 60);
    login(&env, &lines, &[]).exits(0);
    for (issuer, subject, audience, code) in [
        ("https://elsewhere", "sa", EXCHANGE, "AADSTS700211"),
        ("https://k8s", "other", EXCHANGE, "AADSTS700213"),
        ("https://k8s", "sa", "api://else", "AADSTS700212"),
    ] {
        give(issuer, subject, audience, 60);
        let ran = login(&env, &lines, &[]).exits(6);
        let said = format!("issuer `{issuer}`, subject `{subject}`, audience `{audience}`");
        assert!(ran.err.contains(code) && ran.err.contains(&said), "{}", ran.err);
    }
    give("https://k8s", "sa", EXCHANGE, -1);
    assert!(login(&env, &lines, &[]).exits(6).err.contains("AADSTS700024"));
    std::fs::write(&file, "forged.forged.forged").unwrap();
    login(&env, &lines, &[]).exits(6);
    std::fs::write(&file, "").unwrap();
    assert!(login(&env, &lines, &[]).exits(6).err.contains("is empty"));
}

#[test]
fn github_actions_and_azure_pipelines_sign_in_without_any_secret() {
    let devops = FederatedSeed {
        issuer: "https://vstoken.dev.azure.com/contoso".into(),
        subject: "sc://contoso/intune/conn-1".into(),
        audience: EXCHANGE.into(),
    };
    let github = FederatedSeed { issuer: GITHUB.into(), subject: BRANCH.into(), audience: EXCHANGE.into() };
    let env = start(SignInSeed { federated: vec![devops, github], ..SignInSeed::default() });
    let (url, secret) = (env.sandbox().url.clone(), env.sandbox().admin_secret.clone());
    let lines = with_client("workload-identity", "");
    let github = format!("{url}/_pipeline/github?api-version=2.0");
    let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", github.as_str()), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &secret)];
    login(&env, &lines, &variables).exits(0);
    let refused = [variables[0], ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "wrong-token")];
    let ran = login(&env, &lines, &refused).exits(6);
    assert!(ran.err.contains("id-token: write") && !ran.err.contains("wrong-token"), "{}", ran.err);
    // The same by the tenant `env`: the loopback sign-in service is the emulator's.
    let all =
        [&variables[..], &[("AZURE_TENANT_ID", TRIAL), ("AZURE_CLIENT_ID", CLIENT), ("AZURE_AUTHORITY_HOST", &url)]];
    env.ferry_with(&["login", "env"], &all.concat()).exits(0);

    let devops = format!("{url}/_pipeline/azure-devops");
    let pipeline = [("SYSTEM_OIDCREQUESTURI", devops.as_str()), ("SYSTEM_ACCESSTOKEN", &secret)];
    let named = with_client("workload-identity", "service_connection_id = \"conn-1\"");
    login(&env, &named, &pipeline).exits(0);
    let other = with_client("workload-identity", "service_connection_id = \"conn-2\"");
    assert!(login(&env, &other, &pipeline).exits(6).err.contains("sc://contoso/intune/conn-2"));
    let plain = [("SYSTEM_OIDCREQUESTURI", "http://dev.azure.example/"), ("SYSTEM_ACCESSTOKEN", &secret)];
    assert!(login(&env, &named, &plain).exits(2).err.contains("https"));
}

#[test]
fn a_managed_identity_signs_in_on_a_machine_and_on_a_platform() {
    let sign_in = SignInSeed { managed_identity: Some(IDENTITY.into()), ..SignInSeed::default() };
    let other = TenantSeed { sign_in: SignInSeed::default(), ..empty(PRODUCTION, "Fabrikam") };
    let env = Env::start(vec![other, tenant(sign_in)], quick());
    let (url, secret) = (format!("{}/msi/token", env.sandbox().url), env.sandbox().admin_secret.clone());
    login(&env, "auth = \"managed-identity\"", &[]).exits(0);
    login(&env, &format!("auth = \"managed-identity\"\nclient_id = \"{IDENTITY}\""), &[]).exits(0);
    let platform = [("IDENTITY_ENDPOINT", url.as_str()), ("IDENTITY_HEADER", &secret)];
    login(&env, "auth = \"managed-identity\"", &platform).exits(0);

    let unknown = login(&env, "auth = \"managed-identity\"\nclient_id = \"nobody\"", &[]).exits(6);
    assert!(unknown.err.contains("Identity not found"), "{}", unknown.err);
    let far = [("IDENTITY_ENDPOINT", "http://elsewhere.example/msi"), ("IDENTITY_HEADER", "header-secret")];
    let refused = login(&env, "auth = \"managed-identity\"", &far).exits(2);
    assert!(refused.err.contains("IDENTITY_ENDPOINT") && !refused.err.contains("header-secret"), "{}", refused.err);
    // The identity is at home in the trial tenant, and the profile means another one.
    let sandbox = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{PRODUCTION}\"\nauth = \"managed-identity\"\ngraph_url = \"{sandbox}\"\nlogin_url = \"{sandbox}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
    let wrong = env.ferry(&["login", "trial"]).exits(6);
    assert!(wrong.err.contains(TRIAL) && wrong.err.contains("correct tenant_id"), "{}", wrong.err);
    assert!(env.sandbox().requests(PRODUCTION).is_empty());
}

#[cfg(unix)]
#[test]
fn the_azure_cli_is_asked_once_per_command_and_its_words_are_passed_on() {
    let env = start(SignInSeed::default());
    let script = |text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = env.path("az");
        std::fs::write(&path, format!("#!/bin/sh\necho \"$@\" >> \"$HOME/az.log\"\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let system = std::env::var("PATH").unwrap();
    let path = format!("{}:{system}", env.path("").display());
    let token = env.sandbox().issue_token(TRIAL);
    script(&format!("echo '{{\"accessToken\": \"{token}\", \"expires_on\": 4102444800, \"tokenType\": \"Bearer\"}}'"));
    let ran = login(&env, "auth = \"azure-cli\"", &[("PATH", &path)]).exits(0);
    assert!(!ran.out.contains(&token));
    env.ferry_with(&["export", "trial", "--out", "tree"], &[("PATH", &path)]).exits(0);
    let log = std::fs::read_to_string(env.path("az.log")).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.lines().all(|line| line.contains("account get-access-token") && line.contains(TRIAL)), "{log}");

    script("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    assert!(login(&env, "auth = \"azure-cli\"", &[("PATH", &path)]).exits(6).err.contains("az login --tenant"));
    script("echo nonsense");
    login(&env, "auth = \"azure-cli\"", &[("PATH", &path)]).exits(6);
    std::fs::remove_file(env.path("az")).unwrap();
    assert!(login(&env, "auth = \"azure-cli\"", &[("PATH", "/nowhere")]).exits(6).err.contains("not installed"));
}

/// Runs `login`, and enters the code in the page that it names, as a person would.
fn with_code(env: &Env, form: &str) -> Ran {
    profile(env, &with_client("device-code", "keep_sign_in = false"));
    by_code(env, form)
}

/// The same with a table that is there already.
pub fn by_code(env: &Env, form: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_intune-ferry"))
        .args(["login", "trial"])
        .current_dir(env.path(""))
        .env_clear()
        .env("HOME", env.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut err = String::new();
    while !err.contains("Waiting") && stderr.read_line(&mut err).unwrap() > 0 {}
    if err.contains("Waiting") && !form.is_empty() {
        let after = |mark: &str| err.split(mark).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let (address, code) = (after(", open "), after("the code "));
        let body = format!("user_code={}&{form}", code.to_lowercase());
        assert!(address.starts_with(&env.sandbox().url));
        post(&address, &body);
    }
    stderr.read_to_string(&mut err).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran { code: output.status.code().unwrap(), out: String::from_utf8(output.stdout).unwrap(), err }
}

fn post(address: &str, body: &str) {
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(address).body(body.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(request.send()).unwrap().status(), 200);
}

fn quick_device(lifetime: u64) -> Behaviour {
    let (device_interval, device_lifetime) = (Duration::from_secs(1), Duration::from_secs(lifetime));
    Behaviour { device_interval, device_lifetime, ..quick() }
}

#[test]
fn a_person_signs_in_with_a_code_or_declines_or_is_too_late() {
    let public = SignInSeed { public_client: true, ..SignInSeed::default() };
    let env = Env::start(vec![tenant(public.clone())], quick_device(60));
    let ran = with_code(&env, "answer=accept").exits(0);
    assert!(ran.out.contains("admin@contoso-trial.onmicrosoft.com, through the application"), "{}", ran.out);
    assert!(ran.out.contains("scope tags"), "{}", ran.out);
    assert!(with_code(&env, "answer=decline").exits(6).err.contains("declined in the browser"));
    let late = Env::start(vec![tenant(public)], quick_device(2));
    assert!(with_code(&late, "").exits(6).err.contains("not entered in time"));
    let private = Env::start(vec![tenant(SignInSeed::default())], quick_device(60));
    let ran = with_code(&private, "");
    assert!(ran.code == 6 && ran.err.contains("AADSTS7000218") && ran.err.contains("public client flows"), "{ran:?}");
}

#[test]
fn login_says_what_is_missing_and_the_least_that_is_needed() {
    let permissions = ["DeviceManagementConfiguration.Read.All", "Group.Read.All"].map(String::from).to_vec();
    let seed = TenantSeed { permissions, ..empty(TRIAL, "Contoso Trial") };
    let env = Env::start(vec![seed], quick());
    let ran = env.ferry(&["login", "trial"]).exits(0);
    for wanted in [
        "Signed in to Contoso Trial",
        "client-secret",
        CLIENT,
        "needs DeviceManagementScripts.Read.All",
        "Group.Create",
    ] {
        assert!(ran.out.contains(wanted), "{wanted}\n{}", ran.out);
    }
    assert!(!ran.out.contains(SECRET));
    env.ferry(&["login", "trial", "--require", "read"]).exits(6);
    env.ferry(&["login", "trial", "--require", "read", "--only", "settings-catalog"]).exits(6);
    let json = env.ferry(&["login", "trial", "--format", "json", "--only", "settings-catalog"]).exits(0).json();
    let needs = json["details"]["needs"].as_array().unwrap();
    assert_eq!(needs[0]["what"], "settings-catalog");
    assert_eq!(needs[0]["missingToRead"], serde_json::json!([]));
    assert_eq!(needs[0]["missingToWrite"], serde_json::json!(["DeviceManagementConfiguration.ReadWrite.All"]));
    let ran = env.ferry(&["login", "trial", "--forget"]).exits(2);
    assert!(ran.err.contains("keep_sign_in"), "{}", ran.err);
}

/// The least that `login` names, as the emulated service is strict about it.
fn least(env: &Env, key: &str) -> Vec<String> {
    let json = env.ferry(&["login", "trial", "--format", "json"]).exits(0).json();
    json["details"][key].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_least_that_is_named_is_enough_to_export_what_it_covers() {
    let whole = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    // What only a permission to write allows to read is left out and told: see `least`.
    let export = ["export", "trial", "--out", "tree"];
    whole.ferry(&export).exits(0);
    let permissions = least(&whole, "leastToRead");
    assert!(permissions.iter().all(|name| !name.contains("Write")), "{permissions:?}");
    let seed = TenantSeed { permissions, ..sample("contoso-trial", TRIAL, "Contoso Trial") };
    let env = Env::start(vec![seed], quick());
    env.ferry(&export).exits(0);
    let names = |files: BTreeMap<String, Vec<u8>>| files.into_keys().collect::<Vec<_>>();
    assert_eq!(names(env.files("tree")), names(whole.files("tree")));
    let directory = |env: &Env| serde_json::from_slice::<Value>(&env.files("tree")["directory.json"]).unwrap();
    let mut known = directory(&env);
    // Nothing but IDs in texts could be those of devices, which no policy refers to.
    let unknown = known["objects"].as_object_mut().unwrap().remove("directory-object").unwrap();
    let may_be_devices = json!({"mayBe": ["device"], "state": "unknown"});
    assert!(unknown.as_object().unwrap().values().all(|object| *object == may_be_devices), "{unknown:#}");
    let mut of_whole = directory(&whole);
    // An account that may read devices knows that these are not.
    let not_found = of_whole.as_object_mut().unwrap().remove("notFound").unwrap();
    let ids: Vec<&String> = unknown.as_object().unwrap().keys().collect();
    assert_eq!((json!(ids), known.as_object_mut().unwrap().remove("notFound")), (not_found, Some(json!([]))));
    assert_eq!(known, of_whole);
    let ran = env.ferry(&["login", "trial", "--require", "read"]).exits(0);
    assert!(!ran.out.contains("no permission to read"), "{}", ran.out);
    env.ferry(&["login", "trial", "--require", "write"]).exits(6);
}

#[test]
fn the_page_about_signing_in_names_exactly_these_permissions() {
    let env = start(SignInSeed::default());
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sign-in.md")).unwrap();
    for (heading, key) in [("### To export", "leastToRead"), ("### To import as well", "leastToWrite")] {
        let section = page.split(heading).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
        let section = section.split("\n#").next().unwrap();
        let listed: Vec<String> =
            section.lines().filter_map(|line| Some(line.strip_prefix("- `")?.split('`').next()?.to_owned())).collect();
        let needed = least(&env, key);
        assert_eq!(listed, needed, "write into docs/sign-in.md under {heading}:\n- `{}`", needed.join("`\n- `"));
    }
}
