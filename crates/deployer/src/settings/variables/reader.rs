//! Reads environment variables one by one and collects what is wrong, so that all of it is told at once. Values are never shown:
//! any of them may hold a token.

use deployer_core::error::{Note, Place, nearest};
use deployer_core::plugin::ProcessVariables;
use deployer_core::{Error, Kind};

use super::expected::expected;
use crate::settings::dry_run;

/// Environment variables being read.
#[derive(Debug)]
pub(super) struct Reader<'v> {
    variables: &'v ProcessVariables,
    pub(super) problems: Vec<Error>,
    pub(super) notes: Vec<Note>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(variables: &'v ProcessVariables) -> Self {
        Self { variables, problems: Vec::new(), notes: Vec::new() }
    }

    /// The text of a variable; one that is empty counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&'v str> {
        self.variables.get(name)
    }

    /// The text of a variable that must be there.
    pub(super) fn required(&mut self, name: &str) -> Option<&'v str> {
        let text = self.text(name);
        if text.is_none() {
            self.problems.push(self.missing(name));
        }
        text
    }

    /// The error for a variable that must be there, with one that is set and was perhaps meant to be it.
    pub(super) fn missing(&self, name: &str) -> Error {
        let unknown = self.variables.names().filter(|known| expected(known).is_none());
        match nearest(name, unknown) {
            Some(near) => missing(name).with_hint(format!("{near} is set: is it meant to be {name}?")),
            None => missing(name),
        }
    }

    /// A variable of the original that is true or false. `true` in any case is true and, with a warning, anything else is false, as
    /// it was for the original.
    pub(super) fn boolean(&mut self, name: &str, absent: bool) -> bool {
        if !self.variables.names().any(|known| known == name) {
            return absent;
        }
        let text = self.text(name).unwrap_or_default();
        truth(text).unwrap_or_else(|| {
            self.warn_of_truth(name, None);
            false
        })
    }

    /// Whether `DRY_RUN` asks for a run that writes nothing; `None` if it is not set.
    pub(super) fn dry_run(&mut self) -> Option<bool> {
        match dry_run::read(self.variables) {
            Ok((asked, warning)) => {
                self.notes.extend(warning);
                asked
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A variable of ours that is true or false and nothing else.
    pub(super) fn strict_boolean(&mut self, name: &str, absent: bool) -> bool {
        let Some(text) = self.text(name) else { return absent };
        truth(text).unwrap_or_else(|| {
            self.problems.push(malformed(name, "is neither `true` nor `false`"));
            absent
        })
    }

    pub(super) fn warn_of_truth(&mut self, name: &str, place: Option<Place>) {
        let message =
            format!("{name} is neither `true` nor `false`; it counts as false, as it did for the original");
        self.notes.push(Note::warning(message).at_all(place));
    }
}

/// What a text says about being true, in any case.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The error for a variable that must be there.
pub(super) fn missing(name: &str) -> Error {
    described(name, "is missing")
}

/// The error for a variable that holds something else than it should. `what` never holds the value.
pub(super) fn malformed(name: &str, what: &str) -> Error {
    described(name, what)
}

fn described(name: &str, what: &str) -> Error {
    match expected(name) {
        Some(variable) => {
            Error::new(Kind::Settings, format!("{name} {what}: expected {}", variable.expected))
                .with_hint(format!("for example: {}", variable.example))
        }
        None => Error::new(Kind::Settings, format!("{name} {what}")),
    }
}
