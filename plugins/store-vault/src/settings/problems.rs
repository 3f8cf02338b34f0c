//! All problems of the settings at once.

use deployer_core::{Error, Result};

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
    pub(super) fn told<T>(self, heading: &str, made: Option<T>) -> Result<T> {
        match made {
            Some(made) if self.0.is_empty() => Ok(made),
            _ => Err(Error::unusable(heading, self.0)),
        }
    }
}
