//! A place to run the real program in: a folder of its own, a sandbox in this process, no network but
//! loopback, nothing left behind.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use intune_ferry::sandbox::{Behaviour, Config, Running, Sandbox, TenantSeed};
use serde_json::{Value, json};

/// The tenants' ids, as in `samples/`.
pub const TRIAL: &str = "5c1f0b7e-3f42-4c6b-9a57-2b8e64d1a903";
pub const PRODUCTION: &str = "d83a6e14-907b-4f25-8e3c-61b5a2f7c049";
/// Confirms an import into the production tenant.
pub const YES: &str = "--yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049";
pub const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
pub const SECRET: &str = "sandbox-secret-never-to-be-seen";

/// One run of the program.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// What is left of a run that ended. Nothing of it may hold the secret.
    pub fn of(output: std::process::Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ran = Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
        assert!(!ran.out.contains(SECRET) && !ran.err.contains(SECRET), "the secret was printed");
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }

    /// The one JSON document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// Fails with the whole output unless the exit code is this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

pub struct Env {
    dir: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    sandbox: Option<Running>,
}

/// Behaviour quick enough for tests, with every strictness on.
pub fn quick() -> Behaviour {
    Behaviour { list_lag: Duration::from_millis(50), group_lag: Duration::from_millis(50), ..Behaviour::default() }
}

/// A tenant without policies.
pub fn empty(id: &str, name: &str) -> TenantSeed {
    TenantSeed {
        tenant_id: id.to_owned(),
        display_name: name.to_owned(),
        default_domain: format!("{}.onmicrosoft.com", name.to_lowercase().replace(' ', "-")),
        client_id: CLIENT.to_owned(),
        client_secret: SECRET.to_owned(),
        objects: json!({}),
        ..TenantSeed::default()
    }
}

/// A tenant with the objects of a folder of `samples/tenants/`.
pub fn sample(folder: &str, id: &str, name: &str) -> TenantSeed {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/tenants").join(folder);
    let mut objects = serde_json::Map::new();
    for entry in std::fs::read_dir(&root).unwrap().map(Result::unwrap) {
        let file = entry.file_name().into_string().unwrap();
        let Some(stem) = file.strip_suffix(".json") else { continue };
        let text = std::fs::read_to_string(entry.path()).unwrap();
        objects.insert(stem.replace('.', "/"), serde_json::from_str(&text).unwrap());
    }
    let mut seed = empty(id, name);
    seed.objects = Value::Object(objects);
    seed
}

/// Two tenants with these objects.
pub fn tenants(source: &Value, target: &Value) -> Env {
    let tenant = |id, name, objects: &Value| TenantSeed { objects: objects.clone(), ..empty(id, name) };
    Env::start(vec![tenant(TRIAL, "Contoso Trial", source), tenant(PRODUCTION, "Fabrikam Production", target)], quick())
}

/// The same, with the tree exported from the first.
pub fn exported(source: &Value, target: &Value) -> Env {
    let env = tenants(source, target);
    env.ferry(&["export", "trial", "--out", "tree"]);
    env
}

/// Whether a file's name ends so.
pub fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|own| own == ending)
}

/// Fails unless the document of a run has findings of all these codes. `codes` reads these lists.
#[track_caller]
pub fn shows(document: &Value, codes: &[&str]) {
    let own = document["findings"].as_array().into_iter().flatten();
    let objects = document["objects"].as_array().into_iter().flatten();
    let of_objects = objects.flat_map(|object| object["findings"].as_array().into_iter().flatten());
    let found: Vec<&str> = own.chain(of_objects).filter_map(|finding| finding["code"].as_str()).collect();
    let missing: Vec<&&str> = codes.iter().filter(|code| !found.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?} not in {found:?}: {document:#}");
}

impl Env {
    /// Starts a sandbox with these tenants and writes a `ferry.toml` with profiles `trial` and `production`.
    pub fn start(tenants: Vec<TenantSeed>, behaviour: Behaviour) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let profiles: Vec<(String, String)> = tenants
            .iter()
            .zip(["trial", "production", "third"])
            .map(|(tenant, name)| (name.to_owned(), tenant.tenant_id.clone()))
            .collect();
        let config = Config { tenants, behaviour, ..Config::default() };
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let url = sandbox.url.clone();
        let mut text = String::new();
        for (name, id) in &profiles {
            write!(
                text,
                "[tenants.{name}]\ntenant_id = \"{id}\"\nclient_id = \"{CLIENT}\"\nauth = \"client-secret\"\n\
                 client_secret_env = \"SANDBOX_SECRET\"\ngraph_url = \"{url}\"\nlogin_url = \"{url}\"\n\n"
            )
            .unwrap();
        }
        std::fs::write(dir.path().join("ferry.toml"), text).unwrap();
        Self { dir, runtime, sandbox: Some(sandbox) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn sandbox(&self) -> &Running {
        self.sandbox.as_ref().unwrap()
    }

    /// Stops the sandbox; the profiles stay.
    pub fn stop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            let requests = sandbox.all_requests();
            self.runtime.block_on(sandbox.stop());
            crate::evidence::check(&requests);
        }
    }

    /// Runs the program in the folder.
    pub fn ferry(&self, args: &[&str]) -> Ran {
        self.ferry_with(args, &[])
    }

    /// The program with its arguments, to be run in the folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_intune-ferry"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("SANDBOX_SECRET", SECRET)
            .stdin(std::process::Stdio::null());
        command
    }

    /// Waits on the runtime that the sandbox lives on.
    pub fn wait_for(&self, what: impl Future<Output = ()>) {
        self.runtime.block_on(what);
    }

    /// Lets something run beside, on the runtime that the sandbox lives on.
    pub fn spawn(&self, what: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(what);
    }

    /// Runs the program in the folder with further environment variables.
    pub fn ferry_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::of(self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    /// The document of a run.
    pub fn run(&self, args: &[&str]) -> Value {
        self.ferry(&[args, &["--format", "json"]].concat()).json()
    }

    /// The document of a plan of the tree for the production tenant.
    pub fn plan(&self, more: &[&str]) -> Value {
        self.run(&[&["plan", "tree", "--to", "production"], more].concat())
    }

    /// The document of an import of the tree into the production tenant.
    pub fn import(&self, more: &[&str]) -> Value {
        self.run(&[&["import", "tree", "--to", "production", YES], more].concat())
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, value: &Value) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    }

    /// The mapping of these entries and text pairs.
    pub fn write_mapping(&self, entries: &[Value], text: &[Value]) {
        self.write("mapping.json", &json!({"format": 1, "entries": entries, "text": text}));
    }

    /// All files below a folder with their bytes.
    pub fn files(&self, name: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
        let root = self.path(name);
        walkdir::WalkDir::new(&root)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let name = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    /// How many requests have changed something in a tenant.
    pub fn writes(&self, tenant: &str) -> usize {
        let changing = |method: &str| ["POST", "PUT", "PATCH", "DELETE"].contains(&method);
        let harmless = ["$batch", "getByIds", "/token", "/retrieve"];
        let requests = self.sandbox().requests(tenant);
        requests.iter().filter(|r| changing(&r.method) && !harmless.iter().any(|path| r.path.contains(path))).count()
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        self.stop();
    }
}
