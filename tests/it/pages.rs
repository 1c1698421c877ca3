//! Every page that the program writes, in a browser: of a tenant with 300 policies, very long names, names in many
//! scripts, long descriptions, conflicts and blocked policies; planned, imported, compared, undone. At 420, 1280 and
//! 2000 pixels, dark and light, and on paper: nothing overlaps, nothing is cut, and the page never scrolls sideways.
//!
//! With `FERRY_SCREENSHOTS=DIR` it leaves a picture of each there, and what a printer would print.

use std::path::Path;

use base64::Engine as _;
use intune_ferry::sandbox::TenantSeed;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, quick, sample};
use crate::webdriver::Browser;

fn group_id(number: usize) -> String {
    format!("b1000000-0000-4000-8000-{number:012}")
}

/// Names of groups as they are found in tenants, and one that is markup.
fn group_names() -> [String; 6] {
    [
        "Gruppe aller Mitarbeiterinnen und Mitarbeiter der Abteilung Softwareentwicklung und Betrieb, Standort Kiel, "
            .repeat(2)
            .trim_end_matches(", ")
            .to_owned(),
        String::from(
            "sg-intune-devices-windows-europe-germany-schleswig-holstein-kiel-production-corporate-owned-autopilot-ring-0",
        ),
        "W".repeat(120),
        String::from("東京本社の営業部門および大阪支社の技術部門に所属するすべての従業員のデバイスグループ"),
        String::from("جميع الموظفين في المكتب الرئيسي في الرياض وفروع المنطقة الشرقية"),
        String::from("<b>Bold & \"quoted\"</b>"),
    ]
}

fn policy_name(number: usize) -> String {
    match number % 6 {
        0 => format!("Richtlinie mit einem außerordentlich langen Namen, der in keine Tabelle passt, Nummer {number}"),
        1 => format!("東京オフィス - Windows 11 のデバイス制限とセキュリティ設定に関する構成プロファイル {number}"),
        2 => format!("سياسة تقييد الأجهزة لموظفي المكتب الرئيسي {number}"),
        3 => format!("WIN-{}-{number}", "X".repeat(100)),
        _ => format!("Win - Restrictions {number}"),
    }
}

fn policy(number: usize) -> Value {
    let target = |kind: &str, group: usize| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": group_id(group)}});
    let mut assignments = vec![target("groupAssignmentTarget", number % 6)];
    if number.is_multiple_of(5) {
        assignments.push(target("exclusionGroupAssignmentTarget", (number + 2) % 6));
    }
    let description = if number.is_multiple_of(20) { "A sentence of it. ".repeat(170) } else { String::new() };
    json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
        "id": format!("b2000000-0000-4000-8000-{number:012}"), "displayName": policy_name(number),
        "description": description, "passwordMinimumLength": 6 + number % 5, "passwordRequired": true,
        "assignments": assignments})
}

fn add(seed: &mut TenantSeed, collection: &str, more: impl Iterator<Item = Value>) {
    let list = seed.objects[collection].as_array_mut().unwrap();
    list.extend(more);
}

fn group(number: usize, name: &str) -> Value {
    json!({"id": group_id(number), "displayName": name, "securityEnabled": true, "mailEnabled": false})
}

/// The sample tenants with 200 more policies. One group is not in the target, and 23 policies are there already.
fn tenants() -> Env {
    let mut trial = sample("contoso-trial", TRIAL, "Contoso Trial");
    let mut target = sample("fabrikam-production", PRODUCTION, "Fabrikam");
    let names = group_names();
    add(&mut trial, "groups", names.iter().enumerate().map(|(at, name)| group(at, name)));
    add(&mut target, "groups", names[..5].iter().enumerate().map(|(at, name)| group(100 + at, name)));
    add(&mut trial, "deviceManagement/deviceConfigurations", (0..200).map(policy));
    let other = (0..200).step_by(9).map(|number| {
        let mut other = policy(number);
        other["id"] = json!(format!("b3000000-0000-4000-8000-{number:012}"));
        other["passwordMinimumLength"] = json!(12);
        other["assignments"] = json!([]);
        other
    });
    add(&mut target, "deviceManagement/deviceConfigurations", other);
    Env::start(vec![trial, target], quick())
}

/// Runs every command that writes a page; the pages, by name.
fn pages(env: &Env) -> Vec<String> {
    env.ferry(&["export", "trial", "--out", "tree"]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let to = ["--to", "production", "--mapping", "mapping.json"];
    let journal = ["--journal", "run.ndjson"];
    let runs: [(&str, Vec<&str>); 11] = [
        ("lint", vec!["lint", "tree"]),
        ("report", vec!["report", "tree"]),
        ("plan", [&["plan", "tree"], &to[..]].concat()),
        ("ready", [&["ready", "tree"], &to[..]].concat()),
        ("health", vec!["ready", "--to", "production"]),
        ("import", [&["import", "tree", YES], &to[..], &journal[..]].concat()),
        ("verify", [&["verify", "tree"], &to[..]].concat()),
        ("diff", vec!["diff", "tree", "tenant:production", "--mapping", "mapping.json"]),
        ("journal", vec!["report", "run.ndjson"]),
        ("undo", vec!["undo", "run.ndjson", YES]),
        ("journal-undone", vec!["report", "run.ndjson"]),
    ];
    let mut names = Vec::new();
    for (name, args) in runs {
        let file = format!("{name}.html");
        let ran = env.ferry(&[&args[..], &["--html", &file]].concat());
        assert!(env.path(&file).exists(), "{name}: {}", ran.err);
        names.push(name.to_owned());
    }
    names
}

/// What is wrong with a page as it is laid out at the moment.
const PROBLEMS: &str = "
    const found = [], wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide) found.push('the page scrolls sideways: ' + document.documentElement.scrollWidth);
    const texts = 'h1,h2,h3,.name,.who,dt,dd,.tiles li,.chart th,.chart td.number,p,caption,.fix,label';
    const seen = [...document.querySelectorAll(texts)].filter((one) => one.checkVisibility({contentVisibilityAuto: true}) && !one.closest('.unseen,.skip'));
    const boxes = [];
    for (const one of seen) {
        const range = document.createRange(); range.selectNodeContents(one);
        const box = range.getBoundingClientRect();
        if (box.width && box.height) boxes.push([one, box]);
    }
    boxes.forEach(([one, a], at) => {
        if (a.right > wide + 1 && !one.closest('.scroll')) found.push('cut: ' + one.textContent.slice(0, 60));
        for (const [other, b] of boxes.slice(at + 1, at + 40)) {
            if (one.contains(other) || other.contains(one)) continue;
            if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3) found.push('over each other: ' + one.textContent.slice(0, 40) + ' | ' + other.textContent.slice(0, 40));
        }
    });
    for (const number of document.querySelectorAll('.chart tbody .number')) {
        if (number.textContent.length > 1 && number.getClientRects()[0].height > 40 && number.parentElement.firstElementChild.getBoundingClientRect().height < 30) found.push('broken number: ' + number.textContent);
    }
    for (const last of document.querySelectorAll('.chart tr > :last-child')) {
        if (last.getBoundingClientRect().right > wide + 1) { found.push('the last column is out of view'); break; }
    }
    return found.slice(0, 8);";

const OPENED: &str =
    "[...document.querySelectorAll('article.policy details')].slice(0, 8).forEach((one) => { one.open = true; })";

#[test]
fn every_page_is_whole_at_every_width_dark_and_light_and_on_paper() {
    let Some(browser) = Browser::start() else { return };
    let env = tenants();
    let pictures = std::env::var_os("FERRY_SCREENSHOTS");
    let mut wrong = Vec::new();
    for name in pages(&env) {
        browser.open(&env.path(&format!("{name}.html")));
        for width in [420, 1280, 2000] {
            let metrics = json!({"width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": false});
            browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
            for step in ["", OPENED] {
                browser.run(step);
                let found = browser.run(PROBLEMS);
                if found != json!([]) {
                    wrong.push(format!("{name} at {width}: {found}"));
                }
            }
            if let Some(folder) = &pictures {
                for scheme in ["light", "dark"] {
                    let file = Path::new(folder).join(format!("{name}-{width}-{scheme}.png"));
                    browser.picture(&file, width, 2000, scheme);
                }
            }
        }
        for scheme in ["light", "dark"] {
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.devtools("Emulation.setEmulatedMedia", &features);
            let found = browser.run(include_str!("browser_accessibility.js"));
            if found != json!([]) {
                wrong.push(format!("{name}, {scheme}: {found}"));
            }
        }
        on_paper(&browser, &name, pictures.as_deref().map(Path::new), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As a printer gets it: an A4 page is 718 pixels wide between its margins.
fn on_paper(browser: &Browser, name: &str, pictures: Option<&Path>, wrong: &mut Vec<String>) {
    browser.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    let metrics = json!({"width": 718, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    // The grids of a report are printed across, on pages of their own.
    let found = browser.run(
        "const over = [...document.querySelectorAll('h1,h2,h3,p,li,dd,.name,.chart,.differences')]
            .filter((one) => one.checkVisibility() && !one.closest('.wide,.skip,.unseen') && one.getBoundingClientRect().right > 719);
        return over.slice(0, 4).map((one) => one.tagName + ' ' + one.className + ' ' + one.textContent.slice(0, 60));",
    );
    if found != json!([]) {
        wrong.push(format!("{name} on paper: {found}"));
    }
    browser.devtools("Emulation.setEmulatedMedia", &json!({"media": ""}));
    let paper = json!({"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": true});
    let printed = browser.devtools("Page.printToPDF", &paper);
    let bytes = base64::engine::general_purpose::STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    assert!(bytes.starts_with(b"%PDF") && bytes.len() > 10_000, "{name}");
    if let Some(folder) = pictures {
        std::fs::write(folder.join(format!("{name}.pdf")), bytes).unwrap();
    }
}
