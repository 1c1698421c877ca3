//! `doctor`: what a tenant answers, type by type, for the account at hand.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::catalogue::permissions;
use crate::catalogue::{Catalogue, Selection};
use crate::cli::answer::Answer;
use crate::cli::asked_permissions;
use crate::cli::connect::{Connected, connect};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::files::write_file;
use crate::cli::flags::SourceArg;
use crate::engine::doctor::{Examined, Verdict, examine};
use crate::exit::Exit;
use crate::finding::Finding;
use crate::graph::Claims;
use crate::ui::{Progress, doctor_view};

/// The file's format number.
const FORMAT: u32 = 1;

const EXAMPLES: &str = "EXAMPLES:
  Show what the tenant answers, what it refuses, and why:
    intune-ferry doctor trial

  Write a file for a bug report:
    intune-ferry doctor trial --out doctor.json

Nothing is changed. The file contains forms of requests, statuses, error codes, times, versions and the names of the \
account's permissions. It contains no name, ID, domain, token or text of the tenant (docs/doctor.md). The printed output \
can contain text from the service.";

/// Show what a tenant answers and what it refuses, without changing anything
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which tenant.
    #[command(flatten)]
    pub source: SourceArg,
    /// Check only these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Check all except these policy types or groups of a type
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Also write the result to a file that contains nothing of the tenant
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Asks for everything.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let catalogue = context.catalogue()?;
    let selection = Selection::new(&catalogue, &args.only, &args.skip, &[])?;
    let connected = connect(context, &args.source.tenant)?;
    asked_permissions::will_read(&connected, &catalogue, |it| selection.includes_type(it)).await;
    let claims = connected.client.claims().await.map_err(|error| connected.failed(error))?;
    let examined = {
        let progress = Progress::new(&context.printer);
        examine(connected.tenant(&catalogue, &progress), &selection, claims.as_ref()).await
    };
    let examined = examined.map_err(|error| connected.failed(error))?;
    let document = document(&catalogue, &connected, claims.as_ref(), &examined)?;
    let findings: Vec<Finding> = examined.iter().flat_map(|one| one.findings.clone()).collect();
    let text = doctor_view::doctor(&examined, &findings, context.look());
    let answer = Answer::new(Exit::Done, text).findings(findings).requests(connected.client.figures());
    let Some(path) = args.out else { return Ok(answer.details(document)) };
    let bytes = serde_json::to_vec_pretty(&document).map_err(|error| unwritable(&error))?;
    let answer = answer.details(document);
    match write_file(&path, &bytes) {
        Ok(()) => {
            context
                .printer
                .note(&format!("{} contains nothing of the tenant.", crate::ui::clean(&path.display().to_string())));
            Ok(answer)
        }
        Err(error) => Ok(answer.not_recorded(&path, &error, None, context.look())),
    }
}

fn unwritable(error: &serde_json::Error) -> CliError {
    CliError::new(Exit::Unexpected, format!("the result cannot be written: {error}"))
}

/// The result, without anything of the tenant.
fn document(
    catalogue: &Catalogue,
    connected: &Connected,
    claims: Option<&Claims>,
    examined: &[Examined],
) -> Result<Value, CliError> {
    let (permissions, others): (Vec<&String>, Vec<&String>) =
        claims.iter().flat_map(|claims| &claims.permissions).partition(|name| permissions::is_known(catalogue, name));
    let cloud = if connected.is_loopback() { "emulator" } else { connected.profile.cloud.name() };
    let count = |verdict: Verdict| examined.iter().filter(|one| one.verdict == verdict).count();
    let all = [Verdict::Answers, Verdict::AnswersPlainly, Verdict::Refused, Verdict::Fails];
    let counts: serde_json::Map<String, Value> =
        all.into_iter().map(|verdict| (verdict.word().to_owned(), json!(count(verdict)))).collect();
    Ok(json!({
        "doctor": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "cloud": cloud,
        "signIn": {
            "auth": connected.profile.auth.name(),
            "delegated": claims.map(|claims| claims.is_delegated),
            "permissions": permissions,
            "otherPermissions": others.len(),
        },
        "counts": counts,
        "types": serde_json::to_value(examined).map_err(|error| unwritable(&error))?,
    }))
}
