//! The suite of [`SecretStore`].

mod answers;
mod failing;
mod login;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{NodeName, SecretName};
use deployer_core::traits::{Address, Answer, SecretStore, Wanted};
use deployer_core::{Error, SecretValue};
use futures::StreamExt;

use super::trouble::Trouble;
use super::{Secrecy, Support, UNSUPPORTED, canary};

/// A service that holds secrets.
///
/// All names that the suite uses begin with `contract-` and hold small letters, digits and `-`.
#[async_trait]
pub trait StoreRig: Send + Sync {
    /// A store as a run builds it; each has a login of its own.
    fn store(&self) -> Arc<dyn SecretStore>;

    /// Writes secrets. The error says why the service cannot keep one of the values.
    async fn put(&self, secrets: &[(String, String)]) -> Support;

    /// Forbids to read a secret.
    async fn deny(&self, name: &str) -> Support {
        let _ = name;
        UNSUPPORTED
    }

    /// Lets the service be in trouble from now on; a store that is built then may count on it.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Ends all trouble.
    fn mend(&self);

    /// How many logins the service has seen; none when there is no such thing.
    fn logins(&self) -> Option<usize> {
        None
    }

    /// How many things that stores created, such as tokens, were not given back; none when there is no such thing.
    fn left_behind(&self) -> Option<usize> {
        None
    }

    /// The credentials that stores were given or got; they must show nowhere.
    fn credentials(&self) -> Vec<String>;
}

/// Every case that a [`SecretStore`] has to pass.
///
/// # Panics
/// When it does not pass.
pub async fn secret_store_contract(rig: &dyn StoreRig) {
    let planted = rig.put(&[secret("contract-canary", canary().value())]).await;
    planted.expect("every store can hold the canary: a text of two lines");
    answers::each_on_its_own(rig).await;
    answers::grouped(rig).await;
    answers::values(rig).await;
    answers::a_thousand(rig).await;
    answers::names(rig).await;
    login::once(rig).await;
    login::given_back(rig).await;
    login::dropped(rig).await;
    for trouble in Trouble::ALL {
        failing::in_trouble(rig, trouble).await;
    }
    failing::secrecy(rig).await;
}

fn secret(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn wanted(name: &str) -> Wanted {
    Wanted { name: SecretName::new(name), node: NodeName::master() }
}

/// Where the store keeps a secret.
fn address(store: &dyn SecretStore, name: &str) -> Address {
    store.address(&wanted(name)).expect("a plain name has an address")
}

/// Reads secrets as the runner does: in the groups that the store makes, 16 at once.
async fn ask(store: &dyn SecretStore, names: &[&str]) -> BTreeMap<String, Answer> {
    let addresses: BTreeMap<Address, &str> = names.iter().map(|name| (address(store, name), *name)).collect();
    let groups = store.reads(&addresses.keys().cloned().collect::<Vec<_>>());
    let reads = groups.into_iter().map(|group| async move {
        let answers = store.read(&group).await;
        assert_eq!(answers.len(), group.len(), "every address is answered");
        group.into_iter().zip(answers).collect::<Vec<_>>()
    });
    // Collected first: a stream that borrows its closure cannot be sent to another thread.
    let reads: Vec<_> = reads.collect();
    let answers: Vec<_> = futures::stream::iter(reads).buffer_unordered(16).collect().await;
    let named =
        answers.into_iter().flatten().map(|(address, answer)| (addresses[&address].to_owned(), answer));
    named.collect()
}

async fn ask_one(store: &dyn SecretStore, name: &str) -> Answer {
    ask(store, &[name]).await.remove(name).expect("every address is answered")
}

#[track_caller]
fn assert_found(answer: &Answer, value: &str) {
    match answer {
        Answer::Found(found, _) => assert!(*found == SecretValue::new(value), "another value than {value:?}"),
        other => panic!("{value:?} was not found: {other:?}"),
    }
}

#[track_caller]
fn failure(answer: Answer) -> Error {
    match answer {
        Answer::Failed(error) => error,
        other => panic!("it cannot be read: {other:?}"),
    }
}

/// What must not show, of this rig.
fn secrecy_of(rig: &dyn StoreRig) -> Secrecy {
    Secrecy::new(rig.credentials())
}
