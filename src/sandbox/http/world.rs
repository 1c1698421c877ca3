//! All tenants together: who a token belongs to, which request fails, what is logged.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use fastrand::Rng;
use serde_json::Value;

use crate::config::{Behaviour, Config, Failure, Fault, SandboxError};
use crate::handle;
use crate::http::approval::Approvals;
use crate::http::batch;
use crate::http::faults::{self, Faults};
use crate::http::storm::{Blowing, Place};
use crate::http::throttle::Throttle;
use crate::odata::call::{Call, Reply, envelope, refuse};
use crate::seed;
use crate::sign_in::Desk;
use crate::tenant::audit::{self, Actor};
use crate::tenant::store::{Request, Tenant};

/// Everything that the server serves.
pub(crate) struct World {
    pub tenants: BTreeMap<String, Tenant>,
    /// Tenant by token.
    pub tokens: BTreeMap<String, String>,
    /// What sign-ins left behind.
    pub desk: Desk,
    pub faults: Faults,
    pub behaviour: Behaviour,
    pub rng: Rng,
    pub storm: Option<Blowing>,
    pub approvals: Approvals,
    throttle: Throttle,
}

/// An answer, and what becomes of it on the wire.
pub(crate) struct Served {
    pub reply: Reply,
    pub failure: Option<Failure>,
}

impl World {
    pub(crate) fn new(config: &Config) -> Result<Self, SandboxError> {
        let mut tenants = BTreeMap::new();
        for seed in &config.tenants {
            let mut seed = seed.clone();
            seed.field.join(&config.behaviour.field);
            let tenant = seed::grow(&seed)?;
            tenants.insert(tenant.id.clone(), tenant);
        }
        seed::estrange(tenants.values_mut());
        Ok(Self {
            tenants,
            tokens: BTreeMap::new(),
            desk: Desk::default(),
            faults: Faults::new(&config.behaviour.faults),
            behaviour: config.behaviour.clone(),
            rng: Rng::with_seed(config.behaviour.seed),
            storm: config.behaviour.storm.map(Blowing::new),
            approvals: Approvals::new(&config.behaviour.protected),
            throttle: Throttle::new(config.behaviour.other_app),
        })
    }

    /// Serves one request to Graph.
    pub(crate) fn graph(&mut self, call: &Call) -> Served {
        let token = call.header("authorization").strip_prefix("Bearer ").unwrap_or("");
        let Some(tenant) = self.tokens.get(token).cloned() else {
            let message = if token.is_empty() {
                "Access token is empty."
            } else {
                "Access token has expired or is not yet valid."
            };
            let refusal = refuse(401, "InvalidAuthenticationToken", message);
            let reply = Reply::new(401, envelope(&refusal, "", call.header("client-request-id"))).with(
                "www-authenticate",
                "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\""
                    .into(),
            );
            return Served { reply, failure: None };
        };
        if call.path == "$batch" {
            return self.batch(&tenant, call);
        }
        self.exchange(&tenant, call, false)
    }

    fn batch(&mut self, tenant: &str, call: &Call) -> Served {
        // The batch itself may fail as a whole.
        if let Some(fault) = self.trouble(&call.method, &call.line(), Place::Graph) {
            let whole = fault.apply_write || fault.status.has_answer();
            let real = whole.then(|| batch::run(self, tenant, call).ok()).flatten();
            self.log(tenant, call, 0, false);
            let reply = match (fault.status, real) {
                (Failure::Truncate | Failure::Delay, Some(reply)) => reply,
                _ => faults::answer(&fault, &call.path),
            };
            return Served { reply, failure: Some(fault.status) };
        }
        let reply = batch::run(self, tenant, call).unwrap_or_else(|refusal| {
            Reply::new(refusal.status, envelope(&refusal, &call.path, call.header("client-request-id")))
        });
        self.log(tenant, call, reply.status, false);
        Served { reply, failure: None }
    }

    /// One request, alone or as a part of a batch: faults, limits, then the real thing.
    pub(crate) fn exchange(&mut self, tenant: &str, call: &Call, batched: bool) -> Served {
        let place = if batched { Place::BatchPart } else { Place::Graph };
        let fault = self.trouble(&call.method, &call.line(), place);
        let served = if let Some(fault) = fault {
            let whole = fault.apply_write || fault.status.has_answer();
            let real = whole.then(|| self.handle(tenant, call));
            let reply = match (fault.status, real) {
                (Failure::List(spoilt), Some(reply)) => spoilt.spoil(reply, call),
                (Failure::Truncate | Failure::Delay, Some(reply)) => reply,
                _ => faults::answer(&fault, &call.path),
            };
            Served { reply, failure: Some(fault.status) }
        } else {
            Served { reply: self.within_limits(tenant, call), failure: None }
        };
        let shown = match served.failure {
            Some(Failure::Drop | Failure::Hang) => 0,
            _ => served.reply.status,
        };
        self.log(tenant, call, shown, batched);
        served
    }

    /// What this request meets, by rule or at random.
    pub(crate) fn trouble(&mut self, method: &str, line: &str, place: Place) -> Option<Fault> {
        let by_rule = self.faults.meet(method, line);
        by_rule.or_else(|| self.storm.as_mut()?.meet(place))
    }

    fn within_limits(&mut self, tenant: &str, call: &Call) -> Reply {
        if !self.behaviour.throttle {
            return self.handle(tenant, call);
        }
        let verdict = self.throttle.take(tenant, call, Instant::now());
        let mut reply = verdict.refused.unwrap_or_else(|| self.handle(tenant, call));
        reply.headers.extend(verdict.headers);
        reply
    }

    fn handle(&mut self, tenant: &str, call: &Call) -> Reply {
        if let Some(refused) = self.approvals.check(call) {
            return refused;
        }
        let Some(tenant) = self.tenants.get_mut(tenant) else {
            return Reply::empty(401);
        };
        handle::answer(tenant, &self.behaviour, call).unwrap_or_else(|refusal| {
            Reply::new(refusal.status, envelope(&refusal, &call.path, call.header("client-request-id")))
        })
    }

    fn log(&mut self, tenant: &str, call: &Call, status: u16, batched: bool) {
        if let Some(tenant) = self.tenants.get_mut(tenant) {
            tenant.log.push(Request {
                method: call.method.clone(),
                path: call.line(),
                status,
                body: call.body.clone(),
                batched,
            });
        }
    }

    /// A tenant by id or domain.
    pub(crate) fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants
            .values()
            .find(|tenant| tenant.id.eq_ignore_ascii_case(name) || tenant.default_domain.eq_ignore_ascii_case(name))
    }

    /// Changes an object behind the client's back; lists show the change at once.
    pub(crate) fn edit(&mut self, tenant: &str, root: &str, id: &str, patch: &Value) -> bool {
        let root = crate::odata::paths::stored_name(root).to_owned();
        let Some(tenant) = self.tenants.get_mut(&tenant.to_lowercase()) else {
            return false;
        };
        let before = tenant.find(&root, id).cloned();
        let changed = match patch {
            // Nothing left: someone deleted it.
            Value::Null => tenant.remove(&root, id).is_some(),
            Value::Object(patch) => {
                if let Some(object) = tenant.find_mut(&root, id) {
                    object.extend(patch.clone());
                    crate::service::write::touch(object);
                } else {
                    let mut object = patch.clone();
                    object.insert("id".into(), Value::String(id.to_owned()));
                    tenant.put(&root, object, Instant::now());
                }
                true
            }
            _ => false,
        };
        if let (true, Some(object)) = (changed, tenant.find(&root, id).cloned().or_else(|| before.clone())) {
            let method = match (&before, patch) {
                (_, Value::Null) => "DELETE",
                (None, _) => "POST",
                _ => "PATCH",
            };
            audit::record(tenant, &Actor::Person, &root, &object, method);
        }
        changed
    }

    pub(crate) fn latency(&self) -> Duration {
        self.behaviour.latency
    }
}
