//! A journal that is being written: what is sent and its result are on the disk before the program goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::line::{
    BlockLine, Does, DoneLine, EndLine, Ending, FoundLine, Header, Intent, Line, Piece, PlaceLine, RefusedLine, Reply,
    ResumeLine, StateLine, UploadLine, now,
};
use super::record::{Record, Write};
use crate::engine::content::Begun;
use crate::engine::error::EngineError;
use crate::engine::shape::comparison::Prints;
use crate::finding::Finding;

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    next: u64,
    /// Steps whose object is in the journal as it was.
    imaged: BTreeSet<String>,
    /// The last create of each step.
    creates: BTreeMap<String, u64>,
    /// How objects were read back, where nothing was sent for them since.
    states: BTreeMap<String, StateLine>,
    /// What stands there as done.
    done: BTreeSet<(String, Piece)>,
    /// What stands there as refused.
    refused: BTreeSet<(String, Piece)>,
    /// The steps whose objects may have another place.
    placed: BTreeSet<String>,
    /// The line that says that the run was gone on with, until there is something to say after it.
    resumed: Option<Line>,
    /// How the run ended last, where nothing was written since.
    ended: Option<Ending>,
}

/// What is about to be sent, without its number.
#[derive(Debug, Clone)]
pub struct Sending<'a> {
    /// The step, as `type/key`.
    pub step: &'a str,
    /// What the request is for.
    pub does: Does,
    /// The HTTP method.
    pub method: &'a str,
    /// Path below the version root.
    pub path: &'a str,
    /// Fingerprint of the body.
    pub body: Option<String>,
    /// The object as it was, where it is changed.
    pub before: Option<&'a Value>,
}

impl Journal {
    /// The default place of a new journal: `ferry-runs/<UTC>-<target>.ndjson`.
    pub fn default_path(target: &str) -> PathBuf {
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let safe: String =
            target.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' }).collect();
        let file = |name: String| Path::new("ferry-runs").join(name + ".ndjson");
        // Two runs may begin in one second.
        let mut path = file(format!("{now}-{safe}"));
        let mut number = 2;
        while path.exists() {
            path = file(format!("{now}-{safe}-{number}"));
            number += 1;
        }
        path
    }

    /// Starts a journal; the file must not exist yet. It comes with its first line or not at all, so that whoever
    /// is killed here can begin again under the same name.
    pub fn create(path: &Path, header: Header) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Journal { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut new = tempfile::Builder::new().prefix(".journal-").tempfile_in(folder).map_err(failed)?;
        write(new.as_file_mut(), &Line::Header(Box::new(header))).map_err(failed)?;
        new.as_file().sync_data().map_err(failed)?;
        let file = crate::replace::persist_new(new, path).map_err(failed)?;
        sync_folder(folder).map_err(failed)?;
        let inner = Inner::new(file);
        Ok(Self { path: path.to_owned(), inner: Mutex::new(inner) })
    }

    /// Opens the journal that was read, to go on with it. A last line that was cut off is taken away: what
    /// it spoke of was not sent, or its fate is not known.
    pub fn resume(record: &Record) -> Result<Self, EngineError> {
        if record.waved {
            return Err(EngineError::Refused {
                message: format!("the pilot in {} has already been rolled out", record.path.display()),
                fix: String::from("Continue its second phase: add --wave."),
            });
        }
        Self::wave_or_resume(record)?.going_on(record, Line::Resume(ResumeLine::now()), true)
    }

    /// Opens the journal that was read, to assign for good what the run assigned to a pilot group.
    pub fn wave(record: &Record) -> Result<Self, EngineError> {
        Self::wave_or_resume(record)?.going_on(record, Line::Wave(ResumeLine::now()), record.waved)
    }

    fn wave_or_resume(record: &Record) -> Result<Self, EngineError> {
        if record.undone {
            return Err(EngineError::Refused {
                message: format!("the import in {} has been undone, completely or in part", record.path.display()),
                fix: String::from("Run undo again to finish it, then start a new import."),
            });
        }
        Self::reopen(record)
    }

    /// Opens the journal that was read, to undo what it records.
    pub fn undo(record: &Record) -> Result<Self, EngineError> {
        Self::reopen(record)?.going_on(record, Line::Undo(ResumeLine::now()), record.undone)
    }

    /// Says that the run is resumed. Where the journal says so already, only once there is something to say after it: the file
    /// grows with what is done.
    fn going_on(self, record: &Record, line: Line, known: bool) -> Result<Self, EngineError> {
        if !known {
            self.append(&line)?;
            return Ok(self);
        }
        {
            let mut inner = self.lock();
            inner.resumed = Some(line);
            inner.ended = record.end.as_ref().map(|end| end.outcome);
        }
        Ok(self)
    }

    fn reopen(record: &Record) -> Result<Self, EngineError> {
        let path = record.path.clone();
        let failed = |source| EngineError::Journal { path: path.clone(), source };
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        file.set_len(record.whole).map_err(failed)?;
        let mut inner = Inner::new(file);
        for Write { intent, .. } in &record.writes {
            inner.next = inner.next.max(intent.n.saturating_add(1));
            if intent.before.is_some() {
                inner.imaged.insert(intent.step.clone());
            }
            if intent.does == Does::Create {
                inner.creates.insert(intent.step.clone(), intent.n);
            }
        }
        inner.done.clone_from(&record.done);
        inner.refused = record.refused.keys().cloned().collect();
        inner.placed = record.placed().map(str::to_owned).collect();
        inner.imaged.extend(record.placed().map(str::to_owned));
        inner.states = record.states().map(|state| (state.step.clone(), state.clone())).collect();
        Ok(Self { path, inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what is about to be sent, and waits until the disk has it. The number ties the result to it.
    pub fn intent(&self, sending: &Sending<'_>) -> Result<u64, EngineError> {
        let mut inner = self.lock();
        let n = inner.next;
        inner.next += 1;
        inner.states.remove(sending.step);
        if sending.does == Does::Create {
            inner.creates.insert(sending.step.to_owned(), n);
        }
        // How it was before the first write is how it was.
        let before = sending.before.filter(|_| inner.imaged.insert(sending.step.to_owned()));
        let intent = Intent {
            n,
            step: sending.step.to_owned(),
            does: sending.does,
            method: sending.method.to_owned(),
            path: sending.path.to_owned(),
            body: sending.body.clone(),
            before: before.cloned(),
        };
        self.write(&mut inner, &Line::Intent(intent), true)?;
        Ok(n)
    }

    /// Records its result.
    pub fn result(&self, reply: Reply) -> Result<(), EngineError> {
        self.append(&Line::Result(reply))
    }

    /// Writes down how an object is, now that the run has written it. What stands there already is not repeated. A
    /// power cut may take this line: then the object is read again.
    pub fn state(&self, step: &str, prints: Prints, differs: bool) -> Result<(), EngineError> {
        let Prints { object, assignments } = prints;
        let state = StateLine { step: step.to_owned(), object, assignments, differs };
        let mut inner = self.lock();
        if inner.states.get(step) == Some(&state) {
            return Ok(());
        }
        self.write(&mut inner, &Line::State(state.clone()), false)?;
        inner.states.insert(step.to_owned(), state);
        Ok(())
    }

    /// Writes down that this piece of a step is done. A power cut may take this line: then what is there is compared.
    pub fn done(&self, step: &str, piece: Piece) -> Result<(), EngineError> {
        let mut inner = self.lock();
        if !inner.done.insert((step.to_owned(), piece)) {
            return Ok(());
        }
        self.write(&mut inner, &Line::Done(DoneLine { step: step.to_owned(), piece }), false)
    }

    /// Writes down that this piece of a step was refused. A power cut may take this line: then it is sent again.
    pub fn refused(&self, step: &str, piece: Piece, finding: &Finding) -> Result<(), EngineError> {
        let mut inner = self.lock();
        if !inner.refused.insert((step.to_owned(), piece)) {
            return Ok(());
        }
        let line = Line::Refused(RefusedLine { step: step.to_owned(), piece, finding: finding.clone() });
        self.write(&mut inner, &line, false)
    }

    /// Writes down, once, that an object may have another place from here on, with the object as it is before that. What
    /// the run made had none.
    pub fn place(&self, step: &str, before: &Value) -> Result<(), EngineError> {
        let mut inner = self.lock();
        if inner.creates.contains_key(step) || !inner.placed.insert(step.to_owned()) {
            return Ok(());
        }
        let before = inner.imaged.insert(step.to_owned()).then(|| before.clone());
        self.write(&mut inner, &Line::Place(PlaceLine { step: step.to_owned(), before }), true)
    }

    /// Writes down that the step's content is uploaded to a file from here on. A power cut may take this line: then it is
    /// uploaded from its beginning.
    pub fn upload(&self, step: &str, begun: &Begun) -> Result<(), EngineError> {
        let Begun { file, salt, print, .. } = begun.clone();
        self.write(&mut self.lock(), &Line::Upload(UploadLine { step: step.to_owned(), file, salt, print }), false)
    }

    /// Writes down that a block of it has arrived. A power cut may take this line: then it is sent again.
    pub fn block(&self, step: &str, place: u64) -> Result<(), EngineError> {
        self.write(&mut self.lock(), &Line::Block(BlockLine { step: step.to_owned(), place }), false)
    }

    /// Writes down that the step's create, of unknown fate until now, made this object.
    pub fn found(&self, step: &str, target_id: &str) -> Result<(), EngineError> {
        let mut inner = self.lock();
        let Some(n) = inner.creates.get(step).copied() else { return Ok(()) };
        self.write(&mut inner, &Line::Found(FoundLine { n, target_id: target_id.to_owned() }), true)
    }

    /// Ends the journal; nothing is said twice where nothing happened in between.
    pub fn end(&self, outcome: Ending) -> Result<(), EngineError> {
        if self.lock().ended == Some(outcome) {
            return Ok(());
        }
        self.append(&Line::End(EndLine { outcome, ended: now() }))
    }

    fn append(&self, line: &Line) -> Result<(), EngineError> {
        self.write(&mut self.lock(), line, true)
    }

    fn write(&self, inner: &mut Inner, line: &Line, synced: bool) -> Result<(), EngineError> {
        inner.ended = None;
        let resumed = inner.resumed.take();
        let mut lines = resumed.iter().chain([line]);
        let written = lines.try_for_each(|line| write(&mut inner.file, line));
        let written = written.and_then(|()| if synced { inner.file.sync_data() } else { Ok(()) });
        written.map_err(|source| EngineError::Journal { path: self.path.clone(), source })
    }
}

impl Inner {
    fn new(file: File) -> Self {
        let (imaged, placed, done, refused) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (creates, states) = (BTreeMap::new(), BTreeMap::new());
        Self { file, next: 1, imaged, creates, states, done, refused, placed, resumed: None, ended: None }
    }
}

fn write(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

/// A new file is there after a power cut only once its folder is on the disk too.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
