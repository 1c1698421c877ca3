//! Does what a plan of a registration says, step by step; and removes what was registered.

use serde_json::{Value, json};

use super::look::{federated_of, granted, is_federated, known, named, principal};
use super::{AppRole, KnownApplication, RegistrationPlan};
use crate::engine::EngineError;
use crate::engine::import::request::WriteError;
use crate::engine::import::uncertain_create::until_certain;
use crate::graph::{Api, Client, GraphError, Method, Write, WriteKind};

/// How often something is sent that names what was made a moment ago: the directory may not know it yet.
const TRIES: u32 = 6;

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredApplication {
    /// The application.
    pub application: KnownApplication,
    /// The permissions that are granted now.
    pub granted: Vec<String>,
    /// Those that are wanted and not granted.
    pub not_granted: Vec<String>,
    /// Why they are not: what Graph said.
    pub refusal: Option<String>,
}

/// Does what the plan says.
pub async fn carry_out(
    client: &Client,
    plan: &RegistrationPlan,
    name: &str,
) -> Result<RegisteredApplication, EngineError> {
    let application = application(client, plan, name).await?;
    if let Some(federated) = &plan.federated {
        let path = format!("applications/{}/federatedIdentityCredentials", application.object_id);
        let find = async || {
            let there = federated_of(client, &application).await.map_err(of_engine)?;
            Ok(there.into_iter().find(|it| is_federated(it, federated)))
        };
        create(client, &path, federated, find).await?;
    }
    let principal = match &plan.principal {
        Some(principal) => principal.clone(),
        None => principal_of(client, &application).await?,
    };
    let mut done =
        RegisteredApplication { application, granted: plan.granted.clone(), not_granted: Vec::new(), refusal: None };
    for role in &plan.to_revoke {
        let path = format!("servicePrincipals/{principal}/appRoleAssignments/{}", role.id);
        match send(client, Method::DELETE, &path, None, WriteKind::Idempotent).await {
            Err(error) if error.is_forbidden() => done.refusal = Some(error.to_string()),
            Err(error) if !error.is_not_found() => return Err(error.into()),
            _ => done.granted.retain(|name| *name != role.name),
        }
    }
    for (at, role) in plan.to_grant.iter().enumerate() {
        match grant(client, plan, &principal, role).await {
            Ok(()) => done.granted.push(role.name.clone()),
            Err(EngineError::Graph(error)) if error.is_forbidden() => {
                done.refusal = Some(error.to_string());
                done.not_granted = plan.to_grant[at..].iter().map(|role| role.name.clone()).collect();
                break;
            }
            Err(error) => return Err(error),
        }
    }
    done.granted.sort();
    Ok(done)
}

/// Removes it, and its service principal and what that was granted with it.
pub async fn remove(client: &Client, application: &KnownApplication) -> Result<(), EngineError> {
    let path = format!("applications/{}", application.object_id);
    match send(client, Method::DELETE, &path, None, WriteKind::Idempotent).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

/// The application as the plan wants it: made, changed, or as it is.
async fn application(client: &Client, plan: &RegistrationPlan, name: &str) -> Result<KnownApplication, EngineError> {
    let unnamed = || {
        let message = "Graph did not name the new application".to_owned();
        EngineError::Graph(GraphError::Setup { message })
    };
    match (&plan.application, &plan.body) {
        (Some(there), None) => Ok(there.clone()),
        (Some(there), Some(body)) => {
            let path = format!("applications/{}", there.object_id);
            send(client, Method::PATCH, &path, Some(body), WriteKind::Idempotent).await?;
            Ok(there.clone())
        }
        (None, body) => {
            let body = body.clone().unwrap_or_default();
            let send = async || {
                let made = send(client, Method::POST, "applications", Some(&body), WriteKind::Create).await?;
                known(&made.unwrap_or_default()).ok_or_else(|| WriteError::Run(unnamed()))
            };
            let find = async || named(client, name).await.map_err(of_engine);
            until_certain(client, send, find).await.map_err(to_engine)
        }
    }
}

async fn principal_of(client: &Client, application: &KnownApplication) -> Result<String, EngineError> {
    let body = json!({"appId": application.app_id});
    let find = async || {
        let there = principal(client, &application.app_id).await.map_err(of_engine)?;
        Ok(there.map(|id| json!({"id": id})))
    };
    let made = create(client, "servicePrincipals", &body, find).await?;
    made["id"].as_str().map(ToOwned::to_owned).ok_or_else(|| {
        let message = "Graph did not name the new service principal".to_owned();
        EngineError::Graph(GraphError::Setup { message })
    })
}

async fn grant(client: &Client, plan: &RegistrationPlan, principal: &str, role: &AppRole) -> Result<(), EngineError> {
    let path = format!("servicePrincipals/{principal}/appRoleAssignments");
    let body = json!({"principalId": principal, "resourceId": plan.graph, "appRoleId": role.id});
    let find = async || {
        let there = granted(client, principal, &plan.graph).await.map_err(of_engine)?;
        Ok(there.into_iter().find(|(_, id)| *id == role.id).map(|_| Value::Null))
    };
    create(client, &path, &body, find).await.map(drop)
}

/// Creates what names an object that may have been made a moment ago. Where the outcome is not known, and where it is
/// refused, `find` says whether it is there: somebody else may have been quicker.
async fn create(
    client: &Client,
    path: &str,
    body: &Value,
    find: impl AsyncFn() -> Result<Option<Value>, WriteError>,
) -> Result<Value, EngineError> {
    let mut tries = 0;
    loop {
        let once =
            async || Ok(send(client, Method::POST, path, Some(body), WriteKind::Create).await?.unwrap_or_default());
        let error = match until_certain(client, once, &find).await {
            Err(WriteError::Graph(error)) if matches!(error.status(), Some(400 | 404 | 409)) => error,
            other => return other.map_err(to_engine),
        };
        if let Some(there) = find().await.ok().flatten() {
            return Ok(there);
        }
        tries += 1;
        if tries == TRIES {
            return Err((*error).into());
        }
        tokio::time::sleep(client.backoff() * 2_u32.pow(tries - 1)).await;
    }
}

async fn send(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<&Value>,
    kind: WriteKind,
) -> Result<Option<Value>, GraphError> {
    client.send(Write { method, api: Api::V1, path, body, kind, approval: None }).await
}

fn of_engine(error: EngineError) -> WriteError {
    match error {
        EngineError::Graph(error) => error.into(),
        other => WriteError::Run(other),
    }
}

fn to_engine(error: WriteError) -> EngineError {
    match error {
        WriteError::Graph(error) => (*error).into(),
        WriteError::Run(error) => error,
        WriteError::Object(finding) => EngineError::Refused { message: finding.message, fix: finding.fix },
    }
}
