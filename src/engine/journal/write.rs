//! A journal that is being written: each line is on the disk before the program goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::line::{Does, End, Ending, Found, Header, Intent, Line, Reply, Resume, State, now};
use super::record::Record;
use crate::engine::error::EngineError;
use crate::engine::shape::comparison::Prints;

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
        let file = new.persist_noclobber(path).map_err(|error| failed(error.error))?;
        sync_folder(folder).map_err(failed)?;
        let inner = Inner { file, next: 1, imaged: BTreeSet::new(), creates: BTreeMap::new() };
        Ok(Self { path: path.to_owned(), inner: Mutex::new(inner) })
    }

    /// Opens the journal that was read, to go on with it. A last line that was cut off is taken away: what
    /// it spoke of was not sent, or its fate is not known.
    pub fn resume(record: &Record) -> Result<Self, EngineError> {
        if record.waved {
            return Err(EngineError::Refused {
                message: format!("the run of {} is past its pilot", record.path.display()),
                fix: String::from("Go on with its second phase: add --wave."),
            });
        }
        Self::wave_or_resume(record, Line::Resume)
    }

    /// Opens the journal that was read, to assign for good what the run assigned to a pilot group.
    pub fn wave(record: &Record) -> Result<Self, EngineError> {
        Self::wave_or_resume(record, Line::Wave)
    }

    fn wave_or_resume(record: &Record, line: fn(Resume) -> Line) -> Result<Self, EngineError> {
        if record.undone {
            return Err(EngineError::Refused {
                message: format!("the run of {} was undone, or is half undone", record.path.display()),
                fix: String::from("Finish the undo by running it again, then import anew."),
            });
        }
        Self::reopen(record, line)
    }

    /// Opens the journal that was read, to take back what it tells of.
    pub fn undo(record: &Record) -> Result<Self, EngineError> {
        Self::reopen(record, Line::Undo)
    }

    fn reopen(record: &Record, line: fn(Resume) -> Line) -> Result<Self, EngineError> {
        let path = record.path.clone();
        let failed = |source| EngineError::Journal { path: path.clone(), source };
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        file.set_len(record.whole).map_err(failed)?;
        let imaged = record.writes.iter().filter(|write| write.intent.before.is_some());
        let imaged = imaged.map(|write| write.intent.step.clone()).collect();
        let next = record.writes.iter().map(|write| write.intent.n).max().unwrap_or(0) + 1;
        let creates = record.writes.iter().filter(|write| write.intent.does == Does::Create);
        let creates = creates.map(|write| (write.intent.step.clone(), write.intent.n)).collect();
        let journal = Self { path, inner: Mutex::new(Inner { file, next, imaged, creates }) };
        journal.append(&line(Resume { started: now(), program: env!("CARGO_PKG_VERSION").to_owned() }))?;
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down what is about to be sent, and waits until the disk has it. The number ties the result to it.
    pub fn intent(&self, sending: &Sending<'_>) -> Result<u64, EngineError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let n = inner.next;
        inner.next += 1;
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
        self.write(&mut inner.file, &Line::Intent(intent))?;
        Ok(n)
    }

    /// Writes down what came of it.
    pub fn result(&self, reply: Reply) -> Result<(), EngineError> {
        self.append(&Line::Result(reply))
    }

    /// Writes down how an object is, now that the run has written it.
    pub fn state(&self, step: &str, prints: Prints) -> Result<(), EngineError> {
        let Prints { object, assignments } = prints;
        self.append(&Line::State(State { step: step.to_owned(), object, assignments }))
    }

    /// Writes down that the step's create, of unknown fate until now, made this object.
    pub fn found(&self, step: &str, target_id: &str) -> Result<(), EngineError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(n) = inner.creates.get(step).copied() else { return Ok(()) };
        self.write(&mut inner.file, &Line::Found(Found { n, target_id: target_id.to_owned() }))
    }

    /// Ends the journal.
    pub fn end(&self, outcome: Ending) -> Result<(), EngineError> {
        self.append(&Line::End(End { outcome, ended: now() }))
    }

    fn append(&self, line: &Line) -> Result<(), EngineError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&mut inner.file, line)
    }

    fn write(&self, file: &mut File, line: &Line) -> Result<(), EngineError> {
        write(file, line).map_err(|source| EngineError::Journal { path: self.path.clone(), source })
    }
}

/// Writes a line, and waits until the disk has it.
fn write(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)?;
    file.sync_data()
}

/// A new file is there after a power cut only once its folder is on the disk too.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
