//! Signing in with a browser, through the program: by a real Chromium, and by a plain client that does what a browser
//! does, so that each slip and each trick can be played.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use intune_ferry::sandbox::{Failure, Fault, SignInSeed, TenantSeed};
use serde_json::json;

use crate::env::{CLIENT, Env, Ran, TRIAL, empty, quick};
use crate::webdriver::Browser;

const ADMIN: &str = "admin@contoso-trial.onmicrosoft.com";
const PASSWORD: &str = "sandbox";

fn start() -> Env {
    let sign_in = SignInSeed { public_client: true, ..SignInSeed::default() };
    let env = Env::start(vec![TenantSeed { sign_in, ..empty(TRIAL, "Contoso Trial") }], quick());
    configure(&env, "auth = \"browser\"\n");
    env
}

fn configure(env: &Env, auth: &str) {
    let url = &env.sandbox().url;
    let text = format!(
        "[tenants.trial]\ntenant_id = \"{TRIAL}\"\nclient_id = \"{CLIENT}\"\nkeep_sign_in = false\n{auth}graph_url = \"{url}\"\nlogin_url = \"{url}\"\n"
    );
    std::fs::write(env.path("ferry.toml"), text).unwrap();
}

/// The program while it waits for the browser.
pub struct Waiting {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
    /// Where it sends a person.
    pub address: String,
}

impl Waiting {
    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !(said.contains("http://localhost:") && said.contains("Waiting"))
            && stderr.read_line(&mut said).unwrap() > 0
        {}
        let address = said.split_whitespace().find(|word| word.starts_with("http://localhost:"));
        let address = address.unwrap_or_else(|| panic!("{said}")).trim_end_matches(')').to_owned();
        Self { child, stderr, said, address }
    }

    pub fn start(env: &Env, more: &[&str]) -> Self {
        Self::of(env.command(&[&["login", "trial", "--no-browser"], more].concat()))
    }

    fn port(&self) -> u16 {
        reqwest::Url::parse(&self.address).unwrap().port().unwrap()
    }

    /// Kills the program once the sandbox fell silent, unless it ended before. Whether it was killed.
    pub fn dies_in_silence(mut self, env: &Env) -> bool {
        let mut killed = true;
        let silence = async {
            while tokio::time::timeout(Duration::from_millis(100), env.sandbox().halted()).await.is_err() {
                if self.child.try_wait().unwrap().is_some() {
                    killed = false;
                    break;
                }
            }
        };
        env.wait_for(silence);
        let _ = self.child.kill();
        self.child.wait().unwrap();
        env.sandbox().go_on();
        killed
    }

    pub fn ends(mut self) -> Ran {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let ran = Ran::of(std::process::Output { stderr: self.said.into_bytes(), ..output });
        assert!(!ran.out.contains("eyJ") && !ran.err.contains("eyJ"), "a token was printed");
        ran
    }
}

/// A page with its form: where it is sent, and what is hidden in it.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub text: String,
}

impl Page {
    fn action(&self) -> String {
        self.text.split("action=\"").nth(1).unwrap_or_else(|| panic!("{self:?}")).split('"').next().unwrap().to_owned()
    }

    fn hidden(&self) -> Vec<(String, String)> {
        let inputs = self.text.split("<input type=hidden name=").skip(1);
        let read = |input: &str| {
            let (name, rest) = input.split_once(" value=\"")?;
            let value = rest.split('"').next()?.replace("&amp;", "&");
            Some((name.trim_matches('"').to_owned(), value))
        };
        inputs.map(|input| read(input).unwrap()).collect()
    }
}

/// Does what a browser does, without following anything by itself.
pub struct Person {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    sandbox: String,
}

impl Person {
    pub fn new(env: &Env) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { runtime, client, sandbox: env.sandbox().url.clone() }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> (reqwest::header::HeaderMap, Page) {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            (headers, Page { status, text: answer.text().await.unwrap() })
        })
    }

    pub fn get(&self, address: &str) -> Page {
        self.send(self.client.get(address)).1
    }

    fn post(&self, address: &str, form: &[(&str, &str)]) -> Page {
        let body = reqwest::Url::parse_with_params("http://x/", form).unwrap().query().unwrap().to_owned();
        let request = self.client.post(address).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body)).1
    }

    /// Opens the address, and comes to the page where one signs in.
    fn opens(&self, waiting: &Waiting) -> Page {
        let (headers, page) = self.send(self.client.get(&waiting.address));
        assert_eq!((page.status, page.text.as_str()), (303, ""));
        self.get(headers["location"].to_str().unwrap())
    }

    /// Fills in a page of the sandbox.
    pub fn fills(&self, page: &Page, own: &[(&str, &str)]) -> Page {
        let hidden = page.hidden();
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<(&str, &str)> = hidden.chain(own.iter().copied()).collect();
        let action = page.action();
        let address = if action.starts_with('/') { format!("{}{action}", self.sandbox) } else { action };
        self.post(&address, &form)
    }

    /// Signs in as this user, consents where that is asked for, and comes back to the program.
    pub fn comes_back(&self, address: &str, user: &str) {
        let (headers, _) = self.send(self.client.get(address));
        let page = self.get(headers["location"].to_str().unwrap());
        let mut page = self.fills(&page, &[("username", user), ("password", PASSWORD), ("answer", "next")]);
        while page.action().starts_with('/') {
            let answer = if page.text.contains("Need admin approval") { "return" } else { "accept" };
            page = self.fills(&page, &[("answer", answer)]);
        }
        assert_eq!(self.fills(&page, &[]).status, 200);
    }

    /// Asks something of the sandbox behind the program's back.
    pub fn admin(&self, address: &str, secret: &str) {
        let status = self.send(self.client.post(address).header("x-sandbox-admin", secret)).1.status;
        assert_eq!(status, 204);
    }

    /// Signs in, and comes to the form that goes back to the program.
    fn signs_in(&self, waiting: &Waiting) -> Page {
        self.fills(&self.opens(waiting), &[("username", ADMIN), ("password", PASSWORD), ("answer", "next")])
    }
}

fn of<'f>(form: &'f [(String, String)], name: &str) -> &'f str {
    &form.iter().find(|(own, _)| own == name).unwrap().1
}

#[test]
fn a_real_browser_signs_in_and_leaves_no_code_behind() {
    let Some(browser) = Browser::start() else { return };
    let env = start();
    let waiting = Waiting::start(&env, &["--log-file", "log.ndjson", "-vv"]);
    assert!(waiting.said.contains("in a browser on this computer within 5 minutes"), "{}", waiting.said);
    #[cfg(target_os = "linux")]
    {
        let line = std::fs::read_to_string(format!("/proc/{}/cmdline", waiting.child.id())).unwrap();
        assert!(line.contains("login") && !line.contains("http"), "{line}");
    }
    browser.go(&waiting.address);
    let fill = |name: &str, text: &str| {
        browser.run(&format!("document.querySelector('input[name={name}]').value = '{text}'"));
    };
    fill("username", ADMIN);
    fill("password", "wrong");
    browser.run("document.querySelector('button[value=next]').click()");
    browser
        .becomes("return (document.querySelector('[role=alert]')?.textContent ?? '').includes('50126')", &json!(true));
    fill("username", ADMIN);
    fill("password", PASSWORD);
    let port = waiting.port();
    browser.run("document.querySelector('button[value=next]').click()");
    browser.becomes("return document.body.textContent.includes('You can close this window')", &json!(true));
    assert_eq!(browser.run("return location.href"), json!(format!("http://localhost:{port}/")));
    let ran = waiting.ends().exits(0);
    assert!(ran.out.contains(&format!("{ADMIN}, through the application")), "{}", ran.out);
    let log = std::fs::read_to_string(env.path("log.ndjson")).unwrap();
    assert!(log.contains("sign-in/{id}/oauth2/v2.0/token"), "{log}");
    for text in [&log, &ran.err, &ran.out] {
        for word in ["eyJ", "code_verifier", "code=", "state="] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    // What the browser remembers of it, once it has ended.
    browser.quit();
    let history =
        ["History", "History-journal", "History-wal"].map(|file| browser.profile.path().join("Default").join(file));
    let remembered: Vec<u8> = history.iter().flat_map(|file| std::fs::read(file).unwrap_or_default()).collect();
    let remembered = String::from_utf8_lossy(&remembered);
    assert!(remembered.contains(&format!("localhost:{port}")), "the history was not written");
    assert!(!remembered.contains("code=1.") && !remembered.contains("code_verifier"), "a code is in the history");
}

#[test]
fn only_the_answer_of_this_sign_in_is_taken_and_only_once() {
    let env = start();
    let (person, waiting) = (Person::new(&env), Waiting::start(&env, &[]));
    let form = person.signs_in(&waiting).hidden();
    let (code, state) = (of(&form, "code"), of(&form, "state"));
    let home = format!("http://localhost:{}/", waiting.port());
    // Other states, none, and two of them.
    for wrong in
        [&[("code", code), ("state", "x")][..], &[("code", code)], &[("code", code), ("state", state), ("state", "x")]]
    {
        let page = person.post(&home, wrong);
        assert!(page.status == 400 && page.text.contains("does not belong"), "{page:?}");
        assert!(!page.text.contains(code), "what was sent is not shown");
    }
    let refused = person.get(&format!("{home}?error=access_denied&state=wrong"));
    assert_eq!(refused.status, 400, "no page can end the sign-in");
    // Other names for this computer, other paths, other kinds of requests.
    let good = || vec![("code", code), ("state", state)];
    let by_number = format!("http://127.0.0.1:{}/", waiting.port());
    assert_eq!(person.post(&by_number, &good()).status, 421);
    assert_eq!(person.send(person.client.get(&home).header("host", "evil.example")).1.status, 421);
    assert_eq!(person.post(&format!("{home}other"), &good()).status, 404);
    assert_eq!(person.get(&home).status, 404);
    assert_eq!(person.get(&format!("{home}favicon.ico")).status, 404);
    assert_eq!(person.send(person.client.put(&home)).1.status, 405);
    assert_eq!(person.send(person.client.post(&home).json(&json!({"code": code, "state": state}))).1.status, 415);
    assert_eq!(
        person
            .send(
                person
                    .client
                    .post(&home)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body("x".repeat(70_000))
            )
            .1
            .status,
        413
    );
    let page = person.post(&home, &good());
    assert!(page.status == 200 && page.text.contains("You can close this window"), "{page:?}");
    waiting.ends().exits(0);
    let port = reqwest::Url::parse(&home).unwrap().port().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the port is closed");
}

#[test]
fn an_answer_in_the_address_is_taken_as_well() {
    let env = start();
    let (person, waiting) = (Person::new(&env), Waiting::start(&env, &[]));
    let form = person.signs_in(&waiting);
    let address = reqwest::Url::parse_with_params(&form.action(), form.hidden()).unwrap();
    let (headers, page) = person.send(person.client.get(address));
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(
        (&headers["cache-control"], &headers["referrer-policy"]),
        (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap())
    );
    waiting.ends().exits(0);
}

#[test]
fn a_person_who_declines_or_goes_away_is_met_with_a_sentence() {
    let env = start();
    let (person, waiting) = (Person::new(&env), Waiting::start(&env, &[]));
    let declined = person.fills(&person.opens(&waiting), &[("answer", "cancel")]);
    let page = person.fills(&declined, &[]);
    assert!(page.text.contains("did not succeed"), "{page:?}");
    let ran = waiting.ends().exits(6);
    assert!(ran.err.contains("AADSTS65004: consent was declined"), "{}", ran.err);

    // The window is closed, and an answer that is not the right one comes.
    let waiting = Waiting::start(&env, &["--sign-in-timeout", "2"]);
    person.post(&format!("http://localhost:{}/", waiting.port()), &[("code", "x"), ("state", "y")]);
    let ran = waiting.ends().exits(6);
    assert!(ran.err.contains("within 2 s; an answer that does not belong to it was refused"), "{}", ran.err);
}

#[test]
fn a_code_that_the_service_does_not_take_ends_it_and_is_not_shown() {
    let env = start();
    let (person, waiting) = (Person::new(&env), Waiting::start(&env, &[]));
    let form = person.signs_in(&waiting).hidden();
    let forged = "1.forged-code-that-nobody-may-see";
    person.post(&format!("http://localhost:{}/", waiting.port()), &[("code", forged), ("state", of(&form, "state"))]);
    let ran = waiting.ends().exits(6);
    assert!(!ran.err.contains(forged) && ran.err.contains("AADSTS70000"), "{}", ran.err);

    // A service that does not answer is not a refusal, and a person is not asked twice for it.
    env.sandbox().fail(Fault {
        path: "/oauth2/v2.0/token".into(),
        status: Failure::Status(503),
        times: Some(3),
        ..Fault::default()
    });
    let waiting = Waiting::start(&env, &[]);
    person.fills(&person.signs_in(&waiting), &[]);
    let ran = waiting.ends().exits(7);
    assert_eq!(ran.err.matches("To sign in to").count(), 1, "nobody is asked twice: {}", ran.err);
}

#[test]
fn a_port_can_be_chosen_and_a_busy_one_is_said() {
    let env = start();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let args = ["login", "trial", "--no-browser", "--sign-in-port", &port];
    let ran = env.ferry(&args).exits(6);
    assert!(ran.err.contains(&format!("another program uses port {port}")), "{}", ran.err);
    drop(taken);
    // The same port of IPv6 alone is enough to stay away from.
    if let Ok(taken) = std::net::TcpListener::bind(format!("[::1]:{port}")) {
        let ran = env.ferry(&args).exits(6);
        assert!(ran.err.contains("another program uses port"), "{}", ran.err);
        drop(taken);
    }
    let waiting = Waiting::start(&env, &["--sign-in-port", &port]);
    assert_eq!(waiting.port().to_string(), port);
    assert!(waiting.address.starts_with(&format!("http://localhost:{port}/")));
    let person = Person::new(&env);
    person.fills(&person.signs_in(&waiting), &[]);
    let ran = waiting.ends().exits(0);
    assert!(ran.err.contains(&format!("ssh -L {port}:localhost:{port}")), "{}", ran.err);
    assert!(env.ferry(&["login", "trial", "--sign-in-port", "80"]).exits(2).err.contains("1024"));
}

#[test]
fn an_application_that_is_not_public_is_refused_with_what_to_set() {
    let env = Env::start(vec![empty(TRIAL, "Contoso Trial")], quick());
    configure(&env, "auth = \"browser\"\n");
    let (person, waiting) = (Person::new(&env), Waiting::start(&env, &[]));
    person.fills(&person.signs_in(&waiting), &[]);
    let ran = waiting.ends().exits(6);
    assert!(ran.err.contains("AADSTS7000218") && ran.err.contains("add http://localhost"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn the_browser_is_opened_with_an_address_that_says_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = start();
    let script = env.path("xdg-open");
    std::fs::write(&script, "#!/bin/sh\necho \"$@\" >> \"$HOME/opened.log\"\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", env.path("").display(), std::env::var("PATH").unwrap());
    let mut command = env.command(&["login", "trial"]);
    command.env("PATH", path).env("DISPLAY", ":99");
    let (person, waiting) = (Person::new(&env), Waiting::of(command));
    assert!(waiting.said.contains("use the browser window that opens now"), "{}", waiting.said);
    person.fills(&person.signs_in(&waiting), &[]);
    let address = waiting.address.clone();
    waiting.ends().exits(0);
    let opened = std::fs::read_to_string(env.path("opened.log")).unwrap();
    assert_eq!(opened.trim(), address);
    assert!(!opened.contains("state") && !opened.contains("challenge"), "{opened}");
}

#[test]
fn without_a_terminal_nobody_is_waited_for_by_default() {
    let env = start();
    configure(&env, "");
    let ran = env.ferry(&["login", "trial"]).exits(2);
    assert!(ran.err.contains("there is no terminal") && ran.err.contains("AZURE_CLIENT_SECRET"), "{}", ran.err);
}
