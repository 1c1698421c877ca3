//! Puts text on the right stream: results on stdout, everything else on stderr. The streams decide about
//! colors (`NO_COLOR`, `CLICOLOR_FORCE`, whether it is a terminal). Not for wording.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::escape::{clean, clean_json, without_commands};
use super::layout::{Look, hang, wrap};
use super::style::{self, paint};

/// In what form results are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document, see `policies-schema/results.schema.json`.
    Json,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Results and errors only.
    Quiet,
    /// What most people want to know.
    #[default]
    Normal,
    /// Everything that would only be counted otherwise.
    Verbose,
    /// And what the program does, as log lines.
    Debug,
}

/// The two streams of the program. Clones write to the same ones.
#[derive(Clone)]
pub struct Printer {
    format: Format,
    verbosity: Verbosity,
    width: Option<u16>,
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    err: Arc<Mutex<Box<dyn Write + Send>>>,
    out_is_terminal: bool,
    err_is_terminal: bool,
}

impl std::fmt::Debug for Printer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Printer")
            .field("format", &self.format)
            .field("verbosity", &self.verbosity)
            .finish_non_exhaustive()
    }
}

impl Printer {
    /// A printer for the program's own streams.
    pub fn new(format: Format, verbosity: Verbosity) -> Self {
        Self {
            format,
            verbosity,
            // The table crate asks the terminal; none where stdout is not a terminal. Some terminals say 0.
            width: comfy_table::Table::new().width().filter(|width| *width >= 20),
            out: Arc::new(Mutex::new(Box::new(anstream::stdout()))),
            err: Arc::new(Mutex::new(Box::new(anstream::stderr()))),
            out_is_terminal: io::stdout().is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// A printer for any two streams, which take no colors and are not terminals.
    pub fn to(format: Format, verbosity: Verbosity, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        let plain =
            |stream| Arc::new(Mutex::new(Box::new(anstream::StripStream::new(stream)) as Box<dyn Write + Send>));
        Self {
            format,
            verbosity,
            width: None,
            out: plain(out),
            err: plain(err),
            out_is_terminal: false,
            err_is_terminal: false,
        }
    }

    /// In what form results are given.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How much is shown.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// How views should look.
    pub fn look(&self) -> Look {
        Look { width: self.width, verbose: self.verbosity >= Verbosity::Verbose }
    }

    /// Whether a person reads the results as they come, rather than a pipe or a file taking them.
    pub fn is_read_at_a_terminal(&self) -> bool {
        self.out_is_terminal && self.format == Format::Text
    }

    /// Whether a bar on stderr would be seen and is wanted.
    pub fn shows_progress(&self) -> bool {
        // Log lines would tear the bars.
        self.err_is_terminal && matches!(self.verbosity, Verbosity::Normal | Verbosity::Verbose)
    }

    /// A result for people; nothing where JSON was asked for. A reader that went away is not an error.
    pub fn result(&self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Text => write(&self.out, &without_commands(text)),
            Format::Json => Ok(()),
        }
    }

    /// The result as JSON; nothing where text was asked for.
    pub fn json(&self, document: &impl Serialize) -> io::Result<()> {
        match self.format {
            Format::Text => Ok(()),
            Format::Json => write(&self.out, &document_text(document)?),
        }
    }

    /// A line on stderr that `--quiet` takes away. It is shown as it is: clean what comes from elsewhere.
    pub fn note(&self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.to_stderr(&format!("{text}\n"));
        }
    }

    /// A line on stderr that always appears, such as a question. It is shown as it is.
    pub fn say(&self, text: &str) {
        self.to_stderr(text);
    }

    /// An error with what to do about it, on stderr.
    pub fn error(&self, message: &str, fix: Option<&str>) {
        let head = paint(style::BAD, "error:");
        // In a log, one line is found more easily.
        let mut text = match self.width.filter(|_| self.err_is_terminal) {
            Some(_) => hang(&format!("{head} "), 2, &clean(message), self.look().prose()),
            None => format!("{head} {}\n", clean(message)),
        };
        if let Some(fix) = fix {
            text.push_str(&wrap("  fix: ", &clean(fix), self.look().prose()));
        }
        self.to_stderr(&text);
    }

    fn to_stderr(&self, text: &str) {
        // Where stderr is gone there is nobody left to tell.
        let _ = write(&self.err, &without_commands(text));
    }
}

/// A document as it is printed, and written to files.
pub fn document_text(document: &impl Serialize) -> io::Result<String> {
    let text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
    Ok(format!("{}\n", clean_json(&text)))
}

fn write(stream: &Mutex<Box<dyn Write + Send>>, text: &str) -> io::Result<()> {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "tests may fail loudly")]
    use super::*;

    /// A stream that keeps what was written.
    #[derive(Clone, Default)]
    pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn results_go_to_stdout_and_all_else_to_stderr() {
        let (out, err) = (Kept::default(), Kept::default());
        let printer = Printer::to(Format::Text, Verbosity::Normal, Box::new(out.clone()), Box::new(err.clone()));
        printer.result(&format!("{}\n", paint(style::GOOD, "a result"))).unwrap();
        printer.json(&1).unwrap();
        printer.note("a note");
        printer.error("it is \u{1b}[2Jbroken", Some("Mend it."));
        printer.result("::error::x\n").unwrap();
        printer.note("a ##vso[task.complete]");
        assert_eq!(out.text(), "a result\n: :error::x\n");
        insta::assert_snapshot!(err.text(), @r"
        a note
        error: it is \u{1b}[2Jbroken
          fix: Mend it.
        a # #vso[task.complete]
        ");
    }

    #[test]
    fn json_replaces_text_and_quiet_takes_notes_away() {
        let (out, err) = (Kept::default(), Kept::default());
        let printer = Printer::to(Format::Json, Verbosity::Quiet, Box::new(out.clone()), Box::new(err.clone()));
        printer.result("text").unwrap();
        printer.json(&serde_json::json!({"a": "\u{202e}"})).unwrap();
        printer.note("a note");
        assert_eq!(out.text(), "{\n  \"a\": \"\\u202e\"\n}\n");
        assert_eq!(err.text(), "");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_but_a_full_disk_is() {
        let to =
            |kind| Printer::to(Format::Text, Verbosity::Normal, Box::new(Failing(kind)), Box::new(Kept::default()));
        to(io::ErrorKind::BrokenPipe).result("x").unwrap();
        to(io::ErrorKind::StorageFull).result("x").unwrap_err();
    }
}
