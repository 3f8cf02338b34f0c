//! Reading one secret from a store, and checking its answer.

use deployer_core::model::{NodeName, SecretName};
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret,
};
use deployer_core::{Error, SecretValue};
use futures::future::join_all;

/// A secret of the master node.
pub fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::master())
}

/// The address of a secret.
///
/// # Panics
/// If the store can't have a secret of that name.
#[track_caller]
pub fn address(store: &dyn SecretStore, name: &str) -> SecretAddress {
    store.address(&wanted(name)).unwrap_or_else(|error| panic!("no address: {error:?}"))
}

/// Reads one secret.
///
/// # Panics
/// If the store can't have a secret of that name, or doesn't answer with one read.
pub async fn read(store: &dyn SecretStore, name: &str) -> SecretAnswer {
    let secret = wanted(name);
    let reads = store.reads(std::slice::from_ref(&secret));
    let reads = reads.unwrap_or_else(|error| panic!("no read: {error:?}"));
    assert_eq!(reads.len(), 1, "one read for one secret");
    execute(&*reads[0]).await.remove(&secret).expect("an answer for the secret")
}

async fn execute(read: &dyn SecretRead) -> SecretAnswers {
    read.execute().await.unwrap_or_else(|error| {
        let failed = |secret: &WantedSecret| (secret.clone(), SecretAnswer::failed(error.clone()));
        read.secrets().into_iter().map(failed).collect()
    })
}

/// Reads secrets with the reads that the store plans, all at once. The answers are in the order of the names.
///
/// # Panics
/// If the store can't have a secret of a name, or doesn't answer every secret.
pub async fn read_all(store: &dyn SecretStore, names: &[&str]) -> Vec<SecretAnswer> {
    let secrets: Vec<WantedSecret> = names.iter().map(|name| wanted(name)).collect();
    let reads = store.reads(&secrets).unwrap_or_else(|error| panic!("no reads: {error:?}"));
    let answers = join_all(reads.iter().map(|read| execute(&**read))).await;
    let answers: SecretAnswers = answers.into_iter().flatten().collect();
    secrets.iter().map(|secret| answers[secret].clone()).collect()
}

/// The number of reads that a store plans for secrets.
///
/// # Panics
/// If the store can't have a secret of a name.
pub fn planned(store: &dyn SecretStore, names: &[&str]) -> usize {
    let secrets: Vec<WantedSecret> = names.iter().map(|name| wanted(name)).collect();
    store.reads(&secrets).unwrap_or_else(|error| panic!("no reads: {error:?}")).len()
}

/// The value of a secret that was found.
///
/// # Panics
/// For another answer.
#[track_caller]
pub fn found(answer: SecretAnswer) -> SecretValue {
    match answer {
        SecretAnswer::Found { value, .. } => value,
        other => panic!("{other:?}"),
    }
}

/// The reason for a missing secret; empty if there is none.
///
/// # Panics
/// For another answer.
#[track_caller]
pub fn missing(answer: SecretAnswer) -> String {
    match answer {
        SecretAnswer::Missing { why, .. } => why.unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// The failure of a read.
///
/// # Panics
/// For another answer.
#[track_caller]
pub fn failed(answer: SecretAnswer) -> Error {
    match answer {
        SecretAnswer::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}
