//! Who may come in: attacks on the port, each refused.

use super::served::{HOSTILE, Ui, folder};
use crate::env::tenants;
use crate::objects::{SCRIPTS, script};
use serde_json::json;

/// The headers of a request, its body, and the status that it gets.
type Post<'a> = (&'a [(&'a str, &'a str)], &'a str, u16);

/// The headers that every answer has.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
];

#[test]
fn only_the_browser_that_opened_the_start_address_comes_in() {
    let env = tenants(&json!({SCRIPTS: [script(1, "One", "AAAA")]}), &json!({}));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let mut ui = Ui::of(env.command(&["ui", "--no-browser"]));
    let (host, origin) = (ui.host(), ui.origin());
    let own = ("Host", host.as_str());
    let mut replies = Vec::new();
    // A guessed address: every page, the script and the stop, without the secret and with a wrong one.
    let known = [
        "/",
        "/tree/tree/policies",
        "/tree/tree/who",
        "/compare",
        "/style.css",
        "/nothing",
        "/start",
        "/start?key=guess",
    ];
    replies.extend(known.map(|target| ui.send("GET", target, &[own], "").is(403)));
    replies.push(ui.send("GET", "/", &[own, ("Cookie", &format!("intune-ferry-{}=guess", ui.port))], "").is(403));
    replies.push(ui.send("POST", "/stop", &[own, ("Origin", &origin)], "token=").is(403));
    // A name that somebody made lead here, for a page and for the start itself.
    for host in [
        "evil.example",
        format!("evil.example:{}", ui.port).as_str(),
        format!("localhost:{}", ui.port).as_str(),
        "127.0.0.1",
    ] {
        for target in ["/", ui.start_target().as_str()] {
            replies.push(ui.send("GET", target, &[("Host", host)], "").is(421));
        }
    }
    // A page of another site or of another port of this computer, which knows the start address.
    for other in ["http://evil.example", "null", "http://127.0.0.1:1", format!("https://{host}").as_str()] {
        replies.push(ui.send("GET", &ui.start_target(), &[own, ("Origin", other)], "").is(403));
    }

    // The first browser comes in, and its cookie is for this program alone.
    let entered = ui.send("GET", &ui.start_target(), &[own], "").is(200);
    let cookie = entered.header("set-cookie").unwrap().to_owned();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"), "{cookie}");
    assert_eq!(entered.header("referrer-policy"), Some("no-referrer"));
    assert!(entered.body.contains("url=/\""), "{}", entered.body);
    let pair = cookie.split(';').next().unwrap();
    ui.cookie = pair.to_owned();
    replies.push(ui.get("/").is(200));
    // It may open the address again; a second browser may not, and the terminal says that one tried.
    let again = ui.get(&ui.start_target()).is(200);
    assert_eq!(again.header("set-cookie"), None);
    assert!(!ui.said().contains("second time"), "{}", ui.said());
    replies.push(ui.send("GET", &ui.start_target(), &[own], "").is(403));
    ui.says("opened a second time");

    // Another site makes the browser ask: its cookie comes along where a browser does not know SameSite.
    let inside = ("Cookie", pair);
    for other in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        replies.push(ui.send("GET", "/tree/tree/policies", &[own, inside, ("Origin", other)], "").is(403));
    }
    for site in ["cross-site", "same-site"] {
        replies.push(ui.send("GET", "/", &[own, inside, ("Sec-Fetch-Site", site)], "").is(403));
    }
    replies.push(ui.send("GET", "/", &[("Host", "evil.example"), inside], "").is(421));
    // It posts: without the origin, from another, with it and without the token of a page, with one that it guessed.
    let page = ui.get("/");
    let token = page.body.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let right = format!("token={token}");
    let mine = ("Origin", origin.as_str());
    let posts: [Post<'_>; 8] = [
        (&[own, inside], &right, 403),
        (&[own, inside, ("Origin", "http://evil.example")], &right, 403),
        (&[own, inside, ("Origin", "null")], &right, 403),
        (&[own, inside, mine, ("Sec-Fetch-Site", "cross-site")], &right, 403),
        (&[own, mine], &right, 403),
        (&[own, inside, mine], "", 403),
        (&[own, inside, mine], "token=guess", 403),
        (&[("Host", "evil.example"), inside, mine], &right, 421),
    ];
    for (headers, body, status) in posts {
        replies.push(ui.send("POST", "/stop", headers, body).is(status));
    }
    replies.push(ui.send("OPTIONS", "/stop", &[own, inside, ("Origin", "http://evil.example")], "").is(403));
    for method in ["OPTIONS", "PUT", "DELETE", "HEAD"] {
        replies.push(ui.send(method, "/", &[own, inside], "").is(405));
    }
    replies.push(ui.send("POST", "/", &[own, inside, mine], &right).is(404));
    for reply in &replies {
        for (name, value) in ALWAYS {
            assert_eq!(reply.header(name), Some(value), "{name}: {}", reply.head);
        }
        assert!(!reply.head.to_lowercase().contains("access-control"), "{}", reply.head);
        assert!(reply.status == 200 || !reply.body.contains("One"), "{}", reply.body);
    }
    assert!(ui.runs());
    // The button of the page stops it.
    let last = ui.send("POST", "/stop", &[own, inside, mine], &right).is(200);
    assert!(last.text().contains("has stopped"), "{}", last.body);
    assert_eq!(ui.ends(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_done() {
    let env = tenants(&json!({}), &json!({}));
    let mut ui = Ui::start(&env, ".");
    assert!(ui.get("/").is(200).text().contains("There is no tree in this folder"));
    ui.interrupt();
    assert_eq!(ui.ends(), Some(0));
    let ran = env.ferry(&["ui", "nothing", "--no-browser"]).exits(2);
    assert!(ran.err.contains("is not a folder"), "{}", ran.err);
}

#[test]
fn no_name_in_an_address_leads_out_of_the_folder() {
    let env = tenants(&json!({SCRIPTS: [script(1, "Nobody outside", "AAAA")]}), &json!({}));
    env.ferry(&["export", "trial", "--out", "outside"]).exits(0);
    env.ferry(&["plan", "outside", "--to", "production", "--out", "plan.json"]).exits(3);
    std::fs::create_dir(env.path("inner")).unwrap();
    env.ferry(&["export", "production", "--out", "inner/own"]).exits(0);
    #[cfg(unix)]
    for (to, link) in
        [("outside", "inner/linked"), ("plan.json", "inner/linked.json"), ("outside/ferry-tree.json", "inner/own/x")]
    {
        std::os::unix::fs::symlink(env.path(to), env.path(link)).unwrap();
    }
    let ui = Ui::start(&env, "inner");
    assert!(ui.get("/tree/own/policies").is(200).text().contains("Policies"));
    // What a link leads to is not even named.
    let folder = ui.get("/").is(200).text();
    assert!(folder.contains("own") && !folder.contains("linked") && !folder.contains("Contoso Trial"), "{folder}");
    let whole = env.path("outside").to_string_lossy().into_owned();
    let escaped = whole.replace('/', "%2F");
    let wrong = [
        "..",
        "%2e%2e",
        "%2E%2E%2Foutside",
        "..%2Foutside",
        "..%5Coutside",
        "own%2F..%2F..%2Foutside",
        ".%2F..%2Foutside",
        "....%2F%2Foutside",
        "linked",
        "own%2F..%2Flinked",
        "linked.json",
        "..%2Fplan.json",
        "%00",
        "own%00",
        "",
        escaped.as_str(),
        "~",
        "%ff",
        "-o",
        "--help",
        "..%252Foutside",
    ];
    let targets = [
        "/tree/{}/policies",
        "/tree/{}/who",
        "/tree/{}/check",
        "/tree/{}",
        "/tree/{}/policy/x/y",
        "/tree/own/policy/{}/{}",
        "/tree/own/policy/platform-scripts/{}",
        "/plan/{}",
        "/mapping/{}",
        "/journal/{}",
        "/compare?left={}&right=own",
        "/compare?left=own&right={}",
        "/compare?left=own%40{}&right=own",
        "/compare?left={}%400123456&right={}",
        "/{}",
        "/../{}",
        "/tree/../../{}",
    ];
    let mut asked = 0;
    for target in targets {
        for value in wrong {
            let address = target.replace("{}", value);
            let reply = ui.get(&address);
            asked += 1;
            assert!(!reply.body.contains("Nobody outside"), "{address}: {}", reply.body);
            // An empty value is a form that was not filled in.
            let is_empty =
                value.is_empty() && (target.starts_with("/compare") || target == "/{}" || target == "/../{}");
            assert!(is_empty || [400, 404, 422].contains(&reply.status), "{address}: {}\n{}", reply.head, reply.text());
        }
    }
    // As values of a filter they are words.
    for value in wrong {
        let address = format!("/tree/own/policies?text={value}&of={value}&platform={value}&who={value}&page={value}");
        assert!(!ui.get(&address).is(200).body.contains("Nobody outside"), "{address}");
        assert!(!ui.get(&address.replace("policies", "who")).is(200).body.contains("Nobody outside"), "{address}");
    }
    println!("{asked} addresses were asked for");
}

#[test]
fn a_policy_that_is_named_as_a_script_is_text_on_every_page() {
    let env = folder();
    env.ferry(&["export", "trial", "--out", "other"]);
    super::served::change(&env, "other", "platform-scripts/", HOSTILE);
    let ui = Ui::start(&env, ".");
    let pages = [
        "/",
        "/tree/tree/policies?text=window.taken",
        "/tree/tree/who?of=platform-scripts",
        "/tree/tree/check",
        "/compare?left=tree&right=other",
        "/compare?left=tree&right=%3Cscript%3E",
        "/tree/%3Cscript%3Ealert(1)%3C%2Fscript%3E/policies",
        "/tree/tree/policies?text=%22%3E%3Cscript%3E&who=%22%3E%3Cscript%3E",
    ];
    let list = ui.get("/tree/tree/policies?text=window.taken").is(200);
    assert!(list.text().contains(HOSTILE), "{}", list.text());
    let address = list.body.split("<a href=\"/tree/tree/policy/").nth(1).unwrap().split('"').next().unwrap();
    let policy = format!("/tree/tree/policy/{address}");
    let own = ui.get(&policy).is(200);
    // Its script is shown whole, as text.
    assert!(own.text().contains("Write-Output '</pre><script>window.taken = true</script>'"), "{}", own.text());
    for page in pages.iter().copied().chain([policy.as_str()]) {
        let reply = ui.get(page);
        // Only the program's own two scripts, which are files.
        for script in reply.body.split("<script").skip(1) {
            assert!(
                script.starts_with(" src=\"/pages.js\"") || script.starts_with(" src=\"/report.js\""),
                "{page}: {script}"
            );
        }
        for tag in reply.tags() {
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
            assert!(!["img", "style", "iframe", "object", "embed", "base"].contains(&name), "{page}: {tag}");
            assert!(!tag.contains(" on") && !tag.contains(" style"), "{page}: {tag}");
        }
        assert!(!reply.body.contains("=\"javascript:"), "{page}");
    }
}
