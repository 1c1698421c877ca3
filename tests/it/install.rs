//! `packaging/install.sh` against a server on this machine: it installs what the checksum says, and nothing else.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::packaging::{ARCHIVES, archive, can_run, ended, packaging, script, text, which};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TOOLS: &[&str] = &["sh", "bash", "curl", "tar", "awk"];

/// Serves these files until the test process ends, and returns the address.
fn serve(files: HashMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let Some(lines) = stream.try_clone().ok().map(|stream| BufReader::new(stream).lines()) else { continue };
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
            let (status, body) = match files.get(path.trim_start_matches('/')) {
                Some(body) => ("200 OK", body.as_slice()),
                None => ("404 Not Found", &b""[..]),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            // A client that has gone away is its own affair.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    format!("http://{address}")
}

/// The target of the release's program for this machine.
fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// The archive's name for this machine, without its end.
fn inside() -> String {
    format!("intune-ferry-{}-v{VERSION}", target())
}

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A home, a release as the workflow makes it, and the release's installer.
struct Release {
    home: TempDir,
    files: HashMap<String, Vec<u8>>,
}

impl Release {
    fn new() -> Self {
        static PACKED: OnceLock<Vec<u8>> = OnceLock::new();
        let packed = PACKED.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::read(archive(folder.path(), &target())).unwrap()
        });
        Self::of(packed.clone())
    }

    /// A release whose archive holds a program of these lines, in this folder.
    fn holding(folder: &str, lines: &str) -> Self {
        let work = tempfile::tempdir().unwrap();
        std::fs::create_dir(work.path().join(folder)).unwrap();
        script(&work.path().join(folder).join("intune-ferry"), lines);
        let packed = work.path().join("packed.tgz");
        let tar = Command::new("tar").arg("-czf").arg(&packed).arg("-C").arg(work.path()).arg(folder).output().unwrap();
        ended(&tar, true);
        Self::of(std::fs::read(packed).unwrap())
    }

    fn of(archive: Vec<u8>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let name = format!("{}.tgz", inside());
        let lines = format!("{}  another-file.tgz\n{}  {name}\n", sum(b"another"), sum(&archive));
        let files = HashMap::from([(name, archive), ("SHA256SUMS".to_owned(), lines.into_bytes())]);
        let stamped = text(&packaging("install.sh"))
            .replace("@REPOSITORY@", "contoso/intune-ferry")
            .replace("@VERSION@", VERSION);
        std::fs::write(home.path().join("install.sh"), stamped).unwrap();
        Self { home, files }
    }

    fn sums(mut self, change: impl FnOnce(String) -> String) -> Self {
        let text = String::from_utf8(self.files["SHA256SUMS"].clone()).unwrap();
        self.files.insert("SHA256SUMS".to_owned(), change(text).into_bytes());
        self
    }

    fn program(&self) -> PathBuf {
        self.home.path().join(".local/bin/intune-ferry")
    }

    fn run(&self, arguments: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(which("sh").unwrap());
        command
            .arg(self.home.path().join("install.sh"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home.path())
            .env("INTUNE_FERRY_BASE_URL", serve(self.files.clone()))
            .envs(env.iter().copied());
        command.output().unwrap()
    }

    /// It says why, and neither installs anything nor touches what is there.
    #[track_caller]
    fn refuses(&self, why: &str, arguments: &[&str], env: &[(&str, &str)]) {
        std::fs::create_dir_all(self.program().parent().unwrap()).unwrap();
        std::fs::write(self.program(), "the old one").unwrap();
        let said = ended(&self.run(arguments, env), false);
        assert!(said.contains(why), "{said}");
        assert_eq!(text(&self.program()), "the old one");
        let there = std::fs::read_dir(self.program().parent().unwrap()).unwrap().count();
        assert_eq!(there, 1, "something was left behind");
    }
}

fn says_its_version(program: &Path) {
    let output = Command::new(program).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("intune-ferry {VERSION}"));
}

#[test]
fn the_installer_puts_the_program_into_a_folder_of_the_user() {
    if !can_run(TOOLS) {
        return;
    }
    let release = Release::new();
    let said = ended(&release.run(&[], &[]), true);
    says_its_version(&release.program());
    let folder = release.program().parent().unwrap().display().to_string();
    assert!(said.contains(&format!("Installed intune-ferry {VERSION} in {folder}")), "{said}");
    assert!(said.contains(&format!("{folder} is not in your PATH")) && said.contains(">> ~/.profile"), "{said}");

    // Again, over what is there; with the folder in PATH there is nothing to advise.
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let said = ended(&release.run(&[], &[("PATH", &path)]), true);
    assert!(!said.contains("not in your PATH") && said.contains("intune-ferry demo"), "{said}");
    let said = ended(&release.run(&[], &[("SHELL", "/usr/bin/fish")]), true);
    assert!(said.contains("fish_add_path"), "{said}");

    // Elsewhere, by option or environment; a tag's name is a version too.
    let other = release.home.path().join("with a space");
    let tag = format!("v{VERSION}");
    ended(&release.run(&["--dir", other.to_str().unwrap(), "--version", &tag], &[]), true);
    says_its_version(&other.join("intune-ferry"));
    let third = release.home.path().join("third");
    ended(&release.run(&[], &[("INTUNE_FERRY_DIR", third.to_str().unwrap())]), true);
    says_its_version(&third.join("intune-ferry"));
}

#[test]
fn what_the_checksum_does_not_say_is_not_installed() {
    if !can_run(TOOLS) {
        return;
    }
    let name = format!("{}.tgz", inside());
    let mut changed = Release::new();
    changed.files.get_mut(&name).unwrap().push(b'x');
    changed.refuses("has the checksum", &[], &[]);
    let mut cut = Release::new();
    cut.files.get_mut(&name).unwrap().truncate(200);
    cut.refuses("has the checksum", &[], &[]);

    let unusable = format!("SHA256SUMS says nothing usable of {name}");
    Release::new().sums(|text| text.replace(&name, "renamed.tgz")).refuses(&unusable, &[], &[]);
    Release::new().sums(|text| text.replace(&name, &format!("x{name}"))).refuses(&unusable, &[], &[]);
    Release::new().sums(|text| format!("{text}{text}")).refuses(&unusable, &[], &[]);
    Release::new().sums(|_| format!("abc  {name}\n")).refuses(&unusable, &[], &[]);
    Release::new().sums(|_| format!("{}  {name}\n", "z".repeat(64))).refuses(&unusable, &[], &[]);
    Release::new().sums(|_| "<html>sign in</html>".to_owned()).refuses(&unusable, &[], &[]);
    // Upper case, and the mark of a binary file, are the same checksum.
    let release = Release::new().sums(|text| text.to_uppercase().replace(&name.to_uppercase(), &format!("*{name}")));
    let release = release.sums(|text| text.replace("  *", " *"));
    ended(&release.run(&[], &[]), true);

    for file in ["SHA256SUMS", &name] {
        let mut missing = Release::new();
        missing.files.remove(file);
        missing.refuses(&format!("{file}\n  fix: Check the version"), &[], &[]);
    }
}

#[test]
fn a_program_that_does_not_run_replaces_nothing() {
    if !can_run(TOOLS) {
        return;
    }
    Release::holding(&inside(), "exit 1").refuses("does not run on this machine", &[], &[]);
    Release::holding(&inside(), "echo intune-ferry 0.0.1").refuses("not version", &[], &[]);
    Release::holding("elsewhere", "echo").refuses("does not hold", &[], &[]);
}

#[test]
fn the_attestation_is_asked_for_where_wanted() {
    if !can_run(TOOLS) {
        return;
    }
    let release = Release::new();
    let tools = release.home.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    script(&tools.join("gh"), "echo \"$@\" >>\"$HOME/asked\"; test ! -e \"$HOME/bad\"");
    ended(&release.run(&["--attestation"], &[("PATH", &path)]), true);
    let asked = text(&release.home.path().join("asked"));
    assert!(asked.starts_with("attestation verify ") && asked.contains("--repo contoso/intune-ferry"), "{asked}");
    std::fs::write(release.home.path().join("bad"), "").unwrap();
    release.refuses("is not good", &["--attestation"], &[("PATH", &path)]);
}

#[test]
fn other_tools_do_as_well() {
    if !can_run(TOOLS) {
        return;
    }
    let needed =
        ["sh", "env", "uname", "mktemp", "awk", "cut", "tar", "gzip", "cp", "chmod", "mv", "rm", "mkdir", "perl"];
    for tools in [["wget", "sha256sum"], ["curl", "shasum"], ["curl", "openssl"]] {
        if !can_run(&tools) {
            continue;
        }
        let release = Release::new();
        let folder = release.home.path().join("tools");
        std::fs::create_dir(&folder).unwrap();
        for tool in needed.iter().chain(&tools) {
            if let Some(file) = which(tool) {
                #[cfg(unix)]
                std::os::unix::fs::symlink(file, folder.join(tool)).unwrap();
                #[cfg(not(unix))]
                let _ = file;
            }
        }
        let path = folder.to_str().unwrap();
        ended(&release.run(&[], &[("PATH", path)]), true);
        says_its_version(&release.program());
        std::fs::remove_file(folder.join(tools[1])).unwrap();
        release.refuses("the download cannot be checked", &[], &[("PATH", path)]);
    }
}

#[test]
fn a_copy_that_is_not_a_releases_asks_for_what_it_needs() {
    if !can_run(TOOLS) {
        return;
    }
    let release = Release::new();
    std::fs::copy(packaging("install.sh"), release.home.path().join("install.sh")).unwrap();
    release.refuses("belongs to no release", &[], &[]);
    ended(&release.run(&["--version", VERSION], &[]), true);
    release.refuses("belongs to no repository", &["--version", VERSION], &[("INTUNE_FERRY_BASE_URL", "")]);
    let bad = [("INTUNE_FERRY_BASE_URL", ""), ("INTUNE_FERRY_REPOSITORY", "contoso/../x")];
    release.refuses("is not OWNER/NAME", &["--version", VERSION], &bad);
    for address in ["http://mirror.contoso.example/x", "ftp://127.0.0.1/x", "http://127.0.0.1.contoso.example/"] {
        let env = [("INTUNE_FERRY_BASE_URL", address)];
        release.refuses("is not an https address", &["--version", VERSION], &env);
    }
    release.refuses("is not a version", &["--version", "1/../../2"], &[]);
    release.refuses("unknown option --force", &["--force"], &[]);
    release.refuses("--dir needs a value", &["--dir"], &[]);
}

/// `curl … | sh` runs what has arrived so far.
#[test]
fn a_script_that_was_cut_off_does_nothing() {
    if !can_run(TOOLS) {
        return;
    }
    let release = Release::new();
    let whole = text(&release.home.path().join("install.sh"));
    let lines: Vec<&str> = whole.lines().collect();
    for count in (0..lines.len()).step_by(7).chain([lines.len() - 1]) {
        std::fs::write(release.home.path().join("install.sh"), lines[..count].join("\n")).unwrap();
        let _ = release.run(&[], &[]);
        assert!(!release.program().exists(), "{count} lines of {} installed something", lines.len());
    }
}

/// What the release workflow publishes: every file is in SHA256SUMS, and the installer installs from it as it is.
#[test]
fn a_release_as_it_is_assembled_installs() {
    if !can_run(TOOLS) || !can_run(&["zip", "sha256sum"]) {
        return;
    }
    let release = Release::new();
    let folder = release.home.path().join("dist");
    std::fs::create_dir(&folder).unwrap();
    for (target, end) in ARCHIVES {
        std::fs::write(folder.join(format!("intune-ferry-{target}-v{VERSION}.{end}")), target).unwrap();
    }
    let mine = format!("{}.tgz", inside());
    std::fs::write(folder.join(&mine), &release.files[&mine]).unwrap();
    std::fs::write(folder.join("intune-ferry.cdx.json"), "{}").unwrap();
    let mut assemble = Command::new("bash");
    assemble.arg(packaging("assemble.sh")).args([VERSION, "contoso/intune-ferry"]).arg(&folder);
    ended(&assemble.output().unwrap(), true);

    let mut files = HashMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        files.insert(entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap());
    }
    let sums = text(&folder.join("SHA256SUMS"));
    assert_eq!(sums.lines().count(), files.len() - 1, "{sums}");
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "SHA256SUMS") {
        assert!(sums.contains(&format!("{}  {name}\n", sum(bytes))), "{name} is not in\n{sums}");
    }
    for more in ["install.ps1", "intune-ferry.json", "intune-ferry.rb"] {
        let text = String::from_utf8(files[more].clone()).unwrap();
        assert!(text.contains("contoso/intune-ferry") && text.contains(VERSION), "{more}");
        assert!(!text.contains("@REPOSITORY@") && !text.contains("@VERSION@"), "{more}");
    }
    for zip in ["IntuneFerry", "winget-manifests"] {
        assert!(files[&format!("{zip}-v{VERSION}.zip")].starts_with(b"PK"), "{zip}");
    }
    std::fs::write(release.home.path().join("install.sh"), &files["install.sh"]).unwrap();
    let release = Release { files, ..release };
    ended(&release.run(&[], &[]), true);
    says_its_version(&release.program());
}

/// The step of the action in `packaging/setup`: without a version, it installs the one that it belongs to.
#[test]
fn the_action_puts_the_program_on_the_runner() {
    if !can_run(TOOLS) {
        return;
    }
    let release = Release::new();
    let home = release.home.path();
    let run = |version: &str| {
        let mut command = Command::new("bash");
        command.arg(packaging("setup/setup.sh")).env("VERSION", version).env("RUNNER_OS", "Linux");
        command
            .env("RUNNER_TEMP", home)
            .env("GITHUB_PATH", home.join("path"))
            .env("GITHUB_OUTPUT", home.join("output"));
        command.env("INTUNE_FERRY_BASE_URL", serve(release.files.clone()));
        command.output().unwrap()
    };
    ended(&run(""), true);
    let folder = text(&home.join("path"));
    says_its_version(&Path::new(folder.trim()).join("intune-ferry"));
    assert_eq!(text(&home.join("output")), format!("version={VERSION}\npath={folder}"));
    // Another version than the program says is refused, and nothing is announced.
    std::fs::remove_file(home.join("path")).unwrap();
    ended(&run("v0.0.7"), false);
    assert!(!home.join("path").exists());
}
