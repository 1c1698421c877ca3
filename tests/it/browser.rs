//! The HTML report in a real browser.
//!
//! With `FERRY_SCREENSHOTS=DIR` it also leaves pictures there, narrow and wide, dark and light.

use std::path::Path;

use intune_ferry::engine::describe::audience::{Audience, How, Manner};
use intune_ferry::engine::describe::tree_summary::{Described, Inside, OfType};
use intune_ferry::engine::outcome::Sign;
use intune_ferry::finding::{Finding, codes};
use intune_ferry::ui::documentation;
use intune_ferry::ui::report::model::{Entry, Told, Word};
use intune_ferry::ui::report::{Report, html};
use serde_json::{Value, json};

use crate::webdriver::Browser;

const HOSTILE: &str =
    "<script>document.title = 'taken'; window.taken = true</script><img src=x onerror='window.taken = true'>";

/// Policies of eight types, with differences, findings and an order; one of them hostile.
fn many(policies: usize) -> Report {
    let word = |action: &str, sign: Sign| Word::new(action, sign, format!("to {action}"));
    let told =
        |place: &str, left: Value, right: Value| Told { place: place.into(), left: Some(left), right: Some(right) };
    let entry = |index: usize| {
        let kind = format!("type-{}", index % 8);
        let name = if index == 1000 { HOSTILE.to_owned() } else { format!("Policy {index}") };
        let action = ["create", "update", "unchanged"][index % 3];
        let mut entry = Entry {
            reference: format!("{kind}/{index}"),
            type_name: kind.clone(),
            name,
            action: action.into(),
            ..Entry::default()
        };
        if action == "update" {
            entry.changes.push(told("passwordMinimumLength", json!(6), json!(index)));
            entry.changes.push(told("script", json!(format!("one\n{HOSTILE}\n")), json!("one\ntwo\n")));
        }
        if index.is_multiple_of(50) {
            entry.findings.push(Finding::new(&codes::NEEDS_SECRET, format!("{kind}/{}", entry.name), HOSTILE));
            entry.needs.push(format!("type-{}/{}", (index + 1) % 8, index + 1));
        }
        entry
    };
    Report {
        title: HOSTILE.into(),
        words: vec![word("create", Sign::New), word("update", Sign::Changed), word("unchanged", Sign::Same)],
        columns: ["In the target".into(), "In the tree".into()],
        entries: (0..policies).map(entry).collect(),
        ..Report::default()
    }
}

#[test]
fn two_thousand_policies_are_shown_quickly_filtered_and_harmless() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, html(&many(2000), "now")).unwrap();
    let took = loads(&browser, &file);
    println!("2,000 policies are loaded and laid out in {took} ms");
    assert!(took < 2000.0, "{took}");

    // Nothing of a name ran, became an element or was asked for.
    assert_eq!(
        browser.run("return [window.taken === undefined, document.title.startsWith('<script>')]"),
        json!([true, true])
    );
    assert_eq!(browser.run("return [document.scripts.length, document.images.length]"), json!([1, 0]));
    assert_eq!(browser.run("return performance.getEntriesByType('resource').length"), json!(0));
    // Nor would it if it came in some other way.
    browser.run("const late = document.createElement('script'); late.textContent = 'window.taken = true'; document.body.append(late)");
    assert_eq!(browser.run("return window.taken === undefined"), json!(true));

    let shown = "return [document.querySelectorAll('article.policy:not([hidden])').length, document.getElementById('shown').textContent]";
    assert_eq!(browser.run(shown), json!([2000, "2,000 policies"]));
    let set = |id: &str, value: &str| {
        let text = format!(
            "const own = document.getElementById('{id}'); own.value = '{value}'; own.dispatchEvent(new Event('input', {{bubbles: true}}))"
        );
        browser.run(&text);
    };
    set("text", "policy 1999");
    browser.becomes(shown, &json!([1, "1 of 2,000 policies"]));
    set("text", "");
    set("type", "type-1");
    browser.becomes(shown, &json!([250, "250 of 2,000 policies"]));
    set("text", "window.taken");
    set("type", "");
    set("severity", "error");
    browser.becomes(shown, &json!([40, "40 of 2,000 policies"]));
    browser.run("document.querySelector('input[value=create]').click()");
    browser.becomes(
        "return document.querySelectorAll('article.policy[data-action=create]:not([hidden])').length",
        &json!(0),
    );
    set("text", "nobody is called so");
    browser.becomes("return document.getElementById('none').hidden", &json!(false));
    browser.run("document.querySelector('button[type=reset]').click()");
    browser.becomes(shown, &json!([2000, "2,000 policies"]));

    // The keyboard gets everywhere, and a link opens what it leads to.
    browser.run("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true}))");
    assert_eq!(browser.run("return document.activeElement.id"), json!("text"));
    browser.run("document.getElementById('close').click(); location.hash = document.querySelector('article.policy details').closest('article').id");
    browser.becomes("return document.querySelector('article.policy:target details').open", &json!(true));
}

/// How many milliseconds a page takes to be loaded and laid out: the fastest of a few, since what else the machine
/// does is not the page's.
fn loads(browser: &Browser, file: &Path) -> f64 {
    let once = |_| {
        browser.open(file);
        let took = browser.run(
            "document.body.offsetHeight; const own = performance.getEntriesByType('navigation')[0]; return own.loadEventEnd - own.startTime",
        );
        took.as_f64().unwrap()
    };
    (0..5).map(once).fold(f64::INFINITY, f64::min)
}

#[test]
fn ten_thousand_policies_open_at_once_and_show_what_is_looked_at() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let inside = tenant(10_000 / 6 + 1);
    let all = 6 * (10_000 / 6 + 1);
    let pages = [
        ("run", html(&many(10_000), "now"), 10_000, "policy 9998"),
        ("tenant", documentation::html("Contoso", &inside, "now"), all, "policy-9998"),
    ];
    for (name, page, policies, one) in pages {
        let file = folder.path().join(format!("{name}.html"));
        std::fs::write(&file, &page).unwrap();
        let took = loads(&browser, &file);
        println!("{name}: {policies} policies, {} KB, are loaded and laid out in {took} ms", page.len() / 1000);
        // The goal is two seconds on an idle machine; before details were packed it took more than a minute.
        assert!(took < 10_000.0, "{name}: {took}");
        assert_eq!(browser.run("return [window.taken === undefined, document.images.length]"), json!([true, 0]));

        // What is inside of a policy comes once it is opened, and is what a small page has.
        let places = browser.run("return document.querySelectorAll('[data-part]').length").as_u64().unwrap();
        assert!(places > 3_000, "{name}: {places}");
        browser.run("window.own = document.querySelector('article.policy details:not([open]):has([data-part])'); own.open = true; own.scrollIntoView()");
        browser.becomes("return own.querySelectorAll('[data-part]').length", &json!(0));
        assert_eq!(browser.run("return own.querySelector('.more').textContent.trim() !== ''"), json!(true), "{name}");

        // A print says what it lacks; the button brings what is shown, and all of it.
        browser.run("window.dispatchEvent(new Event('beforeprint'))");
        assert_eq!(browser.run("return document.getElementById('unprinted').hidden"), json!(false), "{name}");
        browser.run("window.dispatchEvent(new Event('afterprint'))");
        let shown = "return document.querySelectorAll('article.policy:not([hidden])').length";
        browser.run(&format!("const own = document.getElementById('text'); own.value = '{one}'; own.dispatchEvent(new Event('input', {{bubbles: true}}))"));
        browser.becomes(shown, &json!(1));
        browser.run("window.print = () => { window.printed = document.querySelectorAll('article.policy:not([hidden]) [data-part]').length; }; document.getElementById('print').click()");
        browser.becomes("return window.printed === undefined ? null : window.printed", &json!(0));
        browser.run("document.querySelector('button[type=reset]').click()");
        browser.becomes(shown, &json!(policies));
    }
}

#[test]
fn without_javascript_everything_is_there() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let mut report = many(2000);
    report.entries.truncate(60);
    std::fs::write(&file, html(&report, "now")).unwrap();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.open(&file);
    let source = browser.runtime.block_on(async {
        let answer = browser.client.get(format!("{}/source", browser.session)).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["value"].as_str().unwrap_or_default().to_owned()
    });
    assert!(source.contains("id=\"filter\" hidden") && source.matches("<article class=\"policy").count() == 60);
}

/// Policies of six types, so many of each, for 40 groups, all users and all devices.
fn tenant(of_each: usize) -> Inside {
    let described = |index: usize| {
        let who = |at: usize| match at % 42 {
            0 => Audience::AllUsers,
            1 => Audience::AllDevices,
            at => Audience::Group(format!("Group of people and devices number {at}")),
        };
        let excluded = (who(index * 5 + 2), How::plain(Manner::Excluded));
        let filtered = How { filter: Some("only devices of the filter \"F\"".into()), ..How::plain(Manner::Included) };
        Described {
            name: if index == 100 { HOSTILE.to_owned() } else { format!("Policy-{index}") },
            description: String::new(),
            made_of: None,
            group: None,
            reaches: vec![(who(index), How::plain(Manner::Included)), (who(index * 3), filtered), excluded],
            settings: vec![("Length".into(), index.to_string())],
        }
    };
    let of = |at: usize| OfType {
        name: format!("type-{at}"),
        title: format!("Policies of the kind {at}"),
        about: "What they are.".into(),
        assignable: true,
        policies: (at * of_each..(at + 1) * of_each).map(described).collect(),
    };
    Inside { types: (0..6).map(of).collect(), ..Inside::default() }
}

#[test]
fn who_gets_what_can_be_read_of_300_policies_and_40_groups() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.html");
    std::fs::write(&file, documentation::html("Contoso", &tenant(50), "now")).unwrap();
    browser.open(&file);
    assert_eq!(browser.run("return [window.taken === undefined, document.images.length]"), json!([true, 0]));
    let grids = "return [...document.querySelectorAll('table.grid')].map((one) => one.tBodies[0].rows.length)";
    assert_eq!(browser.run(grids), json!([42, 50, 50, 50, 50, 50, 50]));
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &features);
        assert_eq!(browser.run(include_str!("browser_accessibility.js")), json!([]), "{scheme}");
    }
    // A grid follows the filter, and a name leads to its list.
    browser.run("const own = document.getElementById('text'); own.value = 'policy-7'; own.dispatchEvent(new Event('input', {bubbles: true}))");
    let rows = "return document.querySelectorAll('tr[data-policy]:not([hidden])').length";
    browser.becomes(rows, &json!(11));
    browser.run("document.querySelector('.grid tbody a').click()");
    browser.becomes("return document.querySelector('details:target').open", &json!(true));
    // On a small screen a grid is scrolled, not the page, and its names stay in sight.
    let metrics = json!({"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= 360"), json!(true));
    let scrolled = "const box = document.querySelector('.tall'); box.scrollLeft = 400; box.scrollTop = 400;
        const name = box.querySelectorAll('tbody th')[20].getBoundingClientRect(), title = box.querySelectorAll('thead th')[4].getBoundingClientRect();
        const own = box.getBoundingClientRect(); return [Math.abs(name.left - own.left) < 3, Math.abs(title.top - own.top) < 3]";
    assert_eq!(browser.run(scrolled), json!([true, true]));
}

/// Every element that needs a name has one, headings do not jump, ids are there once, and colors can be read.
#[test]
fn those_who_listen_or_see_little_find_their_way() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    let mut report = many(2000);
    report.entries.truncate(80);
    std::fs::write(&file, html(&report, "now")).unwrap();
    browser.open(&file);
    let problems = include_str!("browser_accessibility.js");
    for scheme in ["light", "dark"] {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &features);
        assert_eq!(browser.run(problems), json!([]), "{scheme}");
    }
    // Nothing is wider than a small window.
    let metrics = json!({"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= 360"), json!(true));

    let Some(pictures) = std::env::var_os("FERRY_SCREENSHOTS") else { return };
    let pictures = Path::new(&pictures);
    for (width, scheme) in [(360, "light"), (1280, "light"), (360, "dark"), (1280, "dark")] {
        browser.picture(&pictures.join(format!("report-{width}-{scheme}.png")), width, 1600, scheme);
    }
}
