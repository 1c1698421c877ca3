//! The pages in a real browser: no error of a script, nothing that the content policy refuses, nothing from elsewhere, no
//! fault for those who listen, use a keyboard or see little, in narrow and wide windows, dark and light.
//!
//! With `FERRY_SCREENSHOTS=DIR` it also leaves pictures of every page there.

use std::path::Path;

use serde_json::{Value, json};

use super::served::{Ui, change, folder};
use crate::webdriver::Browser;

/// Collects what goes wrong, from before the first script of a page.
const WATCH: &str = "window.problems = [];
    addEventListener('error', (event) => problems.push('error: ' + (event.message || event.target.src || event.target.href)), true);
    addEventListener('unhandledrejection', (event) => problems.push('rejected: ' + event.reason));
    addEventListener('securitypolicyviolation', (event) => problems.push('refused: ' + event.violatedDirective + ' ' + event.blockedURI));";

fn size(browser: &Browser, width: u32) {
    let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
}

#[test]
fn every_page_is_sound_in_a_browser() {
    let Some(browser) = Browser::start() else { return };
    let env = folder();
    env.ferry(&["export", "trial", "--out", "later"]);
    change(&env, "later", "settings-catalog/", "Another description");
    env.ferry(&["plan", "tree", "--to", "production", "--out", "plan.json"]);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]);
    let mut ui = Ui::of(env.command(&["ui", "--no-browser"]));
    browser.devtools("Page.enable", &json!({}));
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({"source": WATCH}));
    // The start address leads to the folder by itself.
    browser.go(&ui.start);
    browser.becomes("return location.pathname", &json!("/"));
    let origin = ui.origin();
    // The browser's own way to a policy: the first of a search.
    let find = |text: &str| {
        browser.go(&format!("{origin}/tree/tree/policies?text={text}"));
        browser.run("return document.querySelector('.list tbody a').getAttribute('href')").as_str().unwrap().to_owned()
    };
    let (hostile, plain) = (find("window.taken"), find("defender"));
    let pages = [
        ("folder", "/"),
        ("policies", "/tree/tree/policies"),
        ("none", "/tree/tree/policies?text=nobody+is+called+so"),
        ("policy", plain.as_str()),
        ("hostile", hostile.as_str()),
        ("who", "/tree/tree/who"),
        ("check", "/tree/tree/check"),
        ("choose", "/compare"),
        ("compare", "/compare?left=tree&right=later"),
        ("plan", "/plan/plan.json"),
        ("mapping", "/mapping/mapping.json"),
        ("missing", "/tree/nothing/policies"),
    ];
    let pictures = std::env::var_os("FERRY_SCREENSHOTS");
    for (name, address) in pages {
        browser.go(&format!("{origin}{address}"));
        for scheme in ["light", "dark"] {
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.devtools("Emulation.setEmulatedMedia", &features);
            assert_eq!(browser.run(include_str!("../browser_accessibility.js")), json!([]), "{name}, {scheme}");
        }
        for width in [420, 1280, 2000] {
            size(&browser, width);
            let wide = browser.run("return document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64().unwrap() <= 0, "{name} is {wide} wider than {width}");
            if let Some(folder) = &pictures {
                for scheme in ["light", "dark"] {
                    browser.picture(
                        &Path::new(folder).join(format!("{name}-{width}-{scheme}.png")),
                        width,
                        1200,
                        scheme,
                    );
                }
            }
        }
        size(&browser, 1280);
        let facts = "return [window.problems, window.taken === undefined, document.images.length, document.styleSheets.length,
            performance.getEntriesByType('resource').every((one) => one.name.startsWith(location.origin + '/')), document.scripts.length < 3]";
        assert_eq!(browser.run(facts), json!([[], true, 0, 2, true, true]), "{name}");
    }
    searches(&browser, &origin);
    // Stop by the keyboard: the last page says so, and the program ends.
    browser.go(&format!("{origin}/"));
    browser.run("document.querySelector('footer button').focus(); document.activeElement.click()");
    browser.becomes("return document.querySelector('h1').textContent", &json!("intune-ferry has stopped"));
    assert_eq!(ui.ends(), Some(0));
}

/// Typing finds, the address follows, the way back works, and every page can be reached with the keyboard.
fn searches(browser: &Browser, origin: &str) {
    browser.go(&format!("{origin}/tree/tree/policies"));
    browser.run("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true}))");
    assert_eq!(browser.run("return document.activeElement.name"), json!("text"));
    let typed = "const own = document.querySelector('[name=text]'); own.value = 'window.taken'; own.dispatchEvent(new Event('input', {bubbles: true}))";
    browser.run(typed);
    let rows = "return document.querySelectorAll('.list tbody tr').length";
    browser.becomes(rows, &json!(1));
    assert_eq!(browser.run("return location.search"), json!("?text=window.taken"));
    browser.run("document.querySelector('.list tbody a').click()");
    browser.becomes("return location.pathname.split('/')[3]", &json!("policy"));
    browser.run("history.back()");
    browser.becomes(
        "return location.search + document.querySelectorAll('.list tbody tr').length",
        &json!("?text=window.taken1"),
    );
    browser.run("const own = document.querySelector('[name=text]'); own.focus(); own.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))");
    browser
        .becomes("return location.search + (document.querySelectorAll('.list tbody tr').length > 10)", &json!("true"));
    browser.run("const own = document.querySelector('[name=platform]'); own.value = 'Windows'; own.dispatchEvent(new Event('input', {bubbles: true}))");
    browser.becomes("return location.search", &json!("?platform=Windows"));
    let order =
        "return [...document.querySelectorAll('a[href], button, input, select')].every((one) => one.tabIndex === 0)";
    assert_eq!(browser.run(order), json!(true));
    assert_eq!(browser.run("return window.problems"), json!([]));
}

#[test]
fn without_javascript_everything_can_be_found() {
    let Some(browser) = Browser::start() else { return };
    let env = folder();
    let ui = Ui::of(env.command(&["ui", "--no-browser"]));
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    browser.go(&ui.start);
    let element = |selector: &str| {
        let found = browser.post("/element", &json!({"using": "css selector", "value": selector}));
        found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()
    };
    let address = || {
        browser.runtime.block_on(async {
            let answer = browser.client.get(format!("{}/url", browser.session)).send().await.unwrap();
            answer.json::<Value>().await.unwrap()["value"].as_str().unwrap_or_default().to_owned()
        })
    };
    for _ in 0..100 {
        if address().ends_with(&format!("{}/", ui.port)) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    browser.post(&format!("/element/{}/click", element("tbody th a")), &json!({}));
    assert!(address().ends_with("/tree/tree/policies"), "{}", address());
    browser.post(&format!("/element/{}/value", element("[name=text]")), &json!({"text": "window.taken"}));
    browser.post(&format!("/element/{}/click", element("form.search button")), &json!({}));
    assert!(address().contains("text=window.taken"), "{}", address());
    browser.post(&format!("/element/{}/click", element(".list tbody a")), &json!({}));
    assert!(address().contains("/policy/platform-scripts/"), "{}", address());
}
