//! Everything that leaves the program: results on standard output, text for people on standard error. The only place that prints.
//!
//! Every text passes the redactor on its way out, and then the filter that makes it harmless for a terminal or a pipeline.

mod annotations;
mod crossing;
mod deliveries;
mod errors;
pub(crate) mod escape;
mod label;
mod layout;
mod literals;
mod locate;
mod logs;
mod notes;
mod pipeline;
mod progress;
mod receipt;
mod remarks;
mod span;
mod style;
pub(crate) mod terminal;

pub(crate) mod explain;
pub(crate) mod html;
pub mod json;
pub(crate) mod junit;
pub mod markdown;
pub(crate) mod pipes;
pub mod plan;
pub mod settings;
pub(crate) mod status;
pub mod summary;
pub(crate) mod test;
pub mod text;
pub mod unified;
#[cfg(feature = "watch")]
pub(crate) mod watch;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use deployer_core::error::{Level, Note, Place};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind, Redactor};

pub(crate) use deliveries::deliveries;
pub use layout::{count, first_of, table};
pub use logs::start as start_logs;
pub use progress::Terminal;
pub use receipt::receipt;
#[cfg(feature = "watch")]
pub(crate) use span::span;
pub use style::Style;

use self::errors::Part;
use self::locate::Locator;
use self::pipeline::{Dialect, Severity};
use self::terminal::Pager;
use crate::cli::{Colour, Global, LogFormat};

/// How many errors of a step a pipeline shows.
const MOST_ANNOTATIONS: usize = 10;

/// Where text goes, and how.
#[derive(Debug, Clone)]
pub struct Output {
    redactor: Redactor,
    result: Stream,
    message: Stream,
    json: bool,
    quiet: bool,
    /// Whether all notes are shown, also those that are alike.
    all_notes: bool,
    /// The log format of the command line.
    asked: Option<LogFormat>,
    /// The log format of the settings, after they are read.
    set: OnceLock<LogFormat>,
    /// The pipeline that the program runs in.
    detected: Option<Dialect>,
    /// Where the files of the configuration are, after that is known.
    locator: OnceLock<Locator>,
    /// The folder that the pipeline keeps its files in.
    workspace: Option<PathBuf>,
    pager: Option<Pager>,
    /// Results that are collected for the pager.
    page: Arc<Mutex<Option<String>>>,
    /// Why standard output could not be written.
    lost: Arc<OnceLock<String>>,
    /// Precedes each line: the deployment of a fleet.
    label: Option<String>,
}

/// Text as it is printed where output is not a terminal.
#[cfg(test)]
pub(crate) fn harmless_text(text: &str) -> String {
    pipeline::harmless(&escape::text(text, false))
}

/// One of the two standard streams.
#[derive(Debug, Clone, Copy)]
struct Stream {
    colour: bool,
    is_terminal: bool,
}

impl Output {
    /// Output as the command line and the environment ask for.
    pub fn new(global: &Global, redactor: Redactor, variables: &ProcessVariables) -> Self {
        let stream = |is_terminal: bool| {
            let colour = match global.color {
                Colour::Always => true,
                Colour::Never => false,
                Colour::Auto => is_terminal && variables.get("NO_COLOR").is_none(),
            };
            Stream { colour, is_terminal }
        };
        Self {
            redactor,
            result: stream(std::io::stdout().is_terminal()),
            message: stream(std::io::stderr().is_terminal()),
            json: global.json,
            quiet: global.quiet,
            all_notes: global.verbose > 0,
            asked: global.log_format,
            set: OnceLock::new(),
            detected: Dialect::detected(variables),
            locator: OnceLock::new(),
            workspace: variables.first(&["GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY"]).map(PathBuf::from),
            pager: Pager::found(variables),
            page: Arc::default(),
            lost: Arc::default(),
            label: None,
        }
    }

    /// Takes the log format of the settings. The command line takes precedence over it, and it over the detected pipeline.
    pub(crate) fn use_format(&self, set: Option<LogFormat>) {
        if let Some(format) = set {
            self.set.get_or_init(|| format);
        }
    }

    /// Takes the folders of the configuration, so that annotations name files as the repository does.
    pub(crate) fn use_configuration(&self, root: &Path, node: &str) {
        self.locator.get_or_init(|| Locator::new(root, node));
    }

    /// How the log is written.
    pub fn log_format(&self) -> LogFormat {
        self.asked.or(self.set.get().copied()).unwrap_or(match self.detected {
            Some(Dialect::Azure) => LogFormat::Azure,
            Some(Dialect::Github) => LogFormat::Github,
            None => LogFormat::Text,
        })
    }

    /// The variable of the pipeline that chose the log format. `None` if the command line or the settings chose it.
    pub(crate) fn log_format_variable(&self) -> Option<&'static str> {
        let is_said = self.asked.is_some() || self.set.get().is_some();
        self.detected.filter(|_| !is_said).map(Dialect::variable)
    }

    /// Starts the log on standard error.
    pub(crate) fn start_log(&self, level: tracing::level_filters::LevelFilter) {
        let is_harmless = self.message.is_terminal && self.detected.is_none();
        start_logs(level, self.log_format(), self.message_style(), is_harmless, self.redactor.clone());
    }

    fn dialect(&self) -> Option<Dialect> {
        Dialect::of(self.log_format())
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Whether only results and errors are printed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The painter for results.
    pub fn result_style(&self) -> Style {
        Style { colour: self.result.colour }
    }

    /// The painter for text for people.
    pub fn message_style(&self) -> Style {
        Style { colour: self.message.colour }
    }

    /// Masks known secrets, and returns the names of those that were found.
    pub fn mask(&self, text: &str) -> (String, Vec<String>) {
        self.redactor.mask(text)
    }

    /// The redactor of the run.
    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Prints a result on standard output.
    pub fn result(&self, text: &str) {
        self.print_result(text, |text, dialect| dialect.harmless(text));
    }

    /// Prints a result that a pipeline's log shows folded below a title. Elsewhere the title is left out.
    pub fn group(&self, title: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let title = self.mask(title).0;
        self.print_result(text, |text, dialect| dialect.group(&title, text));
    }

    /// Prints the line that says how a run ended.
    pub fn heading(&self, line: &str) {
        let line = self.result_style().bold(&escape::line(line)) + "\n";
        self.print_result(&line, |line, dialect| dialect.heading(line));
    }

    /// Prints a JSON document on standard output. Secrets are masked in its texts, before they are escaped.
    pub fn document(&self, mut document: serde_json::Value) {
        json::mask(&mut document, &self.redactor);
        self.write_result(&self.mask(&json::document(&document)).0);
    }

    /// Masking comes first: the filters could hide a secret from the redactor.
    fn print_result(&self, text: &str, write: impl FnOnce(&str, Dialect) -> String) {
        self.write_result(&self.shown(text, write));
    }

    /// A result as it is printed.
    fn shown(&self, text: &str, write: impl FnOnce(&str, Dialect) -> String) -> String {
        let shown = escape::text(&self.mask(text).0, self.result.colour);
        match self.dialect() {
            Some(dialect) => write(&self.with_label(shown), dialect),
            None => self.with_label(self.harmless(shown, self.result)),
        }
    }

    /// Text that no pipeline obeys, unless a person reads it on a terminal.
    fn harmless(&self, text: String, stream: Stream) -> String {
        if stream.is_terminal && self.detected.is_none() { text } else { pipeline::harmless(&text) }
    }

    fn write_result(&self, text: &str) {
        if let Some(page) = &mut *self.page.lock().unwrap_or_else(PoisonError::into_inner) {
            page.push_str(text);
            return;
        }
        if self.lost.get().is_some() {
            return self.write_message(text);
        }
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => {}
            // A reader that went away, such as `head`, ends the output and not the run.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => {
                self.lost.get_or_init(|| error.to_string());
                self.write_message(text);
            }
        }
    }

    /// Whether results are read on a terminal, which can show them in the place of earlier ones.
    pub(crate) fn can_redraw(&self) -> bool {
        self.result.is_terminal && !self.json
    }

    /// Clears the terminal for the next results.
    pub(crate) fn clear(&self) {
        self.write_result("\u{1b}[H\u{1b}[2J");
    }

    /// Collects results until [`Self::end_page`], if a person reads them on a terminal.
    pub(crate) fn begin_page(&self) {
        if self.pager.is_some() && self.dialect().is_none() {
            *self.page.lock().unwrap_or_else(PoisonError::into_inner) = Some(String::new());
        }
    }

    /// Shows the collected results, in a pager if they are longer than the terminal.
    pub(crate) fn end_page(&self) {
        let page = self.page.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(page) = page
            && !self.pager.as_ref().is_some_and(|pager| pager.show(&page))
        {
            self.write_result(&page);
        }
    }

    /// The failure to write standard output, if there was one. The results that it lost went to standard error.
    pub(crate) fn lost_results(&self) -> Option<Error> {
        let cause = self.lost.get()?;
        Some(
            Error::new(Kind::Io, "standard output cannot be written, so results went to standard error")
                .with_cause(cause),
        )
    }

    /// Prints lines for people on standard error.
    pub fn message(&self, text: &str) {
        let shown = escape::text(&self.mask(text.trim_end_matches('\n')).0, self.message.colour);
        let shown = match terminal::width() {
            Some(width) => layout::wrapped(&shown, width),
            None => shown,
        };
        self.write_message(&self.with_label(self.harmless(shown, self.message) + "\n"));
    }

    fn write_message(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints notes for people, warnings first, those that are alike once.
    pub fn notes(&self, notes: &[Note]) {
        if self.quiet {
            return;
        }
        let style = self.message_style();
        for shown in notes::condensed(notes, self.all_notes) {
            let mut text = escape::line(&shown.note.message).into_owned();
            errors::places(&mut text, &shown.note.places, "  ", &|place| self.place(place));
            if shown.more > 0 {
                text.push_str(&format!("\n  and {} more like this. `-v` lists them all.", shown.more));
            }
            match (shown.note.level, self.dialect()) {
                (Level::Warning, Some(dialect)) => {
                    let place = shown.note.places.first();
                    self.write_message(&self.annotation(dialect, Severity::Warning, place, "", &text));
                }
                (Level::Warning, None) => self.message(&format!("{}: {text}", style.yellow("warning"))),
                (Level::Note, _) => self.message(&format!("{}: {text}", style.dim("note"))),
            }
        }
    }

    /// Prints a failure for people.
    pub fn failure(&self, error: &Error) {
        self.failures(std::slice::from_ref(error));
    }

    /// Prints failures for people. A pipeline shows the first ones at their places and counts the rest, which are in its log.
    pub(crate) fn failures(&self, errors: &[Error]) {
        let place = |place: &Place| self.place(place);
        let writer = errors::Writer { style: self.message_style(), place: &place };
        let Some(dialect) = self.dialect() else {
            return errors.iter().for_each(|error| self.message(&writer.text(error)));
        };
        let parts: Vec<Part<'_>> = errors.iter().flat_map(|error| writer.parts(error)).collect();
        let problems = parts.iter().filter(|part| matches!(part, Part::Problem { .. })).count();
        let mut left = if problems > MOST_ANNOTATIONS { MOST_ANNOTATIONS - 1 } else { problems };
        let rest = problems - left;
        for part in parts {
            match part {
                Part::Problem { place, code, text } if left > 0 => {
                    left -= 1;
                    self.write_message(&self.annotation(dialect, Severity::Error, place, code, &text));
                }
                Part::Heading(text) | Part::Problem { text, .. } => self.message(&text),
            }
        }
        if rest > 0 {
            let text = format!("{} in the log of this step", count(rest, "more problem"));
            self.write_message(&self.annotation(dialect, Severity::Error, None, "", &text));
        }
    }

    /// Prints a failure for people; with `--json` also as the one document on standard output.
    pub fn error(&self, error: &Error) {
        self.failure(error);
        if self.json {
            self.document(serde_json::json!({ "error": json::error(error) }));
        }
    }
}
