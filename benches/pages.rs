//! The pages of `ui` over a tree of 10,000 policies, and how much memory the program takes: the first page after the start,
//! a page, a search, the grid. `cargo bench --bench pages`; `FERRY_PROGRAM` names another build of the program.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

#[expect(dead_code, reason = "each benchmark uses its part")]
mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use intune_ferry::catalogue::Catalogue;
use intune_ferry::tree;

use support::{lab, tenant};

const POLICIES: usize = 10_000;
const TIMES: usize = 20;

/// The program, which ends with this.
struct Ui(Child);

impl Drop for Ui {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let groups = tenant::groups();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let snapshot = tenant::snapshot(POLICIES, &groups, &|_| false);
    let consent = tree::Consent { removals: true, ..tree::Consent::default() };
    tree::write(&folder.path().join("tree"), &snapshot, &Catalogue::built_in().expect("the catalogue"), consent)
        .expect("a tree");
    drop(snapshot);
    let begun = Instant::now();
    let mut child = Command::new(lab::program())
        .args(["ui", "--no-browser"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    let start = lines.find_map(|line| Some(line.trim().strip_prefix("http://")?.to_owned())).expect("an address");
    let ui = Ui(child);
    let (host, target) = start.split_once('/').expect("a path");
    let entered = ask(host, &format!("/{target}"), "");
    let cookie = entered.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("a cookie");
    println!("the folder's page, after the start: {:>6.1} ms", millis(begun.elapsed()));
    let first = timed(host, "/tree/tree/policies", cookie);
    println!("the first page of the tree, which is being read: {:>6.1} ms", millis(first));
    let pages = [
        ("a page", "/tree/tree/policies?page=100"),
        ("a search for a word", "/tree/tree/policies?text=defender"),
        ("a search for a number", "/tree/tree/policies?text=09999"),
        ("a search without a result", "/tree/tree/policies?text=nobody+is+called+so"),
        ("a platform and a type", "/tree/tree/policies?platform=Windows&of=settings-catalog"),
        ("the grid", "/tree/tree/who"),
        ("the grid of a search", "/tree/tree/who?text=09999"),
    ];
    for (name, target) in pages {
        let mut took: Vec<Duration> = (0..TIMES).map(|_| timed(host, target, cookie)).collect();
        took.sort();
        println!("{name:<28} median {:>6.1} ms, slowest {:>6.1} ms", millis(took[TIMES / 2]), millis(took[TIMES - 1]));
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", ui.0.id())).unwrap_or_default();
    let peak = status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"));
    println!("memory: {}", peak.collect::<Vec<_>>().join(", "));
}

fn timed(host: &str, target: &str, cookie: &str) -> Duration {
    let begun = Instant::now();
    let answer = ask(host, target, cookie);
    let took = begun.elapsed();
    assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {}", answer.lines().next().unwrap_or_default());
    took
}

fn ask(host: &str, target: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("the port");
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
