//! A journal that was written, read back whole: what the run was, and each of its requests with what came
//! of it. A journal is untrusted: whatever is wrong with it is an error with file, line and fix.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::line::{
    Does, DoneLine, EndLine, Ending, FORMAT, FoundLine, Header, Intent, Line, Piece, PlaceLine, RefusedLine, Reply,
    RequestOutcome, StateLine,
};
use super::progress;
use crate::engine::content::Begun;
use crate::engine::error::EngineError;
use crate::finding::Finding;
use crate::misread::of_file;
use crate::policy::TenantInfo;

/// Far more than any journal.
const LARGEST: u64 = 1 << 30;

/// A journal as it was read.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its file.
    pub path: PathBuf,
    /// What the run was.
    pub header: Header,
    /// Its requests, in the order in which they were sent.
    pub writes: Vec<Write>,
    /// The places of each step's requests among them.
    pub(super) by_step: BTreeMap<String, Vec<usize>>,
    /// The contents of which the upload was begun.
    pub(super) uploads: BTreeMap<String, Begun>,
    /// What is done.
    pub(super) done: BTreeSet<(String, Piece)>,
    /// What was refused since the run came to its end last.
    pub(super) refused: BTreeMap<(String, Piece), Finding>,
    /// What may have another place among the others since, with the object where only its place was changed.
    placed: BTreeMap<String, Option<Value>>,
    /// How the steps' objects were last when the run had written them, each with how many requests stood before.
    states: BTreeMap<String, (usize, StateLine)>,
    /// Whether somebody began to undo it.
    pub undone: bool,
    /// Whether somebody began to assign for good what it had assigned to a pilot group.
    pub waved: bool,
    /// How it ended last; none where it was killed.
    pub end: Option<EndLine>,
    /// Its stretches, one after another: the first, and each time that somebody went on with it or took it back.
    pub stretches: Vec<Stretch>,
    /// How many bytes of the file are whole lines; more means that the last one was cut off.
    pub(super) whole: u64,
}

/// What was done in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What for.
    pub goal: Goal,
    /// When it began, in UTC.
    pub started: String,
    /// How it ended; none where it was cut off.
    pub end: Option<EndLine>,
    /// The requests that were sent in it, by their places among all.
    pub writes: Range<usize>,
}

/// What a stretch of a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The import begins.
    Import,
    /// It is gone on with.
    Resume,
    /// What a pilot group has goes to everybody.
    Wave,
    /// It is taken back.
    Undo,
}

/// The fingerprints of an object as a run left it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Outside its assignments.
    pub object: Option<String>,
    /// Of its assignments.
    pub assignments: Option<String>,
}

/// A changing request with its result.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// What was about to be sent.
    pub intent: Intent,
    /// Its result; none where the run was killed before it was known.
    pub reply: Option<Reply>,
}

impl Write {
    /// Whether Graph certainly did it.
    pub fn is_done(&self) -> bool {
        self.outcome() == RequestOutcome::Ok
    }

    /// How it went; a request without a result may or may not have happened.
    pub fn outcome(&self) -> RequestOutcome {
        self.reply.as_ref().map_or(RequestOutcome::Unknown, |reply| reply.outcome)
    }

    /// The id that the answer gave.
    pub fn target_id(&self) -> Option<&str> {
        self.reply.as_ref()?.target_id.as_deref()
    }
}

impl Record {
    /// Reads a journal. A last line that was cut off, as by a killed program, is passed over.
    pub fn read(path: &Path) -> Result<Self, EngineError> {
        let unreadable = |error: &std::io::Error| EngineError::Refused {
            message: format!("cannot read the journal {}: {}", path.display(), of_file(error)),
            fix: String::from("Use the journal file that the import named when it ended, usually in ferry-runs."),
        };
        let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
        if size > LARGEST {
            return Err(damaged(path, "the file is too large for a journal"));
        }
        Self::parse(path, &std::fs::read(path).map_err(|error| unreadable(&error))?)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EngineError> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let mut lines = bytes[..whole].split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
        let Some((_, first)) = lines.next() else {
            return Err(EngineError::Refused {
                message: format!("the journal {} is truncated: its header line is incomplete", path.display()),
                fix: String::from("That import sent nothing. Import again."),
            });
        };
        let header = header(path, first)?;
        let mut writes: Vec<Write> = Vec::new();
        let mut place: BTreeMap<u64, usize> = BTreeMap::new();
        let mut by_step: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut done = BTreeSet::new();
        let (mut refused, mut placed, mut uploads) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut end = None;
        let mut states = BTreeMap::new();
        let (mut undone, mut waved) = (false, false);
        let stretch = |goal, started: &str, place: usize| Stretch {
            goal,
            started: started.to_owned(),
            end: None,
            writes: place..place,
        };
        let mut stretches = vec![stretch(Goal::Import, &header.started, 0)];
        for (index, line) in lines {
            let at = |problem: &str| damaged(path, &format!("line {}: {problem}", index + 1));
            match serde_json::from_slice(line).map_err(|error| at(&error.to_string()))? {
                Line::Header(_) => return Err(at("a second header")),
                Line::Intent(intent) => {
                    if place.insert(intent.n, writes.len()).is_some() {
                        return Err(at(&format!("a second request {}", intent.n)));
                    }
                    by_step.entry(intent.step.clone()).or_default().push(writes.len());
                    writes.push(Write { intent, reply: None });
                }
                Line::Result(reply) => {
                    let write = place.get(&reply.n).and_then(|place| writes.get_mut(*place));
                    let Some(write) = write.filter(|write| write.reply.is_none()) else {
                        return Err(at(&format!("a result of request {}, which is not open", reply.n)));
                    };
                    write.reply = Some(reply);
                }
                Line::State(state) => {
                    states.insert(state.step.clone(), (writes.len(), state));
                }
                Line::Done(DoneLine { step, piece }) => drop(done.insert((step, piece))),
                Line::Refused(RefusedLine { step, piece, finding }) => drop(refused.insert((step, piece), finding)),
                Line::Place(PlaceLine { step, before }) => drop(placed.insert(step, before)),
                Line::Upload(upload) => drop(uploads.insert(upload.step.clone(), progress::begun(upload))),
                Line::Block(block) => progress::arrived(&mut uploads, &block),
                Line::Wave(line) => {
                    stretches.push(stretch(Goal::Wave, &line.started, writes.len()));
                    waved = true;
                    end = None;
                }
                Line::Undo(line) => {
                    stretches.push(stretch(Goal::Undo, &line.started, writes.len()));
                    undone = true;
                    end = None;
                }
                Line::Found(FoundLine { n, target_id }) => {
                    let write = place.get(&n).and_then(|place| writes.get_mut(*place));
                    let Some(write) = write.filter(|write| write.intent.does == Does::Create && !write.is_done())
                    else {
                        return Err(at(&format!("request {n} is not a create request without a result")));
                    };
                    let (outcome, error, approval) = (RequestOutcome::Ok, None, None);
                    write.reply = Some(Reply { n, outcome, target_id: Some(target_id), error, approval });
                }
                Line::Resume(line) => {
                    stretches.push(stretch(Goal::Resume, &line.started, writes.len()));
                    end = None;
                }
                Line::End(line) => {
                    if line.outcome == Ending::Finished {
                        refused.clear();
                    }
                    if let Some(last) = stretches.last_mut() {
                        last.end = Some(line.clone());
                    }
                    end = Some(line);
                }
            }
            if let Some(last) = stretches.last_mut() {
                last.writes.end = writes.len();
            }
        }
        let path = path.to_owned();
        Ok(Self {
            path,
            header,
            writes,
            by_step,
            uploads,
            done,
            refused,
            placed,
            states,
            undone,
            waved,
            end,
            stretches,
            whole: whole as u64,
        })
    }

    /// The requests of one step, in the order in which they were sent.
    pub fn writes_of<'r, 's>(&'r self, step: &'s str) -> impl DoubleEndedIterator<Item = &'r Write> + use<'r, 's> {
        self.by_step.get(step).into_iter().flatten().filter_map(|place| self.writes.get(*place))
    }

    /// The requests by which one step was taken back.
    pub fn undoing_of<'r>(&'r self, step: &str) -> impl DoubleEndedIterator<Item = &'r Write> + use<'r> {
        let undoing = self.stretches.iter().find(|stretch| stretch.goal == Goal::Undo);
        let from = undoing.map_or(self.writes.len(), |stretch| stretch.writes.start);
        let places = self.by_step.get(step).into_iter().flatten().filter(move |place| **place >= from);
        places.filter_map(|place| self.writes.get(*place))
    }

    /// The id of the object that the run made for this step.
    pub fn created(&self, step: &str) -> Option<&str> {
        let creates = self.writes_of(step).filter(|write| write.intent.does == Does::Create);
        creates.filter(|write| write.is_done()).find_map(Write::target_id)
    }

    /// The step's object as it was before the run touched it; none where the run did not touch it, or
    /// made it.
    pub fn before(&self, step: &str) -> Option<&Value> {
        let placed = || self.placed.get(step).and_then(Option::as_ref);
        self.writes_of(step).find_map(|write| write.intent.before.as_ref()).or_else(placed)
    }

    /// The steps whose objects may have another place since, beside those that the run made.
    pub fn placed(&self) -> impl Iterator<Item = &str> {
        self.placed.keys().map(String::as_str)
    }

    /// Whether the step's object may have another place since.
    pub fn is_placed(&self, step: &str) -> bool {
        self.placed.contains_key(step)
    }

    /// The fingerprints of the step's object as the run left it, as far as it read them after its last
    /// request: of a run that was killed in between, none is known.
    pub fn left(&self, step: &str) -> Left {
        let Some((place, state)) = self.states.get(step) else { return Left::default() };
        let places = self.by_step.get(step);
        let later = |assign: bool| {
            let later = places.into_iter().flatten().filter(|later| *later >= place);
            let mut writes = later.filter_map(|later| self.writes.get(*later));
            writes.any(|write| (write.intent.does == Does::Assign) == assign)
        };
        Left {
            object: (!later(false)).then(|| state.object.clone()),
            assignments: (!later(true)).then(|| state.assignments.clone()),
        }
    }

    /// The upload of the step's content that was begun last.
    pub fn upload(&self, step: &str) -> Option<&Begun> {
        self.uploads.get(step)
    }

    /// Whether all that a piece of the step needed was sent and answered.
    pub fn is_done(&self, step: &str, piece: Piece) -> bool {
        self.done.contains(&(step.to_owned(), piece))
    }

    /// Why a piece of the step was refused since the run came to its end last.
    pub fn refused(&self, step: &str, piece: Piece) -> Option<&Finding> {
        self.refused.get(&(step.to_owned(), piece)).filter(|_| !self.is_done(step, piece))
    }

    /// Whether a request without an answer was found to have done what it was for.
    pub fn is_settled(&self, write: &Write) -> bool {
        let piece = match write.intent.does {
            Does::Assign => Piece::Assignments,
            Does::Change | Does::Part | Does::Link => Piece::Object,
            Does::Create | Does::Rank | Does::Remove => return false,
        };
        write.outcome() == RequestOutcome::Unknown && self.is_done(&write.intent.step, piece)
    }

    /// Whether the step's object was not as meant when it was read back last.
    pub fn differed(&self, step: &str) -> bool {
        self.states.get(step).is_some_and(|(_, state)| state.differs)
    }

    /// How objects were read back, where nothing was sent for them since.
    pub(super) fn states(&self) -> impl Iterator<Item = &StateLine> {
        let is_last = |place: usize, step: &str| {
            self.by_step.get(step).and_then(|places| places.last()).is_none_or(|last| *last < place)
        };
        self.states.values().filter(move |(place, state)| is_last(*place, &state.step)).map(|(_, state)| state)
    }

    /// Refuses a tenant that is not the one the run wrote to.
    pub fn hold_against(&self, tenant: &TenantInfo) -> Result<(), EngineError> {
        let own = &self.header.plan.target;
        match (&own.id, &tenant.id) {
            (Some(own), Some(id)) if own.eq_ignore_ascii_case(id) => return Ok(()),
            _ => {}
        }
        let name = |tenant: &TenantInfo| {
            let name = tenant.display_name.as_deref().or(tenant.default_domain.as_deref()).unwrap_or("a tenant");
            format!("\"{name}\" ({})", tenant.id.as_deref().unwrap_or("without id"))
        };
        Err(EngineError::Refused {
            message: format!(
                "{} is the journal of an import into {}, but `{}` is now {}",
                self.path.display(),
                name(own),
                self.header.origin.tenant,
                name(tenant)
            ),
            fix: format!("Set `{}` in ferry.toml to the tenant that the import wrote to.", self.header.origin.tenant),
        })
    }
}

/// The first line. Its format is looked at first: a newer one may hold anything.
fn header(path: &Path, line: &[u8]) -> Result<Header, EngineError> {
    let at = |problem: &str| damaged(path, &format!("line 1: {problem}"));
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) if line.starts_with(b"{\"kind\"") => return Err(at(&error.to_string())),
        // The first line of some other file.
        Err(_) => Value::Null,
    };
    if value.get("kind").and_then(Value::as_str) != Some("header") {
        return Err(EngineError::Refused {
            message: format!("{} is not a journal of an import", path.display()),
            fix: String::from("Use the journal file that the import named when it ended, usually in ferry-runs."),
        });
    }
    let format = value.get("format").and_then(Value::as_u64).ok_or_else(|| at("the header has no format"))?;
    if format != u64::from(FORMAT) {
        return Err(EngineError::Refused {
            message: format!("{} is a journal of format {format}; this version reads format {FORMAT}", path.display()),
            fix: String::from("Use the version of intune-ferry that wrote it, or a newer one."),
        });
    }
    match serde_json::from_value(value).map_err(|error| at(&error.to_string()))? {
        Line::Header(header) => Ok(*header),
        _ => Err(at("not a header")),
    }
}

fn damaged(path: &Path, problem: &str) -> EngineError {
    EngineError::Refused {
        message: format!("the journal {} is damaged: {problem}", path.display()),
        fix: String::from(
            "Restore the file as the program wrote it. Otherwise import again with --on-conflict update: \
             existing objects are found and not duplicated.",
        ),
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
