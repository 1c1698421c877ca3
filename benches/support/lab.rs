//! A sandbox in a process of its own, and the program run against it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value, json};

use super::measure::{self, Run};

pub const TENANT: &str = "5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903";
pub const TARGET: &str = "d83a6e14-907b-4f25-8e3c-61b5a2f7c049";
const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
const SECRET: &str = "not-a-real-secret";

/// The program under test; `FERRY_PROGRAM` names another build of it, to compare the two.
pub fn program() -> PathBuf {
    std::env::var_os("FERRY_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_intune-ferry")), PathBuf::from)
}

/// A tenant of the sandbox.
pub struct Served<'a> {
    /// What the program's configuration calls it.
    pub name: &'a str,
    pub id: &'a str,
    pub objects: &'a Map<String, Value>,
}

/// A folder with the tenants' configuration, and the sandbox that serves them.
pub struct Lab {
    folder: tempfile::TempDir,
    sandbox: Child,
}

impl Lab {
    /// Serves these objects as the tenant `trial`; `behaviour` is TOML for the sandbox, `limits` says whether the
    /// program is to keep to Graph's.
    pub fn start(objects: &Map<String, Value>, behaviour: &str, limits: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start_in(folder, &[trial(objects)], behaviour, limits)
    }

    /// Serves several tenants; all files are in the folder.
    pub fn start_in(folder: tempfile::TempDir, tenants: &[Served<'_>], behaviour: &str, limits: bool) -> Self {
        let sandbox = serve(folder.path(), tenants, behaviour, limits);
        Self { folder, sandbox }
    }

    /// Serves other objects in its stead; the folder stays.
    pub fn serve_instead(&mut self, objects: &Map<String, Value>, behaviour: &str, limits: bool) {
        self.stop();
        self.sandbox = serve(self.folder.path(), &[trial(objects)], behaviour, limits);
    }

    /// Runs the program; its results are JSON.
    pub fn ferry(&self, arguments: &[&str]) -> (Run, Value) {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let cache = self.path("cache");
        let variables = [("SANDBOX_SECRET", SECRET), ("XDG_CACHE_HOME", cache.to_str().expect("a plain path"))];
        let run = measure::run(&program(), &all, self.folder.path(), &variables);
        let document = serde_json::from_str(&run.out).unwrap_or_else(|_| json!({}));
        (run, document)
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Processor seconds that the sandbox has used so far.
    pub fn sandbox_cpu(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.sandbox.id())).unwrap_or_default();
        let after = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = |index: usize| after.split_whitespace().nth(index).and_then(|t| t.parse::<f64>().ok());
        (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / 100.0
    }

    fn stop(&mut self) {
        // It may have ended by itself.
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn trial(objects: &Map<String, Value>) -> Served<'_> {
    Served { name: "trial", id: TENANT, objects }
}

fn serve(folder: &Path, tenants: &[Served<'_>], behaviour: &str, limits: bool) -> Child {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file is written");
    let mut config =
        format!("listen = \"127.0.0.1:0\"\nlist_lag_ms = 0\ngroup_lag_ms = 0\npage_size = 100\n{behaviour}\n");
    for Served { name, id, objects } in tenants {
        write(&format!("{name}.json"), &Value::Object((*objects).clone()).to_string());
        let _ = write!(
            config,
            "\n[[tenants]]\ntenant_id = \"{id}\"\ndisplay_name = \"Contoso {name}\"\n\
             default_domain = \"contoso-{name}.onmicrosoft.com\"\nclient_id = \"{CLIENT}\"\n\
             client_secret = \"{SECRET}\"\nseed = \"{name}.json\"\n"
        );
    }
    write("sandbox.toml", &config);
    let mut child = Command::new(program())
        .args(["sandbox", "--config", "sandbox.toml"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
    let mut said = String::new();
    let url = loop {
        let line = lines.next().and_then(Result::ok).unwrap_or_else(|| panic!("no sandbox:\n{said}"));
        if let Some((_, rest)) = line.split_once("http://127.0.0.1:") {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            break format!("http://127.0.0.1:{port}");
        }
        let _ = writeln!(said, "{line}");
    };
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    let table = |tenant: &Served<'_>| {
        format!(
            "[tenants.{}]\ntenant_id = \"{}\"\nclient_id = \"{CLIENT}\"\nauth = \"client-secret\"\n\
             client_secret_env = \"SANDBOX_SECRET\"\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\nlimits = {limits}\n",
            tenant.name, tenant.id,
        )
    };
    write("ferry.toml", &tenants.iter().map(table).collect::<String>());
    child
}
