//! The suite of [`SecretStore`].

mod answers;
mod failing;
mod limits;
mod login;
mod plans;

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::{NodeName, SecretName};
use deployer_core::traits::{SecretAnswer, SecretAnswers, SecretRead, SecretStore, WantedSecret};
use deployer_core::{Error, SecretValue};
use futures::{FutureExt, StreamExt};

use self::limits::Limits;
pub use self::limits::StoreLimit;
use super::trouble::Trouble;
use super::{Secrecy, Support, canary};

/// A service that stores secrets, as the suite uses it.
///
/// All names that the suite uses begin with `contract-` and consist of small letters, digits and `-`. One case has further
/// characters and capitals, and reads only secrets that the store accepts.
#[async_trait]
pub trait StoreRig: Send + Sync {
    /// A store as a run builds it. Each has its own login.
    fn store(&self) -> Arc<dyn SecretStore>;

    /// The limits of the service, each with its reason.
    fn limits(&self) -> Vec<(StoreLimit, &'static str)>;

    /// Writes secrets. The error is the reason why the service can't keep one of the values.
    async fn put(&self, secrets: &[(String, String)]) -> Support;

    /// Denies access to a secret.
    async fn deny(&self, name: &str) -> Support;

    /// Puts the service into trouble. A store that is built afterwards can be built for it, such as with a wrong credential.
    fn trouble(&self, trouble: Trouble) -> Support;

    /// Ends all trouble.
    fn mend(&self);

    /// The number of requests that the service got, logins included; `None` if the store sends none.
    fn requests(&self) -> Option<usize>;

    /// The number of successful logins; `None` if there are none to count.
    fn logins(&self) -> Option<usize>;

    /// The number of tokens and the like that stores created and didn't revoke; `None` if they create none.
    fn left_behind(&self) -> Option<usize>;

    /// The credentials that stores were given or created: they must appear nowhere.
    fn credentials(&self) -> Vec<String>;
}

/// Every case that a [`SecretStore`] must pass.
///
/// # Panics
/// If it doesn't pass one. The message begins with the name of the case.
pub async fn secret_store_contract(rig: &dyn StoreRig) {
    let limits = &Limits::of(rig, &*rig.store());
    let planted = rig.put(&[secret("contract-canary", canary().value())]).await;
    planted.expect("every store can keep the canary, a text of two lines");
    case("answers are independent of each other", answers::independent(rig, limits)).await;
    case("two secrets have two addresses", plans::two_addresses(rig)).await;
    case("every secret is in one read", plans::one_read(rig)).await;
    case("values are returned byte for byte", answers::values(rig, limits)).await;
    case("a thousand secrets are answered", answers::a_thousand(rig)).await;
    case("names are those of existing secrets", answers::names(rig, limits)).await;
    case("a store logs in once", login::once(rig, limits)).await;
    case("close revokes what was created", login::revoked(rig, limits)).await;
    case("a dropped future does no harm", login::dropped(rig)).await;
    for trouble in Trouble::of_stores() {
        case(&format!("trouble {trouble:?} is classified"), failing::classified(rig, limits, trouble)).await;
    }
    case("a rejected login is one error", failing::rejected_login(rig, limits)).await;
    case("a store sends each request once", failing::sent_once(rig, limits)).await;
    case("a denied list is no failure", failing::denied_list(rig, limits)).await;
    case("a failed list is a failure", failing::failed_list(rig, limits)).await;
    case("no secret is shown", failing::secrecy(rig)).await;
}

/// Runs a case, and names it if it fails.
async fn case(name: &str, run: impl Future<Output = ()>) {
    if let Err(panic) = AssertUnwindSafe(run).catch_unwind().await {
        panic!("{name}: {}", message(&*panic));
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it failed")
}

fn secret(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn wanted(name: &str) -> WantedSecret {
    WantedSecret::new(SecretName::new(name), NodeName::master())
}

/// The reads of a store. Every name has an address.
#[track_caller]
fn reads<'a>(store: &'a dyn SecretStore, names: &[&str]) -> Vec<Box<dyn SecretRead + 'a>> {
    let secrets: Vec<WantedSecret> = names.iter().map(|name| wanted(name)).collect();
    for secret in &secrets {
        store.address(secret).expect("a plain name has an address");
    }
    store.reads(&secrets).expect("secrets with addresses can be read")
}

/// Executes a read, and returns an answer for each of its secrets.
async fn execute(read: &dyn SecretRead) -> SecretAnswers {
    match read.execute().await {
        Ok(answers) => answers,
        Err(error) => {
            let failed = |secret: &WantedSecret| (secret.clone(), SecretAnswer::failed(error.clone()));
            read.secrets().into_iter().map(failed).collect()
        }
    }
}

/// Reads secrets as the runner does, 16 reads at once.
async fn ask(store: &dyn SecretStore, names: &[&str]) -> BTreeMap<String, SecretAnswer> {
    let reads = reads(store, names);
    // Collected first: a stream that borrows its closure can't be sent to another thread.
    let executed: Vec<_> = reads.iter().map(|read| execute(&**read)).collect();
    let answers: Vec<_> = futures::stream::iter(executed).buffer_unordered(16).collect().await;
    let named = answers.into_iter().flatten().map(|(secret, answer)| (secret.name.to_string(), answer));
    named.collect()
}

async fn ask_one(store: &dyn SecretStore, name: &str) -> SecretAnswer {
    ask(store, &[name]).await.remove(name).expect("every secret is answered")
}

#[track_caller]
fn assert_found(answer: &SecretAnswer, expected: &str) {
    match answer {
        SecretAnswer::Found { value, .. } => {
            assert!(*value == SecretValue::new(expected), "another value than {expected:?}");
        }
        other => panic!("{expected:?} was not found: {other:?}"),
    }
}

#[track_caller]
fn failure(answer: SecretAnswer) -> Error {
    match answer {
        SecretAnswer::Failed(error) => error,
        other => panic!("expected a failure: {other:?}"),
    }
}

/// The values that must not appear, of this rig.
fn secrecy_of(rig: &dyn StoreRig) -> Secrecy {
    Secrecy::new(rig.credentials())
}
