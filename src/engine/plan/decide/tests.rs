//! The rules of deciding, without a tenant: what is known goes in, the step comes out.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Case, Counterpart, Terms, There, decide};
use crate::catalogue::Catalogue;
use crate::catalogue::rule::Form;
use crate::engine::options::{AssignmentMode, ExistingAssignments, OnConflict, Options};
use crate::engine::plan::narrowing::Loosened;
use crate::engine::plan::plan_file::{Action, AssignmentAction, Step};
use crate::engine::plan::target_ids::TargetIds;
use crate::engine::shape::comparison;
use crate::engine::shape::secrets::NoSecrets;
use crate::finding::{Finding, codes};
use crate::mapping::{Await, Need, Rewritten};
use crate::policy::{Directory, Kept, ObjectKey, Policy};
use crate::tree::{Manifest, Origins, Tree};

const ID: &str = "a1000000-0000-4000-8000-000000000001";
const THERE: &str = "b2000000-0000-4000-8000-000000000002";
const GROUP: &str = "c3000000-0000-4000-8000-000000000003";

/// One policy, what is known of it and of the target, and what was asked for.
struct World {
    catalogue: Catalogue,
    options: Options,
    item: Rewritten,
    /// The target's object that is the policy.
    found: Option<Kept>,
    /// Objects of the target that may be it.
    several: Option<Vec<String>>,
    selected: BTreeSet<ObjectKey>,
    within_tenant: bool,
    lost: Option<Finding>,
    unmet: Option<Finding>,
    pilot_held: Option<Finding>,
    needs_blocked: Option<String>,
    is_circular: bool,
}

impl World {
    fn new(type_name: &str, body: &Value) -> Self {
        let item = Rewritten {
            policy: kept(type_name, ID, body),
            findings: Vec::new(),
            blocked: false,
            assignments_held: false,
            in_force: Vec::new(),
            awaits: Vec::new(),
            text_hits: Vec::new(),
        };
        Self {
            catalogue: Catalogue::built_in().unwrap(),
            options: Options::default(),
            item,
            found: None,
            several: None,
            selected: BTreeSet::new(),
            within_tenant: false,
            lost: None,
            unmet: None,
            pilot_held: None,
            needs_blocked: None,
            is_circular: false,
        }
    }

    /// The target has this object, and it is the policy.
    fn has(mut self, body: &Value) -> Self {
        self.found = Some(kept(&self.item.policy.type_name, THERE, body));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn waits_for(mut self, pointer: &str, needs: Need) -> Self {
        self.item.awaits.push(Await {
            pointer: pointer.to_owned(),
            form: Form::Id,
            kind: String::from("groups"),
            source_id: GROUP.to_owned(),
            needs,
            made_with: None,
        });
        self
    }

    fn decide(&self) -> Step {
        let tree = Tree {
            root: "tree".into(),
            manifest: Manifest::default(),
            directory: Directory::default(),
            mapping: None,
            origins: Origins::default(),
            policies: Vec::new(),
            edited: BTreeSet::new(),
            findings: Vec::new(),
        };
        let asked = Terms {
            catalogue: &self.catalogue,
            tree: &tree,
            options: &self.options,
            secrets: &NoSecrets,
            selected: &self.selected,
            within_tenant: self.within_tenant,
            now: Timestamp::UNIX_EPOCH,
        };
        let policy = self.item.policy.open();
        let policy_type = self.catalogue.get(&policy.type_name).unwrap();
        let compared = |found: &Kept| comparison::compare(&policy, &found.open(), policy_type, &self.catalogue, None);
        let there = match (&self.found, &self.several) {
            (Some(found), _) => There::One(Counterpart {
                id: THERE,
                object: Some(Ok(found)),
                differences: Some(compared(found)),
                other_identity: None,
            }),
            (None, Some(ids)) => There::Several(ids),
            (None, None) => There::Nothing,
        };
        let case = Case {
            policy_type,
            original: &self.item.policy,
            rewritten: &self.item,
            policy: &policy,
            ids: &TargetIds::default(),
            needs: Vec::new(),
            needed_by: None,
            needs_blocked: self.needs_blocked.clone(),
            is_circular: self.is_circular,
            unread: None,
            lost: self.lost.as_ref(),
            there,
            unmet: self.unmet.as_ref(),
            content: None,
            pilot_held: self.pilot_held.as_ref(),
            differing: &Loosened::default(),
        };
        decide(&case, &asked)
    }
}

fn kept(type_name: &str, id: &str, body: &Value) -> Kept {
    let mut body = body.as_object().unwrap().clone();
    body.insert(String::from("id"), id.into());
    Policy::new(type_name, body).keep()
}

fn script(text: &str) -> Value {
    json!({"displayName": "Script", "fileName": "script.ps1", "runAsAccount": "system", "scriptContent": text})
}

fn to_group(mut body: Value) -> Value {
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP});
    body["assignments"] = json!([{"target": target}]);
    body
}

fn to_all_devices(mut body: Value) -> Value {
    let target = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"});
    body["assignments"] = json!([{"target": target}]);
    body
}

fn new_script() -> World {
    World::new("platform-scripts", &script("QQ=="))
}

fn codes_of(step: &Step) -> Vec<&str> {
    step.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn a_finding() -> Finding {
    Finding::new(&codes::RETIRED, "a policy", "for a reason")
}

#[test]
fn what_the_target_does_not_have_is_created() {
    let step = new_script().decide();
    assert_eq!((step.action, step.assignments), (Action::Create, AssignmentAction::Keep));
    assert!(step.findings.is_empty(), "{:?}", step.findings);
}

#[test]
fn what_is_created_gets_its_assignments_unless_nobody_wants_them() {
    let assigned = || World::new("platform-scripts", &to_group(script("QQ==")));
    let step = assigned().decide();
    assert_eq!((step.action, step.assignments), (Action::Create, AssignmentAction::Write));
    let step = assigned().with(|world| world.options.assignments = AssignmentMode::None).decide();
    assert_eq!((step.action, step.assignments), (Action::Create, AssignmentAction::Keep));
    assert_eq!(codes_of(&step), ["assignments-not-written"]);
}

#[test]
fn assignments_that_nobody_looked_at_are_held() {
    let everybody = || World::new("platform-scripts", &to_all_devices(script("QQ==")));
    let step = everybody().decide();
    assert_eq!((step.action, step.assignments), (Action::Create, AssignmentAction::Held));
    assert_eq!(codes_of(&step), ["broad-assignment-held"]);
    assert_eq!(
        everybody().with(|world| world.options.allow_broad = true).decide().assignments,
        AssignmentAction::Write
    );

    let group = || World::new("platform-scripts", &to_group(script("QQ==")));
    let held = [
        group().with(|world| world.item.assignments_held = true),
        group().with(|world| world.pilot_held = Some(Finding::new(&codes::PILOT_UNDECIDED, "it", "undecided"))),
    ];
    for world in held {
        assert_eq!(world.decide().assignments, AssignmentAction::Held);
    }
}

#[test]
fn what_is_equal_is_left_alone() {
    let step = new_script().has(&script("QQ==")).decide();
    assert_eq!((step.action, step.target_id.as_deref()), (Action::Unchanged, Some(THERE)));
    assert!(step.differences.is_empty() && step.target_fingerprint.is_some());
}

#[test]
fn what_differs_is_changed_only_where_that_was_asked_for() {
    let differs = |asked: OnConflict| {
        let world = new_script().has(&script("Qg=="));
        world.with(|world| world.options.on_conflict = asked).decide()
    };
    let asked = [
        (OnConflict::Skip, Action::ExistsDiffers, vec!["exists-differs"]),
        (OnConflict::Update, Action::Update, vec![]),
        (OnConflict::Fail, Action::Blocked, vec!["exists-differs"]),
    ];
    for (asked, action, told) in asked {
        let step = differs(asked);
        assert_eq!((step.action, codes_of(&step)), (action, told), "{asked:?}");
        assert_eq!(step.differences.len(), 1, "{asked:?}");
    }
}

#[test]
fn what_graph_accepts_only_at_creation_is_not_changed() {
    let filter =
        |platform: &str| json!({"displayName": "Filter", "platform": platform, "rule": "(device.osVersion -eq \"1\")"});
    let world = World::new("assignment-filters", &filter("iOS")).has(&filter("macOS"));
    let step = world.with(|world| world.options.on_conflict = OnConflict::Update).decide();
    assert_eq!((step.action, codes_of(&step)), (Action::Blocked, vec!["platform-differs"]));
}

#[test]
fn assignments_of_the_target_stay_unless_they_are_to_be_replaced() {
    let assigned = |existing| {
        let other = to_all_devices(script("QQ=="));
        let world = World::new("platform-scripts", &to_group(script("QQ=="))).has(&other);
        world.with(|world| world.options.existing_assignments = existing).decide()
    };
    let step = assigned(ExistingAssignments::Leave);
    assert_eq!((step.action, step.assignments), (Action::Unchanged, AssignmentAction::Keep));
    assert!(!step.assignment_differences.is_empty());
    assert_eq!(assigned(ExistingAssignments::Replace).assignments, AssignmentAction::Write);
    assert_eq!(assigned(ExistingAssignments::Merge).assignments, AssignmentAction::Write);
}

#[test]
fn one_of_several_is_never_taken() {
    let step = new_script().with(|world| world.several = Some(vec!["1".into(), "2".into()])).decide();
    assert_eq!((step.action, codes_of(&step)), (Action::Blocked, vec!["ambiguous-match"]));
    assert!(step.target_id.is_none());
}

#[test]
fn what_is_in_the_way_blocks() {
    let group = || Need::TargetName { kind: "groups".into(), name: "Sales".into() };
    let policy = || Need::Policy { type_name: "assignment-filters".into(), key: GROUP.into() };
    let worlds = [
        (new_script().with(|world| world.item.blocked = true), vec![]),
        (new_script().with(|world| world.needs_blocked = Some("another".into())), vec!["blocked-by"]),
        (new_script().with(|world| world.is_circular = true), vec!["cycle"]),
        (new_script().with(|world| world.lost = Some(a_finding())), vec!["retired"]),
        (new_script().waits_for("/x", group()), vec!["mapping-target-missing"]),
        (new_script().waits_for("/x", policy()), vec!["blocked-by"]),
    ];
    for (world, told) in worlds {
        let step = world.decide();
        assert_eq!((step.action, codes_of(&step)), (Action::Blocked, told));
        assert_eq!(step.assignments, AssignmentAction::Keep);
    }
}

#[test]
fn what_it_waits_for_and_takes_part_is_no_obstacle() {
    let key = ObjectKey::new("assignment-filters", GROUP);
    let world = new_script()
        .waits_for("/x", Need::Policy { type_name: "assignment-filters".into(), key: GROUP.into() })
        .with(|world| world.selected.extend([key]));
    assert_eq!(world.decide().action, Action::Create);
}

#[test]
fn what_cannot_move_is_left_behind_whatever_else_is_open() {
    let retired = new_script().with(|world| {
        world.unmet = Some(a_finding());
        world.item.blocked = true;
        world.is_circular = true;
    });
    let step = retired.decide();
    assert_eq!((step.action, codes_of(&step)), (Action::LeftBehind, vec!["retired"]));
}

#[test]
fn within_one_tenant_what_is_restored_changes_those_that_name_it() {
    let needs = || Need::Policy { type_name: "assignment-filters".into(), key: GROUP.into() };
    let key = || ObjectKey::new("assignment-filters", GROUP);
    let named = |within: bool| {
        let world = new_script().waits_for("/fileName", needs()).has(&script("QQ=="));
        world.with(|world| (world.within_tenant, world.selected) = (within, [key()].into())).decide()
    };
    assert!(named(false).differences.is_empty());
    assert_eq!(named(true).differences.len(), 1);
}
