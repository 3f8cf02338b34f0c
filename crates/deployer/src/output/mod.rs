//! Everything that leaves the program: results on standard output, text for people on standard error. The only place that prints.
//!
//! Every text passes the redactor on its way out.

mod consent;
mod crossing;
mod errors;
mod kept;
mod locate;
mod logs;
mod notices;
mod pipeline;
mod progress;
mod receipt;

pub mod json;
pub mod markdown;
pub mod settings;
pub mod summary;
pub mod text;
pub mod unified;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use deployer_core::error::{Level, Note, Place};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Redactor};

pub use consent::consent;
pub use logs::start as start_logs;
pub(crate) use notices::notices;
pub use progress::Terminal;
pub use receipt::receipt;

use self::errors::Part;
use self::locate::Locator;
use self::pipeline::{Dialect, Severity};
use crate::cli::{Colour, Global, LogFormat};

/// Where text goes, and how.
#[derive(Debug, Clone)]
pub struct Output {
    redactor: Redactor,
    colour_result: bool,
    colour_message: bool,
    json: bool,
    /// What the command line says.
    asked: Option<LogFormat>,
    /// What the settings say, once they are read.
    set: OnceLock<LogFormat>,
    /// What the environment tells.
    detected: Option<Dialect>,
    /// Where the files of the configuration lie, once that is known.
    locator: OnceLock<Locator>,
    /// Where the pipeline keeps its files.
    workspace: Option<PathBuf>,
}

impl Output {
    /// Output as the command line and the environment ask for.
    pub fn new(global: &Global, redactor: Redactor, variables: &ProcessVariables) -> Self {
        let colour = |terminal: bool| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && variables.get("NO_COLOR").is_none(),
        };
        Self {
            redactor,
            colour_result: colour(std::io::stdout().is_terminal()),
            colour_message: colour(std::io::stderr().is_terminal()),
            json: global.json,
            asked: global.log_format,
            set: OnceLock::new(),
            detected: Dialect::detected(variables),
            locator: OnceLock::new(),
            workspace: variables.first(&["GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY"]).map(PathBuf::from),
        }
    }

    /// Takes the log format that the settings ask for. The command line goes before it, and it before the environment.
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

    /// The variable of the pipeline that chose the log format, where nobody else did.
    pub(crate) fn log_format_variable(&self) -> Option<&'static str> {
        let is_said = self.asked.is_some() || self.set.get().is_some();
        self.detected.filter(|_| !is_said).map(Dialect::variable)
    }

    fn dialect(&self) -> Option<Dialect> {
        Dialect::of(self.log_format())
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// The painter for results.
    pub fn result_style(&self) -> Style {
        Style { colour: self.colour_result }
    }

    /// The painter for text for people.
    pub fn message_style(&self) -> Style {
        Style { colour: self.colour_message }
    }

    /// Masks known secrets, and says whose values were found.
    pub fn mask(&self, text: &str) -> (String, Vec<String>) {
        self.redactor.mask(text)
    }

    /// Prints a result on standard output.
    pub fn result(&self, text: &str) {
        self.print_result(text, |text, dialect| dialect.harmless(text));
    }

    /// Prints a result that a pipeline's log shows folded below a title; elsewhere the title is left out.
    pub fn group(&self, title: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let title = self.mask(title).0;
        self.print_result(text, |text, dialect| dialect.group(&title, text));
    }

    /// Prints the line that says how a run ended.
    pub fn heading(&self, line: &str) {
        let line = self.result_style().bold(line) + "\n";
        self.print_result(&line, |line, dialect| dialect.heading(line));
    }

    /// Masking comes first: what a dialect does to a text could hide a secret from the redactor.
    fn print_result(&self, text: &str, write: impl FnOnce(&str, Dialect) -> String) {
        let masked = self.mask(text).0;
        let text = match self.dialect() {
            Some(dialect) => write(&masked, dialect),
            None => masked,
        };
        // A reader that went away, such as `head`, ends the output and not the run.
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        let _ = std::io::stdout().flush();
    }

    /// Prints a line for people on standard error.
    pub fn message(&self, text: &str) {
        let masked = self.mask(text).0;
        self.print_message(&match self.dialect() {
            Some(dialect) => dialect.harmless(&masked),
            None => masked,
        });
    }

    fn print_message(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(format!("{}\n", text.trim_end_matches('\n')).as_bytes());
    }

    /// Prints a failure or a warning where a pipeline shows it.
    fn annotation(
        &self,
        dialect: Dialect,
        severity: Severity,
        place: Option<&Place>,
        code: &str,
        text: &str,
    ) {
        let located = place.map(|place| {
            let locator = self.locator.get().cloned().unwrap_or_default();
            let place = locator.locate(place, self.workspace.as_deref());
            Place { file: self.mask(&place.file).0.into(), ..place }
        });
        let text = self.mask(text.trim_end_matches('\n')).0;
        self.print_message(&dialect.annotation(severity, located.as_ref(), code, &text));
    }

    /// Prints notes for people, warnings first, equal ones once.
    pub fn notes(&self, notes: &[Note]) {
        let style = self.message_style();
        let mut shown: Vec<&Note> = Vec::new();
        for note in notes {
            if !shown.contains(&note) {
                shown.push(note);
            }
        }
        shown.sort_by_key(|note| std::cmp::Reverse(note.level));
        for note in shown {
            let mut text = note.message.clone();
            errors::places(&mut text, &note.places, "  ");
            match (note.level, self.dialect()) {
                (Level::Warning, Some(dialect)) => {
                    self.annotation(dialect, Severity::Warning, note.places.first(), "", &text);
                }
                (Level::Warning, None) => self.message(&format!("{}: {text}", style.yellow("warning"))),
                (Level::Note, _) => self.message(&format!("{}: {text}", style.dim("note"))),
            }
        }
    }

    /// Prints a failure for people.
    pub fn failure(&self, error: &Error) {
        let Some(dialect) = self.dialect() else {
            return self.message(&errors::text(error, self.message_style()));
        };
        for part in errors::parts(error, self.message_style()) {
            match part {
                Part::Heading(text) => self.message(&text),
                Part::Problem { place, code, text } => {
                    self.annotation(dialect, Severity::Error, place, code, &text);
                }
            }
        }
    }

    /// Prints a failure for people; with `--json` also as the one document on standard output.
    pub fn error(&self, error: &Error) {
        self.failure(error);
        if self.json {
            self.result(&json::document(&serde_json::json!({ "error": json::error(error) })));
        }
    }
}

/// Paints words where colour is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    colour: bool,
}

macro_rules! paint {
    ($($(#[$about:meta])* $name:ident $style:expr;)*) => {
        $($(#[$about])* pub fn $name(self, text: &str) -> String {
            if self.colour { let style = $style; format!("{style}{text}{style:#}") } else { text.to_owned() }
        })*
    };
}

impl Style {
    paint! {
        /// What goes wrong, and what is removed.
        red anstyle::AnsiColor::Red.on_default();
        /// What is added.
        green anstyle::AnsiColor::Green.on_default();
        /// What needs attention, and what changes.
        yellow anstyle::AnsiColor::Yellow.on_default();
        /// Where in a diff.
        cyan anstyle::AnsiColor::Cyan.on_default();
        /// Headings.
        bold anstyle::Style::new().bold();
        /// What matters less.
        dim anstyle::Style::new().dimmed();
    }
}

/// `1 pipe`, `2 pipes`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Rows as lines, each column as wide as its widest cell; the last one is not padded.
pub fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
