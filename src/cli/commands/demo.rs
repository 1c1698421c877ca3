//! `demo`: a complete migration from one tenant to another, on emulated tenants. Every command is run as a user
//! would type it, by this same program.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use include_dir::{Dir, include_dir};

use crate::cli::answer::Answer;
use crate::cli::context::Context;
use crate::cli::error::{CliError, file_error};
use crate::cli::files::write_file;
use crate::cli::plan_file;
use crate::exit::Exit;
use crate::mapping::Mapping;
use crate::sandbox::{ConfigFile, Request, Running, Sandbox};
use crate::ui::Verbosity;
use crate::ui::demo_view::{self, Figures};
use crate::ui::style::{self, paint};

const EXAMPLES: &str = "EXAMPLES:
  Export, map, plan, import and verify between two emulated tenants:
    intune-ferry demo

  Keep the files elsewhere than in ./ferry-demo:
    intune-ferry demo --dir rehearsal";

/// The sample tenants, their configuration, and what a person would decide.
static SAMPLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples");

/// Run a complete migration between two emulated tenants (no account or network needed)
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// New folder for the trees, the mapping, the plan and the journal; must not exist
    #[arg(long, value_name = "DIR", default_value = "ferry-demo")]
    pub dir: PathBuf,
}

/// One command of the demo.
struct Stop<'a> {
    says: &'a str,
    command: &'a [&'a str],
    /// The exit codes that are right here, each documented.
    fine: &'a [u8],
    /// How many lines of the output are shown: of its beginning and of its end.
    shows: (usize, usize),
}

const BEFORE: &[Stop<'_>] = &[
    Stop {
        says: "Export the trial tenant's policies to a folder of JSON files that git can compare.",
        command: &["export", "trial", "--out", "trial"],
        fine: &[0],
        shows: (5, 6),
    },
    Stop {
        says: "Check offline what needs a decision before it can move.",
        command: &["lint", "trial"],
        fine: &[0, 4],
        shows: (11, 4),
    },
    Stop {
        says: "Match the trial's groups, users and apps with those in production. Anything uncertain stays undecided.",
        command: &["map", "trial", "--to", "production", "--out", "mapping.json"],
        fine: &[0, 4],
        shows: (20, 5),
    },
];

const AFTER: &[Stop<'_>] = &[
    Stop {
        says: "Run map again: it keeps every decision and adds only what is new.",
        command: &["map", "trial", "--to", "production", "--out", "mapping.json"],
        fine: &[0, 4],
        shows: (1, 4),
    },
    Stop {
        says: "Replace source IDs with target IDs, in a separate tree that can be reviewed and compared.",
        command: &["rewrite", "trial", "--mapping", "mapping.json", "--out", "for-production"],
        fine: &[0, 4],
        shows: (3, 5),
    },
    Stop {
        says: "Show what an import would do. Nothing is written; the plan is saved for review.",
        command: &["plan", "for-production", "--to", "production", "--out", "plan.json", "--html", "plan.html"],
        fine: &[3, 4],
        shows: (22, 11),
    },
    Stop {
        says: "Import exactly that plan. Each request is recorded in the journal first, and the result is read back.",
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
        shows: (11, 9),
    },
    Stop {
        says: "Check whether production matches the tree. What is blocked, held back or different is listed.",
        command: &["verify", "for-production", "--to", "production"],
        fine: &[0, 3, 4],
        shows: (6, 8),
    },
    Stop {
        says: "Write a page about the trial: its policies, and which group gets what.",
        command: &["report", "trial", "--html", "report.html"],
        fine: &[0],
        shows: (2, 1),
    },
    Stop {
        says: "Compare the tree with production, as a drift check would every night.",
        command: &["diff", "for-production", "tenant:production", "--html", "diff.html"],
        fine: &[3],
        shows: (9, 4),
    },
    Stop {
        says: "Import again: everything exists already, so there are no duplicates and nothing to write.",
        command: &["import", "for-production", "--to", "production", "--yes=d83a6e14-907b-4f25-8e3c-61b5a2f7c049"],
        fine: &[0, 3, 4],
        shows: (6, 8),
    },
];

/// The folder of the demo's folder that keeps what each command said.
const OUTPUT: &str = "output";

/// Goes.
pub async fn run(args: Args, context: &Context) -> Result<Answer, CliError> {
    let folder = prepare(&args.dir)?;
    let (sandbox, tenants) = start(&folder).await?;
    let demo = Demo { dir: &args.dir, folder, sandbox: &sandbox, tenants, context };
    let outcome = demo.walk().await;
    let summary = outcome.and_then(|figures| demo.summary(figures));
    // When started again, the tenants answer where `sandbox.toml` says.
    put_address(&demo.folder, &sandbox.url, ADDRESS)?;
    sandbox.stop().await;
    let file = |name: &str| args.dir.join(name).display().to_string();
    let text = format!(
        "\n{summary}\n  Open these pages in a browser:\n    {plan}    what the import would do, and who gets each \
         policy\n    {report}  the trial's policies, and which group gets what\n    {diff}    how production \
         differs from the tree\n\n  Also in {0}: the tree (trial), mapping.json, the rewritten tree (for-production), \
         plan.json,\n  the journal of the import (import.ndjson), and the output of every command ({OUTPUT}).\n  The \
         emulated tenants are gone; `intune-ferry sandbox --config {0}/sandbox.toml` starts them again.\n",
        args.dir.display(),
        plan = file("plan.html"),
        report = file("report.html"),
        diff = file("diff.html"),
        summary = summary?,
    );
    Ok(Answer::new(Exit::Done, text))
}

/// Where the samples' tenants answer.
const ADDRESS: &str = "http://127.0.0.1:8787";

/// A demo under way.
struct Demo<'a> {
    /// The folder as it was named.
    dir: &'a Path,
    /// The folder wherever the program runs.
    folder: PathBuf,
    sandbox: &'a Running,
    /// The ids of the source and of the target.
    tenants: [String; 2],
    context: &'a Context,
}

/// The folder, with the sample tenants and a `ferry.toml`.
fn prepare(dir: &Path) -> Result<PathBuf, CliError> {
    if dir.exists() {
        let message = format!("{} already exists; the demo needs a new folder", dir.display());
        return Err(CliError::usage(message).hint("Remove the folder, or name another one with --dir."));
    }
    std::fs::create_dir_all(dir).map_err(|error| file_error("create", dir, &error))?;
    SAMPLES.extract(dir).map_err(|error| file_error("write", dir, &error))?;
    dir.canonicalize().map_err(|error| file_error("find", dir, &error))
}

/// Lets `ferry.toml` name the tenants at another address.
fn put_address(folder: &Path, old: &str, new: &str) -> Result<(), CliError> {
    let profiles = folder.join("ferry.toml");
    let text = std::fs::read_to_string(&profiles).map_err(|error| file_error("read", &profiles, &error))?;
    write_file(&profiles, text.replace(old, new).as_bytes())
}

async fn start(folder: &Path) -> Result<(Running, [String; 2]), CliError> {
    let mut config = ConfigFile::read(&folder.join("sandbox.toml"))?;
    config.listen.set_port(0);
    let tenants = [0, 1].map(|at| config.tenants.get(at).map(|tenant| tenant.tenant_id.clone()).unwrap_or_default());
    let sandbox = Sandbox::start(config).await?;
    put_address(folder, ADDRESS, &sandbox.url)?;
    let output = folder.join(OUTPUT);
    std::fs::create_dir(&output).map_err(|error| file_error("create", &output, &error))?;
    Ok((sandbox, tenants))
}

impl Demo<'_> {
    async fn walk(&self) -> Result<Figures, CliError> {
        self.tell(&format!(
            "Two emulated tenants answer at {}. Their files are in {}.\n",
            self.sandbox.url,
            self.dir.display()
        ))?;
        for (name, value) in secrets(&self.folder)? {
            self.tell(&format!("$ export {name}={value}\n"))?;
        }
        let mut number = 0;
        for stop in BEFORE {
            number += 1;
            self.one(stop, number).await?;
        }
        self.decide()?;
        let mut writes = 0;
        for stop in AFTER {
            number += 1;
            // What the last command writes is counted by itself.
            writes = self.writes();
            self.one(stop, number).await?;
        }
        let tree = crate::cli::folder::read(&self.folder.join("trial"), &self.context.catalogue()?)?;
        let [source_requests, target_requests] = [0, 1].map(|at| self.requests(at).len());
        let writes_again = self.writes() - writes;
        Ok(Figures { exported: tree.policies.len(), source_requests, target_requests, writes, writes_again })
    }

    fn summary(&self, figures: Figures) -> Result<String, CliError> {
        let plan = plan_file::load(&self.folder.join("plan.json"))?;
        Ok(demo_view::summary(&plan, figures, self.context.look()))
    }

    /// Requests as they went over the wire; what a batch holds is part of it.
    fn requests(&self, tenant: usize) -> Vec<Request> {
        let all = self.sandbox.requests(&self.tenants[tenant]);
        all.into_iter().filter(|request| !request.batched).collect()
    }

    fn writes(&self) -> usize {
        let all = self.sandbox.requests(&self.tenants[1]);
        // These are sent by POST and change nothing.
        let reads = ["$batch", "getByIds", "/token"];
        let writes =
            |request: &&Request| request.method != "GET" && !reads.iter().any(|path| request.path.contains(path));
        all.iter().filter(writes).count()
    }

    /// Shows a part of the walk: here it is the result.
    fn tell(&self, text: &str) -> Result<(), CliError> {
        let printer = &self.context.printer;
        if printer.verbosity() == Verbosity::Quiet {
            return Ok(());
        }
        printer.result(text).map_err(|error| file_error("write", Path::new("the output"), &error))
    }

    async fn one(&self, stop: &Stop<'_>, number: usize) -> Result<(), CliError> {
        if self.context.stop.is_cancelled() {
            return Err(CliError::interrupted());
        }
        let typed = format!("intune-ferry {}", stop.command.join(" "));
        self.tell(&format!("\n{}\n", paint(style::STRONG, format!("# {}\n$ {typed}", stop.says))))?;
        let name = format!("{OUTPUT}/{number}-{}.txt", stop.command.first().copied().unwrap_or_default());
        let (text, code) = self.spawn(stop).await?;
        let file = self.folder.join(&name);
        write_file(&file, anstream::adapter::strip_str(&text).to_string().as_bytes())?;
        let shown = self.dir.join(&name).display().to_string();
        let (head, tail) = if self.context.look().verbose { (usize::MAX, 0) } else { stop.shows };
        self.tell(&format!("{}\n", demo_view::excerpt(&text, head, tail, &shown)))?;
        let known = Exit::ALL.iter().find(|exit| Some(exit.code()) == code && exit.code() != 0);
        if let Some(exit) = known {
            self.tell(&format!(
                "{}\n",
                paint(style::FAINT, format!("[exit code {}: {}]", exit.code(), exit.sentence()))
            ))?;
        }
        if code.is_some_and(|code| stop.fine.contains(&code)) {
            return Ok(());
        }
        let hint = format!("This is a bug in the demo or the program. Please report it, with {shown}.");
        Err(CliError::new(Exit::Unexpected, format!("`{typed}` ended with an unexpected exit code")).hint(hint))
    }

    /// Runs this program once more. Both of its streams, in the order in which they were written.
    async fn spawn(&self, stop: &Stop<'_>) -> Result<(String, Option<u8>), CliError> {
        let program = std::env::current_exe().map_err(|error| file_error("find", Path::new("intune-ferry"), &error))?;
        let mut command = Command::new(&program);
        command.args(stop.command).current_dir(&self.folder).stdin(Stdio::null()).envs(secrets(&self.folder)?);
        if self.context.look().width.is_some() {
            // A pipe takes no colors by itself; NO_COLOR still counts.
            command.env("CLICOLOR_FORCE", "1");
        }
        let run = move || {
            let (mut reader, writer) = std::io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            let mut child = command.spawn()?;
            // The command holds the writing ends: with them the reading would not come to its end.
            drop(command);
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            let code = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
            Ok((String::from_utf8_lossy(&bytes).into_owned(), code))
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(Ok(ran)) => Ok(ran),
            Ok(Err(error)) => Err(file_error("run", &program, &error)),
            Err(error) => Err(CliError::new(Exit::Unexpected, error.to_string())),
        }
    }

    /// Puts the decisions of `demo-decisions.json` into the mapping, as a person would with an editor.
    fn decide(&self) -> Result<(), CliError> {
        let catalogue = self.context.catalogue()?;
        let file = self.folder.join("mapping.json");
        let mut mapping = Mapping::load(&file, &catalogue)?;
        let decisions = Mapping::load(&self.folder.join("demo-decisions.json"), &catalogue)?;
        let says = "# A person decides what is undecided, in an editor (here: from demo-decisions.json):";
        self.tell(&format!("\n{}\n", paint(style::STRONG, says)))?;
        for entry in decisions.entries {
            let target = entry.target.as_ref().and_then(|target| target.name.clone());
            let decision = serde_json::to_value(entry.decision).unwrap_or_default();
            let arrow = target.map_or_else(String::new, |target| format!(" {target}"));
            self.tell(&format!("  {}: {}{arrow}\n", entry.subject(), decision.as_str().unwrap_or_default()))?;
            mapping.entries.retain(|old| !old.is_for(&entry.kind, entry.source_id()));
            mapping.entries.push(entry);
        }
        for pair in decisions.text {
            self.tell(&format!("  text: {} → {}\n", pair.find, pair.replace.as_deref().unwrap_or("?")))?;
            mapping.text.retain(|old| old.find != pair.find);
            mapping.text.push(pair);
        }
        mapping.sort();
        mapping.save(&file).map_err(|error| file_error("write", &file, &error))
    }
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
