//! Everything that leaves the program: results on standard output, text for people on standard error. The only place that prints.
//!
//! Every text passes the redactor on its way out.

mod consent;
mod errors;
mod kept;
mod logs;
mod notices;
mod progress;
mod receipt;

pub mod json;
pub mod markdown;
pub mod summary;
pub mod text;
pub mod unified;

use std::io::{IsTerminal, Write};

use deployer_core::error::{Level, Note};
use deployer_core::{Error, Redactor};

pub use consent::consent;
pub use logs::start as start_logs;
pub(crate) use notices::notices;
pub use progress::Terminal;
pub use receipt::receipt;

use crate::cli::{Colour, Global};

/// Where text goes, and how.
#[derive(Debug, Clone)]
pub struct Output {
    redactor: Redactor,
    colour_result: bool,
    colour_message: bool,
    json: bool,
}

impl Output {
    /// Output as the command line asks for.
    pub fn new(global: &Global, redactor: Redactor, no_color: bool) -> Self {
        let colour = |terminal: bool| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !no_color,
        };
        Self {
            redactor,
            colour_result: colour(std::io::stdout().is_terminal()),
            colour_message: colour(std::io::stderr().is_terminal()),
            json: global.json,
        }
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
        let (masked, _) = self.mask(text);
        // A reader that went away, such as `head`, ends the output and not the run.
        let _ = std::io::stdout().lock().write_all(masked.as_bytes());
        let _ = std::io::stdout().flush();
    }

    /// Prints a line for people on standard error.
    pub fn message(&self, text: &str) {
        let (masked, _) = self.mask(text);
        let _ = std::io::stderr().lock().write_all(format!("{}\n", masked.trim_end_matches('\n')).as_bytes());
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
            let label = match note.level {
                Level::Warning => style.yellow("warning"),
                Level::Note => style.dim("note"),
            };
            let mut text = format!("{label}: {}", note.message);
            errors::places(&mut text, &note.places, "  ");
            self.message(&text);
        }
    }

    /// Prints a failure for people.
    pub fn failure(&self, error: &Error) {
        self.message(&errors::text(error, self.message_style()));
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
