//! The PowerShell module and the program say the same: each cmdlet's parameters are options of the command that it runs,
//! and the values that it offers are the program's. (Pester runs the cmdlets: `packaging/powershell`.)

use std::collections::BTreeSet;
use std::process::Command;

use crate::packaging::{packaging, text};

/// Parameters that are words of the module's own.
const OWN: &[&str] = &["Arguments"];

/// A cmdlet, as its text has it.
struct Cmdlet {
    name: String,
    command: String,
    /// Each parameter and the values that it takes, where they are named.
    parameters: Vec<(String, Vec<String>)>,
    operands: Vec<String>,
    /// Parameters whose option has another name.
    named: Vec<(String, String)>,
}

/// The quoted words of a line, from a mark on.
fn quoted_after(line: &str, mark: &str) -> Vec<String> {
    let Some((_, rest)) = line.split_once(mark) else { return Vec::new() };
    // The next parameter ends the list.
    let rest = rest.split(" -").next().unwrap_or_default();
    rest.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The files of the module, one after the other.
fn module() -> String {
    let files = ["IntuneFerry.psm1", "Reading.ps1", "Moving.ps1", "Completion.ps1"];
    let all: Vec<String> = files.map(|file| text(&packaging("powershell/IntuneFerry").join(file))).into();
    all.join("\n")
}

fn cmdlets() -> Vec<Cmdlet> {
    let module = module();
    let mut found = Vec::new();
    for body in module.split("\nfunction ").skip(1) {
        let name = body.split([' ', '\n']).next().unwrap_or_default().to_owned();
        if !name.contains("-IntuneFerry") || name == "Invoke-IntuneFerry" {
            continue;
        }
        let (_, rest) = body.split_once("    param(\n").unwrap_or_else(|| panic!("{name} has no parameters"));
        let (parameters, rest) = rest.split_once("\n    )").unwrap_or_else(|| panic!("{name}: where do they end?"));
        let parameters = parameters.lines().filter_map(|line| {
            let (_, name) = line.split_once('$')?;
            Some((name.trim_end_matches(',').to_owned(), quoted_after(line, "[ValidateSet(")))
        });
        let parameters: Vec<_> = parameters.collect();
        // Import-IntuneFerryTree runs two: the plan takes fewer of the same.
        for line in rest.lines().filter(|line| line.contains("Invoke-Ferry -Cmdlet")) {
            let without = quoted_after(line, " -Without ");
            let named = line.split_once(" -Named @{ ").map(|(_, rest)| rest.split(" }").next().unwrap_or_default());
            let named = named.unwrap_or_default().split("; ").filter_map(|pair| pair.split_once(" = "));
            found.push(Cmdlet {
                name: name.clone(),
                command: quoted_after(line, " -Command ").remove(0),
                parameters: parameters.iter().filter(|(name, _)| !without.contains(name)).cloned().collect(),
                operands: quoted_after(line, " -Operands "),
                named: named.map(|(name, option)| (name.to_owned(), option.trim_matches('\'').to_owned())).collect(),
            });
        }
    }
    found
}

/// `OnConflict` is `--on-conflict`, as the module has it.
fn option(name: &str) -> String {
    let mut option = String::from("-");
    for c in name.chars() {
        if c.is_uppercase() {
            option.push('-');
        }
        option.extend(c.to_lowercase());
    }
    option
}

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_intune-ferry")).args([command, "--help"]).output().unwrap();
    assert!(output.status.success(), "there is no command {command}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the help says of an option: from its line to the next option's.
fn said_of<'a>(help: &'a str, option: &str) -> Option<&'a str> {
    // `- skip: …` is a value, not an option.
    let is_option = |line: &str| line.trim_start().starts_with('-') && !line.trim_start().starts_with("- ");
    let mut start = None;
    let mut at = 0;
    for line in help.split_inclusive('\n') {
        if let (Some(start), true) = (start, is_option(line)) {
            return Some(&help[start..at]);
        }
        let named = line.split([' ', ',', '[', '<', '=', '\n']).any(|word| word == option);
        if start.is_none() && is_option(line) && named {
            start = Some(at);
        }
        at += line.len();
    }
    start.map(|start| &help[start..])
}

#[test]
fn every_parameter_is_an_option_of_the_program() {
    let cmdlets = cmdlets();
    let names: BTreeSet<&str> = cmdlets.iter().map(|cmdlet| cmdlet.name.as_str()).collect();
    assert!(names.len() >= 15, "the module was not read: {names:?}");
    let mut wrong = Vec::new();
    for cmdlet in &cmdlets {
        let help = help(&cmdlet.command);
        for (parameter, values) in &cmdlet.parameters {
            if OWN.contains(&parameter.as_str()) || cmdlet.operands.contains(parameter) {
                continue;
            }
            let other = cmdlet.named.iter().find(|(name, _)| name == parameter);
            let option = other.map_or_else(|| option(parameter), |(_, option)| option.clone());
            let Some(said) = said_of(&help, &option) else {
                wrong.push(format!(
                    "{}: -{parameter} would be {option}, which {} does not have",
                    cmdlet.name, cmdlet.command
                ));
                continue;
            };
            for value in values {
                if !said.lines().any(|line| line.trim_start().starts_with(&format!("- {value}:"))) {
                    wrong.push(format!("{}: {option} does not take {value}", cmdlet.name));
                }
            }
        }
        // `<TREE>` or `[TREE]` in the usage, as many as the cmdlet gives.
        let words = help.split("\nArguments:\n").nth(1).and_then(|rest| rest.split("\nOptions:\n").next());
        let words = words.unwrap_or_default().lines().filter(|line| line.starts_with("  <") || line.starts_with("  ["));
        if words.count() < cmdlet.operands.len() {
            wrong.push(format!("{}: {} takes fewer words than {:?}", cmdlet.name, cmdlet.command, cmdlet.operands));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_manifest_lists_every_cmdlet() {
    let manifest = text(&packaging("powershell/IntuneFerry/IntuneFerry.psd1"));
    let (_, list) = manifest.split_once("FunctionsToExport = @(").unwrap();
    let listed: BTreeSet<&str> = list.split(')').next().unwrap().split('\'').skip(1).step_by(2).collect();
    let module = module();
    let names = module.split("\nfunction ").skip(1).map(|body| body.split([' ', '\n']).next().unwrap_or_default());
    let defined: BTreeSet<&str> = names.filter(|name| name.contains("-IntuneFerry")).collect();
    assert_eq!(listed, defined);
    assert!(manifest.contains(concat!("    ModuleVersion = '", env!("CARGO_PKG_VERSION"), "'\n")));
}

/// Every command that a person would run from PowerShell has a cmdlet; these are for a shell or for rehearsal.
#[test]
fn every_command_has_a_cmdlet() {
    let without = ["completions", "man", "sandbox", "demo", "ui", "help"];
    let output = Command::new(env!("CARGO_BIN_EXE_intune-ferry")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = help.split_once("\nCommands:\n").unwrap();
    let run: BTreeSet<String> = cmdlets().into_iter().map(|cmdlet| cmdlet.command).collect();
    let lines = rest.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let commands: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > without.len(), "{help}");
    // A command without one can be run with Invoke-IntuneFerry: a newcomer is named, and does not fail the build.
    for command in commands.iter().filter(|command| !without.contains(command) && !run.contains(**command)) {
        println!("no cmdlet yet: {command}");
    }
    for known in ["export", "adopt", "lint", "map", "rewrite", "plan", "import", "verify", "undo", "diff", "report"] {
        assert!(run.contains(known) && commands.contains(&known), "{known}");
    }
}

#[test]
fn options_are_found_in_a_help() {
    let help = "Options:\n      --on-conflict <WHAT>\n          What\n\n          - skip:   not\n\n  -v, --verbose...\n  \
                    List\n      --yes[=<X>]\n";
    assert_eq!(option("OnConflict"), "--on-conflict");
    assert!(said_of(help, "--on-conflict").unwrap().contains("- skip:"));
    assert!(!said_of(help, "--on-conflict").unwrap().contains("List"));
    assert!(said_of(help, "--on").is_none());
    assert!(said_of(help, "--yes").is_some());
}
