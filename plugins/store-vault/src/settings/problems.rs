//! All problems of the settings at once.

use deployer_core::{Error, Kind, Result};

/// Gathers what is wrong with settings that are read one by one.
#[derive(Default)]
pub(super) struct Problems(Vec<Error>);

impl Problems {
    /// The value, or none when there is a problem with it.
    pub(super) fn take<T>(&mut self, outcome: Result<T>) -> Option<T> {
        outcome.map_err(|error| self.0.push(error)).ok()
    }

    /// One more problem.
    pub(super) fn add(&mut self, error: Error) {
        self.0.push(error);
    }

    /// What was made of the values: there whenever no problem was found. One problem is told as it is, several under one
    /// heading.
    pub(super) fn told<T>(mut self, heading: &str, made: Option<T>) -> Result<T> {
        match (made, self.0.len()) {
            (Some(made), 0) => Ok(made),
            (_, 1) => Err(self.0.remove(0).context(heading)),
            _ => Err(Error::many(Kind::Settings, format!("{heading} cannot be used"), self.0)),
        }
    }
}
