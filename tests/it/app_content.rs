//! Apps with content: created from local files by the upload protocol, in every form; what is broken, missing or
//! ambiguous; storage that fails, and addresses that end.

use std::path::Path;

use intune_ferry::sandbox::{Behaviour, Failure, Fault};
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, Ran, TRIAL, YES, empty, quick, shows};
use crate::packages::{KEY, damaged, package, plain};

const APPS: &str = "deviceAppManagement/mobileApps";
const CONFIGURATIONS: &str = "deviceAppManagement/mobileAppConfigurations";
pub const IMPORT: [&str; 10] = [
    "import",
    "tree",
    "--to",
    "production",
    "--mapping",
    "mapping.json",
    "--app-content",
    "content",
    "--journal",
    "run.ndjson",
];

fn id(side: char, number: usize) -> String {
    format!("{side}2000000-0000-4000-8000-{number:012}")
}

/// An app of the source, assigned to its group.
pub fn app(number: usize, kind: &str, name: &str, more: &Value) -> Value {
    let mut app = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"), "id": id('a', number), "displayName": name,
        "publisher": "Contoso", "publishingState": "published", "committedContentVersion": "1",
        "assignments": [{"@odata.type": "#microsoft.graph.mobileAppAssignment", "intent": "required", "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id('a', 900)}}],
    });
    app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app
}

pub fn win32(number: usize, name: &str, file: &str) -> Value {
    let rule = json!({"@odata.type": "#microsoft.graph.win32LobAppFileSystemRule", "ruleType": "detection",
        "operationType": "exists", "path": "C:\\Tool", "fileOrFolderName": "tool.exe"});
    let more = json!({"fileName": file, "setupFilePath": "setup.exe", "installCommandLine": "setup.exe /q",
        "uninstallCommandLine": "setup.exe /x", "rules": [rule], "detectionRules": [], "requirementRules": []});
    app(number, "win32LobApp", name, &more)
}

/// One of every kind whose content can be uploaded.
fn every_kind() -> Vec<Value> {
    let bundle = |id: &str| json!([{"bundleId": id, "bundleVersion": "1.0"}]);
    let list = [
        (
            "androidLobApp",
            "Field, Android",
            json!({"packageId": "com.contoso.field", "versionCode": "7",
            "versionName": "1.7", "fileName": "field.apk"}),
        ),
        (
            "iosLobApp",
            "Field & more, iOS",
            json!({"bundleId": "com.contoso.field", "versionNumber": "1.7",
            "fileName": "field.ipa"}),
        ),
        (
            "macOSPkgApp",
            "Field, macOS",
            json!({"primaryBundleId": "com.contoso.mac", "primaryBundleVersion": "1",
            "includedApps": bundle("com.contoso.mac"), "fileName": "field.pkg"}),
        ),
        (
            "macOSDmgApp",
            "Large, macOS",
            json!({"primaryBundleId": "com.contoso.large", "primaryBundleVersion": "1",
            "includedApps": bundle("com.contoso.large"), "fileName": "large.dmg"}),
        ),
        ("macOSLobApp", "Managed, macOS", json!({"bundleId": "com.contoso.managed", "fileName": "managed.pkg"})),
        (
            "windowsMobileMSI",
            "Field, MSI",
            json!({"productCode": "{11111111-2222-4333-8444-555555555555}",
            "fileName": "Field.MSI"}),
        ),
        (
            "windowsUniversalAppX",
            "Field, MSIX",
            json!({"identityName": "Contoso.Field", "fileName": "field.msix",
            "identityPublisherHash": "8wekyb3d8bbwe", "minimumSupportedOperatingSystem": {"v10_0": true}}),
        ),
    ];
    let apps = (1..).zip(list).map(|(number, (kind, name, more))| app(number, kind, name, &more));
    let mut tool = win32(10, "Tool", "tool.intunewin");
    tool["relationships"] = json!([{"@odata.type": "#microsoft.graph.mobileAppDependency", "id": "r",
        "targetId": id('a', 11), "targetType": "child", "dependencyType": "autoInstall"}]);
    apps.chain([tool, win32(11, "Runtime", "IntunePackage.intunewin")]).collect()
}

/// The tree of a tenant with these apps, and a target without any.
pub fn exported(apps: &[Value], behaviour: Behaviour) -> Env {
    let group = |side: char, name: &str| {
        json!({"id": id(side, 900), "displayName": name, "mailNickname": "x", "mailEnabled": false,
            "securityEnabled": true, "groupTypes": []})
    };
    let mut trial = empty(TRIAL, "Contoso Trial");
    trial.objects = json!({"groups": [group('a', "All")], APPS: apps});
    if apps.len() > 5 {
        trial.objects[CONFIGURATIONS] = json!([{"@odata.type": "#microsoft.graph.iosMobileAppConfiguration",
            "id": id('a', 50), "displayName": "Field settings", "targetedMobileApps": [id('a', 2)],
            "settings": [{"appConfigKey": "url", "appConfigKeyType": "stringType", "appConfigKeyValue": "x"}]}]);
    }
    let mut target = empty(PRODUCTION, "Fabrikam Production");
    target.objects = json!({"groups": [group('b', "Staff")]});
    let env = Env::start(vec![trial, target], behaviour);
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let entry =
        json!({"kind": "group", "source": {"id": id('a', 900)}, "decision": "map", "target": {"id": id('b', 900)}});
    env.write_mapping(&[entry], &[]);
    env
}

/// The service as it behaves, only quicker.
pub fn swift() -> Behaviour {
    Behaviour { content_lag: std::time::Duration::from_millis(50), ..quick() }
}

/// Writes a file of the content folder.
pub fn put(env: &Env, name: &str, bytes: &[u8]) {
    let path = env.path("content").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn put_every_kind(env: &Env) {
    for name in ["field.apk", "mac/field.ipa", "mac/field.pkg", "managed.pkg", "field.msi", "field.msix"] {
        put(env, name, &plain(5000 + name.len()));
    }
    // Three blocks.
    put(env, "large.dmg", &plain(9 * 1024 * 1024));
    put(env, "tool.intunewin", &package(4000, "setup.exe"));
    put(env, "Runtime/anything.intunewin", &package(70_000, "Setup.exe"));
}

fn import(env: &Env, more: &[&str]) -> Ran {
    env.ferry(&[&IMPORT[..], &[YES], more].concat())
}

fn document(ran: &Ran) -> Value {
    ran.json()
}

pub fn apps(env: &Env) -> Vec<Value> {
    env.sandbox().state(PRODUCTION)[APPS].as_array().cloned().unwrap_or_default()
}

/// Fails unless the target has these apps, each once, with its content, published and assigned.
#[track_caller]
pub fn all_there(env: &Env, names: &[&str]) {
    let apps = apps(env);
    let mut found: Vec<&str> = apps.iter().map(|app| app["displayName"].as_str().unwrap()).collect();
    found.sort_unstable();
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for app in &apps {
        assert_eq!(app["publishingState"], "published", "{app:#}");
        assert_eq!(app["committedContentVersion"], "1", "{app:#}");
        assert_eq!(app["assignments"][0]["target"]["groupId"], id('b', 900), "{app:#}");
    }
}

fn object<'a>(document: &'a Value, name: &str) -> &'a Value {
    document["objects"].as_array().unwrap().iter().find(|object| object["name"] == name).unwrap()
}

#[track_caller]
fn message(document: &Value, name: &str, code: &str) -> (String, String) {
    let object = object(document, name);
    let found = object["findings"].as_array().unwrap().iter().find(|finding| finding["code"] == code);
    let found = found.unwrap_or_else(|| panic!("no {code}: {object:#}"));
    (found["message"].as_str().unwrap().to_owned(), found["fix"].as_str().unwrap().to_owned())
}

#[test]
fn every_kind_is_created_from_its_file_and_found_again() {
    let env = exported(&every_kind(), swift());
    let plan = env.plan(&["--mapping", "mapping.json"]);
    let (why, fix) = message(&plan, "Tool", "needs-content");
    assert!(why.contains("\"tool.intunewin\"") && fix.contains("--app-content DIR"), "{why} {fix}");

    put_every_kind(&env);
    let args = ["plan", "tree", "--to", "production", "--mapping", "mapping.json", "--app-content", "content"];
    let text = env.ferry(&args).exits(3).out;
    for told in ["content from tool.intunewin, 4.0 KB", "Runtime/anything.intunewin, 70.0 KB", "large.dmg, 9.4 MB"] {
        assert!(text.contains(told), "no {told}:\n{text}");
    }
    shows(&env.run(&args), &["content-given"]);

    let done = document(&import(&env, &["--format", "json"]).exits(0));
    let names: Vec<String> = apps(&env).iter().map(|app| app["displayName"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 9, "{names:?}");
    all_there(
        &env,
        &[
            "Field & more, iOS",
            "Field, Android",
            "Field, MSI",
            "Field, MSIX",
            "Field, macOS",
            "Large, macOS",
            "Managed, macOS",
            "Runtime",
            "Tool",
        ],
    );
    let created = done["objects"].as_array().unwrap().iter().filter(|object| object["action"] == "created").count();
    assert_eq!(created, 10, "{done:#}");
    // What refers to them does so in the target.
    let of = |name: &str| apps(&env).into_iter().find(|app| app["displayName"] == name).unwrap();
    assert_eq!(of("Tool")["relationships"][0]["targetId"], of("Runtime")["id"]);
    let configuration = &env.sandbox().state(PRODUCTION)[CONFIGURATIONS][0];
    assert_eq!(configuration["targetedMobileApps"], json!([of("Field & more, iOS")["id"]]));

    let writes = env.writes(PRODUCTION);
    let again = ["import", "tree", "--to", "production", "--mapping", "mapping.json", "--app-content", "content", YES];
    env.ferry(&again).exits(0);
    assert_eq!(env.writes(PRODUCTION), writes, "the second import wrote");
    env.ferry(&["verify", "tree", "--to", "production", "--mapping", "mapping.json"]).exits(0);
    env.ferry(&["undo", "run.ndjson", YES]).exits(0);
    assert_eq!(apps(&env).len(), 0);
}

#[test]
fn neither_keys_nor_the_address_are_told_or_kept() {
    let env = exported(&[win32(1, "Tool", "tool.intunewin")], swift());
    put(&env, "tool.intunewin", &package(4000, "setup.exe"));
    let ran = import(&env, &["-vv", "--log-file", "log.ndjson"]).exits(0);
    let files = ["run.ndjson", "log.ndjson"].map(|name| std::fs::read_to_string(env.path(name)).unwrap());
    assert!(files[1].contains("storage/{id}?comp=blocklist"), "{}", files[1]);
    assert!(files[0].contains("azureStorageUri") && files[0].contains("/commit"), "{}", files[0]);
    for text in files.iter().chain([&ran.out, &ran.err]) {
        for secret in [KEY, "sig=", "_storage/"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn what_cannot_be_used_is_told_and_the_rest_goes_on() {
    let mut escaping = win32(7, "Escaping", "../outside.intunewin");
    escaping["displayName"] = json!("Escaping");
    let apps = [
        win32(1, "Empty", "empty.intunewin"),
        win32(2, "No package", "page.intunewin"),
        win32(3, "Twice", "twice.intunewin"),
        win32(4, "Other set-up", "other.intunewin"),
        win32(5, "Damaged", "damaged.intunewin"),
        win32(6, "Good", "good.intunewin"),
        escaping,
        win32(8, "Missing", "missing.intunewin"),
    ];
    let env = exported(&apps, swift());
    put(&env, "empty.intunewin", b"");
    put(&env, "page.intunewin", b"<html>Not found</html>");
    for place in ["one", "two"] {
        put(&env, &format!("{place}/twice.intunewin"), &package(100, "setup.exe"));
    }
    put(&env, "other.intunewin", &package(100, "install.cmd"));
    put(&env, "damaged.intunewin", &damaged(5000, "setup.exe"));
    put(&env, "good.intunewin", &package(100, "setup.exe"));
    std::fs::write(env.path("outside.intunewin"), package(100, "setup.exe")).unwrap();
    let done = document(&import(&env, &["--format", "json"]).exits(5));
    shows(&done, &["content-unusable", "needs-content"]);
    for (name, told) in [
        ("Empty", "the file is empty"),
        ("No package", "the file is not a ZIP file"),
        ("Twice", "one/twice.intunewin, two/twice.intunewin"),
        ("Other set-up", "\"install.cmd\", but the policy's is \"setup.exe\""),
        ("Damaged", "does not match Detection.xml"),
        ("Escaping", "is not a plain file name"),
    ] {
        let (why, fix) = message(&done, name, "content-unusable");
        assert!(why.contains(told) && !fix.is_empty(), "{name}: {why}");
    }
    message(&done, "Missing", "needs-content");
    all_there(&env, &["Good"]);
}

pub fn fault(method: &str, path: &str, status: u16, after: u64, times: u64) -> Fault {
    let (method, path) = (Some(method.to_owned()), path.to_owned());
    Fault { method, path, status: Failure::Status(status), after, times: Some(times), ..Fault::default() }
}

fn asked(env: &Env, what: &str) -> usize {
    env.sandbox().requests(PRODUCTION).iter().filter(|request| request.path.contains(what)).count()
}

#[test]
fn storage_that_fails_is_asked_again_and_an_address_that_ended_is_renewed() {
    let large = app(
        1,
        "macOSDmgApp",
        "Large",
        &json!({"primaryBundleId": "com.contoso.large",
        "primaryBundleVersion": "1", "includedApps": [], "fileName": "large.dmg"}),
    );
    let env = exported(&[large], swift());
    put(&env, "large.dmg", &plain(9 * 1024 * 1024));
    env.sandbox().fail(fault("PUT", "comp=block*", 503, 1, 2));
    env.sandbox().fail(Fault { status: Failure::Drop, ..fault("PUT", "comp=block*", 500, 4, 1) });
    env.sandbox().fail(fault("PUT", "comp=blocklist", 403, 0, 1));
    import(&env, &[]).exits(0);
    all_there(&env, &["Large"]);
    assert_eq!(asked(&env, "renewUpload"), 1);
}

#[test]
fn an_address_is_renewed_before_it_ends() {
    let large = app(
        1,
        "macOSDmgApp",
        "Large",
        &json!({"primaryBundleId": "com.contoso.large",
        "primaryBundleVersion": "1", "includedApps": [], "fileName": "large.dmg"}),
    );
    let lifetime = std::time::Duration::from_millis(1200);
    let env = exported(&[large], Behaviour { storage_lifetime: lifetime, ..swift() });
    put(&env, "large.dmg", &vec![7; 80 * 1024 * 1024]);
    // Twenty blocks, four at a time, each answered late: longer than an address is good.
    env.sandbox().fail(Fault { status: Failure::Delay, path: "comp=block".into(), ..Fault::default() });
    import(&env, &[]).exits(0);
    all_there(&env, &["Large"]);
    assert!(asked(&env, "renewUpload") >= 1);
}

#[test]
fn content_that_the_service_does_not_take_is_brought_by_the_next_import() {
    let env = exported(&[win32(1, "Tool", "tool.intunewin")], swift());
    put(&env, "tool.intunewin", &package(4000, "setup.exe"));
    env.sandbox().fail(fault("PUT", "comp=block*", 403, 0, 4));
    let done = document(&import(&env, &["--format", "json"]).exits(5));
    shows(&done, &["content-refused"]);
    assert_eq!(apps(&env)[0]["publishingState"], "notPublished");

    // Without the file it is found, and cannot be assigned.
    let without = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES];
    let held = env.run(&without);
    let (why, _) = message(&held, "Tool", "needs-content");
    assert!(why.contains("without its content"), "{why}");
    assert_eq!(held["exitCode"], 4);

    let again = [&without[..], &["--app-content", "content"]].concat();
    let text = env.ferry(&again).exits(0).err;
    assert!(text.contains("content from tool.intunewin"), "{text}");
    all_there(&env, &["Tool"]);
}

#[test]
fn a_reviewed_plan_uploads_the_file_that_it_saw() {
    let env = exported(&[win32(1, "Tool", "tool.intunewin")], swift());
    put(&env, "tool.intunewin", &package(4000, "setup.exe"));
    let args = ["tree", "--to", "production", "--mapping", "mapping.json", "--app-content", "content"];
    env.ferry(&[&["plan"], &args[..], &["--out", "plan.json"]].concat()).exits(3);
    put(&env, "tool.intunewin", &package(4016, "setup.exe"));
    env.ferry(&[&["import"], &args[..], &["--plan", "plan.json"]].concat()).exits(5);
    assert_eq!(apps(&env).len(), 0);
    put(&env, "tool.intunewin", &package(4000, "setup.exe"));
    env.ferry(&[&["import"], &args[..], &["--plan", "plan.json"]].concat()).exits(0);
    all_there(&env, &["Tool"]);
}

#[test]
fn a_folder_that_is_none_is_refused_before_anything_is_sent() {
    let env = exported(&[win32(1, "Tool", "tool.intunewin")], swift());
    let ran = import(&env, &[]).exits(2);
    assert!(ran.err.contains("is not a folder"), "{}", ran.err);
    assert!(!Path::new(&env.path("run.ndjson")).exists());
}
