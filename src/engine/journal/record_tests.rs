//! Journals of killed runs, damaged journals, and journals of others.

#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use serde_json::json;

use super::*;
use crate::engine::journal::Journal;
use crate::engine::journal::line::Ending;
use crate::engine::journal::testing::{header, reply, sending};
use crate::engine::shape::comparison::Prints;
use crate::finding::codes;

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn path(&self) -> PathBuf {
        self.folder.path().join("run.ndjson")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// What reading the file with this text says.
    fn refusal(&self, text: &str) -> String {
        std::fs::write(self.path(), text).unwrap();
        let error = Record::read(&self.path()).unwrap_err();
        let EngineError::Refused { message, fix } = error else { panic!("{error:?}") };
        assert!(fix.ends_with('.') && message.contains("run.ndjson"), "{message}");
        message
    }
}

/// A create that was answered, a change that was refused, and an assignment whose answer never came.
fn killed() -> Case {
    let case = Case { folder: tempfile::tempdir().unwrap() };
    let journal = Journal::create(&case.path(), header()).unwrap();
    let before = json!({"id": "5", "name": "Win"});
    let n = journal.intent(&sending("x/1", Does::Create, "POST", None)).unwrap();
    journal.result(reply(n, RequestOutcome::Ok)).unwrap();
    let n = journal.intent(&sending("x/2", Does::Change, "PATCH", Some(&before))).unwrap();
    journal.result(reply(n, RequestOutcome::Failed)).unwrap();
    journal.intent(&sending("x/2", Does::Assign, "POST", Some(&json!({"id": "later"})))).unwrap();
    case
}

#[test]
fn each_time_that_a_run_goes_on_is_known_with_its_requests() {
    let case = killed();
    let record = Record::read(&case.path()).unwrap();
    assert_eq!(record.stretches.len(), 1);
    let journal = Journal::resume(&record).unwrap();
    let n = journal.intent(&sending("x/2", Does::Assign, "POST", None)).unwrap();
    journal.result(reply(n, RequestOutcome::Ok)).unwrap();
    journal.end(Ending::Finished).unwrap();
    drop(journal);
    let journal = Journal::undo(&Record::read(&case.path()).unwrap()).unwrap();
    let n = journal.intent(&sending("x/1", Does::Remove, "DELETE", None)).unwrap();
    journal.result(reply(n, RequestOutcome::Ok)).unwrap();
    drop(journal);
    let record = Record::read(&case.path()).unwrap();
    let stretches: Vec<_> =
        record.stretches.iter().map(|one| (one.goal, one.writes.clone(), one.end.is_some())).collect();
    assert_eq!(stretches, [(Goal::Import, 0..3, false), (Goal::Resume, 3..4, true), (Goal::Undo, 4..5, false)]);
    assert_eq!((record.undoing_of("x/1").count(), record.undoing_of("x/2").count()), (1, 0));
}

#[test]
fn a_killed_run_is_read_back_whole() {
    let case = killed();
    let record = Record::read(&case.path()).unwrap();
    assert_eq!(record.header, Header { started: record.header.started.clone(), ..header() });
    assert_eq!((record.created("x/1"), record.created("x/2")), (Some("id-1"), None));
    let before = json!({"id": "5", "name": "Win"});
    assert_eq!((record.before("x/1"), record.before("x/2")), (None, Some(&before)));
    let outcomes: Vec<RequestOutcome> = record.writes.iter().map(Write::outcome).collect();
    assert_eq!(outcomes, [RequestOutcome::Ok, RequestOutcome::Failed, RequestOutcome::Unknown]);
    assert_eq!(record.writes_of("x/2").count(), 2);
    assert!(record.end.is_none() && record.writes[0].is_done());
}

#[test]
fn a_line_that_was_cut_off_is_passed_over_and_taken_away_when_the_run_goes_on() {
    let case = killed();
    let whole = case.text();
    for length in 0..whole.len() - whole.find('\n').unwrap() {
        std::fs::write(case.path(), &whole[..whole.len() - length]).unwrap();
        Record::read(&case.path()).unwrap();
    }
    std::fs::write(case.path(), &whole[..whole.len() - 5]).unwrap();
    let record = Record::read(&case.path()).unwrap();
    assert_eq!(record.writes.len(), 2);
    let journal = Journal::resume(&record).unwrap();
    let n = journal.intent(&sending("x/2", Does::Assign, "POST", Some(&json!({"id": "again"})))).unwrap();
    assert_eq!(n, 3);
    journal.result(reply(n, RequestOutcome::Ok)).unwrap();
    journal.end(Ending::Finished).unwrap();
    let record = Record::read(&case.path()).unwrap();
    assert_eq!(record.writes.len(), 3);
    assert_eq!(record.before("x/2"), Some(&json!({"id": "5", "name": "Win"})), "the first image stays");
    assert_eq!(record.end.unwrap().outcome, Ending::Finished);
}

#[test]
fn a_damaged_journal_is_told_with_its_line() {
    let case = killed();
    let text = case.text();
    let lines: Vec<&str> = text.lines().collect();
    let with = |index: usize, line: &str| {
        let mut lines = lines.clone();
        lines[index] = line;
        lines.join("\n") + "\n"
    };
    assert!(case.refusal(&with(2, "{\"kind\":\"result\"")).contains("damaged: line 3: "));
    assert!(case.refusal(&with(2, "{\"kind\":\"other\"}")).contains("line 3: "));
    assert!(case.refusal(&with(4, lines[0])).contains("line 5: a second header"));
    assert!(case.refusal(&with(3, lines[1])).contains("line 4: a second request 1"));
    assert!(case.refusal(&with(4, lines[2])).contains("line 5: a result of request 1"));
    assert!(case.refusal(&with(0, &lines[0].replace("\"plan\"", "\"plum\""))).contains("line 1: "));
    assert!(case.refusal(&with(1, &"[".repeat(100_000))).contains("line 2: "));
    assert!(case.refusal("{\"a\": 1}\n").contains("not a journal"));
    assert!(case.refusal("{\n  \"steps\": []\n}\n").contains("not a journal"));
    assert!(case.refusal("{\"kind\": \n").contains("damaged: line 1: "));
    assert!(case.refusal("").contains("truncated"));
    assert!(case.refusal(&lines[0][..40]).contains("truncated"));
    std::fs::write(case.path(), [0xff, b'\n']).unwrap();
    assert!(Record::read(&case.path()).is_err());
    assert!(Record::read(&case.folder.path().join("run.ndjson.gone")).is_err());
}

#[test]
fn a_newer_format_is_told_as_such() {
    let case = killed();
    let newer = "{\"kind\":\"header\",\"format\":2,\"of\":\"another shape\"}\n{\"kind\":\"what\"}\n";
    assert!(case.refusal(newer).contains("format 2"));
}

#[test]
fn another_tenant_is_refused() {
    let record = Record::read(&killed().path()).unwrap();
    let tenant = |id: Option<&str>| TenantInfo { id: id.map(str::to_owned), ..TenantInfo::default() };
    record.hold_against(&tenant(Some("T1"))).unwrap();
    for other in [tenant(Some("t2")), tenant(None)] {
        let message = record.hold_against(&other).unwrap_err().to_string();
        assert!(message.contains("`production` is"), "{message}");
    }
}

#[test]
fn what_is_done_and_as_meant_is_known_until_something_is_sent_again() {
    let case = Case { folder: tempfile::tempdir().unwrap() };
    let journal = Journal::create(&case.path(), header()).unwrap();
    let send = |does| {
        let n = journal.intent(&sending("x/1", does, "POST", None)).unwrap();
        journal.result(reply(n, RequestOutcome::Ok)).unwrap();
    };
    let prints = || Prints { object: "0e".repeat(32), assignments: "0f".repeat(32) };
    let record = || Record::read(&case.path()).unwrap();
    let known = |record: &Record| (record.left("x/1").object.is_some(), record.left("x/1").assignments.is_some());
    send(Does::Create);
    assert!(!record().is_done("x/1", Piece::Object));
    journal.done("x/1", Piece::Object).unwrap();
    journal.state("x/1", prints(), false).unwrap();
    assert!(record().is_done("x/1", Piece::Object) && !record().is_done("x/1", Piece::Assignments));
    assert_eq!(known(&record()), (true, true));
    send(Does::Assign);
    assert_eq!(known(&record()), (true, false));
    journal.state("x/1", prints(), true).unwrap();
    assert_eq!((known(&record()), record().differed("x/1")), ((true, true), true));
    send(Does::Change);
    assert_eq!(known(&record()), (false, true));
}

#[test]
fn going_on_without_doing_anything_writes_nothing_down() {
    let case = killed();
    let text = || case.text();
    let was = text();
    drop(Journal::resume(&Record::read(&case.path()).unwrap()).unwrap());
    assert_eq!(text(), was, "killed before it did anything");
    let end = || Journal::resume(&Record::read(&case.path()).unwrap()).unwrap().end(Ending::Finished).unwrap();
    end();
    let was = text();
    assert!(was.contains("\"resume\"") && was.contains("\"finished\""), "{was}");
    end();
    assert_eq!(text(), was);
    // An undo says that it began; one that finds nothing left to do does not.
    let undo = || Journal::undo(&Record::read(&case.path()).unwrap()).unwrap().end(Ending::Finished).unwrap();
    undo();
    let was = text();
    assert!(was.contains("\"undo\""), "{was}");
    undo();
    assert_eq!(text(), was);
}

#[test]
fn a_request_without_an_answer_is_settled_once_its_piece_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    let journal = Journal::create(&path, header()).unwrap();
    for does in [Does::Create, Does::Change, Does::Assign] {
        journal.intent(&sending("x/1", does, "POST", None)).unwrap();
    }
    let settled = || {
        let record = Record::read(&path).unwrap();
        record.writes.iter().map(|write| record.is_settled(write)).collect::<Vec<_>>()
    };
    assert_eq!(settled(), [false, false, false]);
    journal.done("x/1", Piece::Assignments).unwrap();
    assert_eq!(settled(), [false, false, true]);
    journal.done("x/1", Piece::Object).unwrap();
    assert_eq!(settled(), [false, true, true]);
}

#[test]
fn what_was_refused_counts_until_it_is_done_or_the_run_has_come_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    let journal = Journal::create(&path, header()).unwrap();
    let finding = Finding::new(&codes::WRITE_FAILED, "x/One", "POST x: 400");
    let refused = || {
        let record = Record::read(&path).unwrap();
        [("x/1", Piece::Object), ("x/1", Piece::Assignments), ("x/2", Piece::Object)]
            .map(|(step, piece)| record.refused(step, piece).is_some())
    };
    for (step, piece) in [("x/1", Piece::Object), ("x/1", Piece::Assignments), ("x/2", Piece::Object)] {
        journal.refused(step, piece, &finding).unwrap();
    }
    assert_eq!(refused(), [true; 3]);
    journal.end(Ending::Interrupted).unwrap();
    journal.done("x/1", Piece::Object).unwrap();
    assert_eq!(refused(), [false, true, true]);
    journal.end(Ending::Finished).unwrap();
    assert_eq!(refused(), [false; 3]);
    // And then again.
    let journal = Journal::resume(&Record::read(&path).unwrap()).unwrap();
    journal.refused("x/2", Piece::Object, &finding).unwrap();
    assert_eq!(refused(), [false, false, true]);
}

#[test]
fn what_may_be_moved_is_written_down_once_as_it_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.ndjson");
    let journal = Journal::create(&path, header()).unwrap();
    let was = |priority: u64| json!({"id": "9", "priority": priority});
    journal.place("x/1", &was(3)).unwrap();
    journal.intent(&sending("x/2", Does::Change, "PATCH", Some(&was(5)))).unwrap();
    journal.place("x/2", &was(6)).unwrap();
    // The run made it: it had no place.
    journal.intent(&sending("x/3", Does::Create, "POST", None)).unwrap();
    journal.place("x/3", &was(7)).unwrap();
    Journal::resume(&Record::read(&path).unwrap()).unwrap().place("x/1", &was(4)).unwrap();
    let record = Record::read(&path).unwrap();
    assert_eq!(record.placed().collect::<Vec<_>>(), ["x/1", "x/2"]);
    assert_eq!([record.before("x/1"), record.before("x/2")], [Some(&was(3)), Some(&was(5))]);
}
