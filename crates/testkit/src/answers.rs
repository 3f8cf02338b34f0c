//! Asking a store for one secret, and taking its answer apart.

use deployer_core::model::{NodeName, SecretName};
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};
use deployer_core::{Error, SecretValue};

/// A secret that the master node wants.
pub fn wanted(name: &str) -> Wanted {
    Wanted { name: SecretName::new(name), node: NodeName::master() }
}

/// Where a store keeps a secret.
///
/// # Panics
/// When it can have no secret of that name.
#[track_caller]
pub fn address(store: &dyn SecretStore, name: &str) -> Address {
    store.address(&wanted(name)).unwrap_or_else(|error| panic!("no address: {error:?}"))
}

/// Reads one secret.
///
/// # Panics
/// When the store can have no secret of that name, or does not give one answer.
pub async fn read(store: &dyn SecretStore, name: &str) -> Answer {
    let mut answers = store.read(&[address(store, name)]).await;
    assert_eq!(answers.len(), 1, "one answer for one address");
    answers.remove(0)
}

/// The value that was found.
///
/// # Panics
/// When none was.
#[track_caller]
pub fn found(answer: Answer) -> SecretValue {
    match answer {
        Answer::Found(value, _) => value,
        other => panic!("{other:?}"),
    }
}

/// What is said about a missing secret; empty when nothing is.
///
/// # Panics
/// When it is not missing.
#[track_caller]
pub fn missing(answer: Answer) -> String {
    match answer {
        Answer::Missing(why) => why.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// The failure of a read.
///
/// # Panics
/// When it did not fail.
#[track_caller]
pub fn failed(answer: Answer) -> Error {
    match answer {
        Answer::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}
