//! Group policy: reports and backups become policies of the settings catalog, every setting gets a verdict, and what was
//! converted goes through lint, plan, import and verify without a difference. Files are made up here.

use std::path::Path;

use intune_ferry_convert::gpo::pol;
use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, empty, quick, shows};

/// Policies under the name of a file that Windows has built in, and one of another vendor.
const ADMX: &str = r#"<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions">
<policyNamespaces><target prefix="s" namespace="Microsoft.Policies.Sharing"/></policyNamespaces>
<categories><category name="Net" displayName="$(string.Net)"/></categories><policies>
<policy name="DisableHomeGroup" class="Machine" displayName="$(string.Home)" key="Software\Policies\Microsoft\Windows\HomeGroup" valueName="DisableHomeGroup"><parentCategory ref="Net"/></policy>
<policy name="NoInplaceSharing" class="User" displayName="$(string.NoShare)" key="Software\Policies\Explorer" valueName="NoInplaceSharing"><parentCategory ref="Net"/></policy>
</policies></policyDefinitions>"#;
const ADML: &str = r#"<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"><resources><stringTable>
<string id="Net">Network</string><string id="Home">Prevent the homegroup</string><string id="NoShare">Prevent sharing</string>
</stringTable></resources></policyDefinitionResources>"#;
const VENDOR: &str = r#"<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions">
<policyNamespaces><target prefix="v" namespace="Vendor"/></policyNamespaces>
<policies><policy name="Beep" class="Machine" displayName="Beep" key="Software\Policies\Vendor" valueName="Beep"/></policies></policyDefinitions>"#;
const VENDOR_TEXTS: &str =
    r"<policyDefinitionResources><resources><stringTable/></resources></policyDefinitionResources>";

fn policy(name: &str, state: &str) -> String {
    format!("<q:Policy><q:Name>{name}</q:Name><q:State>{state}</q:State><q:Category>Network</q:Category></q:Policy>")
}

/// A report as the console writes it; `more` is put before the settings.
fn report(guid: &str, name: &str, more: &str, computer: &str, user: &str) -> String {
    let side = |element: &str, settings: &str| {
        let namespaces =
            r#"xmlns:q="http://www.microsoft.com/GroupPolicy/Settings/Registry" xsi:type="q:RegistrySettings""#;
        format!(
            "<{element}><Enabled>true</Enabled><ExtensionData><Extension {namespaces}>{settings}</Extension></ExtensionData>"
        )
    };
    let security = r#"<ExtensionData><Extension xmlns:q="http://www.microsoft.com/GroupPolicy/Settings/Security" xsi:type="q:SecuritySettings">
        <q:UserRightsAssignment><q:Name>SeBackupPrivilege</q:Name><q:Member><SID>S-1-5-32-544</SID><Name>BUILTIN\Administrators</Name></q:Member></q:UserRightsAssignment>
        <q:UserRightsAssignment><q:Name>SeTcbPrivilege</q:Name></q:UserRightsAssignment>
        <q:Account><q:Name>MinimumPasswordLength</q:Name><q:SettingNumber>14</q:SettingNumber><q:Type>Password</q:Type></q:Account>
        <q:Audit><q:Name>AuditLogonEvents</q:Name><q:SuccessAttempts>true</q:SuccessAttempts><q:FailureAttempts>true</q:FailureAttempts></q:Audit>
        </Extension></ExtensionData>"#;
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
        <Identifier><Identifier>{{{guid}}}</Identifier><Domain>contoso.local</Domain></Identifier><Name>{name}</Name>{more}{}{}</Computer>{}</User></GPO>"#,
        side("Computer", computer),
        if computer.is_empty() { "" } else { security },
        side("User", user),
    )
}

fn link(path: &str) -> String {
    format!("<LinksTo><SOMPath>{path}</SOMPath><Enabled>true</Enabled><NoOverride>false</NoOverride></LinksTo>")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

fn write(env: &Env, name: &str, bytes: &[u8]) {
    let path = env.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Two reports, a backup, templates.
fn folder() -> Env {
    let env = Env::start(vec![empty(TRIAL, "Trial"), empty(PRODUCTION, "Production")], quick());
    write(&env, "admx/Sharing.admx", ADMX.as_bytes());
    write(&env, "admx/en-US/Sharing.adml", ADML.as_bytes());
    write(&env, "admx/Vendor.admx", &utf16(VENDOR));
    write(&env, "admx/en-US/Vendor.adml", VENDOR_TEXTS.as_bytes());
    let clients = report(
        "11111111-1111-4111-8111-111111111111",
        "Clients",
        &link("contoso.local/Clients"),
        &[
            policy("Prevent the homegroup", "Enabled"),
            policy("Beep", "Enabled"),
            policy("Never heard of", "Enabled"),
            policy("Prevent the homegroup", "Neither"),
        ]
        .concat(),
        &policy("Prevent sharing", "Enabled"),
    );
    write(&env, "gpo/Clients.xml", &utf16(&clients));
    // The same setting otherwise, and only for some.
    let filter = "<FilterName>Laptops</FilterName>";
    let kiosk = report(
        "22222222-2222-4222-8222-222222222222",
        "Kiosk",
        &format!("{}{filter}", link("contoso.local/Kiosk")),
        &policy("Prevent the homegroup", "Disabled"),
        "",
    );
    write(&env, "gpo/Kiosk.xml", kiosk.as_bytes());
    // A backup without a report: keys only.
    let one = [1, 0, 0, 0];
    let registry = pol::write(&[
        ("Software\\Policies\\Microsoft\\Windows\\HomeGroup", "DisableHomeGroup", 4, &one),
        ("Software\\Own", "Thing", 4, &one),
    ]);
    let backup = "gpo/{33333333-3333-4333-8333-333333333333}";
    let info = "<BackupInst><GPOGuid>{44444444-4444-4444-8444-444444444444}</GPOGuid><GPODisplayName>Servers</GPODisplayName><GPODomain>contoso.local</GPODomain></BackupInst>";
    write(&env, &format!("{backup}/bkupInfo.xml"), info.as_bytes());
    write(&env, &format!("{backup}/Backup.xml"), b"<x/>");
    write(&env, &format!("{backup}/DomainSysvol/GPO/Machine/registry.pol"), &registry);
    let template = "[Registry Values]\r\nMACHINE\\System\\CurrentControlSet\\Control\\Lsa\\LmCompatibilityLevel=4,5\r\n[Service General Setting]\r\n\"Spooler\",4,\"\"\r\n";
    write(
        &env,
        &format!("{backup}/DomainSysvol/GPO/Machine/Microsoft/Windows NT/SecEdit/GptTmpl.inf"),
        &utf16(template),
    );
    let drives = r#"<Drives><Drive name="H:"><Properties path="\\srv\home"/></Drive></Drives>"#;
    write(&env, &format!("{backup}/DomainSysvol/GPO/User/Preferences/Drives/Drives.xml"), drives.as_bytes());
    env
}

const ADOPT: [&str; 6] = ["adopt", "gpo", "--admx", "admx", "--out", "tree"];

/// The settings of all objects, as name and verdict.
fn verdicts(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let objects = document["details"]["converted"].as_array().unwrap_or_else(|| panic!("{document:#}"));
    let settings = objects.iter().flat_map(|object| object["settings"].as_array().unwrap());
    settings.map(|own| (text(&own["name"]), text(&own["verdict"]))).collect()
}

#[test]
fn every_setting_gets_a_verdict() {
    let env = folder();
    let document = env.run(&ADOPT);
    shows(
        &document,
        &[
            "gpo-conflict",
            "gpo-filtered",
            "gpo-linked",
            "setting-not-converted",
            "setting-not-recognized",
            "setting-other-form",
            "setting-superseded",
        ],
    );
    let verdicts = verdicts(&document);
    let verdict =
        |name: &str| verdicts.iter().filter(|own| own.0 == name).map(|own| own.1.as_str()).collect::<Vec<_>>();
    assert_eq!(
        verdict("Prevent the homegroup"),
        ["converted", "notConfigured", "converted", "converted"],
        "{verdicts:#?}"
    );
    assert_eq!((verdict("Beep"), verdict("Never heard of")), (vec!["noCounterpart"], vec!["notRecognized"]));
    assert_eq!((verdict("AuditLogonEvents"), verdict("Drive H:")), (vec!["superseded"; 2], vec!["noCounterpart"]));
    assert_eq!((verdict("Software\\Own\\Thing"), verdict("Spooler")), (vec!["notRecognized"], vec!["noCounterpart"]));
    let count = |word: &str| document["counts"][word].as_u64().unwrap();
    let words = ["Converted", "OtherForm", "NoCounterpart", "Superseded", "NotConfigured", "NotRecognized"];
    let sum: u64 = words.iter().map(|word| count(&format!("settings{word}"))).sum();
    assert_eq!((count("settings"), sum), (verdicts.len() as u64, sum));
    assert_eq!(sum, count("settings"), "{document:#}");
}

#[test]
fn the_policies_cross_and_a_second_adopt_changes_nothing() {
    let env = folder();
    env.ferry(&ADOPT).exits(0);
    let before = env.files("tree");
    env.ferry(&ADOPT).exits(0);
    assert_eq!(before, env.files("tree"));

    let catalogue = intune_ferry::catalogue::Catalogue::built_in().unwrap();
    let tree = intune_ferry::tree::read(&env.path("tree"), &catalogue).unwrap();
    let named = |name: &str| {
        tree.policies.iter().map(intune_ferry::policy::Kept::to_value).find(|own| own["name"] == name).unwrap()
    };
    let (clients, user) = (named("Clients (computer)"), named("Clients (user)"));
    let ids = |policy: &Value| {
        let settings = policy["settings"].as_array().unwrap();
        settings
            .iter()
            .map(|own| own["settingInstance"]["settingDefinitionId"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let prefix = "device_vendor_msft_policy_config";
    let expected = [
        "admx_sharing_disablehomegroup",
        "devicelock_devicepasswordenabled",
        "userrights_actaspartoftheoperatingsystem",
        "userrights_backupfilesanddirectories",
    ];
    assert_eq!(ids(&clients), expected.map(|id| format!("{prefix}_{id}")));
    assert_eq!(ids(&user), ["user_vendor_msft_policy_config_admx_sharing_noinplacesharing"]);
    let right =
        |at: usize| clients["settings"][at]["settingInstance"]["simpleSettingCollectionValue"][0]["value"].clone();
    assert_eq!((right(2), right(3)), (json!("*S-1-0-0"), json!("*S-1-5-32-544")));
    let servers = named("Servers (computer)");
    assert_eq!(
        ids(&servers)[1],
        format!("{prefix}_localpoliciessecurityoptions_networksecurity_lanmanagerauthenticationlevel")
    );
    // The unit is a group that the mapping decides; what is filtered has no assignments.
    let directory = std::fs::read_to_string(env.path("tree/directory.json")).unwrap();
    assert!(directory.contains("contoso.local/Clients") && !directory.contains("contoso.local/Kiosk"), "{directory}");
    assert_eq!(named("Kiosk (computer)")["assignments"], json!([]));

    let lint = env.run(&["lint", "tree"]);
    assert_eq!(lint["counts"]["errors"].as_u64().unwrap_or(0), 0, "{lint:#}");
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(0);
    let mapping = ["--mapping", "mapping.json"];
    let plan = env.plan(&mapping);
    assert_eq!(plan["counts"]["create"], json!(4), "{plan:#}");
    let import = env.run(&[&["import", "tree", "--to", "production", YES], mapping.as_slice()].concat());
    assert_eq!(import["counts"]["created"].as_u64(), Some(4), "{import:#}");
    env.ferry(&[&["verify", "tree", "--to", "production"], mapping.as_slice()].concat()).exits(0);
}

#[test]
fn the_origin_of_every_setting_is_kept_and_shown() {
    let env = folder();
    let document = env.run(&[&ADOPT[..], &["--html", "page.html"]].concat());
    let text = |name: &str| std::fs::read_to_string(env.path(name)).unwrap();

    // The page: conflicts first, then each object with a bar, then each setting with its place and what it became.
    let page = text("page.html");
    let at = |word: &str| page.find(word).unwrap_or_else(|| panic!("{word} is not in the page"));
    assert!(at("id=\"conflicts\"") < at("id=\"summary\"") && at("id=\"summary\"") < at("id=\"objects\""));
    for own in document["details"]["converted"].as_array().unwrap() {
        assert!(page.contains(own["name"].as_str().unwrap()), "{own}");
        for setting in own["settings"].as_array().unwrap() {
            for word in ["name", "place", "definition"].iter().filter_map(|word| setting[*word].as_str()) {
                let escaped = word.replace('&', "&amp;").replace('<', "&lt;");
                assert!(page.contains(&escaped), "{word} is not in the page: {setting}");
            }
        }
    }
    assert!(page.matches("<rect").count() >= 4, "each object has a bar");

    // The file beside the policies fits its schema, and every policy that was made is in it.
    let origins: Value = serde_json::from_str(&text("tree/adopted.json")).unwrap();
    let schema: Value = serde_json::from_str(&crate::evidence::file("adopted.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&origins).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(origins["sources"], document["details"]["converted"]);
    let sources = origins["sources"].as_array().unwrap();
    let made: usize = sources.iter().map(|own| own["policies"].as_array().unwrap().len()).sum();
    assert_eq!(made as u64, document["counts"]["adopted"].as_u64().unwrap(), "{origins:#}");
    assert!(text("tree/SHA256SUMS").contains("adopted.json"));

    // The report and the comparison say what a policy was made of, also of a rewritten tree.
    env.ferry(&["report", "tree", "--markdown", "report.md", "--html", "report.html"]).exits(0);
    for name in ["report.md", "report.html"] {
        assert!(text(name).contains("Made of the group policy object"), "{name}");
    }
    env.ferry(&[&ADOPT[..4], &["--out", "other"]].concat());
    let file = env.files("other").into_keys().find(|name| name.contains("Clients (user)")).unwrap();
    let path = env.path("other").join(file);
    let changed = std::fs::read_to_string(&path).unwrap().replace("Clients (user)", "Kunden (user)");
    std::fs::write(&path, changed).unwrap();
    let diff = env.ferry(&["diff", "tree", "other"]).exits(3);
    assert!(diff.out.contains("made of the group policy object \"Clients\""), "{}", diff.out);
    let document = env.run(&["diff", "tree", "other"]);
    let made_of = document["details"]["differences"][0]["madeOf"].as_str().unwrap();
    assert!(made_of.contains("\"Clients\""), "{document:#}");
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(0);
    env.ferry(&["rewrite", "tree", "--mapping", "mapping.json", "--out", "rewritten"]);
    assert_eq!(text("rewritten/adopted.json"), text("tree/adopted.json"));

    // A broken one is said and costs nothing else.
    std::fs::write(env.path("tree/adopted.json"), "{").unwrap();
    let lint = env.run(&["lint", "tree"]);
    shows(&lint, &["damaged-file"]);
}

#[test]
fn registry_items_become_scripts_where_that_is_wanted() {
    let env = folder();
    let items = r#"<RegistrySettings><Registry name="A"><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="Software\Own" name="It's" type="REG_DWORD" value="0000000A"/></Registry>
        <Registry name="B"><Filters><FilterGroup name="x"/></Filters><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="Software\Own" name="B" type="REG_SZ" value="b"/></Registry>
        <Registry name="C" disabled="1"><Properties action="D" hive="HKEY_LOCAL_MACHINE" key="Software\Own" name="C"/></Registry></RegistrySettings>"#;
    let backup =
        "gpo/{33333333-3333-4333-8333-333333333333}/DomainSysvol/GPO/Machine/Preferences/Registry/Registry.xml";
    write(&env, backup, items.as_bytes());
    let of = |document: &Value, name: &str| verdicts(document).into_iter().find(|own| own.0 == name).unwrap().1;
    let plain = env.run(&[&ADOPT[..4], &["--out", "plain"]].concat());
    assert_eq!(["Registry A", "Registry C"].map(|name| of(&plain, name)), ["noCounterpart", "notConfigured"]);
    assert!(!env.path("plain/remediations").exists());

    let document = env.run(&[&ADOPT[..], &["--registry-as", "remediation"]].concat());
    let words = ["Registry A", "Registry B", "Registry C"].map(|name| of(&document, name));
    assert_eq!(words, ["otherForm", "noCounterpart", "notConfigured"]);
    let tree = env.files("tree");
    let script = |part: &str| {
        let found = tree.iter().find(|(name, _)| name.starts_with("remediations/") && name.contains(part));
        String::from_utf8(found.unwrap_or_else(|| panic!("{part}: {:?}", tree.keys())).1.clone()).unwrap()
    };
    let line = "(Read-Value 'HKLM:\\Software\\Own' 'It''s') -ceq ([int]10)";
    assert!(script("detectionScriptContent").contains(line) && script("remediationScriptContent").contains(line));
    env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--create-missing", "group"]).exits(0);
    let crossing = ["tree", "--to", "production", "--mapping", "mapping.json"];
    let import = env.run(&[&["import"], &crossing[..], &[YES]].concat());
    assert_eq!(import["counts"]["created"].as_u64(), Some(5), "{import:#}");
    env.ferry(&[&["verify"], &crossing[..]].concat()).exits(0);
}

/// A ZIP file of what is in a folder, and of one more file.
fn zipped(env: &Env, folder: &str, more: Option<&str>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let more = more.map(|name| (name.to_owned(), b"<GPO/>".to_vec()));
    for (name, bytes) in env.files(folder).into_iter().chain(more) {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut writer, &bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_zip_file_works_like_its_folder_and_nothing_of_a_hostile_one_is_used() {
    let env = folder();
    env.ferry(&ADOPT);
    std::fs::write(env.path("gpo.zip"), zipped(&env, "gpo", None)).unwrap();
    env.ferry(&["adopt", "gpo.zip", "--admx", "admx", "--out", "zipped"]);
    assert_eq!(env.files("zipped"), env.files("tree"));
    for name in ["../evil.xml", "C:\\evil.xml", "/evil.xml"] {
        std::fs::write(env.path("gpo.zip"), zipped(&env, "gpo", Some(name))).unwrap();
        let ran = env.ferry(&["adopt", "gpo.zip", "--out", "evil"]).exits(2);
        assert!(ran.err.contains("leads out of it") && ran.err.contains("nothing was written"), "{}", ran.err);
        assert!(!env.path("evil").exists() && !env.path("../evil.xml").exists());
    }
    std::fs::write(env.path("gpo.zip"), b"PK and nothing that belongs to it").unwrap();
    let ran = env.ferry(&["adopt", "gpo.zip", "--out", "evil"]).exits(2);
    assert!(ran.err.contains("damaged"), "{}", ran.err);
}

#[test]
fn hostile_files_are_refused_one_by_one() {
    let env = folder();
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE GPO [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><GPO xmlns="http://www.microsoft.com/GroupPolicy/Settings"><Name>&b;</Name></GPO>"#;
    write(&env, "gpo/Bomb.xml", bomb.as_bytes());
    write(&env, "gpo/Half.xml", &utf16(&report("5", "Half", "", "", ""))[..301]);
    write(
        &env,
        "gpo/{55555555-5555-4555-8555-555555555555}/bkupInfo.xml",
        b"<BackupInst><GPODisplayName>Cut</GPODisplayName></BackupInst>",
    );
    let cut = pol::write(&[("Software\\A", "B", 4, &[1, 0, 0, 0])]);
    write(
        &env,
        "gpo/{55555555-5555-4555-8555-555555555555}/DomainSysvol/GPO/Machine/registry.pol",
        &cut[..cut.len() - 3],
    );
    // Declared as what it is not, and whole.
    let declared =
        report("66666666-6666-4666-8666-666666666666", "Declared", "", &policy("Prevent the homegroup", "Enabled"), "");
    write(&env, "gpo/Declared.xml", declared.replace("utf-8", "utf-16").as_bytes());
    // More than any report has, without the bytes on the disk.
    let large = env.path("gpo/Large.xml");
    std::fs::write(&large, &report("7", "Large", "", "", "").as_bytes()[..400]).unwrap();
    std::fs::File::options().write(true).open(&large).unwrap().set_len(200 * 1024 * 1024).unwrap();

    let document = env.run(&ADOPT);
    let damaged = |file: &str| {
        let all = document["findings"].as_array().unwrap();
        let own =
            |finding: &&Value| finding["code"] == "damaged-file" && finding["subject"].as_str().unwrap().contains(file);
        all.iter().find(own).unwrap_or_else(|| panic!("{file}: {document:#}"))["message"].as_str().unwrap().to_owned()
    };
    assert!(damaged("Bomb.xml").contains("DTD"), "{}", damaged("Bomb.xml"));
    assert!(damaged("Half.xml").contains("UTF-16") && damaged("Large.xml").contains("64 MiB"));
    assert!(damaged("registry.pol").contains("middle of an entry"));
    assert!(Path::new(&env.path("tree/settings-catalog")).is_dir());
    let names = std::fs::read_dir(env.path("tree/settings-catalog")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|name| name.starts_with("Declared (computer)")), "{names:?}");
    assert!(names.iter().any(|name| name.starts_with("Clients (user)")), "{names:?}");
    env.ferry(&["adopt", "gpo", "--admx", "nowhere", "--out", "other"]).exits(2);
}
