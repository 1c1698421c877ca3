//! What a sandbox is started with: tenants, how the service behaves, and which requests fail.
//!
//! Not for what a tenant holds by itself: that is `seed`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::field::Field;
pub use crate::http::fault::{Failure, Fault};
use crate::http::storm::Storm;
use crate::http::throttle::OtherApp;
use crate::sign_in::SignInSeed;

/// Everything a sandbox needs to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The emulated tenants.
    pub tenants: Vec<TenantSeed>,
    /// How the service behaves.
    pub behaviour: Behaviour,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tenants: Vec::new(),
            behaviour: Behaviour::default(),
        }
    }
}

/// How the emulated service behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Waited before every answer.
    pub latency: Duration,
    /// Objects per page of a list; settings of a policy come by 25.
    pub page_size: usize,
    /// New objects appear in lists only after this long; by id they are there at once.
    pub list_lag: Duration,
    /// New groups can be listed and assigned to only after this long.
    pub group_lag: Duration,
    /// Shuffle the keys of every object in every answer.
    pub shuffle: bool,
    /// Requests that fail.
    pub faults: Vec<Fault>,
    /// Answers of the field that every tenant plays.
    pub field: Field,
    /// Makes shuffling, ids and empty pages repeatable.
    pub seed: u64,
    /// Enforce Graph's documented limits (writes and reads per 20 seconds, Conditional Access 1 per second).
    pub throttle: bool,
    /// Trouble at random.
    pub storm: Option<Storm>,
    /// Beginnings of paths where a second administrator has to approve writes.
    pub protected: Vec<String>,
    /// Another app of every tenant that takes a part of what the tenant may do; only with limits.
    pub other_app: Option<OtherApp>,
    /// Whether times and versions differ at every read; without it, they change when an object does.
    pub restless: bool,
    /// How long the service takes to give a storage address, to commit a file and to publish an app.
    pub content_lag: Duration,
    /// How long a storage address is good.
    pub storage_lifetime: Duration,
    /// How long a client waits between two questions whether a device code was entered.
    pub device_interval: Duration,
    /// How long a device code can be entered.
    pub device_lifetime: Duration,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            page_size: 5,
            list_lag: Duration::from_millis(300),
            group_lag: Duration::from_millis(300),
            shuffle: true,
            faults: Vec::new(),
            field: Field::default(),
            seed: 1,
            throttle: false,
            storm: None,
            protected: Vec::new(),
            other_app: None,
            restless: true,
            content_lag: Duration::from_millis(300),
            storage_lifetime: Duration::from_hours(1),
            device_interval: Duration::from_secs(5),
            device_lifetime: Duration::from_mins(15),
        }
    }
}

/// One emulated tenant.
#[derive(Debug, Clone, Default)]
pub struct TenantSeed {
    /// The tenant's GUID.
    pub tenant_id: String,
    /// Its name.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
    /// The application that may sign in.
    pub client_id: String,
    /// That application's secret.
    pub client_secret: String,
    /// The ways to sign in other than the secret.
    pub sign_in: SignInSeed,
    /// The permissions that are granted; empty grants all.
    pub permissions: Vec<String>,
    /// Objects by collection (`deviceManagement/deviceConfigurations`), in full stored form with their parts.
    /// Links are `rootCertificate@odata.bind` with a relative reference.
    pub objects: Value,
    /// Template ids that exist no more.
    pub retired_templates: Vec<String>,
    /// Ids of setting definitions that this tenant is not offered.
    pub unoffered_settings: Vec<String>,
    /// Answers of the field that this tenant plays, in addition to those that all tenants play.
    pub field: Field,
}

/// The file that `intune-ferry sandbox --config` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    listen: Option<SocketAddr>,
    latency_ms: Option<u64>,
    page_size: Option<usize>,
    list_lag_ms: Option<u64>,
    group_lag_ms: Option<u64>,
    shuffle: Option<bool>,
    seed: Option<u64>,
    throttle: Option<bool>,
    storm: Option<Storm>,
    #[serde(default)]
    protected: Vec<String>,
    other_app: Option<OtherApp>,
    restless: Option<bool>,
    content_lag_ms: Option<u64>,
    storage_lifetime_s: Option<u64>,
    device_interval_s: Option<u64>,
    device_lifetime_s: Option<u64>,
    #[serde(default)]
    tenants: Vec<TenantFile>,
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(default)]
    field: Field,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantFile {
    tenant_id: String,
    display_name: String,
    default_domain: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    sign_in: SignInSeed,
    #[serde(default)]
    permissions: Vec<String>,
    /// A JSON file, or a folder of JSON files named like the collections.
    seed: Option<PathBuf>,
    #[serde(default)]
    retired_templates: Vec<String>,
    #[serde(default)]
    unoffered_settings: Vec<String>,
    #[serde(default)]
    field: Field,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not valid: {detail}", path = .path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The facts about Graph that come with the program are broken.
    #[error("the built-in facts about Graph cannot be used: {0}")]
    Model(String),
    /// A tenant's seed is not what it should be.
    #[error("the seed of tenant {tenant} is not valid: {detail}")]
    Seed {
        /// The tenant's id.
        tenant: String,
        /// Why.
        detail: String,
    },
    /// The address cannot be used.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Anyone on the network could reach it.
    #[error("{0} is not a loopback address; an emulated tenant is served on this machine only")]
    NotLoopback(SocketAddr),
}

impl ConfigFile {
    /// Reads a configuration file and the seeds it names; relative paths are relative to the file.
    pub fn read(path: &Path) -> Result<Config, SandboxError> {
        let text = read(path)?;
        let file: Self = toml::from_str(&text)
            .map_err(|error| SandboxError::Invalid { path: path.to_owned(), detail: error.to_string() })?;
        file.resolve(path.parent().unwrap_or(Path::new(".")))
    }

    /// Turns the file's content into a configuration; relative paths are relative to `base`.
    pub fn resolve(self, base: &Path) -> Result<Config, SandboxError> {
        let usual = Behaviour::default();
        let behaviour = Behaviour {
            latency: self.latency_ms.map_or(usual.latency, Duration::from_millis),
            page_size: self.page_size.unwrap_or(usual.page_size),
            list_lag: self.list_lag_ms.map_or(usual.list_lag, Duration::from_millis),
            group_lag: self.group_lag_ms.map_or(usual.group_lag, Duration::from_millis),
            shuffle: self.shuffle.unwrap_or(usual.shuffle),
            faults: self.faults,
            field: self.field,
            seed: self.seed.unwrap_or(usual.seed),
            throttle: self.throttle.unwrap_or(usual.throttle),
            storm: self.storm,
            protected: self.protected,
            other_app: self.other_app,
            restless: self.restless.unwrap_or(usual.restless),
            content_lag: self.content_lag_ms.map_or(usual.content_lag, Duration::from_millis),
            storage_lifetime: self.storage_lifetime_s.map_or(usual.storage_lifetime, Duration::from_secs),
            device_interval: self.device_interval_s.map_or(usual.device_interval, Duration::from_secs),
            device_lifetime: self.device_lifetime_s.map_or(usual.device_lifetime, Duration::from_secs),
        };
        let tenants = self.tenants.into_iter().map(|tenant| tenant.resolve(base)).collect::<Result<_, _>>()?;
        Ok(Config { listen: self.listen.unwrap_or(Config::default().listen), tenants, behaviour })
    }
}

impl TenantFile {
    fn resolve(self, base: &Path) -> Result<TenantSeed, SandboxError> {
        let objects = match &self.seed {
            Some(seed) => objects(&base.join(seed))?,
            None => Value::Object(Map::new()),
        };
        let certificates = self.sign_in.certificates.iter().map(|file| read(&base.join(file)));
        let certificates = certificates.collect::<Result<_, _>>()?;
        Ok(TenantSeed {
            tenant_id: self.tenant_id,
            display_name: self.display_name,
            default_domain: self.default_domain,
            client_id: self.client_id,
            client_secret: self.client_secret,
            sign_in: SignInSeed { certificates, ..self.sign_in },
            permissions: self.permissions,
            objects,
            retired_templates: self.retired_templates,
            unoffered_settings: self.unoffered_settings,
            field: self.field,
        })
    }
}

fn read(path: &Path) -> Result<String, SandboxError> {
    std::fs::read_to_string(path).map_err(|source| SandboxError::Read { path: path.to_owned(), source })
}

fn json(path: &Path) -> Result<Value, SandboxError> {
    serde_json::from_str(&read(path)?)
        .map_err(|error| SandboxError::Invalid { path: path.to_owned(), detail: error.to_string() })
}

/// `deviceManagement/deviceConfigurations.json` and `deviceManagement.deviceConfigurations.json` name the same collection.
fn objects(path: &Path) -> Result<Value, SandboxError> {
    if !path.is_dir() {
        return json(path);
    }
    let mut all = Map::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry =
            entry.map_err(|error| SandboxError::Invalid { path: path.to_owned(), detail: error.to_string() })?;
        let file = entry.path();
        if entry.file_type().is_file() && file.extension().is_some_and(|e| e == "json") {
            let name = file
                .strip_prefix(path)
                .unwrap_or(file)
                .with_extension("")
                .components()
                .map(|part| part.as_os_str().to_string_lossy().replace('.', "/"))
                .collect::<Vec<_>>()
                .join("/");
            all.insert(name, json(file)?);
        }
    }
    Ok(Value::Object(all))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    #[test]
    fn a_file_with_faults_and_a_folder_of_seeds_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let seeds = folder.path().join("seed/deviceManagement");
        std::fs::create_dir_all(&seeds).unwrap();
        std::fs::write(seeds.join("intents.json"), "[]").unwrap();
        std::fs::write(folder.path().join("seed/identity.x.json"), "[1]").unwrap();
        let file = folder.path().join("s.toml");
        std::fs::write(
            &file,
            "page_size = 2\n[[tenants]]\ntenant_id='t'\ndisplay_name='T'\ndefault_domain='t.example'\nclient_id='c'\nclient_secret='s'\nseed='seed'\n[[faults]]\npath='groups'\nstatus='drop'\n[[faults]]\npath='x'\nstatus=429\nretry_after='1.5'\n",
        )
        .unwrap();
        let config = ConfigFile::read(&file).unwrap();
        assert_eq!(config.behaviour.page_size, 2);
        assert_eq!(config.behaviour.faults[0].status, Failure::Drop);
        assert_eq!(config.behaviour.faults[1].status, Failure::Status(429));
        assert_eq!(config.tenants[0].objects, serde_json::json!({"deviceManagement/intents": [], "identity/x": [1]}));
    }

    #[test]
    fn unknown_keys_and_statuses_are_refused() {
        let read = |text: &str| toml::from_str::<ConfigFile>(text);
        assert!(read("pagesize = 2").is_err());
        let unknown = read("field = ['teapot']").unwrap_err().to_string();
        assert!(unknown.contains("there is no answer `teapot`") && unknown.contains("top-refused"), "{unknown}");
        assert!(read("[[faults]]\npath='x'\nstatus='explode'").is_err());
        assert!(read("[[faults]]\npath='x'\nstatus=200").is_err());
    }
}
