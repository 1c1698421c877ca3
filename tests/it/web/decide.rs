//! A mapping is decided in the browser: the file then says what the spreadsheet would have made it say.

use serde_json::{Value, json};

use super::served::{HOSTILE, Reply, Ui};
use crate::env::{Env, tenants};
use crate::objects::{SCRIPTS, group, guid, script, to, with_assignments};

const TWO: [&str; 2] = ["b2000000-0000-4000-8000-000000000901", "b2000000-0000-4000-8000-000000000902"];

/// A tree whose groups are: two of that name in the target, none, and a hostile one.
fn place() -> Env {
    let assigned = [to(&guid(901)), to(&guid(902)), to(&guid(903))];
    let source = json!({
        "groups": [group(&guid(901), "Sales"), group(&guid(902), "Gone"), group(&guid(903), HOSTILE)],
        SCRIPTS: [with_assignments(script(1, "One", "AAAA"), &assigned)],
    });
    let env = tenants(&source, &json!({"groups": [group(TWO[0], "Sales"), group(TWO[1], "Sales")]}));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(4);
    env
}

fn mapping(env: &Env) -> Value {
    serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap()
}

fn entry(mapping: &Value, id: u32) -> Value {
    let entries = mapping["entries"].as_array().unwrap();
    entries.iter().find(|entry| entry["source"]["id"] == guid(id)).unwrap().clone()
}

/// The hidden fields of the page's form, as a browser sends them.
fn hidden(page: &Reply) -> String {
    let field = |name: &str| {
        let rest = page.body.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        format!("{name}={}", rest.split('"').next().unwrap())
    };
    format!("{}&{}", field("seen"), field("token"))
}

fn post(ui: &Ui, body: &str) -> Reply {
    let (host, origin) = (ui.host(), ui.origin());
    ui.send(
        "POST",
        "/mapping/mapping.json?show=open",
        &[("Host", &host), ("Cookie", &ui.cookie), ("Origin", &origin)],
        body,
    )
}

#[test]
fn decisions_go_into_the_file_as_from_the_spreadsheet() {
    let env = place();
    let ui = Ui::start(&env, ".");
    let page = ui.get("/mapping/mapping.json").is(200);
    let text = page.text();
    for wanted in ["3 entries are undecided, of 3", "Sales", "Gone", HOSTILE, TWO[0], TWO[1], "One"] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!page.body.contains("<script>") && !page.body.contains("<img"), "{}", page.body);
    let form = hidden(&page);
    let decisions = format!(
        "decision%2Fgroup%2F{}=map%2F{}&decision%2Fgroup%2F{}=create&decision%2Fgroup%2F{}=drop",
        guid(901),
        TWO[1],
        guid(902),
        guid(903)
    );
    let before = mapping(&env);
    // Not without the token, and not from a page that is older than the file.
    post(&ui, &decisions).is(403);
    post(&ui, &format!("{}&{decisions}", form.replace("seen=", "seen=0"))).is(409);
    assert_eq!(mapping(&env), before);
    let saved = post(&ui, &format!("{form}&{decisions}")).is(303);
    assert_eq!(saved.header("location"), Some("/mapping/mapping.json?show=open&saved=3"));
    let now = mapping(&env);
    let sales = entry(&now, 901);
    assert_eq!((&sales["decision"], &sales["target"]["id"]), (&json!("map"), &json!(TWO[1])), "{sales}");
    assert_eq!((&sales["target"]["name"], &sales["candidates"]), (&json!("Sales"), &Value::Null), "{sales}");
    assert_eq!(sales["how"], "chosen in the browser");
    assert_eq!(entry(&now, 902)["decision"], "create");
    assert_eq!(entry(&now, 903)["decision"], "drop");
    let page = ui.get(saved.header("location").unwrap()).is(200);
    assert!(
        page.text().contains("3 decisions are saved") && page.text().contains("0 entries are undecided"),
        "{}",
        page.text()
    );
    // The same form again is of an older page; the same decisions again change nothing.
    post(&ui, &format!("{form}&{decisions}")).is(409);
    let again = format!("decision%2Fgroup%2F{}=map&decision%2Fgroup%2F{}=create", guid(901), guid(902));
    let page = ui.get("/mapping/mapping.json").is(200);
    assert!(post(&ui, &format!("{}&{again}", hidden(&page))).is(303).header("location").unwrap().ends_with("saved=0"));
    assert_eq!(mapping(&env), now);
    // A plan takes it; `map` keeps it.
    let plan = env.ferry(&["plan", "tree", "--to", "production", "--mapping", "mapping.json"]);
    assert_eq!(plan.code, 3, "{}{}", plan.out, plan.err);
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json"]).exits(0);
    assert_eq!(entry(&mapping(&env), 901), sales);
}

#[test]
fn a_target_that_was_typed_is_meant_and_nonsense_is_refused() {
    let env = place();
    let ui = Ui::start(&env, ".");
    let decide = |fields: &str| {
        let form = hidden(&ui.get("/mapping/mapping.json").is(200));
        post(&ui, &format!("{form}&{fields}"))
    };
    let field = |what: &str, id: u32| format!("{what}%2Fgroup%2F{}", guid(id));
    let typed = format!(
        "{}=undecided&{}=Marketing+%26+co&{}=undecided&{}={}",
        field("decision", 901),
        field("target", 901),
        field("decision", 902),
        field("target", 902),
        TWO[0]
    );
    decide(&typed).is(303);
    assert_eq!(entry(&mapping(&env), 901)["target"], json!({"name": "Marketing & co"}));
    assert_eq!(entry(&mapping(&env), 902)["target"], json!({"id": TWO[0]}));
    // An entry that does not exist, and a decision that is none, change nothing.
    let before = mapping(&env);
    decide("decision%2Fgroup%2F..%2F..=create&decision%2Fnothing=drop").is(303);
    decide(&format!("{}=explode", field("decision", 903))).is(303);
    assert_eq!(mapping(&env), before);
    // What `map --csv` refuses is refused, by the entry's name, and nothing of the form is saved.
    let both = format!("{}=keep&{}=drop", field("decision", 903), field("decision", 902));
    let refused = decide(&both).is(422);
    for wanted in ["nothing was saved", "`keep` without `why`", "explain in `why`", HOSTILE] {
        assert!(refused.text().contains(wanted), "{wanted}: {}", refused.text());
    }
    let id = format!("{}=map%2F..%2F..%2Fusers", field("decision", 903));
    assert!(decide(&id).is(422).text().contains("is not an ID"));
    assert_eq!(mapping(&env), before);
    decide(&format!("{}=map&{}=%3Dcmd%7C%27+%2FC+calc%27%21A0", field("decision", 903), field("target", 903))).is(303);
    assert_eq!(entry(&mapping(&env), 903)["target"], json!({"name": "=cmd|' /C calc'!A0"}));
}

#[test]
fn several_entries_are_decided_at_once_and_texts_one_by_one() {
    let env = place();
    let mut file = mapping(&env);
    file["text"] = json!([{"find": "ndes.trial.example", "why": "in One"}, {"find": "stays.trial.example"}]);
    file["entries"][0]["candidates"] = json!([{"id": TWO[0], "name": "Sales"}]);
    std::fs::write(env.path("mapping.json"), file.to_string()).unwrap();
    let ui = Ui::start(&env, ".");
    let decide = |query: &str, fields: &str| {
        let form = hidden(&ui.get("/mapping/mapping.json").is(200));
        let (host, origin) = (ui.host(), ui.origin());
        let headers = [("Host", host.as_str()), ("Cookie", &ui.cookie), ("Origin", &origin)];
        ui.send("POST", &format!("/mapping/mapping.json?{query}"), &headers, &format!("{form}&{fields}"))
    };
    let page = ui.get("/mapping/mapping.json").is(200);
    assert!(page.text().contains("2 texts are undecided") && page.text().contains("in One"), "{}", page.text());
    // A reason is needed for an ID that stays, for all at once as for one.
    assert!(decide("", "all=keep").is(422).text().contains("`keep` without `why`"));
    // Only what the filter shows, only where there is one candidate.
    assert!(decide("text=gone", "all=drop").is(303).header("location").unwrap().ends_with("saved=1"));
    assert_eq!(entry(&mapping(&env), 902)["decision"], "drop");
    let saved = decide("", "all=only-candidate").is(303);
    assert!(saved.header("location").unwrap().ends_with("saved=1"), "{}", saved.head);
    let all = mapping(&env);
    let mapped: Vec<&Value> =
        all["entries"].as_array().unwrap().iter().filter(|one| one["decision"] == "map").collect();
    assert_eq!((mapped.len(), &mapped[0]["target"]["id"]), (1, &json!(TWO[0])), "{all}");
    let saved = decide("", "text%2F0=&replace%2F0=ndes.example&text%2F1=keep&replace%2F1=").is(303);
    assert!(saved.header("location").unwrap().ends_with("saved=2"), "{}", saved.head);
    let texts = mapping(&env)["text"].clone();
    assert_eq!(texts[0]["replace"], "ndes.example");
    assert_eq!(texts[1]["replace"], "stays.trial.example");
}
