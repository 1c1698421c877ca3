//! `--assignments pilot=GROUP`: one group gets what the tree assigns to anyone.

use serde_json::{Value, json};

use super::{actions, assigned, with};
use crate::env::{Env, PRODUCTION, YES, exported};
use crate::objects::{CONFIGURATIONS, SCRIPTS, everyone, group, not_to, script, to, with_assignments};

const SALES: &str = "a1000000-0000-4000-8000-000000000901";
const LAB: &str = "a1000000-0000-4000-8000-000000000902";
const PILOT: &str = "b2000000-0000-4000-8000-000000000903";

fn ring(id: u32, name: &str) -> Value {
    let ring = json!({"@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
        "id": format!("a1000000-0000-4000-8000-{id:012}"), "displayName": name, "description": ""});
    with_assignments(ring, &[to(SALES)])
}

fn of(id: u32, name: &str, list: &[Value]) -> Value {
    with_assignments(script(id, name, "AAAA"), list)
}

/// Scripts assigned in all ways, and two update rings; nothing of the source's groups is mapped.
fn moved() -> Env {
    let source = json!({
        "groups": [group(SALES, "Sales"), group(LAB, "Lab")],
        SCRIPTS: [of(1, "Included", &[to(SALES), not_to(LAB)]), of(2, "Everywhere", &[everyone()]),
            of(3, "Only excluded", &[not_to(SALES)]), of(4, "Nowhere", &[])],
        CONFIGURATIONS: [ring(11, "Ring 1"), ring(12, "Ring 2")],
    });
    let pilots = [
        group(PILOT, "Pilot"),
        group("b2000000-0000-4000-8000-000000000904", "Twin"),
        group("b2000000-0000-4000-8000-000000000905", "Twin"),
    ];
    exported(&source, &json!({"groups": pilots}))
}

const TO_PILOT: [&str; 2] = ["--assignments", "pilot=Pilot"];

#[test]
fn the_pilot_group_gets_what_has_an_inclusion_and_what_is_one_of_several_waits() {
    let env = moved();
    let done = env.import(&TO_PILOT);
    assert!(actions(&done).iter().all(|(_, action)| *action == "created"), "{done:#}");
    assert_eq!(done["exitCode"], 4);
    assert_eq!(with(&done, "pilot-undecided"), ["Ring 1", "Ring 2"]);
    assert_eq!(with(&done, "assignments-not-written"), ["Only excluded"]);
    let pilot = [(String::from("groupAssignmentTarget"), PILOT.to_owned())];
    for name in ["Included", "Everywhere"] {
        assert_eq!(assigned(&env, SCRIPTS, name), pilot, "{name}");
    }
    for (collection, name) in
        [(SCRIPTS, "Only excluded"), (SCRIPTS, "Nowhere"), (CONFIGURATIONS, "Ring 1"), (CONFIGURATIONS, "Ring 2")]
    {
        assert!(assigned(&env, collection, name).is_empty(), "{name}");
    }
    // Once chosen, the one goes to the group and the other waits for its wave.
    let chosen = json!({"type": "device-configurations", "name": "Ring 2", "pilot": true});
    env.write("decide.json", &json!({"format": 1, "decisions": [chosen]}));
    let writes = env.writes(PRODUCTION);
    let done = env.import(&[&TO_PILOT[..], &["--decide", "decide.json"]].concat());
    assert_eq!((&done["exitCode"], env.writes(PRODUCTION)), (&json!(0), writes + 1), "{done:#}");
    assert_eq!(assigned(&env, CONFIGURATIONS, "Ring 2"), pilot);
    assert!(assigned(&env, CONFIGURATIONS, "Ring 1").is_empty());
    let verify = ["verify", "tree", "--to", "production", "--decide", "decide.json"];
    let verify = env.run(&[&verify[..4], &TO_PILOT].concat());
    let equal = actions(&verify).iter().filter(|(_, action)| *action == "equal").count();
    // The verification knows no decisions: it wants both rings assigned.
    assert_eq!(equal, 5, "{verify:#}");
}

#[test]
fn the_pilot_group_is_one_group_of_the_target() {
    let env = moved();
    for (group, says) in [("pilot=Nobody", "no group"), ("pilot=Twin", "2 groups")] {
        let ran = env.ferry(&["import", "tree", "--to", "production", YES, "--assignments", group]).exits(2);
        assert!(ran.err.contains(says), "{}", ran.err);
    }
    let by_id = format!("pilot={PILOT}");
    let planned = env.plan(&["--assignments", &by_id, "--out", "plan.json"]);
    assert_eq!(planned["exitCode"], 4);
    let text = std::fs::read_to_string(env.path("plan.json")).unwrap();
    assert!(text.contains("\"name\": \"Pilot\""), "{text}");
    assert_eq!(env.writes(PRODUCTION), 0);
    let shown = env.ferry(&["plan", "tree", "--to", "production", "--assignments", &by_id]).exits(4);
    assert!(shown.out.contains("pilot group \"Pilot\""), "{}", shown.out);
}

#[test]
fn what_the_tree_assigns_in_several_ways_waits() {
    let once = |group: &str, hour: &str| {
        let mut entry = to(group);
        entry["runRemediationScript"] = json!(true);
        entry["runSchedule"] = json!({"@odata.type": "#microsoft.graph.deviceHealthScriptDailySchedule",
            "interval": 1, "useUtc": false, "time": hour});
        entry
    };
    let collection = "deviceManagement/deviceHealthScripts";
    let health = |id: u32, name: &str, list: &[Value]| {
        let script = json!({"id": format!("a1000000-0000-4000-8000-{id:012}"), "displayName": name, "description": "",
            "publisher": "", "runAsAccount": "system", "runAs32Bit": false, "enforceSignatureCheck": false,
            "detectionScriptContent": "AAAA", "remediationScriptContent": "AAAA", "roleScopeTagIds": ["0"]});
        with_assignments(script, list)
    };
    let (early, late) = ("01:00:00.0000000", "02:00:00.0000000");
    let source = json!({
        "groups": [group(SALES, "Sales"), group(LAB, "Lab")],
        collection: [health(1, "Alike", &[once(SALES, early), once(LAB, early)]),
            health(2, "Different", &[once(SALES, early), once(LAB, late)])],
    });
    let env = exported(&source, &json!({"groups": [group(PILOT, "Pilot")]}));
    let done = env.import(&TO_PILOT);
    assert_eq!(with(&done, "pilot-undecided"), ["Different"], "{done:#}");
    assert_eq!(assigned(&env, collection, "Alike").len(), 1);
    let entry = super::named(&env, collection, "Alike")["assignments"][0].clone();
    assert_eq!(entry["runSchedule"]["time"], early);
    assert!(assigned(&env, collection, "Different").is_empty());
}
