//! Remarks and warnings: what a person should know though nothing failed.

use super::Place;

/// Something a person should know that does not stop the run.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// What was seen.
    pub message: String,
    /// Where it was seen.
    pub places: Vec<Place>,
}

/// How much a [`Note`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Note,
    /// Probably not what was meant.
    Warning,
}

impl Note {
    /// A warning.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { level: Level::Warning, message: message.into(), places: Vec::new() }
    }

    /// A remark.
    pub fn remark(message: impl Into<String>) -> Self {
        Self { level: Level::Note, message: message.into(), places: Vec::new() }
    }

    /// Adds places in files.
    #[must_use]
    pub fn at_all(mut self, places: impl IntoIterator<Item = Place>) -> Self {
        self.places.extend(places);
        self
    }
}
