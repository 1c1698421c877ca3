//! The pages about policy types and findings say what the program says: they are made from the same tables. With
//! `FERRY_WRITE_DOCS=1` they are written again. And the JSON Schemas by which an editor checks a tree take every
//! policy that an export writes.

use std::fmt::Write as _;
use std::path::PathBuf;

use intune_ferry::catalogue::{Catalogue, Entities, json_schema};
use intune_ferry::cli::ends;
use intune_ferry::engine::Outcome;
use intune_ferry::exit::Exit;
use intune_ferry::finding::{Code, codes};
use intune_ferry::ui::catalogue_view::{facts, verdict};
use intune_ferry::ui::results::outcome_word;
use serde_json::Value;

use crate::env::{Env, TRIAL, quick, sample};
use crate::round_trip::graph::Graph;
use crate::round_trip::samples::made;

pub const MADE: &str = "This page is generated from the program's own tables; `FERRY_WRITE_DOCS=1 cargo test --test it reference` writes it\nagain.";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with the page, or writes it where that is asked for.
pub fn page(name: &str, wanted: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("FERRY_WRITE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(wanted.lines()).find(|(found, wanted)| found != wanted);
    assert!(found == wanted, "docs/{name} is out of date, set FERRY_WRITE_DOCS=1 and run again: {differs:?}");
}

/// Text in a table's cell or in a line of Markdown.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*").replace('_', "\\_")
}

#[test]
fn the_page_of_types_is_what_the_program_says_of_them() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut text = format!(
        "# The policy types\n\n{MADE} `intune-ferry types` prints the table, `intune-ferry types TYPE` a section, and\n\
         `intune-ferry types TYPE --schema` a JSON Schema for editors ([Editing a tree](editor.md)). The column \
         \"Moves\" is for\nthe type; its variants can differ.\n\n| Type | Name | Moves | Groups |\n| --- | --- | --- | --- |\n"
    );
    for it in catalogue.iter() {
        let groups: Vec<String> = it.groups.iter().map(|group| format!("`{}`", group.name)).collect();
        let (name, moves) = (&it.name, verdict(&it.portability).word());
        writeln!(text, "| [`{name}`](#{name}) | {} | {moves} | {} |", cell(&it.title), groups.join(" ")).unwrap();
    }
    for it in catalogue.iter() {
        writeln!(text, "\n## {}\n\n{}: {}\n", it.name, cell(&it.title), cell(&it.about)).unwrap();
        for (label, value) in facts(it) {
            let lead = if label.is_empty() { String::from("  ") } else { format!("- **{label}** ") };
            writeln!(text, "{lead}{}", cell(&value)).unwrap();
        }
    }
    page("types.md", &text);
}

#[test]
fn the_page_of_exit_codes_is_what_the_program_goes_by() {
    let mut text = format!(
        "# Exit codes\n\n{MADE}\n\nEvery command ends with one of these numbers. With `--format json`, the document's \
         `outcome` is the word next to it.\n\n| code | outcome | meaning |\n| ---: | --- | --- |\n"
    );
    for exit in Exit::ALL {
        writeln!(text, "| {} | `{}` | {} |", exit.code(), outcome_word(exit), exit.sentence()).unwrap();
    }
    let names = |list: &[&Code]| list.iter().map(|code| format!("`{}`", code.name)).collect::<Vec<_>>().join(", ");
    writeln!(
        text,
        "\nIf several apply, the first in this table is used.\n\n\
         These findings mean that something was left out, so they count in the exit code of every command that reports \
         one: {}.\n`lint` changes nothing, so for `lint` the damaged files among them need a decision (4). These findings \
         mean that\nsomething needs a decision (4): {}.\n\n\
         Policies that are left behind (tenant-specific or retired) are listed but do not change the exit code, because \
         no decision\nis possible.\n\n\
         1 means that the command failed without a usable answer: a redirect, an answer that is not from Graph, a server \
         error in\nevery attempt, a refusal of something that every tenant allows, or a bug in the program \
         (`internal-error`). The message\nshows the request and the answer.\n\n## By command\n\n\
         A dash means that the command never ends with this code. Every command can end with 1 and 2.\n\n\
         | command | 0 | 3 | 4 | 5 | 6, 7 | 130 |\n| --- | --- | --- | --- | --- | --- | --- |",
        names(&ends::LEFT_OUT),
        names(&ends::HELD)
    )
    .unwrap();
    let columns = [Exit::Done, Exit::Differences, Exit::Blocked, Exit::SomeFailed, Exit::SignIn, Exit::Interrupted];
    for row in &ends::ALL {
        let cells = columns.map(|exit| Some(row.says(exit)).filter(|says| !says.is_empty()).unwrap_or("-"));
        writeln!(text, "| `{}` | {} |", row.command, cells.join(" | ")).unwrap();
    }
    writeln!(
        text,
        "\n## Outcomes of a policy\n\nThe `action` of each object in the document, with its sign in text, pages and \
         Markdown, and the code that a command ends\nwith where it has such an object and nothing else is known of it.\n\n\
         | action | sign | code | meaning |\n| --- | --- | ---: | --- |"
    )
    .unwrap();
    for outcome in Outcome::ALL {
        let (sign, code) = (outcome.sign().mark(), outcome.exit().code());
        writeln!(text, "| `{}` | `{sign}` | {code} | {} |", outcome.word(), outcome.sentence()).unwrap();
    }
    page("exit-codes.md", &text);
}

#[test]
fn the_page_of_findings_is_what_the_program_says_of_them() {
    let mut text = format!(
        "# The findings\n\n{MADE} `intune-ferry explain` prints the table, `intune-ferry explain CODE` a section. Codes \
         are stable:\nscripts can match them in `--format json`.\n\n| Code | Severity | Means |\n| --- | --- | --- |\n"
    );
    let word = |severity| format!("{severity:?}").to_lowercase();
    for code in codes::ALL {
        let name = code.name;
        writeln!(text, "| [`{name}`](#{name}) | {} | {} |", word(code.severity), cell(code.title)).unwrap();
    }
    for code in codes::ALL {
        writeln!(text, "\n## {}\n\n{}.\n", code.name, cell(code.title)).unwrap();
        writeln!(text, "- **why** {}\n- **fix** {}", cell(code.reason), cell(code.fix)).unwrap();
    }
    page("findings.md", &text);
}

#[test]
fn every_exported_policy_fits_the_schema_of_its_type() {
    let env = Env::start(vec![sample("contoso-trial", TRIAL, "Contoso Trial")], quick());
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let (catalogue, entities) = (Catalogue::built_in().unwrap(), Entities::built_in());
    let (mut policies, mut wrong) = (0, Vec::new());
    for it in catalogue.iter() {
        let Ok(folder) = std::fs::read_dir(env.path("tree").join(&it.name)) else { continue };
        let validator = jsonschema::draft7::new(&json_schema::of(it, &catalogue, entities)).unwrap();
        for file in
            folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "json"))
        {
            let Ok(policy) = serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()) else { continue };
            // A payload may end in .json as well.
            if policy.get("id").is_none() {
                continue;
            }
            policies += 1;
            let told = validator.iter_errors(&policy);
            wrong.extend(told.map(|error| short(&format!("{}: {} {error}", file.display(), error.instance_path()))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(policies >= 100, "{policies}");
}

#[test]
fn every_concrete_type_of_graph_fits_the_schema_of_its_policy_type() {
    let (catalogue, entities) = (Catalogue::built_in().unwrap(), Entities::built_in());
    let samples = made(&Graph::load(), &catalogue);
    let (mut seen, mut wrong) = (0, Vec::new());
    for it in catalogue.iter() {
        let validator = jsonschema::draft7::new(&json_schema::of(it, &catalogue, entities)).unwrap();
        for sample in samples.iter().filter(|sample| sample.type_name == it.name) {
            seen += 1;
            let told = validator.iter_errors(&sample.object);
            wrong.extend(told.map(|error| short(&format!("{} {}: {error}", sample.concrete, error.instance_path()))));
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen >= 200, "{seen}");
}

fn short(line: &str) -> String {
    line.chars().take(400).collect()
}

#[test]
fn the_program_prints_the_schema_and_the_editor_s_settings_name_every_type() {
    let env = Env::start(vec![], quick());
    let printed: Value = env.ferry(&["types", "compliance-policies", "--schema"]).exits(0).json();
    let catalogue = Catalogue::built_in().unwrap();
    let it = catalogue.get("compliance-policies").unwrap();
    assert_eq!(printed, json_schema::of(it, &catalogue, Entities::built_in()));
    env.ferry(&["types", "--schema"]).exits(2);

    let settings = root().join("samples/editor/.vscode/settings.json");
    let settings: Value = serde_json::from_slice(&std::fs::read(settings).unwrap()).unwrap();
    let told = settings["json.schemas"].as_array().unwrap();
    let urls: Vec<&str> = told.iter().map(|one| one["url"].as_str().unwrap()).collect();
    let own = catalogue.iter().map(|it| format!("./.vscode/ferry/{}.json", it.name));
    assert_eq!(urls, own.collect::<Vec<_>>());
    for (one, it) in told.iter().zip(catalogue.iter()) {
        let mut wanted = vec![format!("**/{}/*.json", it.name)];
        // A payload may be JSON as well, and no policy.
        for rule in it.sidecars.iter().filter(|rule| rule.extension == "json") {
            let property = rule.at.as_str().rsplit('/').next().unwrap();
            wanted.push(format!("!**/{}/*.{property}.json", it.name));
        }
        assert_eq!(one["fileMatch"], serde_json::json!(wanted));
    }
}
