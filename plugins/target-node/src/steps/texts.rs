//! Texts and errors that several steps share.

use deployer_core::{Error, Kind};

/// The failure of a step that has written a part: its outcome is unknown until the node is read.
pub(super) fn after_a_write(error: Error) -> Error {
    let retry = error.retry();
    Error::new(Kind::UnknownOutcome, "the write was sent, and what followed it failed")
        .with_related(error)
        .with_retry(retry)
}

/// A count with its noun: `1 secret`, `2 secrets`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = match (count, noun) {
        (1, noun) => noun.to_owned(),
        (_, "entity") => "entities".to_owned(),
        (_, noun) => format!("{noun}s"),
    };
    format!("{count} {plural}")
}
