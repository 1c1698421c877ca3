//! `demo`: the whole way from one tenant to another, on emulated tenants. Every command is run as a user
//! would type it, by this same program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use include_dir::{Dir, include_dir};

use super::answer::Answer;
use super::context::Context;
use super::error::{CliError, file_error};
use crate::exit::Exit;
use crate::mapping::Mapping;
use crate::sandbox::{ConfigFile, Running, Sandbox};

const EXAMPLES: &str = "EXAMPLES:
  Export, map, plan, import and verify between two emulated tenants:
    intune-ferry demo

  Keep the files elsewhere than in ./ferry-demo:
    intune-ferry demo --dir rehearsal";

/// The sample tenants, their configuration, and what a person would decide.
static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples");

/// Go the whole way once on two emulated tenants; needs no account and no network
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Keep the trees, the mapping, the plan and the journal in this folder, which must not exist
    #[arg(long, value_name = "DIR", default_value = "ferry-demo")]
    pub dir: PathBuf,
}

/// One command of the demo.
struct Stop<'a> {
    says: &'a str,
    command: &'a [&'a str],
    /// The exit codes that are right here, each documented.
    fine: &'a [u8],
}

const BEFORE: &[Stop<'_>] = &[
    Stop {
        says: "The trial tenant's policies become a folder of JSON files that git can compare.",
        command: &["export", "trial", "--out", "trial"],
        fine: &[0],
    },
    Stop {
        says: "What will need a decision before it can move? No tenant is asked.",
        command: &["lint", "trial"],
        fine: &[0, 4],
    },
    Stop {
        says: "What are the trial's groups, users and apps in production? Doubt is left to a person.",
        command: &["map", "trial", "--to", "production", "--out", "mapping.json"],
        fine: &[0, 4],
    },
];

const AFTER: &[Stop<'_>] = &[
    Stop {
        says: "The mapping again: it keeps every decision and adds only what is new.",
        command: &["map", "trial", "--to", "production", "--out", "mapping.json"],
        fine: &[0, 4],
    },
    Stop {
        says: "Source ids become target ids, in a tree of its own that can be read and compared.",
        command: &["rewrite", "trial", "--mapping", "mapping.json", "--out", "for-production"],
        fine: &[0, 4],
    },
    Stop {
        says: "What would an import do? Nothing is written; the plan is kept for review.",
        command: &["plan", "for-production", "--to", "production", "--out", "plan.json"],
        fine: &[3, 4],
    },
    Stop {
        says: "Exactly that plan is carried out, written down before each request, and read back.",
        command: &[
            "import",
            "for-production",
            "--to",
            "production",
            "--plan",
            "plan.json",
            "--journal",
            "import.ndjson",
        ],
        fine: &[0, 3, 4],
    },
    Stop {
        says: "Is production now what the tree says? What is blocked, held or differs is listed.",
        command: &["verify", "for-production", "--to", "production"],
        fine: &[0, 3, 4],
    },
    Stop {
        says: "A second import finds everything in place: no duplicates, nothing to write.",
        command: &["import", "for-production", "--to", "production", "--yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049"],
        fine: &[0, 3, 4],
    },
];

/// Goes.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let folder = prepare(&args.dir)?;
    let sandbox = start(&folder).await?;
    let outcome = walk(&folder, &sandbox, context).await;
    sandbox.stop().await;
    outcome?;
    let text = format!(
        "\nEverything is in {0}: the tree (trial), the mapping, the rewritten tree (for-production), plan.json and \
         the journal import.ndjson.\nThe emulated tenants are gone; `intune-ferry sandbox --config {0}/sandbox.toml` \
         starts them afresh.\n",
        args.dir.display()
    );
    Ok(Answer::new(Exit::Done, text))
}

/// The folder, with the sample tenants and a `ferry.toml`.
fn prepare(dir: &Path) -> Result<PathBuf, CliError> {
    if dir.exists() {
        let message = format!("{} is there already; the demo starts in a folder of its own", dir.display());
        return Err(CliError::usage(message).hint("Remove it, or name another folder with --dir."));
    }
    std::fs::create_dir_all(dir).map_err(|error| file_error("create", dir, &error))?;
    SAMPLES.extract(dir).map_err(|error| file_error("write", dir, &error))?;
    dir.canonicalize().map_err(|error| file_error("find", dir, &error))
}

async fn start(folder: &Path) -> Result<Running, CliError> {
    let mut config = ConfigFile::read(&folder.join("sandbox.toml"))?;
    config.listen.set_port(0);
    let sandbox = Sandbox::start(config).await?;
    let profiles = folder.join("ferry.toml");
    let text = std::fs::read_to_string(&profiles).map_err(|error| file_error("read", &profiles, &error))?;
    let text = text.replace("http://127.0.0.1:8787", &sandbox.url);
    std::fs::write(&profiles, text).map_err(|error| file_error("write", &profiles, &error))?;
    Ok(sandbox)
}

async fn walk(folder: &Path, sandbox: &Running, context: &Context) -> Result<(), CliError> {
    for (name, value) in secrets(folder)? {
        context.printer.note(&format!("$ export {name}={value}"));
    }
    for stop in BEFORE {
        one(folder, stop, context).await?;
    }
    decide(folder, context)?;
    for stop in AFTER {
        one(folder, stop, context).await?;
    }
    context.printer.note(&format!("(The emulated tenants answered at {}.)", sandbox.url));
    Ok(())
}

async fn one(folder: &Path, stop: &Stop<'_>, context: &Context) -> Result<(), CliError> {
    if context.stop.is_cancelled() {
        return Err(CliError::interrupted());
    }
    context.printer.note(&format!("\n# {}\n$ intune-ferry {}", stop.says, stop.command.join(" ")));
    let program = std::env::current_exe().map_err(|error| file_error("find", Path::new("intune-ferry"), &error))?;
    let mut command = Command::new(&program);
    command.args(stop.command).current_dir(folder).stdin(Stdio::null());
    command.envs(secrets(folder)?);
    let run = tokio::task::spawn_blocking(move || command.output()).await;
    let output = match run {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(file_error("run", &program, &error)),
        Err(error) => return Err(CliError::new(Exit::Unexpected, error.to_string())),
    };
    context.printer.note(String::from_utf8_lossy(&output.stderr).trim_end());
    context.printer.note(String::from_utf8_lossy(&output.stdout).trim_end());
    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
    let known = Exit::ALL.iter().find(|exit| Some(exit.code()) == code);
    context.printer.note(&format!(
        "[exit code {}: {}]",
        code.map_or_else(|| String::from("none"), |code| code.to_string()),
        known.map_or("not one of ours", |exit| exit.sentence())
    ));
    if code.is_some_and(|code| stop.fine.contains(&code)) {
        return Ok(());
    }
    let message = format!("`intune-ferry {}` did not end as it should", stop.command.join(" "));
    Err(CliError::new(Exit::Unexpected, message).hint("This is a defect of the demo or the program; please report it."))
}

/// The variables that `ferry.toml` names, with the sample tenants' secrets, which protect nothing.
fn secrets(folder: &Path) -> Result<Vec<(String, String)>, CliError> {
    let read = |name: &str| {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| file_error("read", &path, &error))?;
        toml::from_str::<toml::Table>(&text).map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
    };
    let (profiles, sandbox) = (read("ferry.toml")?, read("sandbox.toml")?);
    let text =
        |table: &toml::Value, key: &str| table.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let served = sandbox.get("tenants").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let profiles = profiles.get("tenants").and_then(toml::Value::as_table).cloned().unwrap_or_default();
    let pair = |profile: &toml::Value| {
        let tenant = served.iter().find(|tenant| text(tenant, "tenant_id") == text(profile, "tenant_id"))?;
        Some((text(profile, "client_secret_env"), text(tenant, "client_secret")))
    };
    Ok(profiles.values().filter_map(pair).collect())
}

/// Puts the decisions of `demo-decisions.json` into the mapping, as a person would with an editor.
fn decide(folder: &Path, context: &Context) -> Result<(), CliError> {
    let catalogue = context.catalogue()?;
    let file = folder.join("mapping.json");
    let mut mapping = Mapping::load(&file, &catalogue)?;
    let decisions = Mapping::load(&folder.join("demo-decisions.json"), &catalogue)?;
    context.printer.note("\n# A person decides what was left open, in an editor (here: demo-decisions.json):");
    for entry in decisions.entries {
        let target = entry.target.as_ref().and_then(|target| target.name.clone());
        let decision = serde_json::to_value(entry.decision).unwrap_or_default();
        let arrow = target.map_or_else(String::new, |target| format!(" {target}"));
        context.printer.note(&format!("  {}: {}{arrow}", entry.subject(), decision.as_str().unwrap_or_default()));
        mapping.entries.retain(|old| !old.is_for(&entry.kind, entry.source_id()));
        mapping.entries.push(entry);
    }
    for pair in decisions.text {
        context.printer.note(&format!("  text: {} → {}", pair.find, pair.replace));
        mapping.text.retain(|old| old.find != pair.find);
        mapping.text.push(pair);
    }
    mapping.sort();
    mapping.save(&file).map_err(|error| file_error("write", &file, &error))
}
