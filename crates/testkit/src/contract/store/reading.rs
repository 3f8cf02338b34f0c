//! Reads secrets as the runner does.

use std::collections::BTreeMap;

use deployer_core::model::{NodeName, SecretName};
use deployer_core::traits::{SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret};
use deployer_core::{Error, SecretValue};
use futures::StreamExt;

use super::rig::StoreRig;
use crate::contract::checks::Secrecy;

pub(super) fn secret(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

pub(super) fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::master())
}

/// The reads of a store. Every name has an address.
#[track_caller]
pub(super) fn reads<'a>(store: &'a dyn SecretStore, names: &[&str]) -> Vec<Box<dyn SecretRead + 'a>> {
    let secrets: Vec<WantedSecret> = names.iter().map(|name| wanted(name)).collect();
    for secret in &secrets {
        store.address(secret).expect("a plain name has an address");
    }
    store.reads(&secrets).expect("secrets with addresses can be read")
}

/// Executes a read, and returns an answer for each of its secrets.
pub(super) async fn execute(read: &dyn SecretRead) -> SecretAnswers {
    match read.execute().await {
        Ok(answers) => answers,
        Err(error) => {
            let failed = |secret: &WantedSecret| (secret.clone(), SecretAnswer::failed(error.clone()));
            read.secrets().into_iter().map(failed).collect()
        }
    }
}

/// Reads secrets as the runner does, 16 reads at once.
pub(super) async fn ask(store: &dyn SecretStore, names: &[&str]) -> BTreeMap<String, SecretAnswer> {
    let reads = reads(store, names);
    // Collected first: a stream that borrows its closure can't be sent to another thread.
    let executed: Vec<_> = reads.iter().map(|read| execute(&**read)).collect();
    let answers: Vec<_> = futures::stream::iter(executed).buffer_unordered(16).collect().await;
    let named = answers.into_iter().flatten().map(|(secret, answer)| (secret.name.to_string(), answer));
    named.collect()
}

pub(super) async fn ask_one(store: &dyn SecretStore, name: &str) -> SecretAnswer {
    ask(store, &[name]).await.remove(name).expect("every secret is answered")
}

#[track_caller]
pub(super) fn assert_found(answer: &SecretAnswer, expected: &str) {
    match answer {
        SecretAnswer::Found { value, .. } => {
            assert!(*value == SecretValue::new(expected), "another value than {expected:?}");
        }
        other => panic!("{expected:?} was not found: {other:?}"),
    }
}

#[track_caller]
pub(super) fn failure(answer: SecretAnswer) -> Error {
    match answer {
        SecretAnswer::Failed(error) => error,
        other => panic!("expected a failure: {other:?}"),
    }
}

/// The values that must not appear, of this rig.
pub(super) fn secrecy_of(rig: &dyn StoreRig) -> Secrecy {
    Secrecy::new(rig.credentials())
}
