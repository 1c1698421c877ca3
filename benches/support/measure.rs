//! Runs a program and says what it took: time, processor time, peak memory. The program runs below a second
//! process of the benchmark's own, because the peak that a system tells is that of all children so far.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

/// The first argument of that second process.
const WRAPPER: &str = "--measure";

/// What a run took.
#[derive(Debug, Clone, Default)]
pub struct Run {
    pub seconds: f64,
    pub cpu: f64,
    /// The part of the processor time that was spent in the system.
    pub system: f64,
    pub peak_mb: f64,
    pub code: i64,
    pub out: String,
    pub err: String,
}

/// Runs the program with these arguments in this folder.
pub fn run(program: &Path, arguments: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Run {
    let report = folder.join("measured.json");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .arg(WRAPPER)
        .arg(&report)
        .arg(program)
        .args(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the wrapper starts");
    let text = std::fs::read_to_string(&report).expect("the wrapper's report");
    let measured: Value = serde_json::from_str(&text).expect("JSON");
    let number = |name: &str| measured[name].as_f64().unwrap_or_default();
    Run {
        seconds: number("seconds"),
        cpu: number("cpu"),
        system: number("system"),
        peak_mb: number("peakMb"),
        code: measured["code"].as_i64().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Is this the second process? Then it does its work and ends.
pub fn be_wrapper() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != WRAPPER) {
        return;
    }
    let report = arguments.next().expect("where to report to");
    let program = arguments.next().expect("a program");
    let begun = Instant::now();
    let status = Command::new(program).args(arguments).status().expect("the program starts");
    let seconds = begun.elapsed().as_secs_f64();
    let ([user, system], peak) = usage().unwrap_or_default();
    let code = status.code().unwrap_or(-1);
    let measured = json!({"seconds": seconds, "cpu": user + system, "system": system, "peakMb": peak, "code": code});
    std::fs::write(report, measured.to_string()).expect("the report is written");
    std::process::exit(0);
}

/// Processor seconds in the program and in the system, and peak memory in MB, of the one child; nothing where the
/// system does not tell.
#[cfg(unix)]
fn usage() -> Option<([f64; 2], f64)> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let unit = if cfg!(target_os = "macos") { 1_000_000.0 } else { 1_000.0 };
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let (times, peak) = (
        [usage.user_time(), usage.system_time()].map(|time| time.num_microseconds() as f64 / 1e6),
        usage.max_rss() as f64 / unit,
    );
    Some((times, peak))
}

#[cfg(not(unix))]
fn usage() -> Option<([f64; 2], f64)> {
    None
}

/// A file system in memory, where there is one, and the one that things are built on.
pub fn places() -> Vec<(&'static str, PathBuf)> {
    let memory = Some(("memory", PathBuf::from("/dev/shm"))).filter(|(_, folder)| folder.is_dir());
    memory.into_iter().chain([("disk", PathBuf::from(env!("CARGO_TARGET_TMPDIR")))]).collect()
}
