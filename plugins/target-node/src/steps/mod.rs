//! What is written, in this order: global secrets, variables, configuration, so that a pipe that starts finds what it names; then the
//! secrets of single systems, which must exist before.

mod configuration;
mod secrets;
mod variables;

pub(crate) use configuration::UploadConfiguration;
pub(crate) use secrets::SendSecrets;
pub(crate) use variables::SetVariables;

use deployer_core::{Error, Kind};

/// The failure of a step that has written a part: whatever went wrong, reading has to tell what is there now.
fn after_a_write(error: Error) -> Error {
    let retry = error.retry();
    Error::new(Kind::UnknownOutcome, "the write was sent, and what followed it failed")
        .with_related(error)
        .with_retry(retry)
}

/// A count with its noun: `1 secret`, `2 secrets`.
fn counted(count: usize, noun: &str) -> String {
    let plural = match (count, noun) {
        (1, noun) => noun.to_owned(),
        (_, "entity") => "entities".to_owned(),
        (_, noun) => format!("{noun}s"),
    };
    format!("{count} {plural}")
}
