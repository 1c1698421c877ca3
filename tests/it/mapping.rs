//! The mapping on the whole way: what is proposed, what is created, what a sheet decides.

use serde_json::{Value, json};

use crate::env::{Env, PRODUCTION, TRIAL, YES, shows, tenants};
use crate::objects::{CONFIGURATIONS, FILTERS, SCRIPTS, to};

const TAGS: &str = "deviceManagement/roleScopeTags";

fn id(number: u32) -> String {
    format!("a0000000-0000-4000-8000-{number:012}")
}

fn group(id: &str, name: &str) -> Value {
    json!({"id": id, "displayName": name, "mailEnabled": false, "mailNickname": "x", "securityEnabled": true, "groupTypes": []})
}

fn script(id: &str, name: &str, text: &str) -> Value {
    use base64::Engine as _;
    let content = base64::engine::general_purpose::STANDARD.encode(text);
    json!({"id": id, "displayName": name, "description": "", "fileName": "a.ps1", "runAsAccount": "system",
        "enforceSignatureCheck": false, "runAs32Bit": false, "roleScopeTagIds": ["0"], "scriptContent": content})
}

fn map(env: &Env, more: &[&str]) -> Value {
    let args = [&["map", "tree", "--to", "production", "--out", "mapping.json", "--format", "json"], more].concat();
    env.ferry(&args).json();
    mapping(env)
}

fn mapping(env: &Env) -> Value {
    serde_json::from_slice(&std::fs::read(env.path("mapping.json")).unwrap()).unwrap()
}

fn entry<'a>(mapping: &'a Value, source: &str) -> &'a Value {
    let all = mapping["entries"].as_array().unwrap();
    all.iter().find(|entry| entry["source"]["id"] == source).unwrap_or_else(|| panic!("no {source} in {mapping:#}"))
}

fn import(env: &Env) -> Value {
    let args = ["import", "tree", "--to", "production", "--mapping", "mapping.json", YES, "--format", "json"];
    env.ferry(&args).json()
}

#[test]
fn groups_filters_and_tags_are_created_with_what_they_need_and_no_more() {
    let mut dynamic = group(&id(2), "Dynamic");
    dynamic["groupTypes"] = json!(["DynamicMembership"]);
    dynamic["membershipRule"] = json!(format!("user.memberof -any (group.objectId -in ['{}'])", id(1)));
    dynamic["membershipRuleProcessingState"] = json!("On");
    let (mut mail, mut roles) = (group(&id(3), "Mail"), group(&id(4), "Roles"));
    (mail["mailEnabled"], mail["groupTypes"], roles["isAssignableToRole"]) =
        (json!(true), json!(["Unified"]), json!(true));
    let filter = json!({"id": id(5), "displayName": "Laptops & \"more\"", "description": "", "platform": "windows10AndLater",
        "rule": "(device.model -eq \"x\")", "assignmentFilterManagementType": "devices", "roleScopeTags": ["0"]});
    let mut first = script(&id(11), "First", "Write-Host 1");
    let mut target = to(&id(2));
    target["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(id(5));
    target["target"]["deviceAndAppManagementAssignmentFilterType"] = json!("include");
    first["assignments"] = json!([target]);
    first["roleScopeTagIds"] = json!(["7"]);
    let mut other = script(&id(12), "Other", "Write-Host 2");
    other["assignments"] = json!([to(&id(3)), to(&id(4))]);
    let source = json!({
        "groups": [group(&id(1), "Members"), dynamic, mail, roles, group(&id(6), "Not needed")],
        FILTERS: [filter], TAGS: [{"id": "7", "displayName": "Berlin", "description": "", "isBuiltIn": false}],
        SCRIPTS: [first, other],
    });
    let env = tenants(&source, &json!({}));
    env.ferry(&["export", "trial", "--out", "tree", "--only", "platform-scripts", "--without-dependencies"]).exits(0);
    let missing =
        ["--create-missing", "group", "--create-missing", "assignment-filters", "--create-missing", "scope-tags"];
    let decided = map(&env, &missing);
    for (source, decision) in [
        (id(1), "create"),
        (id(2), "create"),
        (id(5), "create"),
        (String::from("7"), "create"),
        (id(3), "undecided"),
        (id(4), "undecided"),
    ] {
        assert_eq!(entry(&decided, &source)["decision"], decision, "{decided:#}");
    }
    let done = import(&env);
    let state = env.sandbox().state(PRODUCTION);
    let named = |collection: &str, name: &str| {
        let list = state[collection].as_array().cloned().unwrap_or_default();
        let found = list.into_iter().find(|object| object["displayName"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {collection}: {done:#}"))
    };
    let (members, dynamic) = (named("groups", "Members"), named("groups", "Dynamic"));
    let rule = dynamic["membershipRule"].as_str().unwrap();
    assert!(rule.contains(members["id"].as_str().unwrap()) && !rule.contains(&id(1)), "{rule}");
    assert_eq!(state["groups"].as_array().unwrap().len(), 2, "{state:#}");
    let filter = named(FILTERS, "Laptops & \"more\"");
    assert_eq!(filter["rule"], "(device.model -eq \"x\")");
    let script = named(SCRIPTS, "First");
    assert_eq!(script["roleScopeTagIds"], json!([named(TAGS, "Berlin")["id"]]));
    let target = &script["assignments"][0]["target"];
    assert_eq!(
        (&target["groupId"], &target["deviceAndAppManagementAssignmentFilterId"]),
        (&dynamic["id"], &filter["id"])
    );
    shows(&done, &["group-to-create"]);
    // All of it is in the record, and a second run finds it.
    let record =
        std::fs::read_to_string(env.path(done["details"]["journal"].as_str().or(done["journal"].as_str()).unwrap()))
            .unwrap();
    for step in [
        format!("group/{}", id(1)),
        format!("group/{}", id(2)),
        format!("assignment-filters/{}", id(5)),
        String::from("scope-tags/7"),
    ] {
        assert!(record.contains(&step), "{step}\n{record}");
    }
    assert_eq!(entry(&mapping(&env), &id(5))["how"], "imported");
    let writes = env.writes(PRODUCTION);
    import(&env);
    assert_eq!(env.writes(PRODUCTION), writes);
}

#[test]
fn names_of_every_kind_are_found() {
    let long = "x".repeat(200);
    let names = ["O'Brien \"Sales\"", "R&D + 100% #1?", "  spaces  ", "営業部 Отдел قسم", "ß/ä\\ü", long.as_str()];
    let groups = |from: u32| -> Vec<Value> { (from..).zip(names).map(|(n, name)| group(&id(n), name)).collect() };
    let mut all = script(&id(1), "S", "1");
    all["assignments"] = (11..).zip(names).map(|(n, _)| to(&id(n))).collect();
    let env = tenants(&json!({"groups": groups(11), SCRIPTS: [all]}), &json!({"groups": groups(51)}));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decided = map(&env, &[]);
    for (number, name) in (0..).zip(names) {
        let entry = entry(&decided, &id(11 + number));
        assert_eq!((&entry["target"]["id"], &entry["how"]), (&json!(id(51 + number)), &json!("same name")), "{name}");
    }
}

#[test]
fn a_certificate_is_found_by_its_thumbprint_and_a_name_is_a_hint() {
    let root = |id: &str, name: &str, bytes: &str| {
        json!({"@odata.type": "#microsoft.graph.windows81TrustedRootCertificate", "id": id, "displayName": name,
            "trustedRootCertificate": bytes, "certFileName": "a.cer", "destinationStore": "computerCertStoreRoot"})
    };
    let scep = |own: u32, root: u32| {
        json!({"@odata.type": "#microsoft.graph.windows81SCEPCertificateProfile", "id": id(own), "displayName": format!("SCEP {own}"),
            "scepServerUrls": ["https://ndes.contoso.example/scep"], "subjectNameFormatString": "CN=x",
            "certificateValidityPeriodValue": 1, "certificateValidityPeriodScale": "years", "renewalThresholdPercentage": 20,
            "keyUsage": "digitalSignature", "keySize": "size2048",
            "rootCertificate@odata.bind": format!("{CONFIGURATIONS}('{}')", id(root))})
    };
    let source = json!({CONFIGURATIONS: [root(&id(1), "Root", "AAECAw=="), root(&id(2), "Other", "BBBB"), scep(3, 1), scep(4, 2)]});
    let target = json!({CONFIGURATIONS: [root(&id(51), "Corp Root", "AAECAw=="), root(&id(52), "Other", "CCCC")]});
    let env = tenants(&source, &target);
    env.ferry(&["export", "trial", "--out", "tree", "--name", "SCEP*", "--without-dependencies"]).exits(0);
    let decided = map(&env, &[]);
    let found = entry(&decided, &id(1));
    assert_eq!((&found["target"]["id"], &found["how"]), (&json!(id(51)), &json!("same thumbprint")), "{decided:#}");
    let hint = entry(&decided, &id(2));
    assert_eq!((&hint["decision"], &hint["candidates"][0]["id"]), (&json!("undecided"), &json!(id(52))));
    // The server is another one in another tenant: no one knows which, and until then nothing is sent.
    let pair = &decided["text"][0];
    assert_eq!((&pair["find"], &pair["replace"]), (&json!("https://ndes.contoso.example/scep"), &Value::Null));
    assert!(pair["why"].as_str().unwrap().contains("device-configurations/SCEP 3"), "{pair}");
    import(&env);
    assert_eq!(env.writes(PRODUCTION), 0);
    let decided = map(&env, &["--accept", "device-configurations:same-name"]);
    assert_eq!(entry(&decided, &id(2))["decision"], "map");
    let mut chosen = decided;
    chosen["text"][0]["replace"] = json!("https://ndes.fabrikam.example/scep");
    std::fs::write(env.path("mapping.json"), chosen.to_string()).unwrap();
    let done = import(&env);
    let state = env.sandbox().state(PRODUCTION);
    let made: Vec<&Value> =
        state[CONFIGURATIONS].as_array().unwrap().iter().filter(|object| object["scepServerUrls"].is_array()).collect();
    assert_eq!(made.len(), 2, "{done:#}");
    assert!(made.iter().all(|scep| scep["scepServerUrls"][0] == "https://ndes.fabrikam.example/scep"));
}

#[test]
fn texts_of_the_source_are_proposed_with_who_holds_them() {
    let text = format!("$t = '{TRIAL}'; $d = 'contoso-trial.onmicrosoft.com'; # for Contoso Trial");
    let env = tenants(&json!({SCRIPTS: [script(&id(1), "Join", &text)]}), &json!({}));
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let decided = map(&env, &[]);
    let pairs: Vec<(&Value, &Value)> =
        decided["text"].as_array().unwrap().iter().map(|pair| (&pair["find"], &pair["replace"])).collect();
    assert!(pairs.contains(&(&json!(TRIAL), &json!(PRODUCTION))), "{decided:#}");
    assert!(
        pairs.contains(&(&json!("contoso-trial.onmicrosoft.com"), &json!("fabrikam-production.onmicrosoft.com"))),
        "{decided:#}"
    );
    let held = |pair: &&Value| pair["why"].as_str().unwrap().contains("platform-scripts/Join");
    let holders = decided["text"].as_array().unwrap().iter().filter(held).count();
    assert_eq!(holders, 3, "{decided:#}");
    assert_eq!(map(&env, &[]), decided, "running it again changes nothing");
    let done = import(&env);
    shows(&done, &["text-replaced"]);
    let state = env.sandbox().state(PRODUCTION).to_string();
    assert!(!state.contains(TRIAL) && state.contains("Join"), "{state}");
}

#[test]
fn a_sheet_decides() {
    let mut all = script(&id(1), "S", "1");
    all["assignments"] = json!([to(&id(11))]);
    let env = tenants(
        &json!({"groups": [group(&id(11), "=HYPERLINK(\"x\")")], SCRIPTS: [all]}),
        &json!({"groups": [group(&id(51), "Sales")]}),
    );
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    map(&env, &["--csv"]);
    let sheet = std::fs::read_to_string(env.path("mapping.csv")).unwrap();
    assert!(sheet.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{sheet}");
    let old = format!("\"{}\",\"'=HYPERLINK(\"\"x\"\")\",\"undecided\",\"\"", id(11));
    let new = format!("\"{}\",\"'=HYPERLINK(\"\"x\"\")\",\"map\",\"{}\"", id(11), id(51));
    assert!(sheet.contains(&old), "{sheet}");
    std::fs::write(env.path("mapping.csv"), sheet.replace(&old, &new)).unwrap();
    let decided = map(&env, &["--csv"]);
    assert_eq!(entry(&decided, &id(11))["target"]["id"], id(51));
    std::fs::write(env.path("mapping.csv"), sheet.replace("\"undecided\"", "\"perhaps\"")).unwrap();
    let refused = env.ferry(&["map", "tree", "--to", "production", "--out", "mapping.json", "--csv"]).exits(2);
    assert!(refused.err.contains("mapping.csv, cell D2") && refused.err.contains("perhaps"), "{}", refused.err);
}

#[test]
fn a_sheet_is_read_as_spreadsheet_programs_save_it_and_refused_by_the_cell() {
    let mut all = script(&id(1), "S", "1");
    all["assignments"] = json!([to(&id(11))]);
    let env = tenants(
        &json!({"groups": [group(&id(11), "Gäste")], SCRIPTS: [all]}),
        &json!({"groups": [group(&id(51), "Sales")]}),
    );
    env.ferry(&["export", "trial", "--out", "tree"]).exits(0);
    let open = map(&env, &["--csv"]);
    let sheet = std::fs::read_to_string(env.path("mapping.csv")).unwrap();
    let old = format!("\"{}\",\"Gäste\",\"undecided\",\"\"", id(11));
    assert!(sheet.contains(&old), "{sheet}");
    let new = format!("\"{}\",\"Gäste\",\"map\",\"{}\"", id(11), id(51));
    let decided = sheet.replace(&old, &new).trim_start_matches('\u{feff}').to_owned();
    let semicolons = decided.replace("\",\"", "\";\"");
    let latin: Vec<u8> = semicolons.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide: Vec<u8> = decided.replace("\",\"", "\"\t\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (saved, sign) in [
        (decided.replace("\r\n", "\r").into_bytes(), ','),
        (semicolons.replace("\r\n", "\n").into_bytes(), ';'),
        (latin, ';'),
        ([vec![0xff, 0xfe], wide].concat(), '\t'),
    ] {
        env.write("mapping.json", &open);
        std::fs::write(env.path("mapping.csv"), &saved).unwrap();
        let read = map(&env, &["--csv"]);
        assert_eq!(entry(&read, &id(11))["target"]["id"], id(51), "{}", String::from_utf8_lossy(&saved));
        let again = std::fs::read_to_string(env.path("mapping.csv")).unwrap();
        assert!(again.contains(&format!("\"Gäste\"{sign}\"map\"")), "{again}");
    }
    let row = decided.lines().nth(1).unwrap();
    let twice = format!("cell B{}: row 2 is for the same object", decided.lines().count() + 1);
    for (wrong, said) in [
        (format!("{decided}{row}\r\n"), twice.as_str()),
        (decided.replace("\"map\"", "\"mapp\""), "cell D2: `mapp` is not a decision"),
        (String::from("my own notes"), "cell A1: the column `kind` is missing"),
    ] {
        // Also where there is no mapping beside it yet, a sheet is not written over before it was understood.
        for is_there in [true, false] {
            env.write("mapping.json", &open);
            if !is_there {
                std::fs::remove_file(env.path("mapping.json")).unwrap();
            }
            std::fs::write(env.path("mapping.csv"), &wrong).unwrap();
            let words = ["map", "tree", "--to", "production", "--out", "mapping.json", "--csv"];
            let refused = env.ferry(&words).exits(2);
            assert!(refused.err.contains(&format!("mapping.csv, {said}")), "{}", refused.err);
            assert_eq!(std::fs::read_to_string(env.path("mapping.csv")).unwrap(), wrong);
            assert_eq!(env.path("mapping.json").exists(), is_there);
        }
    }
}

/// A map into the tenant that the tree comes from finds nothing of it wrong there: not its ID, not its domain.
#[test]
fn a_map_into_the_trees_own_tenant_finds_its_own_values_in_order() {
    let text = format!("# {TRIAL}\nping portal.contoso-trial.onmicrosoft.com\n");
    let env = tenants(&json!({SCRIPTS: [script(&id(1), "Own values", &text)]}), &json!({}));
    env.ferry(&["export", "trial", "--out", "tree"]);
    let codes = |document: &Value| {
        let list = document["findings"].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|it| it["code"].as_str().map(str::to_owned)).collect::<Vec<String>>()
    };
    let own = env.run(&["map", "tree", "--to", "trial", "--out", "own.json"]);
    assert_eq!(codes(&own), Vec::<String>::new(), "{own:#}");
    let file: Value = serde_json::from_slice(&std::fs::read(env.path("own.json")).unwrap()).unwrap();
    assert!(file["text"].as_array().is_none_or(Vec::is_empty), "{file:#}");
}
