//! The store against moto and a fake of the service, both behind a proxy that records what is asked.

mod broken;
mod counts;
mod failures;
mod fake;
mod identity;
mod reading;
mod rig;
mod secrecy;
mod world;

use deployer_core::traits::Answer;
use deployer_core::{Error, SecretValue};

/// The value that was found.
#[track_caller]
fn found(answer: Answer) -> SecretValue {
    match answer {
        Answer::Found(value, _) => value,
        other => panic!("{other:?}"),
    }
}

/// What is said about a missing secret.
#[track_caller]
fn missing(answer: Answer) -> String {
    match answer {
        Answer::Missing(why) => why.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// The failure of a read.
#[track_caller]
fn failed(answer: Answer) -> Error {
    match answer {
        Answer::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}
