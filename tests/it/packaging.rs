//! What brings the program to people's machines: the archive of a release, what installs it, and the manifests of the
//! package managers. `install.rs` runs the installer against a server on this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// What a release has: the archive's target and how it ends.
pub const ARCHIVES: &[(&str, &str)] = &[
    ("x86_64-pc-windows-msvc", "zip"),
    ("aarch64-pc-windows-msvc", "zip"),
    ("x86_64-apple-darwin", "tgz"),
    ("aarch64-apple-darwin", "tgz"),
    ("x86_64-unknown-linux-musl", "tgz"),
    ("aarch64-unknown-linux-musl", "tgz"),
];

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn packaging(file: &str) -> PathBuf {
    root().join("packaging").join(file)
}

pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Bash on Windows runs these, too: `.gitattributes` keeps git from changing the ends of lines.
#[test]
fn scripts_are_checked_out_as_they_are() {
    for file in ["archive.sh", "install.sh", "setup/setup.sh", "powershell/IntuneFerry/IntuneFerry.psm1"] {
        assert!(!text(&packaging(file)).contains('\r'), "{file} has other ends of lines than in the repository");
    }
}

/// Whether this machine can run such a test; says so where it cannot.
pub fn can_run(tools: &[&str]) -> bool {
    if cfg!(windows) {
        println!("skipped: shell scripts of packaging/ are for Linux and macOS");
        return false;
    }
    let missing: Vec<_> = tools.iter().filter(|tool| which(tool).is_none()).collect();
    if !missing.is_empty() {
        println!("skipped: this machine does not have {missing:?}");
    }
    missing.is_empty()
}

pub fn which(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file())
}

/// A file that can be run. Another process writes it: while a test in another thread starts a program, that program holds
/// for a moment whatever is open for writing here, and such a file cannot be run.
pub fn script(path: &Path, lines: &str) {
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" >\"$2\" && chmod 755 \"$2\"";
    let output = Command::new("sh").args(["-c", write, "sh", lines]).arg(path).output().unwrap();
    ended(&output, true);
}

/// Everything a command printed, and how it ended.
#[track_caller]
pub fn ended(output: &Output, well: bool) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.success(), well, "{all}");
    all
}

/// Makes the archive of a release; inside is a small script that starts the real program, since packing that one takes
/// as long as a hundred tests.
pub fn archive(folder: &Path, target: &str) -> PathBuf {
    let program = folder.join("built");
    script(&program, &format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_intune-ferry")));
    let output =
        Command::new("bash").arg(packaging("archive.sh")).arg(target).arg(&program).arg(folder).output().unwrap();
    ended(&output, true);
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn an_archive_has_the_names_that_installers_expect() {
    if !can_run(&["bash", "tar"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), "x86_64-unknown-linux-musl");
    let inside = format!("intune-ferry-x86_64-unknown-linux-musl-v{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(archive.file_name().unwrap().to_str().unwrap(), format!("{inside}.tgz"));

    let listed = Command::new("tar").arg("-tzf").arg(&archive).output().unwrap();
    let listed = ended(&listed, true);
    for file in ["intune-ferry", "LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"] {
        assert!(listed.lines().any(|line| line == format!("{inside}/{file}")), "{file} is missing in\n{listed}");
    }
    // What the Homebrew formula takes out of it.
    let formula = text(&packaging("manifests.sh"));
    for file in ["completions/intune-ferry.bash", "completions/_intune-ferry", "completions/intune-ferry.fish"] {
        assert!(listed.contains(&format!("{inside}/{file}\n")), "{file} is missing in\n{listed}");
        assert!(formula.contains(file), "the formula does not install {file}");
    }
    assert!(listed.contains(&format!("{inside}/man/intune-ferry-import.1\n")), "{listed}");
    assert!(listed.lines().all(|line| line.starts_with(&inside)), "everything is in one folder:\n{listed}");
}

/// winget and Scoop take the program from the top of the archive.
#[test]
fn an_archive_for_windows_has_no_folder_around_it() {
    if !can_run(&["bash", "zip", "unzip"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), "x86_64-pc-windows-msvc");
    let listed = Command::new("unzip").arg("-Z1").arg(&archive).output().unwrap();
    let listed = ended(&listed, true);
    for file in ["intune-ferry.exe", "LICENSE-MIT", "completions/intune-ferry.ps1"] {
        assert!(listed.lines().any(|line| line == file), "{file} is missing in\n{listed}");
    }
}

const REPOSITORY: &str = "contoso/intune-ferry";

/// Made-up checksums of a whole release.
fn sums(version: &str) -> Vec<(String, String)> {
    let line = |(index, (target, end)): (usize, &(&str, &str))| {
        (format!("{:064x}", 0xabc_def0 + index), format!("intune-ferry-{target}-v{version}.{end}"))
    };
    ARCHIVES.iter().enumerate().map(line).collect()
}

fn manifests(folder: &Path, version: &str, repository: &str, sums: &[(String, String)]) -> Output {
    let lines: Vec<_> = sums.iter().map(|(sum, name)| format!("{sum}  {name}")).collect();
    let file = folder.join("SHA256SUMS");
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let mut command = Command::new("bash");
    command.arg(packaging("manifests.sh")).args([version, repository]).arg(file).arg(folder.join("out"));
    command.output().unwrap()
}

#[test]
fn manifests_name_the_archives_of_the_release_with_their_checksums() {
    if !can_run(&["bash", "awk"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sums = sums("1.2.3");
    ended(&manifests(folder.path(), "1.2.3", REPOSITORY, &sums), true);
    let read = |file: &str| text(&folder.path().join("out").join(file));
    let download = format!("https://github.com/{REPOSITORY}/releases/download/v1.2.3");

    // Scoop, field by field: schema.json of ScoopInstaller/Scoop, 2025-08-12.
    let scoop: Value = serde_json::from_str(&read("scoop/intune-ferry.json")).unwrap();
    for (name, index) in [("64bit", 0), ("arm64", 1)] {
        let (sum, file) = &sums[index];
        let one = &scoop["architecture"][name];
        assert_eq!(one["url"], format!("{download}/{file}"));
        assert_eq!(one["hash"], *sum);
        // The same with its own word for the version, to find the next release by itself.
        let next = &scoop["autoupdate"]["architecture"][name];
        assert_eq!(next["url"].as_str().unwrap().replace("$version", "1.2.3"), one["url"]);
    }
    assert_eq!(scoop["version"], "1.2.3");
    assert_eq!(scoop["bin"], "intune-ferry.exe");
    assert_eq!(scoop["autoupdate"]["hash"]["url"], "$baseurl/SHA256SUMS");

    // winget: manifest schemas 1.12.0 of microsoft/winget-cli, 2026-08-22.
    let installer = read("winget/contoso.IntuneFerry.installer.yaml");
    for (index, architecture) in [(0, "x64"), (1, "arm64")] {
        let (sum, file) = &sums[index];
        let expected = format!(
            "- Architecture: {architecture}\n  InstallerUrl: {download}/{file}\n  InstallerSha256: {}\n",
            sum.to_uppercase()
        );
        assert!(installer.contains(&expected), "{expected}\nis missing in\n{installer}");
    }
    let portable = "\nInstallerType: zip\nNestedInstallerType: portable\nNestedInstallerFiles:\n- RelativeFilePath: \
                    intune-ferry.exe\n  PortableCommandAlias: intune-ferry\n";
    assert!(installer.contains(portable), "{installer}");
    for (kind, file) in [("version", ""), ("defaultLocale", ".locale.en-US"), ("installer", ".installer")] {
        let text = read(&format!("winget/contoso.IntuneFerry{file}.yaml"));
        let same = "PackageIdentifier: contoso.IntuneFerry\nPackageVersion: 1.2.3\n";
        assert!(text.contains(same), "{text}");
        assert!(text.ends_with(&format!("ManifestType: {kind}\nManifestVersion: 1.12.0\n")), "{text}");
    }

    // Homebrew: each address is followed by its checksum.
    let formula = read("homebrew/intune-ferry.rb");
    for (sum, file) in &sums[2..] {
        let pair = format!("url \"{download}/{file}\"\n      sha256 \"{sum}\"\n");
        assert!(formula.contains(&pair), "{pair}\nis missing in\n{formula}");
    }
    assert!(formula.contains("  version \"1.2.3\"\n"));
}

#[test]
fn manifests_are_not_written_for_half_a_release() {
    if !can_run(&["bash", "awk"]) {
        return;
    }
    for left_out in 0..ARCHIVES.len() {
        let folder = tempfile::tempdir().unwrap();
        let mut sums = sums("1.2.3");
        let (_, name) = sums.remove(left_out);
        let said = ended(&manifests(folder.path(), "1.2.3", REPOSITORY, &sums), false);
        assert!(said.contains(&format!("says nothing usable of {name}")), "{said}");
        assert!(!folder.path().join("out").exists(), "nothing is written");
    }
    // What could leave its quotes in one of the files is refused.
    for (version, repository) in [
        ("1.2.3\"", REPOSITORY),
        ("1.2", REPOSITORY),
        ("1.2.3", "contoso"),
        ("1.2.3", "contoso/a\"b"),
        ("1.2.3", "a/b/c"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        ended(&manifests(folder.path(), version, repository, &sums("1.2.3")), false);
        assert!(!folder.path().join("out").exists(), "{version} {repository}");
    }
}

/// Everything that would make a release that installers do not find is said at once, before anything is built.
#[test]
fn a_release_is_checked_before_it_is_built() {
    if !can_run(&["bash", "git"]) {
        return;
    }
    let copy = tempfile::tempdir().unwrap();
    let module = copy.path().join("packaging/powershell/IntuneFerry");
    std::fs::create_dir_all(&module).unwrap();
    std::fs::copy(packaging("check-release.sh"), copy.path().join("packaging/check-release.sh")).unwrap();
    let write = |file: &str, text: &str| std::fs::write(copy.path().join(file), text).unwrap();
    let check = |tag: &str| {
        let script = copy.path().join("packaging/check-release.sh");
        Command::new("bash").arg(script).args([tag, REPOSITORY]).current_dir(&copy).output().unwrap()
    };
    let package = "[workspace]\n\n[package]\nname = \"intune-ferry\"\nversion = \"1.2.3\"\n";
    write("Cargo.toml", &format!("{package}\n[dependencies.x]\nrepository = \"https://github.com/{REPOSITORY}\"\n"));
    write("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.2] - 2026-01-01\n");
    write("packaging/powershell/IntuneFerry/IntuneFerry.psd1", "    ModuleVersion = '1.2.2'\n");
    let said = ended(&check("v1.2.4"), false);
    for wrong in ["has the version 1.2.3", "repository = \"https://github.com/contoso/", "## [1.2.4]", "ModuleVersion"]
    {
        assert!(said.contains(wrong), "{wrong} is missing in\n{said}");
    }
    ended(&check("1.x"), false);

    write("Cargo.toml", &format!("{package}repository = \"https://github.com/{REPOSITORY}\"\n"));
    write("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n");
    write("packaging/powershell/IntuneFerry/IntuneFerry.psd1", "    ModuleVersion = '1.2.3'\n");
    let output = check("v1.2.3");
    ended(&output, true);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "version=1.2.3\n");
}

/// Long paths and UTF-8 are something that a program says of itself, in a part of the file that Windows reads.
#[test]
fn the_windows_program_says_what_it_can() {
    let manifest = text(&packaging("windows/intune-ferry.manifest"));
    let parsed = roxmltree::Document::parse(&manifest).unwrap();
    let says = |name: &str, namespace: &str, value: &str| {
        let namespace = format!("http://schemas.microsoft.com/SMI/{namespace}/WindowsSettings");
        let mut found = parsed.descendants().filter(|node| node.has_tag_name((namespace.as_str(), name)));
        assert_eq!(found.next().and_then(|node| node.text()), Some(value), "{name}");
    };
    says("longPathAware", "2016", "true");
    says("activeCodePage", "2019", "UTF-8");
    if cfg!(all(windows, target_env = "msvc")) {
        let program = std::fs::read(env!("CARGO_BIN_EXE_intune-ferry")).unwrap();
        let found = program.windows(b"longPathAware".len()).any(|bytes| bytes == b"longPathAware");
        assert!(found, "the manifest was not linked into the program");
    } else {
        println!("skipped: only Microsoft's linker puts the manifest into the program");
    }
}

/// The targets are written in several languages; they are the same everywhere.
#[test]
fn every_part_knows_the_same_targets() {
    let workflow = text(&root().join(".github/workflows/release.yml"));
    let mut built: Vec<&str> = workflow.lines().filter_map(|line| line.trim().strip_prefix("- target: ")).collect();
    let mut named: Vec<&str> = ARCHIVES.iter().map(|(target, _)| *target).collect();
    built.sort_unstable();
    named.sort_unstable();
    assert_eq!(built, named, "the release workflow builds others");
    let manifests = text(&packaging("manifests.sh"));
    for (target, end) in ARCHIVES {
        assert!(manifests.contains(&format!("=$(sum {target} {end})")), "{target}");
    }
}

/// The action of a workflow is what was reviewed: a tag can be moved, a commit cannot.
#[test]
fn workflows_name_actions_by_commit() {
    let mut files = vec![packaging("setup/action.yml"), root().join("samples/pipelines/github.yml")];
    files.extend(std::fs::read_dir(root().join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path()));
    for file in files {
        for line in text(&file).lines() {
            let Some(action) = line.trim_start().trim_start_matches("- ").strip_prefix("uses: ") else { continue };
            let at = action.split_once('@').map(|(_, at)| at.split(' ').next().unwrap_or_default());
            // Beside the workflow; or this repository's own, which whoever copies the sample names.
            let local = action.starts_with("./") || action.starts_with("OWNER/intune-ferry/");
            let commit = at.is_some_and(|at| at.len() == 40 && at.chars().all(|c| c.is_ascii_hexdigit()));
            assert!(local || commit, "{}: {action} is not named by commit", file.display());
        }
    }
}
