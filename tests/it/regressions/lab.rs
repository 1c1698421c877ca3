//! One tenant, a client for it, and small hand-made trees: plans and imports run by the library itself, so
//! that the target can change in between.

use std::sync::Mutex;

use intune_ferry::catalogue::{Catalogue, Selection};
use intune_ferry::engine::import::approvals::Approvals;
use intune_ferry::engine::import::run;
use intune_ferry::engine::import::run::Imported;
use intune_ferry::engine::journal::{Header, Journal, Origin};
use intune_ferry::engine::plan::PlanInputs;
use intune_ferry::engine::plan::plan_file::{OnConflict, Options};
use intune_ferry::engine::plan::planner;
use intune_ferry::engine::plan::prepared::Prepared;
use intune_ferry::engine::shape::secrets::{NoSecrets, SecretSource};
use intune_ferry::engine::tenant::Tenant;
use intune_ferry::engine::{EngineError, Step};
use intune_ferry::event::Silent;
use intune_ferry::finding::Finding;
use intune_ferry::graph::{Auth, Client, Settings};
use intune_ferry::mapping::{Decision, Entry, Mapping, Named, Side, TextPair};
use intune_ferry::policy::{Directory, Policy};
use intune_ferry::sandbox::{Behaviour, Failure, Fault, TenantSeed};
use intune_ferry::tree::{Manifest, Tree};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use crate::objects::{CONFIGURATIONS, SCRIPTS, targets as groups_of};

use crate::env::{CLIENT, Env, PRODUCTION, SECRET, empty, quick};

pub const AUTOPILOT: &str = "deviceManagement/windowsAutopilotDeploymentProfiles";
pub const NOTIFICATIONS: &str = "deviceManagement/notificationMessageTemplates";
pub const STRENGTHS: &str = "identity/conditionalAccess/authenticationStrengths/policies";

/// One tenant and a client for it.
pub struct Lab {
    pub env: Env,
    pub runtime: tokio::runtime::Runtime,
    pub client: Client,
    pub catalogue: Catalogue,
    pub journals: Mutex<u32>,
}

impl Lab {
    pub fn with(objects: Value) -> Self {
        Self::behaving(objects, quick())
    }

    pub fn behaving(objects: Value, behaviour: Behaviour) -> Self {
        let mut seed: TenantSeed = empty(PRODUCTION, "Fabrikam Production");
        seed.objects = objects;
        let env = Env::start(vec![seed], behaviour);
        let url: url::Url = env.sandbox().url.parse().unwrap();
        let auth = Auth::ClientSecret(SECRET.to_owned().into());
        let mut settings = Settings::new(url.clone(), url, PRODUCTION.into(), CLIENT.into(), auth);
        settings.backoff = std::time::Duration::from_millis(1);
        Self {
            env,
            runtime: tokio::runtime::Runtime::new().unwrap(),
            client: Client::new(settings).unwrap(),
            catalogue: Catalogue::built_in().unwrap(),
            journals: Mutex::new(0),
        }
    }

    /// The tenant as the engine asks it.
    pub fn tenant(&self) -> Tenant<'_> {
        Tenant { client: &self.client, catalogue: &self.catalogue, reporter: &Silent }
    }

    pub fn inputs<'a>(&'a self, tree: &'a Tree, mapping: Option<&'a Mapping>, options: &'a Options) -> PlanInputs<'a> {
        PlanInputs {
            tenant: self.tenant(),
            tree,
            mapping,
            options,
            selection: everything(),
            secrets: &NoSecrets,
            content: None,
        }
    }

    pub fn try_plan(&self, tree: &Tree, mapping: Option<&Mapping>, options: &Options) -> Result<Prepared, EngineError> {
        self.runtime.block_on(planner::plan(self.inputs(tree, mapping, options)))
    }

    pub fn plan(&self, tree: &Tree, mapping: Option<&Mapping>, options: &Options) -> Prepared {
        self.try_plan(tree, mapping, options).unwrap()
    }

    pub fn try_import(
        &self,
        prepared: Prepared,
        secrets: &dyn SecretSource,
    ) -> Result<(Imported, String), EngineError> {
        let number = {
            let mut number = self.journals.lock().unwrap();
            *number += 1;
            *number
        };
        let path = self.env.path(&format!("run-{number}.ndjson"));
        let journal = Journal::create(&path, Header::new(Origin::default(), &prepared))?;
        let stop = CancellationToken::new();
        let run = run::Run {
            tenant: self.tenant(),
            secrets,
            journal: &journal,
            approvals: &Approvals::default(),
            stop: &stop,
        };
        let imported = self.runtime.block_on(run::import(prepared, run))?;
        Ok((imported, std::fs::read_to_string(path).unwrap()))
    }

    pub fn import(&self, prepared: Prepared) -> Imported {
        self.try_import(prepared, &NoSecrets).unwrap().0
    }

    pub fn object(&self, collection: &str, id: &str) -> Value {
        let state = self.env.sandbox().state(PRODUCTION);
        let objects = state[collection].as_array().cloned().unwrap_or_default();
        objects.into_iter().find(|object| object["id"] == id).unwrap_or_else(|| panic!("no {id} in {state:#}"))
    }

    pub fn edit(&self, collection: &str, id: &str, patch: &Value) {
        assert!(self.env.sandbox().edit(PRODUCTION, collection, id, patch));
    }

    /// From now on no request's token is taken.
    pub fn refuse_token(&self) {
        let every = Fault { path: "/".into(), status: Failure::Status(401), ..Fault::default() };
        self.env.sandbox().fail(every);
    }

    pub fn writes(&self) -> Vec<(String, String)> {
        let requests = self.env.sandbox().requests(PRODUCTION);
        let changing = |method: &str| ["POST", "PUT", "PATCH", "DELETE"].contains(&method);
        requests
            .into_iter()
            .filter(|r| changing(&r.method) && !["$batch", "getByIds", "/token"].iter().any(|no| r.path.contains(no)))
            .map(|request| (request.method, request.path))
            .collect()
    }
}

pub fn everything() -> &'static Selection {
    static ALL: std::sync::LazyLock<Selection> = std::sync::LazyLock::new(Selection::default);
    &ALL
}

pub fn tree(policies: Vec<(&str, Value)>) -> Tree {
    let policies = policies
        .into_iter()
        .enumerate()
        .map(|(number, (kind, body))| {
            let mut policy = Policy::new(kind, body.as_object().unwrap().clone());
            policy.file = Some(format!("{kind}/{number}.json"));
            policy.keep()
        })
        .collect();
    Tree {
        edited: std::collections::BTreeSet::new(),
        root: std::path::PathBuf::new(),
        manifest: Manifest::default(),
        directory: Directory::default(),
        mapping: None,
        origins: intune_ferry::tree::Origins::default(),
        policies,
        findings: Vec::new(),
    }
}

pub fn mapping(entries: Vec<Entry>) -> Mapping {
    let mut mapping = Mapping::new(Side::default(), Side::default());
    mapping.entries = entries;
    mapping
}

/// A mapping that says that the SCEP server is the same in both tenants.
pub fn same_server() -> Mapping {
    let mut mapping = mapping(Vec::new());
    let find = String::from("https://ndes.example/scep");
    mapping.text = vec![TextPair { replace: Some(find.clone()), find, why: None }];
    mapping
}

pub fn entry(kind: &str, source: &str, target: Named) -> Entry {
    let mut entry = Entry::undecided(kind, Named::new(source, None));
    entry.decision = Decision::Map;
    entry.target = Some(target);
    entry
}

pub fn id(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

pub fn script(id: &str, name: &str, content: &str) -> Value {
    json!({"id": id, "displayName": name, "description": "", "fileName": "a.ps1", "runAsAccount": "system",
        "enforceSignatureCheck": false, "runAs32Bit": false, "roleScopeTagIds": ["0"], "scriptContent": content})
}

pub fn group(id: &str, name: &str) -> Value {
    json!({"id": id, "displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true})
}

pub fn to_group(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id,
        "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none"}})
}

pub fn not_group(id: &str) -> Value {
    let mut assignment = to_group(id);
    assignment["target"]["@odata.type"] = json!("#microsoft.graph.exclusionGroupAssignmentTarget");
    assignment
}

pub fn assigned(mut object: Value, assignments: Vec<Value>) -> Value {
    object["assignments"] = Value::Array(assignments);
    object
}

pub fn kept(id: &str) -> Entry {
    let mut entry = entry("group", id, Named::new(id, None));
    entry.decision = Decision::Map;
    entry
}

pub fn update() -> Options {
    Options { on_conflict: OnConflict::Update, ..Options::default() }
}

pub fn has(findings: &[Finding], code: &str) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

pub fn step<'a>(prepared: &'a Prepared, name: &str) -> &'a Step {
    prepared.plan.steps.iter().find(|step| step.name == name).unwrap()
}

pub fn fault(method: &str, path: &str, status: u16) -> Fault {
    Fault { method: Some(method.into()), path: path.into(), status: Failure::Status(status), ..Fault::default() }
}

pub fn root_certificate(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows81TrustedRootCertificate", "id": id, "displayName": "Root",
        "trustedRootCertificate": "AAAA", "certFileName": "a.cer", "destinationStore": "computerCertStoreRoot"})
}

pub fn scep(id: &str, description: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile", "id": id, "displayName": "SCEP",
        "description": description, "scepServerUrls": ["https://ndes.example/scep"],
        "subjectNameFormatString": "CN=x", "certificateValidityPeriodValue": 1, "certificateValidityPeriodScale": "years",
        "renewalThresholdPercentage": 20, "keyUsage": "digitalSignature", "keySize": "size2048"})
}

pub fn autopilot(id: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "id": id, "displayName": "AP",
        "description": "", "deviceNameTemplate": "", "deviceType": "windowsPc", "locale": "", "enableWhiteGlove": false})
}

pub fn template(id: &str, messages: &Value) -> Value {
    json!({"id": id, "displayName": "Mail", "description": "", "brandingOptions": "none", "defaultLocale": "en-us",
        "roleScopeTagIds": ["0"], "localizedNotificationMessages": messages})
}

pub fn message(locale: &str, default: bool, subject: &str) -> Value {
    json!({"id": format!("x_{locale}"), "locale": locale, "isDefault": default, "subject": subject, "messageTemplate": "Text"})
}
